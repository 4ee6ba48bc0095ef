#pragma once

#include <cstdint>
#include <string_view>

#include "evx/core/ids.h"

namespace evx::journal {

enum class TailKind : std::uint8_t {
  kClean,    // zeros: the journal ends here
  kTorn,     // a write that was under way when the process or the machine stopped
  kDamaged,  // bytes changed after they had been written
};

struct TailFinding {
  TailKind kind = TailKind::kClean;
  // Bytes from the place that was scanned to the last byte that is not zero.
  std::uint64_t torn_bytes = 0;
  // The first good record behind the place, when there is one: 0 otherwise.
  SequenceNumber later_sequence;
};

// Judges the place in the last segment where record `expected` should be but is not. `bytes` runs
// from there to the end of the file and `offset` is its place in the file.
//
// A write goes to disk in whole sectors, in any order, and at most one group commit is under way;
// segments are zero-filled before. So an interrupted write leaves zeros: a sector's share of the
// record is all zeros, or the bytes stop before a trailer. Hence:
//   1. only zeros                                                          -> clean
//   2. a good record behind, whose group began after `expected`            -> damaged: `expected`
//      was durable before that record was written
//   3. zeros for a whole sector's share, or no trailer at the end          -> torn
//   4. otherwise all of it was written once and differs now                -> damaged
// A flipped bit is therefore never cut off as torn, except in a record that itself carries a
// sector full of zeros and belongs to the last group commit.
TailFinding ScanTail(std::string_view bytes, std::uint64_t offset, SequenceNumber expected,
                     std::uint32_t salt);

}  // namespace evx::journal
