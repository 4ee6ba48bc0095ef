#include "read_model/read_model.h"

#include <algorithm>
#include <type_traits>

#include "evx/core/check.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::uint64_t kSettlementIdsPerRecord = 1 << 20;

// Element of an array that is indexed by a dense id; grown to hold it.
template <class T, class IdType>
T& Grow(std::vector<T>& items, IdType id) {
  EVX_CHECK(id.value() != 0);
  if (items.size() < id.value()) items.resize(id.value());
  return items[id.value() - 1];
}

}  // namespace

// Applies the events of one record to the state.
class ReadModel::Applier {
 public:
  // `command` (venue::EncodeCommand) and `latency_nanos` are for the statistics of orders.
  Applier(State& state, SequenceNumber sequence_number, Timestamp time, FinishedRows& finished,
          std::string_view command = {}, std::int64_t latency_nanos = -1,
          RowObserver* observer = nullptr)
      : state_(state),
        sequence_number_(sequence_number),
        time_(time),
        finished_(finished),
        command_(command),
        latency_nanos_(latency_nanos),
        observer_(observer) {}

  // --- Exchange and accounts ---
  void operator()(const venue::CommandRejected& e) {
    if (command_.empty()) return;
    const absl::StatusOr<venue::Command> command = venue::DecodeCommand(command_);
    EVX_CHECK(command.ok());
    const auto count = [this, &e](AccountId account, MarketId market) {
      if (state_.FindAccount(account) != nullptr) Of(Account(account)).Reject(e.reason);
      if (market && market.value() <= state_.markets.size()) Of(Market(market)).Reject(e.reason);
    };
    if (const auto* create = std::get_if<venue::CreateOrder>(&*command)) {
      count(create->account, create->market);
    } else if (const auto* amend = std::get_if<venue::AmendOrder>(&*command)) {
      count(amend->account, amend->market);
    } else if (const auto* cancel = std::get_if<venue::CancelOrder>(&*command)) {
      count(cancel->account, MarketId());
    } else if (const auto* decrease = std::get_if<venue::DecreaseOrder>(&*command)) {
      count(decrease->account, MarketId());
    }
  }

  void operator()(const venue::ExchangeStatusChanged& e) {
    state_.exchange_active = e.exchange_active;
    state_.trading_active = e.trading_active;
  }

  void operator()(const venue::AccountOpened& e) {
    AccountState& account = Grow(state_.accounts, e.account);
    account.account = e.account;
    account.name = e.name.view();
    account.balance_unit_micros = e.balance_unit_micros;
    account.tier = e.tier;
    account.subaccounts[0].update_time = time_;
    account.update_time = time_;
  }

  void operator()(const venue::AccountUpdated& e) {
    AccountState& account = Account(e.account);
    account.tier = e.tier;
    account.disabled = e.disabled;
    account.update_time = time_;
  }

  void operator()(const venue::SubaccountOpened& e) {
    SubaccountState& subaccount = Account(e.account).subaccounts[e.subaccount];
    subaccount.netting_enabled = e.netting_enabled;
    subaccount.update_time = time_;
  }

  void operator()(const venue::KeyRegistered& e) {
    const std::string key_id(e.key_id.view());
    state_.keys[key_id] = {key_id,           e.account, std::string(e.name.view()),
                           e.public_key_pem, e.scopes,  e.subaccount};
    Account(e.account).key_ids.push_back(key_id);
  }

  void operator()(const venue::KeyRevoked& e) {
    state_.keys.erase(std::string(e.key_id.view()));
    std::erase(Account(e.account).key_ids, e.key_id.view());
  }

  void operator()(const venue::FundsDeposited& e) {
    AddTransfer({e.transfer, TransferKind::kDeposit, e.account, e.subaccount, e.subaccount,
                 e.amount, venue::UuidText(), time_, sequence_number_});
  }

  void operator()(const venue::FundsWithdrawn& e) {
    AddTransfer({e.transfer, TransferKind::kWithdrawal, e.account, e.subaccount, e.subaccount,
                 e.amount, venue::UuidText(), time_, sequence_number_});
  }

  void operator()(const venue::FundsTransferred& e) {
    AddTransfer({e.transfer, TransferKind::kBetweenSubaccounts, e.account, e.from_subaccount,
                 e.to_subaccount, e.amount, e.client_transfer_id, time_, sequence_number_});
  }

