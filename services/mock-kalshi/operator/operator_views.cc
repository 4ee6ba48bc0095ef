#include "operator/operator_views.h"

#include <algorithm>
#include <utility>

#include "conversions.h"
#include "evx/book/book.h"
#include "evx/core/decimal.h"
#include "operator/operator_fields.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;
using kalshi::Decoded;
using kalshi::MakeError;

template <class State>
OrderTracking TrackingOf(const State& state) {
  OrderTracking tracking;
  if (state.order_statistics != nullptr) tracking.statistics = *state.order_statistics;
  tracking.resting_count = tracking.statistics.resting_count();
  return tracking;
}

Price Paid(BookSide side, Price price) {
  return side == BookSide::kBid ? price : price.Complement();
}

AccountView ToView(const AccountState& account, const WireIdCodec& wire_ids) {
  AccountView view;
  view.account = account.account;
  view.name = account.name;
  view.user_id = wire_ids.Encode(account.account);
  view.tier = account.tier;
  view.disabled = account.disabled;
  view.balance_unit_micros = account.balance_unit_micros;
  view.key_ids = account.key_ids;
  view.subaccount_count = static_cast<std::int64_t>(account.subaccounts.size());
  for (const auto& [number, subaccount] : account.subaccounts) {
    view.cash += subaccount.cash;
    view.hold += subaccount.hold;
  }
  for (const auto& [key, position] : account.positions) {
    if (!position.position.is_zero()) ++view.open_position_count;
    view.total_traded += position.total_traded;
    view.fees_paid += position.fees_paid;
    view.realized_pnl += position.realized_pnl;
  }
  view.order_group_count = static_cast<std::int64_t>(account.order_groups.size());
  view.orders = TrackingOf(account);
  for (const auto& [id, order] : account.open_orders) {
    view.orders.resting += order->remaining;
    view.orders.resting_value += Paid(order->side, order->price) * order->remaining;
  }
  return view;
}

MarketView ToView(const MarketState& market, const ReadModel::State& state) {
  MarketView view;
  view.ticker = market.ticker;
  view.event_ticker = state.At(market.event).ticker;
  view.status = market.status;
  view.price_level_structure = market.price_level_structure;
  view.open_time = market.open_time;
  view.close_time = market.close_time;
  view.volume = market.volume;
  view.open_interest = market.open_interest;
  view.bid_level_count = static_cast<std::int64_t>(market.book.bids.size());
  view.ask_level_count = static_cast<std::int64_t>(market.book.asks.size());
  view.book_sequence_number = market.book.sequence_number;
  view.orders = TrackingOf(market);
  std::vector<book::Level> bids, asks;
  for (const auto& [price, quantity] : market.book.bids) {
    bids.push_back({price, quantity});
    view.orders.resting += quantity;
    view.orders.resting_value += price * quantity;
  }
  for (const auto& [price, quantity] : market.book.asks) {
    asks.push_back({price, quantity});
    view.orders.resting += quantity;
    view.orders.resting_value += price.Complement() * quantity;
  }
  view.book_hash = book::HashLevels(market.ticker, bids, asks);
  return view;
}

// The size of a page, and the id after which it begins; 0: at the beginning.
struct PageStart {
  std::size_t size = 0;
  std::int64_t after = 0;
};

Decoded<PageStart> Start(const PageRequest& page) {
  if (const auto wrong = CheckRange("page_size", page.size, 0, kOperatorPageSizeMax)) return *wrong;
  PageStart start;
  start.size = static_cast<std::size_t>(page.size == 0 ? kOperatorPageSizeMax : page.size);
  if (page.token.empty()) return start;
  const auto after = ParseDecimal(page.token, 0);
  if (!after || *after <= 0) {
    return WrongField("page_token", "\"" + page.token.substr(0, 64) + "\" is of no page");
  }
  start.after = *after;
  return start;
}

