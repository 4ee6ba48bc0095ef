#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "config.h"
#include "evx/net/http_server.h"
#include "exchange/exchange_clock.h"
#include "exchange/exchange_context.h"
#include "rest/rest_router.h"

namespace evx::mock_kalshi {

// The operator's own HTTP listener: /evx/v1/admin, signed like the public API, by keys of the first
// account only. On loopback unless --operator_address says otherwise; the public port knows nothing
// of it.
class OperatorDoor {
 public:
  // Context and clock outlive the door.
  static absl::StatusOr<std::unique_ptr<OperatorDoor>> Start(const MockKalshiConfig& config,
                                                             const ExchangeContext& context,
                                                             ExchangeClock& clock);

  // Every route of the operator API; for tests without sockets.
  static void AddRoutes(RestRouter& router, const ExchangeContext& context, ExchangeClock& clock);

  std::uint16_t port() const { return server_->port(); }
  bool Drain(absl::Duration timeout) { return server_->Drain(timeout); }

 private:
  OperatorDoor(const ExchangeContext& context, ExchangeClock& clock);

  RestRouter router_;
  std::unique_ptr<net::HttpServer> server_;
};

}  // namespace evx::mock_kalshi
