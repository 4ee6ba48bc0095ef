// Operator: who has what where. Accounts and markets with their statistics and open orders.

#include <algorithm>
#include <utility>
#include <vector>

#include "conversions.h"
#include "evx/core/status.h"
#include "evx/kalshi/number.h"
#include "evx/kalshi/query.h"
#include "operator_routes.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;
using nlohmann::json;

// Rows of one answer; older ones are left out and `truncated` is true.
constexpr std::size_t kRowCountMax = 1'000;

json OrderJson(const ReadModel::State& state, const OrderRow& order, const WireIdCodec& wire_ids) {
  return {{"order_id", wire_ids.Encode(order.order_id)},
          {"account_id", order.account.value()},
          {"subaccount", order.subaccount},
          {"client_order_id", std::string(order.client_order_id.view())},
          {"ticker", state.At(order.market).ticker},
          {"book_side", kalshi::ToWire(ToKalshi(order.side))},
          {"yes_price_dollars", kalshi::FormatPrice(order.price)},
          {"initial_count_fp", kalshi::FormatCount(order.initial_quantity)},
          {"remaining_count_fp", kalshi::FormatCount(order.remaining)},
          {"fill_count_fp", kalshi::FormatCount(order.filled)},
          {"created_time", FormatRfc3339(order.create_time)}};
}

struct OrderSums {
  std::size_t order_count = 0;
  Quantity resting;
  Money notional;  // Of the resting remainders, at their prices.

  void Add(const OrderRow& order) {
    ++order_count;
    resting += order.remaining;
    const Price paid = order.side == BookSide::kBid ? order.price : order.price.Complement();
    notional += paid * order.remaining;
  }
  void Write(json& out) const {
    out["open_order_count"] = order_count;
    out["resting_count_fp"] = kalshi::FormatCount(resting);
    out["resting_value_dollars"] = kalshi::FormatMoney6(notional);
  }
};

json AccountJson(const AccountState& account, const WireIdCodec& wire_ids) {
  OrderSums orders;
  for (const auto& [id, order] : account.open_orders) orders.Add(*order);
  Money cash;
  Money hold;
  for (const auto& [number, subaccount] : account.subaccounts) {
    cash += subaccount.cash;
    hold += subaccount.hold;
  }
  Money traded;
  Money fees;
  Money pnl;
  std::size_t position_count = 0;
  for (const auto& [key, position] : account.positions) {
    if (!position.position.is_zero()) ++position_count;
    traded += position.total_traded;
    fees += position.fees_paid;
    pnl += position.realized_pnl;
  }
  json out = {{"account_id", account.account.value()},
              {"user_id", wire_ids.Encode(account.account)},
              {"name", account.name},
              {"tier", TierText(account.tier)},
              {"disabled", account.disabled},
              {"balance_unit_micros", account.balance_unit_micros},
              {"subaccount_count", account.subaccounts.size()},
              {"key_ids", account.key_ids},
              {"cash_dollars", kalshi::FormatMoney6(cash)},
              {"hold_dollars", kalshi::FormatMoney6(hold)},
              {"open_position_count", position_count},
              {"total_traded_dollars", kalshi::FormatMoney6(traded)},
              {"fees_paid_dollars", kalshi::FormatMoney6(fees)},
              {"realized_pnl_dollars", kalshi::FormatMoney6(pnl)},
              {"order_group_count", account.order_groups.size()}};
  orders.Write(out);
  return out;
}

const AccountState* FindAccount(const ReadModel::State& state, std::string_view text) {
  const auto it =
      std::find_if(state.accounts.begin(), state.accounts.end(), [text](const AccountState& a) {
        return std::to_string(a.account.value()) == text || a.name == text;
      });
  return it == state.accounts.end() ? nullptr : &*it;
}

void ListAccounts(const ExchangeContext& context, RestReply reply) {
  json accounts = json::array();
  bool truncated = false;
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const AccountState& account : state.accounts) {
      if (!account.account) continue;
      truncated = accounts.size() >= kRowCountMax;
      if (truncated) return;
      accounts.push_back(AccountJson(account, context.wire_ids));
    }
  });
  reply.Json(200, json{{"accounts", std::move(accounts)}, {"truncated", truncated}}.dump());
}

