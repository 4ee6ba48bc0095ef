#include "price_ladder.h"

#include <cstring>

#include "evx/core/check.h"

namespace evx::matching {

LadderRef LadderPool::Allocate(LadderRef& free_list, std::size_t lines) {
  if (free_list != kNoRef) {
    const LadderRef ref = free_list;
    std::memcpy(&free_list, arena_.data() + ref, sizeof(free_list));
    return ref;
  }
  EVX_CHECK(line_count_ + lines <= arena_.count());
  const auto ref = static_cast<LadderRef>(line_count_);
  line_count_ += lines;
  return ref;
}

void LadderPool::Free(LadderRef& free_list, LadderRef ref) {
  std::memcpy(arena_.data() + ref, &free_list, sizeof(free_list));
  free_list = ref;
}

LadderRef LadderPool::MakePath(Ladder& ladder, Tick tick) {
  LadderNode* node = &ladder.root;
  for (std::uint32_t shift = ladder.root_shift;; shift -= kNodeBits) {
    const std::uint32_t child = IndexInNode(tick, shift);
    const bool is_page = shift == kPageBits;
    if ((node->occupied >> child & 1) == 0) {
      const LadderRef ref =
          is_page ? Allocate(free_pages_, kPageLines) : Allocate(free_nodes_, kNodeLines);
      if (is_page) {
        LevelPage& page = PageAt(ref);
        page.occupied = 0;
        page.parent = node;
        page.book = ladder.book;
      } else {
        NodeAt(ref).occupied = 0;
        NodeAt(ref).parent = node;
      }
      node->children[child] = ref;
      node->occupied |= std::uint64_t{1} << child;
    }
    if (is_page) return node->children[child];
    node = &NodeAt(node->children[child]);
  }
}

void LadderPool::RemovePage(LevelPlace place) {
  const auto tick = static_cast<Tick>(place.tick);
  LadderNode* node = PageAt(place.page).parent;
  Free(free_pages_, place.page);
  for (std::uint32_t shift = kPageBits;; shift += kNodeBits) {
    node->occupied &= ~(std::uint64_t{1} << (IndexInNode(tick, shift)));
    LadderNode* const parent = node->parent;
    if (node->occupied != 0 || parent == nullptr) return;
    Free(free_nodes_, parent->children[IndexInNode(tick, shift + kNodeBits)]);
    node = parent;
  }
}

const PriceLevel* LadderPool::FindLevel(const Ladder& ladder, Tick tick) const {
  const LadderNode* node = &ladder.root;
  for (std::uint32_t shift = ladder.root_shift;; shift -= kNodeBits) {
    const std::uint32_t child = IndexInNode(tick, shift);
    if ((node->occupied >> child & 1) == 0) return nullptr;
    if (shift == kPageBits) {
      const LevelPage& page = PageAt(node->children[child]);
      return (page.occupied >> IndexInPage(tick) & 1) != 0 ? &page.levels[IndexInPage(tick)]
                                                           : nullptr;
    }
    node = &NodeAt(node->children[child]);
  }
}

// The two directions of a search for the next occupied tick.
struct Downward {
  static constexpr LevelPlace kNone = kNoLevelBelow;
  static std::uint64_t BitsBeyond(std::uint64_t occupied, std::uint32_t index) {
    return occupied & ((std::uint64_t{1} << index) - 1);
  }
  static std::uint32_t Nearest(std::uint64_t bits) {
    return static_cast<std::uint32_t>(63 - std::countl_zero(bits));
  }
};
struct Upward {
  static constexpr LevelPlace kNone = kNoLevelAbove;
  static std::uint64_t BitsBeyond(std::uint64_t occupied, std::uint32_t index) {
    return index == 63 ? 0 : occupied & (~std::uint64_t{0} << (index + 1));
  }
  static std::uint32_t Nearest(std::uint64_t bits) {
    return static_cast<std::uint32_t>(std::countr_zero(bits));
  }
};

template <class Direction>
LevelPlace LadderPool::Next(LevelPlace place) const {
  const auto tick = static_cast<Tick>(place.tick);
  const LevelPage& page = PageAt(place.page);
  if (const std::uint64_t bits = Direction::BitsBeyond(page.occupied, IndexInPage(tick));
      bits != 0) {
    return {static_cast<std::int32_t>((tick - IndexInPage(tick)) | Direction::Nearest(bits)),
            place.page};
  }
  // Up to the first node that has something beyond the tick, then down to the nearest of it.
  const LadderNode* node = page.parent;
  std::uint32_t shift = kPageBits;
  std::uint64_t bits = 0;
  while ((bits = Direction::BitsBeyond(node->occupied, IndexInNode(tick, shift))) == 0) {
    node = node->parent;
    shift += kNodeBits;
    if (node == nullptr) return Direction::kNone;
  }
  std::uint32_t child = Direction::Nearest(bits);
  Tick prefix = ((tick >> shift) - IndexInNode(tick, shift)) | child;
  for (; shift > kPageBits; shift -= kNodeBits) {
    node = &NodeAt(node->children[child]);
    child = Direction::Nearest(node->occupied);
    prefix = prefix << kNodeBits | child;
  }
  const LadderRef ref = node->children[child];
  const std::uint32_t nearest = Direction::Nearest(PageAt(ref).occupied);
  return {static_cast<std::int32_t>(prefix << kPageBits | nearest), ref};
}

LevelPlace LadderPool::Below(LevelPlace place) const { return Next<Downward>(place); }

LevelPlace LadderPool::Above(LevelPlace place) const { return Next<Upward>(place); }

}  // namespace evx::matching
