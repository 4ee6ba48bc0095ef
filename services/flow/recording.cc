#include "recording.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>

#include "evx/core/money.h"
#include "evx/core/status.h"

namespace evx::flow {
namespace {

constexpr std::string_view kMagic = "evx-recording 1\n";
constexpr std::string_view kSuffix = ".evxrec";
constexpr std::uint64_t kLevelCountMax = 20'000;

class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes) {}
  bool done() const { return bytes_.empty(); }

  std::optional<std::uint64_t> Varint() {
    std::uint64_t value = 0;
    for (int shift = 0; shift < 63; shift += 7) {
      if (bytes_.empty()) return std::nullopt;
      const auto byte = static_cast<std::uint8_t>(bytes_.front());
      bytes_.remove_prefix(1);
      value |= std::uint64_t{byte & 0x7fU} << shift;
      if (byte < 0x80) return value;
    }
    return std::nullopt;
  }

 private:
  std::string_view bytes_;
};

std::int64_t Unzigzag(std::uint64_t value) {
  return static_cast<std::int64_t>(value >> 1) ^ -static_cast<std::int64_t>(value & 1);
}

std::optional<LevelKey> ToLevel(std::uint64_t value) {
  LevelKey level;
  level.side = (value & 1) == 0 ? BookSide::kBid : BookSide::kAsk;
  if (value / 2 > Price::kDollarMicros / Price::kGranularityMicros) return std::nullopt;
  level.price_micros = static_cast<std::int64_t>(value / 2) * Price::kGranularityMicros;
  return level;
}

// Level and quantity, as every kind of frame has them.
struct Entry {
  LevelKey level;
  std::uint64_t quantity = 0;
};

std::optional<Entry> TakeEntry(Reader& reader) {
  const auto level_bits = reader.Varint();
  const auto quantity = reader.Varint();
  if (!level_bits || !quantity || *quantity > (std::uint64_t{1} << 50)) return std::nullopt;
  const auto level = ToLevel(*level_bits);
  if (!level) return std::nullopt;
  return Entry{*level, *quantity};
}

bool TakeFrame(Reader& reader, std::uint64_t kind, Frame& frame) {
  switch (kind) {
    case 0: {
      const auto entry = TakeEntry(reader);
      if (!entry) return false;
      frame.what = DeltaFrame{entry->level, Unzigzag(entry->quantity)};
      return true;
    }
    case 1: {
      const auto entry = TakeEntry(reader);
      if (!entry) return false;
      frame.what = TradeFrame{entry->level.side, entry->level.price_micros,
                              static_cast<std::int64_t>(entry->quantity)};
      return true;
    }
    case 2: {
      const auto count = reader.Varint();
      if (!count || *count > kLevelCountMax) return false;
      SnapshotFrame snapshot;
      for (std::uint64_t i = 0; i < *count; ++i) {
        const auto entry = TakeEntry(reader);
        if (!entry) return false;
        snapshot.levels.emplace_back(entry->level, static_cast<std::int64_t>(entry->quantity));
      }
      frame.what = std::move(snapshot);
      return true;
    }
    default:
      return false;
  }
}

absl::Status ReadHeader(std::string_view text, Recording& recording) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  if (!json.is_object()) return DataLoss("recording: the header is no JSON object");
  const auto read_text = [&json](const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
  };
  const auto read_integer = [&json](const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_number_integer() ? found->get<std::int64_t>() : 0;
  };
  recording.market_ticker = read_text("market_ticker");
  recording.event_ticker = read_text("event_ticker");
  recording.series_ticker = read_text("series_ticker");
  recording.price_level_structure = read_text("price_level_structure");
  recording.expiration_value = read_text("expiration_value");
  recording.open_time_ms = read_integer("open_time_ms");
  recording.close_time_ms = read_integer("close_time_ms");
  recording.settlement_value_micros = read_integer("settlement_value_micros");
  const std::string result = read_text("result");
  recording.result = result == "yes"  ? RecordedResult::kYes
                     : result == "no" ? RecordedResult::kNo
                                      : RecordedResult::kScalar;
  if (recording.market_ticker.empty() || recording.event_ticker.empty() ||
      recording.series_ticker.empty() || recording.close_time_ms <= recording.open_time_ms) {
    return DataLoss("recording: the header lacks tickers or times");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Recording> DecodeRecording(std::string_view bytes) {
  if (!bytes.starts_with(kMagic)) return DataLoss("recording: not a recording of version 1");
  bytes.remove_prefix(kMagic.size());
  const std::size_t newline = bytes.find('\n');
  if (newline == std::string_view::npos) return DataLoss("recording: no header");
  Recording recording;
  EVX_RETURN_IF_ERROR(ReadHeader(bytes.substr(0, newline), recording));
  Reader reader(bytes.substr(newline + 1));
  std::int64_t time_ms = recording.open_time_ms;
  while (!reader.done()) {
    const auto head = reader.Varint();
    Frame frame;
    if (!head || !TakeFrame(reader, *head % 4, frame)) {
      return DataLoss("recording: frame " + std::to_string(recording.frames.size() + 1) +
                      " is damaged");
    }
    time_ms += Unzigzag(*head / 4);
    frame.time_ms = time_ms;
    recording.frames.push_back(std::move(frame));
  }
  return recording;
}

absl::StatusOr<Recording> ReadRecording(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return NotFound("recording " + path + " cannot be read");
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  auto recording = DecodeRecording(bytes);
  if (!recording.ok()) return DataLoss(path + ": " + MessageOf(recording.status()));
  return recording;
}

absl::StatusOr<std::vector<std::string>> ListRecordings(const std::string& directory) {
  std::error_code error;
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::directory_iterator(directory, error)) {
    if (entry.path().extension() == kSuffix) paths.push_back(entry.path().string());
  }
  if (error) return NotFound("--recordings: " + directory + ": " + error.message());
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<Millisecond> ByMillisecond(const Recording& recording) {
  std::vector<Millisecond> result;
  // Frames after a snapshot describe the book from there on: each snapshot starts a new stretch.
  std::map<std::int64_t, Millisecond> stretch;
  bool started = false;
  const auto flush = [&] {
    for (auto& [time, millisecond] : stretch) result.push_back(std::move(millisecond));
    stretch.clear();
  };
  for (const Frame& frame : recording.frames) {
    if (const auto* snapshot = std::get_if<SnapshotFrame>(&frame.what)) {
      flush();
      Millisecond resync;
      resync.time_ms = frame.time_ms;
      resync.is_resync = true;
      resync.snapshot = *snapshot;
      result.push_back(std::move(resync));
      started = true;
      continue;
    }
    if (!started) continue;
    Millisecond& millisecond = stretch[frame.time_ms];
    millisecond.time_ms = frame.time_ms;
    if (const auto* delta = std::get_if<DeltaFrame>(&frame.what)) {
      millisecond.deltas.push_back(*delta);
    } else {
      millisecond.trades.push_back(std::get<TradeFrame>(frame.what));
    }
  }
  flush();
  while (!result.empty() && result.back().deltas.empty()) result.pop_back();
  return result;
}

}  // namespace evx::flow
