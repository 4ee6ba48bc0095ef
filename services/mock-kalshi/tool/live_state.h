#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "evx/core/ids.h"

namespace evx::mock_kalshi {

struct LiveState {
  SequenceNumber sequence_number;
  std::uint64_t state_hash = 0;
};

// Asks a running exchange (OperatorService.GetStateHash at `address`) for the hash of its state,
// signed with the operator's credentials: a JSON file with key_id and private_key_path.
absl::StatusOr<LiveState> ReadLiveState(const std::string& address,
                                        const std::string& credentials_file);

}  // namespace evx::mock_kalshi
