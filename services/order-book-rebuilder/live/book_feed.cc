#include "live/book_feed.h"

#include <utility>

#include "evx/core/monotonic_clock.h"

namespace evx::order_book_rebuilder {
namespace {

// Whether a change at this price, already applied, touched the best level of its side.
bool TouchesTop(const RebuiltBook& book, BookSide side, Price price) {
  const auto best = book.levels().Best(side);
  if (!best) return true;
  return side == BookSide::kBid ? price >= best->price : price <= best->price;
}

}  // namespace

std::shared_ptr<const FeedBatch> PartitionChangesOf(const FeedBatch& batch) {
  auto changes = std::make_shared<FeedBatch>();
  changes->last_version = batch.last_version;
  for (const FeedEvent& event : batch.events) {
    if (std::holds_alternative<PartitionChange>(event.change)) changes->events.push_back(event);
  }
  if (changes->events.empty()) return nullptr;
  return changes;
}

template <class Change>
void BookFeed::Add(Change change) {
  if (batch_ == nullptr) batch_ = std::make_shared<FeedBatch>();
  batch_->last_version = version_.fetch_add(1) + 1;
  batch_->events.push_back({batch_->last_version, std::move(change)});
  if (batch_->events.size() >= kBatchEventsMax) Flush();
}

void BookFeed::OnDelta(const MarketFold& fold, const BookUpdate& delta) {
  if (reader_count_.load() == 0) return;
  BookChange change;
  change.ticker = fold.ticker();
  change.sequence = delta.sequence;
  change.time = delta.time;
  change.event_time = delta.event_time;
  change.side = delta.side;
  change.price = delta.price;
  change.change = delta.change;
  change.quantity = delta.quantity;
  change.is_top_changed = TouchesTop(fold.book(), delta.side, delta.price);
  if (change.is_top_changed) {
    change.is_crossed = fold.book().levels().is_crossed();
    change.bid = fold.book().Best(BookSide::kBid);
    change.ask = fold.book().Best(BookSide::kAsk);
  }
  Add(std::move(change));
}

void BookFeed::OnState(const MarketFold& fold) {
  if (reader_count_.load() != 0) Add(StateChange{fold.ticker()});
}

void BookFeed::OnPartition(std::int32_t number, std::vector<std::string> tickers) {
  Add(PartitionChange{number, std::move(tickers)});
}

void BookFeed::Flush() {
  const std::int64_t now = MonotonicNanos();
  if (batch_ == nullptr) {
    if (reader_count_.load() == 0 || now - published_nanos_ < kBeatNanos) return;
    batch_ = std::make_shared<FeedBatch>();
    batch_->last_version = version_.load();
  }
  published_nanos_ = now;
  publish_(std::exchange(batch_, nullptr));
}

}  // namespace evx::order_book_rebuilder
