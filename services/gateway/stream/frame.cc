#include "stream/frame.h"

#include <google/protobuf/util/json_util.h>

#include <string_view>

#include "evx/core/check.h"

namespace evx::gateway {
namespace {

// Of a frame besides its bytes, about.
constexpr std::size_t kOverheadBytes = 96;

std::string Capitals(std::string_view name) {
  std::string result(name);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

std::string JsonOf(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.always_print_primitive_fields = true;
  options.preserve_proto_field_names = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(message, &json, options);
  EVX_CHECK(status.ok());
  return json;
}

// Text of ours or of a market's facts: quotes and control characters are escaped.
std::string Quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') result += '\\';
    result += static_cast<unsigned char>(c) < 0x20 ? '?' : c;
  }
  return result += '"';
}

}  // namespace

Frame::Frame(const v1::ServerMessage& message) : binary_(message.SerializeAsString()) {}

const std::string& Frame::Json() const {
  if (!json_) {
    v1::ServerMessage message;
    EVX_CHECK(message.ParseFromString(binary_));
    json_ = ToJson(message);
  }
  return *json_;
}

std::size_t Frame::byte_count() const { return kOverheadBytes + binary_.size(); }

std::string ToJson(const v1::ServerMessage& message) {
  const auto* const reflection = message.GetReflection();
  const auto* const payload = reflection->GetOneofFieldDescriptor(
      message, v1::ServerMessage::descriptor()->FindOneofByName("payload"));
  std::string json = "{\"type\":";
  json += Quoted(payload == nullptr ? "" : Capitals(payload->name()));
  if (!message.stream().empty()) {
    json += ",\"stream\":" + Quoted(message.stream());
    json += ",\"epoch\":\"" + std::to_string(message.epoch()) + "\"";
    json += ",\"sequence\":\"" + std::to_string(message.sequence()) + "\"";
  }
  if (message.request_id() != 0) {
    json += ",\"request_id\":\"" + std::to_string(message.request_id()) + "\"";
  }
  json += ",\"data\":";
  json += payload == nullptr ? "{}" : JsonOf(reflection->GetMessage(message, payload));
  return json += "}";
}

}  // namespace evx::gateway