  void operator()(const venue::NettingChanged& e) {
    Account(e.account).subaccounts[e.subaccount].netting_enabled = e.enabled;
  }

  void operator()(const venue::TargetBalanceAllocationChanged& e) {
    Account(e.account).target_balance_allocation_json = e.allocation_json;
  }

  void operator()(const venue::CashPosted&) {}

  void operator()(const venue::BalanceChanged& e) {
    SubaccountState& subaccount = Account(e.account).subaccounts[e.subaccount];
    subaccount.cash = e.cash;
    subaccount.hold = e.hold;
    subaccount.update_time = time_;
    Account(e.account).update_time = time_;
  }

  // --- Orders ---
  void operator()(const venue::OrderAccepted& e) {
    auto row = std::make_unique<OrderRow>();
    OrderRow& order = *row;
    state_.open_orders.insert_or_assign(e.order_id, row.get());
    Account(e.account).open_orders.insert_or_assign(e.order_id, std::move(row));
    order.order_id = e.order_id;
    order.account = e.account;
    order.subaccount = e.subaccount;
    order.market = e.market;
    order.side = e.side;
    order.time_in_force = e.time_in_force;
    order.self_trade_prevention = e.self_trade_prevention;
    order.post_only = e.post_only;
    order.reduce_only = e.reduce_only;
    order.cancel_on_pause = e.cancel_on_pause;
    order.price = e.price;
    order.initial_quantity = e.quantity;
    order.remaining = e.quantity;
    order.expiration = e.expiration;
    order.order_group = e.order_group;
    order.client_order_id = e.client_order_id;
    order.create_time = time_;
    order.update_time = time_;
    order.sequence_number = sequence_number_;
    Count(order, [&](OrderStatistics& statistics) {
      ++statistics.accepted_count;
      statistics.ordered += e.quantity;
      if (latency_nanos_ >= 0) statistics.create_latency.Add(latency_nanos_);
    });
    Report(order);
  }

  void operator()(const venue::OrderRestored& e) {
    OrderRow* order = Order(e.order_id);
    if (order == nullptr) return;
    Count(*order, [&e](OrderStatistics& statistics) { statistics.filled += e.filled; });
    order->filled = e.filled;
    order->remaining = e.remaining;
    order->taker_fill_cost = e.taker_fill_cost;
    order->maker_fill_cost = e.maker_fill_cost;
    order->taker_fees = e.taker_fees;
    order->maker_fees = e.maker_fees;
    order->create_time = e.create_time;
    order->update_time = e.last_update_time;
  }

  void operator()(const venue::TradeExecuted& e) {
    MarketState& market = Market(e.market);
    market.last_price = e.price;
    market.last_trade_size = e.quantity;
    market.volume += e.quantity;
    market.open_interest = e.open_interest_after;
    Daily(market).AddVolume(time_, e.quantity);
    UpdateQuote(market);
    finished_.trades.push_back({e.trade_id, e.market, e.price, e.quantity, e.taker_side,
                                e.taker_order_id, e.maker_order_id, false, time_,
                                sequence_number_});
  }

  void operator()(const venue::OrderFilled& e) {
    finished_.fills.push_back({e.trade_id, e.order_id, e.account, e.subaccount, e.market, e.side,
                               e.is_taker, e.price, e.quantity, e.fee, time_, sequence_number_});
    Account(e.account).positions[{e.market, e.subaccount}].volume += e.quantity;
    OrderRow* order = Order(e.order_id);
    if (order == nullptr) return;
    Count(*order, [&e](OrderStatistics& statistics) { statistics.filled += e.quantity; });
    order->filled += e.quantity;
    order->remaining = e.remaining_after;
    // What the contracts of this side cost: the NO price for an ask.
    const Price paid = e.side == BookSide::kBid ? e.price : e.price.Complement();
    (e.is_taker ? order->taker_fill_cost : order->maker_fill_cost) += paid * e.quantity;
    (e.is_taker ? order->taker_fees : order->maker_fees) += e.fee;
    Touch(*order);
    if (order->remaining.is_zero()) {
      Finish(*order, OrderStatus::kExecuted);
    } else {
      Report(*order);
    }
  }

