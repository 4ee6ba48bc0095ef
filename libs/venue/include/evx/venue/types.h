#pragma once

#include <cstdint>
#include <string_view>

#include "evx/core/clock.h"
#include "evx/core/fields.h"
#include "evx/core/ids.h"
#include "evx/core/inline_string.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"
#include "evx/matching/order.h"

namespace evx::venue {

using matching::SelfTradePrevention;
using matching::TimeInForce;

// 1..64 characters: letters, digits, - _ : + = / . ; empty means none.
using ClientOrderId = InlineString<64>;
// 1..64 characters: upper-case letters, digits, '-' and '.'.
using Ticker = InlineString<64>;
// An API key id or any other UUID given by the outside, in its 36-character text form.
using UuidText = InlineString<36>;

// Source: the venue's market lifecycle.
enum class MarketStatus : std::uint8_t {
  kInitialized,
  kActive,
  kInactive,
  kClosed,
  kDetermined,
  kDisputed,
  kAmended,
  kFinalized,
};

enum class MarketResult : std::uint8_t { kNone, kYes, kNo, kScalar };

enum class FeeType : std::uint8_t {
  kQuadratic,
  kQuadraticWithMakerFees,
  kQuadraticWithComboMakerFees,
};

// What the account pays for a fill. multiplier_millionths: 1,000,000 = 1.0; 0 .. 10,000,000.
struct FeeTerms {
  FeeType fee_type = FeeType::kQuadratic;
  std::int64_t multiplier_millionths = 1'000'000;
  friend bool operator==(const FeeTerms&, const FeeTerms&) = default;
  EVX_FIELDS(fee_type, multiplier_millionths)
};

enum class CollateralReturn : std::uint8_t { kNone, kMutuallyExclusive };

// Why an order left the book before it was filled. The doors map each to the venue's own word
// (`CloseCancel`, `ExpiryCancel`, ...).
enum class CancelReason : std::uint8_t {
  kUser,
  kDecreasedToZero,
  kImmediateOrCancel,  // The remainder of an order that may not rest.
  kSelfTradePrevention,
  kPostOnlyCross,
  kReduceOnly,
  kExpired,
  kOrderGroup,
  kMarketClosed,
  kMarketReactivated,
  kPause,  // cancel_order_on_pause.
  kInsufficientFunds,
  kOperator,
  kPriceGridChanged,
};

// Why cash moved.
enum class PostingKind : std::uint8_t {
  kDeposit,
  kWithdrawal,
  kTransferIn,
  kTransferOut,
  kTrade,             // Revenue of a fill; negative when paying.
  kFee,               // Negative; a returned fee is positive.
  kCollateralReturn,  // Guaranteed payout of an exclusive event given (or taken) back.
  kSettlement,
  kReversal,  // A busted trade.
};

// Rights of an API key, as bits. Source: the venue's key scopes.
enum KeyScope : std::uint16_t {
  kScopeRead = 1,
  kScopeWrite = 2,
  kScopeReadBlockTradeAccept = 4,
  kScopeReadPortfolioBalance = 8,
  kScopeWriteTrade = 16,
  kScopeWriteTransfer = 32,
  kScopeWriteFcmRisk = 64,
  kScopeWriteBlockTradeAccept = 128,
};

// Whether the venue's weekly maintenance pause (Thursdays 03:00-05:00 Eastern) applies.
enum class Schedule : std::uint8_t { kAlways, kKalshi };

// Rate-limit tier of an account; kUnlimited is given by an operator only.
enum class UsageTier : std::uint8_t {
  kBasic,
  kAdvanced,
  kExpert,
  kPremier,
  kParagon,
  kPrime,
  kPrestige,
  kUnlimited,
};

std::string_view Name(MarketStatus status);
std::string_view Name(MarketResult result);
std::string_view Name(FeeType fee_type);
std::string_view Name(CollateralReturn collateral_return);
std::string_view Name(CancelReason reason);
std::string_view Name(PostingKind kind);
std::string_view Name(Schedule schedule);
std::string_view Name(UsageTier tier);

}  // namespace evx::venue
