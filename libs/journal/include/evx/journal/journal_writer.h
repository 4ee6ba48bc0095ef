#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/adaptive_spin.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/journal/durable_sequence.h"
#include "evx/journal/file_system.h"
#include "evx/journal/format.h"
#include "evx/journal/journal_reader.h"

namespace evx::journal {

class BlockAppender;
class MirroredRing;
class SegmentPool;

enum class SyncMode : std::uint8_t {
  kGroup,  // fdatasync before a record counts as durable; one call covers all that wait
  kNone,   // written, not synced: a power cut loses records. For benchmarks.
};

struct JournalOptions {
  std::string directory;
  std::uint32_t shard = 0;
  std::uint32_t rules_version = 0;
  // Key of a journal that has no segment yet; an existing journal keeps its own.
  IdKey id_key{};
  SyncMode sync_mode = SyncMode::kGroup;

  // Size of a segment file; at least kSegmentBytesMin.
  std::uint64_t segment_bytes = 64u << 20;
  // Segments kept zero-filled ahead of the one being written. What they and the rest of the
  // current one hold is space that the disk can no longer refuse.
  int segments_ahead = 2;
  // Part of that space which only records with uses_reserve may take (cancels on a full disk).
  // At most half of a segment.
  std::uint64_t reserve_bytes = 4u << 20;
  // Records appended and not yet durable; a power of two, at least kBufferBytesMin. Beyond it
  // Append answers kBufferFull.
  std::size_t buffer_bytes = 32u << 20;
  // Most bytes written and synced in one go.
  std::size_t batch_bytes_max = 1u << 20;
  // How long the writer thread looks for new records, without sleeping, after a batch: while that
  // pays, see AdaptiveSpin.
  absl::Duration spin = absl::Microseconds(20);
  // Wait between attempts while the disk is full; doubles up to the second value.
  absl::Duration no_space_retry_min = absl::Milliseconds(10);
  absl::Duration no_space_retry_max = absl::Seconds(1);

  static constexpr std::uint64_t kSegmentBytesMin = 16u << 10;
  static constexpr std::size_t kBufferBytesMin = 64u << 10;
};

// One group commit.
struct DurableBatch {
  SequenceNumber first_sequence;
  SequenceNumber last_sequence;
  std::size_t bytes = 0;
  absl::Duration duration;  // of writing and syncing it
};

// What the writer tells its owner. Called on the writer thread, one call at a time; what a call
// does delays the next batch.
class JournalListener {
 public:
  virtual ~JournalListener() = default;
  // Everything up to batch.last_sequence is on disk: its answers may leave.
  virtual void OnDurable(const DurableBatch& batch) = 0;
  // The disk refused, for want of space, a batch that had been accepted. Its records stay in
  // memory and are tried again until they are durable (OnDurable follows) or the writer closes;
  // until then their callers can only be told that the outcome is not known. Cannot happen on a
  // file system that writes in place (ext4, xfs), because accepted records fit into space that
  // was allocated before.
  virtual void OnStalled(const absl::Status& status) = 0;
  // The journal has failed for good: nothing beyond `durable` may be acknowledged, and the process
  // must stop and recover. Called once.
  virtual void OnFailed(SequenceNumber durable, const absl::Status& status) = 0;
};

enum class AppendResult : std::uint8_t {
  kAppended,    // in memory; OnDurable will follow
  kBufferFull,  // the disk is behind: try again soon (429 / RESOURCE_EXHAUSTED)
  kNoSpace,     // the disk is full (or refuses new files): wait for the operator (503)
  kTooLarge,    // more than JournalWriter::record_bytes_max(); never retry
  kFailed,      // the journal has failed or is closed; see status()
};
// kAppended is OK; the others become RESOURCE_EXHAUSTED, UNAVAILABLE, INVALID_ARGUMENT and
// FAILED_PRECONDITION with a message for the operator.
absl::Status ToStatus(AppendResult result);

enum class WriterState : std::uint8_t { kReady, kNoSpace, kFailed, kClosed };

struct JournalStats {
  std::uint64_t record_count = 0;
  std::uint64_t bytes = 0;
  std::uint64_t batch_count = 0;
  std::uint64_t segment_count = 0;            // written since Open
  std::uint64_t segments_recycled_count = 0;  // zero-filled again after retention
  std::uint64_t segments_deleted_count = 0;
  std::uint64_t buffered_bytes = 0;  // appended, not durable
};

// The journal's only writer. Append, Admit and next_sequence belong to one thread (the sequencer);
// everything else may be called from any.
//
// Append copies the record into a ring in memory and returns; it never waits for the disk. The
// writer thread takes everything that has arrived (up to batch_bytes_max), writes it and calls
// fdatasync while the next batch gathers, then tells the listener. A second thread keeps
// segments zero-filled ahead, so that writing changes no metadata, and recycles old ones.
//
// Full disk: space is checked before a record is accepted, against segments that are already
// allocated, so an accepted record always has its place. Ask Admit before the command is applied;
// a command that Admit has let pass can be appended.
class JournalWriter {
 public:
  // Goes on at `end` (of a JournalReader that has read to the end): cuts a torn tail and starts a
  // new segment. The caller holds the directory's lock. `listener` must outlive the writer;
  // `clock` is used during Open only for the segment's creation time, and later by the writer
  // thread for the same.
  static absl::StatusOr<std::unique_ptr<JournalWriter>> Open(FileSystem& file_system,
                                                             const JournalOptions& options,
                                                             const JournalEnd& end,
                                                             const Clock& clock,
                                                             JournalListener& listener);
  // Closes when that was not done.
  ~JournalWriter();
  JournalWriter(const JournalWriter&) = delete;
  JournalWriter& operator=(const JournalWriter&) = delete;