  void operator()(const venue::OrderCanceled& e) {
    OrderRow* order = Order(e.order_id);
    if (order == nullptr) return;
    order->cancel_reason = e.reason;
    order->remaining = Quantity();
    Touch(*order);
    Finish(*order, OrderStatus::kCanceled);
  }

  void operator()(const venue::OrderDecreased& e) {
    OrderRow* order = Order(e.order_id);
    if (order == nullptr) return;
    SetRemaining(*order, e.remaining_after);
    Touch(*order);
    Report(*order);
  }

  void operator()(const venue::OrderAmended& e) {
    OrderRow* order = Order(e.order_id);
    if (order == nullptr) return;
    order->price = e.price;
    SetRemaining(*order, e.remaining_after);
    order->expiration = e.expiration;
    order->client_order_id = e.client_order_id;
    Touch(*order);
    Report(*order);
  }

  void operator()(const venue::BookChanged& e) {
    MarketState& market = Market(e.market);
    if (e.side == BookSide::kBid) {
      SetLevel(market.book.bids, e);
    } else {
      SetLevel(market.book.asks, e);
    }
    market.book.sequence_number = sequence_number_;
    UpdateQuote(market);
  }

  void operator()(const venue::BookCleared& e) {
    MarketState& market = Market(e.market);
    market.book.bids.clear();
    market.book.asks.clear();
    market.book.sequence_number = sequence_number_;
    UpdateQuote(market);
  }

  void operator()(const venue::PositionChanged& e) {
    AccountState& account = Account(e.account);
    PositionState& position = account.positions[{e.market, e.subaccount}];
    position = {e.account,      e.subaccount, e.market,       e.position,      e.exposure,
                e.realized_pnl, e.fees_paid,  e.total_traded, position.volume, time_};
    account.update_time = time_;
    if (observer_ != nullptr) observer_->OnPositionChanged(position);
  }

  // --- Order groups ---
  void operator()(const venue::OrderGroupCreated& e) {
    Account(e.account).order_groups[e.order_group] = {e.order_group, e.account, e.subaccount,
                                                      e.limit, false};
    state_.order_group_owners[e.order_group] = e.account;
  }

  void operator()(const venue::OrderGroupLimitUpdated& e) {
    Account(e.account).order_groups[e.order_group].limit = e.limit;
  }

  void operator()(const venue::OrderGroupTriggered& e) {
    Account(e.account).order_groups[e.order_group].triggered = true;
  }

  void operator()(const venue::OrderGroupReset& e) {
    Account(e.account).order_groups[e.order_group].triggered = false;
  }

  void operator()(const venue::OrderGroupDeleted& e) {
    Account(e.account).order_groups.erase(e.order_group);
    state_.order_group_owners.erase(e.order_group);
  }

  // --- Catalogue and lifecycle ---
  void operator()(const venue::SeriesPut& e) {
    SeriesState& series = Grow(state_.series, e.series);
    series.series = e.series;
    series.ticker = e.ticker.view();
    series.fee_terms = e.fee_terms;
    series.facts_json = std::make_shared<const std::string>(e.facts_json);
    series.update_time = time_;
    state_.series_by_ticker[series.ticker] = e.series;
  }

  void operator()(const venue::EventPut& e) {
    const bool is_new = !state_.events_by_ticker.contains(e.ticker.view());
    EventState& event = Grow(state_.events, e.event);
    event.event = e.event;
    event.ticker = e.ticker.view();
    event.series = e.series;
    event.mutually_exclusive = e.mutually_exclusive;
    event.collateral_return = e.collateral_return;
    event.fee_override = e.has_fee_override ? std::optional(e.fee_override) : std::nullopt;
    event.facts_json = std::make_shared<const std::string>(e.facts_json);
    event.update_time = time_;
    if (!is_new) return;
    event.create_sequence_number = sequence_number_;
    state_.events_by_ticker[event.ticker] = e.event;
    Grow(state_.series, e.series).events.push_back(e.event);
  }

