#include "mirrored_ring.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::journal {

absl::StatusOr<std::unique_ptr<MirroredRing>> MirroredRing::Make(std::size_t size) {
  EVX_CHECK(size > 0 && (size & (size - 1)) == 0);
  const auto failed = [&](int error) {
    return ResourceExhausted(
        absl::StrFormat("cannot map a journal buffer of %d bytes: %s", size, std::strerror(error)));
  };
  const int fd = memfd_create("evx-journal", MFD_CLOEXEC);
  if (fd < 0) return failed(errno);
  if (ftruncate(fd, static_cast<off_t>(size)) != 0) {
    const int error = errno;
    close(fd);
    return failed(error);
  }
  // Reserve both halves of the address range first, then put the same memory into each.
  void* const base = mmap(nullptr, 2 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED) {
    const int error = errno;
    close(fd);
    return failed(error);
  }
  char* const data = static_cast<char*>(base);
  for (char* half : {data, data + size}) {
    if (mmap(half, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) == MAP_FAILED) {
      const int error = errno;
      munmap(base, 2 * size);
      close(fd);
      return failed(error);
    }
  }
  close(fd);
  return std::unique_ptr<MirroredRing>(new MirroredRing(data, size));
}

MirroredRing::~MirroredRing() { munmap(data_, 2 * size_); }

}  // namespace evx::journal
