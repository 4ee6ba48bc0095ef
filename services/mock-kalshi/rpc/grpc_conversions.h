#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <optional>
#include <string>
#include <string_view>

#include "evx/common/v1/common.pb.h"
#include "evx/core/clock.h"
#include "evx/core/sides.h"
#include "evx/events/v1/exchange_events.pb.h"
#include "evx/exchange/v1/exchange_service.pb.h"
#include "evx/venue/types.h"
#include "exchange/exchange_context.h"
#include "read_model/history.h"
#include "read_model/read_model.h"

// The words of the proto contracts to ours and back; the one place that knows both.

namespace evx::mock_kalshi {

// Nothing for unspecified or unknown values.
std::optional<BookSide> ToDomain(common::v1::BookSide side);
std::optional<venue::MarketStatus> ToDomain(common::v1::MarketStatus status);
// Unspecified is the default of the contract: good till canceled, taker at cross.
venue::TimeInForce ToDomain(common::v1::TimeInForce time_in_force);
venue::SelfTradePrevention ToDomain(common::v1::SelfTradePrevention self_trade_prevention);

common::v1::BookSide ToProto(BookSide side);
common::v1::TimeInForce ToProto(venue::TimeInForce time_in_force);
common::v1::MarketStatus ToProto(venue::MarketStatus status);
common::v1::MarketResult ToProto(venue::MarketResult result);
exchange::v1::OrderStatus ToProto(OrderStatus status);

google::protobuf::Timestamp ToProto(Timestamp time);
// Nothing outside the years 1970 to 2200.
std::optional<Timestamp> ToDomain(const google::protobuf::Timestamp& time);

exchange::v1::Order ToProto(const OrderRow& row, std::string_view ticker,
                            const WireIdCodec& wire_ids);
exchange::v1::Fill ToProto(const FillRow& row, std::string_view ticker,
                           const WireIdCodec& wire_ids);
exchange::v1::Settlement ToProto(const SettlementRow& row, std::string_view ticker);
exchange::v1::EquityMark ToProto(const MarkRow& row);
exchange::v1::Trade ToProto(const TradeRow& row, std::string_view ticker,
                            const WireIdCodec& wire_ids);
exchange::v1::Market ToProto(const MarketState& market, const ReadModel::State& state);

}  // namespace evx::mock_kalshi
