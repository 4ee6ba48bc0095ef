#include "store/rebuilt_books.h"

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/kafka/message.h"

namespace evx::order_book_rebuilder {
namespace {

std::vector<LevelView> LevelsOf(const RebuiltBook& book, BookSide side, std::size_t depth) {
  std::vector<book::Level> levels;
  book.levels().AppendLevels(side, depth, levels);
  std::vector<LevelView> out;
  out.reserve(levels.size());
  for (const book::Level& level : levels) {
    out.push_back({level.price, level.quantity, *book.LastChange(side, level.price)});
  }
  return out;
}

BookView ViewOf(std::string_view ticker, const RebuiltBook& book, std::size_t depth) {
  BookView view;
  view.ticker = ticker;
  view.is_crossed = book.levels().is_crossed();
  view.book_hash = HashBook(ticker, book.levels());
  view.bids = LevelsOf(book, BookSide::kBid, depth);
  view.asks = LevelsOf(book, BookSide::kAsk, depth);
  return view;
}

BookView PresentView(std::string_view ticker, const MarketFold& fold, std::size_t depth) {
  BookView view = ViewOf(ticker, fold.book(), depth);
  view.sequence = fold.book_sequence();
  view.last_sequence = fold.last_sequence();
  view.time = fold.book_time();
  view.doubt = fold.doubt();
  return view;
}

}  // namespace

std::string_view ToString(BookPresence presence) {
  switch (presence) {
    case BookPresence::kBook:
      return "book";
    case BookPresence::kInTransit:
      return "market_in_transit";
    case BookPresence::kUnknown:
      return "market_not_found";
    case BookPresence::kNoSnapshot:
      return "no_book";
  }
  return "";
}

void RebuiltBooks::Add(std::int32_t number, std::shared_ptr<Partition> partition) {
  {
    const std::unique_lock lock(mutex_);
    EVX_CHECK(partitions_.emplace(number, partition).second);
  }
  partition->Watch(listener_, number);
}

void RebuiltBooks::Remove(std::int32_t number) {
  std::shared_ptr<Partition> removed;
  {
    const std::unique_lock lock(mutex_);
    const auto found = partitions_.find(number);
    if (found == partitions_.end()) return;
    removed = std::move(found->second);
    partitions_.erase(found);
  }
  if (listener_ == nullptr) return;
  removed->Watch(nullptr, number);
  listener_->OnPartition(number, removed->Tickers());
  listener_->Flush();
}

void RebuiltBooks::Touch() {
  const bool was_in_touch = in_touch();
  touched_nanos_.store(MonotonicNanos());
  if (listener_ == nullptr) return;
  if (!was_in_touch) {
    for (const auto& [number, partition] : Copy()) {
      if (partition->read_up()) listener_->OnPartition(number, partition->Tickers());
    }
  }
  listener_->Flush();
}

bool RebuiltBooks::in_touch() const {
  return MonotonicNanos() - touched_nanos_.load() < silence_max_nanos_;
}

RebuiltBooks::Shelf RebuiltBooks::Copy() const {
  const std::shared_lock lock(mutex_);
  return partitions_;
}

absl::StatusOr<std::shared_ptr<Partition>> RebuiltBooks::PartitionOf(
    std::string_view ticker) const {
  const std::int32_t count = partition_count();
  if (count == 0) return Unavailable("the topic's partitions are not known yet");
  const std::int32_t number = kafka::PartitionOf(ticker, count);
  if (!in_touch()) return Unavailable("this member has not heard of Kafka lately");
  const std::shared_lock lock(mutex_);
  const auto found = partitions_.find(number);
  if (found == partitions_.end()) {
    return Unavailable(absl::StrFormat("partition %d is not this member's", number));
  }
  if (!found->second->read_up()) {
    return Unavailable(absl::StrFormat("partition %d is being read", number));
  }
  return found->second;
}

absl::StatusOr<BookView> RebuiltBooks::Read(std::string_view ticker, std::size_t depth) const {
  EVX_ASSIGN_OR_RETURN(const auto partition, PartitionOf(ticker));
  BookView view;
  const bool found = partition->Read(
      ticker, [&](const MarketFold& fold) { view = PresentView(ticker, fold, depth); });
  if (!found) return NotFound("no message of this market was seen");
  return view;
}

MarketState RebuiltBooks::ReadState(std::string_view ticker) const {
  const auto version = [this] { return listener_ == nullptr ? 0 : listener_->version(); };
  MarketState state;
  state.view.ticker = ticker;
  state.version = version();  // Who was never seen has no changes before this look.
  const auto partition = PartitionOf(ticker);
  if (!partition.ok()) {
    state.version = version();  // What the partition told before it went is over.
    return state;
  }
  state.presence = BookPresence::kUnknown;
  (*partition)->Read(ticker, [&](const MarketFold& fold) {
    state.version = version();
    state.presence = BookPresence::kNoSnapshot;
    if (fold.doubt() == Doubt::kNoSnapshot) return;
    state.presence = BookPresence::kBook;
    state.view = PresentView(ticker, fold, std::numeric_limits<std::size_t>::max());
  });
  return state;
}

absl::StatusOr<BookView> RebuiltBooks::ReadAt(std::string_view ticker, std::size_t depth,
                                              Timestamp at) const {
  EVX_ASSIGN_OR_RETURN(const auto partition, PartitionOf(ticker));
  EVX_ASSIGN_OR_RETURN(const PastBook past, partition->ReadAt(ticker, at));
  BookView view = ViewOf(ticker, past.book, depth);
  view.sequence = view.last_sequence = past.sequence;
  view.time = past.time;
  view.doubt = past.doubt;
  return view;
}

std::vector<std::string> RebuiltBooks::Tickers(std::string_view prefix, std::string_view after,
                                               std::size_t count_max) const {
  if (!in_touch()) return {};
  return HeldTickers(prefix, after, count_max);
}

std::vector<std::string> RebuiltBooks::HeldTickers(std::string_view prefix, std::string_view after,
                                                   std::size_t count_max) const {
  std::vector<std::string> tickers;
  for (const auto& [number, partition] : Copy()) {
    if (partition->read_up()) partition->AppendTickers(prefix, after, count_max, tickers);
  }
  std::sort(tickers.begin(), tickers.end());
  if (tickers.size() > count_max) tickers.resize(count_max);
  return tickers;
}

std::vector<PartitionView> RebuiltBooks::Partitions() const {
  std::vector<PartitionView> views;
  const bool is_in_touch = in_touch();
  for (const auto& [number, partition] : Copy()) {
    views.push_back({number, is_in_touch && partition->read_up(), partition->Statistics()});
  }
  return views;
}

}  // namespace evx::order_book_rebuilder
