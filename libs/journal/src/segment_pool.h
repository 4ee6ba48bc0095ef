#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/ids.h"
#include "evx/journal/file_system.h"

namespace evx::journal {

// Keeps segment files zero-filled ahead of the writer and takes back those that nobody needs.
// A thread of its own does the work, in pieces with a sync after each, so that the writer's own
// syncs never wait behind a whole segment, and past the page cache: zeros need no copy and no
// memory.
//
// Files: `spare-<n>.filling` while zeros are written, `spare-<n>.ready` afterwards; both are
// renamed by the writer or removed at the next start, never read as journal.
class SegmentPool {
 public:
  struct Options {
    std::string directory;
    std::uint64_t segment_bytes = 0;
    int ahead = 2;
    absl::Duration retry_min;
    absl::Duration retry_max;
  };
  struct Spare {
    std::string path;
    std::unique_ptr<File> file;
  };

  SegmentPool(FileSystem& file_system, Options options);
  ~SegmentPool();
  SegmentPool(const SegmentPool&) = delete;
  SegmentPool& operator=(const SegmentPool&) = delete;

  // Adopts ready files of an earlier run, makes the first one if there is none, and starts the
  // thread. Fails when not even one segment has room.
  absl::Status Start();
  // Stops the thread; a file that is being filled is left for the next start to remove.
  void Stop();

  // Segments made ready since Start; the writer may Take as many.
  std::uint64_t ready_count() const { return ready_count_.load(std::memory_order_acquire); }
  // Whether the last attempt to make a segment failed: mostly for want of space, but a disk that
  // has become read-only has no room either.
  bool failing() const { return failing_.load(std::memory_order_acquire); }
  // Why.
  absl::Status status() const;
  // The next ready file; there must be one.
  Spare Take();

  // The file `path` has been written to its end and holds records `first` to `last`.
  void AddSealed(SequenceNumber first, SequenceNumber last, std::string path);
  void Retain(SequenceNumber from);

  std::uint64_t recycled_count() const { return recycled_count_.load(std::memory_order_relaxed); }
  std::uint64_t deleted_count() const { return deleted_count_.load(std::memory_order_relaxed); }

 private:
  // Old segments kept in hand beyond Options::ahead, so that in the long run the same files go
  // round: filling those allocates nothing.
  static constexpr int kRecycledMax = 2;

  struct Sealed {
    SequenceNumber first;
    SequenceNumber last;
    std::string path;
  };

  void Run();
  absl::Status AdoptSpares();
  absl::Status MakeReady();
  absl::Status Recycle(const Sealed& sealed);
  absl::Status Fill(File& file);
  absl::Status FillAndOffer(const std::string& filling, std::unique_ptr<File> file);
  std::string SparePath(std::uint64_t number, const char* suffix) const;

  FileSystem& file_system_;
  const Options options_;

  std::atomic<std::uint64_t> ready_count_ = 0;
  std::atomic<bool> failing_ = false;
  std::atomic<bool> stopping_ = false;
  std::atomic<std::uint64_t> recycled_count_ = 0;
  std::atomic<std::uint64_t> deleted_count_ = 0;
  std::uint64_t next_spare_ = 1;  // the pool thread's, after Start

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  absl::Status status_;
  std::deque<Spare> ready_;
  std::deque<Sealed> sealed_;  // rising
  SequenceNumber retain_from_;

  std::thread thread_;
};

}  // namespace evx::journal
