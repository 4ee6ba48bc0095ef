#include "evx/journal/format.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/journal/crc32c.h"

namespace evx::journal {
namespace {

static_assert(std::endian::native == std::endian::little, "fields are copied as they are");

constexpr std::string_view kMagic("EVXJRNL\0", 8);
constexpr std::size_t kHeaderCrcOffset = 124;
constexpr char kTrailer[kRecordTrailerBytes] = {'\xe5', '\x76', '\x58', '\xa5'};
constexpr std::string_view kSegmentSuffix = ".journal";
constexpr std::size_t kSequenceDigits = 20;

template <class T>
void Put(char* out, std::size_t offset, T value) {
  std::memcpy(out + offset, &value, sizeof(value));
}

template <class T>
T Get(const char* in, std::size_t offset) {
  T value;
  std::memcpy(&value, in + offset, sizeof(value));
  return value;
}

constexpr std::uint64_t SizeOf(std::uint64_t meta, std::uint64_t command, std::uint64_t events) {
  const std::uint64_t bytes = kRecordHeaderBytes + meta + command + events + kRecordTrailerBytes;
  return (bytes + kRecordAlignment - 1) / kRecordAlignment * kRecordAlignment;
}

}  // namespace

std::size_t RecordBytes(const RecordView& record) {
  return SizeOf(record.meta.size(), record.command.size(), record.events.size());
}

void EncodeRecord(const RecordView& record, char* out) {
  const std::size_t size = RecordBytes(record);
  EVX_CHECK(record.meta.size() <= kMetaBytesMax && size <= kRecordBytesMax);
  // Up to seven bytes before the trailer are padding: zero them first, whatever they are.
  Put<std::uint64_t>(out, size - 16, 0);
  Put<std::uint64_t>(out, size - 8, 0);
  Put<std::uint32_t>(out, 0, 0);
  Put<std::uint32_t>(out, 4, static_cast<std::uint32_t>(size));
  Put<std::uint64_t>(out, 8, record.sequence.value());
  Put<std::int64_t>(out, 16, record.time.nanos());
  Put<std::uint32_t>(out, 24, 0);
  Put<std::uint16_t>(out, 28, record.type);
  Put<std::uint16_t>(out, 30, static_cast<std::uint16_t>(record.meta.size()));
  Put<std::uint32_t>(out, 32, static_cast<std::uint32_t>(record.command.size()));
  Put<std::uint32_t>(out, 36, static_cast<std::uint32_t>(record.events.size()));
  char* p = out + kRecordHeaderBytes;
  p = std::copy(record.meta.begin(), record.meta.end(), p);
  p = std::copy(record.command.begin(), record.command.end(), p);
  std::copy(record.events.begin(), record.events.end(), p);
  std::memcpy(out + size - kRecordTrailerBytes, kTrailer, kRecordTrailerBytes);
}

void FinishRecord(char* record, SequenceNumber group_first, std::uint32_t salt) {
  const std::uint64_t index = EncodedSequence(record).value() - group_first.value();
  EVX_CHECK(index <= UINT32_MAX);
  Put<std::uint32_t>(record, 24, static_cast<std::uint32_t>(index));
  Put<std::uint32_t>(record, 0,
                     Crc32c(std::string_view(record + 4, EncodedRecordBytes(record) - 4), salt));
}

std::size_t EncodedRecordBytes(const char* record) { return Get<std::uint32_t>(record, 4); }

SequenceNumber EncodedSequence(const char* record) {
  return SequenceNumber(Get<std::uint64_t>(record, 8));
}

SequenceNumber EncodedGroupFirst(const char* record) {
  return SequenceNumber(Get<std::uint64_t>(record, 8) - Get<std::uint32_t>(record, 24));
}

DecodeResult DecodeRecord(std::string_view bytes, std::uint32_t salt, RecordView& record,
                          std::size_t& size) {
  if (bytes.size() < kRecordHeaderBytes) {
    size = kRecordHeaderBytes;
    return DecodeResult::kNeedMore;
  }
  const char* in = bytes.data();
  size = Get<std::uint32_t>(in, 4);
  const std::size_t meta = Get<std::uint16_t>(in, 30);
  const std::size_t command = Get<std::uint32_t>(in, 32);
  const std::size_t events = Get<std::uint32_t>(in, 36);
  if (size > kRecordBytesMax || size != SizeOf(meta, command, events)) return DecodeResult::kBad;
  if (bytes.size() < size) return DecodeResult::kNeedMore;
  if (Crc32c(bytes.substr(4, size - 4), salt) != Get<std::uint32_t>(in, 0)) {
    return DecodeResult::kBad;
  }
  if (std::memcmp(in + size - kRecordTrailerBytes, kTrailer, kRecordTrailerBytes) != 0) {
    return DecodeResult::kBad;
  }
  record.sequence = SequenceNumber(Get<std::uint64_t>(in, 8));
  record.time = Timestamp::FromNanos(Get<std::int64_t>(in, 16));
  record.type = Get<std::uint16_t>(in, 28);
  record.meta = bytes.substr(kRecordHeaderBytes, meta);
  record.command = bytes.substr(kRecordHeaderBytes + meta, command);
  record.events = bytes.substr(kRecordHeaderBytes + meta + command, events);
  return DecodeResult::kOk;
}

bool EndsWithTrailer(std::string_view bytes) {
  return bytes.size() >= kRecordTrailerBytes && bytes.substr(bytes.size() - kRecordTrailerBytes) ==
                                                    std::string_view(kTrailer, kRecordTrailerBytes);
}

std::string EncodeSegmentHeader(SegmentHeader& header) {
  std::string block(kSegmentHeaderBytes, '\0');
  char* out = block.data();
  std::copy(kMagic.begin(), kMagic.end(), out);
  Put<std::uint32_t>(out, 8, header.format_version);
  Put<std::uint32_t>(out, 12, header.rules_version);
  Put<std::uint32_t>(out, 16, header.shard);
  Put<std::uint32_t>(out, 20, static_cast<std::uint32_t>(kSegmentHeaderBytes));
  Put<std::uint64_t>(out, 24, header.first_sequence.value());
  Put<std::int64_t>(out, 32, header.created_time.nanos());
  std::memcpy(out + 40, header.id_key.data(), header.id_key.size());
  Put<std::uint64_t>(out, 72, header.segment_bytes);
  header.salt = Crc32c(std::string_view(out, kHeaderCrcOffset));
  Put<std::uint32_t>(out, kHeaderCrcOffset, header.salt);
  return block;
}

absl::StatusOr<SegmentHeader> DecodeSegmentHeader(std::string_view block) {
  if (block.size() < kSegmentHeaderBytes) {
    return DataLoss(absl::StrFormat("segment header is cut short: %d of %d bytes", block.size(),
                                    kSegmentHeaderBytes));
  }
  const char* in = block.data();
  if (block.substr(0, kMagic.size()) != kMagic) {
    return DataLoss("segment header does not start with the magic bytes EVXJRNL");
  }
  SegmentHeader header;
  header.salt = Get<std::uint32_t>(in, kHeaderCrcOffset);
  if (Crc32c(block.substr(0, kHeaderCrcOffset)) != header.salt) {
    return DataLoss("segment header has a wrong CRC");
  }
  header.format_version = Get<std::uint32_t>(in, 8);
  if (header.format_version != kFormatVersion) {
    return FailedPrecondition(absl::StrFormat(
        "segment has format version %d, this release reads version %d: start the release that "
        "wrote it",
        header.format_version, kFormatVersion));
  }
  header.rules_version = Get<std::uint32_t>(in, 12);
  header.shard = Get<std::uint32_t>(in, 16);
  header.first_sequence = SequenceNumber(Get<std::uint64_t>(in, 24));
  header.created_time = Timestamp::FromNanos(Get<std::int64_t>(in, 32));
  std::memcpy(header.id_key.data(), in + 40, header.id_key.size());
  header.segment_bytes = Get<std::uint64_t>(in, 72);
  return header;
}

std::string SegmentName(SequenceNumber first_sequence) {
  return absl::StrFormat("%020d%s", first_sequence.value(), kSegmentSuffix);
}

std::optional<SequenceNumber> ParseSegmentName(std::string_view name) {
  if (name.size() != kSequenceDigits + kSegmentSuffix.size() ||
      name.substr(kSequenceDigits) != kSegmentSuffix) {
    return std::nullopt;
  }
  std::uint64_t value = 0;
  for (const char c : name.substr(0, kSequenceDigits)) {
    if (c < '0' || c > '9') return std::nullopt;
    if (__builtin_mul_overflow(value, 10, &value) ||
        __builtin_add_overflow(value, static_cast<std::uint64_t>(c - '0'), &value)) {
      return std::nullopt;
    }
  }
  return SequenceNumber(value);
}

}  // namespace evx::journal
