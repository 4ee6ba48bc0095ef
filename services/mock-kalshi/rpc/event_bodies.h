#pragma once

#include <string>

#include "evx/core/ids.h"
#include "evx/events/v1/exchange_events.pb.h"
#include "evx/events/v1/exchange_messages.pb.h"
#include "evx/venue/events.h"
#include "exchange/wire_id.h"

// The events of the exchange as the proto contracts have them, for gRPC streams and Kafka.

namespace evx::mock_kalshi {

// Tickers by number. The references live as long as this.
class EventNames {
 public:
  virtual ~EventNames() = default;
  virtual const std::string& Market(MarketId id) const = 0;
  virtual const std::string& Event(EventId id) const = 0;
  virtual const std::string& Series(SeriesId id) const = 0;
};

// Fills the message of an event. Both references must outlive this.
class EventBodies {
 public:
  EventBodies(const EventNames& names, const WireIdCodec& wire_ids)
      : names_(names), wire_ids_(wire_ids) {}

  void Fill(const venue::BookChanged& event, events::v1::BookChanged& out) const;
  void Fill(const venue::BookCleared& event, events::v1::BookCleared& out) const;
  void Fill(const venue::TradeExecuted& event, events::v1::TradeExecuted& out) const;
  void Fill(const venue::TradeBusted& event, events::v1::TradeBusted& out) const;
  void Fill(const venue::SeriesPut& event, events::v1::SeriesPut& out) const;
  void Fill(const venue::EventPut& event, events::v1::EventPut& out) const;
  void Fill(const venue::MarketPut& event, events::v1::MarketPut& out) const;
  void Fill(const venue::MarketStatusChanged& event, events::v1::MarketStatusChanged& out) const;
  void Fill(const venue::MarketCloseTimeChanged& event,
            events::v1::MarketCloseTimeChanged& out) const;
  void Fill(const venue::MarketDetermined& event, events::v1::MarketDetermined& out) const;
  void Fill(const venue::MarketSettled& event, events::v1::MarketSettled& out) const;
  void Fill(const venue::ExchangeStatusChanged& event,
            events::v1::ExchangeStatusChanged& out) const;
  void Fill(const venue::OrderAccepted& event, events::v1::OrderAccepted& out) const;
  void Fill(const venue::OrderFilled& event, events::v1::OrderFilled& out) const;
  void Fill(const venue::OrderCanceled& event, events::v1::OrderCanceled& out) const;
  void Fill(const venue::OrderDecreased& event, events::v1::OrderDecreased& out) const;
  void Fill(const venue::OrderAmended& event, events::v1::OrderAmended& out) const;
  void Fill(const venue::PositionChanged& event, events::v1::PositionChanged& out) const;
  void Fill(const venue::BalanceChanged& event, events::v1::BalanceChanged& out) const;
  void Fill(const venue::PositionSettled& event, events::v1::PositionSettled& out) const;
  void Fill(const venue::OrderGroupTriggered& event, events::v1::OrderGroupTriggered& out) const;
  void Fill(const venue::OrderGroupReset& event, events::v1::OrderGroupReset& out) const;
  void Fill(const venue::CommandRejected& event, events::v1::CommandRejected& out) const;
  void Fill(const venue::AccountOpened& event, events::v1::AccountOpened& out) const;
  void Fill(const venue::AccountUpdated& event, events::v1::AccountUpdated& out) const;
  void Fill(const venue::SubaccountOpened& event, events::v1::SubaccountOpened& out) const;
  void Fill(const venue::KeyRegistered& event, events::v1::KeyRegistered& out) const;
  void Fill(const venue::KeyRevoked& event, events::v1::KeyRevoked& out) const;
  void Fill(const venue::FundsDeposited& event, events::v1::FundsDeposited& out) const;
  void Fill(const venue::FundsWithdrawn& event, events::v1::FundsWithdrawn& out) const;
  void Fill(const venue::FundsTransferred& event, events::v1::FundsTransferred& out) const;
  void Fill(const venue::NettingChanged& event, events::v1::NettingChanged& out) const;
  void Fill(const venue::TargetBalanceAllocationChanged& event,
            events::v1::TargetBalanceAllocationChanged& out) const;
  void Fill(const venue::CashPosted& event, events::v1::CashPosted& out) const;
  void Fill(const venue::OrderGroupCreated& event, events::v1::OrderGroupCreated& out) const;
  void Fill(const venue::OrderGroupLimitUpdated& event,
            events::v1::OrderGroupLimitUpdated& out) const;
  void Fill(const venue::OrderGroupDeleted& event, events::v1::OrderGroupDeleted& out) const;
  void Fill(const venue::PriceGridChanged& event, events::v1::PriceGridChanged& out) const;
  void Fill(const venue::FeeChangeScheduled& event, events::v1::FeeChangeScheduled& out) const;
  void Fill(const venue::FeeTermsChanged& event, events::v1::FeeTermsChanged& out) const;

