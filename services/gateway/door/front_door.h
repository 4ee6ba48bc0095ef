#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "config.h"
#include "evx/net/http_server.h"
#include "evx/service/ops_handler.h"

namespace evx::gateway {

// What answers a request; on an I/O thread, so it must not wait.
using HttpHandler = std::function<void(net::HttpRequest& request, net::HttpResponder responder)>;

// Requests whose path begins so are of this handler.
struct HttpRoute {
  std::string_view path_prefix;
  HttpHandler handler;
};

// Connections besides the WebSockets: of the REST API, of scrapes, and those that have said
// nothing.
inline constexpr std::size_t kHttpConnectionsMax = 1'000;

// The HTTP listener: the WebSocket, the REST API and the operations endpoints on one port. The
// longest prefix that fits wins; what nothing fits is answered 404.
// Above --clients_max and kHttpConnectionsMax connections a further one gets 503 and is closed.
absl::StatusOr<std::unique_ptr<net::HttpServer>> ServeHttp(const GatewayConfig& config,
                                                           net::WebSocketOptions websocket,
                                                           const service::OpsHandler& ops,
                                                           std::vector<HttpRoute> routes);

}  // namespace evx::gateway
