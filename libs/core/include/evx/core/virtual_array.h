#pragma once

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "evx/core/check.h"

namespace evx {

enum class PageSize : std::uint8_t { kSmall, kHuge };
// What a forked child sees of the memory. kDropped: nothing, it is not mapped there; in exchange
// the parent's writes copy no pages while the child lives.
enum class OnFork : std::uint8_t { kCopied, kDropped };

namespace virtual_array_internal {
// Zeroed private memory that is backed on first touch; aborts when address space has run out.
void* Map(std::size_t bytes, PageSize page_size, OnFork on_fork);
void Unmap(void* address, std::size_t bytes);
}  // namespace virtual_array_internal

// A fixed range of zeroed elements that costs memory only where it was touched: address space is
// reserved once and the kernel adds pages on first use, so growth never copies and element
// addresses never change. kHuge asks for 2 MiB pages, which makes random access and fork() cheap.
// Not thread-safe.
template <class T>
class VirtualArray {
  static_assert(std::is_trivially_copyable_v<T> && std::is_trivially_destructible_v<T>);

 public:
  VirtualArray() = default;
  explicit VirtualArray(std::size_t count, PageSize page_size = PageSize::kHuge,
                        OnFork on_fork = OnFork::kCopied)
      : count_(count),
        data_(static_cast<T*>(virtual_array_internal::Map(count * sizeof(T), page_size, on_fork))) {
  }
  VirtualArray(VirtualArray&& other) noexcept { Swap(other); }
  VirtualArray& operator=(VirtualArray&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~VirtualArray() {
    if (data_ != nullptr) virtual_array_internal::Unmap(data_, count_ * sizeof(T));
  }

  T* data() const { return data_; }
  std::size_t count() const { return count_; }
  // index < count(); not checked.
  T& operator[](std::size_t index) const { return data_[index]; }

 private:
  void Swap(VirtualArray& other) noexcept {
    std::swap(count_, other.count_);
    std::swap(data_, other.data_);
  }

  std::size_t count_ = 0;
  T* data_ = nullptr;
};

}  // namespace evx
