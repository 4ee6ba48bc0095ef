#include "rpc/grpc_order_commands.h"

#include <string>
#include <utility>

#include "evx/kalshi/requests.h"
#include "rpc/grpc_conversions.h"

namespace evx::mock_kalshi {

namespace pb = exchange::v1;
namespace error = kalshi::error;
using kalshi::Decoded;
using kalshi::MakeError;

Decoded<std::int8_t> RequestedSubaccountOrAny(const Principal& principal, bool is_set,
                                              std::int32_t requested) {
  if (!is_set) return principal.subaccount;
  if (requested < 0 || requested > kSubaccountNumberMax) {
    return MakeError(error::kInvalidParameters, "subaccount must be 0..63");
  }
  if (principal.subaccount >= 0 && principal.subaccount != requested) {
    return MakeError(error::kPermissionDenied, "the key is restricted to another subaccount");
  }
  return static_cast<std::int8_t>(requested);
}

Decoded<SubaccountNumber> RequestedSubaccount(const Principal& principal, bool is_set,
                                              std::int32_t requested) {
  const auto subaccount = RequestedSubaccountOrAny(principal, is_set, requested);
  if (!subaccount.ok()) return subaccount.error();
  return static_cast<SubaccountNumber>(*subaccount < 0 ? 0 : *subaccount);
}

Decoded<MarketId> FindMarket(const ExchangeContext& context, std::string_view ticker) {
  const MarketId market = context.read_model.Read([ticker](const ReadModel::State& state) {
    const MarketState* found = state.FindMarket(ticker);
    return found == nullptr ? MarketId() : found->market;
  });
  if (!market) return MakeError(error::kMarketNotFound);
  return market;
}

namespace {

Decoded<venue::ClientOrderId> ToClientOrderId(const std::string& text) {
  if (text.empty()) return venue::ClientOrderId();
  if (!kalshi::IsClientOrderId(text)) {
    return MakeError(error::kInvalidParameters,
                     "client_order_id must be 1..64 of A-Z a-z 0-9 - _ : + = / .");
  }
  return venue::ClientOrderId(text);
}

Decoded<Timestamp> ToExpiration(const google::protobuf::Timestamp& time) {
  const auto expiration = ToDomain(time);
  if (!expiration || !*expiration) {
    return MakeError(error::kInvalidParameters, "expiration_time is out of range");
  }
  return *expiration;
}

Decoded<OrderId> ToOrderId(const ExchangeContext& context, const std::string& text) {
  const auto order_id = context.wire_ids.DecodeOrder(text);
  if (!order_id) return MakeError(error::kNotFound);
  return *order_id;
}

template <class Request, class Command>
std::optional<kalshi::Error> NameOrder(const Request& request, const Principal& principal,
                                       const ExchangeContext& context, Command& command) {
  const auto order_id = ToOrderId(context, request.order_id());
  if (!order_id.ok()) return order_id.error();
  const auto subaccount =
      RequestedSubaccountOrAny(principal, request.has_subaccount(), request.subaccount());
  if (!subaccount.ok()) return subaccount.error();
  command.account = principal.account;
  command.order_id = *order_id;
  command.subaccount = *subaccount;
  return std::nullopt;
}

template <class Response>
void FillOrderResponse(const Outcome& outcome, const ExchangeContext& context, Response& response) {
  const venue::CommandResult& result = outcome.result;
  response.set_order_id(context.wire_ids.Encode(result.order_id));
  response.set_client_order_id(std::string(result.client_order_id.view()));
  response.set_filled_quantity_centis(result.filled.centis());
  response.set_remaining_quantity_centis(result.remaining.centis());
  response.set_fill_cost_micros(result.fill_cost.micros());
  response.set_fees_micros(result.fees.micros());
  response.set_sequence_number(static_cast<std::int64_t>(outcome.sequence_number.value()));
  *response.mutable_create_time() = ToProto(outcome.time);
}

}  // namespace

Decoded<venue::Command> ToCommand(const pb::CreateOrderRequest& request, const Principal& principal,
                                  const ExchangeContext& context) {
  venue::CreateOrder command;
  command.account = principal.account;
  const auto subaccount =
      RequestedSubaccount(principal, request.has_subaccount(), request.subaccount());
  if (!subaccount.ok()) return subaccount.error();
  command.subaccount = *subaccount;
  const auto market = FindMarket(context, request.market_ticker());
  if (!market.ok()) return market.error();
  command.market = *market;
  const auto side = ToDomain(request.side());
  if (!side) return MakeError(error::kInvalidParameters, "side must be bid or ask");
  command.side = *side;
  command.time_in_force = ToDomain(request.time_in_force());
  command.self_trade_prevention = ToDomain(request.self_trade_prevention());
  command.post_only = request.post_only();
  command.reduce_only = request.reduce_only();
  command.cancel_on_pause = request.cancel_on_pause();
  command.price_micros = request.price_micros();
  command.quantity = Quantity::FromCentis(request.quantity_centis());
  if (request.has_expiration_time()) {
    const auto expiration = ToExpiration(request.expiration_time());
    if (!expiration.ok()) return expiration.error();
    command.expiration = *expiration;
  }
  if (!request.order_group_id().empty()) {
    const auto group = context.wire_ids.DecodeOrderGroup(request.order_group_id());
    if (!group) return MakeError(error::kNotFound, "order group not found");
    command.order_group = *group;
  }
  const auto client_order_id = ToClientOrderId(request.client_order_id());
  if (!client_order_id.ok()) return client_order_id.error();
  command.client_order_id = *client_order_id;
  return venue::Command(command);
}

Decoded<venue::Command> ToCommand(const pb::CancelOrderRequest& request, const Principal& principal,
                                  const ExchangeContext& context) {
  venue::CancelOrder command;
  if (auto wrong = NameOrder(request, principal, context, command)) return *std::move(wrong);
  return venue::Command(command);
}

Decoded<venue::Command> ToCommand(const pb::CancelAllOrdersRequest& request,
                                  const Principal& principal, const ExchangeContext& context) {
  venue::CancelAllOrders command;
  command.account = principal.account;
  const auto subaccount =
      RequestedSubaccountOrAny(principal, request.has_subaccount(), request.subaccount());
  if (!subaccount.ok()) return subaccount.error();
  command.subaccount = *subaccount;
  if (!request.market_ticker().empty()) {
    const auto market = FindMarket(context, request.market_ticker());
    if (!market.ok()) return market.error();
    command.market = *market;
  }
  return venue::Command(command);
}

Decoded<venue::Command> ToCommand(const pb::AmendOrderRequest& request, const Principal& principal,
                                  const ExchangeContext& context) {
  venue::AmendOrder command;
  if (auto wrong = NameOrder(request, principal, context, command)) return *std::move(wrong);
  // The exchange checks market and side against the order; here both are taken from it.
  const bool found = context.read_model.Read([&command](const ReadModel::State& state) {
    const OrderRow* order = state.FindOpenOrder(command.order_id);
    if (order == nullptr || order->account != command.account) return false;
    command.market = order->market;
    command.side = order->side;
    return true;
  });
  if (!found) return MakeError(error::kNotFound);
  command.price_micros = request.price_micros();
  command.total_quantity = Quantity::FromCentis(request.total_quantity_centis());
  if (request.has_expiration_time()) {
    const auto expiration = ToExpiration(request.expiration_time());
    if (!expiration.ok()) return expiration.error();
    command.expiration_change = venue::AmendOrder::ExpirationChange::kSet;
    command.expiration = *expiration;
  }
  const auto client_order_id = ToClientOrderId(request.updated_client_order_id());
  if (!client_order_id.ok()) return client_order_id.error();
  command.updated_client_order_id = *client_order_id;
  return venue::Command(command);
}

Decoded<venue::Command> ToCommand(const pb::DecreaseOrderRequest& request,
                                  const Principal& principal, const ExchangeContext& context) {
  venue::DecreaseOrder command;
  if (auto wrong = NameOrder(request, principal, context, command)) return *std::move(wrong);
  switch (request.amount_case()) {
    case pb::DecreaseOrderRequest::kReduceByCentis:
      command.quantity = Quantity::FromCentis(request.reduce_by_centis());
      return venue::Command(command);
    case pb::DecreaseOrderRequest::kReduceToCentis:
      command.is_reduce_to = true;
      command.quantity = Quantity::FromCentis(request.reduce_to_centis());
      return venue::Command(command);
    case pb::DecreaseOrderRequest::AMOUNT_NOT_SET:
      break;
  }
  return MakeError(error::kInvalidParameters, "reduce_by_centis or reduce_to_centis is needed");
}

void FillResponse(const Outcome& outcome, const ExchangeContext& context,
                  pb::CreateOrderResponse& response) {
  FillOrderResponse(outcome, context, response);
}

void FillResponse(const Outcome& outcome, const ExchangeContext& context,
                  pb::AmendOrderResponse& response) {
  FillOrderResponse(outcome, context, response);
}

void FillResponse(const Outcome& outcome, const ExchangeContext& context,
                  pb::DecreaseOrderResponse& response) {
  FillOrderResponse(outcome, context, response);
}

void FillResponse(const Outcome& outcome, const ExchangeContext& context,
                  pb::CancelOrderResponse& response) {
  response.set_order_id(context.wire_ids.Encode(outcome.result.order_id));
  response.set_client_order_id(std::string(outcome.result.client_order_id.view()));
  response.set_reduced_by_centis(outcome.result.reduced_by.centis());
  response.set_sequence_number(static_cast<std::int64_t>(outcome.sequence_number.value()));
  *response.mutable_create_time() = ToProto(outcome.time);
}

void FillResponse(const Outcome& outcome, const ExchangeContext&,
                  pb::CancelAllOrdersResponse& response) {
  response.set_canceled_order_count(outcome.result.canceled_order_count);
  response.set_sequence_number(static_cast<std::int64_t>(outcome.sequence_number.value()));
}

}  // namespace evx::mock_kalshi
