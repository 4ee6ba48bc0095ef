#pragma once

#include <cstddef>
#include <cstdint>

namespace evx::feed {

// Whether a client takes what it is sent. It is full once kFullBytes wait for it, and stays so
// until it has taken all but kResumeBytes; who is full for kFullNanosMax is too slow. Meanwhile its
// door sends nothing and keeps of each thing the latest only.
//
// Times are MonotonicNanos. Not thread-safe.
class SendGate {
 public:
  static constexpr std::size_t kFullBytes = std::size_t{1} << 20;
  static constexpr std::size_t kResumeBytes = std::size_t{256} << 10;
  static constexpr std::int64_t kFullNanosMax = 10'000'000'000;

  bool is_full() const { return is_full_; }
  // Behind a send: so much waits for the client.
  void OnSent(std::size_t unsent_bytes, std::int64_t now);
  // Now and then. False: the client is too slow.
  [[nodiscard]] bool OnTick(std::size_t unsent_bytes, std::int64_t now);

 private:
  bool is_full_ = false;
  std::int64_t full_since_ = 0;
};

}  // namespace evx::feed
