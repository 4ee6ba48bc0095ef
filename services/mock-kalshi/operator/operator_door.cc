#include "operator/operator_door.h"

#include <utility>

#include "evx/core/status.h"
#include "operator/operator_routes.h"
#include "rest/rest_door.h"

namespace evx::mock_kalshi {

OperatorDoor::OperatorDoor(const ExchangeContext& context, ExchangeClock& clock)
    : router_({context.authenticator, context.rate_limiter, context.wall, Door::kOperator}) {
  AddRoutes(router_, context, clock);
}

void OperatorDoor::AddRoutes(RestRouter& router, const ExchangeContext& context,
                             ExchangeClock& clock) {
  AddOperatorCatalogueRoutes(router, context);
  AddOperatorMarketRoutes(router, context);
  AddOperatorAccountRoutes(router, context);
  AddOperatorExchangeRoutes(router, context, clock);
  AddOperatorTrackingRoutes(router, context);
  AddOperatorFaultRoutes(router, context);
}

absl::StatusOr<std::unique_ptr<OperatorDoor>> OperatorDoor::Start(const MockKalshiConfig& config,
                                                                  const ExchangeContext& context,
                                                                  ExchangeClock& clock) {
  std::unique_ptr<OperatorDoor> door(new OperatorDoor(context, clock));
  net::HttpServer::Options options;
  options.address = config.operator_address;
  options.port = config.operator_http_port;
  options.tls = {config.tls_certificate_file, config.tls_private_key_file};
  options.error_response = ServerErrorResponse;
  EVX_ASSIGN_OR_RETURN(
      door->server_,
      net::HttpServer::Start(std::move(options), [door = door.get()](net::HttpRequest& request,
                                                                     net::HttpResponder responder) {
        door->router_.Handle(request, std::move(responder));
      }));
  return door;
}

}  // namespace evx::mock_kalshi
