#include "fix/fix_texts.h"

namespace evx::mock_kalshi {

FixOrderRefusal FixOrderRefusalOf(venue::RejectReason reason) {
  using R = venue::RejectReason;
  switch (reason) {
    case R::kExchangePaused:
      return {"EXCHANGE_PAUSED", 2};
    case R::kTradingPaused:
      return {"TRADING_PAUSED", 2};
    case R::kUnknownAccount:
    case R::kUnknownSubaccount:
      return {"CUSTOMER_ACCOUNT_NOT_FOUND", 15};
    case R::kAccountDisabled:
      return {"PERMISSION_DENIED_FOR_CUSTOMER_ACCOUNT", 15};
    case R::kUnknownMarket:
      return {"MARKET_NOT_FOUND", 1};
    case R::kUnknownOrder:
    case R::kUnknownSeries:
    case R::kUnknownEvent:
    case R::kUnknownKey:
    case R::kUnknownTrade:
    case R::kTickerMismatch:
    case R::kBookSideMismatch:
    case R::kClientOrderIdMismatch:
    case R::kNotADecrease:
    case R::kAmendBelowFilled:
    case R::kSelfCross:
    case R::kOrderCountAtMax:
    case R::kInvalidAmount:
    case R::kDuplicateTransfer:
    case R::kInsufficientFunds:
    case R::kSubaccountCountAtMax:
    case R::kOrderGroupCountAtMax:
    case R::kInvalidLimit:
    case R::kAlreadyExists:
    case R::kInvalidTicker:
    case R::kInvalidDefinition:
    case R::kInvalidTransition:
    case R::kInvalidResult:
    case R::kBookNotEmpty:
    case R::kCountAtMax:
    case R::kReversalOverdraws:
    case R::kAlreadyBusted:
      return {"INTERNAL_ERROR", 99};
    case R::kUnknownOrderGroup:
      return {"ORDER_GROUP_NOT_FOUND", 11};
    case R::kMarketInactive:
      return {"MARKET_INACTIVE", 2};
    case R::kInvalidPrice:
    case R::kInvalidQuantity:
    case R::kExpirationInPast:
    case R::kExpirationNotAllowed:
    case R::kPostOnlyNotAllowed:
    case R::kReduceOnlyNotImmediate:
      return {"INVALID_ORDER", 11};
    case R::kDuplicateClientOrderId:
      return {"ORDER_ALREADY_EXISTS", 6};
    case R::kOrderGroupTriggered:
      return {"EXCEEDED_ORDER_GROUP_RISK_LIMIT", 3};
    case R::kOpenOrderCountAtMax:
      return {"EXCEEDED_PER_MARKET_RISK_LIMIT", 3};
    case R::kNothingToReduce:
      return {"REDUCE_ONLY", 11, true};
    case R::kInsufficientBalance:
      return {"INSUFFICIENT_BALANCE", 3};
    case R::kPostOnlyWouldCross:
      return {"POST_ONLY_CROSS", 11, true};
    case R::kFillOrKillInsufficientVolume:
      return {"FOK_INSUFFICIENT_VOLUME", 11, true};
  }
  return {"INTERNAL_ERROR", 99};
}

FixCancelRefusal FixCancelRefusalOf(venue::RejectReason reason) {
  using R = venue::RejectReason;
  switch (reason) {
    case R::kExchangePaused:
      return {"EXCHANGE_PAUSED", 99};
    case R::kTradingPaused:
      return {"TRADING_PAUSED", 99};
    case R::kUnknownAccount:
    case R::kUnknownSubaccount:
    case R::kUnknownOrderGroup:
    case R::kUnknownSeries:
    case R::kUnknownEvent:
    case R::kUnknownKey:
    case R::kUnknownTrade:
    case R::kExpirationNotAllowed:
    case R::kPostOnlyNotAllowed:
    case R::kReduceOnlyNotImmediate:
    case R::kOpenOrderCountAtMax:
    case R::kNothingToReduce:
    case R::kFillOrKillInsufficientVolume:
    case R::kOrderCountAtMax:
    case R::kInvalidAmount:
    case R::kDuplicateTransfer:
    case R::kInsufficientFunds:
    case R::kSubaccountCountAtMax:
    case R::kOrderGroupCountAtMax:
    case R::kInvalidLimit:
    case R::kAlreadyExists:
    case R::kInvalidTicker:
    case R::kInvalidDefinition:
    case R::kInvalidTransition:
    case R::kInvalidResult:
    case R::kBookNotEmpty:
    case R::kCountAtMax:
    case R::kReversalOverdraws:
    case R::kAlreadyBusted:
      return {"INTERNAL_ERROR", 99};
    case R::kAccountDisabled:
      return {"PERMISSION_DENIED_FOR_CUSTOMER_ACCOUNT", 99};
    case R::kUnknownMarket:
      return {"MARKET_NOT_FOUND", 99};
    case R::kUnknownOrder:
      return {"ORDER_NOT_FOUND", 1};
    case R::kTickerMismatch:
    case R::kBookSideMismatch:
    case R::kClientOrderIdMismatch:
      return {"ORDER_ATTRIBUTES_MISMATCH", 1};
    case R::kMarketInactive:
      return {"MARKET_INACTIVE", 0};
    case R::kInvalidPrice:
      return {"INVALID_PRICE", 99};
    case R::kInvalidQuantity:
    case R::kNotADecrease:
    case R::kAmendBelowFilled:
      return {"INVALID_AMEND_QTY_FOR_ORDER", 2};
    case R::kExpirationInPast:
      return {"INVALID_ORDER", 99};
    case R::kDuplicateClientOrderId:
      return {"ORDER_ALREADY_EXISTS", 6};
    case R::kOrderGroupTriggered:
      return {"EXCEEDED_ORDER_GROUP_RISK_LIMIT", 99};
    case R::kInsufficientBalance:
      return {"INSUFFICIENT_BALANCE", 99};
    case R::kPostOnlyWouldCross:
      return {"POST_ONLY_CROSS", 99};
    case R::kSelfCross:
      return {"SELF_CROSS_ATTEMPT", 18};
  }
  return {"INTERNAL_ERROR", 99};
}

std::string_view FixGroupRefusalOf(venue::RejectReason reason) {
  using R = venue::RejectReason;
  switch (reason) {
    case R::kExchangePaused:
      return "EXCHANGE_PAUSED";
    case R::kTradingPaused:
      return "TRADING_PAUSED";
    case R::kUnknownAccount:
    case R::kAccountDisabled:
    case R::kUnknownMarket:
    case R::kUnknownOrder:
    case R::kUnknownSeries:
    case R::kUnknownEvent:
    case R::kUnknownKey:
    case R::kUnknownTrade:
    case R::kTickerMismatch:
    case R::kBookSideMismatch:
    case R::kClientOrderIdMismatch:
    case R::kMarketInactive:
    case R::kInvalidPrice:
    case R::kInvalidQuantity:
    case R::kExpirationInPast:
    case R::kExpirationNotAllowed:
    case R::kPostOnlyNotAllowed:
    case R::kReduceOnlyNotImmediate:
    case R::kNotADecrease:
    case R::kAmendBelowFilled:
    case R::kDuplicateClientOrderId:
    case R::kOrderGroupTriggered:
    case R::kOpenOrderCountAtMax:
    case R::kNothingToReduce:
    case R::kInsufficientBalance:
    case R::kPostOnlyWouldCross:
    case R::kFillOrKillInsufficientVolume:
    case R::kSelfCross:
    case R::kOrderCountAtMax:
    case R::kInvalidAmount:
    case R::kDuplicateTransfer:
    case R::kInsufficientFunds:
    case R::kSubaccountCountAtMax:
    case R::kAlreadyExists:
    case R::kInvalidTicker:
    case R::kInvalidDefinition:
    case R::kInvalidTransition:
    case R::kInvalidResult:
    case R::kBookNotEmpty:
    case R::kCountAtMax:
    case R::kReversalOverdraws:
    case R::kAlreadyBusted:
      return "INTERNAL_ERROR";
    case R::kUnknownSubaccount:
      return "CUSTOMER_ACCOUNT_NOT_FOUND";
    case R::kUnknownOrderGroup:
      return "ORDER_GROUP_NOT_FOUND";
    case R::kOrderGroupCountAtMax:
      return "TOO_MANY_ORDER_GROUPS";
    case R::kInvalidLimit:
      return "INVALID_ORDER_GROUP_LIMIT";
  }
  return "INTERNAL_ERROR";
}

std::string_view FixCancelText(venue::CancelReason reason, bool is_taker) {
  using R = venue::CancelReason;
  switch (reason) {
    case R::kImmediateOrCancel:
      return "IMMEDIATE_OR_CANCELLED";
    case R::kSelfTradePrevention:
      return is_taker ? "TAKER_CANCEL_FOR_SELF_TRADE_PREVENTION"
                      : "MAKER_CANCEL_FOR_SELF_TRADE_PREVENTION";
    case R::kPostOnlyCross:
      return "POST_ONLY_CROSS";
    case R::kReduceOnly:
      return "REDUCE_ONLY";
    case R::kOrderGroup:
      return "ORDER_GROUP_CANCEL";
    case R::kInsufficientFunds:
      return "INSUFFICIENT_BALANCE";
    case R::kMarketClosed:
      return "MARKET_ALREADY_CLOSED";
    case R::kMarketReactivated:
      return "MARKET_INACTIVE";
    case R::kPause:
      return "TRADING_PAUSED";
    case R::kUser:
    case R::kDecreasedToZero:
    case R::kExpired:
    case R::kOperator:
    case R::kPriceGridChanged:
      return "";
  }
  return "";
}

bool IsFixExpiry(venue::CancelReason reason) {
  return reason == venue::CancelReason::kExpired || reason == venue::CancelReason::kMarketClosed;
}

}  // namespace evx::mock_kalshi
