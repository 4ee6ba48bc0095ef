#pragma once

#include <atomic>
#include <cstdint>

namespace evx::gateway {

// What the door counts; read by scrapes at any time.
struct DoorCounters {
  std::atomic<std::uint64_t> sockets_open = 0;
  std::atomic<std::uint64_t> handshakes_refused = 0;
  std::atomic<std::uint64_t> sessions_missing = 0;  // Closed because there was none.
  std::atomic<std::uint64_t> sessions_ended = 0;    // Closed because theirs was over.
  std::atomic<std::uint64_t> requests = 0;
  std::atomic<std::uint64_t> requests_malformed = 0;
  std::atomic<std::uint64_t> requests_limited = 0;
  std::atomic<std::uint64_t> floods_closed = 0;
  std::atomic<std::uint64_t> slow_closed = 0;
  std::atomic<std::uint64_t> backlog = 0;  // News that wait for the I/O thread.
  std::atomic<std::uint64_t> streams = 0;
  std::atomic<std::uint64_t> subscriptions = 0;
};

}  // namespace evx::gateway
