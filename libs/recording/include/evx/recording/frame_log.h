#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/recording/block.h"
#include "evx/recording/limits.h"

// Frames as text, an object a line, plain or gzip:
//
//   {"recv_ns":1786402800021000000,"connection":3,"event":<the frame>}
//   {"recv_ns":1786402800021000000,"connection":3,"hex":"7b0a7d"}
//   {"recv_ms":1786402800021,"event":<the frame>}
//
// The first form is written wherever the frame can stand in a line: it is framed by braces and has
// no line break. The bytes of the frame are not touched, so the line is JSON where its frame is.
// The last form is read only: logs of the venue's WebSocket as others publish them.

namespace evx::recording {

// Bytes of one line; a longer one is refused.
inline constexpr std::size_t kFrameLogLineBytesMax = 2 * kFrameBytesMax + 128;

// Appends the line of the frame and its line break.
void AppendFrameLogLine(const Frame& frame, std::string& out);

struct LoggedFrame {
  Frame frame;
  // Whether the line names the connection; without, it is 0.
  bool has_connection = false;
};

// Reads one file, front to back. Not thread-safe. Memory: the longest line.
class FrameLogReader {
 public:
  // NOT_FOUND names the file.
  static absl::StatusOr<FrameLogReader> Open(const std::string& path);
  FrameLogReader(FrameLogReader&&) noexcept;
  FrameLogReader& operator=(FrameLogReader&&) noexcept;
  ~FrameLogReader();

  // The next frame, valid until the next call; nothing at the end. INVALID_ARGUMENT names file and
  // line of another form, DATA_LOSS a file whose compression is damaged or cut short.
  absl::StatusOr<std::optional<LoggedFrame>> Next();

 private:
  struct State;
  explicit FrameLogReader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// The `.ndjson` and `.ndjson.gz` files under a folder, sorted by path; the path itself where it is
// a file; empty where there is nothing.
std::vector<std::string> FindFrameLogs(const std::string& path);

}  // namespace evx::recording
