#include "door/client_request.h"

#include <google/protobuf/util/json_util.h>

#include <string>

#include "door/request_handler.h"
#include "evx/core/status.h"
#include "trading/command_memory.h"
#include "trading/order_commands.h"

namespace evx::gateway {

absl::Status ReadClientMessage(std::string_view bytes, bool is_text, v1::ClientMessage& request) {
  request.Clear();
  if (is_text) {
    const auto status = google::protobuf::util::JsonStringToMessage(std::string(bytes), &request);
    if (!status.ok()) {
      request.Clear();
      return InvalidArgument("the text is not the JSON form of a ClientMessage");
    }
  } else if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    // Half a message is none: its command is not to be answered as if it had been read.
    request.Clear();
    return InvalidArgument("the bytes are no ClientMessage");
  }
  if (request.request_id() < 1) {
    request.clear_request_id();
    return InvalidArgument("request_id must be 1 or more");
  }
  if (request.payload_case() == v1::ClientMessage::PAYLOAD_NOT_SET) {
    return InvalidArgument("the request asks for nothing that is known here");
  }
  return absl::OkStatus();
}

v1::ServerMessage RefusalTo(const v1::ClientMessage& request, std::string_view reason,
                            std::string_view message, bool is_retryable) {
  if (!CommandKindOf(request)) return RefusalOf(reason, message, is_retryable);
  return AnswerOf(RefusedResult(CommandIdOf(request), reason, message, is_retryable));
}

}  // namespace evx::gateway
