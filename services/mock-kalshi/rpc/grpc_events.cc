#include "rpc/grpc_events.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "evx/core/check.h"
#include "evx/venue/codec.h"
#include "rpc/grpc_conversions.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = events::v1;

// One event at a time; a call for an event that readers never see does nothing.
class Translator {
 public:
  Translator(const ReadModel::State& state, const WireIdCodec& wire_ids, const EventFilter& filter,
             pb::ExchangeRecord& record)
      : state_(state), wire_ids_(wire_ids), filter_(filter), record_(record) {}

  template <class Event>
  void operator()(const Event& event) {
    if constexpr (requires { Translate(event); }) {
      if (!IsVisible(event)) return;
      if constexpr (requires {
                      event.account;
                      event.order_id;
                    }) {
        own_orders_.push_back(event.order_id);
      }
      Translate(event);
    }
  }

  // After the last event: a change of the book names the order behind it to its owner. Every such
  // change has an event of the order in the same record.
  void NameOwnOrders() {
    for (const auto& [index, order_id] : book_changes_) {
      if (std::find(own_orders_.begin(), own_orders_.end(), order_id) == own_orders_.end()) {
        continue;
      }
      record_.mutable_events(index)->mutable_book_changed()->set_order_id(
          wire_ids_.Encode(order_id));
    }
  }

 private:
  template <class Event>
  bool IsVisible(const Event& event) const {
    if constexpr (requires { event.account; }) {
      return filter_.account && event.account == filter_.account;
    } else if constexpr (requires { event.market; }) {
      return filter_.tickers.empty() || filter_.tickers.contains(Ticker(event.market));
    }
    return true;
  }

  const std::string& Ticker(MarketId market) const { return state_.At(market).ticker; }
  pb::ExchangeEvent& Add() { return *record_.add_events(); }

