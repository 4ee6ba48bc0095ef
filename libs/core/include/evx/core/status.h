#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"

// The packaged Abseil has its own string_view; this is the one place that converts.

namespace evx {

inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

inline absl::Status InvalidArgument(std::string_view message) {
  return absl::InvalidArgumentError(ToAbsl(message));
}
inline absl::Status NotFound(std::string_view message) {
  return absl::NotFoundError(ToAbsl(message));
}
inline absl::Status FailedPrecondition(std::string_view message) {
  return absl::FailedPreconditionError(ToAbsl(message));
}
inline absl::Status Unavailable(std::string_view message) {
  return absl::UnavailableError(ToAbsl(message));
}
inline absl::Status Internal(std::string_view message) {
  return absl::InternalError(ToAbsl(message));
}
inline absl::Status ResourceExhausted(std::string_view message) {
  return absl::ResourceExhaustedError(ToAbsl(message));
}
inline absl::Status DataLoss(std::string_view message) {
  return absl::DataLossError(ToAbsl(message));
}
inline absl::Status Unauthenticated(std::string_view message) {
  return absl::UnauthenticatedError(ToAbsl(message));
}
inline absl::Status PermissionDenied(std::string_view message) {
  return absl::PermissionDeniedError(ToAbsl(message));
}
inline absl::Status AlreadyExists(std::string_view message) {
  return absl::AlreadyExistsError(ToAbsl(message));
}

inline std::string MessageOf(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

}  // namespace evx

// Returns from the calling function when `expression` is not OK.
#define EVX_RETURN_IF_ERROR(expression)                               \
  do {                                                                \
    if (::absl::Status evx_status = (expression); !evx_status.ok()) { \
      return evx_status;                                              \
    }                                                                 \
  } while (false)

#define EVX_STATUS_CONCAT_INNER(a, b) a##b
#define EVX_STATUS_CONCAT(a, b) EVX_STATUS_CONCAT_INNER(a, b)

// EVX_ASSIGN_OR_RETURN(auto value, Function()): assigns, or returns the error.
#define EVX_ASSIGN_OR_RETURN(declaration, expression) \
  EVX_ASSIGN_OR_RETURN_IMPL(EVX_STATUS_CONCAT(evx_status_or_, __LINE__), declaration, expression)
#define EVX_ASSIGN_OR_RETURN_IMPL(result, declaration, expression) \
  auto result = (expression);                                      \
  if (!result.ok()) return result.status();                        \
  declaration = *std::move(result)
