#include "evx/journal/tool.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/journal/journal_reader.h"

namespace evx::journal {
namespace {

constexpr std::size_t kCopyBytes = 1u << 20;
constexpr char kDiscardedSuffix[] = ".discarded";

absl::StatusOr<std::vector<SequenceNumber>> ListSegments(FileSystem& file_system,
                                                         const std::string& directory) {
  EVX_ASSIGN_OR_RETURN(const std::vector<std::string> names, file_system.List(directory));
  std::vector<SequenceNumber> firsts;
  for (const std::string& name : names) {
    if (const auto first = ParseSegmentName(name)) firsts.push_back(*first);
  }
  return firsts;
}

std::string BaseName(const std::string& path) { return path.substr(path.rfind('/') + 1); }

absl::Status CopyFile(FileSystem& file_system, const std::string& from, const std::string& to) {
  EVX_ASSIGN_OR_RETURN(const auto source, file_system.Open(from, OpenMode::kRead));
  EVX_ASSIGN_OR_RETURN(const auto target, file_system.Open(to, OpenMode::kCreate));
  std::string piece(kCopyBytes, '\0');
  for (std::uint64_t offset = 0;; offset += piece.size()) {
    EVX_ASSIGN_OR_RETURN(const std::size_t size, source->Read(offset, piece));
    EVX_RETURN_IF_ERROR(target->Write(offset, std::string_view(piece).substr(0, size)));
    if (size < piece.size()) break;
  }
  return target->Sync();
}

}  // namespace

absl::StatusOr<VerifyReport> VerifyJournal(FileSystem& file_system, const std::string& directory) {
  VerifyReport report;
  EVX_ASSIGN_OR_RETURN(const std::vector<SequenceNumber> firsts,
                       ListSegments(file_system, directory));
  if (firsts.empty()) return report;
  EVX_ASSIGN_OR_RETURN(const auto reader, JournalReader::Open(file_system, directory, firsts[0]));
  RecordView record;
  ReadResult result;
  const auto note_segment = [&] {
    if (!report.segments.empty() && report.segments.back().path == reader->path()) return;
    const SequenceNumber first = reader->header()->first_sequence;
    report.segments.push_back(
        {reader->path(), *reader->header(), 0, SequenceNumber(first.value() - 1), 0});
  };
  while ((result = reader->Next(record)) == ReadResult::kRecord) {
    note_segment();
    SegmentSummary& segment = report.segments.back();
    ++segment.record_count;
    segment.last_sequence = record.sequence;
    segment.record_bytes += reader->record_bytes();
    ++report.record_count;
  }
  if (result == ReadResult::kError) return reader->status();
  note_segment();
  const JournalEnd& end = reader->end();
  report.next_sequence = end.next_sequence;
  report.torn_bytes = end.torn_bytes;
  report.torn_path = end.last_path;
  report.torn_offset = end.last_good_bytes;
  return report;
}

std::string FormatSegment(const SegmentSummary& segment) {
  return absl::StrFormat(
      "%s: records %d..%d (%d, %d bytes), shard %d, rules version %d, format version %d, created "
      "%s",
      BaseName(segment.path), segment.header.first_sequence.value(), segment.last_sequence.value(),
      segment.record_count, segment.record_bytes, segment.header.shard,
      segment.header.rules_version, segment.header.format_version,
      FormatRfc3339(segment.header.created_time));
}

std::string FormatReport(const VerifyReport& report) {
  std::string text;
  for (const SegmentSummary& segment : report.segments) text += FormatSegment(segment) + "\n";
  text += absl::StrFormat("%d records in %d segments, next record %d\n", report.record_count,
                          report.segments.size(), report.next_sequence.value());
  if (report.torn_bytes > 0) {
    text += absl::StrFormat(
        "%s: offset %d: unfinished write of %d bytes, never acknowledged; the next start cuts it "
        "off\n",
        report.torn_path, report.torn_offset, report.torn_bytes);
  }
  return text;
}

std::string FormatRecord(const RecordView& record, const std::string& path, std::uint64_t offset) {
  return absl::StrFormat("%d %s type=%d meta=%d command=%d events=%d %s@%d",
                         record.sequence.value(), FormatRfc3339(record.time), record.type,
                         record.meta.size(), record.command.size(), record.events.size(),
                         BaseName(path), offset);
}

absl::Status VisitRecords(FileSystem& file_system, const std::string& directory,
                          SequenceNumber first, SequenceNumber last, const VisitRecord& visit) {
  EVX_ASSIGN_OR_RETURN(const std::vector<SequenceNumber> firsts,
                       ListSegments(file_system, directory));
  if (firsts.empty()) return absl::OkStatus();
  EVX_ASSIGN_OR_RETURN(const auto reader,
                       JournalReader::Open(file_system, directory, std::max(first, firsts[0])));
  RecordView record;
  while (true) {
    switch (reader->Next(record)) {
      case ReadResult::kRecord:
        if (record.sequence > last || !visit(record, reader->path(), reader->record_offset())) {
          return absl::OkStatus();
        }
        break;
      case ReadResult::kEnd:
        return absl::OkStatus();
      case ReadResult::kError:
        return reader->status();
    }
  }
}

absl::StatusOr<TruncateReport> TruncateJournal(FileSystem& file_system,
                                               const std::string& directory, SequenceNumber from) {
  EVX_ASSIGN_OR_RETURN(const auto lock, LockDirectory(file_system, directory));
  EVX_ASSIGN_OR_RETURN(std::vector<SequenceNumber> firsts, ListSegments(file_system, directory));
  if (firsts.empty() || from < firsts.front()) {
    return absl::OutOfRangeError(ToAbsl(absl::StrFormat(
        "journal %s does not hold record %d: its oldest segment begins with record %d", directory,
        from.value(), firsts.empty() ? 1 : firsts.front().value())));
  }
  // Find where `from` begins: right behind the record before it, which must be good.
  const SequenceNumber segment_first = *(std::upper_bound(firsts.begin(), firsts.end(), from) - 1);
  const std::string path = directory + "/" + SegmentName(segment_first);
  std::uint64_t cut_at = kSegmentHeaderBytes;
  SequenceNumber next = segment_first;
  if (from > segment_first) {
    EVX_ASSIGN_OR_RETURN(const auto reader,
                         JournalReader::Open(file_system, directory, segment_first));
    RecordView record;
    while (next < from) {
      const ReadResult result = reader->Next(record);
      if (result == ReadResult::kError) return reader->status();
      if (result == ReadResult::kEnd) {
        return absl::OutOfRangeError(
            ToAbsl(absl::StrFormat("journal %s ends before record %d: there is nothing to give up",
                                   directory, from.value())));
      }
      cut_at = reader->record_offset() + reader->record_bytes();
      next = SequenceNumber(next.value() + 1);
    }
  }

  TruncateReport report{from, {}};
  // Later segments go first, the newest of them at first, so that an interruption leaves a
  // journal that can be truncated again.
  for (auto it = firsts.rbegin(); *it > segment_first; ++it) {
    const std::string later = directory + "/" + SegmentName(*it);
    EVX_RETURN_IF_ERROR(file_system.Rename(later, later + kDiscardedSuffix));
    report.discarded_paths.push_back(later + kDiscardedSuffix);
  }
  EVX_RETURN_IF_ERROR(CopyFile(file_system, path, path + kDiscardedSuffix));
  report.discarded_paths.push_back(path + kDiscardedSuffix);
  EVX_RETURN_IF_ERROR(file_system.SyncDirectory(directory));
  EVX_ASSIGN_OR_RETURN(const auto file, file_system.Open(path, OpenMode::kReadWrite));
  EVX_RETURN_IF_ERROR(file->Truncate(cut_at));
  EVX_RETURN_IF_ERROR(file->Sync());
  return report;
}

}  // namespace evx::journal
