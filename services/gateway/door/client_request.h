#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "evx/gateway/v1/gateway_messages.pb.h"

namespace evx::gateway {

// Reads what a client has sent: Protobuf, or as text its JSON form. INVALID_ARGUMENT: it is no
// request; `request` may have its request_id then.
absl::Status ReadClientMessage(std::string_view bytes, bool is_text, v1::ClientMessage& request);

}  // namespace evx::gateway
