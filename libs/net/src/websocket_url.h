#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace evx::net {

struct WebSocketUrl {
  bool is_secure = false;
  std::string host;
  std::string port;
  std::string path;
  // As the Host header has it.
  std::string authority;
};

// "ws[s]://host[:port]/path"; INVALID_ARGUMENT for any other form.
absl::StatusOr<WebSocketUrl> ParseWebSocketUrl(std::string_view text);

}  // namespace evx::net
