#include "log_import.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <queue>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "event_table_reader.h"
#include "evx/core/status.h"
#include "evx/recording/frame_log.h"
#include "evx/recording/writer.h"

namespace evx::market_data {
namespace {

using recording::FrameLogReader;
using recording::LoggedFrame;
using recording::RecordingWriter;

// Of an event table; every other file is a frame log.
constexpr std::string_view kTableSuffix = ".csv";

struct Log {
  std::variant<FrameLogReader, EventTableReader> reader;
  // Valid until the next one is read.
  std::optional<LoggedFrame> head;

  absl::Status Advance() {
    EVX_ASSIGN_OR_RETURN(head, std::visit([](auto& open) { return open.Next(); }, reader));
    return absl::OkStatus();
  }
};

absl::StatusOr<Log> OpenLog(const std::string& path) {
  if (path.ends_with(kTableSuffix)) {
    EVX_ASSIGN_OR_RETURN(EventTableReader reader, EventTableReader::Open(path));
    return Log{std::move(reader), std::nullopt};
  }
  EVX_ASSIGN_OR_RETURN(FrameLogReader reader, FrameLogReader::Open(path));
  return Log{std::move(reader), std::nullopt};
}

// The time of a log's head, and its place among the logs.
using Turn = std::pair<Timestamp, std::size_t>;

// Empty where the frame names none.
std::string_view MarketTickerOf(std::string_view frame) {
  constexpr std::string_view kMember = "\"market_ticker\":\"";
  const std::size_t at = frame.find(kMember);
  if (at == std::string_view::npos) return {};
  frame.remove_prefix(at + kMember.size());
  return frame.substr(0, frame.find('"'));
}

absl::StatusOr<std::vector<std::string>> FindLogs(const std::vector<std::string>& places) {
  std::vector<std::string> paths;
  for (const std::string& place : places) {
    if (place.ends_with(kTableSuffix) && std::filesystem::is_regular_file(place)) {
      paths.push_back(place);
      continue;
    }
    if (!std::filesystem::exists(place)) return NotFound("there is no log " + place);
    const std::vector<std::string> found = recording::FindFrameLogs(place);
    if (found.empty()) return NotFound("no .ndjson, .ndjson.gz or .csv file in " + place);
    paths.insert(paths.end(), found.begin(), found.end());
  }
  if (paths.size() > kImportLogsMax) {
    return InvalidArgument(absl::StrFormat("%d logs are more than the %d of one import",
                                           paths.size(), kImportLogsMax));
  }
  return paths;
}

}  // namespace

absl::StatusOr<ImportReport> ImportLogs(const std::string& folder,
                                        const std::vector<std::string>& logs, FrameDigest& digest) {
  EVX_ASSIGN_OR_RETURN(const std::vector<std::string> paths, FindLogs(logs));
  EVX_ASSIGN_OR_RETURN(const recording::ReadReport before,
                       recording::ReadRecording(folder, {.until = Timestamp()},
                                                [](const recording::Block&, std::size_t) {}));
  if (before.segment_count > 0) {
    return FailedPrecondition(folder + " holds a recording; import makes a new one");
  }
  EVX_ASSIGN_OR_RETURN(const std::unique_ptr<RecordingWriter> writer,
                       RecordingWriter::Open(folder));
  std::vector<Log> open;
  std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns;
  const auto advance = [&](std::size_t place) -> absl::Status {
    EVX_RETURN_IF_ERROR(open[place].Advance());
    if (open[place].head) turns.emplace(open[place].head->frame.received, place);
    return absl::OkStatus();
  };
  for (const std::string& path : paths) {
    EVX_ASSIGN_OR_RETURN(Log log, OpenLog(path));
    open.push_back(std::move(log));
    EVX_RETURN_IF_ERROR(advance(open.size() - 1));
  }
  absl::flat_hash_map<std::pair<std::size_t, std::string>, std::uint32_t> connections;
  while (!turns.empty()) {
    const std::size_t place = turns.top().second;
    turns.pop();
    LoggedFrame& head = *open[place].head;
    if (!head.has_connection) {
      const auto next = static_cast<std::uint32_t>(connections.size());
      const std::string ticker(MarketTickerOf(head.frame.bytes));
      head.frame.connection = connections.try_emplace({place, ticker}, next).first->second;
    }
    EVX_RETURN_IF_ERROR(writer->Append(head.frame));
    digest.Add(head.frame);
    EVX_RETURN_IF_ERROR(advance(place));
  }
  EVX_RETURN_IF_ERROR(writer->Seal());
  return ImportReport{paths.size()};
}

}  // namespace evx::market_data
