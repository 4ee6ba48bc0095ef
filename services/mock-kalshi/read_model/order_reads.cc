#include "read_model/order_reads.h"

#include <algorithm>
#include <utility>

#include "evx/core/status.h"

namespace evx::mock_kalshi {
namespace {

bool Matches(const OrderQuery& query, const OrderRow& row) {
  return (!query.subaccount || row.subaccount == *query.subaccount) &&
         (query.markets.empty() || std::find(query.markets.begin(), query.markets.end(),
                                             row.market) != query.markets.end()) &&
         (!query.min_time || row.create_time >= *query.min_time) &&
         (!query.max_time || row.create_time <= *query.max_time) &&
         (!query.before || row.order_id < *query.before);
}

}  // namespace

absl::StatusOr<std::optional<OrderRow>> FindOrder(const ExchangeContext& context, AccountId account,
                                                  OrderId order_id) {
  auto live = context.read_model.Read([&](const ReadModel::State& state) {
    const OrderRow* order = state.FindOpenOrder(order_id);
    return order != nullptr && order->account == account ? std::optional(*order) : std::nullopt;
  });
  if (live) return live;
  return context.history.FindOrder(account, order_id);
}

std::vector<OrderRow> LiveOrders(const ExchangeContext& context, const OrderQuery& query) {
  return context.read_model.Read([&query](const ReadModel::State& state) {
    std::vector<OrderRow> rows;
    const AccountState* account = state.FindAccount(query.account);
    if (account == nullptr) return rows;
    const auto& orders = account->open_orders;
    for (auto row = orders.rbegin(); row != orders.rend() && rows.size() < query.limit; ++row) {
      if (Matches(query, *row->second)) rows.push_back(*row->second);
    }
    return rows;
  });
}

absl::StatusOr<std::vector<OrderRow>> AllOrders(const ExchangeContext& context,
                                                const OrderQuery& query, bool with_live,
                                                bool with_finished) {
  std::vector<OrderRow> rows;
  if (with_live) rows = LiveOrders(context, query);
  if (with_finished) {
    EVX_ASSIGN_OR_RETURN(std::vector<OrderRow> finished, context.history.ListOrders(query));
    finished.insert(finished.end(), rows.begin(), rows.end());
    rows = std::move(finished);
    std::stable_sort(rows.begin(), rows.end(),
                     [](const OrderRow& a, const OrderRow& b) { return a.order_id > b.order_id; });
    rows.erase(
        std::unique(rows.begin(), rows.end(),
                    [](const OrderRow& a, const OrderRow& b) { return a.order_id == b.order_id; }),
        rows.end());
  }
  if (rows.size() > query.limit) rows.resize(query.limit);
  return rows;
}

}  // namespace evx::mock_kalshi
