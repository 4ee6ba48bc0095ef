#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/text_map.h"
#include "evx/recording/extent.h"
#include "evx/recording/writer.h"
#include "replay/replay_books.h"
#include "replay/replay_speed.h"

namespace evx::order_book_rebuilder {

struct ReplayRange {
  std::string folder;                                 // A recording, see evx/recording/writer.h.
  std::vector<std::string> market_tickers;            // Empty: every frame.
  Timestamp from;                                     // Of the receive time, inclusive.
  Timestamp until = Timestamp::FromNanos(INT64_MAX);  // Exclusive.
};

// One frame of the film, valid during the visit.
struct ReplayFrame {
  recording::Event event;
  std::string_view bytes;    // As it was received.
  std::uint64_t number = 0;  // Counted from the begin of the range, from 0.
};

// A recording as a film: gives the frames of a range that are due, in the recorded order.
//
// The film is what was recorded when it was opened: what a recorder appends meanwhile is not part
// of it, wherever it is sought.
//
// The film has a time of its own, the receive time of its frames. It stands while paused and passes
// at the speed else; a frame is due once it is reached. A frame that was received earlier than one
// before it (the recorder's clock went back) is due with that one. Between two seeks every frame is
// given once and none is left out, however often the film is paused and its speed changed. At max
// speed every frame is due, and the film's time is that of the last one given.
//
// `now` is nanoseconds of a clock that never goes back, always the same one. What is read, the
// recording apart, comes in as arguments: the same calls give the same frames.
//
// Cost: about 1 us a frame, given or passed over. A seek forward passes over the frames between; a
// seek back passes over all from the begin of the recording, because books have to be folded again.
// Memory: a stored segment, a decoded block, the books. Not thread-safe.
class ReplayPlayer {
 public:
  // Stands paused before the first frame of the range. NOT_FOUND when there is none, or no
  // recording; FAILED_PRECONDITION when the recording cannot be read.
  static absl::StatusOr<std::unique_ptr<ReplayPlayer>> Open(ReplayRange range);

  void Play(std::int64_t now);
  void Pause(std::int64_t now);
  void SetSpeed(ReplaySpeed speed, std::int64_t now);
  // Stands before the first frame that is due at `target` or later; behind the last one when there
  // is none. Keeps playing if it played. After an error of the disk the film is at its end.
  absl::Status Seek(Timestamp target, std::int64_t now);

  // Gives the frames that are due, at most `frame_count_max`; their number. books() has each one
  // folded when it is given. After an error of the disk the film is at its end.
  absl::StatusOr<std::size_t> Advance(std::int64_t now, std::size_t frame_count_max,
                                      const std::function<void(const ReplayFrame&)>& visit);

  // Until the next frame is due; nothing when none will be.
  std::optional<absl::Duration> TimeToNext(std::int64_t now) const;

  // The film's time.
  Timestamp position(std::int64_t now) const { return Timestamp::FromNanos(FilmNanos(now)); }
  // Of the next frame.
  std::uint64_t next_number() const { return next_number_; }
  ReplaySpeed speed() const { return speed_; }
  const ReplayRange& range() const { return range_; }
  // Of the recording when the film was opened.
  const recording::RecordingSpan& recorded() const { return extent_.span; }
  // Receive time before which the film ends: that of its range, or behind what was recorded.
  Timestamp until() const {
    return std::min(range_.until, Timestamp::FromNanos(extent_.span.last.nanos() + 1));
  }
  bool is_playing() const { return is_playing_; }
  bool is_at_end() const { return is_at_end_; }

  // As of the frames before the next one, those before the range included.
  const ReplayBooks& books() const { return books_; }
  // Rises when the books of the next frames do not follow from those given before: after a seek,
  // and where frames are missing because of damage.
  std::uint64_t epoch() const { return epoch_; }
  // "<file>: damaged block at offset <n>", in the part that was read.
  const std::vector<std::string>& damages() const { return reader_->report().damages; }

 private:
  ReplayPlayer(ReplayRange range, recording::RecordingExtent extent)
      : range_(std::move(range)), extent_(std::move(extent)) {}

  absl::Status Rewind();
  // Moves on to the next frame of the range, folding those before the range.
  absl::Status FindNext();
  bool IsWanted(std::size_t frame) const;
  // Folds the next frame, gives it where there is a visitor, and finds the one after it.
  absl::Status Consume(const std::function<void(const ReplayFrame&)>* visit);
  std::int64_t FilmNanos(std::int64_t now) const;
  // From now on the film's time is counted from here.
  void Rebase(std::int64_t now);

  const ReplayRange range_;
  const recording::RecordingExtent extent_;
  std::unordered_set<std::string, TextHash, std::equal_to<>> tickers_;
  std::optional<recording::RecordingReader> reader_;
  std::optional<recording::Block> block_;
  std::size_t frame_ = 0;  // The next one, in the block.
  std::uint64_t hole_count_ = 0;
  std::string bytes_;  // Scratch.
  ReplayBooks books_;
  std::uint64_t epoch_ = 0;

  std::uint64_t next_number_ = 0;
  std::int64_t next_due_ = 0;  // Film's time; not when at the end.
  std::int64_t last_due_ = 0;  // Of the frame before; 0: none.
  bool is_at_end_ = false;

  bool is_playing_ = false;
  ReplaySpeed speed_;
  std::int64_t film_nanos_ = 0;  // At base_.
  std::int64_t base_ = 0;
};

}  // namespace evx::order_book_rebuilder
