#pragma once

#include "config.h"
#include "exchange/exchange_context.h"
#include "rest/rest_router.h"

// The public REST API, one file per area of rest.md: each function adds the routes of its area.
// Handlers decode, hand to the sequencer or read the read model and the history, and encode; they
// hold no trading rules. `context` outlives the router.

namespace evx::mock_kalshi {

void AddExchangeRoutes(RestRouter& router, const ExchangeContext& context,
                       venue::Schedule schedule);                          // rest_exchange.cc
void AddSeriesRoutes(RestRouter& router, const ExchangeContext& context);  // rest_series.cc
void AddEventRoutes(RestRouter& router, const ExchangeContext& context);   // rest_events.cc
void AddMarketRoutes(RestRouter& router, const ExchangeContext& context);  // rest_markets.cc
void AddCandlestickRoutes(RestRouter& router,
                          const ExchangeContext& context);  // rest_candlesticks.cc
void AddHistoricalRoutes(RestRouter& router, const ExchangeContext& context);  // rest_historical.cc
void AddDiscoveryRoutes(RestRouter& router, const ExchangeContext& context);   // rest_discovery.cc
void AddOrderRoutes(RestRouter& router, const ExchangeContext& context);       // rest_orders.cc
void AddOrderReadRoutes(RestRouter& router, const ExchangeContext& context);  // rest_order_reads.cc
void AddOrderGroupRoutes(RestRouter& router,
                         const ExchangeContext& context);  // rest_order_groups.cc
void AddPortfolioRoutes(RestRouter& router, const ExchangeContext& context);  // rest_portfolio.cc
void AddFundsRoutes(RestRouter& router, const ExchangeContext& context);      // rest_funds.cc
void AddAccountRoutes(RestRouter& router, const ExchangeContext& context);    // rest_account.cc
void AddLegacyOrderRoutes(RestRouter& router, const ExchangeContext& context,
                          LegacyOrders mode);  // rest_legacy_orders.cc
void AddUnsupportedRoutes(RestRouter& router,
                          const ExchangeContext& context);  // rest_unsupported.cc
// /evx/v1/{version,clock,unsupported} and /docs.
void AddEvxRoutes(RestRouter& router, const ExchangeContext& context);  // rest_evx.cc

}  // namespace evx::mock_kalshi
