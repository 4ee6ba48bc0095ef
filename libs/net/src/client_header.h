#pragma once

#include <algorithm>
#include <string_view>

#include "absl/status/status.h"
#include "evx/core/status.h"
#include "evx/net/http_message.h"

// What the clients check before they send.

namespace evx::net {

inline bool HasControlCharacters(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

inline absl::Status CheckRequestHeader(const HttpHeader& header) {
  if (header.name.empty() || HasControlCharacters(header.name) ||
      header.name.find_first_of(" :") != std::string::npos || HasControlCharacters(header.value)) {
    return InvalidArgument("malformed request header " + header.name);
  }
  return absl::OkStatus();
}

}  // namespace evx::net
