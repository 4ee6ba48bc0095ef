// kill -9 of a whole exchange at random instants under load.

#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <random>
#include <set>
#include <string>

#include "crash_exchange.h"
#include "crash_report.h"
#include "evx/core/testing/child_process.h"
#include "evx/core/testing/seed.h"
#include "evx/journal/journal_reader.h"
#include "evx/venue/codec.h"
#include "temporary_directory.h"

namespace evx::integration {
namespace {

constexpr std::uint64_t kClientNumbersPerLife = 1'000'000'000;
constexpr std::size_t kDuplicateSample = 200;

// What has been acknowledged in all lives.
struct Acknowledged {
  std::map<std::uint64_t, CrashReport> created;  // By order id.
  std::set<std::uint64_t> cancel_sent;
  std::set<std::uint64_t> canceled;

  void Add(const CrashReport& report) {
    switch (report.kind) {
      case CrashReport::Kind::kCreated:
        REQUIRE(created.emplace(report.order_id, report).second);
        break;
      case CrashReport::Kind::kCancelSent:
        cancel_sent.insert(report.order_id);
        break;
      case CrashReport::Kind::kCanceled:
        canceled.insert(report.order_id);
        break;
    }
  }
};

// Starts the program, lets it live for `report_count` reports, kills it; everything that it said
// until then counts.
void RunAndKill(const std::string& directory, std::uint64_t first_client_number, std::uint64_t seed,
                std::uint64_t report_count, Acknowledged& acknowledged) {
  evx::testing::ReportingProcess exchange(
      {EVX_CRASH_CHILD, directory, std::to_string(first_client_number), std::to_string(seed)});
  CrashReport report;
  for (std::uint64_t i = 0; i < report_count; ++i) {
    REQUIRE(exchange.Read(&report, sizeof report));
    acknowledged.Add(report);
  }
  exchange.Kill();
  while (exchange.Read(&report, sizeof report)) acknowledged.Add(report);
}

// Executes every record again, from the first, without snapshots.
std::uint64_t ReplayHash(const std::string& directory, SequenceNumber& last) {
  auto reader =
      journal::JournalReader::Open(journal::PosixFileSystem(), directory, SequenceNumber(1));
  REQUIRE(reader.ok());
  venue::Exchange exchange(venue::Exchange::Options{});
  venue::EventBuffer events;
  journal::RecordView record;
  while ((*reader)->Next(record) == journal::ReadResult::kRecord) {
    const auto command = venue::DecodeCommand(record.command);
    REQUIRE(command.ok());
    events.clear();
    exchange.Apply(*command, record.sequence, record.time, events);
    if (events.bytes() != record.events) FAIL("record " << record.sequence.value());
  }
  INFO((*reader)->status());
  REQUIRE((*reader)->status().ok());
  last = exchange.sequence_number();
  return exchange.StateHash();
}

void CheckOrders(CrashExchange& exchange, const Acknowledged& acknowledged) {
  // Resting orders by client order id, in any account.
  std::map<std::string, int> resting_count;
  exchange.host().read_model().Read([&](const auto& state) {
    for (std::uint32_t a = 1; a <= kAccountCount; ++a) {
      for (const auto& [id, row] : state.FindAccount(AccountId(a))->open_orders) {
        ++resting_count[std::string(row->client_order_id.view())];
      }
    }
    for (const auto& [id, report] : acknowledged.created) {
      const bool is_open = state.FindOpenOrder(OrderId(id)) != nullptr;
      if (acknowledged.canceled.contains(id)) {
        if (is_open) FAIL("order " << id << " was canceled and is back");
      } else if (report.is_quiet && !acknowledged.cancel_sent.contains(id)) {
        if (!is_open) FAIL("order " << id << " was acknowledged and is gone");
      }
    }
  });
  for (const auto& [client_order_id, count] : resting_count) {
    if (count != 1) FAIL("client order id " << client_order_id << " rests " << count << " times");
  }
}

// The exchange knows every acknowledged order, whatever became of it: its client order id is taken.
void CheckDuplicates(CrashExchange& exchange, const Acknowledged& acknowledged,
                     std::mt19937_64& random) {
  if (acknowledged.created.empty()) return;
  for (std::size_t i = 0; i < kDuplicateSample; ++i) {
    auto it = acknowledged.created.begin();
    std::advance(it, static_cast<std::ptrdiff_t>(random() % acknowledged.created.size()));
    venue::CreateOrder order;
    order.account = AccountId(it->second.account);
    order.market = MarketId(1);
    order.price_micros = 10'000;
    order.quantity = Quantity::FromContracts(1);
    order.client_order_id = venue::ClientOrderId(std::to_string(it->second.client_number));
    const mock_kalshi::Outcome outcome = exchange.sequencer().Execute(order);
    REQUIRE(outcome.status.ok());
    REQUIRE(outcome.result.reject == venue::RejectReason::kDuplicateClientOrderId);
    REQUIRE(outcome.result.order_id.value() == it->first);
  }
}

TEST_CASE("Crash: after kill -9 every acknowledged order is there once and the journal says so",
          "[integration]") {
  const std::uint32_t seed = evx::testing::TestSeed("Crash");
  std::mt19937_64 random(seed);
  const int life_count = std::getenv("EVX_FULL") != nullptr ? 50 : 5;
  const TemporaryDirectory directory;
  Acknowledged acknowledged;
  for (int life = 1; life <= life_count; ++life) {
    INFO("seed " << seed << ", life " << life);
    RunAndKill(directory.path(), static_cast<std::uint64_t>(life) * kClientNumbersPerLife, random(),
               1 + random() % 3'000, acknowledged);

    SequenceNumber replayed;
    const std::uint64_t replay_hash = ReplayHash(directory.path(), replayed);
    auto exchange = CrashExchange::Start(directory.path(), 0);
    INFO(exchange.status());
    REQUIRE(exchange.ok());
    CHECK_FALSE((*exchange)->host().is_new());
    (*exchange)->Inspect([&](const venue::Exchange& state) {
      CHECK(state.sequence_number() == replayed);
      CHECK(state.StateHash() == replay_hash);
      // Money is conserved and nobody is below zero.
      CHECK(state.CheckInvariants().ok());
    });
    CheckOrders(**exchange, acknowledged);
    CheckDuplicates(**exchange, acknowledged, random);
    (*exchange)->host().Stop();
  }
  CHECK(acknowledged.created.size() > 10);
}

}  // namespace
}  // namespace evx::integration