void GetAccount(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  json account;
  context.read_model.Read([&](const ReadModel::State& state) {
    const AccountState* found = FindAccount(state, request.path_parameters[0]);
    if (found != nullptr) account = AccountJson(*found, context.wire_ids);
  });
  if (account.is_null()) return reply.Error(kalshi::MakeError(error::kUserNotFound));
  reply.Json(200, account.dump());
}

void ListAccountOrders(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  json orders = json::array();
  bool known = false;
  bool truncated = false;
  context.read_model.Read([&](const ReadModel::State& state) {
    const AccountState* account = FindAccount(state, request.path_parameters[0]);
    known = account != nullptr;
    if (!known) return;
    truncated = account->open_orders.size() > kRowCountMax;
    for (auto it = account->open_orders.rbegin();
         it != account->open_orders.rend() && orders.size() < kRowCountMax; ++it) {
      orders.push_back(OrderJson(state, *it->second, context.wire_ids));
    }
  });
  if (!known) return reply.Error(kalshi::MakeError(error::kUserNotFound));
  reply.Json(200, json{{"orders", std::move(orders)}, {"truncated", truncated}}.dump());
}

// Walks every open order of the exchange: for people, not for loops.
template <class Visit>
void VisitOrdersOf(const ReadModel::State& state, MarketId market, Visit visit) {
  for (const AccountState& account : state.accounts) {
    for (const auto& [id, order] : account.open_orders) {
      if (order->market == market) visit(account, *order);
    }
  }
}

void GetMarket(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  json market;
  context.read_model.Read([&](const ReadModel::State& state) {
    const MarketState* found = state.FindMarket(request.path_parameters[0]);
    if (found == nullptr) return;
    OrderSums sums;
    std::size_t account_count = 0;
    AccountId last;
    VisitOrdersOf(state, found->market, [&](const AccountState& account, const OrderRow& order) {
      sums.Add(order);
      if (account.account != last) ++account_count;
      last = account.account;
    });
    market = {{"ticker", found->ticker},
              {"event_ticker", state.At(found->event).ticker},
              {"status", kalshi::ToWire(ToKalshi(found->status))},
              {"price_level_structure", found->price_level_structure},
              {"open_time", FormatRfc3339(found->open_time)},
              {"close_time", FormatRfc3339(found->close_time)},
              {"volume_fp", kalshi::FormatCount(found->volume)},
              {"open_interest_fp", kalshi::FormatCount(found->open_interest)},
              {"bid_level_count", found->book.bids.size()},
              {"ask_level_count", found->book.asks.size()},
              {"book_sequence_number", found->book.sequence_number.value()},
              {"account_count", account_count}};
    sums.Write(market);
  });
  if (market.is_null()) return reply.Error(kalshi::MakeError(error::kMarketNotFound));
  reply.Json(200, market.dump());
}

void ListMarketOrders(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  json orders = json::array();
  bool known = false;
  bool truncated = false;
  context.read_model.Read([&](const ReadModel::State& state) {
    const MarketState* market = state.FindMarket(request.path_parameters[0]);
    known = market != nullptr;
    if (!known) return;
    VisitOrdersOf(state, market->market, [&](const AccountState&, const OrderRow& order) {
      truncated = truncated || orders.size() >= kRowCountMax;
      if (!truncated) orders.push_back(OrderJson(state, order, context.wire_ids));
    });
  });
  if (!known) return reply.Error(kalshi::MakeError(error::kMarketNotFound));
  reply.Json(200, json{{"orders", std::move(orders)}, {"truncated", truncated}}.dump());
}

}  // namespace

void AddOperatorTrackingRoutes(RestRouter& router, const ExchangeContext& context) {
  const auto add = [&](std::string_view pattern, std::string_view operation, auto function) {
    AddOperatorRoute(router, net::HttpMethod::kGet, pattern, operation,
                     [&context, function](RestRequest& request, RestReply reply) {
                       function(context, request, std::move(reply));
                     });
  };
  add("/evx/v1/admin/accounts", "ListAccounts",
      [](const ExchangeContext& c, RestRequest&, RestReply reply) {
        ListAccounts(c, std::move(reply));
      });
  add("/evx/v1/admin/accounts/{account}", "GetAccount", GetAccount);
  add("/evx/v1/admin/accounts/{account}/orders", "ListAccountOrders", ListAccountOrders);
  add("/evx/v1/admin/markets/{ticker}", "GetMarket", GetMarket);
  add("/evx/v1/admin/markets/{ticker}/orders", "ListMarketOrders", ListMarketOrders);
}

}  // namespace evx::mock_kalshi
