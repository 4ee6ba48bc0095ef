// Reads of orders: one, a list (live ones and history as one list, split at the cutoff), queue
// positions.

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "conversions.h"
#include "evx/kalshi/cursor.h"
#include "evx/kalshi/queries.h"
#include "read_model/historical_cutoff.h"
#include "read_model/order_reads.h"
#include "rest/rest_routes.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

// Where the exchange has that quirk, orders that were created after this cannot be read yet.
std::optional<Timestamp> NewestReadable(const ExchangeContext& context) {
  const absl::Duration lag = context.quirks.order_read_lag;
  if (lag == absl::ZeroDuration()) return std::nullopt;
  return context.clock.Now() + -lag;
}

void GetOrder(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto order_id = context.wire_ids.DecodeOrder(request.path_parameters[0]);
  if (!order_id) return reply.Error(kalshi::MakeError(error::kNotFound));
  const auto order = FindOrder(context, request.account(), *order_id);
  if (!order.ok()) return reply.Error(ToError(order.status()));
  if (!order->has_value() || !MayUse(*request.principal, (*order)->subaccount)) {
    return reply.Error(kalshi::MakeError(error::kNotFound));
  }
  const OrderRow& row = **order;
  const auto newest = NewestReadable(context);
  if (newest && row.create_time > *newest) return reply.Error(kalshi::MakeError(error::kNotFound));
  reply.Json(200, kalshi::EncodeJson(kalshi::OrderResponse{
                      ToKalshi(row, TickerOf(context, row.market), context.wire_ids)}));
}

void ListOrders(const ExchangeContext& context, std::string_view operation, bool with_live,
                RestRequest& request, RestReply reply) {
  const auto decoded = kalshi::DecodeOrdersQuery(operation, request.http.query());
  if (!decoded.ok()) return reply.Error(decoded.error());
  OrderQuery query;
  query.account = request.account();
  const auto subaccount = FilterSubaccount(*request.principal, decoded->subaccount);
  if (!subaccount.ok()) return reply.Error(subaccount.error());
  query.subaccount = *subaccount;
  const auto limit = static_cast<std::size_t>(decoded->page.limit);
  query.limit = static_cast<std::uint32_t>(limit + 1);
  query.min_time = IfSet(decoded->min_time);
  query.max_time = IfSet(decoded->max_time);
  if (const auto newest = NewestReadable(context)) {
    query.max_time = std::min(query.max_time.value_or(*newest), *newest);
  }
  KeepSide(/*historical=*/!with_live, HistoricalCutoff(context.clock.Now()).orders_updated_time,
           query.min_finish_time, query.max_finish_time);
  if (decoded->status) query.status = ToDomain(*decoded->status);
  if (const auto cursor = kalshi::ParseCursor(decoded->page.cursor, kOrdersCursor)) {
    query.before = OrderId(static_cast<std::uint64_t>(cursor->position));
  }
  kalshi::OrdersResponse response;
  const bool filtered = !decoded->ticker.empty() || !decoded->event_tickers.empty();
  query.markets = MarketsOf(context, {decoded->ticker}, decoded->event_tickers);
  if ((!filtered || !query.markets.empty()) && decoded->exchange_index.value_or(0) <= 0) {
    const bool resting_only = query.status == OrderStatus::kResting;
    const bool finished_only = query.status.has_value() && !resting_only;
    auto rows = AllOrders(context, query, with_live && !finished_only, !resting_only);
    if (!rows.ok()) return reply.Error(ToError(rows.status()));
    const bool more = CutToPage(*rows, limit);
    const auto tickers = TickersOf(context, *rows);
    for (std::size_t i = 0; i < rows->size(); ++i) {
      response.orders.push_back(ToKalshi((*rows)[i], tickers[i], context.wire_ids));
    }
    if (more) {
      response.cursor = kalshi::FormatCursor(
          {kOrdersCursor, static_cast<std::int64_t>(rows->back().order_id.value()), 0, ""});
    }
  }
  reply.Json(200, kalshi::EncodeJson(response));
}

