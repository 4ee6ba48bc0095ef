// Books of random instants of a week of 1,000 markets (recorded_week.h), from the past as the
// rebuilder keeps it: written by Partition, opened anew, with nothing of it in the page cache, and
// asked through RebuiltBooks. Each answer is compared with a replay of the market from its begin on
// a pair of std::map. Prints JSON lines: answers that are equal, and how long they took.
//
// usage: past_benchmark FOLDER... [--markets=N] [--questions=N]

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "benchmarks/recorded_week.h"
#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/testing/benchmark.h"
#include "evx/journal/file_system.h"
#include "evx/kafka/message.h"
#include "store/rebuilt_books.h"

namespace evx::order_book_rebuilder {
namespace {

// Of topic evx.md.book.v1.
constexpr std::int32_t kPartitionCount = 8;
// The service stores its state each 10 seconds; the week is over in about a minute.
constexpr absl::Duration kStoreInterval = absl::Hours(6);
constexpr std::size_t kWholeDepth = std::numeric_limits<std::size_t>::max();

struct Question {
  int market = 0;
  Timestamp at;
  // Of the replay; nothing before the market's first snapshot.
  std::optional<std::uint64_t> hash;
  std::int64_t sequence = 0;
};

struct Answers {
  int equal_count = 0;
  std::vector<std::int64_t> nanos;
};

// --- The past -----------------------------------------------------------------------------------

std::string DirectoryOf(const std::string& directory, std::int32_t number) {
  return directory + "/partition-" + std::to_string(number);
}

std::vector<std::shared_ptr<Partition>> OpenPartitions(const std::string& directory) {
  std::vector<std::shared_ptr<Partition>> partitions;
  for (std::int32_t i = 0; i < kPartitionCount; ++i) {
    Partition::Options options;
    options.directory = DirectoryOf(directory, i);
    partitions.push_back(
        Partition::Open(journal::PosixFileSystem(), options, [](const absl::Status& status) {
          std::fprintf(stderr, "%s\n", status.ToString().c_str());
          EVX_CHECK(status.ok());
        }));
    partitions.back()->SetReadUp();
  }
  return partitions;
}

void StoreAll(const std::vector<std::shared_ptr<Partition>>& partitions, Timestamp now) {
  for (const auto& partition : partitions) EVX_CHECK(partition->Store(now).ok());
}

// Updates of all markets by time, as they come from Kafka. Their number.
std::int64_t WriteWeek(const std::vector<RecordedMarket>& recorded, int market_count,
                       const std::string& directory) {
  const auto partitions = OpenPartitions(directory);
  std::vector<WeekMarket> markets;
  for (int i = 0; i < market_count; ++i) markets.emplace_back(recorded, i);
  using Next = std::pair<Timestamp, int>;
  std::priority_queue<Next, std::vector<Next>, std::greater<>> next;
  for (int i = 0; i < market_count; ++i) next.emplace(markets[i].time(), i);
  std::int64_t count = 0;
  Timestamp stored = kWeekStart;
  while (!next.empty()) {
    const auto [time, number] = next.top();
    next.pop();
    WeekMarket& market = markets[static_cast<std::size_t>(number)];
    Partition& partition =
        *partitions[static_cast<std::size_t>(kafka::PartitionOf(market.ticker(), kPartitionCount))];
    EVX_CHECK(partition.Apply(count++, market.ticker(), market.Next()).ok());
    if (!market.at_end()) next.emplace(market.time(), number);
    if (time - stored < kStoreInterval) continue;
    StoreAll(partitions, time);
    stored = time;
  }
  StoreAll(partitions, stored);
  BookStatistics sum;
  for (const auto& partition : partitions) sum.Add(partition->Statistics());
  EVX_CHECK(sum.doubtful_market_count == 0 && sum.counters.inconsistent == 0);
  return count;
}

// Gives the number of bytes of the past, and leaves them on disk only.
std::uint64_t DropFromMemory(const std::string& directory) {
  std::uint64_t bytes = 0;
  for (const auto& file : std::filesystem::recursive_directory_iterator(directory)) {
    if (file.path().extension() != ".history") continue;
    bytes += file.file_size();
    const int descriptor = open(file.path().c_str(), O_RDONLY);
    EVX_CHECK(descriptor >= 0 && fsync(descriptor) == 0 &&
              posix_fadvise(descriptor, 0, 0, POSIX_FADV_DONTNEED) == 0);
    close(descriptor);
  }
  return bytes;
}

// --- The replay ---------------------------------------------------------------------------------

// Levels by price of both sides.
class ReplayedBook {
 public:
  void Apply(const BookUpdate& update) {
    if (update.kind == BookUpdateKind::kDelta) {
      auto& levels = levels_[static_cast<std::size_t>(update.side)];
      Quantity& there = levels[update.price];
      there = there + update.change;
      if (there.is_zero()) levels.erase(update.price);
      return;
    }
    levels_[0].clear();
    levels_[1].clear();
    for (const book::Level& level : update.bids) levels_[0][level.price] = level.quantity;
    for (const book::Level& level : update.asks) levels_[1][level.price] = level.quantity;
  }
  std::uint64_t Hash(std::string_view ticker) const {
    std::vector<book::Level> bids, asks;
    for (const auto& [price, quantity] : levels_[0]) bids.push_back({price, quantity});
    for (const auto& [price, quantity] : levels_[1]) asks.push_back({price, quantity});
    std::reverse(bids.begin(), bids.end());
    return book::HashLevels(ticker, bids, asks);
  }

