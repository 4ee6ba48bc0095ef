#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "config.h"
#include "evx/net/http_server.h"
#include "evx/service/ops_handler.h"
#include "live/live_door.h"
#include "rest/rest_api.h"

namespace evx::order_book_rebuilder {

// The HTTP listener: the REST API, the WebSockets and the operations endpoints on one port.
class RestDoor {
 public:
  // `api`, `live` and `ops` outlive the door.
  static absl::StatusOr<std::unique_ptr<RestDoor>> Start(const RebuilderConfig& config,
                                                         const RestApi& api, LiveDoor& live,
                                                         const service::OpsHandler& ops);

  std::uint16_t port() const { return server_->port(); }
  bool Drain(absl::Duration timeout) { return server_->Drain(timeout); }

 private:
  RestDoor(const RestApi& api, const service::OpsHandler& ops) : api_(api), ops_(ops) {}
  net::HttpResponse Handle(const net::HttpRequest& request) const;

  const RestApi& api_;
  const service::OpsHandler& ops_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace evx::order_book_rebuilder