  void Translate(const venue::BookChanged& event) {
    pb::BookChanged& out = *Add().mutable_book_changed();
    out.set_market_ticker(Ticker(event.market));
    out.set_side(ToProto(event.side));
    out.set_price_micros(event.price.micros());
    out.set_delta_centis(event.delta.centis());
    out.set_quantity_centis(event.quantity_after.centis());
    if (filter_.account) book_changes_.emplace_back(record_.events_size() - 1, event.order_id);
  }
  void Translate(const venue::BookCleared& event) {
    Add().mutable_book_cleared()->set_market_ticker(Ticker(event.market));
  }
  void Translate(const venue::TradeExecuted& event) {
    pb::TradeExecuted& out = *Add().mutable_trade_executed();
    out.set_trade_id(wire_ids_.Encode(event.trade_id));
    out.set_market_ticker(Ticker(event.market));
    out.set_price_micros(event.price.micros());
    out.set_quantity_centis(event.quantity.centis());
    out.set_taker_side(ToProto(event.taker_side));
    out.set_open_interest_centis(event.open_interest_after.centis());
  }
  void Translate(const venue::TradeBusted& event) {
    pb::TradeBusted& out = *Add().mutable_trade_busted();
    out.set_trade_id(wire_ids_.Encode(event.trade_id));
    out.set_market_ticker(Ticker(event.market));
    out.set_open_interest_centis(event.open_interest_after.centis());
  }
  void Translate(const venue::SeriesPut& event) {
    pb::SeriesPut& out = *Add().mutable_series_put();
    out.set_series_ticker(std::string(event.ticker.view()));
    out.set_facts_json(event.facts_json);
  }
  void Translate(const venue::EventPut& event) {
    pb::EventPut& out = *Add().mutable_event_put();
    out.set_event_ticker(std::string(event.ticker.view()));
    out.set_series_ticker(state_.At(event.series).ticker);
    out.set_mutually_exclusive(event.mutually_exclusive);
    out.set_facts_json(event.facts_json);
  }
  void Translate(const venue::MarketPut& event) {
    pb::MarketPut& out = *Add().mutable_market_put();
    out.set_market_ticker(std::string(event.ticker.view()));
    out.set_event_ticker(state_.At(event.event).ticker);
    out.set_price_level_structure(std::string(event.price_level_structure.view()));
    *out.mutable_open_time() = ToProto(event.open_time);
    *out.mutable_close_time() = ToProto(event.close_time);
    out.set_is_new(event.is_new);
    out.set_facts_json(event.facts_json);
  }
  void Translate(const venue::MarketStatusChanged& event) {
    pb::MarketStatusChanged& out = *Add().mutable_market_status_changed();
    out.set_market_ticker(Ticker(event.market));
    out.set_status(ToProto(event.status));
  }
  void Translate(const venue::MarketCloseTimeChanged& event) {
    pb::MarketCloseTimeChanged& out = *Add().mutable_market_close_time_changed();
    out.set_market_ticker(Ticker(event.market));
    *out.mutable_close_time() = ToProto(event.close_time);
  }
  void Translate(const venue::MarketDetermined& event) {
    pb::MarketDetermined& out = *Add().mutable_market_determined();
    out.set_market_ticker(Ticker(event.market));
    out.set_result(ToProto(event.result));
    out.set_settlement_value_micros(event.settlement_value.micros());
    out.set_expiration_value(std::string(event.expiration_value.view()));
    *out.mutable_settlement_time() = ToProto(event.settlement_time);
  }
  void Translate(const venue::MarketSettled& event) {
    pb::MarketSettled& out = *Add().mutable_market_settled();
    out.set_market_ticker(Ticker(event.market));
    out.set_result(ToProto(event.result));
    out.set_settlement_value_micros(event.settlement_value.micros());
  }
  void Translate(const venue::ExchangeStatusChanged& event) {
    pb::ExchangeStatusChanged& out = *Add().mutable_exchange_status_changed();
    out.set_exchange_active(event.exchange_active);
    out.set_trading_active(event.trading_active);
  }
  void Translate(const venue::OrderAccepted& event) {
    pb::OrderAccepted& out = *Add().mutable_order_accepted();
    out.set_order_id(wire_ids_.Encode(event.order_id));
    out.set_client_order_id(std::string(event.client_order_id.view()));
    out.set_subaccount(event.subaccount);
    out.set_market_ticker(Ticker(event.market));
    out.set_side(ToProto(event.side));
    out.set_price_micros(event.price.micros());
    out.set_quantity_centis(event.quantity.centis());
    out.set_time_in_force(ToProto(event.time_in_force));
    if (event.expiration) *out.mutable_expiration_time() = ToProto(event.expiration);
    if (event.order_group) out.set_order_group_id(wire_ids_.Encode(event.order_group));
  }
  void Translate(const venue::OrderFilled& event) {
    pb::OrderFilled& out = *Add().mutable_order_filled();
    out.set_order_id(wire_ids_.Encode(event.order_id));
    out.set_trade_id(wire_ids_.Encode(event.trade_id));
    out.set_subaccount(event.subaccount);
    out.set_market_ticker(Ticker(event.market));
    out.set_side(ToProto(event.side));
    out.set_is_taker(event.is_taker);
    out.set_price_micros(event.price.micros());
    out.set_quantity_centis(event.quantity.centis());
    out.set_remaining_quantity_centis(event.remaining_after.centis());
    out.set_fee_micros(event.fee.micros());
  }
  void Translate(const venue::OrderCanceled& event) {
    pb::OrderCanceled& out = *Add().mutable_order_canceled();
    out.set_order_id(wire_ids_.Encode(event.order_id));
    out.set_subaccount(event.subaccount);
    out.set_market_ticker(Ticker(event.market));
    out.set_reason(std::string(venue::Name(event.reason)));
    out.set_quantity_centis(event.canceled_quantity.centis());
  }
  void Translate(const venue::OrderDecreased& event) {
    pb::OrderDecreased& out = *Add().mutable_order_decreased();
    out.set_order_id(wire_ids_.Encode(event.order_id));
    out.set_subaccount(event.subaccount);
    out.set_market_ticker(Ticker(event.market));
    out.set_remaining_quantity_centis(event.remaining_after.centis());
  }
  void Translate(const venue::OrderAmended& event) {
    pb::OrderAmended& out = *Add().mutable_order_amended();
    out.set_order_id(wire_ids_.Encode(event.order_id));
    out.set_client_order_id(std::string(event.client_order_id.view()));
    out.set_subaccount(event.subaccount);
    out.set_market_ticker(Ticker(event.market));
    out.set_price_micros(event.price.micros());
    out.set_remaining_quantity_centis(event.remaining_after.centis());
    out.set_kept_priority(event.kept_priority);
  }
  void Translate(const venue::PositionChanged& event) {
    pb::PositionChanged& out = *Add().mutable_position_changed();
    out.set_subaccount(event.subaccount);
    out.set_market_ticker(Ticker(event.market));
    out.set_position_centis(event.position.centis());
    out.set_exposure_micros(event.exposure.micros());
    out.set_realized_pnl_micros(event.realized_pnl.micros());
    out.set_fees_paid_micros(event.fees_paid.micros());
  }
  void Translate(const venue::BalanceChanged& event) {
    pb::BalanceChanged& out = *Add().mutable_balance_changed();
    out.set_subaccount(event.subaccount);
    out.set_cash_micros(event.cash.micros());
    out.set_hold_micros(event.hold.micros());
  }
  void Translate(const venue::PositionSettled& event) {
    pb::PositionSettled& out = *Add().mutable_position_settled();
    out.set_subaccount(event.subaccount);
    out.set_market_ticker(Ticker(event.market));
    out.set_position_centis(event.position.centis());
    out.set_revenue_micros(event.revenue.micros());
    out.set_fee_micros(event.fee.micros());
  }
  void Translate(const venue::OrderGroupTriggered& event) {
    Add().mutable_order_group_triggered()->set_order_group_id(wire_ids_.Encode(event.order_group));
  }
  void Translate(const venue::OrderGroupReset& event) {
    Add().mutable_order_group_reset()->set_order_group_id(wire_ids_.Encode(event.order_group));
  }

  const ReadModel::State& state_;
  const WireIdCodec& wire_ids_;
  const EventFilter& filter_;
  pb::ExchangeRecord& record_;
  std::vector<std::pair<int, OrderId>> book_changes_;
  std::vector<OrderId> own_orders_;
};

}  // namespace

void AppendVisibleEvents(const ExchangeContext& context, const EventFilter& filter,
                         std::string_view events, pb::ExchangeRecord& record) {
  context.read_model.Read([&](const ReadModel::State& state) {
    Translator translator(state, context.wire_ids, filter, record);
    const absl::Status status =
        venue::VisitEvents(events, [&translator](const auto& event) { translator(event); });
    translator.NameOwnOrders();
    // The bytes come from our own encoder.
    EVX_CHECK(status.ok());
  });
}

}  // namespace evx::mock_kalshi
