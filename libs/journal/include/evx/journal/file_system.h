#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

// The journal's whole view of the operating system's files. PosixFileSystem() is the real one;
// evx/journal/testing/simulated_file_system.h is a disk in memory that fills up, slows down,
// tears writes, flips bits and loses power.
//
// Error codes: NOT_FOUND (no such file), ALREADY_EXISTS, PERMISSION_DENIED, RESOURCE_EXHAUSTED
// (no space or quota), DATA_LOSS (the device reported an I/O error), UNAVAILABLE (anything else).
// Every message names the path and what was tried.

namespace evx::journal {

// An open file. Positions are explicit and there is no buffering, so that one thread may read
// while another writes elsewhere in the file. Closed by the destructor, without a sync.
class File {
 public:
  virtual ~File() = default;

  // Reads up to out.size() bytes from `offset`; fewer only at the end of the file.
  virtual absl::StatusOr<std::size_t> Read(std::uint64_t offset, std::span<char> out) = 0;
  // Writes all of `bytes` at `offset`, extending the file when needed. After a failure any part
  // of them may have been written.
  virtual absl::Status Write(std::uint64_t offset, std::string_view bytes) = 0;
  // Makes everything written so far durable (fdatasync). After a failure nothing is known about
  // those bytes, and repeating the call proves nothing: the caller must stop using the file.
  virtual absl::Status Sync() = 0;
  // Write, and these bytes are durable; anything else written to the file may be or not. Faster
  // than Write and Sync. After RESOURCE_EXHAUSTED the caller, who still has the bytes, may repeat
  // it; after any other failure what Sync says holds.
  virtual absl::Status WriteDurably(std::uint64_t offset, std::string_view bytes) = 0;
  // Gives the written bytes of a range to the device and waits until it has taken them, without
  // making them durable. For large files that are synced once, at the end: it keeps short what
  // the syncs of other files must wait behind, and costs no file system transaction.
  virtual absl::Status Flush(std::uint64_t offset, std::uint64_t size) = 0;
  // Grows the file to `size` and takes the disk space for it, so that a later write inside it
  // cannot fail for want of space; RESOURCE_EXHAUSTED when there is none. A file system that
  // cannot do it answers OK and does nothing.
  virtual absl::Status Allocate(std::uint64_t size) = 0;
  virtual absl::Status Truncate(std::uint64_t size) = 0;
  virtual absl::StatusOr<std::uint64_t> Size() = 0;
};

enum class OpenMode : std::uint8_t {
  kRead,       // must exist
  kReadWrite,  // must exist
  kCreate,     // read and write; made with mode 0600, or emptied when it exists
  // The same past the page cache, where the file system can do that: offset, size and memory of
  // every read and write must be multiples of kDirectBlockBytes. For files that are written once
  // and seldom read soon, it saves the copy and the memory.
  kReadWriteDirect,
  kCreateDirect,
};
inline constexpr std::size_t kDirectBlockBytes = 4096;

// Held for the life of the object; given back by the destructor or the death of the process.
class FileLock {
 public:
  virtual ~FileLock() = default;
};

// Thread-safe.
class FileSystem {
 public:
  virtual ~FileSystem() = default;

  virtual absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) = 0;
  // Names (not paths) of the entries of a directory, sorted, without "." and "..".
  virtual absl::StatusOr<std::vector<std::string>> List(const std::string& directory) = 0;
  // Atomic; replaces `to` when it exists.
  virtual absl::Status Rename(const std::string& from, const std::string& to) = 0;
  virtual absl::Status Remove(const std::string& path) = 0;
  // Makes creations, renames and removals in `directory` durable.
  virtual absl::Status SyncDirectory(const std::string& directory) = 0;
  // Makes the directory and its parents, mode 0700; no error when it exists.
  virtual absl::Status CreateDirectories(const std::string& directory) = 0;
  // Takes the exclusive lock of `path`, making the file when needed, and writes this process's id
  // into it. FAILED_PRECONDITION names the path and the holder when another one has it.
  virtual absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) = 0;
};

// The operating system's files. Holds no lock and no shared state, so it may be used in the child
// of fork() of a process with many threads.
FileSystem& PosixFileSystem();

// Locks a data directory for one writing process: `<directory>/LOCK`. The directory is made when
// it does not exist.
absl::StatusOr<std::unique_ptr<FileLock>> LockDirectory(FileSystem& file_system,
                                                        const std::string& directory);

}  // namespace evx::journal
