#include "exchange/request_id.h"

#include <atomic>

namespace evx::mock_kalshi {

std::uint64_t NextRequestId() {
  static std::atomic<std::uint64_t> next = 1;
  return next.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace evx::mock_kalshi
