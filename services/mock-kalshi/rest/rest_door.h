#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "config.h"
#include "evx/net/http_server.h"
#include "evx/service/ops_handler.h"
#include "exchange/exchange_context.h"
#include "rest/rest_router.h"
#include "websocket/websocket_door.h"

namespace evx::mock_kalshi {

// The public HTTP listener: the REST API, the WebSocket and the ops endpoints on one port.
class RestDoor {
 public:
  // `context`, `ops` and `websocket`, which is null where there is none, outlive the door.
  static absl::StatusOr<std::unique_ptr<RestDoor>> Start(const MockKalshiConfig& config,
                                                         const ExchangeContext& context,
                                                         const service::OpsHandler& ops,
                                                         WebSocketDoor* websocket = nullptr);
  ~RestDoor();

  std::uint16_t port() const { return server_->port(); }
  const RestRouter& router() const { return router_; }
  net::HttpServerStats stats() const { return server_->stats(); }
  bool Drain(absl::Duration timeout) { return server_->Drain(timeout); }

 private:
  RestDoor(const MockKalshiConfig& config, const ExchangeContext& context,
           const service::OpsHandler& ops, WebSocketDoor* websocket);
  void Handle(net::HttpRequest& request, net::HttpResponder responder) const;

  const service::OpsHandler& ops_;
  WebSocketDoor* const websocket_;
  RestRouter router_;
  std::unique_ptr<net::HttpServer> server_;
};

// Bodies of the errors that the HTTP server itself answers, in the venue's form.
net::HttpResponse ServerErrorResponse(const net::HttpError& error);

}  // namespace evx::mock_kalshi
