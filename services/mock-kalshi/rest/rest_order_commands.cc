#include "rest/rest_order_commands.h"

#include "evx/core/arithmetic.h"
#include "evx/core/price_grid.h"
#include "evx/kalshi/queries.h"

namespace evx::mock_kalshi {

using kalshi::Decoded;

namespace {

std::optional<kalshi::Error> CheckRouting(const ExchangeContext& context,
                                          std::optional<std::int32_t> exchange_index,
                                          const std::optional<std::string>& market_ticker) {
  if (!market_ticker) return CheckExchangeIndex(exchange_index);
  const auto market = FindMarketForOrder(context, *market_ticker, exchange_index);
  return market.ok() ? std::nullopt : std::optional(market.error());
}

// The limit at which the whole order costs just under `cost`; nothing when no valid price is that
// low.
std::optional<Price> LimitWithin(Money cost, BookSide side, Quantity quantity,
                                 const PriceGrid& grid) {
  const std::int64_t paid = DivideFloor(Multiply(cost.micros(), 100), quantity.centis());
  if (paid >= Price::kDollarMicros) return side == BookSide::kBid ? grid.highest() : grid.lowest();
  const Price most = Price::FromMicros(paid);
  const auto tick =
      side == BookSide::kBid ? grid.FloorIndex(most) : grid.CeilIndex(most.Complement());
  return tick ? std::optional(grid.PriceAt(*tick)) : std::nullopt;
}

}  // namespace

CostBound BoundCost(venue::CreateOrder& command, Money most, const ExchangeContext& context) {
  const bool is_bid = command.side == BookSide::kBid;
  const Price limit = Price::FromMicros(command.price_micros);
  const Price paid = is_bid ? limit : limit.Complement();
  if (paid * command.quantity <= most) return CostBound::kWithin;
  const PriceGrid grid = context.read_model.Read(
      [&](const ReadModel::State& state) { return state.At(command.market).grid; });
  const auto lowered = LimitWithin(most, command.side, command.quantity, grid);
  if (!lowered) return CostBound::kImpossible;
  command.price_micros = lowered->micros();
  return CostBound::kLowered;
}

venue::ClientOrderId ToClientOrderId(const std::optional<std::string>& text) {
  return text ? venue::ClientOrderId(*text) : venue::ClientOrderId();
}

Decoded<venue::CreateOrder> ToCreateCommand(const kalshi::CreateOrderRequest& request,
                                            const Principal& principal,
                                            const ExchangeContext& context) {
  venue::CreateOrder command;
  command.account = principal.account;
  const auto subaccount = ResolveSubaccount(principal, request.subaccount);
  if (!subaccount.ok()) return subaccount.error();
  command.subaccount = *subaccount;
  const auto market = FindMarketForOrder(context, request.ticker, request.exchange_index);
  if (!market.ok()) return market.error();
  command.market = *market;
  command.side = request.side;
  command.time_in_force = ToDomain(request.time_in_force);
  command.self_trade_prevention = ToDomain(request.self_trade_prevention);
  command.post_only = request.post_only;
  command.reduce_only = request.reduce_only;
  command.cancel_on_pause = request.cancel_order_on_pause;
  command.price_micros = request.price.micros();
  command.quantity = request.count;
  command.expiration = request.expiration_time;
  if (request.order_group_id) {
    const auto group = context.wire_ids.DecodeOrderGroup(*request.order_group_id);
    if (!group) return ToError(venue::RejectReason::kUnknownOrderGroup);
    command.order_group = *group;
  }
  command.client_order_id = ToClientOrderId(request.client_order_id);
  return command;
}

Decoded<OrderId> DecodeOrderId(const ExchangeContext& context, std::string_view text) {
  const auto order_id = context.wire_ids.DecodeOrder(text);
  if (!order_id) return kalshi::MakeError(kalshi::error::kNotFound);
  return *order_id;
}

Decoded<venue::CancelOrder> ToCancelCommand(const ExchangeContext& context,
                                            const Principal& principal,
                                            const kalshi::CancelOrderItem& item) {
  if (const auto wrong = CheckRouting(context, item.exchange_index, item.market_ticker)) {
    return *wrong;
  }
  const auto resolved = ResolveSubaccount(principal, item.subaccount);
  if (!resolved.ok()) return resolved.error();
  const auto id = DecodeOrderId(context, item.order_id);
  if (!id.ok()) return id.error();
  venue::CancelOrder command;
  command.account = principal.account;
  command.order_id = *id;
  command.subaccount = static_cast<std::int8_t>(*resolved);
  return command;
}

Decoded<venue::CancelOrder> DecodeCancel(const ExchangeContext& context, const RestRequest& request,
                                         std::string_view operation) {
  const auto scope = kalshi::DecodeScopeQuery(operation, request.http.query());
  if (!scope.ok()) return scope.error();
  kalshi::CancelOrderItem item;
  item.order_id = request.path_parameters[0];
  item.subaccount = scope->subaccount;
  item.exchange_index = scope->exchange_index;
  if (!scope->market_ticker.empty()) item.market_ticker = scope->market_ticker;
  return ToCancelCommand(context, *request.principal, item);
}

Decoded<venue::DecreaseOrder> ToDecreaseCommand(const ExchangeContext& context,
                                                const Principal& principal,
                                                std::string_view order_id,
                                                std::optional<SubaccountNumber> subaccount,
                                                const kalshi::DecreaseOrderRequest& request) {
  if (const auto wrong = CheckRouting(context, request.exchange_index, request.market_ticker)) {
    return *wrong;
  }
  const auto id = DecodeOrderId(context, order_id);
  if (!id.ok()) return id.error();
  const auto resolved = ResolveSubaccount(principal, subaccount);
  if (!resolved.ok()) return resolved.error();
  venue::DecreaseOrder command;
  command.account = principal.account;
  command.subaccount = static_cast<std::int8_t>(*resolved);
  command.order_id = *id;
  command.is_reduce_to = request.reduce_to.has_value();
  command.quantity = request.reduce_to ? *request.reduce_to : *request.reduce_by;
  return command;
}

}  // namespace evx::mock_kalshi
