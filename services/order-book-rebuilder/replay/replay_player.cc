#include "replay/replay_player.h"

#include <algorithm>
#include <utility>

#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::order_book_rebuilder {

absl::StatusOr<std::unique_ptr<ReplayPlayer>> ReplayPlayer::Open(ReplayRange range) {
  EVX_ASSIGN_OR_RETURN(auto extent, recording::ExtentOf(range.folder));
  std::unique_ptr<ReplayPlayer> player(new ReplayPlayer(std::move(range), std::move(extent)));
  const ReplayRange& opened = player->range_;
  player->tickers_.insert(opened.market_tickers.begin(), opened.market_tickers.end());
  EVX_RETURN_IF_ERROR(player->Rewind());
  if (player->is_at_end_) {
    return NotFound("the recording has no frame of these markets and times");
  }
  player->film_nanos_ = player->next_due_;
  return player;
}

// ---- Where the film stands

absl::Status ReplayPlayer::Rewind() {
  recording::ReadOptions options;
  options.until = range_.until;
  options.end = extent_.end;
  // Of several markets every block is read.
  if (tickers_.size() == 1) options.market_ticker = *tickers_.begin();
  reader_.emplace(range_.folder, std::move(options));
  block_.reset();
  books_.Clear();
  ++epoch_;
  hole_count_ = 0;
  next_number_ = 0;
  next_due_ = last_due_ = 0;
  is_at_end_ = false;
  return FindNext();
}

bool ReplayPlayer::IsWanted(std::size_t frame) const {
  if (!reader_->IsWanted(*block_, frame)) return false;
  return tickers_.size() < 2 || tickers_.contains(block_->EventOf(frame).market_ticker);
}

absl::Status ReplayPlayer::FindNext() {
  while (true) {
    if (block_) {
      for (; frame_ < block_->frame_count(); ++frame_) {
        if (!IsWanted(frame_)) continue;
        const Timestamp received = block_->received(frame_);
        if (received >= range_.from) {
          next_due_ = std::max(next_due_, received.nanos());
          return absl::OkStatus();
        }
        bytes_.clear();
        block_->AppendFrame(frame_, bytes_);
        books_.Apply(block_->EventOf(frame_), bytes_);
      }
    }
    is_at_end_ = true;  // Unless a block comes.
    frame_ = 0;
    EVX_ASSIGN_OR_RETURN(block_, reader_->Next());
    if (reader_->hole_count() != hole_count_) {
      hole_count_ = reader_->hole_count();
      books_.Clear();
      ++epoch_;
    }
    if (!block_) return absl::OkStatus();
    is_at_end_ = false;
  }
}

absl::Status ReplayPlayer::Consume(const std::function<void(const ReplayFrame&)>* visit) {
  EVX_CHECK(!is_at_end_);
  bytes_.clear();
  block_->AppendFrame(frame_, bytes_);
  const ReplayFrame frame{block_->EventOf(frame_), bytes_, next_number_};
  books_.Apply(frame.event, frame.bytes);
  last_due_ = next_due_;
  ++next_number_;
  if (visit != nullptr) (*visit)(frame);
  ++frame_;
  return FindNext();
}

absl::Status ReplayPlayer::Seek(Timestamp target, std::int64_t now) {
  const std::int64_t target_nanos = target.nanos();
  if (next_number_ == 0 || last_due_ < target_nanos) {
    ++epoch_;
  } else {
    EVX_RETURN_IF_ERROR(Rewind());
  }
  while (!is_at_end_ && next_due_ < target_nanos) EVX_RETURN_IF_ERROR(Consume(nullptr));
  // Before the first frame and behind the last one no time passes.
  const bool is_at_begin = next_number_ == 0;
  film_nanos_ = is_at_begin ? next_due_ : is_at_end_ ? last_due_ : target_nanos;
  base_ = now;
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> ReplayPlayer::Advance(
    std::int64_t now, std::size_t frame_count_max,
    const std::function<void(const ReplayFrame&)>& visit) {
  std::size_t count = 0;
  if (!is_playing_) return count;
  const std::int64_t film_nanos = speed_.is_max() ? INT64_MAX : FilmNanos(now);
  while (count < frame_count_max && !is_at_end_ && next_due_ <= film_nanos) {
    ++count;
    EVX_RETURN_IF_ERROR(Consume(&visit));
  }
  if (count > 0 && (speed_.is_max() || is_at_end_)) {
    film_nanos_ = last_due_;
    base_ = now;
  }
  return count;
}

// ---- Its time

std::int64_t ReplayPlayer::FilmNanos(std::int64_t now) const {
  if (!is_playing_ || is_at_end_ || speed_.is_max()) return film_nanos_;
  const std::int64_t passed = speed_.ToRecorded(now - base_);
  return passed > INT64_MAX - film_nanos_ ? INT64_MAX : film_nanos_ + passed;
}

void ReplayPlayer::Rebase(std::int64_t now) {
  film_nanos_ = FilmNanos(now);
  base_ = now;
}

void ReplayPlayer::Play(std::int64_t now) {
  Rebase(now);
  is_playing_ = true;
}

void ReplayPlayer::Pause(std::int64_t now) {
  Rebase(now);
  is_playing_ = false;
}

void ReplayPlayer::SetSpeed(ReplaySpeed speed, std::int64_t now) {
  Rebase(now);
  speed_ = speed;
}

std::optional<absl::Duration> ReplayPlayer::TimeToNext(std::int64_t now) const {
  if (!is_playing_ || is_at_end_) return std::nullopt;
  if (speed_.is_max() || next_due_ <= FilmNanos(now)) return absl::ZeroDuration();
  return absl::Nanoseconds(speed_.FromRecorded(next_due_ - film_nanos_) - (now - base_));
}

}  // namespace evx::order_book_rebuilder
