#pragma once

#include <ostream>

#include "absl/status/status.h"
#include "tool/journal_tool.h"

namespace evx::mock_kalshi {

// Writes the public market data of a journal up to record `to` as the frames that a subscriber of
// all markets would have received, a line each (evx/recording/frame_log.h): sid 1 has the books, an
// empty snapshot when a market is listed and when it closes, and a delta for each change; sid 2 has
// the trades. `seq` counts by one in each; the receive time is the record's. Equal for every call.
//
// Begins with the first record: FAILED_PRECONDITION where it is gone, because books and names of
// the markets would not be known. DATA_LOSS names a damaged record.
absl::Status PrintFrames(const JournalToolConfig& config, std::ostream& out);

}  // namespace evx::mock_kalshi
