#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/journal/file_system.h"
#include "evx/venue/exchange.h"

namespace evx::mock_kalshi {

struct ReplayedState {
  SequenceNumber sequence_number;
  Timestamp time;
  std::uint64_t state_hash = 0;
  // Where the replay began: 0 for the first record, else the snapshot.
  SequenceNumber base;
};

// Executes every command up to record `to` again, from the first record (when older segments are
// gone, from the newest good snapshot that is not newer than `to`), compares the events byte by
// byte, and checks the invariants of the state. Ends earlier when the journal does. DATA_LOSS names
// the first record that gives other events. Only reads, also beside a running exchange.
absl::StatusOr<ReplayedState> ReplayTo(journal::FileSystem& file_system,
                                       const std::string& directory, SequenceNumber to);

// First record that the journal still has; nothing when it is empty.
absl::StatusOr<std::optional<SequenceNumber>> OldestRecord(journal::FileSystem& file_system,
                                                           const std::string& directory);

}  // namespace evx::mock_kalshi
