#pragma once

#include <cstdint>
#include <ctime>

#include "evx/core/check.h"

// What the benchmarks share.

namespace evx::testing {

// Processor time of this thread: what other processes do to the machine disturbs it least.
inline double ThreadCpuSeconds() {
  timespec time{};
  EVX_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// How often a second of this thread `operation` can be done, measured over `seconds`.
template <class Operation>
double OperationsPerSecond(double seconds, Operation operation) {
  constexpr int kBatch = 64;
  const double start = ThreadCpuSeconds();
  double elapsed = 0;
  long count = 0;
  do {
    for (int i = 0; i < kBatch; ++i) operation();
    count += kBatch;
    elapsed = ThreadCpuSeconds() - start;
  } while (elapsed < seconds);
  return static_cast<double>(count) / elapsed;
}

// SplitMix64: the same workload everywhere.
class SplitMix64 {
 public:
  explicit SplitMix64(std::uint64_t seed) : state_(seed) {}
  std::uint64_t Next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // 0 .. bound - 1.
  std::uint32_t Below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((Next() >> 32) * bound >> 32);
  }

 private:
  std::uint64_t state_;
};

}  // namespace evx::testing
