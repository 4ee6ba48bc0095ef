// Operator over REST: accounts and markets with their statistics, open orders and fills.

#include <utility>

#include "absl/strings/str_format.h"
#include "conversions.h"
#include "evx/core/decimal.h"
#include "evx/kalshi/number.h"
#include "evx/kalshi/query.h"
#include "operator/operator_routes.h"
#include "operator/operator_views.h"

namespace evx::mock_kalshi {
namespace {

using nlohmann::json;

// The year 2200; what is later is no time of this exchange.
constexpr std::int64_t kUnixSecondsMax = 7'258'118'400;

double Micros(std::int64_t nanos) { return static_cast<double>(nanos) / 1e3; }

template <class Reason, std::size_t kCount>
json CountsJson(const std::array<std::uint32_t, kCount>& counts) {
  json out = json::object();
  for (std::size_t i = 0; i < kCount; ++i) {
    if (counts[i] > 0) out[std::string(venue::Name(static_cast<Reason>(i)))] = counts[i];
  }
  return out;
}

json TrackingJson(const OrderTracking& tracking) {
  const OrderStatistics& s = tracking.statistics;
  const LatencyHistogram& latency = s.create_latency;
  return {{"accepted_count", s.accepted_count},
          {"resting_count", tracking.resting_count},
          {"executed_count", s.executed_count},
          {"canceled_count", s.canceled_count},
          {"canceled_counts", CountsJson<venue::CancelReason>(s.canceled_counts)},
          {"rejected_count", s.rejected_count},
          {"rejected_counts", CountsJson<venue::RejectReason>(s.rejected_counts)},
          {"ordered_count_fp", kalshi::FormatCount(s.ordered)},
          {"filled_count_fp", kalshi::FormatCount(s.filled)},
          {"fill_ratio", static_cast<double>(s.fill_ratio_millionths()) / 1e6},
          {"resting_count_fp", kalshi::FormatCount(tracking.resting)},
          {"resting_value_dollars", kalshi::FormatMoney6(tracking.resting_value)},
          {"create_latency",
           {{"count", latency.count()},
            {"p50_us", Micros(latency.PercentileNanos(50))},
            {"p90_us", Micros(latency.PercentileNanos(90))},
            {"p99_us", Micros(latency.PercentileNanos(99))},
            {"max_us", Micros(latency.max_nanos())}}}};
}

json ToJson(const AccountView& account) {
  return {{"account_id", account.account.value()},
          {"user_id", account.user_id},
          {"name", account.name},
          {"tier", TierText(account.tier)},
          {"disabled", account.disabled},
          {"balance_unit_micros", account.balance_unit_micros},
          {"subaccount_count", account.subaccount_count},
          {"key_ids", account.key_ids},
          {"cash_dollars", kalshi::FormatMoney6(account.cash)},
          {"hold_dollars", kalshi::FormatMoney6(account.hold)},
          {"open_position_count", account.open_position_count},
          {"total_traded_dollars", kalshi::FormatMoney6(account.total_traded)},
          {"fees_paid_dollars", kalshi::FormatMoney6(account.fees_paid)},
          {"realized_pnl_dollars", kalshi::FormatMoney6(account.realized_pnl)},
          {"order_group_count", account.order_group_count},
          {"orders", TrackingJson(account.orders)}};
}

json ToJson(const MarketView& market) {
  return {{"ticker", market.ticker},
          {"event_ticker", market.event_ticker},
          {"status", kalshi::ToWire(ToKalshi(market.status))},
          {"price_level_structure", market.price_level_structure},
          {"open_time", FormatRfc3339(market.open_time)},
          {"close_time", FormatRfc3339(market.close_time)},
          {"volume_fp", kalshi::FormatCount(market.volume)},
          {"open_interest_fp", kalshi::FormatCount(market.open_interest)},
          {"bid_level_count", market.bid_level_count},
          {"ask_level_count", market.ask_level_count},
          {"book_sequence_number", market.book_sequence_number.value()},
          {"book_hash", absl::StrFormat("%016x", market.book_hash)},
          {"orders", TrackingJson(market.orders)}};
}

json ToJson(const OpenOrderView& row, const WireIdCodec& wire_ids) {
  const OrderRow& order = row.order;
  return {{"order_id", wire_ids.Encode(order.order_id)},
          {"account_id", order.account.value()},
          {"account_name", row.account_name},
          {"subaccount", order.subaccount},
          {"client_order_id", std::string(order.client_order_id.view())},
          {"ticker", row.ticker},
          {"book_side", kalshi::ToWire(order.side)},
          {"yes_price_dollars", kalshi::FormatPrice(order.price)},
          {"initial_count_fp", kalshi::FormatCount(order.initial_quantity)},
          {"remaining_count_fp", kalshi::FormatCount(order.remaining)},
          {"fill_count_fp", kalshi::FormatCount(order.filled)},
          {"created_time", FormatRfc3339(order.create_time)}};
}

json ToJson(const FillView& row, const WireIdCodec& wire_ids) {
  const FillRow& fill = row.fill;
  return {{"trade_id", wire_ids.Encode(fill.trade_id)},
          {"order_id", wire_ids.Encode(fill.order_id)},
          {"account_id", fill.account.value()},
          {"account_name", row.account_name},
          {"subaccount", fill.subaccount},
          {"ticker", row.ticker},
          {"book_side", kalshi::ToWire(fill.side)},
          {"is_taker", fill.is_taker},
          {"yes_price_dollars", kalshi::FormatPrice(fill.price)},
          {"count_fp", kalshi::FormatCount(fill.quantity)},
          {"fee_dollars", kalshi::FormatMoney6(fill.fee)},
          {"created_time", FormatRfc3339(fill.time)}};
}

// ?page_size=N&page_token=T
PageRequest ReadPage(const RestRequest& request) {
  PageRequest page;
  const auto query = kalshi::QueryString::Parse(request.http.query());
  page.token = query.Get("page_token").value_or("");
  if (const auto size = query.Get("page_size")) {
    // What is no number is out of range like one.
    page.size = ParseDecimal(*size, 0).value_or(-1);
  }
  return page;
}

void ListAccountRows(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto page = ListAccounts(ReadPage(request), context);
  if (!page.ok()) return reply.Error(page.error());
  json rows = json::array();
  for (const AccountView& account : page->rows) rows.push_back(ToJson(account));
  reply.Json(
      200, json{{"accounts", std::move(rows)}, {"next_page_token", page->next_page_token}}.dump());
}

void GetAccount(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto view = ViewAccount(AccountName::FromText(PathText(request)), context);
  if (!view.ok()) return reply.Error(view.error());
  reply.Json(200, ToJson(*view).dump());
}

void GetMarket(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto view = ViewMarket(PathText(request), context);
  if (!view.ok()) return reply.Error(view.error());
  reply.Json(200, ToJson(*view).dump());
}

void ListOrders(const ExchangeContext& context, OpenOrderQuery query, const RestRequest& request,
                RestReply reply) {
  query.page = ReadPage(request);
  const auto page = ListOpenOrders(query, context);
  if (!page.ok()) return reply.Error(page.error());
  json rows = json::array();
  for (const OpenOrderView& row : page->rows) rows.push_back(ToJson(row, context.wire_ids));
  reply.Json(200,
             json{{"orders", std::move(rows)}, {"next_page_token", page->next_page_token}}.dump());
}

void ListAccountOrders(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  OpenOrderQuery query;
  query.account = AccountName::FromText(PathText(request));
  ListOrders(context, std::move(query), request, std::move(reply));
}

void ListMarketOrders(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  OpenOrderQuery query;
  query.market_ticker = PathText(request);
  // An empty ticker would mean every market.
  if (query.market_ticker.empty()) {
    return reply.Error(kalshi::MakeError(kalshi::error::kMarketNotFound));
  }
  ListOrders(context, std::move(query), request, std::move(reply));
}

// ?account=A&ticker=T&min_ts=S&max_ts=S, times in Unix seconds, and the page.
void ListFillRows(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  OperatorFillQuery query;
  query.page = ReadPage(request);
  const auto parameters = kalshi::QueryString::Parse(request.http.query());
  if (const auto account = parameters.Get("account")) {
    query.account = AccountName::FromText(std::string(*account));
  }
  query.market_ticker = parameters.Get("ticker").value_or("");
  for (auto [name, time] : {std::pair("min_ts", &query.min_time), {"max_ts", &query.max_time}}) {
    const auto text = parameters.Get(name);
    if (!text) continue;
    const auto seconds = ParseDecimal(*text, 0);
    if (!seconds || *seconds < 0 || *seconds > kUnixSecondsMax) {
      return reply.Error(
          kalshi::MakeError(kalshi::error::kInvalidParameters,
                            absl::StrFormat("%s \"%s\" is outside 0 to %d seconds", name,
                                            std::string(text->substr(0, 64)), kUnixSecondsMax)));
    }
    *time = Timestamp::FromSeconds(*seconds);
  }
  const auto page = ListFills(query, context);
  if (!page.ok()) return reply.Error(page.error());
  json rows = json::array();
  for (const FillView& row : page->rows) rows.push_back(ToJson(row, context.wire_ids));
  reply.Json(200,
             json{{"fills", std::move(rows)}, {"next_page_token", page->next_page_token}}.dump());
}

}  // namespace

void AddOperatorTrackingRoutes(RestRouter& router, const ExchangeContext& context) {
  const auto add = [&](std::string_view pattern, std::string_view operation, auto function) {
    AddOperatorRoute(router, net::HttpMethod::kGet, pattern, operation,
                     [&context, function](RestRequest& request, RestReply reply) {
                       function(context, request, std::move(reply));
                     });
  };
  add("/evx/v1/admin/accounts", "ListAccounts", ListAccountRows);
  add("/evx/v1/admin/accounts/{account}", "GetAccount", GetAccount);
  add("/evx/v1/admin/accounts/{account}/orders", "ListAccountOrders", ListAccountOrders);
  add("/evx/v1/admin/fills", "ListFills", ListFillRows);
  add("/evx/v1/admin/markets/{ticker}", "GetMarket", GetMarket);
  add("/evx/v1/admin/markets/{ticker}/orders", "ListMarketOrders", ListMarketOrders);
}

}  // namespace evx::mock_kalshi
