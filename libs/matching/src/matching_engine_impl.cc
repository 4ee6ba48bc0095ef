#include "matching_engine_impl.h"

#include <algorithm>

#include "evx/core/check.h"

namespace evx::matching {
namespace {

bool IsQuantityInRange(Quantity quantity) {
  return quantity > Quantity() && quantity <= kQuantityMax;
}

// `condition ? a : b` without a branch, for conditions that no processor predicts.
template <class T>
T* Select(bool condition, T* a, T* b) {
  const std::uintptr_t mask = -static_cast<std::uintptr_t>(condition);
  return reinterpret_cast<T*>((reinterpret_cast<std::uintptr_t>(a) & mask) |
                              (reinterpret_cast<std::uintptr_t>(b) & ~mask));
}

OrderNode NodeOf(const CreateOrder& command, Quantity remaining) {
  return {.remaining = static_cast<std::uint64_t>(remaining.centis()),
          .tick = command.tick,
          .side = static_cast<std::uint64_t>(command.side),
          .self_trade_prevention = static_cast<std::uint64_t>(command.self_trade_prevention),
          .post_only = command.post_only,
          .has_expiration = false,
          .order_id = command.order_id.value(),
          .next = kNoSlot,
          .previous = kNoSlot,
          .owner = command.owner.value(),
          .page = 0};
}

PageSize PageSizeOf(const MatchingEngine::Options& options) {
  return options.huge_pages ? PageSize::kHuge : PageSize::kSmall;
}

}  // namespace

MatchingEngine::Impl::Impl(Options options)
    : options_(options),
      pool_(options.order_count_max, PageSizeOf(options)),
      index_(pool_, PageSizeOf(options)),
      ladders_(options.order_count_max, PageSizeOf(options)),
      books_(options.book_count_max, PageSizeOf(options)),
      steps_(options.order_count_max, PageSize::kSmall) {
  EVX_CHECK(options.book_count_max >= 1 && options.book_count_max <= kBookCountLimit);
  EVX_CHECK(options.order_count_max >= 1 && options.order_count_max <= kOrderCountLimit);
}

BookIndex MatchingEngine::Impl::AddBook(std::uint32_t tick_count) {
  EVX_CHECK(book_count_ < options_.book_count_max);
  const BookIndex book_index(book_count_++);
  ResizeBook(book_index, tick_count);
  return book_index;
}

void MatchingEngine::Impl::ResizeBook(BookIndex book_index, std::uint32_t tick_count) {
  EVX_CHECK(tick_count >= kTickCountMin && tick_count <= kTickCountMax);
  Book& book = BookAt(book_index);
  EVX_CHECK(book.ladder.root.occupied == 0);
  book.best = {kNoLevelBelow, kNoLevelAbove};
  book.tick_count = tick_count;
  LadderPool::Init(book.ladder, book_index.value(), tick_count);
}

std::optional<RejectReason> MatchingEngine::Impl::CheckAttributes(const CreateOrder& command) {
  const bool immediate = command.time_in_force != TimeInForce::kGoodTillCanceled;
  if (immediate && command.expiration) return RejectReason::kExpirationNotAllowed;
  if (immediate && command.post_only) return RejectReason::kPostOnlyNotAllowed;
  if (command.reduce_only) {
    if (command.time_in_force != TimeInForce::kImmediateOrCancel) {
      return RejectReason::kReduceOnlyNotImmediate;
    }
    if (command.reducible <= Quantity()) return RejectReason::kNothingToReduce;
  }
  return std::nullopt;
}

[[gnu::always_inline]] inline std::optional<RejectReason> MatchingEngine::Impl::CheckCreate(
    const CreateOrder& command, const OrderIndex::Place& place) const {
  if (command.book.value() >= book_count_) return RejectReason::kUnknownBook;
  if (command.tick >= books_[command.book.value()].tick_count) return RejectReason::kTickOutOfRange;
  if (!IsQuantityInRange(command.quantity)) return RejectReason::kQuantityOutOfRange;
  if (place.slot != kNoSlot) return RejectReason::kDuplicateOrderId;
  return CheckAttributes(command);
}

// One result variable on every path, which the compiler then builds in the caller's place: a copy
// would wait for the stores it reads.
Execution MatchingEngine::Impl::Apply(const CreateOrder& command) {
  Execution execution;
  const OrderIndex::Place place = index_.Find(command.order_id.value());
  if (auto reject = CheckCreate(command, place)) [[unlikely]] {
    execution.reject = reject;
    return execution;
  }
  Book& book = books_[command.book.value()];
  if (command.time_in_force != TimeInForce::kGoodTillCanceled ||
      pool_.size() >= options_.order_count_max || Crosses(book, command.side, command.tick)) {
    CreateSlow(command, execution);
    return execution;
  }
  const OrderSlot slot = pool_.Allocate();
  index_.Insert(command.order_id.value(), slot);
  Append(book, slot, NodeOf(command, command.quantity));
  if (command.expiration) SetExpiration(slot, command.expiration);
  execution.outcome = OrderOutcome::kResting;
  execution.slot = slot;
  execution.remaining = command.quantity;
  return execution;
}

void MatchingEngine::Impl::CreateSlow(const CreateOrder& command, Execution& execution) {
  Book& book = books_[command.book.value()];
  const Taker taker{.side = command.side,
                    .self_trade_prevention = command.self_trade_prevention,
                    .owner = command.owner.value(),
                    .tick = command.tick,
                    .quantity = command.reduce_only ? std::min(command.quantity.centis(),
                                                               command.reducible.centis())
                                                    : command.quantity.centis()};
  const bool may_rest = command.time_in_force == TimeInForce::kGoodTillCanceled;
  if (command.post_only && Crosses(book, taker.side, taker.tick)) {
    execution.reject = RejectReason::kPostOnlyWouldCross;
    return;
  }
  if (command.time_in_force == TimeInForce::kFillOrKill &&
      !HasVolume(book, taker.side, taker.tick, taker.quantity)) {
    execution.reject = RejectReason::kFillOrKillInsufficientVolume;
    return;
  }
  if (may_rest && pool_.size() >= options_.order_count_max) {
    execution.reject = RejectReason::kOrderCountAtMax;
    return;
  }
  if (!may_rest) {
    Match(book, taker, execution);
    return;
  }
  // Taken before matching, so that the order cannot get the slot of an order it removes.
  const OrderSlot slot = pool_.Allocate();
  Match(book, taker, execution);
  if (execution.outcome != OrderOutcome::kCanceled) {
    pool_.Free(slot);
    return;
  }
  index_.Insert(command.order_id.value(), slot);
  Append(book, slot, NodeOf(command, execution.remaining));
  if (command.expiration) SetExpiration(slot, command.expiration);
  execution.outcome = OrderOutcome::kResting;
  execution.slot = slot;
}

bool MatchingEngine::Impl::HasVolume(const Book& book, BookSide side, Tick tick,
                                     std::int64_t wanted) const {
  const BookSide opposite = Opposite(side);
  for (LevelPlace place = book.best_of(opposite); Rank(side, place.tick) <= Rank(side, tick);
       place = NextLevel(opposite, place)) {
    wanted -= ladders_.LevelAt(place).quantity;
    if (wanted <= 0) return true;
  }
  return false;
}

void MatchingEngine::Impl::Match(Book& book, const Taker& taker, Execution& execution) {
  Progress progress{
      .step = steps_.data(), .remaining = taker.quantity, .self_trade_canceled = false};
  while (progress.remaining > 0 && !progress.self_trade_canceled &&
         Crosses(book, taker.side, taker.tick)) {
    MatchLevel(book, taker, progress);
  }
  execution.outcome = progress.self_trade_canceled ? OrderOutcome::kSelfTradeCanceled
                      : progress.remaining == 0    ? OrderOutcome::kFilled
                                                   : OrderOutcome::kCanceled;
  execution.filled = Quantity::FromCentis(taker.quantity - progress.remaining);
  execution.remaining = Quantity::FromCentis(progress.remaining);
  execution.steps = {steps_.data(), progress.step};
}

[[gnu::always_inline]] inline void MatchingEngine::Impl::MatchLevel(Book& book, const Taker& taker,
                                                                    Progress& progress) {
  const BookSide maker_side = Opposite(taker.side);
  const LevelPlace place = book.best_of(maker_side);
  PriceLevel& level = ladders_.LevelAt(place);
  OrderSlot slot = level.first;
  do {
    OrderNode& maker = pool_[slot];
    const auto available = static_cast<std::int64_t>(maker.remaining);
    const bool own = maker.owner == taker.owner && taker.owner != 0;
    if (own && taker.self_trade_prevention == SelfTradePrevention::kTakerAtCross) [[unlikely]] {
      progress.self_trade_canceled = true;
      return;
    }
    const std::int64_t quantity = own ? available : std::min(available, progress.remaining);
    const std::int64_t left = available - quantity;
    *progress.step++ = {.maker_order_id = OrderId(maker.order_id),
                        .maker_owner = OwnerId(maker.owner),
                        .maker_slot = slot,
                        .tick = static_cast<Tick>(place.tick),
                        .quantity = Quantity::FromCentis(quantity),
                        .maker_remaining = Quantity::FromCentis(left),
                        .kind = own ? MatchStep::Kind::kMakerCanceled : MatchStep::Kind::kFill};
    if (!own) progress.remaining -= quantity;
    level.quantity -= quantity;
    if (left > 0) {
      maker.remaining = static_cast<std::uint64_t>(left);
      return;
    }
    const OrderSlot next = maker.next;
    ClearExpiration(slot);
    index_.Erase(index_.Find(maker.order_id));
    pool_.Free(slot);
    if (--level.order_count == 0) {
      Vacate(place, maker_side);
      return;
    }
    level.first = slot = next;
  } while (progress.remaining > 0);
}

std::optional<RejectReason> MatchingEngine::Impl::CheckAmend(const AmendOrder& command,
                                                             OrderSlot slot) const {
  // The ticks of an unknown order's book are unknown too.
  const std::uint32_t tick_count = slot == kNoSlot ? kTickCountMax : BookOf(pool_[slot]).tick_count;
  if (command.tick >= tick_count) return RejectReason::kTickOutOfRange;
  if (!IsQuantityInRange(command.remaining)) return RejectReason::kQuantityOutOfRange;
  if (slot == kNoSlot) return RejectReason::kUnknownOrder;
  const OrderNode& node = pool_[slot];
  const Book& book = BookOf(node);
  const auto side = static_cast<BookSide>(node.side);
  if (!Crosses(book, side, command.tick)) return std::nullopt;
  if (node.post_only) return RejectReason::kPostOnlyWouldCross;
  const Taker taker{.side = side,
                    .self_trade_prevention = SelfTradePrevention::kTakerAtCross,
                    .owner = node.owner,
                    .tick = command.tick,
                    .quantity = command.remaining.centis()};
  if (WouldMeetOwnOrder(book, taker)) return RejectReason::kSelfCross;
  return std::nullopt;
}

std::optional<RejectReason> MatchingEngine::Impl::Check(const AmendOrder& command) const {
  return CheckAmend(command, index_.Find(command.order_id.value()).slot);
}

Execution MatchingEngine::Impl::Apply(const AmendOrder& command) {
  Execution execution;
  const OrderIndex::Place place = index_.Find(command.order_id.value());
  const OrderSlot slot = place.slot;
  execution.reject = CheckAmend(command, slot);
  if (execution.reject) return execution;

  execution.slot = slot;
  OrderNode& node = pool_[slot];
  Book& book = BookOf(node);
  const std::int64_t quantity = command.remaining.centis();
  const auto resting = static_cast<std::int64_t>(node.remaining);
  ClearExpiration(slot);
  if (command.tick == node.tick && quantity <= resting) {
    LevelOf(node).quantity -= resting - quantity;
    node.remaining = static_cast<std::uint64_t>(quantity);
    execution.kept_priority = true;
    execution.remaining = command.remaining;
  } else {
    Unlink(slot);
    Match(book,
          {.side = static_cast<BookSide>(node.side),
           .self_trade_prevention = SelfTradePrevention::kTakerAtCross,
           .owner = node.owner,
           .tick = command.tick,
           .quantity = quantity},
          execution);
    if (execution.outcome == OrderOutcome::kFilled) {
      index_.Erase(index_.Find(command.order_id.value()));
      pool_.Free(slot);
      return execution;
    }
    OrderNode moved = node;
    moved.tick = command.tick;
    moved.remaining = static_cast<std::uint64_t>(execution.remaining.centis());
    Append(book, slot, moved);
  }
  if (command.expiration) SetExpiration(slot, command.expiration);
  execution.outcome = OrderOutcome::kResting;
  return execution;
}

bool MatchingEngine::Impl::WouldMeetOwnOrder(const Book& book, const Taker& taker) const {
  if (taker.owner == 0) return false;
  const BookSide maker_side = Opposite(taker.side);
  std::int64_t remaining = taker.quantity;
  for (LevelPlace place = book.best_of(maker_side);
       Rank(taker.side, place.tick) <= Rank(taker.side, taker.tick);
       place = NextLevel(maker_side, place)) {
    const PriceLevel& level = ladders_.LevelAt(place);
    for (OrderSlot slot = level.first;; slot = pool_[slot].next) {
      if (pool_[slot].owner == taker.owner) return true;
      remaining -= static_cast<std::int64_t>(pool_[slot].remaining);
      if (remaining <= 0) return false;
      if (slot == level.last) break;
    }
  }
  return false;
}

Reduction MatchingEngine::Impl::Apply(const CancelOrder& command) {
  Reduction reduction;
  reduction.order_id = command.order_id;
  const OrderIndex::Place place = index_.Find(command.order_id.value());
  if (place.slot == kNoSlot) [[unlikely]] {
    reduction.reject = RejectReason::kUnknownOrder;
    return reduction;
  }
  reduction.slot = place.slot;
  reduction.reduced_by =
      Quantity::FromCentis(static_cast<std::int64_t>(pool_[place.slot].remaining));
  Unlink(place.slot);
  ClearExpiration(place.slot);
  index_.Erase(place);
  pool_.Free(place.slot);
  return reduction;
}

Reduction MatchingEngine::Impl::Apply(const DecreaseOrder& command) {
  Reduction reduction;
  reduction.order_id = command.order_id;
  const OrderSlot slot = index_.Find(command.order_id.value()).slot;
  const std::int64_t resting = slot == kNoSlot ? kQuantityMax.centis() + 1
                                               : static_cast<std::int64_t>(pool_[slot].remaining);
  const std::int64_t remaining = command.remaining.centis();
  if (remaining <= 0 || remaining >= resting) {
    reduction.reject = RejectReason::kQuantityOutOfRange;
    return reduction;
  }
  if (slot == kNoSlot) {
    reduction.reject = RejectReason::kUnknownOrder;
    return reduction;
  }
  OrderNode& node = pool_[slot];
  LevelOf(node).quantity -= resting - remaining;
  node.remaining = static_cast<std::uint64_t>(remaining);
  reduction.slot = slot;
  reduction.reduced_by = Quantity::FromCentis(resting - remaining);
  reduction.remaining = command.remaining;
  return reduction;
}

std::span<const Reduction> MatchingEngine::Impl::ExpireOrders(Timestamp now) {
  expired_.clear();
  while (const ExpiryQueue::Entry* due = expiries_.FirstDue(now)) {
    const OrderSlot slot = due->slot;
    Reduction& reduction = expired_.emplace_back();
    reduction.order_id = due->order_id;
    reduction.slot = slot;
    reduction.reduced_by = Quantity::FromCentis(static_cast<std::int64_t>(pool_[slot].remaining));
    Unlink(slot);
    ClearExpiration(slot);
    index_.Erase(index_.Find(pool_[slot].order_id));
    pool_.Free(slot);
  }
  return expired_;
}

OrderSlot MatchingEngine::Impl::Restore(const RestingOrder& order) {
  Book& book = BookAt(order.book);
  EVX_CHECK(order.tick < book.tick_count);
  EVX_CHECK(IsQuantityInRange(order.remaining));
  EVX_CHECK(!Crosses(book, order.side, order.tick));
  EVX_CHECK(pool_.size() < options_.order_count_max);
  const OrderIndex::Place place = index_.Find(order.order_id.value());
  EVX_CHECK(place.slot == kNoSlot);
  const OrderSlot slot = pool_.Allocate();
  index_.Insert(order.order_id.value(), slot);
  Append(book, slot,
         {.remaining = static_cast<std::uint64_t>(order.remaining.centis()),
          .tick = order.tick,
          .side = static_cast<std::uint64_t>(order.side),
          .self_trade_prevention = static_cast<std::uint64_t>(order.self_trade_prevention),
          .post_only = order.post_only,
          .has_expiration = false,
          .order_id = order.order_id.value(),
          .next = kNoSlot,
          .previous = kNoSlot,
          .owner = order.owner.value(),
          .page = 0});
  if (order.expiration) SetExpiration(slot, order.expiration);
  return slot;
}

[[gnu::always_inline]] inline void MatchingEngine::Impl::Append(Book& book, OrderSlot slot,
                                                                OrderNode node) {
  const auto tick = static_cast<Tick>(node.tick);
  const auto quantity = static_cast<std::int64_t>(node.remaining);
  node.page = ladders_.MakePageOf(book.ladder, tick);
  LevelPage& page = ladders_.PageAt(node.page);
  PriceLevel& level = page.levels[IndexInPage(tick)];
  const std::uint64_t bit = std::uint64_t{1} << IndexInPage(tick);
  if ((page.occupied & bit) != 0) {
    pool_[level.last].next = slot;
    node.previous = level.last;
    pool_[slot] = node;
    level.last = slot;
    level.quantity += quantity;
    ++level.order_count;
    return;
  }
  pool_[slot] = node;
  page.occupied |= bit;
  level = {.first = slot, .last = slot, .quantity = quantity, .order_count = 1};
  const auto side = static_cast<BookSide>(node.side);
  LevelPlace& best = book.best_of(side);
  if (Rank(side, tick) > Rank(side, best.tick)) {
    best = {static_cast<std::int32_t>(tick), node.page};
  }
}

[[gnu::always_inline]] inline void MatchingEngine::Impl::Unlink(OrderSlot slot) {
  OrderNode& node = pool_[slot];
  const auto tick = static_cast<Tick>(node.tick);
  LevelPage& page = ladders_.PageAt(node.page);
  PriceLevel& level = page.levels[IndexInPage(tick)];
  level.quantity -= static_cast<std::int64_t>(node.remaining);
  if (--level.order_count == 0) {
    Vacate({static_cast<std::int32_t>(tick), node.page}, static_cast<BookSide>(node.side));
    return;
  }
  OrderSlot* const to_next = Select(level.first == slot, &level.first, &pool_[node.previous].next);
  OrderSlot* const to_previous =
      Select(level.last == slot, &level.last, &pool_[node.next].previous);
  *to_next = node.next;
  *to_previous = node.previous;
}

[[gnu::always_inline]] inline void MatchingEngine::Impl::Vacate(LevelPlace place, BookSide side) {
  LevelPage& page = ladders_.PageAt(place.page);
  page.occupied &= ~(std::uint64_t{1} << IndexInPage(static_cast<Tick>(place.tick)));
  LevelPlace& best = books_[page.book].best_of(side);
  if (best.tick == place.tick) best = NextLevel(side, place);
  if (page.occupied == 0) ladders_.RemovePage(place);
}

void MatchingEngine::Impl::SetExpiration(OrderSlot slot, Timestamp expiration) {
  pool_[slot].has_expiration = true;
  pool_.set_expiration(slot, expiration);
  expiries_.Add({expiration, OrderId(pool_[slot].order_id), slot});
}

void MatchingEngine::Impl::RemoveExpiration(OrderSlot slot) {
  OrderNode& node = pool_[slot];
  expiries_.Remove({pool_.expiration(slot), OrderId(node.order_id), slot});
  node.has_expiration = false;
}

Book& MatchingEngine::Impl::BookAt(BookIndex book_index) const {
  EVX_CHECK(book_index.value() < book_count_);
  return books_[book_index.value()];
}

RestingOrder MatchingEngine::Impl::Describe(OrderSlot slot) const {
  const OrderNode& node = pool_[slot];
  return {.order_id = OrderId(node.order_id),
          .book = BookIndex(ladders_.PageAt(node.page).book),
          .owner = OwnerId(node.owner),
          .side = static_cast<BookSide>(node.side),
          .self_trade_prevention = static_cast<SelfTradePrevention>(node.self_trade_prevention),
          .post_only = node.post_only != 0,
          .tick = static_cast<Tick>(node.tick),
          .remaining = Quantity::FromCentis(static_cast<std::int64_t>(node.remaining)),
          .expiration = node.has_expiration ? pool_.expiration(slot) : Timestamp(),
          .slot = slot};
}

std::optional<RestingOrder> MatchingEngine::Impl::Find(OrderId order_id) const {
  const OrderSlot slot = index_.Find(order_id.value()).slot;
  if (slot == kNoSlot) return std::nullopt;
  return Describe(slot);
}

std::optional<Quantity> MatchingEngine::Impl::QueuePosition(OrderId order_id) const {
  const OrderSlot wanted = index_.Find(order_id.value()).slot;
  if (wanted == kNoSlot) return std::nullopt;
  const OrderNode& node = pool_[wanted];
  const PriceLevel& level = LevelOf(node);
  std::int64_t ahead = 0;
  for (OrderSlot slot = level.first; slot != wanted; slot = pool_[slot].next) {
    ahead += static_cast<std::int64_t>(pool_[slot].remaining);
  }
  return Quantity::FromCentis(ahead);
}

std::optional<Tick> MatchingEngine::Impl::BestTick(BookIndex book_index, BookSide side) const {
  const LevelPlace best = BookAt(book_index).best_of(side);
  if (!IsLevel(best)) return std::nullopt;
  return static_cast<Tick>(best.tick);
}

Quantity MatchingEngine::Impl::QuantityAt(BookIndex book_index, BookSide side, Tick tick) const {
  const Book& book = BookAt(book_index);
  // What is better than the best of this side belongs to the other side.
  if (tick >= book.tick_count || Rank(side, tick) > Rank(side, book.best_of(side).tick)) {
    return Quantity();
  }
  const PriceLevel* level = ladders_.FindLevel(book.ladder, tick);
  return level == nullptr ? Quantity() : Quantity::FromCentis(level->quantity);
}

void MatchingEngine::Impl::VisitLevels(BookIndex book_index, BookSide side,
                                       absl::FunctionRef<bool(const DepthLevel&)> visit) const {
  for (LevelPlace place = BookAt(book_index).best_of(side); IsLevel(place);
       place = NextLevel(side, place)) {
    const PriceLevel& level = ladders_.LevelAt(place);
    const DepthLevel depth{static_cast<Tick>(place.tick), Quantity::FromCentis(level.quantity),
                           level.order_count};
    if (!visit(depth)) return;
  }
}

void MatchingEngine::Impl::VisitOrders(BookIndex book_index, BookSide side,
                                       absl::FunctionRef<void(const RestingOrder&)> visit) const {
  for (LevelPlace place = BookAt(book_index).best_of(side); IsLevel(place);
       place = NextLevel(side, place)) {
    const PriceLevel& level = ladders_.LevelAt(place);
    for (OrderSlot slot = level.first;; slot = pool_[slot].next) {
      visit(Describe(slot));
      if (slot == level.last) break;
    }
  }
}

std::size_t MatchingEngine::Impl::memory_bytes() const {
  return pool_.memory_bytes() + index_.memory_bytes() + ladders_.memory_bytes() +
         book_count_ * sizeof(Book) + expiries_.memory_bytes() +
         expired_.capacity() * sizeof(Reduction);
}

}  // namespace evx::matching
