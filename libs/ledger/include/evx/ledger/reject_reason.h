#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace evx::ledger {

// Why the ledger refused an operation. Listed in order of precedence: when several apply, the first
// is reported. A refused operation changes nothing. Only kInsufficientFunds can pass when it is
// tried again later unchanged (after a deposit or a fill); kPositionLimit after orders are
// canceled.
enum class RejectReason : std::uint8_t {
  kMarketSettled,             // The market was paid out; nothing can be traded or reversed in it.
  kAmountOutOfRange,          // Not positive, or above the limit of one operation.
  kAmountOffUnit,             // Not a multiple of the account's balance unit.
  kDifferentAccounts,         // A transfer stays inside one account.
  kFundsLimit,                // All deposits together would pass kExternalFundsMax.
  kRestingOrders,             // A market is settled only after its orders were canceled.
  kSettlementValuesAboveOne,  // Exclusive markets of one event pay at most $1 together.
  kPositionLimit,             // Position and resting orders would pass kPositionQuantityMax.
  kInsufficientFunds,         // The subaccount's available funds would fall below zero.
};

// Nothing: done. A reason: refused, and nothing changed.
using Refusal = std::optional<RejectReason>;

// The enumerator without its k, for messages and logs.
std::string_view Name(RejectReason reason);

}  // namespace evx::ledger
