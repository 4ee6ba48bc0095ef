#include "evx/core/backoff.h"

#include <catch2/catch.hpp>

namespace evx {
namespace {

TEST_CASE("Backoff: doubles up to its bound and starts over after a success", "[core]") {
  Backoff backoff(absl::Milliseconds(100), absl::Milliseconds(350));
  CHECK(backoff.Next() == absl::Milliseconds(100));
  CHECK(backoff.Next() == absl::Milliseconds(200));
  CHECK(backoff.Next() == absl::Milliseconds(350));
  CHECK(backoff.Next() == absl::Milliseconds(350));
  backoff.Reset();
  CHECK(backoff.Next() == absl::Milliseconds(100));
}

}  // namespace
}  // namespace evx
