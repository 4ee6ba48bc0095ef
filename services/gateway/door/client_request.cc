#include "door/client_request.h"

#include <google/protobuf/util/json_util.h>

#include <string>

#include "evx/core/status.h"

namespace evx::gateway {

absl::Status ReadClientMessage(std::string_view bytes, bool is_text, v1::ClientMessage& request) {
  request.Clear();
  if (is_text) {
    const auto status = google::protobuf::util::JsonStringToMessage(std::string(bytes), &request);
    if (!status.ok()) return InvalidArgument("the text is not the JSON form of a ClientMessage");
  } else if (!request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
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

}  // namespace evx::gateway
