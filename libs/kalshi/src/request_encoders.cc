#include "evx/kalshi/requests.h"
#include "json_writer.h"

namespace evx::kalshi {
namespace {

void WriteExchangeIndex(JsonWriter& json, const std::optional<std::int32_t>& index) {
  if (index) json.Int("exchange_index", *index);
}

void WriteSubaccount(JsonWriter& json, const std::optional<SubaccountNumber>& subaccount) {
  if (subaccount) json.Int("subaccount", *subaccount);
}

void WriteFlag(JsonWriter& json, std::string_view name, bool value) {
  if (value) json.Bool(name, true);
}

void WriteCreateOrder(JsonWriter& json, const CreateOrderRequest& order) {
  json.BeginObject();
  json.String("ticker", order.ticker);
  json.StringIf("client_order_id", order.client_order_id);
  json.Enum("side", order.side);
  json.Count("count", order.count);
  json.PriceField("price", order.price);
  json.Enum("time_in_force", order.time_in_force);
  json.Enum("self_trade_prevention_type", order.self_trade_prevention);
  if (order.expiration_time) json.Int("expiration_time", order.expiration_time.seconds());
  WriteFlag(json, "post_only", order.post_only);
  WriteFlag(json, "reduce_only", order.reduce_only);
  WriteFlag(json, "cancel_order_on_pause", order.cancel_order_on_pause);
  WriteSubaccount(json, order.subaccount);
  json.StringIf("order_group_id", order.order_group_id);
  WriteExchangeIndex(json, order.exchange_index);
  json.EndObject();
}

// {"orders":[...]}.
template <class List, class Write>
std::string EncodeOrders(const List& orders, Write write) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.Array("orders", orders, write(json));
  json.EndObject();
  return out;
}

}  // namespace

std::string EncodeCreateOrder(const CreateOrderRequest& request) {
  std::string out;
  JsonWriter json(out);
  WriteCreateOrder(json, request);
  return out;
}

std::string EncodeBatchCreateOrders(const std::vector<CreateOrderRequest>& orders) {
  return EncodeOrders(orders, [](JsonWriter& json) {
    return [&json](const CreateOrderRequest& order) { WriteCreateOrder(json, order); };
  });
}

std::string EncodeBatchCancelOrders(const std::vector<CancelOrderItem>& orders) {
  return EncodeOrders(orders, [](JsonWriter& json) {
    return [&json](const CancelOrderItem& item) {
      json.BeginObject();
      json.String("order_id", item.order_id);
      WriteSubaccount(json, item.subaccount);
      WriteExchangeIndex(json, item.exchange_index);
      json.StringIf("market_ticker", item.market_ticker);
      json.EndObject();
    };
  });
}

std::string EncodeAmendOrder(const AmendOrderRequest& request) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.String("ticker", request.ticker);
  json.Enum("side", request.side);
  json.PriceField("price", request.price);
  json.Count("count", request.count);
  json.StringIf("client_order_id", request.client_order_id);
  json.StringIf("updated_client_order_id", request.updated_client_order_id);
  WriteExchangeIndex(json, request.exchange_index);
  switch (request.expiration) {
    case AmendOrderRequest::Expiration::kKeep:
      break;
    case AmendOrderRequest::Expiration::kClear:
      json.Int("expiration_time", 0);
      break;
    case AmendOrderRequest::Expiration::kSet:
      json.Int("expiration_time", request.expiration_time.seconds());
      break;
  }
  json.EndObject();
  return out;
}

std::string EncodeDecreaseOrder(const DecreaseOrderRequest& request) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  if (request.reduce_by) json.Count("reduce_by", *request.reduce_by);
  if (request.reduce_to) json.Count("reduce_to", *request.reduce_to);
  WriteExchangeIndex(json, request.exchange_index);
  json.StringIf("market_ticker", request.market_ticker);
  json.EndObject();
  return out;
}

std::string EncodeCreateOrderGroup(const CreateOrderGroupRequest& request) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  WriteSubaccount(json, request.subaccount);
  json.Count("contracts_limit_fp", request.contracts_limit);
  WriteExchangeIndex(json, request.exchange_index);
  json.EndObject();
  return out;
}

std::string EncodeUpdateOrderGroupLimit(Quantity contracts_limit) {
  std::string out;
  JsonWriter json(out);
  json.BeginObject();
  json.Count("contracts_limit_fp", contracts_limit);
  json.EndObject();
  return out;
}

}  // namespace evx::kalshi
