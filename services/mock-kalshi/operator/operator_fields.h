#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/strings/str_format.h"
#include "evx/kalshi/decoded.h"
#include "evx/kalshi/error_body.h"

// How the files behind operator_commands.h refuse a field: its name, its value, the limit.

namespace evx::mock_kalshi {

inline kalshi::Error WrongField(std::string_view field, std::string_view fault) {
  return kalshi::MakeError(kalshi::error::kInvalidParameters,
                           std::string(field) + " " + std::string(fault));
}

inline std::optional<kalshi::Error> CheckSize(std::string_view field, std::string_view text,
                                              std::size_t size_max) {
  if (text.size() <= size_max) return std::nullopt;
  return WrongField(field, absl::StrFormat("has %d bytes, more than %d", text.size(), size_max));
}

inline std::optional<kalshi::Error> CheckRange(std::string_view field, std::int64_t value,
                                               std::int64_t min, std::int64_t max) {
  if (value >= min && value <= max) return std::nullopt;
  return WrongField(field, absl::StrFormat("%d is outside %d to %d", value, min, max));
}

}  // namespace evx::mock_kalshi
