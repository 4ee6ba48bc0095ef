#include "evx/kalshi/legacy_requests.h"

#include "evx/kalshi/number.h"
#include "request_reader.h"

namespace evx::kalshi {
namespace {

// Sends of the older family: whole contracts as an integer, or a decimal in a string.
std::optional<Quantity> ReadCount(RequestReader& reader, std::string_view whole_name,
                                  std::string_view decimal_name, bool zero = false) {
  const auto decimal = reader.OptionalCount(decimal_name, zero);
  const auto whole = reader.object().Integer(whole_name);
  if (!whole) return decimal;
  if (*whole < (zero ? 0 : 1) || *whole > kCountMax.centis() / 100) {
    reader.Refuse(error::kInvalidOrderSize, whole_name, "is out of range");
    return Quantity();
  }
  const Quantity count = Quantity::FromContracts(*whole);
  if (decimal && *decimal != count) {
    reader.Refuse(error::kInvalidOrder, whole_name,
                  "and " + std::string(decimal_name) + " must be equal");
  }
  return count;
}

// The price of YES from exactly one of the four ways to say it.
Price ReadYesPrice(RequestReader& reader) {
  std::optional<Price> price;
  int sent = 0;
  const auto cents = [&](std::string_view name) -> std::optional<Price> {
    const auto value = reader.object().Integer(name);
    if (!value) return std::nullopt;
    if (*value < 1 || *value > 99) {
      reader.Refuse(error::kInvalidPrice, name, "must be from 1 to 99");
      return Price();
    }
    return Price::FromCents(*value);
  };
  const auto take = [&](std::optional<Price> yes) {
    if (!yes) return;
    ++sent;
    price = yes;
  };
  const auto complement = [](std::optional<Price> no) {
    return no ? std::optional<Price>(no->Complement()) : std::nullopt;
  };
  take(cents("yes_price"));
  take(reader.OptionalPrice("yes_price_dollars"));
  take(complement(cents("no_price")));
  take(complement(reader.OptionalPrice("no_price_dollars")));
  if (sent != 1) reader.Refuse(error::kInvalidOrder, "price", "must be sent in exactly one form");
  return price.value_or(Price());
}

LegacyCreateOrderRequest ReadLegacyCreateOrder(RequestReader& reader) {
  LegacyCreateOrderRequest request;
  CreateOrderRequest& order = request.order;
  order.ticker = reader.Required("ticker", error::kMissingParameters);
  const auto side = reader.RequiredWord<ContractSide>("side");
  request.action = reader.RequiredWord<OrderAction>("action");
  order.side = ToBookSide(request.action, side);
  const auto count = ReadCount(reader, "count", "count_fp");
  if (!count) reader.Refuse(error::kInvalidOrder, "count", "is required");
  order.count = count.value_or(Quantity());
  order.price = ReadYesPrice(reader);
  order.time_in_force =
      reader.OptionalWord<TimeInForce>("time_in_force", TimeInForce::kGoodTillCanceled);
  order.self_trade_prevention = reader.OptionalWord<SelfTradePrevention>(
      "self_trade_prevention_type", SelfTradePrevention::kTakerAtCross);
  order.client_order_id = reader.ClientOrderId("client_order_id");
  order.expiration_time = reader.Seconds("expiration_ts").value_or(Timestamp());
  order.post_only = reader.object().Flag("post_only");
  order.reduce_only = reader.object().Flag("reduce_only");
  order.cancel_order_on_pause = reader.object().Flag("cancel_order_on_pause");
  order.subaccount = reader.Subaccount();
  order.order_group_id = reader.object().NonEmpty("order_group_id");
  order.exchange_index = reader.ExchangeIndex();
  if (const auto floor = reader.object().Integer("sell_position_floor")) {
    if (*floor != 0) reader.Refuse(error::kInvalidOrder, "sell_position_floor", "must be 0");
    order.reduce_only = true;
  }
  if (const auto cents = reader.object().Integer("buy_max_cost")) {
    const auto micros = TryMultiply(*cents, 10'000);
    if (*cents <= 0 || !micros) {
      reader.Refuse(error::kInvalidOrder, "buy_max_cost", "must be above 0");
    } else if (request.action != OrderAction::kBuy) {
      reader.Refuse(error::kInvalidOrder, "buy_max_cost", "goes with action buy");
    } else {
      request.buy_max_cost = Money::FromMicros(*micros);
      order.time_in_force = TimeInForce::kFillOrKill;
    }
  }
  return request;
}

LegacyAmendOrderRequest ReadLegacyAmendOrder(RequestReader& reader) {
  LegacyAmendOrderRequest request;
  request.ticker = reader.Required("ticker", error::kMissingParameters);
  const auto side = reader.RequiredWord<ContractSide>("side");
  request.action = reader.RequiredWord<OrderAction>("action");
  request.side = ToBookSide(request.action, side);
  request.price = ReadYesPrice(reader);
  request.count = ReadCount(reader, "count", "count_fp");
  request.client_order_id = reader.ClientOrderId("client_order_id");
  request.updated_client_order_id = reader.ClientOrderId("updated_client_order_id");
  request.subaccount = reader.Subaccount();
  request.exchange_index = reader.ExchangeIndex();
  return request;
}

LegacyDecreaseOrderRequest ReadLegacyDecreaseOrder(RequestReader& reader) {
  LegacyDecreaseOrderRequest request;
  DecreaseOrderRequest& decrease = request.decrease;
  decrease.reduce_by = ReadCount(reader, "reduce_by", "reduce_by_fp");
  decrease.reduce_to = ReadCount(reader, "reduce_to", "reduce_to_fp", /*zero=*/true);
  decrease.exchange_index = reader.ExchangeIndex();
  request.subaccount = reader.Subaccount();
  if (decrease.reduce_by.has_value() == decrease.reduce_to.has_value()) {
    reader.Refuse(error::kInvalidOrder, "reduce_by", "or reduce_to must be sent, and not both");
  }
  return request;
}

BatchCancelOrdersRequest ReadLegacyBatchCancel(RequestReader& reader) {
  BatchCancelOrdersRequest request;
  reader.object().Objects("orders", kBatchSizeMax, [&](ObjectReader& object) {
    RequestReader item(object);
    request.orders.push_back(ReadCancelOrderItem(item));
    if (item.refusal()) {
      reader.Refuse(error::kInvalidParameters, "orders", "are wrong: " + item.refusal()->details);
    }
  });
  reader.object().Strings("ids", kBatchSizeMax, [&](std::string_view id) {
    request.orders.push_back({.order_id = std::string(id)});
  });
  if (request.orders.empty()) {
    reader.Refuse(error::kMissingParameters, "orders", "or ids is required");
  }
  return request;
}

}  // namespace

Decoded<LegacyCreateOrderRequest> DecodeLegacyCreateOrder(std::string_view body) {
  return DecodeRequest<LegacyCreateOrderRequest>(body, ReadLegacyCreateOrder);
}

Decoded<LegacyBatchCreateOrdersRequest> DecodeLegacyBatchCreateOrders(std::string_view body) {
  return DecodeRequest<LegacyBatchCreateOrdersRequest>(body, [](RequestReader& reader) {
    return LegacyBatchCreateOrdersRequest{
        ReadBatch<LegacyCreateOrderRequest>(reader, "orders", ReadLegacyCreateOrder)};
  });
}

Decoded<BatchCancelOrdersRequest> DecodeLegacyBatchCancelOrders(std::string_view body) {
  return DecodeRequest<BatchCancelOrdersRequest>(body, ReadLegacyBatchCancel);
}

Decoded<LegacyAmendOrderRequest> DecodeLegacyAmendOrder(std::string_view body) {
  return DecodeRequest<LegacyAmendOrderRequest>(body, ReadLegacyAmendOrder);
}

Decoded<LegacyDecreaseOrderRequest> DecodeLegacyDecreaseOrder(std::string_view body) {
  return DecodeRequest<LegacyDecreaseOrderRequest>(body, ReadLegacyDecreaseOrder);
}

}  // namespace evx::kalshi
