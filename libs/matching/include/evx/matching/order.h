#pragma once

#include <cstdint>

#include "evx/core/ids.h"
#include "evx/core/money.h"

// What an order is to the matching engine. Prices are tick indexes: the caller maps its price grid
// to 0 .. tick_count - 1, ascending with the YES price.

namespace evx::matching {

// Dense index of a book in its engine, 0 .. book_count - 1.
using BookIndex = Id<struct BookIndexTag, std::uint32_t>;
// Who owns an order, for self-trade prevention. 0 is nobody: such orders never meet themselves.
using OwnerId = Id<struct OwnerIdTag, std::uint32_t>;
using Tick = std::uint32_t;
// Place of a live order in the engine, stable until the order leaves the book and reused after
// that: callers keep their own per-order data in an array with this index.
using OrderSlot = std::uint32_t;
inline constexpr OrderSlot kNoSlot = 0xffff'ffff;

inline constexpr std::uint32_t kTickCountMin = 2;
inline constexpr std::uint32_t kTickCountMax = 1'000'000;

enum class TimeInForce : std::uint8_t { kGoodTillCanceled, kImmediateOrCancel, kFillOrKill };

// What happens when an order would trade with another order of its owner. The incoming order's
// choice governs.
enum class SelfTradePrevention : std::uint8_t {
  kTakerAtCross,  // The incoming order is canceled at that point; its earlier fills stand.
  kMaker,         // The resting order is canceled and matching goes on.
};

}  // namespace evx::matching
