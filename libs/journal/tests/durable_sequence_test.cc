#include "evx/journal/durable_sequence.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <atomic>
#include <random>
#include <thread>
#include <vector>

#include "evx/core/testing/seed.h"

namespace evx::journal {
namespace {

constexpr absl::Duration kLong = absl::Seconds(30);

TEST_CASE("DurableSequence: a wait ends when the value is above, closed, or the time is over") {
  DurableSequence durable(SequenceNumber(7));
  CHECK(durable.WaitBeyond(SequenceNumber(6), absl::ZeroDuration()));
  CHECK_FALSE(durable.WaitBeyond(SequenceNumber(7), absl::Milliseconds(1)));
  std::thread advancer([&] { durable.Advance(SequenceNumber(8)); });
  CHECK(durable.WaitBeyond(SequenceNumber(7), kLong));
  advancer.join();
  std::thread closer([&] { durable.Close(); });
  CHECK_FALSE(durable.WaitBeyond(SequenceNumber(8), kLong));
  closer.join();
  CHECK(durable.WaitBeyond(SequenceNumber(7), kLong));
}

// Those that wait for much are woken for less and must not keep the others from being woken.
TEST_CASE("DurableSequence: waiters for different values each get theirs") {
  constexpr std::uint64_t kLast = 20'000;
  const std::uint32_t seed = evx::testing::TestSeed("DurableSequence");
  DurableSequence durable;
  std::atomic<int> failures = 0;
  std::vector<std::thread> waiters;
  for (std::uint64_t step : {1, 1, 7, 100, 4'999}) {
    waiters.emplace_back([&, step] {
      std::uint64_t seen = 0;
      while (seen < kLast) {
        const std::uint64_t target = std::min(seen + step, kLast);
        if (!durable.WaitBeyond(SequenceNumber(target - 1), kLong)) ++failures;
        seen = durable.Get().value();
        if (seen < target) ++failures;
      }
    });
  }
  std::minstd_rand random(seed);
  for (std::uint64_t value = 0; value < kLast;) {
    value = std::min(kLast, value + random() % 3);
    durable.Advance(SequenceNumber(value));
  }
  for (std::thread& waiter : waiters) waiter.join();
  CHECK(failures == 0);
}

}  // namespace
}  // namespace evx::journal
