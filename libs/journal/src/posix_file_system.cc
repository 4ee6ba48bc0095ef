#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/journal/file_system.h"

namespace evx::journal {
namespace {

absl::Status ErrnoStatus(int error, std::string_view action, const std::string& path) {
  const std::string message =
      absl::StrFormat("cannot %s %s: %s", action, path, std::strerror(error));
  switch (error) {
    case ENOENT:
      return NotFound(message);
    case EEXIST:
      return AlreadyExists(message);
    case EACCES:
    case EPERM:
    case EROFS:
      return PermissionDenied(message);
    case ENOSPC:
    case EDQUOT:
      return ResourceExhausted(message);
    case EIO:
      return DataLoss(message);
    default:
      return Unavailable(message);
  }
}

class PosixFile final : public File {
 public:
  PosixFile(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  ~PosixFile() override { close(fd_); }

  absl::StatusOr<std::size_t> Read(std::uint64_t offset, std::span<char> out) override {
    std::size_t done = 0;
    while (done < out.size()) {
      const ssize_t n =
          pread(fd_, out.data() + done, out.size() - done, static_cast<off_t>(offset + done));
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return ErrnoStatus(errno, "read", path_);
      if (n == 0) break;
      done += static_cast<std::size_t>(n);
    }
    return done;
  }

  absl::Status Write(std::uint64_t offset, std::string_view bytes) override {
    return WriteAll(offset, bytes, 0);
  }

  // One call instead of pwrite and fdatasync saves a tenth of the time of a small write.
  absl::Status WriteDurably(std::uint64_t offset, std::string_view bytes) override {
    return WriteAll(offset, bytes, RWF_DSYNC);
  }

  absl::Status Sync() override {
    if (fdatasync(fd_) != 0) return ErrnoStatus(errno, "fdatasync", path_);
    return absl::OkStatus();
  }

  absl::Status Flush(std::uint64_t offset, std::uint64_t size) override {
    if (sync_file_range(fd_, static_cast<off_t>(offset), static_cast<off_t>(size),
                        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE |
                            SYNC_FILE_RANGE_WAIT_AFTER) != 0) {
      return ErrnoStatus(errno, "flush", path_);
    }
    return absl::OkStatus();
  }

  absl::Status Allocate(std::uint64_t size) override {
    if (fallocate(fd_, 0, 0, static_cast<off_t>(size)) != 0 && errno != EOPNOTSUPP) {
      return ErrnoStatus(errno, absl::StrFormat("allocate %d bytes for", size), path_);
    }
    return absl::OkStatus();
  }

  absl::Status Truncate(std::uint64_t size) override {
    if (ftruncate(fd_, static_cast<off_t>(size)) != 0) return ErrnoStatus(errno, "truncate", path_);
    return absl::OkStatus();
  }

  absl::StatusOr<std::uint64_t> Size() override {
    struct stat info;
    if (fstat(fd_, &info) != 0) return ErrnoStatus(errno, "stat", path_);
    return static_cast<std::uint64_t>(info.st_size);
  }

 private:
  absl::Status WriteAll(std::uint64_t offset, std::string_view bytes, int flags) {
    while (!bytes.empty()) {
      const iovec piece{const_cast<char*>(bytes.data()), bytes.size()};
      const ssize_t n = pwritev2(fd_, &piece, 1, static_cast<off_t>(offset), flags);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) return ErrnoStatus(errno, "write to", path_);
      offset += static_cast<std::uint64_t>(n);
      bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return absl::OkStatus();
  }

  const int fd_;
  const std::string path_;
};

// flock: the kernel gives it back when the process dies, however it dies.
class PosixFileLock final : public FileLock {
 public:
  explicit PosixFileLock(int fd) : fd_(fd) {}
  ~PosixFileLock() override { close(fd_); }

