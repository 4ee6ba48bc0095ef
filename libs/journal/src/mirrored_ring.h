#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"

namespace evx::journal {

// A ring of memory that is mapped twice in a row, so that any run of up to size() bytes is
// contiguous. Positions are byte counts since the start; the ring knows nothing of who writes.
class MirroredRing {
 public:
  // `size`: a power of two and a multiple of the page size.
  static absl::StatusOr<std::unique_ptr<MirroredRing>> Make(std::size_t size);
  ~MirroredRing();
  MirroredRing(const MirroredRing&) = delete;
  MirroredRing& operator=(const MirroredRing&) = delete;

  std::size_t size() const { return size_; }
  char* At(std::uint64_t position) { return data_ + (position & (size_ - 1)); }

 private:
  MirroredRing(char* data, std::size_t size) : data_(data), size_(size) {}

  char* const data_;
  const std::size_t size_;
};

}  // namespace evx::journal