  void operator()(const venue::MarketPut& e) {
    const bool is_new = !state_.markets_by_ticker.contains(e.ticker.view());
    MarketState& market = Grow(state_.markets, e.market);
    market.market = e.market;
    market.ticker = e.ticker.view();
    market.event = e.event;
    SetGrid(market, e.price_level_structure.view());
    market.open_time = e.open_time;
    market.close_time = e.close_time;
    market.settlement_timer_seconds = e.settlement_timer_seconds;
    market.can_close_early = e.can_close_early;
    market.fee_waiver_expiration = e.fee_waiver_expiration;
    market.facts_json = std::make_shared<const std::string>(e.facts_json);
    market.update_time = time_;
    if (!is_new) return;
    market.create_time = time_;
    state_.markets_by_ticker[market.ticker] = e.market;
    Grow(state_.events, e.event).markets.push_back(e.market);
  }

  void operator()(const venue::MarketStatusChanged& e) {
    MarketState& market = Market(e.market);
    market.previous_status = market.status;
    market.status = e.status;
    market.update_time = time_;
  }

  void operator()(const venue::MarketCloseTimeChanged& e) {
    MarketState& market = Market(e.market);
    market.close_time = e.close_time;
    market.update_time = time_;
  }

  void operator()(const venue::PriceGridChanged& e) {
    MarketState& market = Market(e.market);
    SetGrid(market, e.price_level_structure.view());
    market.update_time = time_;
  }

  void operator()(const venue::MarketDetermined& e) {
    MarketState& market = Market(e.market);
    market.result = e.result;
    market.settlement_value = e.settlement_value;
    market.expiration_value = e.expiration_value.view();
    market.determination_time = time_;
    market.update_time = time_;
  }

  void operator()(const venue::PositionSettled& e) {
    const MarketState& market = Market(e.market);
    finished_.settlements.push_back(
        {sequence_number_.value() * kSettlementIdsPerRecord + finished_.settlements.size(),
         e.account, e.subaccount, e.market, market.result, market.settlement_value, e.position,
         e.yes_cost, e.no_cost, e.revenue, e.fee, time_, sequence_number_});
  }

  void operator()(const venue::MarketSettled& e) {
    MarketState& market = Market(e.market);
    market.result = e.result;
    market.settlement_value = e.settlement_value;
    market.settlement_time = time_;
    market.open_interest = Quantity();
    market.update_time = time_;
    market.daily.reset();
    CloseFlatPositions(e.market);
  }

  void operator()(const venue::FeeChangeScheduled& e) {
    state_.fee_changes.push_back(
        {e.id, e.series, e.event, e.clear_override, e.fee_terms, e.effective_time});
  }

  void operator()(const venue::FeeTermsChanged& e) {
    if (e.series) {
      Grow(state_.series, e.series).fee_terms = e.fee_terms;
    } else {
      Grow(state_.events, e.event).fee_override =
          e.clear_override ? std::nullopt : std::optional(e.fee_terms);
    }
  }

  void operator()(const venue::TradeBusted& e) {
    Market(e.market).open_interest = e.open_interest_after;
    finished_.busted_trades.push_back(e.trade_id);
  }

  // A description of the state says what trades said before.
  void operator()(const venue::MarketStatisticsRestored& e) {
    MarketState& market = Market(e.market);
    market.last_price = e.has_last_price ? std::optional(e.last_price) : std::nullopt;
    market.volume = e.volume;
    market.open_interest = e.open_interest;
    market.create_time = e.create_time;
    market.update_time = e.update_time;
    market.determination_time = e.determination_time;
    market.settlement_time = e.settlement_time;
  }

 private:
  AccountState& Account(AccountId id) { return Grow(state_.accounts, id); }
  MarketState& Market(MarketId id) { return Grow(state_.markets, id); }

  OrderRow* Order(OrderId order_id) {
    const auto found = state_.open_orders.find(order_id);
    return found == state_.open_orders.end() ? nullptr : found->second;
  }

  template <class State>
  static OrderStatistics& Of(State& state) {
    if (state.order_statistics == nullptr) {
      state.order_statistics = std::make_unique<OrderStatistics>();
    }
    return *state.order_statistics;
  }

  // For the order's account and for its market.
  template <class Change>
  void Count(const OrderRow& order, Change change) {
    change(Of(Account(order.account)));
    change(Of(Market(order.market)));
  }

  // A decrease or amend: the order is now for what is filled and this.
  void SetRemaining(OrderRow& order, Quantity remaining) {
    const Quantity ordered = order.filled + remaining;
    Count(order, [&](OrderStatistics& statistics) {
      statistics.ordered += ordered - order.initial_quantity;
    });
    order.remaining = remaining;
    order.initial_quantity = ordered;
  }