// Queue positions are asked of the exchange itself, between two commands; the answer leaves once
// everything it could see is durable.
void AnswerQueuePositions(
    const ExchangeContext& context, std::vector<OrderRow> rows, RestReply reply,
    std::function<std::string(const std::vector<OrderRow>&, const std::vector<Quantity>&)> encode) {
  auto shared = std::make_shared<RestReply>(std::move(reply));
  const absl::Status queued =
      context.sequencer.Ask([&context, shared, rows = std::move(rows),
                             encode = std::move(encode)](const venue::Exchange& exchange) mutable {
        std::vector<OrderRow> resting;
        std::vector<Quantity> positions;
        for (OrderRow& row : rows) {
          const auto position = exchange.QueuePosition(row.order_id);
          if (!position) continue;
          positions.push_back(*position);
          resting.push_back(std::move(row));
        }
        return [&context, shared, resting = std::move(resting), positions = std::move(positions),
                encode = std::move(encode)] {
          std::string body = encode(resting, positions);
          if (body.empty()) {
            shared->ErrorLater(context.replies, kalshi::MakeError(error::kNotFound));
          } else {
            shared->JsonLater(context.replies, 200, std::move(body));
          }
        };
      });
  if (!queued.ok()) shared->Error(ToError(queued));
}

void GetQueuePosition(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto order_id = context.wire_ids.DecodeOrder(request.path_parameters[0]);
  if (!order_id) return reply.Error(kalshi::MakeError(error::kNotFound));
  const auto order = FindOrder(context, request.account(), *order_id);
  if (!order.ok()) return reply.Error(ToError(order.status()));
  if (!order->has_value() || !MayUse(*request.principal, (*order)->subaccount)) {
    return reply.Error(kalshi::MakeError(error::kNotFound));
  }
  AnswerQueuePositions(
      context, {**order}, std::move(reply),
      [](const std::vector<OrderRow>&, const std::vector<Quantity>& positions) {
        if (positions.empty()) return std::string();
        return kalshi::EncodeJson(kalshi::QueuePositionResponse{positions.front()});
      });
}

void GetQueuePositions(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto decoded = kalshi::DecodeQueuePositionsQuery(request.http.query());
  if (!decoded.ok()) return reply.Error(decoded.error());
  OrderQuery query;
  query.account = request.account();
  const auto subaccount = ResolveSubaccount(*request.principal, decoded->subaccount);
  if (!subaccount.ok()) return reply.Error(subaccount.error());
  query.subaccount = *subaccount;
  query.limit = UINT32_MAX;
  query.markets = MarketsOf(context, decoded->market_tickers, {decoded->event_ticker});
  std::vector<OrderRow> rows;
  const bool filtered = !decoded->market_tickers.empty() || !decoded->event_ticker.empty();
  if (!filtered || !query.markets.empty()) rows = LiveOrders(context, query);
  AnswerQueuePositions(
      context, std::move(rows), std::move(reply),
      [&context](const std::vector<OrderRow>& resting, const std::vector<Quantity>& positions) {
        kalshi::QueuePositionsResponse response;
        const auto tickers = TickersOf(context, resting);
        for (std::size_t i = 0; i < resting.size(); ++i) {
          response.queue_positions.push_back(
              {context.wire_ids.Encode(resting[i].order_id), tickers[i], positions[i]});
        }
        return kalshi::EncodeJson(response);
      });
}

}  // namespace

void AddOrderReadRoutes(RestRouter& router, const ExchangeContext& context) {
  const auto add = [&](std::string_view pattern, std::string_view operation, std::int64_t cost,
                       auto handler) {
    router.Add({net::HttpMethod::kGet, pattern, operation, AuthRule::kRequired, venue::kScopeRead,
                RateBucket::kRead, cost, std::move(handler)});
  };
  add("/trade-api/v2/portfolio/orders", "GetOrders", kDefaultCost,
      [&context](RestRequest& request, RestReply reply) {
        ListOrders(context, "GetOrders", true, request, std::move(reply));
      });
  add("/trade-api/v2/historical/orders", "GetHistoricalOrders", kDefaultCost,
      [&context](RestRequest& request, RestReply reply) {
        ListOrders(context, "GetHistoricalOrders", false, request, std::move(reply));
      });
  add("/trade-api/v2/portfolio/orders/queue_positions", "GetOrderQueuePositions", kDefaultCost,
      [&context](RestRequest& request, RestReply reply) {
        GetQueuePositions(context, request, std::move(reply));
      });
  add("/trade-api/v2/portfolio/orders/{order_id}", "GetOrder", kGetOrderCost,
      [&context](RestRequest& request, RestReply reply) {
        GetOrder(context, request, std::move(reply));
      });
  add("/trade-api/v2/portfolio/orders/{order_id}/queue_position", "GetOrderQueuePosition",
      kDefaultCost, [&context](RestRequest& request, RestReply reply) {
        GetQueuePosition(context, request, std::move(reply));
      });
}

}  // namespace evx::mock_kalshi
