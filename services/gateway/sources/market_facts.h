#pragma once

#include "evx/gateway/v1/market_views.pb.h"
#include "evx/kalshi/market_messages.h"

// What the venue's REST API says of a market, as the browser sees it.

namespace evx::gateway {

// `event` and `series` may be null: nothing is known of them then.
v1::Market ToMarket(const kalshi::Market& market, const kalshi::Event* event,
                    const kalshi::Series* series);
// Its prices, without a time: any that a topic tells are newer.
v1::MarketTicker ToTicker(const kalshi::Market& market);
v1::Trade ToTrade(const kalshi::Trade& trade);

}  // namespace evx::gateway
