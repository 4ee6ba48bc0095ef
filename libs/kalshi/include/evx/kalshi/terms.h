#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "evx/core/sides.h"

// The closed vocabularies of the venue's messages: each enum beside the words it is written with,
// in the same order. Words are case-sensitive.

namespace evx::kalshi {

// Specialized for each enum below: kNames[i] is the word of the enumerator with value i.
template <class Enum>
struct WireNames;

template <class Enum>
constexpr std::string_view ToWire(Enum value) {
  return WireNames<Enum>::kNames[static_cast<std::size_t>(value)];
}

// Nothing when `word` is not in the vocabulary.
template <class Enum>
constexpr std::optional<Enum> FromWire(std::string_view word) {
  for (std::size_t i = 0; i < std::size(WireNames<Enum>::kNames); ++i) {
    if (WireNames<Enum>::kNames[i] == word) return static_cast<Enum>(i);
  }
  return std::nullopt;
}

using evx::BookSide;
template <>
struct WireNames<BookSide> {
  static constexpr std::string_view kNames[] = {"bid", "ask"};
};

using evx::ContractSide;
template <>
struct WireNames<ContractSide> {
  static constexpr std::string_view kNames[] = {"yes", "no"};
};

using evx::OrderAction;
template <>
struct WireNames<OrderAction> {
  static constexpr std::string_view kNames[] = {"buy", "sell"};
};

enum class TimeInForce : std::uint8_t { kGoodTillCanceled, kImmediateOrCancel, kFillOrKill };
template <>
struct WireNames<TimeInForce> {
  static constexpr std::string_view kNames[] = {"good_till_canceled", "immediate_or_cancel",
                                                "fill_or_kill"};
};

enum class SelfTradePrevention : std::uint8_t { kTakerAtCross, kMaker };
template <>
struct WireNames<SelfTradePrevention> {
  static constexpr std::string_view kNames[] = {"taker_at_cross", "maker"};
};

// A partly filled order is resting or canceled; executed means filled completely.
enum class OrderStatus : std::uint8_t { kResting, kCanceled, kExecuted };
template <>
struct WireNames<OrderStatus> {
  static constexpr std::string_view kNames[] = {"resting", "canceled", "executed"};
};

enum class MarketType : std::uint8_t { kBinary, kScalar };
template <>
struct WireNames<MarketType> {
  static constexpr std::string_view kNames[] = {"binary", "scalar"};
};

enum class MarketStatus : std::uint8_t {
  kInitialized,
  kInactive,
  kActive,
  kClosed,
  kDetermined,
  kDisputed,
  kAmended,
  kFinalized
};
template <>
struct WireNames<MarketStatus> {
  static constexpr std::string_view kNames[] = {"initialized", "inactive", "active",  "closed",
                                                "determined",  "disputed", "amended", "finalized"};
};

// The words of the status filters of GET /markets and GET /events; "paused" is for markets only.
enum class MarketStatusFilter : std::uint8_t { kUnopened, kOpen, kPaused, kClosed, kSettled };
template <>
struct WireNames<MarketStatusFilter> {
  static constexpr std::string_view kNames[] = {"unopened", "open", "paused", "closed", "settled"};
};

// kNone is written as the empty string: not determined yet.
enum class MarketResult : std::uint8_t { kNone, kYes, kNo, kScalar };
template <>
struct WireNames<MarketResult> {
  static constexpr std::string_view kNames[] = {"", "yes", "no", "scalar"};
};

enum class StrikeType : std::uint8_t {
  kGreater,
  kGreaterOrEqual,
  kLess,
  kLessOrEqual,
  kBetween,
  kFunctional,
  kCustom,
  kStructured
};
template <>
struct WireNames<StrikeType> {
  static constexpr std::string_view kNames[] = {"greater",       "greater_or_equal", "less",
                                                "less_or_equal", "between",          "functional",
                                                "custom",        "structured"};
};

enum class SettlementBounds : std::uint8_t { kDefault, kFloor };
template <>
struct WireNames<SettlementBounds> {
  static constexpr std::string_view kNames[] = {"default", "floor"};
};

enum class FeeType : std::uint8_t {
  kQuadratic,
  kQuadraticWithMakerFees,
  kQuadraticWithComboMakerFees,
  kFlat
};
template <>
struct WireNames<FeeType> {
  static constexpr std::string_view kNames[] = {"quadratic", "quadratic_with_maker_fees",
                                                "quadratic_with_combo_maker_fees", "flat"};
};

enum class ApiKeyScope : std::uint8_t {
  kRead,
  kWrite,
  kReadBlockTradeAccept,
  kReadPortfolioBalance,
  kWriteTrade,
  kWriteTransfer,
  kWriteFcmRisk,
  kWriteBlockTradeAccept
};
template <>
struct WireNames<ApiKeyScope> {
  static constexpr std::string_view kNames[] = {
      "read",         "write",           "read::block_trade_accept", "read::portfolio_balance",
      "write::trade", "write::transfer", "write::fcm_risk",          "write::block_trade_accept"};
};
inline constexpr std::size_t kApiKeyScopeCount = std::size(WireNames<ApiKeyScope>::kNames);

enum class ApiKeyType : std::uint8_t { kRsa, kEd25519 };
template <>
struct WireNames<ApiKeyType> {
  static constexpr std::string_view kNames[] = {"rsa", "ed25519"};
};

// The two books of accounts that money can move between.
enum class ExchangeInstance : std::uint8_t { kEventContract, kMargined };
template <>
struct WireNames<ExchangeInstance> {
  static constexpr std::string_view kNames[] = {"event_contract", "margined"};
};

enum class RestingMarginReservation : std::uint8_t { kMax, kSum, kNone };
template <>
struct WireNames<RestingMarginReservation> {
  static constexpr std::string_view kNames[] = {"max", "sum", "none"};
};

enum class TransferStatus : std::uint8_t { kPending, kComplete };
template <>
struct WireNames<TransferStatus> {
  static constexpr std::string_view kNames[] = {"pending", "complete"};
};

enum class PaymentStatus : std::uint8_t { kPending, kApplied, kFailed, kReturned };
template <>
struct WireNames<PaymentStatus> {
  static constexpr std::string_view kNames[] = {"pending", "applied", "failed", "returned"};
};

enum class PaymentType : std::uint8_t { kAch, kWire, kCrypto, kDebit, kApm };
template <>
struct WireNames<PaymentType> {
  static constexpr std::string_view kNames[] = {"ach", "wire", "crypto", "debit", "apm"};
};

enum class SettlementStatusFilter : std::uint8_t { kUnsettled, kSettled, kAll };
template <>
struct WireNames<SettlementStatusFilter> {
  static constexpr std::string_view kNames[] = {"unsettled", "settled", "all"};
};

// Multivariate (combo) events: only them, or all but them.
enum class MveFilter : std::uint8_t { kOnly, kExclude };
template <>
struct WireNames<MveFilter> {
  static constexpr std::string_view kNames[] = {"only", "exclude"};
};

enum class IncentiveStatusFilter : std::uint8_t { kAll, kActive, kUpcoming, kClosed, kPaidOut };
template <>
struct WireNames<IncentiveStatusFilter> {
  static constexpr std::string_view kNames[] = {"all", "active", "upcoming", "closed", "paid_out"};
};

enum class IncentiveTypeFilter : std::uint8_t { kAll, kLiquidity, kVolume, kMarginMakerVolume };
template <>
struct WireNames<IncentiveTypeFilter> {
  static constexpr std::string_view kNames[] = {"all", "liquidity", "volume",
                                                "margin_maker_volume"};
};

}  // namespace evx::kalshi
