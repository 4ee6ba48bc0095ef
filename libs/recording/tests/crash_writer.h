#pragma once

#include <cstdint>
#include <string>

#include "evx/core/clock.h"

// What the program that is killed writes, and the test expects: frame i of a recording.

namespace evx::recording {

inline std::string CrashFrameText(std::uint64_t i) {
  return "{\"type\":\"orderbook_delta\",\"sid\":1,\"seq\":" + std::to_string(i) +
         ",\"msg\":{\"market_ticker\":\"M-" + std::to_string(i % 5) + "\",\"pad\":\"" +
         std::string(i * i % 301, 'x') + "\"}}";
}

// A new hour every 600 frames.
inline Timestamp CrashFrameTime(std::uint64_t i) {
  return Timestamp::FromSeconds(1'786'406'400 + static_cast<std::int64_t>(i) * 6);
}

}  // namespace evx::recording
