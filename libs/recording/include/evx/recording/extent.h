#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/recording/writer.h"

// From when to when a recording reaches, and where it ends at the moment, beside a running writer.

namespace evx::recording {

// Receive times of the earliest and the latest frame.
struct RecordingSpan {
  Timestamp first;
  Timestamp last;

  friend bool operator==(const RecordingSpan&, const RecordingSpan&) = default;
};

struct RecordingExtent {
  // Of the first and the last segment that have any frame, open blocks included.
  RecordingSpan span;
  // Behind all that there was.
  RecordingEnd end;

  friend bool operator==(const RecordingExtent&, const RecordingExtent&) = default;
};

// Watches a recording grow. Each look sees at least what was flushed before it.
//
// Cost: the first look is a pass over the bytes of the first and the last segment; each later one
// lists the folder and reads what was written since. Not thread-safe.
class RecordingObserver {
 public:
  explicit RecordingObserver(std::string folder);
  RecordingObserver(RecordingObserver&&) noexcept;
  RecordingObserver& operator=(RecordingObserver&&) noexcept;
  ~RecordingObserver();

  // Segments that cannot be read are passed over. NOT_FOUND without the folder or without a frame
  // in it, FAILED_PRECONDITION where the folder cannot be read; the message names it.
  absl::StatusOr<RecordingExtent> Look();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// One look.
absl::StatusOr<RecordingExtent> ExtentOf(const std::string& folder);

}  // namespace evx::recording
