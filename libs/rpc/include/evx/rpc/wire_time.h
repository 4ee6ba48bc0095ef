#pragma once

#include <google/protobuf/timestamp.pb.h>

#include <string_view>

#include "absl/status/statusor.h"
#include "evx/core/clock.h"

namespace evx::rpc {

// INVALID_ARGUMENT names the field when it is not between 1970-01-01 and 2262-04-11.
absl::StatusOr<Timestamp> ReadTime(std::string_view field, const google::protobuf::Timestamp& time);
void SetTime(Timestamp time, google::protobuf::Timestamp& out);

}  // namespace evx::rpc
