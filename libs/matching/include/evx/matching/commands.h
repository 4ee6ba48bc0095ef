#pragma once

#include <cstdint>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"
#include "evx/matching/order.h"

namespace evx::matching {

// Largest quantity of one order: a billion contracts. The sum over as many orders as an engine can
// hold fits 64 bits.
inline constexpr Quantity kQuantityMax = Quantity::FromContracts(1'000'000'000);

struct CreateOrder {
  OrderId order_id;  // Unique among live orders; chosen by the caller.
  BookIndex book;
  OwnerId owner;  // 0: no self-trade prevention.
  BookSide side = BookSide::kBid;
  TimeInForce time_in_force = TimeInForce::kGoodTillCanceled;
  SelfTradePrevention self_trade_prevention = SelfTradePrevention::kTakerAtCross;
  bool post_only = false;
  // Immediate or cancel only. The quantity is capped at `reducible`, what the owner's position
  // allows; a cap of 0 is kNothingToReduce.
  bool reduce_only = false;
  Tick tick = 0;
  Quantity quantity;
  Quantity reducible;
  Timestamp expiration;  // Good till canceled only; 0: none.
};

struct CancelOrder {
  OrderId order_id;
};

// Keeps the place in the queue.
struct DecreaseOrder {
  OrderId order_id;
  Quantity remaining;  // The new resting quantity, below the present one and above 0.
};

// New price and/or resting quantity and/or expiration. The order keeps its place when the tick is
// the same and the quantity does not grow; otherwise it goes to the back of its (new) level, and it
// may trade at once. Source: the venue's amend rule.
struct AmendOrder {
  OrderId order_id;
  Tick tick = 0;
  Quantity remaining;    // The new resting quantity before any trade, above 0.
  Timestamp expiration;  // 0: none.
};

}  // namespace evx::matching
