#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fold/rebuilt_book.h"
#include "store/book_listener.h"

namespace evx::order_book_rebuilder {

// A level of a book that is shown without doubt has another quantity.
struct BookChange {
  std::string ticker;
  std::int64_t sequence = 0;
  Timestamp time;        // When it was received.
  Timestamp event_time;  // When it happened, in the venue's time.
  BookSide side = BookSide::kBid;
  Price price;
  Quantity change;
  Quantity quantity;  // 0: the level is gone.
  // The best levels behind it; only where one of them is another than before.
  bool is_top_changed = false;
  bool is_crossed = false;
  std::optional<LevelView> bid;
  std::optional<LevelView> ask;
};

// The market has to be looked at anew.
struct StateChange {
  std::string ticker;
};

// All markets of a partition have to be.
struct PartitionChange {
  std::int32_t number = 0;
  std::vector<std::string> tickers;
};

struct FeedEvent {
  std::uint64_t version = 0;
  std::variant<BookChange, StateChange, PartitionChange> change;
};

// What was told between two flushes, in order; immutable once published.
struct FeedBatch {
  std::vector<FeedEvent> events;
  std::uint64_t last_version = 0;
};

// The changes of partitions among them, which must not be lost; null when there are none.
std::shared_ptr<const FeedBatch> PartitionChangesOf(const FeedBatch& batch);

// Collects what changes in the books and hands it on in batches. Nothing is collected of single
// markets while nobody reads, so that it costs nothing then; a delta costs some 200 ns else.
//
// Threads: BookListener's calls come from the applying thread, which also calls `publish`; readers
// come and go on any.
class BookFeed final : public BookListener {
 public:
  // Of one batch; a full one is published without waiting for the flush.
  static constexpr std::size_t kBatchEventsMax = 4'096;
  // An empty batch is published after so long without another, to keep time by.
  static constexpr std::int64_t kBeatNanos = 250'000'000;

  using Publish = std::function<void(std::shared_ptr<const FeedBatch>)>;
  explicit BookFeed(Publish publish) : publish_(std::move(publish)) {}

  // A reader that is added before it looks at a book misses no change behind what it sees.
  void AddReader() { reader_count_.fetch_add(1); }
  void RemoveReader() { reader_count_.fetch_sub(1); }

  // BookListener
  std::uint64_t version() const override { return version_.load(); }
  void OnDelta(const MarketFold& fold, const BookUpdate& delta) override;
  void OnState(const MarketFold& fold) override;
  void OnPartition(std::int32_t number, std::vector<std::string> tickers) override;
  void Flush() override;

 private:
  template <class Change>
  void Add(Change change);

  const Publish publish_;
  std::atomic<std::int64_t> reader_count_ = 0;
  std::atomic<std::uint64_t> version_ = 0;
  // The applying thread only.
  std::shared_ptr<FeedBatch> batch_;
  std::int64_t published_nanos_ = 0;
};

}  // namespace evx::order_book_rebuilder
