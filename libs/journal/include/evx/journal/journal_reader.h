#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/core/ids.h"
#include "evx/journal/durable_sequence.h"
#include "evx/journal/file_system.h"
#include "evx/journal/format.h"

namespace evx::journal {

// Where a journal ends and how it goes on; what JournalWriter::Open needs.
struct JournalEnd {
  SequenceNumber next_sequence = SequenceNumber(1);
  // Of the last segment; not set when the journal has none yet.
  std::optional<SegmentHeader> last_header;
  std::string last_path;
  // Bytes of the last segment up to the end of its last good record.
  std::uint64_t last_good_bytes = 0;
  // Bytes of an unfinished write behind them, which were never acknowledged. 0: a clean end.
  std::uint64_t torn_bytes = 0;
};

enum class ReadResult : std::uint8_t {
  kRecord,
  kEnd,    // nothing more for now; when following, call again after DurableSequence::WaitBeyond
  kError,  // see status(); final
};

// Reads records in order of their sequence numbers, checking CRC, sequence and headers. One
// thread. Reads 1 MiB at a time: several million records a second.
//
// Two uses:
//  * Recovery and tools: reads to the end of the journal, finds a torn tail there and reports it
//    in end(). A damaged record with good ones behind it is DATA_LOSS; the message names file,
//    offset and remedy.
//  * Following a live writer (`durable` given): never reads beyond what is durable, and goes on
//    after kEnd. Retention must know the follower's place (retention.h), or OUT_OF_RANGE says that
//    the segment is gone.
class JournalReader {
 public:
  // Starts at record `from` (at least 1). An empty directory is a journal that ends before record
  // 1. OUT_OF_RANGE when the oldest segment starts after `from`; DATA_LOSS, at the latest at the
  // end, when the journal ends before record from - 1. `durable` must outlive the reader.
  static absl::StatusOr<std::unique_ptr<JournalReader>> Open(
      FileSystem& file_system, std::string directory, SequenceNumber from,
      const DurableSequence* durable = nullptr);

  // The next record. Its views hold until the next call.
  ReadResult Next(RecordView& record);

  const absl::Status& status() const { return status_; }
  // Valid after kEnd of a reader that does not follow.
  const JournalEnd& end() const { return end_; }

  // Where the last record returned begins.
  const std::string& path() const { return path_; }
  std::uint64_t record_offset() const { return record_offset_; }
  std::size_t record_bytes() const { return record_bytes_; }
  // Header of the segment being read; none in an empty journal.
  const std::optional<SegmentHeader>& header() const { return header_; }
  SequenceNumber next_sequence() const { return next_; }

 private:
  JournalReader(FileSystem& file_system, std::string directory, SequenceNumber from,
                const DurableSequence* durable);

  absl::Status Start();
  absl::Status ListSegments();
  absl::Status OpenSegment(SequenceNumber first);
  absl::Status Fill(std::size_t bytes);
  // The bytes at the reader's place are no good record. True: look again there.
  absl::StatusOr<bool> HandleBadRecord();
  // Judges what is behind the last record. True: by now the record is there, look again.
  absl::StatusOr<bool> FinishAtEnd();
  absl::Status Damaged(std::string_view what) const;

  FileSystem& file_system_;
  const std::string directory_;
  const SequenceNumber from_;
  const DurableSequence* const durable_;

  absl::Status status_;
  JournalEnd end_;
  bool at_end_ = false;

  std::vector<SequenceNumber> segments_;  // first sequences, rising
  SequenceNumber segment_end_;            // first sequence of the next known segment; 0: none
  std::optional<SegmentHeader> header_;
  std::unique_ptr<File> file_;
  std::string path_;

  SequenceNumber next_ = SequenceNumber(1);
  std::unique_ptr<char[]> buffer_;
  std::size_t buffer_capacity_ = 0;
  std::size_t buffer_size_ = 0;
  std::size_t buffer_position_ = 0;
  std::uint64_t buffer_offset_ = 0;   // place of the buffer's first byte in the file
  std::uint64_t buffer_durable_ = 0;  // what was durable before the buffer was read
  std::size_t read_bytes_ = 0;        // how much Fill asks for; grows while reading on
  std::uint64_t record_offset_ = 0;
  std::size_t record_bytes_ = 0;
};

}  // namespace evx::journal
