#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/core/ids.h"
#include "evx/journal/file_system.h"
#include "evx/journal/format.h"

// The part of the journal's command-line tool that knows nothing of the venue: `evx-journal`
// (services/mock-kalshi) adds what decodes commands and replays them.

namespace evx::journal {

struct SegmentSummary {
  std::string path;
  SegmentHeader header;  // print it with FormatSegment, which leaves the secret key out
  std::uint64_t record_count = 0;
  SequenceNumber last_sequence;  // first_sequence - 1 when there is no record
  std::uint64_t record_bytes = 0;
};

struct VerifyReport {
  std::vector<SegmentSummary> segments;
  std::uint64_t record_count = 0;
  SequenceNumber next_sequence = SequenceNumber(1);
  // An unfinished write at the end, which the next start will cut off. Not an error.
  std::uint64_t torn_bytes = 0;
  std::string torn_path;
  std::uint64_t torn_offset = 0;
};

// Reads and checks every record. DATA_LOSS names file, offset and record of the first bad one and
// the remedy. Safe beside a running writer, but the tail may then look torn.
absl::StatusOr<VerifyReport> VerifyJournal(FileSystem& file_system, const std::string& directory);

// Several lines for people: one for each segment, then totals, then the torn tail if there is one.
std::string FormatReport(const VerifyReport& report);
std::string FormatSegment(const SegmentSummary& segment);

// One line without the payload: "17 2026-08-05T13:00:00.123456Z type=3 meta=12 command=40
// events=96 00000000000000000001.journal@5120".
std::string FormatRecord(const RecordView& record, const std::string& path, std::uint64_t offset);

// Calls `visit` for each record from `first` to `last` (both included); `visit` returns false to
// stop. Unlike recovery it reads a journal whose older segments are gone: it starts at the later
// of `first` and the oldest record.
using VisitRecord =
    std::function<bool(const RecordView& record, const std::string& path, std::uint64_t offset)>;
absl::Status VisitRecords(FileSystem& file_system, const std::string& directory,
                          SequenceNumber first, SequenceNumber last, const VisitRecord& visit);

struct TruncateReport {
  SequenceNumber next_sequence;  // what the journal now goes on with
  std::vector<std::string> discarded_paths;
};

// Gives up record `from` and all later ones, the remedy for a damaged record. Files of later
// segments, and a copy of the cut one, are kept beside as `<name>.discarded`. The records before
// `from` must be good. Takes the directory's lock: FAILED_PRECONDITION while the exchange runs.
absl::StatusOr<TruncateReport> TruncateJournal(FileSystem& file_system,
                                               const std::string& directory, SequenceNumber from);

}  // namespace evx::journal
