#include "fold/market_fold.h"

#include <algorithm>

#include "evx/core/check.h"

namespace evx::order_book_rebuilder {

std::string_view ToString(Doubt doubt) {
  switch (doubt) {
    case Doubt::kNone:
      return "none";
    case Doubt::kNoSnapshot:
      return "no_snapshot";
    case Doubt::kWaiting:
      return "waiting";
    case Doubt::kHole:
      return "hole";
    case Doubt::kGap:
      return "gap";
    case Doubt::kInconsistent:
      return "inconsistent";
    case Doubt::kUnreadable:
      return "unreadable";
  }
  return "";
}

// --- Counters -----------------------------------------------------------------------------------

namespace {

constexpr std::uint64_t FoldCounters::*kCounters[] = {
    &FoldCounters::deltas,          &FoldCounters::periodic_snapshots,
    &FoldCounters::venue_snapshots, &FoldCounters::gaps,
    &FoldCounters::unreadable,      &FoldCounters::duplicates,
    &FoldCounters::reordered,       &FoldCounters::holes,
    &FoldCounters::hash_mismatches, &FoldCounters::inconsistent};
static_assert(sizeof(FoldCounters) == std::size(kCounters) * sizeof(std::uint64_t));

bool IsBefore(const BookUpdate& held, std::int64_t sequence) { return held.sequence < sequence; }

}  // namespace

void FoldCounters::Add(const FoldCounters& other) {
  for (const auto counter : kCounters) this->*counter += other.*counter;
}

void FoldCounters::Encode(ByteWriter& writer) const {
  for (const auto counter : kCounters) writer.U64(this->*counter);
}

void FoldCounters::Decode(ByteReader& reader) {
  for (const auto counter : kCounters) this->*counter = reader.U64();
}

// --- Order --------------------------------------------------------------------------------------

void MarketFold::Apply(const BookUpdate& update, FoldListener* listener) {
  if (!IsNew(update)) {
    ++counters_.duplicates;
    return;
  }
  Count(update);
  now_ = update.time;
  if (update.is_snapshot()) {
    TakeSnapshot(update, listener);
    return ApplyHeld(listener);
  }
  if (update.sequence <= last_sequence_ + 1) {
    ApplyNext(update, listener);
    return ApplyHeld(listener);
  }
  if (held_.empty() && doubt_ == Doubt::kNone && listener != nullptr) {
    listener->OnDoubt(Doubt::kWaiting, now_);
  }
  Hold(update);
  if (held_.size() < kHeldCountMax) return;
  if (last_sequence_ != 0) {  // Else the stream was met in its middle.
    ++counters_.holes;
    SetDoubt(Doubt::kHole, listener);
  }
  last_sequence_ = held_.front().sequence - 1;
  ApplyHeld(listener);
}

bool MarketFold::IsNew(const BookUpdate& update) const {
  // What cannot be read may have been the snapshot of this number.
  if ((update.is_snapshot() || update.kind == BookUpdateKind::kUnreadable) &&
      update.sequence == last_sequence_) {
    return update.sequence > snapshot_sequence_;
  }
  if (update.sequence <= last_sequence_) return false;
  if (update.is_snapshot()) return true;
  const auto found = std::lower_bound(held_.begin(), held_.end(), update.sequence, IsBefore);
  return found == held_.end() || found->sequence != update.sequence;
}

void MarketFold::Count(const BookUpdate& update) {
  switch (update.kind) {
    case BookUpdateKind::kDelta:
      ++counters_.deltas;
      break;
    case BookUpdateKind::kPeriodicSnapshot:
      ++counters_.periodic_snapshots;
      break;
    case BookUpdateKind::kVenueSnapshot:
      ++counters_.venue_snapshots;
      break;
    case BookUpdateKind::kGap:
      ++counters_.gaps;
      break;
    case BookUpdateKind::kUnreadable:
      ++counters_.unreadable;
      break;
  }
}

void MarketFold::Hold(const BookUpdate& update) {
  held_.insert(std::lower_bound(held_.begin(), held_.end(), update.sequence, IsBefore), update);
}

void MarketFold::ApplyHeld(FoldListener* listener) {
  std::size_t count = 0;
  for (; count < held_.size() && held_[count].sequence == last_sequence_ + 1; ++count) {
    ApplyNext(held_[count], listener);
    ++counters_.reordered;
  }
  held_.erase(held_.begin(), held_.begin() + static_cast<std::ptrdiff_t>(count));
  if (count > 0 && held_.empty() && doubt_ == Doubt::kNone && listener != nullptr) {
    listener->OnReset(now_);
  }
}

// --- Book ---------------------------------------------------------------------------------------

void MarketFold::ApplyNext(const BookUpdate& update, FoldListener* listener) {
  last_sequence_ = update.sequence;
  switch (update.kind) {
    case BookUpdateKind::kDelta:
      return ApplyDelta(update, listener);
    case BookUpdateKind::kGap:
      return SetDoubt(Doubt::kGap, listener);
    case BookUpdateKind::kUnreadable:
      return SetDoubt(Doubt::kUnreadable, listener);
    case BookUpdateKind::kPeriodicSnapshot:
    case BookUpdateKind::kVenueSnapshot:
      break;
  }
  EVX_CHECK(!update.is_snapshot());  // Taken at once, never held.
}

void MarketFold::ApplyDelta(const BookUpdate& update, FoldListener* listener) {
  if (doubt_ != Doubt::kNone) return;
  // Both are at most 10^18 either way, so the sum fits.
  const Quantity after = book_.levels().QuantityAt(update.side, update.price) + update.change;
  if (after != update.quantity) {
    ++counters_.inconsistent;
    return SetDoubt(Doubt::kInconsistent, listener);
  }
  EVX_CHECK(book_.Set(update.side, update.price, update.quantity, update.event_time) ==
            book::ApplyResult::kApplied);
  book_sequence_ = update.sequence;
  book_time_ = update.time;
  if (listener != nullptr) listener->OnDelta(update, now_);
}

void MarketFold::TakeSnapshot(const BookUpdate& update, FoldListener* listener) {
  // A periodic one follows the message of its number, any other one has its own.
  const bool is_periodic = update.kind == BookUpdateKind::kPeriodicSnapshot;
  const std::int64_t before = is_periodic ? update.sequence : update.sequence - 1;
  const auto first_behind =
      std::lower_bound(held_.begin(), held_.end(), update.sequence + 1, IsBefore);
  const std::int64_t held_before = std::count_if(
      held_.begin(), first_behind, [&](const BookUpdate& held) { return held.sequence <= before; });
  if (last_sequence_ != 0 && before - last_sequence_ > held_before) ++counters_.holes;
  held_.erase(held_.begin(), first_behind);

  const bool was_trusted = doubt_ == Doubt::kNone && update.sequence == last_sequence_;
  // The hash is that of these levels: whoever has them has it.
  const bool is_equal = book_.levels().HasLevels(BookSide::kBid, update.bids) &&
                        book_.levels().HasLevels(BookSide::kAsk, update.asks);
  if (was_trusted && !is_equal) ++counters_.hash_mismatches;
  last_sequence_ = snapshot_sequence_ = update.sequence;
  book_sequence_ = update.sequence;
  book_time_ = update.time;
  if (was_trusted && is_equal) return;
  EVX_CHECK(book_.Reset(update.bids, update.asks, update.event_time).ok());
  doubt_ = Doubt::kNone;
  if (listener == nullptr) return;
  listener->OnReset(now_);
  if (!held_.empty()) listener->OnDoubt(Doubt::kWaiting, now_);
}

void MarketFold::SetDoubt(Doubt doubt, FoldListener* listener) {
  if (doubt_ != Doubt::kNone) return;  // The first cause is the one that is told.
  doubt_ = doubt;
  if (listener != nullptr) listener->OnDoubt(doubt, now_);
}

// --- Checkpoint ---------------------------------------------------------------------------------

void MarketFold::Encode(ByteWriter& writer) const {
  book_.Encode(writer);
  writer.I64(book_sequence_);
  writer.Put(book_time_);
  writer.I64(last_sequence_);
  writer.I64(snapshot_sequence_);
  writer.U8(static_cast<std::uint8_t>(doubt_));
  writer.U8(static_cast<std::uint8_t>(held_.size()));
  for (const BookUpdate& held : held_) held.Encode(writer);
  counters_.Encode(writer);
}

void MarketFold::Decode(ByteReader& reader) {
  book_.Decode(reader);
  book_sequence_ = reader.I64();
  reader.Get(book_time_);
  last_sequence_ = reader.I64();
  snapshot_sequence_ = reader.I64();
  doubt_ = reader.Enum(kDoubtLast);
  if (doubt_ == Doubt::kWaiting) return reader.Fail();
  const std::uint8_t held_count = reader.U8();
  if (held_count >= kHeldCountMax) return reader.Fail();
  held_.resize(held_count);
  std::int64_t before = last_sequence_ + 1;
  for (BookUpdate& held : held_) {
    held.Decode(reader);
    if (held.sequence <= before || held.is_snapshot()) return reader.Fail();
    before = held.sequence;
  }
  counters_.Decode(reader);
}

}  // namespace evx::order_book_rebuilder
