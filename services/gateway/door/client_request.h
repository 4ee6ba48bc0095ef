#pragma once

#include <string_view>

#include "absl/status/status.h"
#include "evx/gateway/v1/gateway_messages.pb.h"

namespace evx::gateway {

// Reads what a client has sent: Protobuf, or as text its JSON form. INVALID_ARGUMENT: it is no
// request; `request` may have its request_id then.
absl::Status ReadClientMessage(std::string_view bytes, bool is_text, v1::ClientMessage& request);

// The answer that says no to a request: to a command a CommandResult with its id, so that whoever
// waits for the end of a command needs to know one message only; to any other request a Refusal.
v1::ServerMessage RefusalTo(const v1::ClientMessage& request, std::string_view reason,
                            std::string_view message, bool is_retryable);

}  // namespace evx::gateway
