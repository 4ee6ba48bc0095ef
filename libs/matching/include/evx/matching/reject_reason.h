#pragma once

#include <cstdint>
#include <string_view>

namespace evx::matching {

// Why the engine refused a command. Listed in order of precedence: when several apply, the first
// is reported. A refused command changes nothing.
enum class RejectReason : std::uint8_t {
  kUnknownBook,
  kTickOutOfRange,
  kQuantityOutOfRange,    // Not positive, or above kQuantityMax.
  kDuplicateOrderId,      // A live order has this id.
  kUnknownOrder,          // No live order has this id.
  kExpirationNotAllowed,  // An expiration with immediate or cancel, or fill or kill.
  kPostOnlyNotAllowed,    // Post only with immediate or cancel, or fill or kill.
  kReduceOnlyNotImmediate,
  kNothingToReduce,
  kPostOnlyWouldCross,
  kFillOrKillInsufficientVolume,
  kSelfCross,        // An amended order would trade with another order of its owner.
  kOrderCountAtMax,  // The engine holds as many orders as it was told to.
};

// The enumerator without its k, for messages and logs.
std::string_view Name(RejectReason reason);

}  // namespace evx::matching
