#include "evx/core/testing/seed.h"

#include <cstdlib>
#include <iostream>
#include <random>

#include "absl/strings/numbers.h"
#include "evx/core/check.h"

namespace evx::testing {

std::uint32_t TestSeed(std::string_view subject) {
  const char* const text = std::getenv("EVX_TEST_SEED");
  std::uint32_t seed = 0;
  if (text == nullptr || *text == '\0') {
    seed = std::random_device{}();
  } else {
    EVX_CHECK(absl::SimpleAtoi(text, &seed));
  }
  std::cout << subject << ": EVX_TEST_SEED=" << seed << std::endl;
  return seed;
}

}  // namespace evx::testing
