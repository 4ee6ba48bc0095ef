#pragma once

#include <grpcpp/support/status.h>

#include <string>

#include "absl/status/status.h"

// The one mapping between our errors and those of gRPC: same code, same message. A domain refusal
// that has details (the first order's id of a duplicate) passes them as serialized bytes.

namespace evx::rpc {

grpc::Status ToGrpc(const absl::Status& status, const std::string& details = {});

// A code beyond the standard's 0 to 16 becomes kUnknown. Details stay with the caller.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace evx::rpc
