#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "evx/core/check.h"
#include "evx/core/virtual_array.h"
#include "evx/venue/types.h"

namespace evx::venue {

// Client order ids of resting orders. Most are empty, short or a UUID in text form, so that three
// sizes of entry hold them in a third of the memory that the longest would take. An entry is a
// length byte and the text; a free entry holds the next free one.
class TextPool {
 public:
  // 0: the empty text. Else the class in the upper two bits and the index below.
  using Handle = std::uint32_t;

  explicit TextPool(std::uint32_t count_max) {
    EVX_CHECK(count_max <= kIndexMask);
    for (std::size_t i = 0; i < kEntrySizes.size(); ++i) {
      classes_[i].bytes = VirtualArray<char>(kEntrySizes[i] * (std::size_t{count_max} + 1));
    }
  }

  Handle Add(std::string_view text) {
    if (text.empty()) return 0;
    std::size_t c = 0;
    while (text.size() >= kEntrySizes[c]) ++c;
    Class& pool = classes_[c];
    std::uint32_t index = pool.free;
    char* entry = nullptr;
    if (index != kNone) {
      entry = Entry(c, index);
      std::memcpy(&pool.free, entry, sizeof pool.free);
    } else {
      index = pool.used++;
      entry = Entry(c, index);
    }
    entry[0] = static_cast<char>(text.size());
    std::memcpy(entry + 1, text.data(), text.size());
    return static_cast<Handle>((c + 1) << kIndexBits) | index;
  }

  // Valid until the text is removed.
  std::string_view Get(Handle handle) const {
    if (handle == 0) return {};
    const char* const entry = Entry((handle >> kIndexBits) - 1, handle & kIndexMask);
    return {entry + 1, static_cast<unsigned char>(entry[0])};
  }

  void Prefetch(Handle handle) const {
    if (handle == 0) return;
    const char* const entry = Entry((handle >> kIndexBits) - 1, handle & kIndexMask);
    __builtin_prefetch(entry, 1);
    __builtin_prefetch(entry + kEntrySizes[1] - 1);
  }

  void Remove(Handle handle) {
    if (handle == 0) return;
    const std::size_t c = (handle >> kIndexBits) - 1;
    const std::uint32_t index = handle & kIndexMask;
    std::memcpy(Entry(c, index), &classes_[c].free, sizeof classes_[c].free);
    classes_[c].free = index;
  }

  std::size_t memory_bytes() const {
    std::size_t bytes = 0;
    for (std::size_t c = 0; c < kEntrySizes.size(); ++c) bytes += classes_[c].used * kEntrySizes[c];
    return bytes;
  }

 private:
  static constexpr std::array<std::size_t, 3> kEntrySizes = {16, 40, 72};
  static_assert(ClientOrderId::kMaxSize < kEntrySizes.back());
  static constexpr int kIndexBits = 30;
  static constexpr std::uint32_t kIndexMask = (1U << kIndexBits) - 1;
  static constexpr std::uint32_t kNone = 0xffff'ffff;

  struct Class {
    VirtualArray<char> bytes;
    std::uint32_t used = 0;
    std::uint32_t free = kNone;
  };
  char* Entry(std::size_t c, std::uint32_t index) const {
    return classes_[c].bytes.data() + kEntrySizes[c] * index;
  }

  std::array<Class, kEntrySizes.size()> classes_;
};

}  // namespace evx::venue