  void Touch(OrderRow& order) {
    order.update_time = time_;
    order.sequence_number = sequence_number_;
  }

  void Report(const OrderRow& order) {
    if (observer_ != nullptr) observer_->OnOrderChanged(order);
  }

  void Finish(OrderRow& order, OrderStatus status) {
    order.status = status;
    Count(order, [&](OrderStatistics& statistics) {
      if (status == OrderStatus::kExecuted) {
        ++statistics.executed_count;
      } else {
        statistics.Cancel(order.cancel_reason);
      }
    });
    Report(order);
    finished_.orders.push_back(order);
    const OrderId order_id = order.order_id;
    state_.open_orders.erase(order_id);
    Account(order.account).open_orders.erase(order_id);
  }

  void AddTransfer(TransferRow row) { finished_.transfers.push_back(std::move(row)); }

  static DailyStatistics& Daily(MarketState& market) {
    if (market.daily == nullptr) market.daily = std::make_unique<DailyStatistics>();
    return *market.daily;
  }

  void UpdateQuote(MarketState& market) {
    Daily(market).SetQuote(time_, market.BestBid().value_or(Price()),
                           market.BestAsk().value_or(Price::FromMicros(Price::kDollarMicros)),
                           market.last_price.value_or(Price()));
  }

  template <class Levels>
  static void SetLevel(Levels& levels, const venue::BookChanged& e) {
    if (e.quantity_after.is_zero()) {
      levels.erase(e.price);
    } else {
      levels[e.price] = e.quantity_after;
    }
  }

  static void SetGrid(MarketState& market, std::string_view structure) {
    const auto grid = PriceGrid::FromStructure(structure);
    EVX_CHECK(grid.ok());
    market.price_level_structure = structure;
    market.grid = *grid;
  }

  // Positions of a finalized market are history.
  void CloseFlatPositions(MarketId market) {
    for (AccountState& account : state_.accounts) {
      auto position = account.positions.lower_bound({market, 0});
      while (position != account.positions.end() && position->first.first == market) {
        const PositionState& p = position->second;
        finished_.closed_positions.push_back({p.account, p.subaccount, p.market, p.realized_pnl,
                                              p.fees_paid, p.total_traded, time_,
                                              sequence_number_});
        position = account.positions.erase(position);
      }
    }
  }

  State& state_;
  const SequenceNumber sequence_number_;
  const Timestamp time_;
  FinishedRows& finished_;
  const std::string_view command_;
  const std::int64_t latency_nanos_;
  RowObserver* const observer_;
};

void ReadModel::Restore(std::string_view events, SequenceNumber sequence_number, Timestamp time) {
  const std::unique_lock lock(mutex_);
  FinishedRows finished;
  Applier applier(state_, sequence_number, time, finished);
  EVX_CHECK(venue::VisitEvents(events, applier).ok());
  state_.sequence_number = sequence_number;
  state_.time = time;
}

void ReadModel::RestoreHours(const std::vector<MarketHour>& hours) {
  const std::unique_lock lock(mutex_);
  for (const MarketHour& hour : hours) {
    if (hour.market.value() > state_.markets.size()) continue;
    MarketState& market = state_.markets[hour.market.value() - 1];
    if (market.settlement_time) continue;
    if (market.daily == nullptr) market.daily = std::make_unique<DailyStatistics>();
    std::optional<DailyStatistics::Quote> quote;
    if (hour.has_quote) quote = {hour.bid, hour.ask, hour.last_price};
    market.daily->Restore(hour.end, hour.volume, quote);
  }
}

void ReadModel::OnRecord(const ReleasedRecord& record) {
  FinishedRows finished;
  const std::unique_lock lock(mutex_);
  if (row_observer_ != nullptr) row_observer_->OnRecordBegins(record.sequence_number);
  Applier applier(state_, record.sequence_number, record.time, finished, record.command,
                  record.latency_nanos, row_observer_);
  EVX_CHECK(venue::VisitEvents(record.events, applier).ok());
  state_.sequence_number = record.sequence_number;
  state_.time = record.time;
  if (finished_sink_ && !finished.empty()) {
    finished_sink_(finished);
  }
}

}  // namespace evx::mock_kalshi
