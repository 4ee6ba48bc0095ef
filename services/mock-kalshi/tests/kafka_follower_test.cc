#include "kafka/kafka_follower.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "evx/events/v1/exchange_messages.pb.h"
#include "evx/journal/tool.h"
#include "evx/kafka/testing/kafka_server.h"
#include "stored_exchange.h"
#include "tool/kafka_audit.h"

namespace evx::mock_kalshi {
namespace {

using namespace evx::testing;  // NOLINT: literals
using kafka::testing::KafkaServer;
using testing::Crowd;
using testing::ExchangeFixture;
using testing::kPatience;
using testing::TemporaryDirectory;

[[maybe_unused]] const bool kInstalled = kafka::testing::SkipWithoutKafka();

constexpr int kPartitionCount = 8;
constexpr WireIdCodec::Key kKey{};

// Every message of a journal, in order.
std::vector<EventMessage> Translate(const std::string& directory) {
  const WireIdCodec wire_ids(kKey);
  TickerTable names;
  EventMessages translator(names, wire_ids);
  std::vector<EventMessage> all;
  std::vector<EventMessage> messages;
  REQUIRE(journal::VisitRecords(
              journal::PosixFileSystem(), directory, SequenceNumber(1), SequenceNumber(UINT64_MAX),
              [&](const journal::RecordView& record, const std::string&, std::uint64_t) {
                REQUIRE(names.Learn(record.events).ok());
                REQUIRE(translator.Translate(record, messages).ok());
                all.insert(all.end(), messages.begin(), messages.end());
                return true;
              })
              .ok());
  return all;
}

TEST_CASE("EventMessages: every event is under its key, and numbers rise", "[kafka]") {
  const TemporaryDirectory directory;
  std::map<std::uint64_t, std::size_t> event_counts;
  {
    ExchangeFixture exchange(directory.path());
    Crowd crowd(exchange, 41);
    crowd.Act(300);
    crowd.SettleAll();
  }
  REQUIRE(journal::VisitRecords(
              journal::PosixFileSystem(), directory.path(), SequenceNumber(1),
              SequenceNumber(UINT64_MAX),
              [&](const journal::RecordView& record, const std::string&, std::uint64_t) {
                const auto events = venue::DecodeEvents(record.events);
                REQUIRE(events.ok());
                event_counts[record.sequence.value()] = events->size();
                return true;
              })
              .ok());
  std::int64_t last = 0;
  std::set<std::string> keys;
  for (const EventMessage& message : Translate(directory.path())) {
    events::v1::ExchangeMessage body;
    REQUIRE(body.ParseFromString(message.payload));
    CHECK(message.sequence_number > last);
    last = message.sequence_number;
    CHECK(body.sequence_number() == message.sequence_number);
    CHECK(body.sequence_number() / EventMessages::kEventsPerRecordMax ==
          body.record_sequence_number());
    CHECK(body.has_create_time());
    event_counts[static_cast<std::uint64_t>(body.record_sequence_number())] -=
        static_cast<std::size_t>(body.events_size());
    keys.insert(message.key);
    for (const auto& event : body.events()) {
      if (event.has_order_accepted()) CHECK(message.key.starts_with("account:"));
      if (event.has_book_changed()) {
        CHECK(message.key == event.book_changed().market_ticker());
        CHECK(event.book_changed().order_id().empty());
      }
      if (event.has_series_put()) CHECK(message.key == "exchange");
    }
  }
  for (const auto& [record, left] : event_counts) CHECK(left == 0);
  CHECK(keys.contains("RAIN"));
  CHECK(keys.contains("exchange"));
  CHECK(keys.contains("account:1"));
}

TEST_CASE("EventMessages: the same record gives the same bytes", "[kafka]") {
  const TemporaryDirectory directory;
  {
    ExchangeFixture exchange(directory.path());
    Crowd(exchange, 42).Act(100);
  }
  CHECK(Translate(directory.path()) == Translate(directory.path()));
}

TEST_CASE("EventMessages: a record with very many events fills messages that Kafka takes",
          "[kafka]") {
  venue::EventBuffer events;
  constexpr int kCount = 20'000;
  for (int i = 0; i < kCount; ++i) {
    events.Add(venue::OrderCanceled{OrderId(static_cast<std::uint64_t>(i + 1)), AccountId(1), 0,
                                    MarketId(1), venue::CancelReason::kMarketClosed,
                                    Quantity::FromContracts(1)});
  }
  journal::RecordView record;
  record.sequence = SequenceNumber(7);
  record.events = events.bytes();
  const WireIdCodec wire_ids(kKey);
  TickerTable names;
  names.Add(MarketId(1), "A-MARKET-WITH-QUITE-A-LONG-TICKER");
  EventMessages translator(names, wire_ids);
  std::vector<EventMessage> messages;
  REQUIRE(translator.Translate(record, messages).ok());
  CHECK(messages.size() > 1);
  int count = 0;
  for (const EventMessage& message : messages) {
    CHECK(message.key == "account:1");
    CHECK(message.payload.size() < kafka::kMessageBytesMax);
    CHECK(message.sequence_number == 7 * EventMessages::kEventsPerRecordMax + count);
    events::v1::ExchangeMessage body;
    REQUIRE(body.ParseFromString(message.payload));
    count += body.events_size();
  }
  CHECK(count == kCount);
}

TEST_CASE("KafkaCursor: what was stored is loaded, and damage is no place", "[kafka]") {
  const TemporaryDirectory directory;
  KafkaCursor cursor(journal::PosixFileSystem(), directory.path());
  CHECK(*cursor.Load() == std::nullopt);
  const KafkaPlace place{SequenceNumber(12'345), 678};
  REQUIRE(cursor.Store(place).ok());
  CHECK(*cursor.Load() == place);
  const std::string path = directory.path() + "/" + KafkaCursor::kFileName;
  std::string text;
  std::getline(std::ifstream(path), text);
  const std::string wrong_number = "published 99345" + text.substr(15) + "\n";
  const std::string damaged =
      GENERATE_COPY(std::string(), text, text + "\nx", text.substr(0, 20), wrong_number);
  CAPTURE(damaged);
  std::ofstream(path) << damaged;
  CHECK(*cursor.Load() == std::nullopt);
}

// An exchange that publishes to a Kafka of its own.
class PublishingExchange {
 public:
  PublishingExchange() : exchange(directory.path()) {}

  void Use(const std::string& brokers) {
    exchange.config().kafka_brokers = brokers;
    exchange.config().journal_sync = JournalSync::kNone;
    exchange.Restart();
  }
  bool CatchUp() {
    return exchange.host().kafka()->WaitForPublished(exchange.host().sequencer().released(),
                                                     kPatience);
  }
  // After a stop, so that the cursor is that of the last record.
  absl::StatusOr<KafkaAuditReport> Audit() {
    absl::StatusOr<KafkaAuditReport> report = KafkaAuditReport();
    exchange.Restart([&] {
      report =
          AuditKafka(journal::PosixFileSystem(), directory.path(), exchange.config().kafka_brokers);
    });
    INFO(report.status());
    CHECK(report.ok());
    return report;
  }

  const TemporaryDirectory directory;
  ExchangeFixture exchange;
};

TEST_CASE("KafkaFollower: every event is published once, over restarts", "[kafka]") {
  KafkaServer server;
  server.CreateTopic(KafkaFollower::kTopic, kPartitionCount);
  PublishingExchange publishing;
  Crowd crowd(publishing.exchange, 43);
  crowd.Act(100);
  publishing.Use(server.brokers());  // What was before is published too.
  crowd.Act(200);
  REQUIRE(publishing.CatchUp());
  const auto first = publishing.Audit();
  REQUIRE(first.ok());
  CHECK(first->first == SequenceNumber(1));
  CHECK(first->event_count > 500);
  CHECK(first->duplicate_count == 0);
  crowd.SettleAll();
  REQUIRE(publishing.CatchUp());
  const auto second = publishing.Audit();
  REQUIRE(second.ok());
  CHECK(second->event_count > first->event_count);
  CHECK(second->duplicate_count == 0);
}

TEST_CASE("KafkaFollower: without a cursor all is published again and readers see it once",
          "[kafka]") {
  KafkaServer server;
  server.CreateTopic(KafkaFollower::kTopic, kPartitionCount);
  PublishingExchange publishing;
  publishing.Use(server.brokers());
  Crowd crowd(publishing.exchange, 44);
  crowd.Act(100);
  REQUIRE(publishing.CatchUp());
  publishing.exchange.Restart(
      [&] { std::filesystem::remove(publishing.directory.path() + "/" + KafkaCursor::kFileName); });
  REQUIRE(publishing.CatchUp());
  const auto report = publishing.Audit();
  REQUIRE(report.ok());
  CHECK(report->duplicate_count > 100);
}

TEST_CASE("KafkaFollower: an emptied topic is filled again", "[kafka]") {
  PublishingExchange publishing;
  Crowd crowd(publishing.exchange, 45);
  crowd.Act(100);
  for (int i = 0; i < 2; ++i) {
    KafkaServer server;
    server.CreateTopic(KafkaFollower::kTopic, kPartitionCount);
    publishing.Use(server.brokers());
    REQUIRE(publishing.CatchUp());
    const auto report = publishing.Audit();
    REQUIRE(report.ok());
    CHECK(report->first == SequenceNumber(1));
    CHECK(report->duplicate_count == 0);
  }
}

TEST_CASE("KafkaFollower: a missing topic and another journal's are said, and nothing is written",
          "[kafka]") {
  KafkaServer server;
  PublishingExchange first;
  Crowd crowd(first.exchange, 46);
  first.Use(server.brokers());
  const auto wait_for_status = [&](PublishingExchange& publishing, const std::string& text) {
    testing::WaitUntil([&] {
      const absl::Status status = publishing.exchange.host().kafka()->status();
      return status.message().find(text) != absl::string_view::npos;
    });
  };
  wait_for_status(first, "there is no topic evx.exchange.events.v1");
  server.CreateTopic(KafkaFollower::kTopic, kPartitionCount);
  REQUIRE(first.CatchUp());

  PublishingExchange second;
  Crowd others(second.exchange, 47);
  second.Use(server.brokers());
  wait_for_status(second, "another journal");
  CHECK(second.exchange.host().kafka()->published() == SequenceNumber(0));
  const auto report = first.Audit();
  REQUIRE(report.ok());
  CHECK(report->duplicate_count == 0);
}

}  // namespace
}  // namespace evx::mock_kalshi
