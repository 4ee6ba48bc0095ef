#include "evx/matching/reject_reason.h"

#include "evx/core/check.h"

namespace evx::matching {

std::string_view Name(RejectReason reason) {
  switch (reason) {
    case RejectReason::kUnknownBook:
      return "UnknownBook";
    case RejectReason::kTickOutOfRange:
      return "TickOutOfRange";
    case RejectReason::kQuantityOutOfRange:
      return "QuantityOutOfRange";
    case RejectReason::kDuplicateOrderId:
      return "DuplicateOrderId";
    case RejectReason::kUnknownOrder:
      return "UnknownOrder";
    case RejectReason::kExpirationNotAllowed:
      return "ExpirationNotAllowed";
    case RejectReason::kPostOnlyNotAllowed:
      return "PostOnlyNotAllowed";
    case RejectReason::kReduceOnlyNotImmediate:
      return "ReduceOnlyNotImmediate";
    case RejectReason::kNothingToReduce:
      return "NothingToReduce";
    case RejectReason::kPostOnlyWouldCross:
      return "PostOnlyWouldCross";
    case RejectReason::kFillOrKillInsufficientVolume:
      return "FillOrKillInsufficientVolume";
    case RejectReason::kSelfCross:
      return "SelfCross";
    case RejectReason::kOrderCountAtMax:
      return "OrderCountAtMax";
  }
  EVX_CHECK(false);
}

}  // namespace evx::matching