 private:
  const EventNames& names_;
  const WireIdCodec& wire_ids_;
};

// Where an event goes in a message that has a place for it: an ExchangeEvent or a JournaledEvent.
template <class Message>
auto Slot(Message& message, const venue::BookChanged&)
    -> decltype(*message.mutable_book_changed()) {
  return *message.mutable_book_changed();
}
template <class Message>
auto Slot(Message& message, const venue::BookCleared&)
    -> decltype(*message.mutable_book_cleared()) {
  return *message.mutable_book_cleared();
}
template <class Message>
auto Slot(Message& message, const venue::TradeExecuted&)
    -> decltype(*message.mutable_trade_executed()) {
  return *message.mutable_trade_executed();
}
template <class Message>
auto Slot(Message& message, const venue::TradeBusted&)
    -> decltype(*message.mutable_trade_busted()) {
  return *message.mutable_trade_busted();
}
template <class Message>
auto Slot(Message& message, const venue::SeriesPut&) -> decltype(*message.mutable_series_put()) {
  return *message.mutable_series_put();
}
template <class Message>
auto Slot(Message& message, const venue::EventPut&) -> decltype(*message.mutable_event_put()) {
  return *message.mutable_event_put();
}
template <class Message>
auto Slot(Message& message, const venue::MarketPut&) -> decltype(*message.mutable_market_put()) {
  return *message.mutable_market_put();
}
template <class Message>
auto Slot(Message& message, const venue::MarketStatusChanged&)
    -> decltype(*message.mutable_market_status_changed()) {
  return *message.mutable_market_status_changed();
}
template <class Message>
auto Slot(Message& message, const venue::MarketCloseTimeChanged&)
    -> decltype(*message.mutable_market_close_time_changed()) {
  return *message.mutable_market_close_time_changed();
}
template <class Message>
auto Slot(Message& message, const venue::MarketDetermined&)
    -> decltype(*message.mutable_market_determined()) {
  return *message.mutable_market_determined();
}
template <class Message>
auto Slot(Message& message, const venue::MarketSettled&)
    -> decltype(*message.mutable_market_settled()) {
  return *message.mutable_market_settled();
}
template <class Message>
auto Slot(Message& message, const venue::ExchangeStatusChanged&)
    -> decltype(*message.mutable_exchange_status_changed()) {
  return *message.mutable_exchange_status_changed();
}
template <class Message>
auto Slot(Message& message, const venue::OrderAccepted&)
    -> decltype(*message.mutable_order_accepted()) {
  return *message.mutable_order_accepted();
}
template <class Message>
auto Slot(Message& message, const venue::OrderFilled&)
    -> decltype(*message.mutable_order_filled()) {
  return *message.mutable_order_filled();
}
template <class Message>
auto Slot(Message& message, const venue::OrderCanceled&)
    -> decltype(*message.mutable_order_canceled()) {
  return *message.mutable_order_canceled();
}
template <class Message>
auto Slot(Message& message, const venue::OrderDecreased&)
    -> decltype(*message.mutable_order_decreased()) {
  return *message.mutable_order_decreased();
}
template <class Message>
auto Slot(Message& message, const venue::OrderAmended&)
    -> decltype(*message.mutable_order_amended()) {
  return *message.mutable_order_amended();
}
template <class Message>
auto Slot(Message& message, const venue::PositionChanged&)
    -> decltype(*message.mutable_position_changed()) {
  return *message.mutable_position_changed();
}
template <class Message>
auto Slot(Message& message, const venue::BalanceChanged&)
    -> decltype(*message.mutable_balance_changed()) {
  return *message.mutable_balance_changed();
}
template <class Message>
auto Slot(Message& message, const venue::PositionSettled&)
    -> decltype(*message.mutable_position_settled()) {
  return *message.mutable_position_settled();
}
template <class Message>
auto Slot(Message& message, const venue::OrderGroupTriggered&)
    -> decltype(*message.mutable_order_group_triggered()) {
  return *message.mutable_order_group_triggered();
}
template <class Message>
auto Slot(Message& message, const venue::OrderGroupReset&)
    -> decltype(*message.mutable_order_group_reset()) {
  return *message.mutable_order_group_reset();
}
template <class Message>
auto Slot(Message& message, const venue::CommandRejected&)
    -> decltype(*message.mutable_command_rejected()) {
  return *message.mutable_command_rejected();
}
template <class Message>
auto Slot(Message& message, const venue::AccountOpened&)
    -> decltype(*message.mutable_account_opened()) {
  return *message.mutable_account_opened();
}
template <class Message>
auto Slot(Message& message, const venue::AccountUpdated&)
    -> decltype(*message.mutable_account_updated()) {
  return *message.mutable_account_updated();
}
template <class Message>
auto Slot(Message& message, const venue::SubaccountOpened&)
    -> decltype(*message.mutable_subaccount_opened()) {
  return *message.mutable_subaccount_opened();
}
template <class Message>
auto Slot(Message& message, const venue::KeyRegistered&)
    -> decltype(*message.mutable_key_registered()) {
  return *message.mutable_key_registered();
}
template <class Message>
auto Slot(Message& message, const venue::KeyRevoked&) -> decltype(*message.mutable_key_revoked()) {
  return *message.mutable_key_revoked();
}
template <class Message>
auto Slot(Message& message, const venue::FundsDeposited&)
    -> decltype(*message.mutable_funds_deposited()) {
  return *message.mutable_funds_deposited();
}
template <class Message>
auto Slot(Message& message, const venue::FundsWithdrawn&)
    -> decltype(*message.mutable_funds_withdrawn()) {
  return *message.mutable_funds_withdrawn();
}
template <class Message>
auto Slot(Message& message, const venue::FundsTransferred&)
    -> decltype(*message.mutable_funds_transferred()) {
  return *message.mutable_funds_transferred();
}
template <class Message>
auto Slot(Message& message, const venue::NettingChanged&)
    -> decltype(*message.mutable_netting_changed()) {
  return *message.mutable_netting_changed();
}
template <class Message>
auto Slot(Message& message, const venue::TargetBalanceAllocationChanged&)
    -> decltype(*message.mutable_target_balance_allocation_changed()) {
  return *message.mutable_target_balance_allocation_changed();
}
template <class Message>
auto Slot(Message& message, const venue::CashPosted&) -> decltype(*message.mutable_cash_posted()) {
  return *message.mutable_cash_posted();
}
template <class Message>
auto Slot(Message& message, const venue::OrderGroupCreated&)
    -> decltype(*message.mutable_order_group_created()) {
  return *message.mutable_order_group_created();
}
template <class Message>
auto Slot(Message& message, const venue::OrderGroupLimitUpdated&)
    -> decltype(*message.mutable_order_group_limit_updated()) {
  return *message.mutable_order_group_limit_updated();
}
template <class Message>
auto Slot(Message& message, const venue::OrderGroupDeleted&)
    -> decltype(*message.mutable_order_group_deleted()) {
  return *message.mutable_order_group_deleted();
}
template <class Message>
auto Slot(Message& message, const venue::PriceGridChanged&)
    -> decltype(*message.mutable_price_grid_changed()) {
  return *message.mutable_price_grid_changed();
}
template <class Message>
auto Slot(Message& message, const venue::FeeChangeScheduled&)
    -> decltype(*message.mutable_fee_change_scheduled()) {
  return *message.mutable_fee_change_scheduled();
}
template <class Message>
auto Slot(Message& message, const venue::FeeTermsChanged&)
    -> decltype(*message.mutable_fee_terms_changed()) {
  return *message.mutable_fee_terms_changed();
}

}  // namespace evx::mock_kalshi
