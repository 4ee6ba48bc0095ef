#include "tail_scan.h"

#include <algorithm>
#include <cstring>

#include "evx/journal/format.h"

namespace evx::journal {
namespace {

bool AllZero(std::string_view bytes) {
  return bytes.empty() ||
         (bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0);
}

// Whether some sector holds nothing but zeros of `bytes`, which begin at `offset` of the file.
bool HasZeroSector(std::string_view bytes, std::uint64_t offset) {
  while (!bytes.empty()) {
    const std::size_t share =
        std::min<std::size_t>(bytes.size(), kSectorBytes - offset % kSectorBytes);
    if (AllZero(bytes.substr(0, share))) return true;
    bytes.remove_prefix(share);
    offset += share;
  }
  return false;
}

// Place of the first good record after the start of `bytes`; npos when there is none.
std::size_t FindLaterRecord(std::string_view bytes, SequenceNumber expected, std::uint32_t salt,
                            RecordView& record) {
  // Every record between takes its smallest size at least, which bounds the sequence.
  const std::uint64_t sequence_max = expected.value() + bytes.size() / kRecordAlignment;
  for (std::size_t at = kRecordAlignment; at + kRecordHeaderBytes <= bytes.size();
       at += kRecordAlignment) {
    const std::uint64_t sequence = EncodedSequence(bytes.data() + at).value();
    if (sequence <= expected.value() || sequence > sequence_max) continue;
    std::size_t size = 0;
    if (DecodeRecord(bytes.substr(at), salt, record, size) == DecodeResult::kOk) return at;
  }
  return std::string_view::npos;
}

// Whether the record header at the start of `bytes` is for `expected` and says that the record
// ends exactly at the end of `bytes`.
bool HeaderSaysComplete(std::string_view bytes, SequenceNumber expected) {
  return bytes.size() >= kRecordHeaderBytes && EncodedSequence(bytes.data()) == expected &&
         EncodedRecordBytes(bytes.data()) == bytes.size();
}

}  // namespace

TailFinding ScanTail(std::string_view bytes, std::uint64_t offset, SequenceNumber expected,
                     std::uint32_t salt) {
  TailFinding finding;
  const std::size_t last = bytes.find_last_not_of('\0');
  if (last == std::string_view::npos) return finding;
  finding.torn_bytes = last + 1;
  const std::string_view written = bytes.substr(0, last + 1);

  RecordView later;
  const std::size_t at = FindLaterRecord(written, expected, salt, later);
  if (at != std::string_view::npos) {
    finding.later_sequence = later.sequence;
    const bool same_group = EncodedGroupFirst(written.data() + at).value() <= expected.value();
    const bool torn = same_group && HasZeroSector(written.substr(0, at), offset);
    finding.kind = torn ? TailKind::kTorn : TailKind::kDamaged;
    return finding;
  }
  const bool complete = (written.size() % kRecordAlignment == 0 && EndsWithTrailer(written)) ||
                        HeaderSaysComplete(written, expected);
  finding.kind = complete && !HasZeroSector(written, offset) ? TailKind::kDamaged : TailKind::kTorn;
  return finding;
}

}  // namespace evx::journal
