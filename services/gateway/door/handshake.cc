#include "door/handshake.h"

#include <algorithm>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::gateway {
namespace {

constexpr std::size_t kShownBytesMax = 64;

std::string_view Trimmed(std::string_view text) {
  while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

// Cuts the part before `separator` off `rest`.
std::string_view TakePart(std::string_view& rest, char separator) {
  const std::size_t end = rest.find(separator);
  const std::string_view part = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return part;
}

}  // namespace

std::string_view CookieOf(const net::HttpRequest& request, std::string_view name) {
  std::string_view rest = request.SingleHeader("Cookie");
  std::string_view found;
  while (!rest.empty()) {
    const std::string_view part = Trimmed(TakePart(rest, ';'));
    const std::size_t equals = part.find('=');
    if (equals == std::string_view::npos || part.substr(0, equals) != name) continue;
    if (!found.empty()) return {};
    found = part.substr(equals + 1);
  }
  return found;
}

bool IsOriginAllowed(const net::HttpRequest& request, const std::vector<std::string>& allowed) {
  if (!request.HasHeader("Origin")) return true;
  const std::string_view origin = request.SingleHeader("Origin");
  return std::find(allowed.begin(), allowed.end(), origin) != allowed.end();
}

absl::StatusOr<SocketQuery> ParseSocketQuery(std::string_view query) {
  SocketQuery result;
  while (!query.empty()) {
    const std::string_view part = TakePart(query, '&');
    if (part == "format=json") {
      result.is_json = true;
    } else if (part == "subscribe=none") {
      result.subscribes_at_once = false;
    } else if (part != "format=protobuf") {
      return InvalidArgument(absl::StrFormat(
          "\"%s\" is no parameter; there are format=protobuf, format=json and subscribe=none",
          part.substr(0, kShownBytesMax)));
    }
  }
  return result;
}

}  // namespace evx::gateway
