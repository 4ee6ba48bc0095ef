#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/core/byte_stream.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/journal/file_system.h"

// Snapshots of the state after a given record, from which recovery starts. One file each,
// `<sequence, 20 digits>.snapshot`:
//
//   header block of 4096 bytes          chunks, until the payload is complete
//     0  magic "EVXSNAP\0"                0  u32 size of the data, 1 .. 256 KiB
//     8  u32 format version               4  u32 CRC32C of the data, started from the CRC of the
//    12  u32 rules version                   chunk before (0 for the first)
//    16  u32 shard                        8  data
//    20  u32 CRC of the last chunk
//    24  u64 sequence
//    32  u64 state hash
//    40  u64 payload bytes
//    48  i64 time of creation, ns
//   124  u32 CRC32C of bytes 0..123
//
// A file gets its name only when all of it is on disk, so a named file is complete unless its
// bytes were changed later.

namespace evx::journal {

class BlockAppender;

struct SnapshotInfo {
  // The state is the one after this record; the journal goes on with the next.
  SequenceNumber sequence;
  std::uint32_t rules_version = 0;
  std::uint32_t shard = 0;
  std::uint64_t state_hash = 0;
  Timestamp created_time;
  std::uint64_t payload_bytes = 0;  // set by the writer
  std::string path;                 // set by the store
};

// Writes one snapshot aside; only Finish gives it its name. Not thread-safe. It takes no lock and
// shares nothing with other threads, so it may be made and used in the child of fork() of a
// process with many threads (with PosixFileSystem()). Memory: one chunk.
//
// Two rules for its owner. Finish only when record info.sequence is durable (before a fork, wait
// for it): a snapshot of records that a crash then loses makes the next start fail with "journal
// ends before record N". And let a forked child die with its parent (prctl PR_SET_PDEATHSIG): it
// shares the directory's lock, which would otherwise keep a restarted process out.
class SnapshotWriter final : public ByteSink {
 public:
  ~SnapshotWriter() override;
  SnapshotWriter(const SnapshotWriter&) = delete;
  SnapshotWriter& operator=(const SnapshotWriter&) = delete;

  // Every full chunk goes to the device at once: its queue then never holds more than a chunk of
  // snapshot for the journal's own syncs to wait behind.
  absl::Status Write(std::string_view bytes) override;

  // Completes the file, makes it durable and gives it its name. A writer that is destroyed without
  // Finish, or whose Finish fails, removes its file.
  absl::Status Finish(std::uint64_t state_hash);

 private:
  friend class SnapshotStore;
  SnapshotWriter(FileSystem& file_system, std::string directory, SnapshotInfo info,
                 std::string partial_path, std::unique_ptr<File> file);
  absl::Status FlushChunk();

  FileSystem& file_system_;
  const std::string directory_;
  SnapshotInfo info_;
  const std::string partial_path_;
  std::unique_ptr<File> file_;
  std::unique_ptr<BlockAppender> appender_;  // to file_
  std::string chunk_;                        // chunk header and data so far
  std::uint32_t crc_ = 0;
  absl::Status status_;
  bool named_ = false;
};

// Reads a snapshot's payload, checking every chunk before it hands out a byte of it.
class SnapshotReader final : public ByteSource {
 public:
  const SnapshotInfo& info() const { return info_; }
  absl::Status Read(std::span<char> out) override;
  std::uint64_t bytes_left() const { return info_.payload_bytes - bytes_read_; }

 private:
  friend class SnapshotStore;
  SnapshotReader(SnapshotInfo info, std::uint32_t last_crc, std::unique_ptr<File> file);
  absl::Status NextChunk();
  absl::Status Damaged(std::string_view what) const;

  const SnapshotInfo info_;
  const std::uint32_t last_crc_;
  std::unique_ptr<File> file_;
  std::string chunk_;
  std::size_t chunk_position_ = 0;
  std::uint32_t crc_ = 0;
  std::uint64_t offset_;
  std::uint64_t bytes_read_ = 0;
};

// The snapshots of one data directory. Stateless but for its settings; one writer at a time.
class SnapshotStore {
 public:
  static constexpr int kKeepDefault = 2;
  // Called with one message for each snapshot that is passed over; it names the file.
  using Warn = std::function<void(const absl::Status&)>;
  // Builds the state from nothing; called again, with an older snapshot, after it failed.
  using Load = std::function<absl::Status(SnapshotReader&)>;

  SnapshotStore(FileSystem& file_system, std::string directory, int keep = kKeepDefault);

  // Begins the snapshot of the state after info.sequence.
  absl::StatusOr<std::unique_ptr<SnapshotWriter>> Begin(const SnapshotInfo& info) const;

  // Newest first; files whose header is damaged are left out with a warning.
  absl::StatusOr<std::vector<SnapshotInfo>> List(const Warn& warn) const;

  // Reader of one snapshot. DATA_LOSS names the file when its header is damaged.
  absl::StatusOr<std::unique_ptr<SnapshotReader>> Open(const std::string& path) const;

  // Gives `load` the newest snapshot, then older ones until it succeeds and has read all of the
  // payload. Nothing when no snapshot is good: the state must come from the journal alone.
  absl::StatusOr<std::optional<SnapshotInfo>> LoadNewest(const Load& load, const Warn& warn) const;

  // Removes all but the newest `keep` snapshots, and what unfinished writers left behind. To be
  // called when no writer is at work.
  absl::Status Prune() const;

 private:
  absl::StatusOr<std::vector<std::string>> PathsNewestFirst() const;

  FileSystem& file_system_;
  const std::string directory_;
  const int keep_;
};

}  // namespace evx::journal
