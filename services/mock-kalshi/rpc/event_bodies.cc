#include "rpc/event_bodies.h"

#include "evx/venue/types.h"
#include "rpc/grpc_conversions.h"

namespace evx::mock_kalshi {
namespace {

namespace pb = events::v1;

std::int64_t Number(AccountId account) { return static_cast<std::int64_t>(account.value()); }

void FillFeeTerms(const venue::FeeTerms& terms, pb::FeeTerms& out) {
  out.set_fee_type(std::string(venue::Name(terms.fee_type)));
  out.set_multiplier_millionths(terms.multiplier_millionths);
}

}  // namespace

void EventBodies::Fill(const venue::BookChanged& event, pb::BookChanged& out) const {
  out.set_market_ticker(names_.Market(event.market));
  out.set_side(ToProto(event.side));
  out.set_price_micros(event.price.micros());
  out.set_delta_centis(event.delta.centis());
  out.set_quantity_centis(event.quantity_after.centis());
}

void EventBodies::Fill(const venue::BookCleared& event, pb::BookCleared& out) const {
  out.set_market_ticker(names_.Market(event.market));
}

void EventBodies::Fill(const venue::TradeExecuted& event, pb::TradeExecuted& out) const {
  out.set_trade_id(wire_ids_.Encode(event.trade_id));
  out.set_market_ticker(names_.Market(event.market));
  out.set_price_micros(event.price.micros());
  out.set_quantity_centis(event.quantity.centis());
  out.set_taker_side(ToProto(event.taker_side));
  out.set_open_interest_centis(event.open_interest_after.centis());
}

void EventBodies::Fill(const venue::TradeBusted& event, pb::TradeBusted& out) const {
  out.set_trade_id(wire_ids_.Encode(event.trade_id));
  out.set_market_ticker(names_.Market(event.market));
  out.set_open_interest_centis(event.open_interest_after.centis());
}

void EventBodies::Fill(const venue::SeriesPut& event, pb::SeriesPut& out) const {
  out.set_series_ticker(std::string(event.ticker.view()));
  out.set_facts_json(event.facts_json);
}

void EventBodies::Fill(const venue::EventPut& event, pb::EventPut& out) const {
  out.set_event_ticker(std::string(event.ticker.view()));
  out.set_series_ticker(names_.Series(event.series));
  out.set_mutually_exclusive(event.mutually_exclusive);
  out.set_facts_json(event.facts_json);
}

void EventBodies::Fill(const venue::MarketPut& event, pb::MarketPut& out) const {
  out.set_market_ticker(std::string(event.ticker.view()));
  out.set_event_ticker(names_.Event(event.event));
  out.set_price_level_structure(std::string(event.price_level_structure.view()));
  *out.mutable_open_time() = ToProto(event.open_time);
  *out.mutable_close_time() = ToProto(event.close_time);
  out.set_is_new(event.is_new);
  out.set_facts_json(event.facts_json);
}

void EventBodies::Fill(const venue::MarketStatusChanged& event,
                       pb::MarketStatusChanged& out) const {
  out.set_market_ticker(names_.Market(event.market));
  out.set_status(ToProto(event.status));
}

void EventBodies::Fill(const venue::MarketCloseTimeChanged& event,
                       pb::MarketCloseTimeChanged& out) const {
  out.set_market_ticker(names_.Market(event.market));
  *out.mutable_close_time() = ToProto(event.close_time);
}

void EventBodies::Fill(const venue::MarketDetermined& event, pb::MarketDetermined& out) const {
  out.set_market_ticker(names_.Market(event.market));
  out.set_result(ToProto(event.result));
  out.set_settlement_value_micros(event.settlement_value.micros());
  out.set_expiration_value(std::string(event.expiration_value.view()));
  *out.mutable_settlement_time() = ToProto(event.settlement_time);
}

void EventBodies::Fill(const venue::MarketSettled& event, pb::MarketSettled& out) const {
  out.set_market_ticker(names_.Market(event.market));
  out.set_result(ToProto(event.result));
  out.set_settlement_value_micros(event.settlement_value.micros());
}

void EventBodies::Fill(const venue::ExchangeStatusChanged& event,
                       pb::ExchangeStatusChanged& out) const {
  out.set_exchange_active(event.exchange_active);
  out.set_trading_active(event.trading_active);
}

void EventBodies::Fill(const venue::OrderAccepted& event, pb::OrderAccepted& out) const {
  out.set_order_id(wire_ids_.Encode(event.order_id));
  out.set_client_order_id(std::string(event.client_order_id.view()));
  out.set_subaccount(event.subaccount);
  out.set_market_ticker(names_.Market(event.market));
  out.set_side(ToProto(event.side));
  out.set_price_micros(event.price.micros());
  out.set_quantity_centis(event.quantity.centis());
  out.set_time_in_force(ToProto(event.time_in_force));
  if (event.expiration) *out.mutable_expiration_time() = ToProto(event.expiration);
  if (event.order_group) out.set_order_group_id(wire_ids_.Encode(event.order_group));
}

void EventBodies::Fill(const venue::OrderFilled& event, pb::OrderFilled& out) const {
  out.set_order_id(wire_ids_.Encode(event.order_id));
  out.set_trade_id(wire_ids_.Encode(event.trade_id));
  out.set_subaccount(event.subaccount);
  out.set_market_ticker(names_.Market(event.market));
  out.set_side(ToProto(event.side));
  out.set_is_taker(event.is_taker);
  out.set_price_micros(event.price.micros());
  out.set_quantity_centis(event.quantity.centis());
  out.set_remaining_quantity_centis(event.remaining_after.centis());
  out.set_fee_micros(event.fee.micros());
}

void EventBodies::Fill(const venue::OrderCanceled& event, pb::OrderCanceled& out) const {
  out.set_order_id(wire_ids_.Encode(event.order_id));
  out.set_subaccount(event.subaccount);
  out.set_market_ticker(names_.Market(event.market));
  out.set_reason(std::string(venue::Name(event.reason)));
  out.set_quantity_centis(event.canceled_quantity.centis());
}

void EventBodies::Fill(const venue::OrderDecreased& event, pb::OrderDecreased& out) const {
  out.set_order_id(wire_ids_.Encode(event.order_id));
  out.set_subaccount(event.subaccount);
  out.set_market_ticker(names_.Market(event.market));
  out.set_remaining_quantity_centis(event.remaining_after.centis());
}

void EventBodies::Fill(const venue::OrderAmended& event, pb::OrderAmended& out) const {
  out.set_order_id(wire_ids_.Encode(event.order_id));
  out.set_client_order_id(std::string(event.client_order_id.view()));
  out.set_subaccount(event.subaccount);
  out.set_market_ticker(names_.Market(event.market));
  out.set_price_micros(event.price.micros());
  out.set_remaining_quantity_centis(event.remaining_after.centis());
  out.set_kept_priority(event.kept_priority);
  if (event.expiration) *out.mutable_expiration_time() = ToProto(event.expiration);
}

void EventBodies::Fill(const venue::PositionChanged& event, pb::PositionChanged& out) const {
  out.set_subaccount(event.subaccount);
  out.set_market_ticker(names_.Market(event.market));
  out.set_position_centis(event.position.centis());
  out.set_exposure_micros(event.exposure.micros());
  out.set_realized_pnl_micros(event.realized_pnl.micros());
  out.set_fees_paid_micros(event.fees_paid.micros());
}

void EventBodies::Fill(const venue::BalanceChanged& event, pb::BalanceChanged& out) const {
  out.set_subaccount(event.subaccount);
  out.set_cash_micros(event.cash.micros());
  out.set_hold_micros(event.hold.micros());
}

void EventBodies::Fill(const venue::PositionSettled& event, pb::PositionSettled& out) const {
  out.set_subaccount(event.subaccount);
  out.set_market_ticker(names_.Market(event.market));
  out.set_position_centis(event.position.centis());
  out.set_revenue_micros(event.revenue.micros());
  out.set_fee_micros(event.fee.micros());
}

void EventBodies::Fill(const venue::OrderGroupTriggered& event,
                       pb::OrderGroupTriggered& out) const {
  out.set_order_group_id(wire_ids_.Encode(event.order_group));
}

void EventBodies::Fill(const venue::OrderGroupReset& event, pb::OrderGroupReset& out) const {
  out.set_order_group_id(wire_ids_.Encode(event.order_group));
}

void EventBodies::Fill(const venue::CommandRejected& event, pb::CommandRejected& out) const {
  out.set_reason(std::string(venue::Name(event.reason)));
}

void EventBodies::Fill(const venue::AccountOpened& event, pb::AccountOpened& out) const {
  out.set_account(Number(event.account));
  out.set_name(std::string(event.name.view()));
  out.set_balance_unit_micros(event.balance_unit_micros);
  out.set_tier(std::string(venue::Name(event.tier)));
}

void EventBodies::Fill(const venue::AccountUpdated& event, pb::AccountUpdated& out) const {
  out.set_account(Number(event.account));
  out.set_tier(std::string(venue::Name(event.tier)));
  out.set_disabled(event.disabled);
}

void EventBodies::Fill(const venue::SubaccountOpened& event, pb::SubaccountOpened& out) const {
  out.set_account(Number(event.account));
  out.set_subaccount(event.subaccount);
  out.set_netting_enabled(event.netting_enabled);
}

void EventBodies::Fill(const venue::KeyRegistered& event, pb::KeyRegistered& out) const {
  out.set_account(Number(event.account));
  out.set_key_id(std::string(event.key_id.view()));
  out.set_name(std::string(event.name.view()));
  out.set_subaccount(event.subaccount);
  out.set_scopes(event.scopes);
}

void EventBodies::Fill(const venue::KeyRevoked& event, pb::KeyRevoked& out) const {
  out.set_account(Number(event.account));
  out.set_key_id(std::string(event.key_id.view()));
}

void EventBodies::Fill(const venue::FundsDeposited& event, pb::FundsDeposited& out) const {
  out.set_transfer_id(wire_ids_.Encode(event.transfer));
  out.set_account(Number(event.account));
  out.set_subaccount(event.subaccount);
  out.set_amount_micros(event.amount.micros());
}

void EventBodies::Fill(const venue::FundsWithdrawn& event, pb::FundsWithdrawn& out) const {
  out.set_transfer_id(wire_ids_.Encode(event.transfer));
  out.set_account(Number(event.account));
  out.set_subaccount(event.subaccount);
  out.set_amount_micros(event.amount.micros());
}

void EventBodies::Fill(const venue::FundsTransferred& event, pb::FundsTransferred& out) const {
  out.set_transfer_id(wire_ids_.Encode(event.transfer));
  out.set_account(Number(event.account));
  out.set_from_subaccount(event.from_subaccount);
  out.set_to_subaccount(event.to_subaccount);
  out.set_amount_micros(event.amount.micros());
  out.set_client_transfer_id(std::string(event.client_transfer_id.view()));
}

void EventBodies::Fill(const venue::NettingChanged& event, pb::NettingChanged& out) const {
  out.set_account(Number(event.account));
  out.set_subaccount(event.subaccount);
  out.set_enabled(event.enabled);
}

void EventBodies::Fill(const venue::TargetBalanceAllocationChanged& event,
                       pb::TargetBalanceAllocationChanged& out) const {
  out.set_account(Number(event.account));
  out.set_allocation_json(event.allocation_json);
}

void EventBodies::Fill(const venue::CashPosted& event, pb::CashPosted& out) const {
  out.set_account(Number(event.account));
  out.set_subaccount(event.subaccount);
  out.set_kind(std::string(venue::Name(event.kind)));
  out.set_amount_micros(event.amount.micros());
  out.set_cash_after_micros(event.cash_after.micros());
  if (event.market) out.set_market_ticker(names_.Market(event.market));
}

void EventBodies::Fill(const venue::OrderGroupCreated& event, pb::OrderGroupCreated& out) const {
  out.set_order_group_id(wire_ids_.Encode(event.order_group));
  out.set_account(Number(event.account));
  out.set_subaccount(event.subaccount);
  out.set_limit_centis(event.limit.centis());
}

void EventBodies::Fill(const venue::OrderGroupLimitUpdated& event,
                       pb::OrderGroupLimitUpdated& out) const {
  out.set_order_group_id(wire_ids_.Encode(event.order_group));
  out.set_limit_centis(event.limit.centis());
}

void EventBodies::Fill(const venue::OrderGroupDeleted& event, pb::OrderGroupDeleted& out) const {
  out.set_order_group_id(wire_ids_.Encode(event.order_group));
}

void EventBodies::Fill(const venue::PriceGridChanged& event, pb::PriceGridChanged& out) const {
  out.set_market_ticker(names_.Market(event.market));
  out.set_price_level_structure(std::string(event.price_level_structure.view()));
}

void EventBodies::Fill(const venue::FeeChangeScheduled& event, pb::FeeChangeScheduled& out) const {
  out.set_fee_change(static_cast<std::int64_t>(event.id));
  if (event.series) out.set_series_ticker(names_.Series(event.series));
  if (event.event) out.set_event_ticker(names_.Event(event.event));
  out.set_clear_override(event.clear_override);
  FillFeeTerms(event.fee_terms, *out.mutable_fee_terms());
  *out.mutable_effective_time() = ToProto(event.effective_time);
}

void EventBodies::Fill(const venue::FeeTermsChanged& event, pb::FeeTermsChanged& out) const {
  if (event.series) out.set_series_ticker(names_.Series(event.series));
  if (event.event) out.set_event_ticker(names_.Event(event.event));
  out.set_clear_override(event.clear_override);
  FillFeeTerms(event.fee_terms, *out.mutable_fee_terms());
}

}  // namespace evx::mock_kalshi
