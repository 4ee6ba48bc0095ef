#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/recording/block.h"
#include "evx/recording/segment.h"

// Recordings on disk: a folder with a segment file for each hour of receive time,
// `2026-08-11T00.evxseg`, and beside the one being written its tail, `2026-08-11T00.evxtail`: the
// frames of the block being filled, as they are, each with a checksum. A block is written and
// synced before the tail is emptied, so a crash loses nothing that Flush has covered; frames that
// are in both are told by their number and counted once.

namespace evx::recording {

// Not thread-safe. One writer to a folder. Cost: about 1.3 us a frame; the frame that ends a block
// waits until it is encoded, checked and synced, some 40 ms, so whoever receives frames hands them
// to a thread that writes.
class RecordingWriter {
 public:
  // Opens or makes the folder; cuts a torn tail off the newest segment and takes up its open block.
  // FAILED_PRECONDITION while another writer has the folder.
  static absl::StatusOr<std::unique_ptr<RecordingWriter>> Open(const std::string& folder);
  ~RecordingWriter();

  // Takes the frame into the open block; kept over a crash from the next Flush on. Frames of an
  // hour before the open segment's stay in the open segment. After UNAVAILABLE (the disk) the
  // writer takes nothing more.
  absl::Status Append(const Frame& frame);
  // Everything appended is on disk when it returns.
  absl::Status Flush();
  // Ends the open block, however small.
  absl::Status Seal();

 private:
  struct State;
  explicit RecordingWriter(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A place in a recording that stays the same whatever is recorded afterwards: behind so many frames
// of a segment, and before all later segments.
struct RecordingEnd {
  std::string segment;  // Its name, "2026-08-11T00".
  std::uint64_t frame_count = 0;

  friend bool operator==(const RecordingEnd&, const RecordingEnd&) = default;
};

struct ReadOptions {
  Timestamp from;                                     // Inclusive.
  Timestamp until = Timestamp::FromNanos(INT64_MAX);  // Exclusive.
  std::string market_ticker;                          // Empty: every frame.
  std::optional<RecordingEnd> end = {};               // Nothing behind it is read.
};

struct ReadReport {
  // Frames that were visited.
  std::uint64_t frame_count = 0;
  // Of the whole folder, tails included in the bytes.
  std::uint64_t segment_count = 0;
  std::uint64_t block_count = 0;
  std::uint64_t stored_bytes = 0;
  // At the end of the newest segment, of a block that was never written to its end.
  std::uint64_t torn_bytes = 0;
  // Frames in open blocks.
  std::uint64_t open_frame_count = 0;
  // "<file>: damaged block at offset <n>", one for each.
  std::vector<std::string> damages;
};

// Reads a folder front to back, a block at a time, in the order in which the frames were received,
// those of open blocks included. Not thread-safe. Memory: one segment as it is stored, and the
// blocks that are kept.
class RecordingReader {
 public:
  RecordingReader(std::string folder, ReadOptions options);
  RecordingReader(RecordingReader&&) noexcept;
  RecordingReader& operator=(RecordingReader&&) noexcept;
  ~RecordingReader();

  // The next block that may have frames that the options name; nothing at the end. Damaged blocks
  // are left out, and named by the report from then on.
  absl::StatusOr<std::optional<Block>> Next();
  // Whether the options name this frame of the block that came last.
  bool IsWanted(const Block& block, std::size_t frame) const;
  // Rises when frames are missing before the block that came last, or at the end, because of
  // damage.
  std::uint64_t hole_count() const;
  // Of what was read so far. Frames are not counted.
  const ReadReport& report() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

// Calls `visit` for each frame of the folder that the options name, in the order in which they were
// received, those of open blocks included. Blocks without the market or the time are not decoded.
// Beside a running writer it reads at least what was flushed before the call.
absl::StatusOr<ReadReport> ReadRecording(
    const std::string& folder, const ReadOptions& options,
    const std::function<void(const Block& block, std::size_t frame)>& visit);

// Removes the segments whose hour ended before `oldest`; the newest one stays. Their number.
absl::StatusOr<int> RemoveSegmentsBefore(const std::string& folder, Timestamp oldest);

}  // namespace evx::recording
