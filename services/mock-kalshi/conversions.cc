#include "conversions.h"

#include "evx/core/arithmetic.h"
#include "evx/core/status.h"

namespace evx::mock_kalshi {

namespace error = kalshi::error;

venue::TimeInForce ToDomain(kalshi::TimeInForce time_in_force) {
  switch (time_in_force) {
    case kalshi::TimeInForce::kGoodTillCanceled:
      return venue::TimeInForce::kGoodTillCanceled;
    case kalshi::TimeInForce::kImmediateOrCancel:
      return venue::TimeInForce::kImmediateOrCancel;
    case kalshi::TimeInForce::kFillOrKill:
      return venue::TimeInForce::kFillOrKill;
  }
  return venue::TimeInForce::kGoodTillCanceled;
}

venue::SelfTradePrevention ToDomain(kalshi::SelfTradePrevention self_trade_prevention) {
  return self_trade_prevention == kalshi::SelfTradePrevention::kMaker
             ? venue::SelfTradePrevention::kMaker
             : venue::SelfTradePrevention::kTakerAtCross;
}

kalshi::SelfTradePrevention ToKalshi(venue::SelfTradePrevention self_trade_prevention) {
  return self_trade_prevention == venue::SelfTradePrevention::kMaker
             ? kalshi::SelfTradePrevention::kMaker
             : kalshi::SelfTradePrevention::kTakerAtCross;
}

kalshi::MarketStatus ToKalshi(venue::MarketStatus status) {
  switch (status) {
    case venue::MarketStatus::kInitialized:
      return kalshi::MarketStatus::kInitialized;
    case venue::MarketStatus::kActive:
      return kalshi::MarketStatus::kActive;
    case venue::MarketStatus::kInactive:
      return kalshi::MarketStatus::kInactive;
    case venue::MarketStatus::kClosed:
      return kalshi::MarketStatus::kClosed;
    case venue::MarketStatus::kDetermined:
      return kalshi::MarketStatus::kDetermined;
    case venue::MarketStatus::kDisputed:
      return kalshi::MarketStatus::kDisputed;
    case venue::MarketStatus::kAmended:
      return kalshi::MarketStatus::kAmended;
    case venue::MarketStatus::kFinalized:
      return kalshi::MarketStatus::kFinalized;
  }
  return kalshi::MarketStatus::kInitialized;
}

kalshi::MarketResult ToKalshi(venue::MarketResult result) {
  switch (result) {
    case venue::MarketResult::kNone:
      return kalshi::MarketResult::kNone;
    case venue::MarketResult::kYes:
      return kalshi::MarketResult::kYes;
    case venue::MarketResult::kNo:
      return kalshi::MarketResult::kNo;
    case venue::MarketResult::kScalar:
      return kalshi::MarketResult::kScalar;
  }
  return kalshi::MarketResult::kNone;
}

kalshi::FeeType ToKalshi(venue::FeeType fee_type) {
  switch (fee_type) {
    case venue::FeeType::kQuadratic:
      return kalshi::FeeType::kQuadratic;
    case venue::FeeType::kQuadraticWithMakerFees:
      return kalshi::FeeType::kQuadraticWithMakerFees;
    case venue::FeeType::kQuadraticWithComboMakerFees:
      return kalshi::FeeType::kQuadraticWithComboMakerFees;
  }
  return kalshi::FeeType::kQuadratic;
}

kalshi::OrderStatus ToKalshi(OrderStatus status) {
  switch (status) {
    case OrderStatus::kResting:
      return kalshi::OrderStatus::kResting;
    case OrderStatus::kExecuted:
      return kalshi::OrderStatus::kExecuted;
    case OrderStatus::kCanceled:
      return kalshi::OrderStatus::kCanceled;
  }
  return kalshi::OrderStatus::kResting;
}

std::optional<OrderStatus> ToDomain(kalshi::OrderStatus status) {
  switch (status) {
    case kalshi::OrderStatus::kResting:
      return OrderStatus::kResting;
    case kalshi::OrderStatus::kExecuted:
      return OrderStatus::kExecuted;
    case kalshi::OrderStatus::kCanceled:
      return OrderStatus::kCanceled;
  }
  return std::nullopt;
}

kalshi::Error ToError(venue::RejectReason reason) {
  using enum venue::RejectReason;
  using kalshi::MakeError;
  switch (reason) {
    case kExchangePaused:
      return MakeError(error::kExchangeIsPaused);
    case kTradingPaused:
      return MakeError(error::kTradingIsPaused);
    case kUnknownAccount:
      return MakeError(error::kUserNotFound);
    case kAccountDisabled:
      return MakeError(error::kPermissionDenied, "account is disabled");
    case kUnknownSubaccount:
      return MakeError(error::kInvalidParameters, "subaccount does not exist");
    case kUnknownMarket:
      return MakeError(error::kMarketNotFound);
    case kUnknownOrder:
    case kUnknownKey:
    case kUnknownTrade:
    case kUnknownSeries:
    case kUnknownEvent:
      return MakeError(error::kNotFound);
    case kUnknownOrderGroup:
      return MakeError(error::kNotFound, "order group not found");
    case kTickerMismatch:
      return MakeError(error::kOrderTickerMismatch);
    case kBookSideMismatch:
      return MakeError(error::kOrderSideMismatch);
    case kClientOrderIdMismatch:
      return MakeError(error::kOrderIdMismatch);
    case kMarketInactive:
      return MakeError(error::kMarketInactive);
    case kInvalidPrice:
      return MakeError(error::kInvalidPrice);
    case kInvalidQuantity:
      return MakeError(error::kInvalidOrderSize);
    case kExpirationInPast:
      return MakeError(error::kInvalidOrder, "Expiration timestamp must be in the future");
    case kExpirationNotAllowed:
      return MakeError(error::kInvalidOrder,
                       "Cannot specify both immediate_or_cancel and expiration_ts");
    case kPostOnlyNotAllowed:
      return MakeError(error::kInvalidOrder, "post_only needs good_till_canceled");
    case kReduceOnlyNotImmediate:
      return MakeError(error::kInvalidOrder, "reduce_only needs immediate_or_cancel");
    case kNotADecrease:
      return MakeError(error::kInvalidOrderSize, "not a decrease of the remaining count");
    case kAmendBelowFilled:
      return MakeError(error::kInvalidOrderSize, "count is not above what is filled already");
    case kDuplicateClientOrderId:
      return MakeError(error::kOrderAlreadyExists);
    case kOrderGroupTriggered:
      return MakeError(error::kOrderGroupTriggered);
    case kOpenOrderCountAtMax:
      return MakeError(error::kTooManyOpenOrders);
    case kNothingToReduce:
      return MakeError(error::kInvalidOrder, "no position to reduce");
    case kInsufficientBalance:
    case kInsufficientFunds:
      return MakeError(error::kInsufficientBalance);
    case kPostOnlyWouldCross:
      return MakeError(error::kInvalidOrder, error::kDetailsPostOnlyCross);
    case kFillOrKillInsufficientVolume:
      return MakeError(error::kFillOrKillInsufficientVolume);
    case kSelfCross:
      return MakeError(error::kInvalidOrder, "self cross attempt");
    case kOrderCountAtMax:
      return MakeError(error::kServiceUnavailable, "the exchange holds as many orders as it can");
    case kInvalidAmount:
      return MakeError(error::kInvalidParameters, "amount is not positive or too fine");
    case kDuplicateTransfer:
      return MakeError(error::kTransferAlreadyExists);
    case kSubaccountCountAtMax:
      return MakeError(error::kInvalidParameters, "64 subaccounts exist already");
    case kOrderGroupCountAtMax:
      return MakeError(error::kInvalidParameters, "100,000 order groups exist already");
    case kInvalidLimit:
      return MakeError(error::kInvalidParameters, "contracts_limit is out of range");
    case kAlreadyExists:
      return MakeError(error::kInvalidParameters, "exists already");
    case kInvalidTicker:
      return MakeError(error::kInvalidParameters, "ticker is not well formed");
    case kInvalidDefinition:
      return MakeError(error::kInvalidParameters, "a field of the definition is out of range");
    case kInvalidTransition:
      return MakeError(error::kInvalidParameters, "not possible in the market's present status");
    case kInvalidResult:
      return MakeError(error::kInvalidParameters, "result and settlement value do not agree");
    case kBookNotEmpty:
      return MakeError(error::kInvalidParameters, "resting orders do not fit the new price grid");
    case kCountAtMax:
      return MakeError(error::kInvalidParameters, "the exchange holds as many as it can");
    case kReversalOverdraws:
      return MakeError(error::kInsufficientBalance, "a reversal would overdraw an account");
    case kAlreadyBusted:
      return MakeError(error::kInvalidParameters, "the trade is busted already");
  }
  return MakeError(error::kInternal);
}

kalshi::Error ToError(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return kalshi::MakeError(error::kTooManyRequests);
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kAborted:
      return kalshi::MakeError(error::kServiceUnavailable, MessageOf(status));
    default:
      return kalshi::MakeError(error::kInternal, MessageOf(status));
  }
}

