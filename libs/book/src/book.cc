#include "evx/book/book.h"

#include <algorithm>
#include <bit>
#include <string>

#include "absl/strings/str_format.h"
#include "evx/core/decimal.h"
#include "evx/core/status.h"

namespace evx::book {
namespace {

constexpr std::uint32_t kDollarTicks = Price::kDollarMicros / Price::kGranularityMicros;
constexpr std::uint32_t kWordBits = 64;
constexpr BookSide kSides[] = {BookSide::kBid, BookSide::kAsk};

std::uint32_t TicksOf(Price price) {
  return static_cast<std::uint32_t>(price.micros() / Price::kGranularityMicros);
}

bool IsLevelPrice(std::uint32_t ticks) { return ticks > 0 && ticks < kDollarTicks; }

// A division by a constant in each case: several times faster than by a variable.
std::uint32_t StepOf(std::uint32_t ticks, std::uint32_t step_ticks) {
  switch (step_ticks) {
    case 100:
      return ticks / 100;
    case 10:
      return ticks / 10;
    default:
      return ticks;
  }
}

absl::Status LevelError(BookSide side, const Level& level, std::string_view what) {
  return InvalidArgument(absl::StrFormat(
      "%s level at %d micro-dollars with %d hundredths: %s", side == BookSide::kBid ? "bid" : "ask",
      level.price.micros(), level.quantity.centis(), std::string(what)));
}

}  // namespace

// --- Table --------------------------------------------------------------------------------------

std::size_t Book::WordCount() const { return (place_count_ + kWordBits - 1) / kWordBits; }

std::uint64_t* Book::BitsOf(BookSide side) { return table_.data() + Index(side) * WordCount(); }
const std::uint64_t* Book::BitsOf(BookSide side) const {
  return table_.data() + Index(side) * WordCount();
}

std::uint64_t* Book::QuantitiesOf(BookSide side) {
  return table_.data() + 2 * WordCount() + Index(side) * place_count_;
}
const std::uint64_t* Book::QuantitiesOf(BookSide side) const {
  return table_.data() + 2 * WordCount() + Index(side) * place_count_;
}

std::optional<std::uint32_t> Book::PlaceOf(BookSide side, std::uint32_t ticks) const {
  const std::uint32_t step = StepOf(ticks, step_ticks_);
  if (place_count_ == 0 || step * step_ticks_ != ticks) return std::nullopt;
  return side == BookSide::kBid ? place_count_ - 1 - step : step;
}

std::uint32_t Book::NextPlace(BookSide side, std::uint32_t place) const {
  const std::uint64_t* const words = BitsOf(side);
  const std::size_t word_count = WordCount();
  std::size_t word = place / kWordBits;
  if (word >= word_count) return place_count_;
  std::uint64_t bits = words[word] & (~std::uint64_t{0} << (place % kWordBits));
  while (bits == 0) {
    if (++word == word_count) return place_count_;
    bits = words[word];
  }
  return static_cast<std::uint32_t>(word) * kWordBits +
         static_cast<std::uint32_t>(std::countr_zero(bits));
}

Level Book::LevelAt(BookSide side, std::uint32_t place) const {
  const std::uint32_t step = side == BookSide::kBid ? place_count_ - 1 - place : place;
  return {Price::FromMicros(std::int64_t{step} * step_ticks_ * Price::kGranularityMicros),
          Quantity::FromCentis(static_cast<std::int64_t>(QuantitiesOf(side)[place]))};
}

void Book::Refine(std::uint32_t ticks) {
  std::vector<Level> levels[2];
  for (const BookSide side : kSides) AppendLevels(side, place_count_, levels[Index(side)]);
  while (ticks % step_ticks_ != 0) step_ticks_ /= 10;
  place_count_ = kDollarTicks / step_ticks_;
  table_.assign(2 * (WordCount() + place_count_), 0);
  for (const BookSide side : kSides) {
    level_counts_[Index(side)] = 0;
    best_places_[Index(side)] = place_count_;
    for (const Level& level : levels[Index(side)]) Set(side, level.price, level.quantity);
  }
}

// --- Changes ------------------------------------------------------------------------------------

void Book::Store(BookSide side, std::uint32_t place, std::int64_t quantity) {
  std::uint64_t& stored = QuantitiesOf(side)[place];
  const bool was_there = stored != 0;
  stored = static_cast<std::uint64_t>(quantity);
  if (was_there == (quantity != 0)) return;
  std::uint32_t& best = best_places_[Index(side)];
  const std::uint64_t bit = std::uint64_t{1} << (place % kWordBits);
  if (was_there) {
    BitsOf(side)[place / kWordBits] &= ~bit;
    --level_counts_[Index(side)];
    if (place == best) best = NextPlace(side, place);
  } else {
    BitsOf(side)[place / kWordBits] |= bit;
    ++level_counts_[Index(side)];
    best = std::min(best, place);
  }
}

ApplyResult Book::Apply(BookSide side, Price price, Quantity change) {
  const std::uint32_t ticks = TicksOf(price);
  if (!IsLevelPrice(ticks)) return ApplyResult::kBadPrice;
  if (change.is_zero()) return ApplyResult::kUnchanged;
  if (change > kQuantityMax || change < -kQuantityMax) return ApplyResult::kBadQuantity;
  const std::optional<std::uint32_t> place = PlaceOf(side, ticks);
  if (!place) return Set(side, price, change);
  const std::int64_t quantity =
      static_cast<std::int64_t>(QuantitiesOf(side)[*place]) + change.centis();
  if (quantity < 0 || quantity > kQuantityMax.centis()) return ApplyResult::kBadQuantity;
  Store(side, *place, quantity);
  return ApplyResult::kApplied;
}

ApplyResult Book::Set(BookSide side, Price price, Quantity quantity) {
  const std::uint32_t ticks = TicksOf(price);
  if (!IsLevelPrice(ticks)) return ApplyResult::kBadPrice;
  if (quantity < Quantity() || quantity > kQuantityMax) return ApplyResult::kBadQuantity;
  std::optional<std::uint32_t> place = PlaceOf(side, ticks);
  if (!place) {
    if (quantity.is_zero()) return ApplyResult::kUnchanged;
    Refine(ticks);
    place = PlaceOf(side, ticks);
  }
  if (static_cast<std::int64_t>(QuantitiesOf(side)[*place]) == quantity.centis()) {
    return ApplyResult::kUnchanged;
  }
  Store(side, *place, quantity.centis());
  return ApplyResult::kApplied;
}

void Book::Prefetch(BookSide side, Price price) const {
  if (const std::optional<std::uint32_t> place = PlaceOf(side, TicksOf(price))) {
    __builtin_prefetch(QuantitiesOf(side) + *place, 1);
    __builtin_prefetch(BitsOf(side) + *place / kWordBits, 1);
  }
}

void Book::Clear() {
  std::fill(table_.begin(), table_.end(), 0);
  for (const BookSide side : kSides) {
    level_counts_[Index(side)] = 0;
    best_places_[Index(side)] = place_count_;
  }
}

absl::Status Book::Reset(std::span<const Level> bids, std::span<const Level> asks) {
  Book replaced;
  for (const BookSide side : kSides) {
    for (const Level& level : side == BookSide::kBid ? bids : asks) {
      if (level.quantity.is_zero()) return LevelError(side, level, "a level holds more than 0");
      switch (replaced.Apply(side, level.price, level.quantity)) {
        case ApplyResult::kApplied:
          break;
        case ApplyResult::kBadPrice:
          return LevelError(side, level, "the price of a level is above $0 and below $1");
        case ApplyResult::kUnchanged:
        case ApplyResult::kBadQuantity:
          return LevelError(side, level, "a level holds 1 to 10^18 hundredths");
      }
      if (replaced.QuantityAt(side, level.price) != level.quantity) {
        return LevelError(side, level, "the price comes twice");
      }
    }
  }
  *this = std::move(replaced);
  return absl::OkStatus();
}

// --- Reads --------------------------------------------------------------------------------------

Quantity Book::QuantityAt(BookSide side, Price price) const {
  const std::optional<std::uint32_t> place = PlaceOf(side, TicksOf(price));
  if (!place || *place >= place_count_) return Quantity();
  return Quantity::FromCentis(static_cast<std::int64_t>(QuantitiesOf(side)[*place]));
}

std::optional<Level> Book::Best(BookSide side) const {
  if (level_counts_[Index(side)] == 0) return std::nullopt;
  return LevelAt(side, best_places_[Index(side)]);
}

bool Book::is_crossed() const {
  const std::optional<Level> bid = Best(BookSide::kBid);
  const std::optional<Level> ask = Best(BookSide::kAsk);
  return bid && ask && bid->price >= ask->price;
}

bool Book::HasLevels(BookSide side, std::span<const Level> levels) const {
  if (levels.size() != level_counts_[Index(side)]) return false;
  std::uint32_t place = best_places_[Index(side)];
  for (const Level& level : levels) {
    if (LevelAt(side, place) != level) return false;
    place = NextPlace(side, place + 1);
  }
  return true;
}

void Book::AppendLevels(BookSide side, std::size_t count_max, std::vector<Level>& out) const {
  if (level_counts_[Index(side)] == 0) return;
  std::size_t count = std::min<std::size_t>(count_max, level_counts_[Index(side)]);
  out.reserve(out.size() + count);
  for (std::uint32_t place = best_places_[Index(side)]; count > 0;
       place = NextPlace(side, place + 1), --count) {
    out.push_back(LevelAt(side, place));
  }
}

bool operator==(const Book& a, const Book& b) {
  for (const BookSide side : kSides) {
    std::vector<Level> levels;
    a.AppendLevels(side, a.level_count(side), levels);
    if (!b.HasLevels(side, levels)) return false;
  }
  return true;
}

}  // namespace evx::book