// Keeps the newest of the orders it is shown that belong to the page, and one more.
class NewestOrders {
 public:
  NewestOrders(PageStart start, MarketId market) : start_(start), market_(market) {}

  void AddAll(const ReadModel::State& state, const AccountState& account) {
    const auto& orders = account.open_orders;
    auto it = start_.after == 0 ? orders.rbegin()
                                : std::make_reverse_iterator(orders.lower_bound(
                                      OrderId(static_cast<std::uint64_t>(start_.after))));
    std::size_t added = 0;
    for (; it != orders.rend() && added <= start_.size; ++it) {
      const OrderRow& order = *it->second;
      if (market_ && order.market != market_) continue;
      rows_.push_back({order, state.At(order.market).ticker, account.name});
      ++added;
    }
    if (rows_.size() > kSlack * start_.size) Trim();
  }

  Page<OpenOrderView> Take() {
    Trim();
    Page<OpenOrderView> page;
    page.rows = std::move(rows_);
    if (page.rows.size() > start_.size) {
      page.rows.resize(start_.size);
      page.next_page_token = std::to_string(page.rows.back().order.order_id.value());
    }
    return page;
  }

 private:
  static constexpr std::size_t kSlack = 4;  // Pages that are collected before they are sorted.

  void Trim() {
    std::sort(rows_.begin(), rows_.end(), [](const OpenOrderView& a, const OpenOrderView& b) {
      return a.order.order_id > b.order.order_id;
    });
    if (rows_.size() > start_.size + 1) rows_.resize(start_.size + 1);
  }

  const PageStart start_;
  const MarketId market_;
  std::vector<OpenOrderView> rows_;
};

// What the names of a list's request mean: none of them, none.
struct Filter {
  MarketId market;
  std::optional<AccountId> account;
};

Decoded<Filter> FindFilter(const std::optional<AccountName>& account,
                           const std::string& market_ticker, const ExchangeContext& context) {
  Filter filter;
  context.read_model.Read([&](const ReadModel::State& state) {
    if (account) filter.account = FindAccount(state, *account);
    if (const MarketState* found = state.FindMarket(market_ticker)) filter.market = found->market;
  });
  if (account && !filter.account) return MakeError(error::kUserNotFound);
  if (!market_ticker.empty() && !filter.market) return MakeError(error::kMarketNotFound);
  return filter;
}

// A place among all fills as one number.
std::int64_t TokenOf(const FillRow& fill) {
  return static_cast<std::int64_t>(fill.trade_id.value()) * 2 + (fill.is_taker ? 1 : 0);
}

// Fills behind the page's start: one more than the page has, if there are so many.
absl::StatusOr<std::vector<FillRow>> ReadFills(const OperatorFillQuery& query, const Filter& filter,
                                               PageStart start, const History& history) {
  const TradeId last(static_cast<std::uint64_t>(start.after) / 2);
  // Behind a taker's fill comes that of its maker: the trade is read again.
  const bool is_inside = start.after % 2 == 1;
  FillQuery rows;
  if (filter.account) rows.account = *filter.account;
  if (filter.market) rows.markets = {filter.market};
  rows.min_time = query.min_time;
  rows.max_time = query.max_time;
  if (last) rows.before = is_inside ? TradeId(last.value() + 1) : last;
  rows.limit = static_cast<std::uint32_t>(start.size) + (is_inside ? 2 : 1);
  auto fills = history.ListFills(rows);
  if (!fills.ok()) return fills;
  std::erase_if(*fills, [&](const FillRow& fill) {
    return is_inside && fill.trade_id == last && fill.is_taker;
  });
  return fills;
}

}  // namespace

