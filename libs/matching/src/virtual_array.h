#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <type_traits>
#include <utility>

#include "evx/core/check.h"

namespace evx::matching {

enum class PageSize : std::uint8_t { kSmall, kHuge };

// A fixed range of zeroed elements that costs memory only where it was touched: address space is
// reserved once and the kernel adds pages on first use, so growth never copies and element
// addresses never change. kHuge asks for 2 MiB pages, which makes random access and fork() cheap.
template <class T>
class VirtualArray {
  static_assert(std::is_trivially_copyable_v<T>);

 public:
  VirtualArray() = default;
  VirtualArray(std::size_t count, PageSize page_size)
      : count_(count), bytes_(RoundUpToPage(count * sizeof(T))) {
    void* address = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    EVX_CHECK(address != MAP_FAILED);
    // A hint: without huge pages everything works, slower.
    if (page_size == PageSize::kHuge) (void)madvise(address, bytes_, MADV_HUGEPAGE);
    data_ = static_cast<T*>(address);
  }
  VirtualArray(VirtualArray&& other) noexcept { Swap(other); }
  VirtualArray& operator=(VirtualArray&& other) noexcept {
    Swap(other);
    return *this;
  }
  ~VirtualArray() {
    if (data_ != nullptr) munmap(data_, bytes_);
  }

  T* data() const { return data_; }
  std::size_t count() const { return count_; }
  T& operator[](std::size_t index) const { return data_[index]; }

 private:
  static constexpr std::size_t kPageBytes = 4096;
  static std::size_t RoundUpToPage(std::size_t bytes) {
    return (bytes + kPageBytes - 1) / kPageBytes * kPageBytes;
  }
  void Swap(VirtualArray& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(count_, other.count_);
    std::swap(bytes_, other.bytes_);
  }

  T* data_ = nullptr;
  std::size_t count_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace evx::matching