  // Whether a record of at most `bytes` (RecordBytes; an upper bound will do) may be appended now.
  // kAppended means yes, and stays true until this thread appends or the journal fails. A few
  // loads.
  AppendResult Admit(std::size_t bytes, bool uses_reserve = false) const;

  // Appends the record; its sequence must be next_sequence(). About 30 ns and a copy.
  AppendResult Append(const RecordView& record, bool uses_reserve = false);

  SequenceNumber next_sequence() const { return next_sequence_; }
  std::size_t record_bytes_max() const { return record_bytes_max_; }
  const SegmentHeader& header() const { return first_header_; }

  const DurableSequence& durable() const { return durable_; }
  WriterState state() const { return state_.load(std::memory_order_acquire); }
  // OK, why the journal has failed, or why no new segment can be made (kNoSpace).
  absl::Status status() const;
  JournalStats stats() const;

  // Records before `from` are needed by nobody (see retention.h): whole segments of such records
  // are recycled or deleted in the background. Never goes back.
  void Retain(SequenceNumber from);

  // Makes everything appended durable and stops. OK, or why the journal has failed. The appending
  // thread must have stopped.
  absl::Status Close();

 private:
  struct Batch {
    SequenceNumber first;
    SequenceNumber last;
    std::size_t bytes = 0;
    bool starts_segment = false;
  };

  JournalWriter(FileSystem& file_system, const JournalOptions& options, const Clock& clock,
                JournalListener& listener);

  absl::Status Start(const JournalEnd& end);
  absl::Status CutTail(const JournalEnd& end);
  absl::Status StartSegment(SequenceNumber first);
  std::size_t segment_capacity() const;

  void Run();
  bool WaitForRecords();
  Batch GatherBatch(std::uint64_t head);
  absl::Status CommitBatch(const Batch& batch);
  absl::Status UntilThereIsSpace(const std::function<absl::Status()>& attempt);
  void Fail(const absl::Status& status);
  void WakeWriter();

  FileSystem& file_system_;
  const JournalOptions options_;
  AdaptiveSpin spin_;  // Writer thread only.
  const Clock& clock_;
  JournalListener& listener_;
  SegmentHeader first_header_;
  std::size_t record_bytes_max_ = 0;
  DurableSequence durable_;
  std::unique_ptr<MirroredRing> ring_;
  std::unique_ptr<SegmentPool> pool_;

  // The appending thread's.
  alignas(64) SequenceNumber next_sequence_ = SequenceNumber(1);
  std::uint64_t appended_bytes_ = 0;
  std::uint64_t segment_left_ = 0;       // bytes free in the segment that Append is filling
  std::uint64_t segments_consumed_ = 0;  // of those the pool has prepared

  // Shared. Positions count bytes since Open; the ring holds [tail_, head_).
  alignas(64) std::atomic<std::uint64_t> head_ = 0;
  std::atomic<bool> writer_sleeps_ = false;
  alignas(64) std::atomic<std::uint64_t> tail_ = 0;
  std::atomic<WriterState> state_ = WriterState::kReady;
  std::atomic<bool> closing_ = false;

  // The writer thread's.
  alignas(64) std::unique_ptr<File> file_;
  SegmentHeader header_;
  std::string path_;
  const std::unique_ptr<BlockAppender> appender_;  // To file_.
  bool running_ = false;

  std::atomic<std::uint64_t> record_count_ = 0;
  std::atomic<std::uint64_t> batch_count_ = 0;
  std::atomic<std::uint64_t> segment_count_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable wake_;  // records to write, or closing
  absl::Status status_;           // guarded by mutex_
  std::thread thread_;
};

}  // namespace evx::journal
