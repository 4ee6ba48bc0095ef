#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"

// The journal's bytes on disk. All integers are little endian.
//
// A segment is a file `<first sequence, 20 digits>.journal`, zero-filled to its full size before
// its first record is written. It starts with a header block of 4096 bytes:
//
//     0  magic "EVXJRNL\0"         40  secret key of wire ids, 32 bytes
//     8  u32 format version        72  u64 size of the segment, bytes
//    12  u32 rules version         80  zeros
//    16  u32 shard                124  u32 CRC32C of bytes 0..123, also the salt of the records
//    20  u32 size of this block   128  zeros
//    24  u64 first sequence
//    32  i64 time of creation, ns
//
// Records follow without gaps, each a multiple of 8 bytes long:
//
//     0  u32 CRC32C of bytes 4..size-1, started from the segment's salt
//     4  u32 size of the record, header and trailer included
//     8  u64 sequence number, exactly one more than the record before
//    16  i64 time, ns
//    24  u32 sequence number minus that of the first record of the same group commit
//    28  u16 record type, the caller's
//    30  u16 size of meta
//    32  u32 size of command
//    36  u32 size of events
//    40  meta, command, events, zeros up to the trailer
//   end-4  trailer, 4 bytes that are never zero
//
// A segment's records end where the next segment's first sequence begins; the rest of the file is
// ignored. The last segment's end is found by the rules of tail_scan.h: they use the group number
// (everything before a record's group was durable when the record was written), the zeros behind
// the last record and the trailer to tell a torn write from a damaged record.

namespace evx::journal {

inline constexpr std::uint32_t kFormatVersion = 1;
inline constexpr std::size_t kSegmentHeaderBytes = 4096;
inline constexpr std::size_t kRecordHeaderBytes = 40;
inline constexpr std::size_t kRecordTrailerBytes = 4;
inline constexpr std::size_t kRecordAlignment = 8;
inline constexpr std::size_t kRecordBytesMax = 31u << 20;
inline constexpr std::size_t kMetaBytesMax = 65'535;
// The unit that a disk writes whole or not at all.
inline constexpr std::size_t kSectorBytes = 512;

// From which wire ids are derived; 0600 files hold it, and nothing prints it.
using IdKey = std::array<std::uint8_t, 32>;

struct SegmentHeader {
  std::uint32_t format_version = kFormatVersion;
  std::uint32_t rules_version = 0;
  std::uint32_t shard = 0;
  SequenceNumber first_sequence;
  Timestamp created_time;
  IdKey id_key{};
  std::uint64_t segment_bytes = 0;
  // CRC of the header; every record's CRC starts from it, so that a record of another segment
  // never passes for one of this. Set by Encode and Decode.
  std::uint32_t salt = 0;
};

// One command and what came of it. The views belong to the caller on the way in, and to the
// reader's buffer, until its next call, on the way out.
struct RecordView {
  SequenceNumber sequence;
  Timestamp time;
  std::uint16_t type = 0;
  std::string_view meta;  // at most kMetaBytesMax
  std::string_view command;
  std::string_view events;
};

// Bytes that `record` takes on disk. A record of more than kRecordBytesMax is refused.
std::size_t RecordBytes(const RecordView& record);

// Writes `record` to `out` (RecordBytes(record) bytes) except for group number and CRC, which
// FinishRecord adds once the group commit it belongs to is known. The split keeps the CRC off the
// sequencer's thread.
void EncodeRecord(const RecordView& record, char* out);
// `group_first`: sequence of the first record of the group commit.
void FinishRecord(char* record, SequenceNumber group_first, std::uint32_t salt);

// Whether `bytes` ends with a record's trailer.
bool EndsWithTrailer(std::string_view bytes);

// Fields of an encoded record whose header is known to be sound.
std::size_t EncodedRecordBytes(const char* record);
SequenceNumber EncodedSequence(const char* record);
SequenceNumber EncodedGroupFirst(const char* record);

enum class DecodeResult : std::uint8_t {
  kOk,
  kNeedMore,  // plausible so far, but `bytes` ends before the record does
  kBad,       // sizes do not add up, or the CRC differs
};
// Decodes the record at the start of `bytes`. On kOk `record` views into `bytes` and `size` is the
// record's size; on kNeedMore `size` is how many bytes are needed.
DecodeResult DecodeRecord(std::string_view bytes, std::uint32_t salt, RecordView& record,
                          std::size_t& size);

// The 4096 bytes of the header block; sets header.salt.
std::string EncodeSegmentHeader(SegmentHeader& header);
// Decodes a header block. DATA_LOSS when it is damaged, FAILED_PRECONDITION when it was written by
// a newer release; the message does not name the file.
absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view block);

// "00000000000000000001.journal" and back; nothing for any other name.
std::string SegmentName(SequenceNumber first_sequence);
std::optional<SequenceNumber> ParseSegmentName(std::string_view name);

}  // namespace evx::journal
