#include "evx/postgres/errors.h"

#include <string>

#include "evx/core/status.h"

namespace evx::postgres {
namespace {

absl::StatusCode CodeOf(std::string_view state) {
  const std::string_view state_class = state.substr(0, 2);
  if (state_class == "08" || state == "53300" || state == "57P01" || state == "57P02" ||
      state == "57P03" || state == "57P04") {
    return absl::StatusCode::kUnavailable;
  }
  if (state == "40001" || state == "40P01" || state == "55P03") return absl::StatusCode::kAborted;
  if (state == "57014") return absl::StatusCode::kDeadlineExceeded;
  if (state_class == "53" || state_class == "54") return absl::StatusCode::kResourceExhausted;
  if (state == "23505") return absl::StatusCode::kAlreadyExists;
  if (state_class == "23") return absl::StatusCode::kFailedPrecondition;
  if (state_class == "22") return absl::StatusCode::kInvalidArgument;
  if (state_class == "28" || state == "42501") return absl::StatusCode::kPermissionDenied;
  if (state == "3D000") return absl::StatusCode::kNotFound;
  return absl::StatusCode::kInternal;
}

}  // namespace

absl::Status StatusOfSqlState(std::string_view sql_state, std::string_view message) {
  std::string text = "postgres: ";
  text.append(message);
  text.append(" (SQLSTATE ").append(sql_state).append(")");
  return absl::Status(CodeOf(sql_state), ToAbsl(text));
}

bool IsRetryable(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsAborted(status) ||
         absl::IsDeadlineExceeded(status) || absl::IsResourceExhausted(status);
}

}  // namespace evx::postgres
