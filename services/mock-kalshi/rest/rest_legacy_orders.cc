// The older order family, POST and DELETE /portfolio/orders. The venue removed it and answers 410;
// --legacy_orders=serve maps it onto the present verbs for old bots.

#include <memory>
#include <utility>
#include <vector>

#include "conversions.h"
#include "evx/kalshi/legacy_requests.h"
#include "evx/kalshi/queries.h"
#include "rest/rest_order_batch.h"
#include "rest/rest_order_commands.h"
#include "rest/rest_routes.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

// The order as the command left it; it is in the read model or, finished, in the history.
kalshi::Order OrderAfter(const ExchangeContext& context, AccountId account, OrderId order_id,
                         OrderAction action) {
  std::optional<OrderRow> row = context.read_model.Read([&](const ReadModel::State& state) {
    const OrderRow* live = state.FindOpenOrder(order_id);
    return live == nullptr ? std::nullopt : std::optional(*live);
  });
  if (!row) {
    const auto finished = context.history.FindOrder(account, order_id);
    if (finished.ok() && finished->has_value()) row = **finished;
  }
  if (!row) return {};
  kalshi::Order order = ToKalshi(*row, TickerOf(context, row->market), context.wire_ids);
  order.action = action;
  return order;
}

// buy_max_cost makes the order fill or kill (the decoder sees to that) and lowers its limit to what
// each contract may cost.
kalshi::Decoded<venue::CreateOrder> ToCommand(const ExchangeContext& context,
                                              const Principal& principal,
                                              const kalshi::LegacyCreateOrderRequest& request) {
  auto command = ToCreateCommand(request.order, principal, context);
  if (!command.ok() || !request.buy_max_cost) return command;
  venue::CreateOrder bounded = *command;
  if (BoundCost(bounded, *request.buy_max_cost, context) == CostBound::kImpossible) {
    return kalshi::MakeError(error::kFillOrKillInsufficientVolume);
  }
  return bounded;
}

void CreateOrder(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto body = DecodeBody(request, kalshi::DecodeLegacyCreateOrder);
  if (!body.ok()) return reply.Error(body.error());
  const auto command = ToCommand(context, *request.principal, *body);
  if (!command.ok()) return reply.Error(command.error());
  SubmitAndReply(
      context, request, *command, std::move(reply),
      [&context, account = request.account(), action = body->action](const Outcome& outcome) {
        return JsonReply{201, kalshi::EncodeJson(kalshi::OrderResponse{
                                  OrderAfter(context, account, outcome.result.order_id, action)})};
      });
}

void BatchCreateOrders(const ExchangeContext& context, const RestRouter& router,
                       RestRequest& request, RestReply reply) {
  using Request = kalshi::LegacyCreateOrderRequest;
  using Item = kalshi::LegacyBatchCreateItem;
  auto body = DecodeBody(request, kalshi::DecodeLegacyBatchCreateOrders);
  if (!body.ok()) return reply.Error(body.error());
  BatchVerb<Request, Item> verb;
  verb.status = 201;
  verb.begin = [&context, principal = *request.principal](
                   const Request& item, Item& place) -> kalshi::Decoded<venue::Command> {
    place.client_order_id = item.order.client_order_id;
    const auto command = ToCommand(context, principal, item);
    if (!command.ok()) return command.error();
    return venue::Command(*command);
  };
  verb.end = [&context, account = request.account()](const Request& item, const Outcome& outcome,
                                                     Item& place) {
    place.order = OrderAfter(context, account, outcome.result.order_id, item.action);
  };
  verb.encode = [](std::vector<Item> items) {
    return kalshi::EncodeJson(kalshi::LegacyBatchCreateOrdersResponse{std::move(items)});
  };
  OrderBatch<Request, Item>::Run(context, router, request, std::move(reply),
                                 (*std::move(body)).orders, std::move(verb));
}

void CancelOrder(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto command = DecodeCancel(context, request, "CancelOrder");
  if (!command.ok()) return reply.Error(command.error());
  SubmitAndReply(context, request, *command, std::move(reply),
                 [&context, account = request.account()](const Outcome& outcome) {
                   kalshi::LegacyCancelOrderResponse response;
                   response.order =
                       OrderAfter(context, account, outcome.result.order_id, OrderAction::kBuy);
                   response.reduced_by = outcome.result.reduced_by;
                   return JsonReply{200, kalshi::EncodeJson(response)};
                 });
}

