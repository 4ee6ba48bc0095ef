#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/journal/file_system.h"
#include "fold/market_fold.h"
#include "store/block_log.h"
#include "store/book_listener.h"
#include "store/market_history.h"

namespace evx::order_book_rebuilder {

// Sums over the markets of a partition, or of several.
struct BookStatistics {
  FoldCounters counters;
  std::uint64_t market_count = 0;
  std::uint64_t doubtful_market_count = 0;
  std::uint64_t crossed_market_count = 0;
  std::uint64_t level_count = 0;
  // Of the past, on disk.
  std::uint64_t history_bytes = 0;

  void Add(const BookStatistics& other);
  // Deltas among the messages that were not doubles; 0 of none.
  double DeltaShare() const;
};

// The markets of one partition of topic evx.md.book.v1, and the place up to which it was read. Its
// state can be written to disk as a whole and is found there by the next process.
//
// Threads: one that applies and stores; any number that read. A reader waits for at most one record
// and is waited for as long as it takes to copy one book.
class Partition {
 public:
  struct Options {
    // A folder of its own.
    std::string directory;
    // Messages of further markets are refused.
    std::size_t market_count_max = 100'000;
    // A market whose book is empty and that was not heard of for so long before the newest message
    // of the partition is forgotten when the state is stored.
    absl::Duration forget_after = absl::Hours(48);
    // How much of the past is kept on disk, and how long; what goes, goes in such pieces.
    std::uint64_t history_segment_bytes = 64u << 20;
    std::uint64_t history_bytes_max = std::uint64_t{1} << 30;
    absl::Duration history_retention = absl::Hours(24 * 7);
  };
  // Of the checkpoint, which is read whole.
  static constexpr std::uint64_t kCheckpointBytesMax = std::uint64_t{4} << 30;

  // With what the newest good checkpoint of the folder holds, or nothing. `warn` learns of those
  // that are passed over, and of a folder that cannot be used: then Store fails, and the books are
  // read from Kafka at each start. It is told, too, when the past can no longer be
  // written: nothing is told then of the instants that are missing. `file_system` outlives this.
  static std::unique_ptr<Partition> Open(journal::FileSystem& file_system, Options options,
                                         std::function<void(const absl::Status&)> warn);

  // --- The applying thread

  // The offset to read from.
  std::int64_t next_offset() const { return next_offset_; }
  // One record. An offset below next_offset() is nothing new. RESOURCE_EXHAUSTED: one market too
  // many.
  absl::Status Apply(std::int64_t offset, std::string_view ticker, const BookUpdate& update);
  // A record that tells nothing of a market, or the end of the partition, was passed over.
  void Skip(std::int64_t next_offset);
  // Forgets everything, also on disk: the topic does not hold what the state was made from.
  absl::Status Discard();
  // Writes the state aside, renames it and removes older ones. Nothing is done when nothing was
  // read since the last time. An error leaves the older ones.
  absl::Status Store(Timestamp now);
  // The partition was read to its end once: from now on readers see its books.
  void SetReadUp();
  // Tells the listener of every change from then on, while readers see the books. `listener`
  // outlives this; `number` is that of the partition.
  void Watch(BookListener* listener, std::int32_t number);

  // --- Readers

  bool read_up() const { return read_up_.load(std::memory_order_acquire); }
  // False: there is no such market. `read` is called with the lock held.
  bool Read(std::string_view ticker, const std::function<void(const MarketFold&)>& read) const;
  // The book as it was shown at an instant, from the past that is kept. NOT_FOUND: there was none,
  // or it is not kept; DATA_LOSS. Costs at most one read from disk and
  // HistoryBlock::kChangeCountMax changes.
  absl::StatusOr<PastBook> ReadAt(std::string_view ticker, Timestamp at) const;
  // At most `count_max` tickers above `after` that begin with `prefix`, in order, behind what is in
  // `out`.
  void AppendTickers(std::string_view prefix, std::string_view after, std::size_t count_max,
                     std::vector<std::string>& out) const;
  BookStatistics Statistics() const;
  // Every ticker, in order.
  std::vector<std::string> Tickers() const;

 private:
  struct Market {
    explicit Market(std::string ticker) : fold(std::move(ticker)) {}
    MarketFold fold;
    MarketHistory history{fold};
  };

  Partition(journal::FileSystem& file_system, Options options,
            std::function<void(const absl::Status&)> warn)
      : file_system_(file_system), options_(std::move(options)), warn_(std::move(warn)) {}

  absl::Status Load(std::string_view payload, std::uint64_t digest);
  // Of all books, whatever the order.
  std::uint64_t Digest() const;
  void OpenHistory(BlockLog::Place end);
  void KeepClosed(Market& market);
  void Keep(std::string_view ticker, const HistoryBlock& block, Timestamp end_time);
  void Forget();
  Market* Find(std::string_view ticker) const;
  Market* FindOrMake(std::string_view ticker);

  journal::FileSystem& file_system_;
  const Options options_;
  const std::function<void(const absl::Status&)> warn_;
  std::atomic<bool> read_up_ = false;
  BookListener* listener_ = nullptr;
  std::int32_t number_ = 0;

  // The applying thread reads what it guards without it.
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Market>, std::less<>> markets_;
  absl::flat_hash_map<std::string_view, Market*> index_;  // Names are those of the folds.
  std::unique_ptr<BlockLog> history_;                     // Null: it could not be opened.
  bool is_history_failing_ = false;
  // Of markets that were forgotten.
  FoldCounters forgotten_;

  BlockLog::Place history_end_;  // As of the checkpoint that was loaded.
  std::int64_t next_offset_ = 0;
  std::int64_t stored_offset_ = 0;
  Timestamp newest_time_;
};

}  // namespace evx::order_book_rebuilder
