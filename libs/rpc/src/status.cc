#include "evx/rpc/status.h"

#include "evx/core/status.h"

namespace evx::rpc {

// Both enumerations are the canonical codes, so the numbers agree.
static_assert(static_cast<int>(absl::StatusCode::kInvalidArgument) ==
              grpc::StatusCode::INVALID_ARGUMENT);
static_assert(static_cast<int>(absl::StatusCode::kUnauthenticated) ==
              grpc::StatusCode::UNAUTHENTICATED);

grpc::Status ToGrpc(const absl::Status& status, const std::string& details) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), MessageOf(status), details);
}

absl::Status FromGrpc(const grpc::Status& status) {
  const int code = status.error_code();
  const bool known = code >= grpc::StatusCode::OK && code <= grpc::StatusCode::UNAUTHENTICATED;
  return absl::Status(known ? static_cast<absl::StatusCode>(code) : absl::StatusCode::kUnknown,
                      ToAbsl(status.error_message()));
}

}  // namespace evx::rpc
