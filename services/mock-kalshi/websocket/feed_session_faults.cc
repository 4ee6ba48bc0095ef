#include <atomic>
#include <utility>

#include "evx/core/check.h"
#include "websocket/feed_session.h"

// Frames that are held, lost, sent twice or misnumbered because an operator wants it so.

namespace evx::mock_kalshi {

std::uint64_t FeedSession::NextFaultConnection() {
  static std::atomic<std::uint64_t> next = 0;
  return next.fetch_add(1, std::memory_order_relaxed);
}

void FeedSession::SendFaulty(Subscription& subscription, FeedKind kind, std::string_view tail,
                             std::int64_t command_id) {
  if (is_cut_) return;
  FaultInjector& faults = hub_.context().faults;
  // What was held when the faults ended goes first.
  if (!faults.active()) SendHeld();
  const FrameFault fault = faults.OnFrame(FaultDoor::kWebSocket, account(), fault_connection_);
  if (held_.empty() && fault.hold <= absl::ZeroDuration()) {
    SendAsFault(subscription, kind, tail, command_id, fault.kind);
    return;
  }
  if (socket_->unsent_bytes() + held_bytes_ + tail.size() > kUnsentBytesMax) {
    Overflow(subscription);
    return;
  }
  held_bytes_ += tail.size();
  held_.push_back({std::chrono::steady_clock::now() + absl::ToChronoNanoseconds(fault.hold),
                   subscription.sid, kind, command_id, std::string(tail), fault.kind});
  if (held_.size() == 1) AwaitHeld();
}

void FeedSession::SendAsFault(Subscription& subscription, FeedKind kind, std::string_view tail,
                              std::int64_t command_id, std::optional<FaultKind> fault) {
  const bool is_sequenced = IsSequenced(subscription.channel);
  if (fault == FaultKind::kDisconnect) {
    // Not here: whoever delivers goes through lists that the end of a session changes.
    is_cut_ = true;
    hub_.services().post([&hub = hub_, id = id_] { hub.Cut(id); });
    return;
  }
  if (fault == FaultKind::kDrop) {
    if (is_sequenced) ++subscription.sequence;
    return;
  }
  if (fault == FaultKind::kSequenceSkip && is_sequenced) ++subscription.sequence;
  if (fault == FaultKind::kSequenceRepeat && is_sequenced && subscription.sequence > 0) {
    --subscription.sequence;
  }
  SendNow(subscription, kind, tail, command_id);
  if (fault == FaultKind::kDuplicate && !subscription.has_ended) {
    if (is_sequenced) --subscription.sequence;
    SendNow(subscription, kind, tail, command_id);
  }
}

// Frames keep their order, so that only the first one's time matters.
void FeedSession::AwaitHeld() {
  const auto left = held_.front().due - std::chrono::steady_clock::now();
  hub_.context().faults.delays().Post(absl::FromChrono(left), [&hub = hub_, id = id_] {
    hub.services().post([&hub, id] { hub.SendHeld(id); });
  });
}

void FeedSession::SendHeld() {
  if (socket_ == nullptr) return;
  // Once there are no faults any more, nothing waits for its time.
  const bool is_active = hub_.context().faults.active();
  const auto now = std::chrono::steady_clock::now();
  while (!held_.empty() && !is_cut_ && (!is_active || held_.front().due <= now)) {
    const HeldFrame frame = std::move(held_.front());
    held_.pop_front();
    held_bytes_ -= frame.tail.size();
    Subscription* const subscription = FindSid(frame.sid);
    if (subscription == nullptr || subscription->has_ended) continue;
    SendAsFault(*subscription, frame.kind, frame.tail, frame.command_id, frame.fault);
  }
  if (!held_.empty() && !is_cut_) AwaitHeld();
}

void FeedSession::Cut() {
  if (socket_ != nullptr) socket_->Cut();
}

}  // namespace evx::mock_kalshi
