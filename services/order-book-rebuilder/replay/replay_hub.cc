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

ReplayHub::ReplayHub(Options options, std::unique_ptr<ReplayPlayer> player,
                     ReplayCounters& counters, std::function<void()> wake)
    : options_(std::move(options)),
      player_(std::move(player)),
      counters_(counters),
      wake_(std::move(wake)),
      epoch_(player_->epoch()) {}

void ReplayHub::Add(ReplaySession& session) {
  sessions_.push_back(&session);
  counters_.client_count = static_cast<std::int64_t>(sessions_.size());
}

void ReplayHub::Remove(ReplaySession& session) {
  std::erase(sessions_, &session);
  counters_.client_count = static_cast<std::int64_t>(sessions_.size());
}

// ---- The buttons

void ReplayHub::Show(std::unique_ptr<ReplayPlayer> player, bool is_paused) {
  player_ = std::move(player);
  has_begun_ = true;
  begins_ = !is_paused;
  BeginEpoch();
}

void ReplayHub::Play(std::int64_t now) {
  has_begun_ = true;
  begins_ = false;
  player_->Play(now);
}

void ReplayHub::Pause(std::int64_t now) {
  has_begun_ = true;
  begins_ = false;
  player_->Pause(now);
}

void ReplayHub::SetSpeed(ReplaySpeed speed, std::int64_t now) { player_->SetSpeed(speed, now); }

absl::Status ReplayHub::Seek(Timestamp target, std::int64_t now) {
  // No time of the film passes while it is sought.
  begins_ |= player_->is_playing();
  player_->Pause(now);
  const absl::Status sought = player_->Seek(target, now);
  BeginEpoch();
  return sought;
}

void ReplayHub::BeginEpoch() {
  epoch_ = player_->epoch();
  for (ReplaySession* session : sessions_) session->OnNewEpoch();
}

// ---- Turns

void ReplayHub::TellPosition(std::int64_t now) {
  counters_.position_nanos.store(player_->position(now).nanos(), std::memory_order_relaxed);
}

void ReplayHub::OnSubscribed() {
  if (has_begun_) return;
  has_begun_ = begins_ = true;
  wake_();
}

absl::Duration ReplayHub::Turn(std::int64_t now) {
  if (std::exchange(begins_, false)) player_->Play(now);
  if (epoch_ != player_->epoch()) BeginEpoch();
  TellPosition(now);
  const bool is_max = player_->speed().is_max();
  const std::function<void(const ReplayFrame&)> deliver = [this](const ReplayFrame& frame) {
    Deliver(frame);
  };
  for (std::size_t count = 0; count < kFramesPerTurn; count += kFramesPerLook) {
    if (is_max && IsHeldUp(now)) return kHeldUpPoll;
    const auto given = player_->Advance(now, kFramesPerLook, deliver);
    if (!given.ok()) {
      telemetry::Log(telemetry::kError, "The recording cannot be read.",
                     {{"error", MessageOf(given.status())}});
    }
    if (!given.ok() || *given < kFramesPerLook) break;
  }
  TellPosition(now);
  return player_->TimeToNext(now).value_or(absl::InfiniteDuration());
}

bool ReplayHub::IsHeldUp(std::int64_t now) {
  bool is_held_up = false;
  for (ReplaySession* session : sessions_) is_held_up |= session->HoldsUp(now);
  return is_held_up;
}

void ReplayHub::Deliver(const ReplayFrame& frame) {
  if (epoch_ != player_->epoch()) {
    epoch_ = player_->epoch();
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
