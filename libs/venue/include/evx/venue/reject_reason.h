#pragma once

#include <cstdint>
#include <string_view>

namespace evx::venue {

// Why the exchange refused a well-formed command. Listed in order of precedence: when several
// apply, the first is reported. A refused command changes nothing but the sequence number.
// The doors map each to their own code in one place (kalshi error codes, gRPC status, FIX).
enum class RejectReason : std::uint8_t {
  // The exchange.
  kExchangePaused,  // No state change at all; retry after the pause.
  kTradingPaused,   // No placing or amending; retry after the pause.
  // Who.
  kUnknownAccount,
  kAccountDisabled,
  kUnknownSubaccount,
  // What.
  kUnknownMarket,
  kUnknownOrder,  // Also an order that is no longer live, or that belongs to another account.
  kUnknownOrderGroup,
  kUnknownSeries,
  kUnknownEvent,
  kUnknownKey,
  kUnknownTrade,
  kTickerMismatch,         // Amend: the order is in another market.
  kBookSideMismatch,       // Amend: the order is on the other side.
  kClientOrderIdMismatch,  // Amend: the order has another client order id.
  // State of the market.
  // Not open: initialized, inactive, closed or later. Cancels pass while inactive; later there is
  // nothing to cancel, since closing takes every order away.
  kMarketInactive,
  // The order itself.
  kInvalidPrice,     // Not a price of the market's grid; $0 and $1 included.
  kInvalidQuantity,  // Not positive, or above the engine's maximum.
  kExpirationInPast,
  kExpirationNotAllowed,  // With immediate or cancel, or fill or kill.
  kPostOnlyNotAllowed,    // With immediate or cancel, or fill or kill.
  kReduceOnlyNotImmediate,
  kNotADecrease,      // DecreaseOrder: not below the remaining quantity, or negative.
  kAmendBelowFilled,  // AmendOrder: total quantity at or below what is filled already.
  kDuplicateClientOrderId,
  kOrderGroupTriggered,
  kOpenOrderCountAtMax,  // 200,000 per account.
  kNothingToReduce,
  kInsufficientBalance,
  kPostOnlyWouldCross,  // Of an amend before kInsufficientBalance.
  kFillOrKillInsufficientVolume,
  // AmendOrder would trade with an order of the same account; before kInsufficientBalance.
  kSelfCross,
  kOrderCountAtMax,  // The exchange holds as many orders as it was told to.
  // Money.
  kInvalidAmount,
  kDuplicateTransfer,
  kInsufficientFunds,  // Withdrawal, transfer, netting switched off.
  kSubaccountCountAtMax,
  kOrderGroupCountAtMax,  // 100,000 per account.
  kInvalidLimit,
  // Catalogue and lifecycle.
  kAlreadyExists,
  kInvalidTicker,
  kInvalidDefinition,  // A field of a series, event or market is out of its range.
  kInvalidTransition,  // The lifecycle has no such step from the present state.
  kInvalidResult,  // Result and settlement value disagree, or a second YES in an exclusive event.
  kBookNotEmpty,   // The price grid of a market with resting off-grid orders.
  kCountAtMax,     // Markets, events, series or accounts.
  kReversalOverdraws,  // BustTrade would take an account below zero.
  kAlreadyBusted,      // Before kReversalOverdraws.
};

// The enumerator without its k.
std::string_view Name(RejectReason reason);

// Whether the same command can succeed later without a change to it.
bool IsRetryable(RejectReason reason);

}  // namespace evx::venue
