#pragma once

#include <map>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>

#include "evx/core/check.h"
#include "evx/venue/codec.h"

namespace evx::venue::testing {

// The slow and obvious follower: folds events into maps and prints the live state, so that two ways
// to the same state can be compared. Markets that are finalized count as gone.
class ReadModel {
 public:
  // `bytes` are the events of one command at `time`; times inside a description win over it.
  void Apply(std::string_view bytes, Timestamp time) {
    time_ = time;
    EVX_CHECK(VisitEvents(bytes, [this](const auto& event) { On(event); }).ok());
  }

  std::string LiveText() const {
    std::string text = ToText(Event(status_)) + "\n";
    AppendAll(text, accounts_);
    AppendAll(text, subaccounts_);
    AppendAll(text, allocations_);
    AppendAll(text, keys_);
    AppendAll(text, series_);
    AppendAll(text, events_);
    for (const auto& [id, market] : markets_) {
      if (market.status.status == MarketStatus::kFinalized) continue;
      for (const Event& event : {Event(market.definition), Event(market.status),
                                 Event(market.determined), Event(market.statistics)}) {
        text += ToText(event) + "\n";
      }
    }
    AppendAll(text, fee_changes_);
    for (const auto& [id, group] : groups_) {
      text += ToText(Event(group.first)) + (group.second ? " triggered\n" : "\n");
    }
    for (const auto& [id, order] : orders_) {
      text += ToText(Event(order.accepted)) + " " + ToText(Event(order.state)) + "\n";
    }
    for (const auto& [level, quantity] : levels_) {
      const auto& [market, side, price] = level;
      text += ToText(Event(BookChanged{
                  .market = market, .side = side, .price = price, .quantity_after = quantity})) +
              "\n";
    }
    AppendAll(text, positions_);
    AppendAll(text, balances_);
    return text;
  }

 private:
  struct Market {
    MarketPut definition;
    MarketStatusChanged status;
    MarketDetermined determined;
    MarketStatisticsRestored statistics;
  };
  struct Order {
    OrderAccepted accepted;
    OrderRestored state;
  };
  using Subaccount = std::pair<AccountId, SubaccountNumber>;
  using Level = std::tuple<MarketId, BookSide, Price>;

  template <class Map>
  static void AppendAll(std::string& text, const Map& map) {
    for (const auto& [key, event] : map) text += ToText(Event(event)) + "\n";
  }

  // Events that change nothing here.
  template <class E>
  void On(const E&) {
    static_assert(std::is_same_v<E, CommandRejected> || std::is_same_v<E, FundsDeposited> ||
                  std::is_same_v<E, FundsWithdrawn> || std::is_same_v<E, FundsTransferred> ||
                  std::is_same_v<E, CashPosted> || std::is_same_v<E, PositionSettled>);
  }

  void On(const ExchangeStatusChanged& e) { status_ = e; }
  void On(const AccountOpened& e) {
    accounts_[e.account] = e;
    On(SubaccountOpened{.account = e.account});
    if (!balances_.contains({e.account, 0})) {
      balances_[{e.account, 0}] = BalanceChanged{.account = e.account};
    }
  }
  void On(const AccountUpdated& e) {
    accounts_[e.account].tier = e.tier;
    // Shown in the name, so that one event tells all of an account.
    std::string name(accounts_[e.account].name.view());
    if (const auto at = name.find('!'); at != std::string::npos) name.resize(at);
    accounts_[e.account].name = InlineString<64>(name + (e.disabled ? "!" : ""));
  }
  void On(const SubaccountOpened& e) {
    subaccounts_[{e.account, e.subaccount}] = e;
    balances_[{e.account, e.subaccount}] =
        BalanceChanged{.account = e.account, .subaccount = e.subaccount};
  }
  void On(const NettingChanged& e) {
    subaccounts_[{e.account, e.subaccount}].netting_enabled = e.enabled;
  }
  void On(const TargetBalanceAllocationChanged& e) { allocations_[e.account] = e; }
  void On(const KeyRegistered& e) { keys_[std::string(e.key_id.view())] = e; }
  void On(const KeyRevoked& e) { keys_.erase(std::string(e.key_id.view())); }
  void On(const BalanceChanged& e) { balances_[{e.account, e.subaccount}] = e; }
  void On(const PositionChanged& e) { positions_[{e.account, e.subaccount, e.market}] = e; }

