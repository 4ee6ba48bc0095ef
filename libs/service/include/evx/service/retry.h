#pragma once

#include "absl/status/status.h"

// When a service tries again what it needs of another one.

namespace evx::service {

// The other side is away, overloaded or gave no answer: the same may succeed later. What it has
// refused, it will refuse again.
inline bool IsTransient(const absl::Status& status) {
  return status.code() == absl::StatusCode::kUnavailable ||
         status.code() == absl::StatusCode::kDeadlineExceeded ||
         status.code() == absl::StatusCode::kResourceExhausted ||
         status.code() == absl::StatusCode::kUnknown;
}

}  // namespace evx::service
