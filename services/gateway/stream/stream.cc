#include "stream/stream.h"

#include <utility>

#include "evx/core/check.h"

namespace evx::gateway {
namespace {

constexpr std::int64_t kMillisecond = 1'000'000;
constexpr std::size_t kKib = 1024;

}  // namespace

StreamPolicy PolicyOf(StreamKind kind) {
  switch (kind) {
    case StreamKind::kMarkets:
      return {.window_nanos = 100 * kMillisecond, .ring_bytes_max = 4096 * kKib};
    case StreamKind::kBook:
    case StreamKind::kReplayBook:
      return {.window_nanos = 50 * kMillisecond, .ring_bytes_max = 128 * kKib};
    case StreamKind::kTrades:
    case StreamKind::kReplayTrades:
      return {.is_lossless = true, .ring_bytes_max = 128 * kKib};
    case StreamKind::kPortfolio:
      return {.is_lossless = true, .ring_bytes_max = 1024 * kKib};
    case StreamKind::kHealth:
    case StreamKind::kLog:
    case StreamKind::kPlayer:
      return {.ring_bytes_max = 256 * kKib};
  }
  EVX_CHECK(false);
}

Stream::Stream(std::string name, const StreamName& parsed, std::int64_t epoch)
    : name_(std::move(name)),
      kind_(parsed.kind),
      policy_(PolicyOf(parsed.kind)),
      epoch_(epoch),
      fold_(MakeFold(parsed)) {}

void Stream::SetKept(bool is_kept) {
  is_kept_ = is_kept;
  if (is_kept) return;
  if (fold_->has_news()) {
    fold_->DropNews();
    ++sequence_;
  }
  ring_.clear();
  ring_bytes_ = 0;
  is_ring_whole_ = false;
  state_frame_.reset();
}

const Frame* Stream::Set(const v1::InitialState& state) {
  fold_->Set(state);
  fold_->DropNews();
  ++sequence_;
  state_frame_.reset();
  ring_.clear();
  ring_bytes_ = 0;
  if (!is_kept_) return nullptr;
  is_ring_whole_ = true;
  v1::ServerMessage message = NextMessage();
  fold_->State(*message.mutable_initial_state());
  return Keep(message);
}

void Stream::Apply(const v1::ServerMessage& change) {
  fold_->Apply(change);
  state_frame_.reset();
  if (is_kept_ && has_state()) return;
  // What comes before the first state is part of it.
  fold_->DropNews();
  ++sequence_;
}

const Frame* Stream::TakeNews(std::int64_t now) {
  if (!fold_->has_news()) return nullptr;
  ++sequence_;
  window_end_ = now + policy_.window_nanos;
  state_frame_.reset();  // It has another number.
  v1::ServerMessage message = NextMessage();
  fold_->TakeNews(message);
  return Keep(message);
}

v1::ServerMessage Stream::NextMessage() {
  v1::ServerMessage message;
  message.set_stream(std::string(ShownStreamName(name_)));
  message.set_epoch(epoch_);
  message.set_sequence(sequence_);
  return message;
}

const Frame* Stream::Keep(const v1::ServerMessage& message) {
  ring_.emplace_back(message);
  ring_bytes_ += ring_.back().byte_count();
  while (ring_.size() > 1 && ring_bytes_ > policy_.ring_bytes_max) {
    ring_bytes_ -= ring_.front().byte_count();
    ring_.pop_front();
    is_ring_whole_ = false;
  }
  return &ring_.back();
}

const Frame& Stream::StateFrame() {
  EVX_CHECK(has_state());
  if (state_frame_ == nullptr) {
    v1::ServerMessage message = NextMessage();
    fold_->State(*message.mutable_initial_state());
    state_frame_ = std::make_unique<Frame>(message);
  }
  return *state_frame_;
}

bool Stream::Covers(std::int64_t epoch, std::int64_t sequence) const {
  if (epoch != epoch_ || sequence < 0 || sequence > sequence_) return false;
  return sequence + 1 >= first_kept() || is_ring_whole_;
}

const Frame& Stream::KeptFrame(std::int64_t sequence) const {
  EVX_CHECK(sequence >= first_kept() && sequence <= sequence_);
  return ring_[static_cast<std::size_t>(sequence - first_kept())];
}

}  // namespace evx::gateway
