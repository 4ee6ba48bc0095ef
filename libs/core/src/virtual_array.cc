#include "evx/core/virtual_array.h"

#include <sys/mman.h>

namespace evx::virtual_array_internal {

void* Map(std::size_t bytes, PageSize page_size, OnFork on_fork) {
  EVX_CHECK(bytes > 0);
  void* const address = mmap(nullptr, bytes, PROT_READ | PROT_WRITE,
                             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  EVX_CHECK(address != MAP_FAILED);
  // A hint: without huge pages everything works, slower.
  if (page_size == PageSize::kHuge) static_cast<void>(madvise(address, bytes, MADV_HUGEPAGE));
  if (on_fork == OnFork::kDropped) EVX_CHECK(madvise(address, bytes, MADV_DONTFORK) == 0);
  return address;
}

void Unmap(void* address, std::size_t bytes) { munmap(address, bytes); }

}  // namespace evx::virtual_array_internal
