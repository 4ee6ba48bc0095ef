#pragma once

#include <cstdint>

namespace evx::mock_kalshi {

// The number of a request in the audit trail: from 1 on, never the same twice in this process,
// whatever the door. Thread-safe.
std::uint64_t NextRequestId();

}  // namespace evx::mock_kalshi
