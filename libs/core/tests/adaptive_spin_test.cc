#include "evx/core/adaptive_spin.h"

#include <catch2/catch.hpp>

#include <vector>

namespace evx {
namespace {

// How often `Wait` looks when nothing ever comes: once before it decides, more when it spins.
int LooksInVain(AdaptiveSpin& spin) {
  int looks = 0;
  spin.Wait([&looks] {
    ++looks;
    return false;
  });
  return looks;
}

// How many waits are left out between a spin in vain and the next.
int SkippedBeforeNextSpin(AdaptiveSpin& spin) {
  int skipped = 0;
  while (LooksInVain(spin) == 1) ++skipped;
  return skipped;
}

TEST_CASE("AdaptiveSpin: spins in vain become rare and stay bounded") {
  AdaptiveSpin spin(absl::Microseconds(20));
  REQUIRE(LooksInVain(spin) > 1);
  std::vector<int> skipped;
  for (int i = 0; i < 9; ++i) skipped.push_back(SkippedBeforeNextSpin(spin));
  CHECK(skipped == std::vector<int>{1, 2, 4, 8, 16, 32, 64, 64, 64});
}

TEST_CASE("AdaptiveSpin: one that finds work makes the next waits spin again") {
  AdaptiveSpin spin(absl::Seconds(100));
  int looks = 0;
  const auto at_the_third_look = [&looks] { return ++looks % 3 == 0; };
  for (int wait = 1; wait <= 5; ++wait) {
    spin.Wait(at_the_third_look);
    CHECK(looks == 3 * wait);
  }
}

TEST_CASE("AdaptiveSpin: after waits that were left out a find counts as any other") {
  AdaptiveSpin spin(absl::Microseconds(20));
  REQUIRE(LooksInVain(spin) > 1);
  REQUIRE(SkippedBeforeNextSpin(spin) == 1);
  REQUIRE(LooksInVain(spin) == 1);
  REQUIRE(LooksInVain(spin) == 1);
  int looks = 0;
  spin.Wait([&looks] { return ++looks == 2; });
  REQUIRE(looks == 2);
  CHECK(LooksInVain(spin) > 1);
}

TEST_CASE("AdaptiveSpin: work that is there already and a length of 0 cost one look or none") {
  AdaptiveSpin spin(absl::Seconds(100));
  int looks = 0;
  spin.Wait([&looks] { return ++looks > 0; });
  CHECK(looks == 1);
  AdaptiveSpin never(absl::ZeroDuration());
  CHECK(LooksInVain(never) == 0);
}

}  // namespace
}  // namespace evx
