// The V2 order verbs: create, batch create, cancel, cancel all, batch cancel, amend, decrease.

#include <utility>
#include <vector>

#include "conversions.h"
#include "evx/core/status.h"
#include "evx/kalshi/queries.h"
#include "evx/kalshi/requests.h"
#include "rest/rest_order_batch.h"
#include "rest/rest_order_commands.h"
#include "rest/rest_routes.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {
namespace {

void CreateOrder(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto body = DecodeBody(request, kalshi::DecodeCreateOrder);
  if (!body.ok()) return reply.Error(body.error());
  auto command = ToCreateCommand(*body, *request.principal, context);
  if (!command.ok()) return reply.Error(command.error());
  SubmitAndReply(
      context, request, *std::move(command), std::move(reply), [&context](const Outcome& outcome) {
        return JsonReply{201, kalshi::EncodeJson(ToCreateResponse(outcome, context.wire_ids))};
      });
}

void BatchCreateOrders(const ExchangeContext& context, const RestRouter& router,
                       RestRequest& request, RestReply reply) {
  auto body = DecodeBody(request, kalshi::DecodeBatchCreateOrders);
  if (!body.ok()) return reply.Error(body.error());
  BatchVerb<kalshi::CreateOrderRequest, kalshi::BatchCreateItem> verb;
  verb.status = 201;
  verb.begin = [&context, principal = *request.principal](
                   const kalshi::CreateOrderRequest& item,
                   kalshi::BatchCreateItem& place) -> kalshi::Decoded<venue::Command> {
    place.client_order_id = item.client_order_id;
    const auto command = ToCreateCommand(item, principal, context);
    if (!command.ok()) return command.error();
    return venue::Command(*command);
  };
  verb.end = [&context](const kalshi::CreateOrderRequest&, const Outcome& outcome,
                        kalshi::BatchCreateItem& place) {
    place = kalshi::ToBatchItem(ToCreateResponse(outcome, context.wire_ids));
  };
  verb.encode = [](std::vector<kalshi::BatchCreateItem> items) {
    return kalshi::EncodeJson(kalshi::BatchCreateOrdersResponse{std::move(items)});
  };
  OrderBatch<kalshi::CreateOrderRequest, kalshi::BatchCreateItem>::Run(
      context, router, request, std::move(reply), (*std::move(body)).orders, std::move(verb));
}

kalshi::CancelOrderResponse ToCancelResponse(const ExchangeContext& context,
                                             const Outcome& outcome) {
  kalshi::CancelOrderResponse response;
  response.order_id = context.wire_ids.Encode(outcome.result.order_id);
  if (!outcome.result.client_order_id.empty()) {
    response.client_order_id = outcome.result.client_order_id.view();
  }
  response.reduced_by = outcome.result.reduced_by;
  response.time = outcome.time;
  return response;
}

void CancelOrder(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto command = DecodeCancel(context, request, "CancelOrderV2");
  if (!command.ok()) return reply.Error(command.error());
  SubmitAndReply(context, request, *command, std::move(reply), [&context](const Outcome& outcome) {
    return JsonReply{200, kalshi::EncodeJson(ToCancelResponse(context, outcome))};
  });
}

void BatchCancelOrders(const ExchangeContext& context, const RestRouter& router,
                       RestRequest& request, RestReply reply) {
  RunBatchCancel<kalshi::BatchCancelItem>(
      context, router, request, std::move(reply),
      DecodeBody(request, kalshi::DecodeBatchCancelOrders),
      [&context](const Outcome& outcome, kalshi::BatchCancelItem& place) {
        auto response = ToCancelResponse(context, outcome);
        place.client_order_id = std::move(response.client_order_id);
        place.reduced_by = response.reduced_by;
        place.time = response.time;
      },
      [](std::vector<kalshi::BatchCancelItem> items) {
        return kalshi::EncodeJson(kalshi::BatchCancelOrdersResponse{std::move(items)});
      });
}

void CancelAllOrders(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto scope = kalshi::DecodeScopeQuery("CancelAllOrders", request.http.query());
  if (!scope.ok()) return reply.Error(scope.error());
  venue::CancelAllOrders command;
  command.account = request.account();
  if (scope->subaccount || request.principal->subaccount >= 0) {
    const auto subaccount = ResolveSubaccount(*request.principal, scope->subaccount);
    if (!subaccount.ok()) return reply.Error(subaccount.error());
    command.subaccount = static_cast<std::int8_t>(*subaccount);
  }
  SubmitAndReply(context, request, command, std::move(reply), [](const Outcome&) {
    return JsonReply{204, ""};
  });
}

// Counts are said only when they changed.
kalshi::AmendOrderResponse ToAmendResponse(const ExchangeContext& context, const Outcome& outcome) {
  const kalshi::CreateOrderResponse after = ToCreateResponse(outcome, context.wire_ids);
  kalshi::AmendOrderResponse response;
  response.order_id = after.order_id;
  response.client_order_id = after.client_order_id;
  if (!after.fill_count.is_zero() || !outcome.result.reduced_by.is_zero()) {
    response.remaining_count = after.remaining_count;
    response.fill_count = after.fill_count;
  }
  response.average_fill_price = after.average_fill_price;
  response.average_fee_paid = after.average_fee_paid;
  response.time = after.time;
  return response;
}

void AmendOrder(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto scope = kalshi::DecodeScopeQuery("AmendOrderV2", request.http.query());
  if (!scope.ok()) return reply.Error(scope.error());
  const auto body = DecodeBody(request, kalshi::DecodeAmendOrder);
  if (!body.ok()) return reply.Error(body.error());
  const auto order_id = DecodeOrderId(context, request.path_parameters[0]);
  if (!order_id.ok()) return reply.Error(order_id.error());
  const auto subaccount = ResolveSubaccount(*request.principal, scope->subaccount);
  if (!subaccount.ok()) return reply.Error(subaccount.error());
  const auto market = FindMarketForOrder(context, body->ticker, body->exchange_index);
  if (!market.ok()) return reply.Error(market.error());

  venue::AmendOrder command;
  command.account = request.account();
  command.subaccount = static_cast<std::int8_t>(*subaccount);
  command.order_id = *order_id;
  command.market = *market;
  command.side = body->side;
  command.price_micros = body->price.micros();
  command.total_quantity = body->count;
  switch (body->expiration) {
    case kalshi::AmendOrderRequest::Expiration::kKeep:
      command.expiration_change = venue::AmendOrder::ExpirationChange::kKeep;
      break;
    case kalshi::AmendOrderRequest::Expiration::kClear:
      command.expiration_change = venue::AmendOrder::ExpirationChange::kClear;
      break;
    case kalshi::AmendOrderRequest::Expiration::kSet:
      command.expiration_change = venue::AmendOrder::ExpirationChange::kSet;
      command.expiration = body->expiration_time;
      break;
  }
  command.client_order_id = ToClientOrderId(body->client_order_id);
  command.updated_client_order_id = ToClientOrderId(body->updated_client_order_id);
  SubmitAndReply(context, request, command, std::move(reply), [&context](const Outcome& outcome) {
    return JsonReply{200, kalshi::EncodeJson(ToAmendResponse(context, outcome))};
  });
}

void DecreaseOrder(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto scope = kalshi::DecodeScopeQuery("DecreaseOrderV2", request.http.query());
  if (!scope.ok()) return reply.Error(scope.error());
  const auto body = DecodeBody(request, kalshi::DecodeDecreaseOrder);
  if (!body.ok()) return reply.Error(body.error());
  const auto command = ToDecreaseCommand(context, *request.principal, request.path_parameters[0],
                                         scope->subaccount, *body);
  if (!command.ok()) return reply.Error(command.error());
  SubmitAndReply(context, request, *command, std::move(reply), [&context](const Outcome& outcome) {
    const kalshi::CreateOrderResponse common = ToCreateResponse(outcome, context.wire_ids);
    kalshi::DecreaseOrderResponse response;
    response.order_id = common.order_id;
    response.client_order_id = common.client_order_id;
    response.remaining_count = common.remaining_count;
    response.time = common.time;
    return JsonReply{200, kalshi::EncodeJson(response)};
  });
}

}  // namespace

