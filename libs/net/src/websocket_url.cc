#include "websocket_url.h"

#include "client_header.h"
#include "evx/core/status.h"

namespace evx::net {

absl::StatusOr<WebSocketUrl> ParseWebSocketUrl(std::string_view text) {
  const auto fault = [&] {
    return InvalidArgument("url " + std::string(text) +
                           " is not of the form ws[s]://host[:port]/path");
  };
  WebSocketUrl url;
  std::string_view rest = text;
  if (rest.starts_with("wss://")) {
    url.is_secure = true;
    rest.remove_prefix(6);
  } else if (rest.starts_with("ws://")) {
    rest.remove_prefix(5);
  } else {
    return fault();
  }
  const std::size_t path = rest.find('/');
  url.path = path == std::string_view::npos ? "/" : std::string(rest.substr(path));
  const std::string_view authority = rest.substr(0, path);
  if (HasControlCharacters(text) || text.find(' ') != std::string_view::npos ||
      authority.find_first_of("?#@") != std::string_view::npos) {
    return fault();
  }
  url.authority = authority;
  std::size_t host_end = authority.find(':');
  if (authority.starts_with('[')) {
    const std::size_t bracket = authority.find(']');
    if (bracket == std::string_view::npos) return fault();
    url.host = authority.substr(1, bracket - 1);
    host_end = bracket + 1;
  } else {
    url.host = authority.substr(0, host_end);
  }
  url.port = url.is_secure ? "443" : "80";
  if (host_end < authority.size()) {
    const std::string_view port = authority.substr(host_end + 1);
    if (authority[host_end] != ':' || port.empty() || port.size() > 5 ||
        port.find_first_not_of("0123456789") != std::string_view::npos) {
      return fault();
    }
    url.port = port;
  }
  if (url.host.empty()) return fault();
  return url;
}

}  // namespace evx::net