void BatchCancelOrders(const ExchangeContext& context, const RestRouter& router,
                       RestRequest& request, RestReply reply) {
  RunBatchCancel<kalshi::LegacyBatchCancelItem>(
      context, router, request, std::move(reply),
      DecodeBody(request, kalshi::DecodeLegacyBatchCancelOrders),
      [&context, account = request.account()](const Outcome& outcome,
                                              kalshi::LegacyBatchCancelItem& place) {
        place.order = OrderAfter(context, account, outcome.result.order_id, OrderAction::kBuy);
        place.reduced_by = outcome.result.reduced_by;
      },
      [](std::vector<kalshi::LegacyBatchCancelItem> items) {
        return kalshi::EncodeJson(kalshi::LegacyBatchCancelOrdersResponse{std::move(items)});
      });
}

void AmendOrder(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto body = DecodeBody(request, kalshi::DecodeLegacyAmendOrder);
  if (!body.ok()) return reply.Error(body.error());
  const auto order_id = DecodeOrderId(context, request.path_parameters[0]);
  if (!order_id.ok()) return reply.Error(order_id.error());
  const auto subaccount = ResolveSubaccount(*request.principal, body->subaccount);
  if (!subaccount.ok()) return reply.Error(subaccount.error());
  const auto market = FindMarketForOrder(context, body->ticker, body->exchange_index);
  if (!market.ok()) return reply.Error(market.error());
  const kalshi::Order before = OrderAfter(context, request.account(), *order_id, body->action);
  venue::AmendOrder command;
  command.account = request.account();
  command.subaccount = static_cast<std::int8_t>(*subaccount);
  command.order_id = *order_id;
  command.market = *market;
  command.side = body->side;
  command.price_micros = body->price.micros();
  command.total_quantity = body->count ? *body->count : before.fill_count + before.remaining_count;
  command.client_order_id = ToClientOrderId(body->client_order_id);
  command.updated_client_order_id = ToClientOrderId(body->updated_client_order_id);
  SubmitAndReply(context, request, command, std::move(reply),
                 [&context, before, account = request.account(),
                  action = body->action](const Outcome& outcome) {
                   return JsonReply{
                       200,
                       kalshi::EncodeJson(kalshi::LegacyAmendOrderResponse{
                           before, OrderAfter(context, account, outcome.result.order_id, action)})};
                 });
}

void DecreaseOrder(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto body = DecodeBody(request, kalshi::DecodeLegacyDecreaseOrder);
  if (!body.ok()) return reply.Error(body.error());
  const auto command = ToDecreaseCommand(context, *request.principal, request.path_parameters[0],
                                         body->subaccount, body->decrease);
  if (!command.ok()) return reply.Error(command.error());
  SubmitAndReply(context, request, *command, std::move(reply),
                 [&context, account = request.account()](const Outcome& outcome) {
                   return JsonReply{
                       200, kalshi::EncodeJson(kalshi::OrderResponse{OrderAfter(
                                context, account, outcome.result.order_id, OrderAction::kBuy)})};
                 });
}

}  // namespace

void AddLegacyOrderRoutes(RestRouter& router, const ExchangeContext& context, LegacyOrders mode) {
  using net::HttpMethod;
  const auto add = [&](HttpMethod method, std::string_view pattern, std::string_view operation,
                       std::int64_t cost, auto function) {
    const auto gone = [](RestRequest&, RestReply reply) {
      reply.Error(kalshi::MakeError(error::kDeprecatedV1Order));
    };
    const auto serve = [&context, &router, function](RestRequest& request, RestReply reply) {
      function(context, router, request, std::move(reply));
    };
    Route route{method,
                pattern,
                operation,
                AuthRule::kRequired,
                venue::kScopeWriteTrade,
                RateBucket::kWrite,
                cost,
                serve};
    if (mode == LegacyOrders::kGone) route.handler = gone;
    router.Add(std::move(route));
  };
  const auto simple = [](auto function) {
    return [function](const ExchangeContext& c, const RestRouter&, RestRequest& request,
                      RestReply reply) { function(c, request, std::move(reply)); };
  };
  constexpr std::int64_t kChargedByHandler = 0;
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/orders", "CreateOrder", kDefaultCost,
      simple(CreateOrder));
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/orders/batched", "BatchCreateOrders",
      kChargedByHandler, BatchCreateOrders);
  add(HttpMethod::kDelete, "/trade-api/v2/portfolio/orders/batched", "BatchCancelOrders",
      kChargedByHandler, BatchCancelOrders);
  add(HttpMethod::kDelete, "/trade-api/v2/portfolio/orders/{order_id}", "CancelOrder", kCancelCost,
      simple(CancelOrder));
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/orders/{order_id}/amend", "AmendOrder",
      kDefaultCost, simple(AmendOrder));
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/orders/{order_id}/decrease", "DecreaseOrder",
      kDefaultCost, simple(DecreaseOrder));
}

}  // namespace evx::mock_kalshi
