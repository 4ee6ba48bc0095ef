// Order groups: create, read, limit, reset, trigger, delete.

#include <utility>

#include "conversions.h"
#include "evx/kalshi/queries.h"
#include "evx/kalshi/requests.h"
#include "rest/rest_routes.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

JsonReply Done(const Outcome&) {
  return JsonReply{200, kalshi::EncodeJson(kalshi::EmptyResponse{})};
}

// The group that a path names, if it is the caller's and within reach of the key. Scope: the
// query's subaccount must be the group's when it is given.
kalshi::Decoded<OrderGroupState> FindGroup(const ExchangeContext& context,
                                           const RestRequest& request, std::string_view operation) {
  const auto scope = kalshi::DecodeScopeQuery(operation, request.http.query());
  if (!scope.ok()) return scope.error();
  const kalshi::Error not_found = ToError(venue::RejectReason::kUnknownOrderGroup);
  const auto id = context.wire_ids.DecodeOrderGroup(request.path_parameters[0]);
  if (!id || CheckExchangeIndex(scope->exchange_index)) return not_found;
  const auto subaccount = FilterSubaccount(*request.principal, scope->subaccount);
  if (!subaccount.ok()) return subaccount.error();
  const auto group = context.read_model.Read([&](const ReadModel::State& state) {
    const AccountState* account = state.FindAccount(request.account());
    if (account == nullptr) return std::optional<OrderGroupState>();
    const auto found = account->order_groups.find(*id);
    if (found == account->order_groups.end()) return std::optional<OrderGroupState>();
    return std::optional(found->second);
  });
  if (!group || (*subaccount && **subaccount != group->subaccount)) return not_found;
  return *group;
}

void CreateOrderGroup(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto body = DecodeBody(request, kalshi::DecodeCreateOrderGroup);
  if (!body.ok()) return reply.Error(body.error());
  if (const auto wrong = CheckExchangeIndex(body->exchange_index)) return reply.Error(*wrong);
  const auto subaccount = ResolveSubaccount(*request.principal, body->subaccount);
  if (!subaccount.ok()) return reply.Error(subaccount.error());
  venue::CreateOrderGroup command;
  command.account = request.account();
  command.subaccount = *subaccount;
  command.limit = body->contracts_limit;
  SubmitAndReply(context, request, command, std::move(reply),
                 [&context, subaccount = *subaccount](const Outcome& outcome) {
                   return JsonReply{201, kalshi::EncodeJson(kalshi::CreateOrderGroupResponse{
                                             context.wire_ids.Encode(outcome.result.order_group),
                                             subaccount, 0})};
                 });
}

kalshi::OrderGroup ToOrderGroup(const OrderGroupState& group, const WireIdCodec& wire_ids) {
  kalshi::OrderGroup result;
  result.id = wire_ids.Encode(group.order_group);
  result.contracts_limit = group.limit;
  result.is_auto_cancel_enabled = !group.triggered;
  return result;
}

void ListOrderGroups(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto scope = kalshi::DecodeScopeQuery("GetOrderGroups", request.http.query());
  if (!scope.ok()) return reply.Error(scope.error());
  const auto subaccount = FilterSubaccount(*request.principal, scope->subaccount);
  if (!subaccount.ok()) return reply.Error(subaccount.error());
  kalshi::OrderGroupsResponse response;
  context.read_model.Read([&](const ReadModel::State& state) {
    const AccountState* account = state.FindAccount(request.account());
    if (account == nullptr) return;
    for (const auto& [id, group] : account->order_groups) {
      if (*subaccount && **subaccount != group.subaccount) continue;
      response.order_groups.push_back(ToOrderGroup(group, context.wire_ids));
    }
  });
  reply.Json(200, kalshi::EncodeJson(response));
}

void GetOrderGroup(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto group = FindGroup(context, request, "GetOrderGroup");
  if (!group.ok()) return reply.Error(group.error());
  kalshi::OrderGroupResponse response;
  response.is_auto_cancel_enabled = !group->triggered;
  response.contracts_limit = group->limit;
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const auto& [id, order] : state.FindAccount(request.account())->open_orders) {
      if (order->order_group == group->order_group) {
        response.orders.push_back(context.wire_ids.Encode(id));
      }
    }
  });
  reply.Json(200, kalshi::EncodeJson(response));
}

void UpdateLimit(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto body = DecodeBody(request, kalshi::DecodeUpdateOrderGroupLimit);
  if (!body.ok()) return reply.Error(body.error());
  const auto group = FindGroup(context, request, "UpdateOrderGroupLimit");
  if (!group.ok()) return reply.Error(group.error());
  SubmitAndReply(
      context, request,
      venue::UpdateOrderGroupLimit{request.account(), group->order_group, body->contracts_limit},
      std::move(reply), Done);
}

// Reset, trigger and delete carry nothing but the group.
template <class Command>
auto GroupVerb(const ExchangeContext& context, std::string_view operation) {
  return [&context, operation](RestRequest& request, RestReply reply) {
    if (const auto fault = kalshi::CheckOptionalObject(request.http.body())) {
      return reply.Error(*fault);
    }
    const auto group = FindGroup(context, request, operation);
    if (!group.ok()) return reply.Error(group.error());
    SubmitAndReply(context, request, Command{request.account(), group->order_group},
                   std::move(reply), Done);
  };
}

}  // namespace

void AddOrderGroupRoutes(RestRouter& router, const ExchangeContext& context) {
  using net::HttpMethod;
  const auto add = [&](HttpMethod method, std::string_view pattern, std::string_view operation,
                       auto handler) {
    const bool read = method == HttpMethod::kGet;
    router.Add({method, pattern, operation, AuthRule::kRequired,
                static_cast<std::uint16_t>(read ? venue::kScopeRead : venue::kScopeWriteTrade),
                read ? RateBucket::kRead : RateBucket::kWrite, kDefaultCost, std::move(handler)});
  };
  const auto bind = [&context](auto function) {
    return [&context, function](RestRequest& request, RestReply reply) {
      function(context, request, std::move(reply));
    };
  };
  constexpr std::string_view kGroup = "/trade-api/v2/portfolio/order_groups/{order_group_id}";
  add(HttpMethod::kGet, "/trade-api/v2/portfolio/order_groups", "GetOrderGroups",
      bind(ListOrderGroups));
  add(HttpMethod::kPost, "/trade-api/v2/portfolio/order_groups/create", "CreateOrderGroup",
      bind(CreateOrderGroup));
  add(HttpMethod::kGet, kGroup, "GetOrderGroup", bind(GetOrderGroup));
  add(HttpMethod::kDelete, kGroup, "DeleteOrderGroup",
      GroupVerb<venue::DeleteOrderGroup>(context, "DeleteOrderGroup"));
  add(HttpMethod::kPut, "/trade-api/v2/portfolio/order_groups/{order_group_id}/limit",
      "UpdateOrderGroupLimit", bind(UpdateLimit));
  add(HttpMethod::kPut, "/trade-api/v2/portfolio/order_groups/{order_group_id}/reset",
      "ResetOrderGroup", GroupVerb<venue::ResetOrderGroup>(context, "ResetOrderGroup"));
  add(HttpMethod::kPut, "/trade-api/v2/portfolio/order_groups/{order_group_id}/trigger",
      "TriggerOrderGroup", GroupVerb<venue::TriggerOrderGroup>(context, "TriggerOrderGroup"));
}

}  // namespace evx::mock_kalshi
