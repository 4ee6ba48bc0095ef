// A bad disk for a process that preloads this library:
//   EVX_DISK_DELAY_US    every durable write takes this much longer, below a second
//   EVX_DISK_FULL_FILE   while this file exists no space can be allocated ahead
//   EVX_DISK_FULL_WRITES_FILE   while this file exists nothing can be written to a file

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <ctime>

namespace {

template <class Function>
Function* Next(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

void Delay() {
  static const char* const text = std::getenv("EVX_DISK_DELAY_US");
  if (text == nullptr) return;
  const timespec delay{0, std::strtol(text, nullptr, 10) * 1'000};
  nanosleep(&delay, nullptr);
}

bool Exists(const char* path) { return path != nullptr && access(path, F_OK) == 0; }

bool DiskIsFull() {
  static const char* const path = std::getenv("EVX_DISK_FULL_FILE");
  return Exists(path);
}

bool WritesFail(int fd) {
  static const char* const path = std::getenv("EVX_DISK_FULL_WRITES_FILE");
  if (!Exists(path)) return false;
  struct stat status {};
  return fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
}

}  // namespace

extern "C" {

int fdatasync(int fd) {
  Delay();
  static auto* const next = Next<int(int)>("fdatasync");
  return next(fd);
}

ssize_t pwritev2(int fd, const iovec* pieces, int count, off_t offset, int flags) {
  if ((flags & RWF_DSYNC) != 0) Delay();
  static auto* const next = Next<ssize_t(int, const iovec*, int, off_t, int)>("pwritev2");
  return next(fd, pieces, count, offset, flags);
}

int fallocate(int fd, int mode, off_t offset, off_t size) {
  if (DiskIsFull()) {
    errno = ENOSPC;
    return -1;
  }
  static auto* const next = Next<int(int, int, off_t, off_t)>("fallocate");
  return next(fd, mode, offset, size);
}

ssize_t write(int fd, const void* bytes, size_t size) {
  if (WritesFail(fd)) {
    errno = ENOSPC;
    return -1;
  }
  static auto* const next = Next<ssize_t(int, const void*, size_t)>("write");
  return next(fd, bytes, size);
}

}  // extern "C"
