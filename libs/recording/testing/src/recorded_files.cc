#include "evx/recording/testing/recorded_files.h"

#include <zlib.h>

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <memory>
#include <string_view>
#include <utility>

#include "evx/core/check.h"

namespace evx::recording::testing {
namespace {

constexpr std::string_view kBegin = "{\"recv_ms\":";
constexpr std::string_view kMiddle = ",\"event\":";

std::string ReadAll(const std::string& path) {
  const std::unique_ptr<gzFile_s, int (*)(gzFile)> file(gzopen(path.c_str(), "rb"), gzclose);
  EVX_CHECK(file != nullptr);
  std::string text;
  std::string piece(1 << 20, '\0');
  int size = 0;
  while ((size = gzread(file.get(), piece.data(), static_cast<unsigned>(piece.size()))) > 0) {
    text.append(piece, 0, static_cast<std::size_t>(size));
  }
  EVX_CHECK(size == 0);
  return text;
}

}  // namespace

std::vector<std::string> FindRecordedFiles(const std::string& folder) {
  std::vector<std::string> paths;
  std::error_code error;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder, error)) {
    if (entry.path().string().ends_with(".ndjson.gz")) paths.push_back(entry.path().string());
  }
  std::sort(paths.begin(), paths.end());
  return paths;
}

std::vector<RecordedFrame> ReadRecordedFile(const std::string& path) {
  const std::string text = ReadAll(path);
  std::vector<RecordedFrame> frames;
  std::string_view rest = text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    EVX_CHECK(end != std::string_view::npos);
    std::string_view line = rest.substr(0, end);
    rest.remove_prefix(end + 1);
    EVX_CHECK(line.starts_with(kBegin) && line.ends_with('}'));
    line.remove_prefix(kBegin.size());
    std::int64_t millis = 0;
    const auto parsed = std::from_chars(line.data(), line.data() + line.size(), millis);
    line.remove_prefix(static_cast<std::size_t>(parsed.ptr - line.data()));
    EVX_CHECK(parsed.ec == std::errc() && line.starts_with(kMiddle));
    line.remove_prefix(kMiddle.size());
    line.remove_suffix(1);
    frames.push_back({Timestamp::FromMillis(millis), std::string(line)});
  }
  return frames;
}

}  // namespace evx::recording::testing