 private:
  const int fd_;
};

class PosixFileSystemImpl final : public FileSystem {
 public:
  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override {
    int flags = O_CLOEXEC;
    bool direct = false;
    switch (mode) {
      case OpenMode::kRead:
        flags |= O_RDONLY;
        break;
      case OpenMode::kReadWrite:
        flags |= O_RDWR;
        break;
      case OpenMode::kCreate:
        flags |= O_RDWR | O_CREAT | O_TRUNC;
        break;
      case OpenMode::kReadWriteDirect:
        flags |= O_RDWR;
        direct = true;
        break;
      case OpenMode::kCreateDirect:
        flags |= O_RDWR | O_CREAT | O_TRUNC;
        direct = true;
        break;
    }
    int fd = open(path.c_str(), flags | (direct ? O_DIRECT : 0), 0600);
    // Some file systems have no direct access.
    if (fd < 0 && direct && errno == EINVAL) fd = open(path.c_str(), flags, 0600);
    if (fd < 0) return ErrnoStatus(errno, "open", path);
    return std::make_unique<PosixFile>(fd, path);
  }

  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override {
    std::error_code error;
    std::vector<std::string> names;
    std::filesystem::directory_iterator entry(directory, error);
    for (; !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
      names.push_back(entry->path().filename().string());
    }
    if (error) return ErrnoStatus(error.value(), "list", directory);
    std::sort(names.begin(), names.end());
    return names;
  }

  absl::Status Rename(const std::string& from, const std::string& to) override {
    if (rename(from.c_str(), to.c_str()) != 0) {
      return ErrnoStatus(errno, absl::StrFormat("rename %s to", from), to);
    }
    return absl::OkStatus();
  }

  absl::Status Remove(const std::string& path) override {
    if (unlink(path.c_str()) != 0) return ErrnoStatus(errno, "remove", path);
    return absl::OkStatus();
  }

  absl::Status SyncDirectory(const std::string& directory) override {
    const int fd = open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return ErrnoStatus(errno, "open directory", directory);
    const int result = fsync(fd);
    const int error = errno;
    close(fd);
    if (result != 0) return ErrnoStatus(error, "fsync directory", directory);
    return absl::OkStatus();
  }

  absl::Status CreateDirectories(const std::string& directory) override {
    std::error_code error;
    if (std::filesystem::is_directory(directory, error)) return absl::OkStatus();
    const std::filesystem::path parent = std::filesystem::path(directory).parent_path();
    if (!parent.empty() && parent != directory) {
      EVX_RETURN_IF_ERROR(CreateDirectories(parent.string()));
    }
    if (mkdir(directory.c_str(), 0700) != 0 && errno != EEXIST) {
      return ErrnoStatus(errno, "make directory", directory);
    }
    return absl::OkStatus();
  }

  absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) override {
    const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return ErrnoStatus(errno, "open lock file", path);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      const int error = errno;
      char holder[32] = {};
      const ssize_t n = pread(fd, holder, sizeof(holder) - 1, 0);
      close(fd);
      if (error != EWOULDBLOCK) return ErrnoStatus(error, "lock", path);
      std::string pid(holder, n > 0 ? static_cast<std::size_t>(n) : 0);
      pid.erase(std::remove(pid.begin(), pid.end(), '\n'), pid.end());
      return FailedPrecondition(absl::StrFormat(
          "%s is locked by process %s: only one process may write this data directory; stop that "
          "process or give this one another directory",
          path, pid.empty() ? "(unknown)" : pid));
    }
    const std::string pid = absl::StrFormat("%d\n", getpid());
    if (ftruncate(fd, 0) != 0 || pwrite(fd, pid.data(), pid.size(), 0) < 0) {
      const int error = errno;
      close(fd);
      return ErrnoStatus(error, "write to lock file", path);
    }
    return std::make_unique<PosixFileLock>(fd);
  }
};

}  // namespace

FileSystem& PosixFileSystem() {
  static PosixFileSystemImpl file_system;
  return file_system;
}

absl::StatusOr<std::unique_ptr<FileLock>> LockDirectory(FileSystem& file_system,
                                                        const std::string& directory) {
  EVX_RETURN_IF_ERROR(file_system.CreateDirectories(directory));
  return file_system.Lock(directory + "/LOCK");
}

}  // namespace evx::journal
