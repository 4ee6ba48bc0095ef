#include "segment_files.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::recording {

absl::StatusOr<std::vector<std::string>> FindSegments(const std::string& folder) {
  std::vector<std::string> stems;
  std::error_code error;
  std::filesystem::directory_iterator entries(folder, error);
  for (; !error && entries != std::filesystem::directory_iterator(); entries.increment(error)) {
    std::string path = entries->path().string();
    if (!path.ends_with(kSegmentSuffix)) continue;
    path.resize(path.size() - kSegmentSuffix.size());
    stems.push_back(std::move(path));
  }
  if (error == std::errc::no_such_file_or_directory) {
    return NotFound(absl::StrFormat("there is no recording %s", folder));
  }
  if (error) {
    return FailedPrecondition(
        absl::StrFormat("cannot read recording %s: %s", folder, error.message()));
  }
  std::sort(stems.begin(), stems.end());
  return stems;
}

std::string WithSuffix(const std::string& stem, std::string_view suffix) {
  return stem + std::string(suffix);
}

std::string_view SegmentName(std::string_view stem) {
  const std::size_t slash = stem.rfind('/');
  return slash == std::string_view::npos ? stem : stem.substr(slash + 1);
}

std::string ReadFile(const std::string& path, std::uint64_t offset, std::uint64_t size_max) {
  const std::uint64_t size = FileSize(path);
  if (size <= offset) return {};
  std::ifstream stream(path, std::ios::binary);
  stream.seekg(static_cast<std::streamoff>(offset));
  std::string bytes(std::min(size - offset, size_max), '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(std::max<std::streamsize>(stream.gcount(), 0)));
  return bytes;
}

std::uint64_t FileSize(const std::string& path) {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  return error ? 0 : static_cast<std::uint64_t>(size);
}

}  // namespace evx::recording