ExchangeView ViewExchange(const ExchangeContext& context) {
  ExchangeView view;
  context.read_model.Read([&view](const ReadModel::State& state) {
    view.exchange_active = state.exchange_active;
    view.trading_active = state.trading_active;
    view.sequence_number = state.sequence_number;
    view.time = state.time;
    view.market_count = static_cast<std::int64_t>(state.markets.size());
    view.account_count = static_cast<std::int64_t>(state.accounts.size());
    view.open_order_count = static_cast<std::int64_t>(state.open_orders.size());
  });
  view.accepting = context.sequencer.accepting();
  view.queue_size = static_cast<std::int64_t>(context.sequencer.queue_size());
  return view;
}

Decoded<AccountView> ViewAccount(const AccountName& name, const ExchangeContext& context) {
  auto view =
      context.read_model.Read([&](const ReadModel::State& state) -> std::optional<AccountView> {
        const auto account = FindAccount(state, name);
        if (!account) return std::nullopt;
        return ToView(*state.FindAccount(*account), context.wire_ids);
      });
  if (!view) return MakeError(error::kUserNotFound);
  return *std::move(view);
}

Decoded<MarketView> ViewMarket(std::string_view ticker, const ExchangeContext& context) {
  auto view =
      context.read_model.Read([&](const ReadModel::State& state) -> std::optional<MarketView> {
        const MarketState* market = state.FindMarket(ticker);
        if (market == nullptr) return std::nullopt;
        return ToView(*market, state);
      });
  if (!view) return MakeError(error::kMarketNotFound);
  return *std::move(view);
}

Decoded<Page<AccountView>> ListAccounts(const PageRequest& request,
                                        const ExchangeContext& context) {
  const auto start = Start(request);
  if (!start.ok()) return start.error();
  Page<AccountView> page;
  auto number = static_cast<std::uint64_t>(start->after) + 1;
  for (bool more = true; more; ++number) {
    context.read_model.Read([&](const ReadModel::State& state) {
      more = number <= state.accounts.size();
      if (!more) return;
      if (page.rows.size() == start->size) {
        page.next_page_token = std::to_string(number - 1);
        more = false;
        return;
      }
      const AccountState& account = state.accounts[number - 1];
      if (account.account) page.rows.push_back(ToView(account, context.wire_ids));
    });
  }
  return page;
}

Decoded<Page<OpenOrderView>> ListOpenOrders(const OpenOrderQuery& query,
                                            const ExchangeContext& context) {
  const auto start = Start(query.page);
  if (!start.ok()) return start.error();
  const auto filter = FindFilter(query.account, query.market_ticker, context);
  if (!filter.ok()) return filter.error();
  const auto& [market, account] = *filter;
  if (!account && !market) return WrongField("account", "or market_ticker is needed");
  const std::size_t account_count =
      context.read_model.Read([](const ReadModel::State& state) { return state.accounts.size(); });
  NewestOrders orders(*start, market);
  const std::uint32_t first = account ? account->value() : 1;
  const std::uint32_t last = account ? first : static_cast<std::uint32_t>(account_count);
  for (std::uint32_t number = first; number <= last; ++number) {
    context.read_model.Read([&](const ReadModel::State& state) {
      orders.AddAll(state, *state.FindAccount(AccountId(number)));
    });
  }
  return orders.Take();
}

Decoded<Page<FillView>> ListFills(const OperatorFillQuery& query, const ExchangeContext& context) {
  const auto start = Start(query.page);
  if (!start.ok()) return start.error();
  const auto filter = FindFilter(query.account, query.market_ticker, context);
  if (!filter.ok()) return filter.error();
  const auto fills = ReadFills(query, *filter, *start, context.history);
  if (!fills.ok()) return ToError(fills.status());
  Page<FillView> page;
  context.read_model.Read([&](const ReadModel::State& state) {
    for (const FillRow& fill : *fills) {
      if (page.rows.size() == start->size) {
        page.next_page_token = std::to_string(TokenOf(page.rows.back().fill));
        break;
      }
      page.rows.push_back(
          {fill, state.At(fill.market).ticker, state.FindAccount(fill.account)->name});
    }
  });
  return page;
}

}  // namespace evx::mock_kalshi
