// Commands, and how the stack is.

#include <google/protobuf/util/json_util.h>

#include <utility>

#include "embedded_openapi.h"
#include "evx/core/status.h"
#include "evx/service/version.h"
#include "rest/rest_api.h"
#include "rest/rest_call.h"

namespace evx::gateway {
namespace {

using Json = nlohmann::ordered_json;
using google::protobuf::Message;

std::string ToJsonText(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  // Of a message of ours that can only fail for text that is no UTF-8.
  if (!google::protobuf::util::MessageToJsonString(message, &text, options).ok()) text = "{}";
  return text;
}

net::HttpResponse JsonTextAnswer(std::string text) {
  net::HttpResponse response;
  response.body = std::move(text);
  response.headers.push_back({"Cache-Control", "no-store"});
  return response;
}

// Requests that are commands; the others are of the WebSocket.
bool IsCommand(const v1::ClientMessage& message) {
  switch (message.payload_case()) {
    case v1::ClientMessage::kCreateOrder:
    case v1::ClientMessage::kAmendOrder:
    case v1::ClientMessage::kCancelOrders:
    case v1::ClientMessage::kEmergencyStop:
    case v1::ClientMessage::kLiquidateAll:
    case v1::ClientMessage::kCommand:
    case v1::ClientMessage::kStrategyOverride:
    case v1::ClientMessage::kToggleTts:
    case v1::ClientMessage::kAiQuery:
    case v1::ClientMessage::kCallOperator:
    case v1::ClientMessage::kCreateOrderGroup:
    case v1::ClientMessage::kResetOrderGroup:
      return true;
    case v1::ClientMessage::kSubscribe:
    case v1::ClientMessage::kUnsubscribe:
    case v1::ClientMessage::kPing:
    case v1::ClientMessage::kGetMarket:
    case v1::ClientMessage::kListTrades:
    case v1::ClientMessage::kListCandles:
    case v1::ClientMessage::kListFills:
    case v1::ClientMessage::kListPastOrders:
    case v1::ClientMessage::kListSettlements:
    case v1::ClientMessage::kListEquity:
    case v1::ClientMessage::kListOrderGroups:
    case v1::ClientMessage::kOpenReplay:
    case v1::ClientMessage::kControlReplay:
    case v1::ClientMessage::PAYLOAD_NOT_SET:
      return false;
  }
  return false;
}

RestError ErrorOfRefusal(const v1::Refusal& refusal) {
  int status = refusal.is_retryable() ? 503 : 409;
  if (refusal.reason() == "RoleRequired") status = 403;
  if (refusal.reason() == "BadRequest") status = 400;
  return {status, refusal.reason(), refusal.message(), refusal.is_retryable()};
}

net::HttpResponse ResponseOf(const v1::ServerMessage& answer) {
  if (answer.has_command_result()) return JsonTextAnswer(ToJsonText(answer.command_result()));
  if (answer.has_refusal()) return ToResponse(ErrorOfRefusal(answer.refusal()));
  if (answer.has_answer()) return JsonTextAnswer(ToJsonText(answer.answer()));
  return ToResponse({500, "Internal", "the command has no answer"});
}

Json StatusJson(const absl::Status& status) {
  return status.ok() ? Json("OK") : Json(MessageOf(status));
}

}  // namespace

std::optional<net::HttpResponse> RestApi::RunCommand(Call& call) {
  const std::string_view body = call.request.body();
  v1::ClientMessage message;
  google::protobuf::util::JsonParseOptions options;
  const auto parsed =
      google::protobuf::util::JsonStringToMessage({body.data(), body.size()}, &message, options);
  if (!parsed.ok()) {
    return ToResponse({400, "BadJson", "the body is no command: " + std::string(parsed.message())});
  }
  if (!IsCommand(message)) {
    return ToResponse({400, "BadField", "the body names one command: {\"create_order\": {...}}"});
  }
  const auto respond = call.respond;
  const bool is_posted =
      sources_.post([this, session = call.session, message = std::move(message), respond] {
        sources_.command(session, message,
                         [respond](v1::ServerMessage answer) { respond(ResponseOf(answer)); });
      });
  if (!is_posted) return ToResponse({503, "Unavailable", "the gateway ends", true});
  return std::nullopt;
}

std::optional<net::HttpResponse> RestApi::GetHealth(Call& /*call*/) {
  return JsonTextAnswer(ToJsonText(sources_.health()));
}

std::optional<net::HttpResponse> RestApi::GetStatus(Call& /*call*/) {
  const absl::Status postgres = accounts_.status();
  return JsonAnswer(
      200, {{"service", "gateway"},
            {"version", std::string(service::Version())},
            {"mode", options_.mode},
            {"venue", options_.venue},
            {"time", FormatRfc3339(clock_.Now())},
            {"started_at", FormatRfc3339(started_at_)},
            {"redis", StatusJson(accounts_.sessions().status())},
            {"postgres", StatusJson(postgres.ok() ? accounts_.audit().status() : postgres)},
            {"session_count", accounts_.sessions().known_count()},
            {"audit_waiting_count", accounts_.audit().waiting_count()}});
}

std::optional<net::HttpResponse> RestApi::ListEnvironments(Call& /*call*/) {
  Json environments = Json::array();
  for (const Environment& one : options_.environments) {
    environments.push_back(
        {{"name", one.name}, {"label", one.label}, {"url", one.url}, {"mode", one.mode}});
  }
  return JsonAnswer(200,
                    {{"environments", std::move(environments)}, {"current", options_.environment}});
}

std::optional<net::HttpResponse> RestApi::RefuseSpeech(Call& /*call*/) {
  return ToResponse({501, "ServiceAbsent", "there is no speech service in this release"});
}

std::optional<net::HttpResponse> RestApi::GetOpenApi(Call& /*call*/) {
  net::HttpResponse response;
  response.content_type = "application/yaml";
  response.body = std::string(kOpenapiYaml);
  return response;
}

}  // namespace evx::gateway
