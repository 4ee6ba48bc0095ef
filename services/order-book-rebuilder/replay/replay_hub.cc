#include "replay/replay_hub.h"

#include <utility>

#include "evx/core/status.h"
#include "evx/telemetry/log.h"
#include "replay/replay_session.h"

namespace evx::order_book_rebuilder {
namespace {

// Between two looks at what waits for the clients.
constexpr std::size_t kFramesPerLook = 64;
// Between two looks at clients that hold the film up.
constexpr absl::Duration kHeldUpPoll = absl::Milliseconds(1);

}  // namespace

ReplayHub::ReplayHub(Options options, ReplayPlayer& player, std::function<void()> wake)
    : options_(std::move(options)),
      player_(player),
      wake_(std::move(wake)),
      epoch_(player.epoch()) {}

void ReplayHub::OnSubscribed() {
  if (has_begun_) return;
  has_begun_ = begins_ = true;
  wake_();
}

absl::Duration ReplayHub::Turn(std::int64_t now) {
  if (std::exchange(begins_, false)) player_.Play(now);
  if (epoch_ != player_.epoch()) {
    epoch_ = player_.epoch();
    for (ReplaySession* session : sessions_) session->OnNewEpoch();
  }
  const bool is_max = player_.speed().is_max();
  const std::function<void(const ReplayFrame&)> deliver = [this](const ReplayFrame& frame) {
    Deliver(frame);
  };
  for (std::size_t count = 0; count < kFramesPerTurn; count += kFramesPerLook) {
    if (is_max && IsHeldUp(now)) return kHeldUpPoll;
    const auto given = player_.Advance(now, kFramesPerLook, deliver);
    if (!given.ok()) {
      telemetry::Log(telemetry::kError, "The recording cannot be read.",
                     {{"error", MessageOf(given.status())}});
    }
    if (!given.ok() || *given < kFramesPerLook) break;
  }
  return player_.TimeToNext(now).value_or(absl::InfiniteDuration());
}

bool ReplayHub::IsHeldUp(std::int64_t now) {
  bool is_held_up = false;
  for (ReplaySession* session : sessions_) is_held_up |= session->HoldsUp(now);
  return is_held_up;
}

void ReplayHub::Deliver(const ReplayFrame& frame) {
  if (epoch_ != player_.epoch()) {
    epoch_ = player_.epoch();
    for (ReplaySession* session : sessions_) session->ForgetBooks();
  }
  switch (frame.event.kind) {
    case recording::EventKind::kSnapshot:
    case recording::EventKind::kDelta:
    case recording::EventKind::kTrade:
    case recording::EventKind::kTicker:
      break;
    case recording::EventKind::kLifecycle:
    case recording::EventKind::kOther:
      return;
  }
  const auto msg = finder_.Find(frame.bytes);
  if (!msg) return;
  for (ReplaySession* session : sessions_) session->Send(frame, *msg);
}

}  // namespace evx::order_book_rebuilder
