#pragma once

#include <cstdint>
#include <deque>

namespace evx::kafka {

// Which messages of a sequence have been acknowledged, when acknowledgements arrive in any order:
// those of one partition come in order, those of several do not. Memory: a byte for each message
// behind the first that is not acknowledged, so it is bounded by the producer's buffer and by how
// far partitions run apart.
class Acknowledgements {
 public:
  // The number of the next message; the first is 1.
  std::uint64_t Add() {
    pending_.push_back(0);
    return first_pending_ + pending_.size() - 1;
  }
  // Each number once.
  void Acknowledge(std::uint64_t number);

  // Every message up to this one is acknowledged; 0: none.
  std::uint64_t prefix() const { return first_pending_ - 1; }
  std::uint64_t last() const { return first_pending_ + pending_.size() - 1; }

 private:
  std::uint64_t first_pending_ = 1;
  std::deque<std::uint8_t> pending_;  // 1: acknowledged.
};

}  // namespace evx::kafka