void AddOrderRoutes(RestRouter& router, const ExchangeContext& context) {
  using net::HttpMethod;
  constexpr std::int64_t kChargedByHandler = 0;
  const auto add = [&](HttpMethod method, std::string_view pattern, std::string_view operation,
                       std::int64_t cost, auto handler) {
    router.Add({method, pattern, operation, AuthRule::kRequired, venue::kScopeWriteTrade,
                RateBucket::kWrite, cost, std::move(handler)});
  };
  const auto bind = [&context](auto function) {
    return [&context, function](RestRequest& request, RestReply reply) {
      function(context, request, std::move(reply));
    };
  };
  const auto bind_batch = [&context, &router](auto function) {
    return [&context, &router, function](RestRequest& request, RestReply reply) {
      function(context, router, request, std::move(reply));
    };
  };
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/events/orders", "CreateOrderV2", kDefaultCost,
      bind(CreateOrder));
  add(HttpMethod::kDelete, "/trade-api/v2/portfolio/events/orders", "CancelAllOrders", kCancelCost,
      bind(CancelAllOrders));
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/events/orders/batched", "BatchCreateOrdersV2",
      kChargedByHandler, bind_batch(BatchCreateOrders));
  add(HttpMethod::kDelete, "/trade-api/v2/portfolio/events/orders/batched", "BatchCancelOrdersV2",
      kChargedByHandler, bind_batch(BatchCancelOrders));
  add(HttpMethod::kDelete, "/trade-api/v2/portfolio/events/orders/{order_id}", "CancelOrderV2",
      kCancelCost, bind(CancelOrder));
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/events/orders/{order_id}/amend", "AmendOrderV2",
      kDefaultCost, bind(AmendOrder));
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/events/orders/{order_id}/decrease",
      "DecreaseOrderV2", kDefaultCost, bind(DecreaseOrder));
}

}  // namespace evx::mock_kalshi
