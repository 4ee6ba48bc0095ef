#include "evx/feed/send_gate.h"

#include <catch2/catch.hpp>

namespace evx::feed {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

TEST_CASE("SendGate: a client is full until it has taken nearly all", "[feed]") {
  SendGate gate;
  gate.OnSent(SendGate::kFullBytes - 1, 0);
  CHECK_FALSE(gate.is_full());
  gate.OnSent(SendGate::kFullBytes, 0);
  CHECK(gate.is_full());
  CHECK(gate.OnTick(SendGate::kResumeBytes + 1, kSecond));
  CHECK(gate.is_full());
  CHECK(gate.OnTick(SendGate::kResumeBytes, 2 * kSecond));
  CHECK_FALSE(gate.is_full());
}

TEST_CASE("SendGate: a client that is full for too long is too slow", "[feed]") {
  SendGate gate;
  gate.OnSent(SendGate::kFullBytes, kSecond);
  gate.OnSent(2 * SendGate::kFullBytes, 9 * kSecond);
  CHECK(gate.OnTick(SendGate::kFullBytes, kSecond + SendGate::kFullNanosMax - 1));
  CHECK_FALSE(gate.OnTick(SendGate::kFullBytes, kSecond + SendGate::kFullNanosMax));
  // What was full once may be full again, from then on.
  CHECK(gate.OnTick(0, kSecond + SendGate::kFullNanosMax));
  gate.OnSent(SendGate::kFullBytes, 30 * kSecond);
  CHECK(gate.OnTick(SendGate::kFullBytes, 31 * kSecond));
}

}  // namespace
}  // namespace evx::feed
