#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "evx/matching/order.h"
#include "virtual_array.h"

// The price levels of a book.
//
// A book is never crossed, so a tick holds bids or asks but not both, and one ladder serves both
// sides: what lies at or below the best bid is a bid, what lies at or above the best ask an ask.
// A ladder is a tree of fan-out 64 over the tick index: pages of 64 levels at the bottom, nodes
// with a bitmap of their occupied children above, the root inside the book. Pages and nodes exist
// only where orders rest. Up to 4,096 ticks a page hangs on the root; 1,000,000 ticks need two
// nodes between.

namespace evx::matching {

// The orders of one tick, linked by arrival. Valid while the tick is occupied.
struct PriceLevel {
  OrderSlot first;
  OrderSlot last;
  std::int64_t quantity;  // Hundredths of a contract, the sum of the orders.
  std::uint32_t order_count;
};

// Offset in cache lines from the start of the arena, so that an address is one addition.
using LadderRef = std::uint32_t;

struct LadderNode {
  std::uint64_t occupied;  // Bit i: children[i] holds orders.
  std::array<LadderRef, 64> children;
};

struct alignas(64) LevelPage {
  std::uint64_t occupied;  // Bit i: levels[i] holds orders.
  std::array<PriceLevel, 64> levels;
};

struct Ladder {
  std::uint32_t root_shift;  // tick >> root_shift is the child of the root: 6, 12 or 18.
  LadderNode root;
};

// Owner of the pages and nodes of all ladders of an engine.
class LadderPool {
 public:
  // Every order may need a page and its nodes of its own.
  explicit LadderPool(std::uint32_t order_count_max)
      : arena_(std::size_t{order_count_max} * (kPageLines + 2 * kNodeLines)) {}

  static void Init(Ladder& ladder, std::uint32_t tick_count) {
    ladder.root.occupied = 0;
    ladder.root_shift = tick_count <= 1U << 12 ? 6 : tick_count <= 1U << 18 ? 12 : 18;
  }

  // The page of an occupied tick.
  LevelPage& PageOf(const Ladder& ladder, Tick tick) const {
    LadderRef ref = ladder.root.children[tick >> ladder.root_shift];
    for (std::uint32_t shift = ladder.root_shift; shift > 6;) {
      shift -= 6;
      ref = NodeAt(ref).children[(tick >> shift) & 63];
    }
    return PageAt(ref);
  }
  PriceLevel& LevelOf(const Ladder& ladder, Tick tick) const {
    return PageOf(ladder, tick).levels[tick & 63];
  }
  // Nothing when the tick is not occupied.
  const PriceLevel* FindLevel(const Ladder& ladder, Tick tick) const;

  // The page of any tick, made if need be.
  LevelPage& MakePageOf(Ladder& ladder, Tick tick) {
    if (ladder.root_shift == 6 && (ladder.root.occupied >> (tick >> 6) & 1) != 0) {
      return PageAt(ladder.root.children[tick >> 6]);
    }
    return MakePath(ladder, tick);
  }

  // The page became empty with this tick: frees it and the nodes that hold nothing else.
  void RemovePageOf(Ladder& ladder, Tick tick);

  // Nearest occupied tick below or above; kNoTickBelow or kNoTickAbove if there is none.
  std::int32_t Below(const Ladder& ladder, Tick tick) const;
  std::int32_t Above(const Ladder& ladder, Tick tick) const;
  static constexpr std::int32_t kNoTickBelow = -1;
  static constexpr std::int32_t kNoTickAbove = std::int32_t{1} << 30;

  std::size_t memory_bytes() const { return line_count_ * sizeof(Line); }

 private:
  struct alignas(64) Line {
    std::array<std::uint8_t, 64> bytes;
  };
  static constexpr std::size_t kPageLines = sizeof(LevelPage) / sizeof(Line);
  static constexpr std::size_t kNodeLines = (sizeof(LadderNode) + sizeof(Line) - 1) / sizeof(Line);
  static constexpr LadderRef kNoRef = 0xffff'ffff;
  // Root, two inner nodes, page.
  static constexpr int kDepthMax = 4;

  LadderNode& NodeAt(LadderRef ref) const {
    return *reinterpret_cast<LadderNode*>(arena_.data() + ref);
  }
  LevelPage& PageAt(LadderRef ref) const {
    return *reinterpret_cast<LevelPage*>(arena_.data() + ref);
  }
  LevelPage& MakePath(Ladder& ladder, Tick tick);
  template <class Direction>
  std::int32_t Next(const Ladder& ladder, Tick tick) const;
  LadderRef Allocate(LadderRef& free_list, std::size_t lines);
  void Free(LadderRef& free_list, LadderRef ref);

  VirtualArray<Line> arena_;
  std::size_t line_count_ = 0;
  // Freed blocks, linked through their first word.
  LadderRef free_pages_ = kNoRef;
  LadderRef free_nodes_ = kNoRef;
};

}  // namespace evx::matching
