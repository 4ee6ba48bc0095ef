#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

// The files of a recording. A stem is a segment's path without suffix.

namespace evx::recording {

inline constexpr std::string_view kSegmentSuffix = ".evxseg";
inline constexpr std::string_view kTailSuffix = ".evxtail";

// Stems, oldest first. NOT_FOUND without the folder, FAILED_PRECONDITION where it cannot be read;
// both name it.
absl::StatusOr<std::vector<std::string>> FindSegments(const std::string& folder);

std::string WithSuffix(const std::string& stem, std::string_view suffix);

// "2026-08-11T00" of a stem.
std::string_view SegmentName(std::string_view stem);

// From there to where it ends at the call, `size_max` bytes at most; empty where there is no such
// file, or nothing behind.
std::string ReadFile(const std::string& path, std::uint64_t offset = 0,
                     std::uint64_t size_max = UINT64_MAX);

// 0 where there is no such file.
std::uint64_t FileSize(const std::string& path);

}  // namespace evx::recording
