#pragma once

#include <optional>
#include <string_view>

#include "catalogue/catalogue_facts.h"
#include "evx/core/clock.h"
#include "evx/kalshi/websocket_messages.h"
#include "evx/venue/types.h"
#include "exchange/wire_id.h"
#include "read_model/read_model.h"

// The state of the exchange as the messages of the WebSocket channels say it. What takes a State is
// called under ReadModel::Read.

namespace evx::mock_kalshi {

// The venue's word for why an order left the book. It has none for a user's own cancel, which it
// reports like a decrease; ours follows it for everything that the user asked for.
kalshi::LastUpdateReason ReasonOf(venue::CancelReason reason);

kalshi::UserOrderUpdate ToUpdate(const OrderRow& order, std::string_view ticker,
                                 const WireIdCodec& wire_ids,
                                 std::optional<kalshi::LastUpdateReason> reason);
kalshi::MarketPositionUpdate ToUpdate(const PositionState& position, std::string_view ticker,
                                      const WireIdCodec& wire_ids);

// Every level; with `use_yes_price` the NO side at $1 minus its prices.
kalshi::OrderbookSnapshot ToSnapshot(const MarketState& market, const WireIdCodec& wire_ids,
                                     bool use_yes_price);
kalshi::TickerUpdate ToTicker(const MarketState& market, const WireIdCodec& wire_ids,
                              Timestamp time);

kalshi::EventLifecycleUpdate ToLifecycle(const ReadModel::State& state, const EventState& event,
                                         const CatalogueFacts& facts);
// `created` and `metadata_updated`, without the ticker.
kalshi::MarketLifecycleUpdate ToCreated(const ReadModel::State& state, const MarketState& market,
                                        const CatalogueFacts& facts);
kalshi::MarketLifecycleUpdate ToMetadataUpdated(const MarketState& market,
                                                const CatalogueFacts& facts);

}  // namespace evx::mock_kalshi
