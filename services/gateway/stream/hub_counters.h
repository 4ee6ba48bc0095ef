#pragma once

#include <atomic>
#include <cstdint>

namespace evx::gateway {

// What the hub counts; read by scrapes at any time.
struct HubCounters {
  std::atomic<std::uint64_t> news_taken = 0;
  std::atomic<std::uint64_t> news_dropped = 0;  // There are kStreamsMax streams already.
  std::atomic<std::uint64_t> frames_told = 0;   // Each once, for all of its subscribers.
  std::atomic<std::uint64_t> frames_sent = 0;
  std::atomic<std::uint64_t> states_sent = 0;
  std::atomic<std::uint64_t> frames_spared = 0;  // A slow client gets the state later.
  std::atomic<std::uint64_t> resumed = 0;        // Clients that were sent what they had missed.
  std::atomic<std::uint64_t> cut = 0;
};

}  // namespace evx::gateway
