#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/matching/order.h"
#include "evx/matching/reject_reason.h"

namespace evx::matching {

// One thing that happened to a resting order while an incoming order matched, in order of time.
struct MatchStep {
  enum class Kind : std::uint8_t {
    kFill,           // `quantity` traded at `tick`, the resting order's price.
    kMakerCanceled,  // Self-trade prevention took the resting order away; `quantity` was left.
  };
  OrderId maker_order_id;
  OwnerId maker_owner;
  OrderSlot maker_slot = kNoSlot;
  Tick tick = 0;
  Quantity quantity;
  Quantity maker_remaining;  // 0: the resting order left the book; its slot is free after the call.
  Kind kind = Kind::kFill;
};

// What became of the incoming (or amended) order once matching stopped.
enum class OrderOutcome : std::uint8_t {
  kResting,  // The remainder rests at `slot`.
  kFilled,
  kCanceled,           // Immediate or cancel: the remainder is gone.
  kSelfTradeCanceled,  // Self-trade prevention stopped it; the remainder is gone.
  kRejected,           // `reject` says why; nothing changed.
};

// The result of CreateOrder and AmendOrder. `steps` is valid until the next call of the engine.
struct Execution {
  OrderOutcome outcome = OrderOutcome::kRejected;
  std::optional<RejectReason> reject;
  // Where the remainder rests. An amended order keeps its slot, and has it here also when it left
  // the book; it is free after the call then.
  OrderSlot slot = kNoSlot;
  Quantity filled;             // By this command.
  Quantity remaining;          // Resting, or canceled.
  bool kept_priority = false;  // AmendOrder: the place in the queue did not change.
  std::span<const MatchStep> steps;
};

// The result of CancelOrder and DecreaseOrder, and one expired order.
struct Reduction {
  std::optional<RejectReason> reject;
  OrderId order_id;
  OrderSlot slot = kNoSlot;  // Free after the call when remaining is 0.
  Quantity reduced_by;
  Quantity remaining;
};

}  // namespace evx::matching
