#include "door/front_door.h"

#include <string>

#include "rest/rest_error.h"

namespace evx::gateway {
namespace {

// The streams live on this one thread; what waits for others is done elsewhere.
constexpr int kThreadCount = 1;

net::HttpResponse NotFound() { return ToResponse({404, "NotFound", "there is no such path"}); }

const HttpRoute* FindRoute(const std::vector<HttpRoute>& routes, std::string_view path) {
  const HttpRoute* found = nullptr;
  for (const HttpRoute& route : routes) {
    if (!path.starts_with(route.path_prefix)) continue;
    if (found == nullptr || route.path_prefix.size() > found->path_prefix.size()) found = &route;
  }
  return found;
}

}  // namespace

absl::StatusOr<std::unique_ptr<net::HttpServer>> ServeHttp(const GatewayConfig& config,
                                                           net::WebSocketOptions websocket,
                                                           const service::OpsHandler& ops,
                                                           std::vector<HttpRoute> routes) {
  net::HttpServer::Options options;
  options.address = config.http_host;
  options.port = config.http_port;
  options.thread_count = kThreadCount;
  options.max_connections = static_cast<std::size_t>(config.clients_max) + kHttpConnectionsMax;
  options.websocket = std::move(websocket);
  options.error_response = [](const net::HttpError& error) {
    return ToResponse({error.status, "BadHttp", std::string(error.reason)});
  };
  return net::HttpServer::Start(
      std::move(options),
      [&ops, routes = std::move(routes)](net::HttpRequest& request, net::HttpResponder responder) {
        if (auto answer = ops.Handle(request)) return responder.Send(*std::move(answer));
        const HttpRoute* const route = FindRoute(routes, request.path());
        if (route == nullptr) return responder.Send(NotFound());
        route->handler(request, std::move(responder));
      });
}

}  // namespace evx::gateway
