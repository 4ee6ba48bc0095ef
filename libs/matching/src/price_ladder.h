#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>

#include "evx/core/virtual_array.h"
#include "evx/matching/order.h"

// The price levels of a book.
//
// A book is never crossed, so a tick holds bids or asks but not both, and one ladder serves both
// sides: what lies at or below the best bid is a bid, what lies at or above the best ask an ask.
// A ladder is a tree over the tick index: pages of eight levels at the bottom, nodes with 64
// children and a bitmap of the occupied ones above, the root inside the book. Pages and nodes exist
// only where orders rest. Up to 512 ticks a page hangs on the root; 1,000,000 ticks need two nodes
// between.

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

inline constexpr std::uint32_t kPageBits = 3;
inline constexpr std::uint32_t kPageTickCount = 1U << kPageBits;
inline constexpr std::uint32_t kNodeBits = 6;
inline constexpr std::uint32_t kNodeChildCount = 1U << kNodeBits;
constexpr std::uint32_t IndexInPage(Tick tick) { return tick & (kPageTickCount - 1); }
constexpr std::uint32_t IndexInNode(Tick tick, std::uint32_t shift) {
  return (tick >> shift) & (kNodeChildCount - 1);
}

struct LadderNode {
  std::uint64_t occupied;  // Bit i: children[i] holds orders.
  LadderNode* parent;      // Null for the root.
  std::array<LadderRef, kNodeChildCount> children;
};

struct alignas(64) LevelPage {
  std::uint64_t occupied;  // Bit i: levels[i] holds orders.
  LadderNode* parent;
  std::uint32_t book;  // Whose page it is.
  std::array<PriceLevel, kPageTickCount> levels;
};

struct Ladder {
  std::uint32_t root_shift;  // tick >> root_shift is the child of the root.
  std::uint32_t book;
  LadderNode root;
};

// An occupied tick with its page, or one of the two ends.
struct LevelPlace {
  std::int32_t tick;
  LadderRef page;
};
inline constexpr LevelPlace kNoLevelBelow = {-1, 0};
inline constexpr LevelPlace kNoLevelAbove = {std::int32_t{1} << 30, 0};
constexpr bool IsLevel(LevelPlace place) {
  return place.tick != kNoLevelBelow.tick && place.tick != kNoLevelAbove.tick;
}

// Owner of the pages and nodes of all ladders of an engine.
class LadderPool {
 public:
  // Every order may need a page and its nodes of its own.
  LadderPool(std::uint32_t order_count_max, PageSize page_size)
      : arena_(std::size_t{order_count_max} * (kPageLines + 2 * kNodeLines), page_size) {}

  static void Init(Ladder& ladder, std::uint32_t book, std::uint32_t tick_count) {
    ladder.book = book;
    ladder.root.occupied = 0;
    ladder.root.parent = nullptr;
    ladder.root_shift = kPageBits;
    while ((tick_count - 1) >> ladder.root_shift >= kNodeChildCount) ladder.root_shift += kNodeBits;
  }

  LevelPage& PageAt(LadderRef ref) const {
    return *reinterpret_cast<LevelPage*>(arena_.data() + ref);
  }

  PriceLevel& LevelAt(LevelPlace place) const {
    return PageAt(place.page).levels[IndexInPage(static_cast<Tick>(place.tick))];
  }
  // Null when the tick is not occupied.
  const PriceLevel* FindLevel(const Ladder& ladder, Tick tick) const;

  // The page of any tick, made if need be.
  [[gnu::always_inline]] LadderRef MakePageOf(Ladder& ladder, Tick tick) {
    const LadderNode* node = &ladder.root;
    for (std::uint32_t shift = ladder.root_shift;; shift -= kNodeBits) {
      const std::uint32_t child = IndexInNode(tick, shift);
      if ((node->occupied >> child & 1) == 0) [[unlikely]]
        return MakePath(ladder, tick);
      if (shift == kPageBits) return node->children[child];
      node = &NodeAt(node->children[child]);
    }
  }

  // The page of `place` became empty: frees it and the nodes that hold nothing else.
  void RemovePage(LevelPlace place);

  // The nearest occupied tick below or above; `place` itself may have become empty.
  LevelPlace Below(LevelPlace place) const;
  LevelPlace Above(LevelPlace place) const;

  std::size_t memory_bytes() const { return line_count_ * sizeof(Line); }

 private:
  struct alignas(64) Line {
    std::array<std::uint8_t, 64> bytes;
  };
  static constexpr std::size_t kPageLines = sizeof(LevelPage) / sizeof(Line);
  static constexpr std::size_t kNodeLines = (sizeof(LadderNode) + sizeof(Line) - 1) / sizeof(Line);
  static constexpr LadderRef kNoRef = 0xffff'ffff;

  LadderNode& NodeAt(LadderRef ref) const {
    return *reinterpret_cast<LadderNode*>(arena_.data() + ref);
  }
  LadderRef MakePath(Ladder& ladder, Tick tick);
  template <class Direction>
  LevelPlace Next(LevelPlace place) const;
  LadderRef Allocate(LadderRef& free_list, std::size_t lines);
  void Free(LadderRef& free_list, LadderRef ref);

  VirtualArray<Line> arena_;
  std::size_t line_count_ = 0;
  // Freed blocks, linked through their first word.
  LadderRef free_pages_ = kNoRef;
  LadderRef free_nodes_ = kNoRef;
};

}  // namespace evx::matching
