#pragma once

#include <atomic>
#include <cstdint>

namespace evx::order_book_rebuilder {

// What a replay has done so far, for metrics. Written by the thread of the film, read by any.
struct ReplayCounters {
  std::atomic<std::uint64_t> frames_sent{0};  // To clients, snapshots included.
  std::atomic<std::int64_t> client_count{0};
  std::atomic<std::uint64_t> messages_published{0};  // Acknowledged by Kafka.
  std::atomic<std::int64_t> position_nanos{0};       // The film's time.
};

}  // namespace evx::order_book_rebuilder
