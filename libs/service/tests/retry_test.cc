#include "evx/service/retry.h"

#include <catch2/catch.hpp>

#include "evx/core/status.h"

namespace evx::service {
namespace {

TEST_CASE("IsTransient: what the other side may take later, and nothing it has refused",
          "[service]") {
  for (const absl::Status& status :
       {Unavailable("away"), ResourceExhausted("busy"), absl::DeadlineExceededError("late"),
        absl::UnknownError("no answer")}) {
    CHECK(IsTransient(status));
  }
  for (const absl::Status& status :
       {absl::OkStatus(), InvalidArgument("bad"), NotFound("none"), AlreadyExists("twice"),
        FailedPrecondition("closed"), Unauthenticated("who"), Internal("bug")}) {
    CHECK_FALSE(IsTransient(status));
  }
}

}  // namespace
}  // namespace evx::service
