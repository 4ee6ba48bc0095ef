#include "replay/replay_hub.h"

#include <algorithm>
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
// Between two looks at what Kafka has acknowledged.
constexpr absl::Duration kTopicsPoll = absl::Milliseconds(10);

}  // namespace

ReplayHub::ReplayHub(Options options, std::unique_ptr<ReplayPlayer> player,
                     ReplayCounters& counters, std::function<void()> wake)
    : options_(std::move(options)),
      player_(std::move(player)),
      observer_(options_.range.folder),
      counters_(counters),
      wake_(std::move(wake)),
      epoch_(has_film() ? player_->epoch() : 0) {}

void ReplayHub::Add(ReplaySession& session) {
  sessions_.push_back(&session);
  counters_.client_count = static_cast<std::int64_t>(sessions_.size());
}

void ReplayHub::Remove(ReplaySession& session) {
  std::erase(sessions_, &session);
  counters_.client_count = static_cast<std::int64_t>(sessions_.size());
}

// ---- What there is to play

absl::Status ReplayHub::NeedFilm(std::int64_t now) {
  if (has_film()) return absl::OkStatus();
  EVX_ASSIGN_OR_RETURN(player_, ReplayPlayer::Open(options_.range));
  player_->SetSpeed(options_.speed, now);
  epoch_ = player_->epoch();
  return absl::OkStatus();
}

const absl::StatusOr<recording::RecordingExtent>& ReplayHub::Recorded(std::int64_t now) {
  if (!next_look_ || now >= *next_look_) {
    recorded_ = observer_.Look();
    next_look_ = now + absl::ToInt64Nanoseconds(kLookInterval);
  }
  return recorded_;
}

// ---- The buttons

absl::Status ReplayHub::Show(std::unique_ptr<ReplayPlayer> player, Showing showing) {
  if (showing.into_topics) {
    if (topics_ == nullptr) {
      if (!options_.open_topics) return FailedPrecondition("there is no Kafka to play into");
      EVX_ASSIGN_OR_RETURN(topics_, options_.open_topics());
    }
    const absl::Status status = topics_->status();
    if (absl::IsFailedPrecondition(status)) return status;
  } else if (into_topics_) {
    topics_->Interrupt();  // Nothing follows there.
  }
  into_topics_ = showing.into_topics;
  player_ = std::move(player);
  has_begun_ = true;
  begins_ = !showing.is_paused;
  BeginEpoch();
  return absl::OkStatus();
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
  if (into_topics_) topics_->Begin(player_->books());
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
  if (!has_film()) return absl::InfiniteDuration();
  if (topics_ != nullptr) TurnTopics(now);
  if (std::exchange(begins_, false)) player_->Play(now);
  if (epoch_ != player_->epoch()) BeginEpoch();
  TellPosition(now);
  const std::function<void(const ReplayFrame&)> deliver = [this](const ReplayFrame& frame) {
    Deliver(frame);
  };
  for (std::size_t count = 0; count < kFramesPerTurn; count += kFramesPerLook) {
    if (player_->is_playing() && IsHeldUp(now)) return kHeldUpPoll;
    const auto given = player_->Advance(now, kFramesPerLook, deliver);
    if (!given.ok()) {
      telemetry::Log(telemetry::kError, "The recording cannot be read.",
                     {{"error", MessageOf(given.status())}});
    }
    if (!given.ok() || *given < kFramesPerLook) break;
  }
  TellPosition(now);
  return TimeToNextTurn(now);
}

absl::Duration ReplayHub::TimeToNextTurn(std::int64_t now) const {
  const absl::Duration until_frame = player_->TimeToNext(now).value_or(absl::InfiniteDuration());
  const bool awaits_topics = topics_ != nullptr && topics_->waiting_count() > 0;
  return awaits_topics ? std::min(until_frame, kTopicsPoll) : until_frame;
}

void ReplayHub::TurnTopics(std::int64_t now) {
  topics_->Turn();
  const absl::Status status = topics_->status();
  if (!absl::IsFailedPrecondition(status) || std::exchange(has_topics_failed_, true)) return;
  telemetry::Log(telemetry::kError, "Kafka refuses the replay.", {{"error", MessageOf(status)}});
  if (std::exchange(into_topics_, false)) Pause(now);
}

absl::Status ReplayHub::FlushTopics(absl::Duration timeout) {
  if (topics_ == nullptr || topics_->waiting_count() == 0) return absl::OkStatus();
  return topics_->Flush(timeout);
}

bool ReplayHub::IsHeldUp(std::int64_t now) {
  if (into_topics_) {
    topics_->Turn();
    if (topics_->HoldsUp()) return true;
  }
  if (!player_->speed().is_max()) return false;
  bool is_held_up = false;
  for (ReplaySession* session : sessions_) is_held_up |= session->HoldsUp(now);
  return is_held_up;
}

void ReplayHub::Deliver(const ReplayFrame& frame) {
  if (epoch_ != player_->epoch()) {
    epoch_ = player_->epoch();
    for (ReplaySession* session : sessions_) session->ForgetBooks();
    if (into_topics_) topics_->Interrupt();
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
  if (into_topics_) topics_->Give(frame);
  if (sessions_.empty()) return;
  const auto msg = finder_.Find(frame.bytes);
  if (!msg) return;
  for (ReplaySession* session : sessions_) session->Send(frame, *msg);
}

}  // namespace evx::order_book_rebuilder