  void On(const SeriesPut& e) { series_[e.series] = e; }
  void On(const EventPut& e) { events_[e.event] = e; }
  void On(const MarketPut& e) {
    Market& market = markets_[e.market];
    market.definition = e;
    market.definition.is_new = false;
    if (e.is_new) {
      market.statistics.market = e.market;
      market.statistics.create_time = time_;
    }
    market.statistics.update_time = time_;
  }
  void On(const MarketStatusChanged& e) {
    Market& market = markets_[e.market];
    market.status = e;
    market.statistics.update_time = time_;
  }
  void On(const MarketCloseTimeChanged& e) {
    Market& market = markets_[e.market];
    market.definition.close_time = e.close_time;
    market.statistics.update_time = time_;
  }
  void On(const PriceGridChanged& e) {
    Market& market = markets_[e.market];
    market.definition.price_level_structure = e.price_level_structure;
    market.statistics.update_time = time_;
  }
  void On(const MarketDetermined& e) {
    Market& market = markets_[e.market];
    market.determined = e;
    market.statistics.determination_time = time_;
  }
  void On(const MarketSettled& e) {
    std::erase_if(positions_, [&e](const auto& p) { return p.second.market == e.market; });
  }
  void On(const MarketStatisticsRestored& e) { markets_[e.market].statistics = e; }
  void On(const FeeChangeScheduled& e) { fee_changes_[{e.effective_time, e.id}] = e; }
  void On(const FeeTermsChanged& e) {
    for (auto it = fee_changes_.begin(); it != fee_changes_.end(); ++it) {
      if (it->second.series == e.series && it->second.event == e.event) {
        fee_changes_.erase(it);
        break;
      }
    }
    if (e.series) {
      series_[e.series].fee_terms = e.fee_terms;
    } else {
      events_[e.event].has_fee_override = !e.clear_override;
      events_[e.event].fee_override = e.clear_override ? FeeTerms() : e.fee_terms;
    }
  }

  void On(const OrderGroupCreated& e) { groups_[e.order_group] = {e, false}; }
  void On(const OrderGroupLimitUpdated& e) { groups_[e.order_group].first.limit = e.limit; }
  void On(const OrderGroupTriggered& e) { groups_[e.order_group].second = true; }
  void On(const OrderGroupReset& e) { groups_[e.order_group].second = false; }
  void On(const OrderGroupDeleted& e) { groups_.erase(e.order_group); }

  void On(const OrderAccepted& e) {
    orders_[e.order_id] = {e,
                           {.order_id = e.order_id,
                            .remaining = e.quantity,
                            .create_time = time_,
                            .last_update_time = time_}};
  }
  void On(const OrderRestored& e) { orders_[e.order_id].state = e; }
  void On(const OrderFilled& e) {
    const auto it = orders_.find(e.order_id);
    EVX_CHECK(it != orders_.end());
    OrderRestored& state = it->second.state;
    const Price own = e.side == BookSide::kBid ? e.price : e.price.Complement();
    (e.is_taker ? state.taker_fill_cost : state.maker_fill_cost) += own * e.quantity;
    (e.is_taker ? state.taker_fees : state.maker_fees) += e.fee;
    state.filled += e.quantity;
    state.remaining = e.remaining_after;
    state.last_update_time = time_;
    if (e.remaining_after.is_zero()) orders_.erase(it);
  }
  void On(const OrderCanceled& e) { EVX_CHECK(orders_.erase(e.order_id) <= 1); }
  void On(const OrderDecreased& e) {
    orders_[e.order_id].state.remaining = e.remaining_after;
    orders_[e.order_id].state.last_update_time = time_;
  }
  void On(const OrderAmended& e) {
    Order& order = orders_[e.order_id];
    order.accepted.price = e.price;
    order.accepted.quantity = order.state.filled + e.remaining_after;
    order.accepted.expiration = e.expiration;
    order.accepted.client_order_id = e.client_order_id;
    order.state.remaining = e.remaining_after;
    order.state.last_update_time = time_;
  }

  void On(const TradeExecuted& e) {
    MarketStatisticsRestored& statistics = markets_[e.market].statistics;
    statistics.has_last_price = true;
    statistics.last_price = e.price;
    statistics.volume += e.quantity;
    statistics.open_interest = e.open_interest_after;
  }
  void On(const TradeBusted& e) {
    markets_[e.market].statistics.open_interest = e.open_interest_after;
  }
  void On(const BookChanged& e) {
    Quantity& quantity = levels_[{e.market, e.side, e.price}];
    quantity += e.delta;
    EVX_CHECK(quantity == e.quantity_after);
    if (quantity.is_zero()) levels_.erase({e.market, e.side, e.price});
  }
  void On(const BookCleared& e) {
    std::erase_if(levels_, [&e](const auto& l) { return std::get<MarketId>(l.first) == e.market; });
  }

  Timestamp time_;
  ExchangeStatusChanged status_;
  std::map<AccountId, AccountOpened> accounts_;
  std::map<Subaccount, SubaccountOpened> subaccounts_;
  std::map<AccountId, TargetBalanceAllocationChanged> allocations_;
  std::map<std::string, KeyRegistered> keys_;
  std::map<SeriesId, SeriesPut> series_;
  std::map<EventId, EventPut> events_;
  std::map<MarketId, Market> markets_;
  std::map<std::pair<Timestamp, std::uint64_t>, FeeChangeScheduled> fee_changes_;
  std::map<OrderGroupId, std::pair<OrderGroupCreated, bool>> groups_;
  std::map<OrderId, Order> orders_;
  std::map<Level, Quantity> levels_;
  std::map<std::tuple<AccountId, SubaccountNumber, MarketId>, PositionChanged> positions_;
  std::map<Subaccount, BalanceChanged> balances_;
};

}  // namespace evx::venue::testing
