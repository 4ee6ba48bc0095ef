#pragma once

#include <cstdint>

#include "evx/core/bytes.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"

namespace evx::ledger {

// Dense index of a position row; stable while the row exists. A row exists while an order rests on
// it or it has something to remember, so an order's row outlives the order.
using PositionIndex = Id<struct PositionIndexTag, std::uint32_t>;

enum class Liquidity : std::uint8_t { kTaker, kMaker };

// What the ledger must know about one live order. The caller keeps it inside its own order record
// and hands it back with every operation on that order; only the ledger writes it. 64 bytes.
struct OrderReserve {
  PositionIndex position;  // 0 once nothing is open.
  std::uint32_t limit_micros : 24 = 0;
  BookSide side : 8 = BookSide::kBid;
  Quantity open;     // Still reserved: the order's remaining quantity.
  Money fee_hold;    // Reserved for the fees of `open`.
  Money rounding;    // The venue's per-order accumulator of rounding fees.
  Money taker_fees;  // Charged so far, by role.
  Money maker_fees;
  Money taker_cost;  // Sum of YES price * quantity of its fills so far, by role.
  Money maker_cost;

  Price limit() const { return Price::FromMicros(limit_micros); }
  friend constexpr bool operator==(const OrderReserve&, const OrderReserve&) = default;
};
static_assert(sizeof(OrderReserve) == 64);

// 65 bytes, for the caller's snapshot.
void Save(const OrderReserve& order, ByteWriter& writer);
OrderReserve LoadOrderReserve(ByteReader& reader);

}  // namespace evx::ledger
