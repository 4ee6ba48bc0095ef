#pragma once

#include <condition_variable>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/journal/file_system.h"

namespace evx::journal::testing {

// A disk in memory that can fill up, hang, fail, tear writes and lose power. Thread-safe.
//
// It keeps what is durable apart from what has only been written. Crash() ends the "machine":
// every open file and lock is dead from then on, and what was not durable survives at random, as
// the chosen mode says. The next Open belongs to the restarted machine.
class SimulatedFileSystem final : public FileSystem {
 public:
  SimulatedFileSystem();
  ~SimulatedFileSystem() override;

  enum class CrashMode : std::uint8_t {
    // Power cut: of each sector written since the last sync, the old or the new content; of the
    // directory operations since its last sync, the first few.
    kPowerCut,
    // kill -9: everything written stays, but the last write of each file that was not synced may
    // stop at any byte.
    kKill,
  };
  void Crash(CrashMode mode, std::mt19937_64& random);
  // Every operation fails after `operation_count` more of them, until Crash.
  void FailAfter(std::uint64_t operation_count);

  // Total bytes that files may take. In-place writes always fit.
  void SetCapacity(std::uint64_t bytes);
  std::uint64_t used_bytes() const;
  // In-place writes fail for want of space too, as on a copy-on-write file system.
  void SetInPlaceWritesFail(bool fail);
  // The next sync (or durable write) fails so, once.
  void FailNextSync(absl::Status status);
  // Syncs of files whose path contains `path_part` wait until ReleaseSyncs.
  void HoldSyncs(std::string path_part);
  void ReleaseSyncs();
  // Waits until somebody is held.
  void WaitForHeldSync();

  // Direct access for tests, past all faults; what is set is durable.
  std::string Contents(const std::string& path) const;
  void SetContents(const std::string& path, std::string contents);
  std::vector<std::string> Paths() const;

  absl::StatusOr<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override;
  absl::Status Rename(const std::string& from, const std::string& to) override;
  absl::Status Remove(const std::string& path) override;
  absl::Status SyncDirectory(const std::string& directory) override;
  absl::Status CreateDirectories(const std::string& directory) override;
  absl::StatusOr<std::unique_ptr<FileLock>> Lock(const std::string& path) override;

 private:
  class SimulatedFile;
  class SimulatedLock;
  struct Range {
    std::uint64_t offset;
    std::uint64_t size;
  };
  struct Inode {
    std::string current;
    std::string durable;
    std::vector<Range> unsynced;
  };
  using Directory = std::map<std::string, std::shared_ptr<Inode>>;

  // All of these need mutex_.
  absl::Status BeginOperation(std::uint64_t epoch, const std::string& path);
  absl::Status WriteLocked(Inode& inode, std::uint64_t offset, std::string_view bytes,
                           const std::string& path);
  absl::Status SyncLocked(std::unique_lock<std::mutex>& lock, std::uint64_t epoch, Inode& inode,
                          const std::string& path);
  std::uint64_t UsedLocked() const;
  static void TearSectors(Inode& inode, std::mt19937_64& random);
  static void TearLastWrite(Inode& inode, std::mt19937_64& random);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  std::uint64_t epoch_ = 1;
  Directory current_;
  std::vector<Directory> history_;  // durable state, then the state after each operation since
  std::set<std::string> locks_;
  std::uint64_t capacity_ = std::numeric_limits<std::uint64_t>::max();
  bool in_place_fails_ = false;
  std::optional<std::uint64_t> operations_left_;
  std::optional<absl::Status> next_sync_failure_;
  std::optional<std::string> held_part_;
  int held_count_ = 0;
};

}  // namespace evx::journal::testing
