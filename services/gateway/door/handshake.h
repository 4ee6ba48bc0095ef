#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/net/http_message.h"

// What a request says about who sends it, before anything is asked of others.

namespace evx::gateway {

// The value of a cookie of the request's only Cookie header; empty: there is none. A cookie that
// comes twice counts as none.
std::string_view CookieOf(const net::HttpRequest& request, std::string_view name);

// Whether the page that sends the request may use the gateway. A browser names the page's origin
// with every WebSocket and with whatever changes something; who names none is no page.
bool IsOriginAllowed(const net::HttpRequest& request, const std::vector<std::string>& allowed);

// What the query of a WebSocket asks for.
struct SocketQuery {
  bool is_json = false;            // format=json
  bool subscribes_at_once = true;  // subscribe=none
};
// INVALID_ARGUMENT names the parameter.
absl::StatusOr<SocketQuery> ParseSocketQuery(std::string_view query);

}  // namespace evx::gateway
