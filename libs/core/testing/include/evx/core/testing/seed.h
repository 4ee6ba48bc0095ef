#pragma once

#include <cstdint>
#include <string_view>

namespace evx::testing {

// The seed of a test with random input: a fresh one, or that of EVX_TEST_SEED, which repeats a run.
// Printed as "<subject>: EVX_TEST_SEED=<seed>".
std::uint32_t TestSeed(std::string_view subject);

}  // namespace evx::testing
