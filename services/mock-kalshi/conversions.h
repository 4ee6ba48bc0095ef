#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "evx/kalshi/error_body.h"
#include "evx/kalshi/market_messages.h"
#include "evx/kalshi/order_messages.h"
#include "evx/kalshi/portfolio_messages.h"
#include "evx/kalshi/terms.h"
#include "evx/venue/reject_reason.h"
#include "evx/venue/types.h"
#include "exchange/exchange_context.h"
#include "exchange/sequencer.h"
#include "read_model/history.h"
#include "read_model/read_model.h"

// The venue's words to ours and back; the one place that knows both.

namespace evx::mock_kalshi {

venue::TimeInForce ToDomain(kalshi::TimeInForce time_in_force);
venue::SelfTradePrevention ToDomain(kalshi::SelfTradePrevention self_trade_prevention);
kalshi::SelfTradePrevention ToKalshi(venue::SelfTradePrevention self_trade_prevention);
kalshi::MarketStatus ToKalshi(venue::MarketStatus status);
kalshi::MarketResult ToKalshi(venue::MarketResult result);
kalshi::FeeType ToKalshi(venue::FeeType fee_type);
kalshi::OrderStatus ToKalshi(OrderStatus status);
std::optional<OrderStatus> ToDomain(kalshi::OrderStatus status);

// How REST answers each reject reason. A table test holds it.
kalshi::Error ToError(venue::RejectReason reason);
// How REST answers a command that was not applied: queue full 429, no space or stopping 503.
kalshi::Error ToError(const absl::Status& status);
// The error of an outcome; nothing when the exchange took the command.
std::optional<kalshi::Error> ErrorOf(const Outcome& outcome);

// `ticker` is the market's.
kalshi::Order ToKalshi(const OrderRow& row, std::string_view ticker, const WireIdCodec& wire_ids);
// Per contract, half-even; nothing for a quantity of 0.
std::optional<Money> AverageOver(Money total, Quantity quantity);
kalshi::CreateOrderResponse ToCreateResponse(const Outcome& outcome, const WireIdCodec& wire_ids);

}  // namespace evx::mock_kalshi