 private:
  std::map<Price, Quantity> levels_[2];
};

std::vector<Question> MakeQuestions(int market_count, int question_count) {
  testing::SplitMix64 random(1);
  std::vector<Question> questions(static_cast<std::size_t>(question_count));
  for (Question& question : questions) {
    question.market = static_cast<int>(random.Below(static_cast<std::uint32_t>(market_count)));
    question.at = Timestamp::FromNanos(kWeekStart.nanos() +
                                       static_cast<std::int64_t>(random.Next() % kWeekNanos));
  }
  return questions;
}

// Fills in what the answers should be. A market's questions are answered in one replay, by time.
void Replay(const std::vector<RecordedMarket>& recorded, std::vector<Question>& questions) {
  std::map<int, std::vector<Question*>> by_market;
  for (Question& question : questions) by_market[question.market].push_back(&question);
  for (auto& [number, asked] : by_market) {
    std::sort(asked.begin(), asked.end(),
              [](const Question* a, const Question* b) { return a->at < b->at; });
    WeekMarket market(recorded, number);
    ReplayedBook book;
    std::int64_t sequence = 0;
    for (Question* const question : asked) {
      // A time that went back is that of the update before it, which was shown already.
      while (!market.at_end() && market.time() <= question->at) {
        const BookUpdate& update = market.Next();
        book.Apply(update);
        sequence = update.sequence;
      }
      if (sequence == 0) continue;
      question->hash = book.Hash(market.ticker());
      question->sequence = sequence;
    }
  }
}

// --- The questions ------------------------------------------------------------------------------

std::uint64_t HashOf(const BookView& view) {
  std::vector<book::Level> levels[2];
  for (const LevelView& level : view.bids) levels[0].push_back({level.price, level.quantity});
  for (const LevelView& level : view.asks) levels[1].push_back({level.price, level.quantity});
  return book::HashLevels(view.ticker, levels[0], levels[1]);
}

bool IsEqual(const absl::StatusOr<BookView>& view, const Question& question) {
  if (!question.hash) return absl::IsNotFound(view.status());
  return view.ok() && view->book_hash == *question.hash && HashOf(*view) == *question.hash &&
         view->sequence == question.sequence && view->doubt == Doubt::kNone;
}

Answers Ask(const std::vector<RecordedMarket>& recorded, const std::string& directory,
            const std::vector<Question>& questions) {
  RebuiltBooks books(absl::InfiniteDuration());
  books.SetPartitionCount(kPartitionCount);
  const auto partitions = OpenPartitions(directory);
  for (std::int32_t i = 0; i < kPartitionCount; ++i) {
    books.Add(i, partitions[static_cast<std::size_t>(i)]);
  }
  DropFromMemory(directory);
  books.Touch();
  Answers answers;
  for (const Question& question : questions) {
    const std::string ticker = WeekMarket(recorded, question.market).ticker();
    const std::int64_t start = MonotonicNanos();
    const absl::StatusOr<BookView> view = books.ReadAt(ticker, kWholeDepth, question.at);
    answers.nanos.push_back(MonotonicNanos() - start);
    if (IsEqual(view, question)) {
      ++answers.equal_count;
    } else {
      std::fprintf(stderr, "%s at %d differs: %s\n", ticker.c_str(),
                   static_cast<int>(question.at.nanos() / 1'000'000'000),
                   view.status().ToString().c_str());
    }
  }
  std::sort(answers.nanos.begin(), answers.nanos.end());
  return answers;
}

int Main(const std::vector<std::string>& folders, int market_count, int question_count) {
  const std::vector<RecordedMarket> recorded = ReadRecordedMarkets(folders);
  if (recorded.empty()) {
    std::fprintf(stderr, "a folder without recorded frames is among those named\n");
    return 77;
  }
  std::string directory = std::filesystem::temp_directory_path() / "evx-past-XXXXXX";
  EVX_CHECK(mkdtemp(directory.data()) != nullptr);
  const double start = testing::ThreadCpuSeconds();
  const std::int64_t update_count = WriteWeek(recorded, market_count, directory);
  const double written = testing::ThreadCpuSeconds();
  std::vector<Question> questions = MakeQuestions(market_count, question_count);
  Replay(recorded, questions);
  const double replayed = testing::ThreadCpuSeconds();
  const std::uint64_t bytes = DropFromMemory(directory);
  const Answers answers = Ask(recorded, directory, questions);
  std::filesystem::remove_all(directory);
  const auto milliseconds = [&](std::size_t percent) {
    return static_cast<double>(answers.nanos[(answers.nanos.size() - 1) * percent / 100]) * 1e-6;
  };
  std::printf(
      "%zu recorded markets, %d of the week, %lld updates written in %.1f s, %llu MiB on "
      "disk; replay %.1f s; p50 %.3f ms, longest %.3f ms\n",
      recorded.size(), market_count, static_cast<long long>(update_count), written - start,
      static_cast<unsigned long long>(bytes >> 20), replayed - written, milliseconds(50),
      milliseconds(100));
  std::printf("{\"row\":\"past_equal\",\"measured\":%d,\"unit\":\"answers\"}\n",
              answers.equal_count);
  std::printf("{\"row\":\"past_p99\",\"measured\":%.3f,\"unit\":\"ms\"}\n", milliseconds(99));
  return 0;
}

// The number behind `name` if that is the argument, and above 0.
bool TakeNumber(std::string_view argument, std::string_view name, int& number) {
  if (!argument.starts_with(name)) return false;
  EVX_CHECK(absl::SimpleAtoi(std::string(argument.substr(name.size())), &number) && number > 0);
  return true;
}

}  // namespace
}  // namespace evx::order_book_rebuilder

int main(int argc, char** argv) {
  using evx::order_book_rebuilder::TakeNumber;
  std::vector<std::string> folders;
  int market_count = 1'000;
  int question_count = 10'000;
  for (int i = 1; i < argc; ++i) {
    if (TakeNumber(argv[i], "--markets=", market_count)) continue;
    if (!TakeNumber(argv[i], "--questions=", question_count)) folders.emplace_back(argv[i]);
  }
  if (folders.empty()) {
    std::fprintf(stderr, "usage: %s FOLDER... [--markets=N] [--questions=N]\n", argv[0]);
    return 2;
  }
  return evx::order_book_rebuilder::Main(folders, market_count, question_count);
}
