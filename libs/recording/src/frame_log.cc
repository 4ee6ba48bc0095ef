#include "evx/recording/frame_log.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::recording {
namespace {

constexpr std::string_view kNanos = "{\"recv_ns\":";
constexpr std::string_view kMillis = "{\"recv_ms\":";
constexpr std::string_view kConnection = ",\"connection\":";
constexpr std::string_view kEvent = ",\"event\":";
constexpr std::string_view kHex = ",\"hex\":\"";
constexpr std::string_view kHexDigits = "0123456789abcdef";
constexpr std::int64_t kNanosPerMilli = 1'000'000;
// Bytes read from the file at once.
constexpr std::size_t kPieceBytes = 256u << 10;

bool StandsInLine(std::string_view frame) {
  return frame.starts_with('{') && frame.ends_with('}') &&
         frame.find_first_of("\r\n") == std::string_view::npos;
}

bool Take(std::string_view& rest, std::string_view prefix) {
  if (!rest.starts_with(prefix)) return false;
  rest.remove_prefix(prefix.size());
  return true;
}

template <class Integer>
bool TakeNumber(std::string_view& rest, Integer& value) {
  const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), value);
  if (parsed.ec != std::errc()) return false;
  rest.remove_prefix(static_cast<std::size_t>(parsed.ptr - rest.data()));
  return true;
}

bool DecodeHex(std::string_view text, std::string& out) {
  out.clear();
  if (text.size() % 2 != 0) return false;
  for (std::size_t i = 0; i < text.size(); i += 2) {
    const std::size_t high = kHexDigits.find(text[i]);
    const std::size_t low = kHexDigits.find(text[i + 1]);
    if (high == std::string_view::npos || low == std::string_view::npos) return false;
    out.push_back(static_cast<char>(high * 16 + low));
  }
  return true;
}

// Nothing where the line has another form. `storage` holds a frame that was written in hex.
std::optional<LoggedFrame> ParseLine(std::string_view line, std::string& storage) {
  LoggedFrame logged;
  Frame& frame = logged.frame;
  std::int64_t time = 0;
  const bool is_millis = line.starts_with(kMillis);
  if (!Take(line, is_millis ? kMillis : kNanos) || !TakeNumber(line, time) || time < 0) {
    return std::nullopt;
  }
  if (is_millis && time > INT64_MAX / kNanosPerMilli) return std::nullopt;
  frame.received = is_millis ? Timestamp::FromMillis(time) : Timestamp::FromNanos(time);
  logged.has_connection = Take(line, kConnection);
  if (logged.has_connection && !TakeNumber(line, frame.connection)) return std::nullopt;
  if (!line.ends_with('}')) return std::nullopt;
  line.remove_suffix(1);
  if (Take(line, kEvent)) {
    frame.bytes = line;
    return logged;
  }
  if (!Take(line, kHex) || !line.ends_with('"')) return std::nullopt;
  line.remove_suffix(1);
  if (!DecodeHex(line, storage)) return std::nullopt;
  frame.bytes = storage;
  return logged;
}

}  // namespace

void AppendFrameLogLine(const Frame& frame, std::string& out) {
  out += kNanos;
  out += std::to_string(frame.received.nanos());
  out += kConnection;
  out += std::to_string(frame.connection);
  if (StandsInLine(frame.bytes)) {
    out += kEvent;
    out += frame.bytes;
    out += "}\n";
    return;
  }
  out += kHex;
  for (const char c : frame.bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kHexDigits[byte >> 4]);
    out.push_back(kHexDigits[byte & 15]);
  }
  out += "\"}\n";
}

struct FrameLogReader::State {
  State(gzFile opened, std::string name) : file(opened, gzclose), path(std::move(name)) {}

  std::unique_ptr<gzFile_s, int (*)(gzFile)> file;
  std::string path;
  // What was read; lines before `begin` are done with.
  std::string buffer;
  std::size_t begin = 0;
  bool at_end = false;
  std::size_t line_count = 0;
  std::string storage;

  absl::Status Fill();
};

absl::Status FrameLogReader::State::Fill() {
  buffer.erase(0, begin);
  begin = 0;
  if (buffer.size() > kFrameLogLineBytesMax) {
    return InvalidArgument(absl::StrFormat("%s: line %d is longer than %d bytes", path,
                                           line_count + 1, kFrameLogLineBytesMax));
  }
  const std::size_t size = buffer.size();
  buffer.resize(size + kPieceBytes);
  const int count = gzread(file.get(), buffer.data() + size, kPieceBytes);
  buffer.resize(size + static_cast<std::size_t>(std::max(count, 0)));
  int error = Z_OK;
  gzerror(file.get(), &error);
  if (count < 0 || (error != Z_OK && error != Z_STREAM_END)) {
    return DataLoss(absl::StrFormat("%s: damaged or cut short after line %d", path, line_count));
  }
  at_end = count == 0;
  return absl::OkStatus();
}

FrameLogReader::FrameLogReader(std::unique_ptr<State> state) : state_(std::move(state)) {}
FrameLogReader::FrameLogReader(FrameLogReader&&) noexcept = default;
FrameLogReader& FrameLogReader::operator=(FrameLogReader&&) noexcept = default;
FrameLogReader::~FrameLogReader() = default;

absl::StatusOr<FrameLogReader> FrameLogReader::Open(const std::string& path) {
  const gzFile file = gzopen(path.c_str(), "rb");
  if (file == nullptr) return NotFound("cannot open " + path);
  return FrameLogReader(std::make_unique<State>(file, path));
}

absl::StatusOr<std::optional<LoggedFrame>> FrameLogReader::Next() {
  State& state = *state_;
  std::size_t end = state.buffer.find('\n', state.begin);
  while (end == std::string::npos && !state.at_end) {
    const std::size_t searched = state.buffer.size() - state.begin;
    EVX_RETURN_IF_ERROR(state.Fill());
    end = state.buffer.find('\n', searched);
  }
  if (end == std::string::npos) end = state.buffer.size();
  if (state.begin >= state.buffer.size()) return std::optional<LoggedFrame>();
  const std::string_view line =
      std::string_view(state.buffer).substr(state.begin, end - state.begin);
  ++state.line_count;
  state.begin = std::min(end + 1, state.buffer.size());
  const std::optional<LoggedFrame> frame = ParseLine(line, state.storage);
  if (!frame) {
    return InvalidArgument(absl::StrFormat("%s: line %d is no received frame: %s", state.path,
                                           state.line_count, line.substr(0, 80)));
  }
  return frame;
}

std::vector<std::string> FindFrameLogs(const std::string& path) {
  std::error_code error;
  if (std::filesystem::is_regular_file(path, error)) return {path};
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(path, error)) {
    std::string name = entry.path().string();
    if (name.ends_with(".ndjson") || name.ends_with(".ndjson.gz")) paths.push_back(std::move(name));
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

}  // namespace evx::recording
