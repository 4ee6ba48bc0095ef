#include "accounts/login_limiter.h"

#include <catch2/catch.hpp>
#include <string>

namespace evx::gateway {
namespace {

constexpr AttemptBudget kBudget = {.burst = 3, .interval = absl::Seconds(10)};

Timestamp At(int seconds) { return Timestamp::FromSeconds(1'000 + seconds); }

TEST_CASE("AttemptTable: a burst, then one attempt each interval", "[gateway]") {
  AttemptTable table(kBudget);
  for (int i = 0; i < 3; ++i) CHECK(table.Take("a", At(0)) == absl::ZeroDuration());
  CHECK(table.Take("a", At(0)) == absl::Seconds(10));
  // What was refused costs nothing.
  CHECK(table.Take("a", At(4)) == absl::Seconds(6));
  CHECK(table.Take("a", At(10)) == absl::ZeroDuration());
  CHECK(table.Take("a", At(10)) == absl::Seconds(10));
  CHECK(table.Take("b", At(10)) == absl::ZeroDuration());
  // After a long time the whole burst is there, and no more.
  for (int i = 0; i < 3; ++i) CHECK(table.Take("a", At(10'000)) == absl::ZeroDuration());
  CHECK(table.Take("a", At(10'000)) > absl::ZeroDuration());
}

TEST_CASE("AttemptTable: what is given back can be taken again", "[gateway]") {
  AttemptTable table(kBudget);
  for (int i = 0; i < 100; ++i) {
    CHECK(table.Take("a", At(0)) == absl::ZeroDuration());
    table.GiveBack("a");
  }
  for (int i = 0; i < 3; ++i) CHECK(table.Take("a", At(0)) == absl::ZeroDuration());
  CHECK(table.Take("a", At(0)) == absl::Seconds(10));
}

TEST_CASE("AttemptTable: a flood of names neither grows it nor frees a name that is in it",
          "[gateway]") {
  AttemptTable table(kBudget);
  for (int i = 0; i < 3; ++i) table.Take("guessed", At(0));
  for (std::size_t i = 1; i < AttemptTable::kTableMax; ++i) {
    CHECK(table.Take(std::to_string(i), At(0)) == absl::ZeroDuration());
  }
  CHECK(table.size() == AttemptTable::kTableMax);
  // All further names are one.
  for (int i = 0; i < 3; ++i) {
    CHECK(table.Take("x" + std::to_string(i), At(0)) == absl::ZeroDuration());
  }
  CHECK(table.Take("x3", At(0)) == absl::Seconds(10));
  CHECK(table.size() == AttemptTable::kTableMax);
  CHECK(table.Take("guessed", At(0)) == absl::Seconds(10));
  // Those that are full again make room.
  CHECK(table.Take("x4", At(11)) == absl::ZeroDuration());
  CHECK(table.size() < AttemptTable::kTableMax);
  CHECK(table.Take("guessed", At(11)) == absl::ZeroDuration());
}

TEST_CASE("LoginLimiter: a user is guarded from all addresses, an address from all users",
          "[gateway]") {
  LoginLimiter limiter;
  for (int i = 0; i < kUserAttempts.burst; ++i) {
    CHECK(limiter.Begin("ann", "10.0.0." + std::to_string(i), At(0)) == absl::ZeroDuration());
  }
  CHECK(limiter.Begin("ann", "10.0.1.1", At(0)) == kUserAttempts.interval);
  CHECK(limiter.Begin("bob", "10.0.1.1", At(0)) == absl::ZeroDuration());

  for (int i = 1; i < kAddressAttempts.burst; ++i) {
    CHECK(limiter.Begin("user" + std::to_string(i), "10.0.1.1", At(0)) == absl::ZeroDuration());
  }
  CHECK(limiter.Begin("carl", "10.0.1.1", At(0)) == kAddressAttempts.interval);
  CHECK(limiter.Begin("carl", "10.0.1.2", At(0)) == absl::ZeroDuration());
}

TEST_CASE("LoginLimiter: who signs in with success is not counted", "[gateway]") {
  LoginLimiter limiter;
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(limiter.Begin("ann", "10.0.0.1", At(0)) == absl::ZeroDuration());
    limiter.Succeeded("ann", "10.0.0.1");
  }
}

TEST_CASE("AddressGroup: IPv4 as it is, IPv6 by its first 64 bits", "[gateway]") {
  CHECK(AddressGroup("192.0.2.7") == "192.0.2.7");
  CHECK(AddressGroup("2001:db8:1:2:3:4:5:6") == "2001:db8:1:2::");
  CHECK(AddressGroup("2001:db8:1:2::9") == "2001:db8:1:2::");
  CHECK(AddressGroup("::ffff:192.0.2.7") == "::ffff:192.0.2.7");
  CHECK(AddressGroup("") == "");
}

}  // namespace
}  // namespace evx::gateway
