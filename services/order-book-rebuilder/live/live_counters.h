#pragma once

#include <atomic>
#include <cstdint>

namespace evx::order_book_rebuilder {

// What the live doors have done so far, for metrics. Written by the I/O threads, read by any.
struct LiveCounters {
  std::atomic<std::int64_t> reader_count{0};
  std::atomic<std::uint64_t> told{0};    // Messages with news.
  std::atomic<std::uint64_t> spared{0};  // Changes that a state is told in place of.
  std::atomic<std::uint64_t> cut{0};     // Readers that were too slow.
};

}  // namespace evx::order_book_rebuilder
