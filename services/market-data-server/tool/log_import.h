#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "frame_digest.h"

namespace evx::market_data {

// Logs of one import; they are open at the same time.
inline constexpr std::size_t kImportLogsMax = 512;

struct ImportReport {
  std::size_t log_count = 0;
};

// Writes the frames of the logs (frame logs, folders of them, and event tables, `.csv`) into a new
// recording, merged by receive time; frames of one log keep their order. Every frame is added to
// `digest` too. A line without a connection gets one for each log and market, in the order in which
// they appear, because published logs count `seq` by market. An import that fails leaves the frames
// before the fault.
absl::StatusOr<ImportReport> ImportLogs(const std::string& folder,
                                        const std::vector<std::string>& logs, FrameDigest& digest);

}  // namespace evx::market_data
