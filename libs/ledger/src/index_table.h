#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace evx::ledger {

// A pair of 32-bit ids to a nonzero index. Open addressing with linear probing and backward-shift
// deletion: rows come and go with every order, and a table without tombstones never needs the
// cleaning pauses of a general hash map. Grows by doubling at three quarters; never shrinks.
class IndexTable {
 public:
  IndexTable();

  static constexpr std::uint64_t Key(std::uint32_t first, std::uint32_t second) {
    return (std::uint64_t{first} << 32) | second;
  }

  // 0 where there is none.
  std::uint32_t Find(std::uint64_t key) const {
    for (std::size_t i = Home(key);; i = (i + 1) & mask_) {
      if (slots_[i].index == 0) return 0;
      if (slots_[i].key == key) return slots_[i].index;
    }
  }
  // The key must be absent, the index above 0.
  void Insert(std::uint64_t key, std::uint32_t index);
  // The key must be present.
  void Erase(std::uint64_t key);

  // Grows to hold `count` keys without growing again.
  void Reserve(std::size_t count);
  void Prefetch(std::uint64_t key) const { __builtin_prefetch(&slots_[Home(key)]); }

  std::size_t size() const { return size_; }
  std::size_t memory_bytes() const { return slots_.capacity() * sizeof(Slot); }

 private:
  struct Slot {
    std::uint64_t key = 0;
    std::uint32_t index = 0;  // 0: free.
  };

  std::size_t Home(std::uint64_t key) const {
    key ^= key >> 29;
    key *= 0x9e37'79b9'7f4a'7c15;
    return static_cast<std::size_t>(key >> shift_);
  }
  // Whether `count` keys leave a quarter of the slots free.
  bool Fits(std::size_t count) const { return count * 4 <= slots_.size() * 3; }
  void Grow();

  std::vector<Slot> slots_;
  std::size_t mask_ = 0;
  int shift_ = 0;
  std::size_t size_ = 0;
};

}  // namespace evx::ledger
