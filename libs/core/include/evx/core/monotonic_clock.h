#pragma once

#include <cstdint>

namespace evx {

// Nanoseconds of the machine's monotonic clock, for measuring and for time limits: not affected
// when wall time is set. Never an input of anything that is replayed. About 20 ns.
std::int64_t MonotonicNanos();

}  // namespace evx
