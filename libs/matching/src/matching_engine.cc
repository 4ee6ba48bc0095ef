#include "evx/matching/matching_engine.h"

#include "matching_engine_impl.h"

namespace evx::matching {

MatchingEngine::MatchingEngine(Options options) : impl_(std::make_unique<Impl>(options)) {}
MatchingEngine::~MatchingEngine() = default;

BookIndex MatchingEngine::AddBook(std::uint32_t tick_count) { return impl_->AddBook(tick_count); }
void MatchingEngine::ResizeBook(BookIndex book, std::uint32_t tick_count) {
  impl_->ResizeBook(book, tick_count);
}

Execution MatchingEngine::Apply(const CreateOrder& command) { return impl_->Apply(command); }
Execution MatchingEngine::Apply(const AmendOrder& command) { return impl_->Apply(command); }
Reduction MatchingEngine::Apply(const CancelOrder& command) { return impl_->Apply(command); }
Reduction MatchingEngine::Apply(const DecreaseOrder& command) { return impl_->Apply(command); }
std::optional<RejectReason> MatchingEngine::Check(const AmendOrder& command) const {
  return impl_->Check(command);
}
std::span<const Reduction> MatchingEngine::ExpireOrders(Timestamp now) {
  return impl_->ExpireOrders(now);
}
std::optional<Timestamp> MatchingEngine::NextExpiration() const { return impl_->NextExpiration(); }
OrderSlot MatchingEngine::Restore(const RestingOrder& order) { return impl_->Restore(order); }

std::optional<RestingOrder> MatchingEngine::Find(OrderId order_id) const {
  return impl_->Find(order_id);
}
void MatchingEngine::PrefetchLevel(OrderSlot slot) const { impl_->PrefetchLevel(slot); }
void MatchingEngine::PrefetchBook(BookIndex book) const { impl_->PrefetchBook(book); }
void MatchingEngine::PrefetchBest(BookIndex book, BookSide side) const {
  impl_->PrefetchBest(book, side);
}
void MatchingEngine::PrefetchPlace(OrderId order_id) const { impl_->PrefetchPlace(order_id); }
OrderSlot MatchingEngine::PrefetchOrder(OrderId order_id) const {
  return impl_->PrefetchOrder(order_id);
}
std::optional<Quantity> MatchingEngine::QueuePosition(OrderId order_id) const {
  return impl_->QueuePosition(order_id);
}
std::optional<Tick> MatchingEngine::BestTick(BookIndex book, BookSide side) const {
  return impl_->BestTick(book, side);
}
Quantity MatchingEngine::QuantityAt(BookIndex book, BookSide side, Tick tick) const {
  return impl_->QuantityAt(book, side, tick);
}
void MatchingEngine::VisitLevels(BookIndex book, BookSide side,
                                 absl::FunctionRef<bool(const DepthLevel&)> visit) const {
  impl_->VisitLevels(book, side, visit);
}
void MatchingEngine::VisitOrders(BookIndex book, BookSide side,
                                 absl::FunctionRef<void(const RestingOrder&)> visit) const {
  impl_->VisitOrders(book, side, visit);
}

std::uint32_t MatchingEngine::book_count() const { return impl_->book_count(); }
std::uint32_t MatchingEngine::order_count() const { return impl_->order_count(); }
OrderSlot MatchingEngine::slot_capacity() const { return impl_->slot_capacity(); }
std::size_t MatchingEngine::memory_bytes() const { return impl_->memory_bytes(); }

}  // namespace evx::matching
