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

LevelPage& LadderPool::MakePath(Ladder& ladder, Tick tick) {
  LadderNode* node = &ladder.root;
  for (std::uint32_t shift = ladder.root_shift;; shift -= 6) {
    const std::uint32_t child = (tick >> shift) & 63;
    const bool is_page = shift == 6;
    if ((node->occupied >> child & 1) == 0) {
      const LadderRef ref =
          is_page ? Allocate(free_pages_, kPageLines) : Allocate(free_nodes_, kNodeLines);
      (is_page ? PageAt(ref).occupied : NodeAt(ref).occupied) = 0;
      node->children[child] = ref;
      node->occupied |= std::uint64_t{1} << child;
    }
    if (is_page) return PageAt(node->children[child]);
    node = &NodeAt(node->children[child]);
  }
}

void LadderPool::RemovePageOf(Ladder& ladder, Tick tick) {
  std::array<LadderNode*, kDepthMax> path;
  int depth = 0;
  path[0] = &ladder.root;
  for (std::uint32_t shift = ladder.root_shift; shift > 6; shift -= 6) {
    path[depth + 1] = &NodeAt(path[depth]->children[(tick >> shift) & 63]);
    ++depth;
  }
  LadderRef* free_list = &free_pages_;
  for (std::uint32_t shift = 6; depth >= 0; --depth, shift += 6) {
    const std::uint32_t child = (tick >> shift) & 63;
    Free(*free_list, path[depth]->children[child]);
    path[depth]->occupied &= ~(std::uint64_t{1} << child);
    if (path[depth]->occupied != 0) return;
    free_list = &free_nodes_;
  }
}

const PriceLevel* LadderPool::FindLevel(const Ladder& ladder, Tick tick) const {
  const LadderNode* node = &ladder.root;
  for (std::uint32_t shift = ladder.root_shift;; shift -= 6) {
    const std::uint32_t child = (tick >> shift) & 63;
    if ((node->occupied >> child & 1) == 0) return nullptr;
    if (shift == 6) {
      const LevelPage& page = PageAt(node->children[child]);
      return (page.occupied >> (tick & 63) & 1) != 0 ? &page.levels[tick & 63] : nullptr;
    }
    node = &NodeAt(node->children[child]);
  }
}

// The two directions of a search for the next occupied tick.
struct Downward {
  static constexpr std::int32_t kNone = LadderPool::kNoTickBelow;
  static std::uint64_t BitsBeyond(std::uint64_t occupied, std::uint32_t index) {
    return occupied & ((std::uint64_t{1} << index) - 1);
  }
  static std::uint32_t Nearest(std::uint64_t bits) {
    return static_cast<std::uint32_t>(63 - std::countl_zero(bits));
  }
};
struct Upward {
  static constexpr std::int32_t kNone = LadderPool::kNoTickAbove;
  static std::uint64_t BitsBeyond(std::uint64_t occupied, std::uint32_t index) {
    return index == 63 ? 0 : occupied & (~std::uint64_t{0} << (index + 1));
  }
  static std::uint32_t Nearest(std::uint64_t bits) {
    return static_cast<std::uint32_t>(std::countr_zero(bits));
  }
};

template <class Direction>
std::int32_t LadderPool::Next(const Ladder& ladder, Tick tick) const {
  // Down along the tick, remembering the deepest node that has something beyond it.
  const LadderNode* found = nullptr;
  std::uint32_t found_shift = 0;
  const LadderNode* node = &ladder.root;
  for (std::uint32_t shift = ladder.root_shift;; shift -= 6) {
    const std::uint32_t child = (tick >> shift) & 63;
    if (Direction::BitsBeyond(node->occupied, child) != 0) {
      found = node;
      found_shift = shift;
    }
    if ((node->occupied >> child & 1) == 0) break;
    if (shift == 6) {
      const LevelPage& page = PageAt(node->children[child]);
      const std::uint64_t bits = Direction::BitsBeyond(page.occupied, tick & 63);
      if (bits != 0) return static_cast<std::int32_t>((tick & ~63U) | Direction::Nearest(bits));
      break;
    }
    node = &NodeAt(node->children[child]);
  }
  if (found == nullptr) return Direction::kNone;
  // Then down along the nearest children of that node.
  const std::uint32_t start = (tick >> found_shift) & 63;
  std::uint32_t child = Direction::Nearest(Direction::BitsBeyond(found->occupied, start));
  Tick prefix = ((tick >> found_shift) & ~63U) | child;
  for (; found_shift > 6; found_shift -= 6) {
    found = &NodeAt(found->children[child]);
    child = Direction::Nearest(found->occupied);
    prefix = prefix << 6 | child;
  }
  const LevelPage& page = PageAt(found->children[child]);
  return static_cast<std::int32_t>(prefix << 6 | Direction::Nearest(page.occupied));
}

std::int32_t LadderPool::Below(const Ladder& ladder, Tick tick) const {
  return Next<Downward>(ladder, tick);
}

std::int32_t LadderPool::Above(const Ladder& ladder, Tick tick) const {
  return Next<Upward>(ladder, tick);
}

}  // namespace evx::matching
