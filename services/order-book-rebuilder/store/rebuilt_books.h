#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "store/book_listener.h"
#include "store/partition.h"

namespace evx::order_book_rebuilder {

// A market's book as a reader gets it: a copy.
struct BookView {
  std::string ticker;
  std::int64_t sequence = 0;  // Of this book.
  // Of the last message that came in order; of a past book, the same as `sequence`.
  std::int64_t last_sequence = 0;
  Timestamp time;  // When the message of `sequence` was received.
  Doubt doubt = Doubt::kNone;
  bool is_crossed = false;
  std::uint64_t book_hash = 0;  // Of the whole book, whatever the depth.
  std::vector<LevelView> bids;  // Best first.
  std::vector<LevelView> asks;
};

enum class BookPresence : std::uint8_t {
  kBook,
  // The market is another member's, or is being read.
  kInTransit,
  // No message of it was ever seen.
  kUnknown,
  // It has had no snapshot yet.
  kNoSnapshot,
};
// As the REST API's error codes; "book".
std::string_view ToString(BookPresence presence);

// What a reader sees of a market, as of the listener's version.
struct MarketState {
  BookPresence presence = BookPresence::kInTransit;
  BookView view;  // Whole for kBook; else the ticker only.
  // Changes of single markets up to this are in it, later ones are not. Changes of a partition may
  // lie on either side.
  std::uint64_t version = 0;
};

struct PartitionView {
  std::int32_t number = 0;
  bool read_up = false;
  BookStatistics statistics;
};

// All books that this member of the group has. A book is shown only while its partition is this
// member's, was read to its end, and the member is in touch with Kafka: so it is never older than
// the messages are on their way.
//
// Thread-safe; one thread adds and removes partitions.
class RebuiltBooks {
 public:
  // A member that did not poll for `silence_max` may have lost its partitions without knowing it.
  explicit RebuiltBooks(absl::Duration silence_max)
      : silence_max_nanos_(absl::ToInt64Nanoseconds(silence_max)) {}

  // Tells the listener of every change of what is shown from then on. Before the first Add;
  // `listener` outlives the use of this.
  void Watch(BookListener* listener) { listener_ = listener; }
  void SetPartitionCount(std::int32_t count) { partition_count_.store(count); }
  void Add(std::int32_t number, std::shared_ptr<Partition> partition);
  void Remove(std::int32_t number);
  // Kafka was asked just now, and its answers are applied.
  void Touch();

  // NOT_FOUND: no message of this market was ever seen. UNAVAILABLE: its partition is not here, or
  // not read up.
  absl::StatusOr<BookView> Read(std::string_view ticker, std::size_t depth) const;
  // The same for who goes on with the listener's changes.
  MarketState ReadState(std::string_view ticker) const;
  // The same of an instant of the past. NOT_FOUND also when no book is kept of it; DATA_LOSS.
  absl::StatusOr<BookView> ReadAt(std::string_view ticker, std::size_t depth, Timestamp at) const;
  // Tickers above `after` that begin with `prefix`, of every partition that is shown.
  std::vector<std::string> Tickers(std::string_view prefix, std::string_view after,
                                   std::size_t count_max) const;
  // The same of those that would be shown if Kafka had been asked.
  std::vector<std::string> HeldTickers(std::string_view prefix, std::string_view after,
                                       std::size_t count_max) const;
  std::vector<PartitionView> Partitions() const;
  std::int32_t partition_count() const { return partition_count_.load(); }
  // False: no book is shown, because Kafka was not asked for too long.
  bool in_touch() const;

 private:
  using Shelf = std::map<std::int32_t, std::shared_ptr<Partition>>;
  Shelf Copy() const;
  absl::StatusOr<std::shared_ptr<Partition>> PartitionOf(std::string_view ticker) const;

  const std::int64_t silence_max_nanos_;
  BookListener* listener_ = nullptr;
  std::atomic<std::int32_t> partition_count_ = 0;
  std::atomic<std::int64_t> touched_nanos_ = 0;
  mutable std::shared_mutex mutex_;
  Shelf partitions_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::order_book_rebuilder
