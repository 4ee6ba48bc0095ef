// Records of evx.md.book.v1 as they lie in memory after a poll, decoded, checked and applied to
// the books of 1,000 markets, with their past: what one core of the rebuilder does a second. Then
// the same while another thread reads whole books of random markets, and how long that takes it.
// Prints JSON lines.

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "benchmarks/made_records.h"
#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/testing/benchmark.h"
#include "evx/journal/file_system.h"
#include "fold/book_message.h"
#include "store/rebuilt_books.h"

namespace evx::order_book_rebuilder {
namespace {

constexpr std::size_t kRecordCount = 1'000'000;
// Every market has a book by then.
constexpr std::size_t kReadAfterCount = kRecordCount / 10;

// A partition in a folder of its own, which goes with it.
class FreshPartition {
 public:
  FreshPartition() : directory_(std::filesystem::temp_directory_path() / "evx-rebuild-XXXXXX") {
    EVX_CHECK(mkdtemp(directory_.data()) != nullptr);
    partition_ = Partition::Open(journal::PosixFileSystem(), {.directory = directory_},
                                 [](const absl::Status& status) { EVX_CHECK(status.ok()); });
    partition_->SetReadUp();
  }
  ~FreshPartition() { std::filesystem::remove_all(directory_); }
  FreshPartition(const FreshPartition&) = delete;
  FreshPartition& operator=(const FreshPartition&) = delete;

  const std::shared_ptr<Partition>& get() const { return partition_; }

 private:
  std::string directory_;
  std::shared_ptr<Partition> partition_;
};

// The CPU seconds of this thread. `progress` is the number of records that were applied.
double ApplyAll(const Records& records, Partition& partition, std::atomic<std::size_t>& progress) {
  BookMessageReader reader;
  const double start = testing::ThreadCpuSeconds();
  for (std::size_t i = 0; i < records.size(); ++i) {
    const kafka::RecordView record = records[i];
    EVX_CHECK(reader.Read(record.key, record.payload).ok());
    EVX_CHECK(partition.Apply(record.offset, reader.ticker(), reader.update()).ok());
    progress.store(i + 1, std::memory_order_relaxed);
  }
  const double seconds = testing::ThreadCpuSeconds() - start;
  const BookStatistics statistics = partition.Statistics();
  EVX_CHECK(statistics.doubtful_market_count == 0 && statistics.counters.hash_mismatches == 0);
  return seconds;
}

// Nanoseconds of each read, sorted.
std::vector<std::int64_t> ReadWhileApplied(const Records& records) {
  const FreshPartition fresh;
  RebuiltBooks books(absl::InfiniteDuration());
  books.SetPartitionCount(1);
  books.Add(0, fresh.get());
  books.Touch();
  std::atomic<std::size_t> progress = 0;
  std::thread writer([&] { ApplyAll(records, *fresh.get(), progress); });
  while (progress.load() < kReadAfterCount) std::this_thread::yield();
  testing::SplitMix64 random(1);
  std::vector<std::int64_t> nanos;
  while (progress.load() < records.size()) {
    const std::string ticker = MadeTicker(static_cast<int>(random.Below(kMadeMarketCount)));
    const std::int64_t start = MonotonicNanos();
    const auto view = books.Read(ticker, std::numeric_limits<std::size_t>::max());
    nanos.push_back(MonotonicNanos() - start);
    EVX_CHECK(view.ok() && view->doubt == Doubt::kNone);
  }
  writer.join();
  std::sort(nanos.begin(), nanos.end());
  return nanos;
}

int Main() {
  const Records records = MakeRecords(kRecordCount);
  std::atomic<std::size_t> progress = 0;
  const double seconds = ApplyAll(records, *FreshPartition().get(), progress);
  std::printf("{\"row\":\"rebuild_messages\",\"measured\":%.0f,\"unit\":\"messages/s\"}\n",
              static_cast<double>(records.size()) / seconds);
  const std::vector<std::int64_t> nanos = ReadWhileApplied(records);
  std::printf("%zu reads, longest %.3f ms\n", nanos.size(),
              static_cast<double>(nanos.back()) * 1e-6);
  std::printf("{\"row\":\"rebuild_read_p99\",\"measured\":%.4f,\"unit\":\"ms\"}\n",
              static_cast<double>(nanos[nanos.size() * 99 / 100]) * 1e-6);
  return 0;
}

}  // namespace
}  // namespace evx::order_book_rebuilder

int main() { return evx::order_book_rebuilder::Main(); }
