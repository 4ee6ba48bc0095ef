#include "rest/rest_door.h"

#include <string>
#include <utility>

#include "evx/core/status.h"

namespace evx::order_book_rebuilder {

absl::StatusOr<std::unique_ptr<RestDoor>> RestDoor::Start(const RebuilderConfig& config,
                                                          const RestApi& api, LiveDoor& live,
                                                          const service::OpsHandler& ops) {
  std::unique_ptr<RestDoor> door(new RestDoor(api, ops));
  net::HttpServer::Options options;
  options.address = config.http_host;
  options.port = config.http_port;
  options.thread_count = config.http_threads;
  options.websocket = LiveDoor::SessionOptions();
  EVX_ASSIGN_OR_RETURN(
      door->server_, net::HttpServer::Start(std::move(options), [door = door.get(), &live](
                                                                    net::HttpRequest& request,
                                                                    net::HttpResponder responder) {
        if (LiveDoor::Takes(request.path())) return live.Accept(request, std::move(responder));
        responder.Send(door->Handle(request));
      }));
  live.Attach(*door->server_);
  return door;
}

net::HttpResponse RestDoor::Handle(const net::HttpRequest& request) const {
  if (auto answer = ops_.Handle(request)) return *std::move(answer);
  return api_.Handle(request);
}

}  // namespace evx::order_book_rebuilder
