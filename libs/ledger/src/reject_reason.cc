#include "evx/ledger/reject_reason.h"

namespace evx::ledger {

std::string_view Name(RejectReason reason) {
  switch (reason) {
    case RejectReason::kMarketSettled:
      return "MarketSettled";
    case RejectReason::kAmountOutOfRange:
      return "AmountOutOfRange";
    case RejectReason::kAmountOffUnit:
      return "AmountOffUnit";
    case RejectReason::kDifferentAccounts:
      return "DifferentAccounts";
    case RejectReason::kFundsLimit:
      return "FundsLimit";
    case RejectReason::kRestingOrders:
      return "RestingOrders";
    case RejectReason::kSettlementValuesAboveOne:
      return "SettlementValuesAboveOne";
    case RejectReason::kPositionLimit:
      return "PositionLimit";
    case RejectReason::kInsufficientFunds:
      return "InsufficientFunds";
  }
  return "";
}

}  // namespace evx::ledger
