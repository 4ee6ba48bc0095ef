#pragma once

#include <cstdint>

namespace evx::integration {

// What the program that is killed says on its standard output, one of these at a time.
struct CrashReport {
  enum class Kind : std::uint32_t {
    kCreated,     // Acknowledged: the order is durable.
    kCancelSent,  // About to be sent: the order may be gone from now on.
    kCanceled,    // Acknowledged.
  };
  Kind kind = Kind::kCreated;
  std::uint32_t account = 0;
  std::uint64_t order_id = 0;
  std::uint64_t client_number = 0;  // Its client order id is this number as text.
  // In a market where nothing trades, so that only a cancel ends it.
  bool is_quiet = false;
};

inline constexpr std::uint32_t kMarketCount = 20;
inline constexpr std::uint32_t kAccountCount = 20;
// Markets 1..10 never trade.
inline constexpr std::uint32_t kQuietMarketCount = 10;

}  // namespace evx::integration
