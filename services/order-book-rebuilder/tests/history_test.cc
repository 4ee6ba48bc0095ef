#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "evx/core/status.h"
#include "evx/core/testing/seed.h"
#include "evx/journal/testing/simulated_file_system.h"
#include "store/partition.h"
#include "tests/update_builder.h"

namespace evx::order_book_rebuilder {
namespace {

using journal::testing::SimulatedFileSystem;

const bool kSanitized = std::getenv("EVX_SANITIZED") != nullptr;
const int kMessageCount = kSanitized ? 4'000 : 40'000;
const int kQuestionCount = kSanitized ? 500 : 10'000;
constexpr int kMarketCount = 12;

// What was shown of a market from some instant on.
struct Shown {
  Timestamp time;
  std::uint64_t hash = 0;
  std::int64_t sequence = 0;
  Doubt doubt = Doubt::kNone;
};

// A record as it lies in Kafka.
struct Record {
  std::string ticker;
  BookUpdate update;
};

// Streams of several markets whose times rise, stand still or go back, with losses and gaps.
std::vector<Record> MakeRecords(std::mt19937_64& random) {
  struct Market {
    std::int64_t sequence = 0;
    std::map<Price, std::int64_t> bids;
  };
  std::vector<Market> markets(kMarketCount);
  std::vector<Record> records;
  std::int64_t nanos = TimeOf(0).nanos();
  while (static_cast<int>(records.size()) < kMessageCount) {
    const std::size_t number = random() % (1 + random() % kMarketCount);
    Market& market = markets[number];
    const std::string ticker = "KX-" + std::to_string(number);
    const std::uint64_t dice = random() % 200;
    BookUpdate update;
    if (market.sequence == 0 || dice == 0) {
      std::vector<book::Level> bids;
      for (const auto& [price, contracts] : market.bids) {
        bids.push_back({price, Quantity::FromContracts(contracts)});
      }
      std::reverse(bids.begin(), bids.end());
      update = VenueSnapshot(++market.sequence, bids, {});
      update.book_hash = book::HashLevels(ticker, bids, {});
    } else if (dice == 1) {
      update = Gap(++market.sequence);
    } else {
      const Price price = Price::FromCents(30 + static_cast<std::int64_t>(random() % 20));
      const auto found = market.bids.find(price);
      const std::int64_t before = found == market.bids.end() ? 0 : found->second;
      const std::int64_t after = before == 0
                                     ? 1 + static_cast<std::int64_t>(random() % 9)
                                     : static_cast<std::int64_t>(random() % 2) * (before + 1);
      update = Delta(++market.sequence, BookSide::kBid, price, after - before, after);
      market.bids.erase(price);
      if (after != 0) market.bids[price] = after;
    }
    nanos += static_cast<std::int64_t>(random() % 2'000) - 200;
    // Now and then the clock is set.
    if (random() % 500 == 0) nanos += static_cast<std::int64_t>(random() % 1'000'000) - 500'000;
    update.time = Timestamp::FromNanos(nanos);
    update.event_time = Timestamp::FromNanos(nanos - static_cast<std::int64_t>(random() % 5'000));
    if (dice != 2) records.push_back({ticker, update});  // 2: lost.
    if (dice == 3 && records.size() > 1) std::swap(records.back(), records[records.size() - 2]);
  }
  return records;
}

// Every state that a fold shows, by the time that it has in the past: never before the one ahead.
std::map<std::string, std::vector<Shown>> BruteForce(const std::vector<Record>& records) {
  std::map<std::string, std::unique_ptr<MarketFold>> folds;
  std::map<std::string, std::vector<Shown>> shown;
  for (const Record& record : records) {
    auto& fold = folds[record.ticker];
    if (fold == nullptr) fold = std::make_unique<MarketFold>(record.ticker);
    fold->Apply(record.update, nullptr);
    if (fold->doubt() == Doubt::kNoSnapshot) continue;
    auto& states = shown[record.ticker];
    const Shown state{record.update.time, HashBook(record.ticker, fold->book().levels()),
                      fold->book_sequence(), fold->doubt()};
    const bool is_same = !states.empty() && states.back().sequence == state.sequence &&
                         states.back().hash == state.hash && states.back().doubt == state.doubt;
    if (is_same) continue;
    states.push_back(state);
    if (states.size() > 1) {
      states.back().time = std::max(state.time, states[states.size() - 2].time);
    }
  }
  return shown;
}

std::unique_ptr<Partition> Open(SimulatedFileSystem& files, Partition::Options options = {}) {
  options.directory = "data";
  return Partition::Open(files, options, [](const absl::Status& status) { FAIL(status); });
}

// Applies all records, and now and then dies and reads on from its checkpoint.
std::unique_ptr<Partition> Live(SimulatedFileSystem& files, const std::vector<Record>& records,
                                std::mt19937_64& random) {
  auto partition = Open(files);
  while (partition->next_offset() < static_cast<std::int64_t>(records.size())) {
    const auto offset = partition->next_offset();
    const Record& record = records[static_cast<std::size_t>(offset)];
    REQUIRE(partition->Apply(offset, record.ticker, record.update).ok());
    const std::uint64_t dice = random() % 3'000;
    if (dice < 4) REQUIRE(partition->Store(record.update.time).ok());
    if (dice == 5) {
      partition.reset();
      files.Crash(random() % 2 == 0 ? SimulatedFileSystem::CrashMode::kPowerCut
                                    : SimulatedFileSystem::CrashMode::kKill,
                  random);
      partition = Open(files);
    }
  }
  return partition;
}

TEST_CASE("History: a book of any instant is that of brute force, over crashes", "[rebuilder]") {
  std::mt19937_64 random(evx::testing::TestSeed("History"));
  const std::vector<Record> records = MakeRecords(random);
  const auto shown = BruteForce(records);
  SimulatedFileSystem files;
  const auto partition = Live(files, records, random);
  CHECK(partition->Statistics().history_bytes > 0);
  const std::int64_t first = TimeOf(0).nanos();
  std::int64_t last = first;
  for (const Record& record : records) last = std::max(last, record.update.time.nanos() + 5'000);
  int found_count = 0;
  for (int i = 0; i < kQuestionCount; ++i) {
    const auto at = Timestamp::FromNanos(
        first + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(last - first)));
    const std::string ticker = "KX-" + std::to_string(random() % kMarketCount);
    const auto past = partition->ReadAt(ticker, at);
    const auto states = shown.find(ticker);
    const auto behind =
        states == shown.end()
            ? std::vector<Shown>::const_iterator()
            : std::upper_bound(states->second.begin(), states->second.end(), at,
                               [](Timestamp time, const Shown& one) { return time < one.time; });
    if (states == shown.end() || behind == states->second.begin()) {
      CHECK(absl::IsNotFound(past.status()));
      continue;
    }
    const Shown& wanted = *std::prev(behind);
    INFO(ticker << " at " << at.nanos());
    REQUIRE(past.ok());
    REQUIRE(past->doubt == wanted.doubt);
    REQUIRE(past->sequence == wanted.sequence);
    REQUIRE(HashBook(ticker, past->book.levels()) == wanted.hash);
    ++found_count;
  }
  CHECK(found_count > kQuestionCount / 2);
}

// A market with a bid whose quantity is the number of the message.
void Count(Partition& partition, std::int64_t first, std::int64_t last) {
  for (std::int64_t sequence = first; sequence <= last; ++sequence) {
    const BookUpdate update =
        sequence == 1 ? VenueSnapshot(1, {{Price::FromCents(40), Quantity::FromContracts(1)}}, {})
                      : Delta(sequence, BookSide::kBid, Price::FromCents(40), 1, sequence);
    REQUIRE(partition.Apply(sequence, kTestTicker, update).ok());
  }
}

TEST_CASE("History: last changes are those of the instant", "[rebuilder]") {
  SimulatedFileSystem files;
  const auto partition = Open(files);
  Count(*partition, 1, 700);
  for (const std::int64_t sequence : {2, 255, 256, 257, 258, 400, 600, 700}) {
    const auto past = partition->ReadAt(kTestTicker, TimeOf(sequence));
    REQUIRE(past.ok());
    CHECK(past->sequence == sequence);
    CHECK(past->time == TimeOf(sequence));
    CHECK(past->book.LastChange(BookSide::kBid, Price::FromCents(40)) ==
          LevelChange{LevelChangeKind::kIncreased, EventTimeOf(sequence)});
  }
}

TEST_CASE("History: a message that waited is shown from that on for which it waited",
          "[rebuilder]") {
  SimulatedFileSystem files;
  const auto partition = Open(files);
  Count(*partition, 1, 3);
  REQUIRE(partition->Apply(4, kTestTicker, Gap(4)).ok());
  REQUIRE(
      partition->Apply(5, kTestTicker, Delta(6, BookSide::kAsk, Price::FromCents(50), 1, 1)).ok());
  REQUIRE(partition->Apply(6, kTestTicker, VenueSnapshot(5, {}, {})).ok());
  const auto before = partition->ReadAt(kTestTicker, TimeOf(4));
  REQUIRE(before.ok());
  CHECK(before->sequence == 3);
  CHECK(before->doubt == Doubt::kGap);
  const auto behind = partition->ReadAt(kTestTicker, TimeOf(5));
  REQUIRE(behind.ok());
  CHECK(behind->sequence == 6);
  CHECK(behind->doubt == Doubt::kNone);
}

TEST_CASE("History: what is too old or too much goes, oldest first", "[rebuilder]") {
  SimulatedFileSystem files;
  Partition::Options options;
  options.history_segment_bytes = 2'000;
  SECTION("by time") { options.history_retention = absl::Seconds(1'500); }
  SECTION("by size") { options.history_bytes_max = 20'000; }
  auto partition = Open(files, options);
  Count(*partition, 1, 1'000);
  REQUIRE(partition->Store(TimeOf(0)).ok());
  const std::uint64_t first_bytes = partition->Statistics().history_bytes;
  CHECK(partition->ReadAt(kTestTicker, TimeOf(1)).ok());
  partition.reset();
  partition = Open(files, options);
  CHECK(partition->Statistics().history_bytes == first_bytes);
  Count(*partition, 1'001, 3'000);
  REQUIRE(partition->Store(TimeOf(0)).ok());
  CHECK(absl::IsNotFound(partition->ReadAt(kTestTicker, TimeOf(1)).status()));
  CHECK(partition->ReadAt(kTestTicker, TimeOf(2'500)).ok());
  CHECK(partition->ReadAt(kTestTicker, TimeOf(3'000)).ok());
  const auto paths = files.Paths();
  CHECK(std::find(paths.begin(), paths.end(), "data/history/0000000001.history") == paths.end());
}

TEST_CASE("History: a damaged block is said to be damaged", "[rebuilder]") {
  SimulatedFileSystem files;
  auto partition = Open(files);
  Count(*partition, 1, 600);
  REQUIRE(partition->Store(TimeOf(0)).ok());
  partition.reset();
  const std::string path = "data/history/0000000001.history";
  std::string bytes = files.Contents(path);
  bytes[100] = static_cast<char>(bytes[100] ^ 1);
  files.SetContents(path, bytes);
  partition = Open(files);
  CHECK(absl::IsDataLoss(partition->ReadAt(kTestTicker, TimeOf(10)).status()));
  CHECK(partition->ReadAt(kTestTicker, TimeOf(300)).ok());
}

TEST_CASE("History: instants that could not be written are not told of", "[rebuilder]") {
  SimulatedFileSystem files;
  std::vector<absl::Status> warnings;
  const auto partition =
      Partition::Open(files, {.directory = "data"},
                      [&](const absl::Status& status) { warnings.push_back(status); });
  Count(*partition, 1, 300);
  files.SetCapacity(files.used_bytes());
  Count(*partition, 301, 900);
  REQUIRE(warnings.size() == 1);
  CHECK(absl::IsResourceExhausted(warnings[0]));
  files.SetCapacity(1 << 20);
  Count(*partition, 901, 1'500);
  CHECK(partition->ReadAt(kTestTicker, TimeOf(10)).ok());
  CHECK(absl::IsNotFound(partition->ReadAt(kTestTicker, TimeOf(400)).status()));
  CHECK(partition->ReadAt(kTestTicker, TimeOf(1'200)).ok());
  CHECK(partition->ReadAt(kTestTicker, TimeOf(1'500)).ok());
}

TEST_CASE("History: damaged changes give nothing, and never a crash", "[rebuilder]") {
  std::mt19937_64 random(evx::testing::TestSeed("History"));
  MarketFold fold(kTestTicker);
  MarketHistory history(fold);
  fold.Apply(VenueSnapshot(1, {{Price::FromCents(40), Quantity::FromContracts(1)}}, {}), &history);
  for (std::int64_t sequence = 2; sequence <= 200; ++sequence) {
    fold.Apply(Delta(sequence, BookSide::kBid, Price::FromCents(40), 1, sequence), &history);
  }
  int damaged_count = 0;
  for (int i = 0; i < 20'000; ++i) {
    HistoryBlock block = history.open_block();
    std::string& bytes = random() % 4 == 0 ? block.start : block.changes;
    bytes[random() % bytes.size()] = static_cast<char>(random());
    if (random() % 8 == 0) bytes.resize(random() % bytes.size());
    damaged_count += block.BookAt(TimeOf(1'000)).has_value() ? 0 : 1;
  }
  CHECK(damaged_count > 0);
}

}  // namespace
}  // namespace evx::order_book_rebuilder