std::optional<kalshi::Error> ErrorOf(const Outcome& outcome) {
  if (!outcome.status.ok()) return ToError(outcome.status);
  if (outcome.result.reject) return ToError(*outcome.result.reject);
  return std::nullopt;
}

kalshi::Order ToKalshi(const OrderRow& row, std::string_view ticker, const WireIdCodec& wire_ids) {
  kalshi::Order order;
  order.order_id = wire_ids.Encode(row.order_id);
  order.user_id = wire_ids.Encode(row.account);
  order.client_order_id = row.client_order_id.view();
  order.ticker = ticker;
  order.book_side = row.side;
  order.status = ToKalshi(row.status);
  order.yes_price = row.price;
  order.fill_count = row.filled;
  order.remaining_count = row.remaining;
  order.initial_count = row.initial_quantity;
  order.taker_fill_cost = row.taker_fill_cost;
  order.maker_fill_cost = row.maker_fill_cost;
  order.taker_fees = row.taker_fees;
  order.maker_fees = row.maker_fees;
  order.expiration_time = row.expiration;
  order.created_time = row.create_time;
  order.last_update_time = row.update_time;
  order.self_trade_prevention = ToKalshi(row.self_trade_prevention);
  if (row.order_group) order.order_group_id = wire_ids.Encode(row.order_group);
  order.cancel_order_on_pause = row.cancel_on_pause;
  order.subaccount_number = row.subaccount;
  return order;
}

kalshi::CreateOrderResponse ToCreateResponse(const Outcome& outcome, const WireIdCodec& wire_ids) {
  const venue::CommandResult& result = outcome.result;
  kalshi::CreateOrderResponse response;
  response.order_id = wire_ids.Encode(result.order_id);
  if (!result.client_order_id.empty()) response.client_order_id = result.client_order_id.view();
  response.fill_count = result.filled;
  response.remaining_count = result.remaining;
  response.average_fill_price = AverageOver(result.fill_cost, result.filled);
  response.average_fee_paid = AverageOver(result.fees, result.filled);
  response.time = outcome.time;
  return response;
}

std::optional<Money> AverageOver(Money total, Quantity quantity) {
  if (quantity.is_zero()) return std::nullopt;
  return Money::FromMicros(DivideHalfEven(Multiply(total.micros(), 100), quantity.centis()));
}

}  // namespace evx::mock_kalshi
