#include "evx/venue/reject_reason.h"
#include "evx/venue/types.h"

namespace evx::venue {

#define EVX_NAME(enumeration, name) \
  case enumeration::k##name:        \
    return #name

std::string_view Name(MarketStatus status) {
  switch (status) {
    EVX_NAME(MarketStatus, Initialized);
    EVX_NAME(MarketStatus, Active);
    EVX_NAME(MarketStatus, Inactive);
    EVX_NAME(MarketStatus, Closed);
    EVX_NAME(MarketStatus, Determined);
    EVX_NAME(MarketStatus, Disputed);
    EVX_NAME(MarketStatus, Amended);
    EVX_NAME(MarketStatus, Finalized);
  }
  return "";
}

std::string_view Name(MarketResult result) {
  switch (result) {
    EVX_NAME(MarketResult, None);
    EVX_NAME(MarketResult, Yes);
    EVX_NAME(MarketResult, No);
    EVX_NAME(MarketResult, Scalar);
  }
  return "";
}

std::string_view Name(FeeType fee_type) {
  switch (fee_type) {
    EVX_NAME(FeeType, Quadratic);
    EVX_NAME(FeeType, QuadraticWithMakerFees);
    EVX_NAME(FeeType, QuadraticWithComboMakerFees);
  }
  return "";
}

std::string_view Name(CollateralReturn collateral_return) {
  switch (collateral_return) {
    EVX_NAME(CollateralReturn, None);
    EVX_NAME(CollateralReturn, MutuallyExclusive);
  }
  return "";
}

std::string_view Name(CancelReason reason) {
  switch (reason) {
    EVX_NAME(CancelReason, User);
    EVX_NAME(CancelReason, DecreasedToZero);
    EVX_NAME(CancelReason, ImmediateOrCancel);
    EVX_NAME(CancelReason, SelfTradePrevention);
    EVX_NAME(CancelReason, PostOnlyCross);
    EVX_NAME(CancelReason, ReduceOnly);
    EVX_NAME(CancelReason, Expired);
    EVX_NAME(CancelReason, OrderGroup);
    EVX_NAME(CancelReason, MarketClosed);
    EVX_NAME(CancelReason, MarketReactivated);
    EVX_NAME(CancelReason, Pause);
    EVX_NAME(CancelReason, InsufficientFunds);
    EVX_NAME(CancelReason, Operator);
    EVX_NAME(CancelReason, PriceGridChanged);
  }
  return "";
}

std::string_view Name(PostingKind kind) {
  switch (kind) {
    EVX_NAME(PostingKind, Deposit);
    EVX_NAME(PostingKind, Withdrawal);
    EVX_NAME(PostingKind, TransferIn);
    EVX_NAME(PostingKind, TransferOut);
    EVX_NAME(PostingKind, Trade);
    EVX_NAME(PostingKind, Fee);
    EVX_NAME(PostingKind, CollateralReturn);
    EVX_NAME(PostingKind, Settlement);
    EVX_NAME(PostingKind, Reversal);
  }
  return "";
}

std::string_view Name(Schedule schedule) {
  switch (schedule) {
    EVX_NAME(Schedule, Always);
    EVX_NAME(Schedule, Kalshi);
  }
  return "";
}

std::string_view Name(UsageTier tier) {
  switch (tier) {
    EVX_NAME(UsageTier, Basic);
    EVX_NAME(UsageTier, Advanced);
    EVX_NAME(UsageTier, Expert);
    EVX_NAME(UsageTier, Premier);
    EVX_NAME(UsageTier, Paragon);
    EVX_NAME(UsageTier, Prime);
    EVX_NAME(UsageTier, Prestige);
    EVX_NAME(UsageTier, Unlimited);
  }
  return "";
}

std::string_view Name(RejectReason reason) {
  switch (reason) {
    EVX_NAME(RejectReason, ExchangePaused);
    EVX_NAME(RejectReason, TradingPaused);
    EVX_NAME(RejectReason, UnknownAccount);
    EVX_NAME(RejectReason, AccountDisabled);
    EVX_NAME(RejectReason, UnknownSubaccount);
    EVX_NAME(RejectReason, UnknownMarket);
    EVX_NAME(RejectReason, UnknownOrder);
    EVX_NAME(RejectReason, UnknownOrderGroup);
    EVX_NAME(RejectReason, UnknownSeries);
    EVX_NAME(RejectReason, UnknownEvent);
    EVX_NAME(RejectReason, UnknownKey);
    EVX_NAME(RejectReason, UnknownTrade);
    EVX_NAME(RejectReason, TickerMismatch);
    EVX_NAME(RejectReason, BookSideMismatch);
    EVX_NAME(RejectReason, ClientOrderIdMismatch);
    EVX_NAME(RejectReason, MarketInactive);
    EVX_NAME(RejectReason, InvalidPrice);
    EVX_NAME(RejectReason, InvalidQuantity);
    EVX_NAME(RejectReason, ExpirationInPast);
    EVX_NAME(RejectReason, ExpirationNotAllowed);
    EVX_NAME(RejectReason, PostOnlyNotAllowed);
    EVX_NAME(RejectReason, ReduceOnlyNotImmediate);
    EVX_NAME(RejectReason, NotADecrease);
    EVX_NAME(RejectReason, AmendBelowFilled);
    EVX_NAME(RejectReason, DuplicateClientOrderId);
    EVX_NAME(RejectReason, OrderGroupTriggered);
    EVX_NAME(RejectReason, OpenOrderCountAtMax);
    EVX_NAME(RejectReason, NothingToReduce);
    EVX_NAME(RejectReason, InsufficientBalance);
    EVX_NAME(RejectReason, PostOnlyWouldCross);
    EVX_NAME(RejectReason, FillOrKillInsufficientVolume);
    EVX_NAME(RejectReason, SelfCross);
    EVX_NAME(RejectReason, OrderCountAtMax);
    EVX_NAME(RejectReason, InvalidAmount);
    EVX_NAME(RejectReason, DuplicateTransfer);
    EVX_NAME(RejectReason, InsufficientFunds);
    EVX_NAME(RejectReason, SubaccountCountAtMax);
    EVX_NAME(RejectReason, OrderGroupCountAtMax);
    EVX_NAME(RejectReason, InvalidLimit);
    EVX_NAME(RejectReason, AlreadyExists);
    EVX_NAME(RejectReason, InvalidTicker);
    EVX_NAME(RejectReason, InvalidDefinition);
    EVX_NAME(RejectReason, InvalidTransition);
    EVX_NAME(RejectReason, InvalidResult);
    EVX_NAME(RejectReason, BookNotEmpty);
    EVX_NAME(RejectReason, CountAtMax);
    EVX_NAME(RejectReason, ReversalOverdraws);
    EVX_NAME(RejectReason, AlreadyBusted);
  }
  return "";
}

#undef EVX_NAME

bool IsRetryable(RejectReason reason) {
  switch (reason) {
    case RejectReason::kExchangePaused:
    case RejectReason::kTradingPaused:
    case RejectReason::kAccountDisabled:
    case RejectReason::kMarketInactive:
    case RejectReason::kOrderGroupTriggered:
    case RejectReason::kOpenOrderCountAtMax:
    case RejectReason::kNothingToReduce:
    case RejectReason::kInsufficientBalance:
    case RejectReason::kPostOnlyWouldCross:
    case RejectReason::kFillOrKillInsufficientVolume:
    case RejectReason::kSelfCross:
    case RejectReason::kOrderCountAtMax:
    case RejectReason::kInsufficientFunds:
    case RejectReason::kOrderGroupCountAtMax:
    case RejectReason::kInvalidTransition:
    case RejectReason::kBookNotEmpty:
    case RejectReason::kReversalOverdraws:
      return true;
    case RejectReason::kUnknownAccount:
    case RejectReason::kUnknownSubaccount:
    case RejectReason::kUnknownMarket:
    case RejectReason::kUnknownOrder:
    case RejectReason::kUnknownOrderGroup:
    case RejectReason::kUnknownSeries:
    case RejectReason::kUnknownEvent:
    case RejectReason::kUnknownKey:
    case RejectReason::kUnknownTrade:
    case RejectReason::kTickerMismatch:
    case RejectReason::kBookSideMismatch:
    case RejectReason::kClientOrderIdMismatch:
    case RejectReason::kInvalidPrice:
    case RejectReason::kInvalidQuantity:
    case RejectReason::kExpirationInPast:
    case RejectReason::kExpirationNotAllowed:
    case RejectReason::kPostOnlyNotAllowed:
    case RejectReason::kReduceOnlyNotImmediate:
    case RejectReason::kNotADecrease:
    case RejectReason::kAmendBelowFilled:
    case RejectReason::kDuplicateClientOrderId:
    case RejectReason::kInvalidAmount:
    case RejectReason::kDuplicateTransfer:
    case RejectReason::kSubaccountCountAtMax:
    case RejectReason::kInvalidLimit:
    case RejectReason::kAlreadyExists:
    case RejectReason::kInvalidTicker:
    case RejectReason::kInvalidDefinition:
    case RejectReason::kInvalidResult:
    case RejectReason::kCountAtMax:
    case RejectReason::kAlreadyBusted:
      return false;
  }
  return false;
}

}  // namespace evx::venue
