#include "store/partition.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "evx/core/status.h"
#include "evx/journal/testing/simulated_file_system.h"
#include "tests/update_builder.h"

namespace evx::order_book_rebuilder {
namespace {

using journal::testing::SimulatedFileSystem;

constexpr Timestamp kNow = Timestamp::FromSeconds(2'000'000);
constexpr Price k40 = Price::FromCents(40);

std::unique_ptr<Partition> Open(SimulatedFileSystem& files, Partition::Options options = {},
                                std::vector<absl::Status>* warnings = nullptr) {
  options.directory = "data";
  return Partition::Open(files, options, [warnings](const absl::Status& status) {
    if (warnings != nullptr) warnings->push_back(status);
  });
}

// Tickers A, B, ... with a bid each, and one message that waits for another.
void Fill(Partition& partition, int market_count) {
  std::int64_t offset = partition.next_offset();
  for (int i = 0; i < market_count; ++i) {
    const std::string ticker(1, static_cast<char>('A' + i));
    REQUIRE(
        partition
            .Apply(offset++, ticker, VenueSnapshot(1, {{k40, Quantity::FromContracts(1 + i)}}, {}))
            .ok());
    REQUIRE(partition.Apply(offset++, ticker, Delta(3, BookSide::kBid, k40, 1, 3 + i)).ok());
  }
}

std::int64_t ContractsAt40(const Partition& partition, std::string_view ticker) {
  std::int64_t contracts = -1;
  partition.Read(ticker, [&](const MarketFold& fold) {
    contracts = fold.book().levels().QuantityAt(BookSide::kBid, k40).centis() / 100;
  });
  return contracts;
}

TEST_CASE("Partition: goes on from its checkpoint as if it had never stopped", "[rebuilder]") {
  SimulatedFileSystem files;
  auto partition = Open(files);
  Fill(*partition, 3);
  REQUIRE(partition->Store(kNow).ok());
  REQUIRE(partition->Apply(6, "A", Delta(2, BookSide::kBid, k40, 1, 2)).ok());
  std::mt19937_64 random(1);
  partition.reset();
  files.Crash(SimulatedFileSystem::CrashMode::kPowerCut, random);

  partition = Open(files);
  CHECK(partition->next_offset() == 6);
  CHECK(partition->Statistics().market_count == 3);
  CHECK(ContractsAt40(*partition, "A") == 1);
  // What comes again from Kafka, and the message that waited.
  REQUIRE(partition->Apply(5, "C", Delta(3, BookSide::kBid, k40, 1, 5)).ok());
  REQUIRE(partition->Apply(6, "A", Delta(2, BookSide::kBid, k40, 1, 2)).ok());
  CHECK(ContractsAt40(*partition, "A") == 3);
  CHECK(partition->Statistics().counters.duplicates == 0);
}

TEST_CASE("Partition: a damaged checkpoint is passed over for the one before", "[rebuilder]") {
  SimulatedFileSystem files;
  auto partition = Open(files);
  Fill(*partition, 1);
  REQUIRE(partition->Store(kNow).ok());
  REQUIRE(partition->Apply(2, "A", Delta(2, BookSide::kBid, k40, 1, 2)).ok());
  REQUIRE(partition->Store(kNow).ok());
  const std::string newest = "data/00000000000000000003.snapshot";
  std::string bytes = files.Contents(newest);
  bytes[bytes.size() - 5] = static_cast<char>(bytes[bytes.size() - 5] ^ 1);
  files.SetContents(newest, bytes);
  std::vector<absl::Status> warnings;
  partition = Open(files, {}, &warnings);
  CHECK(partition->next_offset() == 2);
  REQUIRE(warnings.size() == 1);
  CHECK(MessageOf(warnings[0]).find(newest) != std::string::npos);
}

TEST_CASE("Partition: a full disk leaves the checkpoint before, and the books", "[rebuilder]") {
  SimulatedFileSystem files;
  auto partition = Open(files);
  Fill(*partition, 1);
  REQUIRE(partition->Store(kNow).ok());
  files.SetCapacity(files.used_bytes());
  REQUIRE(partition->Apply(2, "A", Delta(2, BookSide::kBid, k40, 1, 2)).ok());
  CHECK(absl::IsResourceExhausted(partition->Store(kNow)));
  CHECK(ContractsAt40(*partition, "A") == 3);
  CHECK(Open(files)->next_offset() == 2);
}

TEST_CASE("Partition: one market too many is refused", "[rebuilder]") {
  SimulatedFileSystem files;
  const auto partition = Open(files, {.market_count_max = 1});
  REQUIRE(partition->Apply(0, "A", VenueSnapshot(1, {}, {})).ok());
  const absl::Status refused = partition->Apply(1, "B", VenueSnapshot(1, {}, {}));
  CHECK(absl::IsResourceExhausted(refused));
  CHECK(MessageOf(refused).find("--markets_max") != std::string::npos);
  CHECK(partition->next_offset() == 2);
}

TEST_CASE("Partition: an empty market that is silent for long is forgotten, its counts are not",
          "[rebuilder]") {
  SimulatedFileSystem files;
  const auto partition = Open(files, {.forget_after = absl::Minutes(1)});
  REQUIRE(partition->Apply(0, "OLD", VenueSnapshot(1, {}, {})).ok());
  REQUIRE(
      partition->Apply(1, "FULL", VenueSnapshot(1, {{k40, Quantity::FromContracts(1)}}, {})).ok());
  REQUIRE(partition->Apply(2, "NEW", VenueSnapshot(100, {}, {})).ok());
  REQUIRE(partition->Store(kNow).ok());
  std::vector<std::string> tickers;
  partition->AppendTickers("", "", 10, tickers);
  CHECK(tickers == std::vector<std::string>{"FULL", "NEW"});
  CHECK(partition->Statistics().counters.venue_snapshots == 3);
}

TEST_CASE("Partition: what is discarded is gone, also after a restart", "[rebuilder]") {
  SimulatedFileSystem files;
  auto partition = Open(files);
  Fill(*partition, 2);
  REQUIRE(partition->Store(kNow).ok());
  REQUIRE(partition->Discard().ok());
  CHECK(partition->Statistics().market_count == 0);
  CHECK(Open(files)->next_offset() == 0);
}

TEST_CASE("Partition: tickers are listed by prefix and in pages", "[rebuilder]") {
  SimulatedFileSystem files;
  const auto partition = Open(files);
  for (const char* ticker : {"KXB-1", "KXA-2", "KXA-1", "OTHER", "KXA-3"}) {
    REQUIRE(partition->Apply(partition->next_offset(), ticker, VenueSnapshot(1, {}, {})).ok());
  }
  const auto list = [&](std::string_view prefix, std::string_view after, std::size_t count) {
    std::vector<std::string> tickers;
    partition->AppendTickers(prefix, after, count, tickers);
    return tickers;
  };
  CHECK(list("KXA", "", 2) == std::vector<std::string>{"KXA-1", "KXA-2"});
  CHECK(list("KXA", "KXA-2", 2) == std::vector<std::string>{"KXA-3"});
  CHECK(list("KXA", "KXB", 2).empty());
  CHECK(list("", "", 9).size() == 5);
}

}  // namespace
}  // namespace evx::order_book_rebuilder
