#include "rest/rest_door.h"

#include <string>
#include <utility>

#include "evx/core/status.h"
#include "evx/kalshi/error_body.h"
#include "rest/rest_routes.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::size_t kConnectionsMax = 20'000;

}  // namespace

net::HttpResponse ServerErrorResponse(const net::HttpError& error) {
  kalshi::Error body;
  body.http_status = error.status;
  body.form = error.status == 400 ? kalshi::ErrorForm::kFlat : kalshi::ErrorForm::kNested;
  body.code = error.status == 400 ? "bad_request" : "http_error";
  body.message = std::string(net::ReasonPhrase(error.status));
  body.details = std::string(error.reason);
  net::HttpResponse response;
  response.status = error.status;
  response.body = kalshi::ErrorBody(body);
  return response;
}

RestDoor::RestDoor(const MockKalshiConfig& config, const ExchangeContext& context,
                   const service::OpsHandler& ops, WebSocketDoor* websocket)
    : ops_(ops),
      websocket_(websocket),
      router_({context.authenticator, context.rate_limiter, context.wall, Door::kRest,
               &context.faults}) {
  AddExchangeRoutes(router_, context, config.schedule);
  AddSeriesRoutes(router_, context);
  AddEventRoutes(router_, context);
  AddMarketRoutes(router_, context);
  AddCandlestickRoutes(router_, context);
  AddHistoricalRoutes(router_, context);
  AddDiscoveryRoutes(router_, context);
  AddOrderRoutes(router_, context);
  AddOrderReadRoutes(router_, context);
  AddOrderGroupRoutes(router_, context);
  AddPortfolioRoutes(router_, context);
  AddFundsRoutes(router_, context);
  AddAccountRoutes(router_, context);
  AddLegacyOrderRoutes(router_, context, config.legacy_orders);
  AddUnsupportedRoutes(router_, context);
  AddEvxRoutes(router_, context);
  if (websocket_ != nullptr) websocket_->AddRoute(router_);
}

RestDoor::~RestDoor() {
  if (websocket_ != nullptr) websocket_->Detach();
}

absl::StatusOr<std::unique_ptr<RestDoor>> RestDoor::Start(const MockKalshiConfig& config,
                                                          const ExchangeContext& context,
                                                          const service::OpsHandler& ops,
                                                          WebSocketDoor* websocket) {
  std::unique_ptr<RestDoor> door(new RestDoor(config, context, ops, websocket));
  net::HttpServer::Options options;
  options.address = config.address;
  options.port = config.http_port;
  options.thread_count = config.http_threads;
  options.tls = {config.tls_certificate_file, config.tls_private_key_file};
  options.max_connections = kConnectionsMax;
  options.websocket = WebSocketDoor::SessionOptions();
  options.error_response = ServerErrorResponse;
  EVX_ASSIGN_OR_RETURN(
      door->server_,
      net::HttpServer::Start(std::move(options), [door = door.get()](net::HttpRequest& request,
                                                                     net::HttpResponder responder) {
        door->Handle(request, std::move(responder));
      }));
  if (websocket != nullptr) websocket->Attach(*door->server_);
  return door;
}

void RestDoor::Handle(net::HttpRequest& request, net::HttpResponder responder) const {
  if (auto answer = ops_.Handle(request)) return responder.Send(*std::move(answer));
  router_.Handle(request, std::move(responder));
}

}  // namespace evx::mock_kalshi
