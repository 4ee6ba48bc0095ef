#include "evx/postgres/errors.h"

#include <catch2/catch.hpp>

namespace evx::postgres {
namespace {

TEST_CASE("Errors: each class of SQLSTATE has its code and says whether a repeat can help",
          "[postgres]") {
  struct Case {
    const char* sql_state;
    absl::StatusCode code;
    bool retryable;
  };
  const auto c = GENERATE(Case{"08006", absl::StatusCode::kUnavailable, true},
                          Case{"57P01", absl::StatusCode::kUnavailable, true},
                          Case{"57P03", absl::StatusCode::kUnavailable, true},
                          Case{"53300", absl::StatusCode::kUnavailable, true},
                          Case{"40001", absl::StatusCode::kAborted, true},
                          Case{"40P01", absl::StatusCode::kAborted, true},
                          Case{"57014", absl::StatusCode::kDeadlineExceeded, true},
                          Case{"53100", absl::StatusCode::kResourceExhausted, true},
                          Case{"23505", absl::StatusCode::kAlreadyExists, false},
                          Case{"23514", absl::StatusCode::kFailedPrecondition, false},
                          Case{"22003", absl::StatusCode::kInvalidArgument, false},
                          Case{"28P01", absl::StatusCode::kPermissionDenied, false},
                          Case{"42501", absl::StatusCode::kPermissionDenied, false},
                          Case{"3D000", absl::StatusCode::kNotFound, false},
                          Case{"42601", absl::StatusCode::kInternal, false});
  const absl::Status status = StatusOfSqlState(c.sql_state, "what it said");
  CHECK(status.code() == c.code);
  CHECK(IsRetryable(status) == c.retryable);
  CHECK(status.message() == "postgres: what it said (SQLSTATE " + std::string(c.sql_state) + ")");
}

}  // namespace
}  // namespace evx::postgres
