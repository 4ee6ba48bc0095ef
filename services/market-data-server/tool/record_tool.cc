#include "record_tool.h"

#include <fstream>
#include <functional>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_format.h"
#include "coverage_report.h"
#include "event_digest.h"
#include "event_table.h"
#include "evx/core/status.h"
#include "evx/recording/frame_log.h"
#include "frame_digest.h"
#include "log_import.h"

namespace evx::market_data {
namespace {

using recording::Block;
using recording::ReadOptions;
using recording::ReadReport;

// Bytes of output that are collected before they are written.
constexpr std::size_t kOutputBytes = 1u << 20;

absl::StatusOr<Timestamp> TimeOption(std::string_view name, const std::string& text,
                                     Timestamp otherwise) {
  if (text.empty()) return otherwise;
  const absl::StatusOr<Timestamp> time = ParseRfc3339(text);
  if (!time.ok())
    return InvalidArgument(absl::StrFormat("--%s: %s", name, MessageOf(time.status())));
  return time;
}

absl::StatusOr<ReadOptions> ReadOptionsOf(const RecordToolConfig& config) {
  ReadOptions options;
  EVX_ASSIGN_OR_RETURN(options.from, TimeOption("from", config.from, options.from));
  EVX_ASSIGN_OR_RETURN(options.until, TimeOption("until", config.until, options.until));
  options.market_ticker = config.market;
  return options;
}

const std::string& FolderOf(const RecordToolConfig& config) { return config.arguments[1]; }

// Names what is damaged, each on its line.
absl::Status DamageOf(const ReadReport& report) {
  if (report.damages.empty()) return absl::OkStatus();
  std::string text = absl::StrFormat("%d damaged places:", report.damages.size());
  for (const std::string& damage : report.damages) text += "\n  " + damage;
  return DataLoss(text);
}

absl::StatusOr<ReadReport> Read(const RecordToolConfig& config, const ReadOptions& options,
                                const std::function<void(const Block&, std::size_t)>& visit) {
  EVX_ASSIGN_OR_RETURN(ReadReport report,
                       recording::ReadRecording(FolderOf(config), options, visit));
  if (report.segment_count == 0) return NotFound("no recording in " + FolderOf(config));
  return report;
}

absl::Status Import(const RecordToolConfig& config, std::ostream& out) {
  const std::vector<std::string> logs(config.arguments.begin() + 2, config.arguments.end());
  if (logs.empty()) return InvalidArgument("import: which logs? evx-record import FOLDER LOG...");
  FrameDigest digest;
  EVX_ASSIGN_OR_RETURN(const ImportReport report, ImportLogs(FolderOf(config), logs, digest));
  out << absl::StrFormat("logs %d, frames %d, raw bytes %d, digest %016x\n", report.log_count,
                         digest.frame_count(), digest.raw_bytes(), digest.Digest());
  return absl::OkStatus();
}

absl::Status Verify(const RecordToolConfig& config, std::ostream& out) {
  EVX_ASSIGN_OR_RETURN(const ReadOptions options, ReadOptionsOf(config));
  FrameDigest digest;
  EventDigest events;
  std::string bytes;
  EVX_ASSIGN_OR_RETURN(const ReadReport report,
                       Read(config, options, [&](const Block& block, std::size_t frame) {
                         bytes.clear();
                         block.AppendFrame(frame, bytes);
                         digest.Add({block.received(frame), block.connection(frame), bytes});
                         events.Add(block, frame);
                       }));
  out << absl::StrFormat("segments %d, blocks %d, damaged %d, torn bytes %d, stored bytes %d\n",
                         report.segment_count, report.block_count, report.damages.size(),
                         report.torn_bytes, report.stored_bytes)
      << absl::StrFormat("frames %d, in open blocks %d, raw bytes %d, digest %016x\n",
                         report.frame_count, report.open_frame_count, digest.raw_bytes(),
                         digest.Digest())
      << absl::StrFormat("events %016x\n", events.Digest());
  return DamageOf(report);
}

absl::Status ReportCoverage(const RecordToolConfig& config, std::ostream& out) {
  if (config.format != RecordFormat::kText && config.format != RecordFormat::kJson) {
    return InvalidArgument("--format: coverage is text or json");
  }
  EVX_ASSIGN_OR_RETURN(const ReadOptions options, ReadOptionsOf(config));
  CoverageRange range;
  range.folder = FolderOf(config);
  range.from = options.from;
  range.until = options.until;
  range.is_contiguous = config.sequence == SequenceKind::kContiguous;
  EVX_ASSIGN_OR_RETURN(const CoverageScan scan, ScanCoverage(range));
  out << (config.format == RecordFormat::kJson
              ? CoverageJson(scan.coverage, {.market = config.market})
              : CoverageText(scan.coverage, config.market));
  return DamageOf(scan.report);
}

absl::Status Export(const RecordToolConfig& config, std::ostream& out) {
  if (config.format != RecordFormat::kCsv && config.format != RecordFormat::kFrames) {
    return InvalidArgument("--format: export writes csv or frames");
  }
  EVX_ASSIGN_OR_RETURN(const ReadOptions options, ReadOptionsOf(config));
  const bool is_table = config.format == RecordFormat::kCsv;
  std::string text;
  std::string bytes;
  if (is_table) text += kEventTableHeader;
  EVX_ASSIGN_OR_RETURN(const ReadReport report,
                       Read(config, options, [&](const Block& block, std::size_t frame) {
                         if (is_table) {
                           AppendEventRows(block, frame, text);
                         } else {
                           bytes.clear();
                           block.AppendFrame(frame, bytes);
                           recording::AppendFrameLogLine(
                               {block.received(frame), block.connection(frame), bytes}, text);
                         }
                         if (text.size() < kOutputBytes) return;
                         out << text;
                         text.clear();
                       }));
  out << text;
  return DamageOf(report);
}

absl::Status Prune(const RecordToolConfig& config, std::ostream& out) {
  if (config.until.empty()) return InvalidArgument("prune: before when? --until=TIME");
  EVX_ASSIGN_OR_RETURN(const ReadOptions options, ReadOptionsOf(config));
  EVX_ASSIGN_OR_RETURN(const int removed,
                       recording::RemoveSegmentsBefore(FolderOf(config), options.until));
  out << absl::StrFormat("segments removed %d\n", removed);
  return absl::OkStatus();
}

absl::Status RunVerb(const RecordToolConfig& config, std::ostream& out) {
  const std::string& verb = config.arguments[0];
  absl::Status status;
  if (verb == "import") {
    status = Import(config, out);
  } else if (config.arguments.size() > 2) {
    return InvalidArgument(verb + " takes one folder");
  } else if (verb == "verify") {
    status = Verify(config, out);
  } else if (verb == "coverage") {
    status = ReportCoverage(config, out);
  } else if (verb == "export") {
    status = Export(config, out);
  } else if (verb == "prune") {
    status = Prune(config, out);
  } else {
    return InvalidArgument(verb + " is none of import, verify, coverage, export, prune");
  }
  out.flush();
  if (!out) return Unavailable("the output cannot be written " + config.output);
  return status;
}

}  // namespace

void RecordToolConfig::Declare(service::Options& options) {
  options.AddArguments(&arguments, "VERB FOLDER [LOG...]", 2 + kImportLogsMax);
  options.Add("from", &from, {.help = "First receive time to read, as 2026-08-10T22:45:00Z."});
  options.Add("until", &until, {.help = "Receive time before which reading ends."});
  options.Add("market", &market, {.help = "The only market to read."});
  options.Add("format", &format,
              {.help = "Form of the result: coverage as text or json, export as csv (events) or "
                       "frames (a line each, which import reads).",
               .values = {{"text", RecordFormat::kText},
                          {"json", RecordFormat::kJson},
                          {"csv", RecordFormat::kCsv},
                          {"frames", RecordFormat::kFrames}}});
  options.Add(
      "sequence", &sequence,
      {.help = "How seq counts, for coverage: by one in a subscription, or only upwards "
               "where the log holds some of its markets.",
       .values = {{"contiguous", SequenceKind::kContiguous}, {"rising", SequenceKind::kRising}}});
  options.AddPath("output", &output,
                  {.help = "File for the result instead of the standard output."});
}

absl::Status RunRecordTool(const RecordToolConfig& config, std::ostream& out) {
  if (config.arguments.size() < 2) {
    return InvalidArgument("evx-record VERB FOLDER: import, verify, coverage, export or prune");
  }
  if (config.output.empty()) return RunVerb(config, out);
  std::ofstream file(config.output, std::ios::binary | std::ios::trunc);
  if (!file) return Unavailable("cannot open " + config.output);
  return RunVerb(config, file);
}

}  // namespace evx::market_data
