#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evx/core/clock.h"

// Logs of the venue's WebSocket: gzip files of one JSON object a line,
// `{"recv_ms":...,"event":<the frame>}`.

namespace evx::recording::testing {

struct RecordedFrame {
  Timestamp received;
  std::string bytes;
};

// The `.ndjson.gz` files under a folder, sorted by path; empty where the folder is missing.
std::vector<std::string> FindRecordedFiles(const std::string& folder);

// All frames of one file, in its order. Aborts where a line has another form.
std::vector<RecordedFrame> ReadRecordedFile(const std::string& path);

}  // namespace evx::recording::testing
