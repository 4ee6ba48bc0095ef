#pragma once

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "evx/recording/writer.h"
#include "evx/service/options.h"

namespace evx::market_data {

enum class RecordFormat : std::uint8_t { kText, kJson, kCsv, kFrames };

// How `seq` counts in a recording (evx/recording/coverage.h).
enum class SequenceKind : std::uint8_t { kContiguous, kRising };

// What evx-record does with a recording. Reading is safe beside a running recorder.
struct RecordToolConfig {
  // Verb, folder of the recording, logs to import.
  std::vector<std::string> arguments;
  // RFC 3339; empty: no bound.
  std::string from;
  std::string until;
  std::string market;
  RecordFormat format = RecordFormat::kText;
  SequenceKind sequence = SequenceKind::kContiguous;
  // Empty: the stream that the caller gives.
  std::string output;

  void Declare(service::Options& options);
};

// Does what the arguments say; results go to `out`, or to the file of --output.
//
//   import    files in the format of evx/recording/frame_log.h, all such files under folders, and
//             tables of events (`.csv`, event_table_reader.h), as one new recording, merged by
//             receive time; FAILED_PRECONDITION where the folder holds a recording
//   verify    every checksum, every block; the digests of the frames (frame_digest.h) and of the
//             events (event_digest.h)
//   coverage  islands and gaps of each market (coverage_report.h), as text or JSON
//   export    events (event_table.h) as CSV, or the frames as lines that import reads
//   prune     removes the hours that ended before --until; the newest stays
//
// DATA_LOSS names every damaged block, after all others were used. INVALID_ARGUMENT: options that
// do not fit. NOT_FOUND: no recording there. UNAVAILABLE: the output cannot be written.
absl::Status RunRecordTool(const RecordToolConfig& config, std::ostream& out);

}  // namespace evx::market_data
