#include "rest/rest_error.h"

#include <nlohmann/json.hpp>

#include "evx/core/status.h"

namespace evx::gateway {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kShownBytesMax = 128;

}  // namespace

net::HttpResponse ToResponse(const RestError& error) {
  Json body = {
      {"reason", error.reason}, {"message", error.message}, {"is_retryable", error.is_retryable}};
  if (!error.field.empty()) body["field"] = error.field;
  if (error.value) body["value"] = error.value->substr(0, kShownBytesMax);
  if (!error.limit.empty()) body["limit"] = error.limit;
  net::HttpResponse response;
  response.status = error.status;
  // What a client sent may come back in it, and need not be UTF-8.
  response.body = Json{{"error", body}}.dump(-1, ' ', false, Json::error_handler_t::replace);
  response.headers.push_back({"Cache-Control", "no-store"});
  if (error.retry_after > absl::ZeroDuration()) {
    const std::int64_t seconds =
        absl::ToInt64Seconds(error.retry_after + absl::Seconds(1) - absl::Nanoseconds(1));
    response.headers.push_back({"Retry-After", std::to_string(seconds)});
  }
  return response;
}

RestError BadField(std::string_view field, std::optional<std::string> value,
                   std::string_view limit) {
  RestError error;
  error.reason = "BadField";
  error.message = std::string(field) + " takes " + std::string(limit);
  if (value) error.message += ", not \"" + value->substr(0, kShownBytesMax) + "\"";
  error.field = field;
  error.value = std::move(value);
  error.limit = limit;
  return error;
}

RestError ErrorOf(const absl::Status& status) {
  const std::string message = MessageOf(status);
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
      return {400, "BadField", message};
    case absl::StatusCode::kUnauthenticated:
      return {401, "SignInRequired", message};
    case absl::StatusCode::kPermissionDenied:
      return {403, "RoleRequired", message};
    case absl::StatusCode::kNotFound:
      return {404, "NotFound", message};
    case absl::StatusCode::kAlreadyExists:
      return {409, "AlreadyExists", message};
    case absl::StatusCode::kFailedPrecondition:
      return {409, "NotNow", message};
    case absl::StatusCode::kResourceExhausted:
      return {503, "Full", message, true};
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kAborted:
      return {503, "Unavailable", message, true};
    default:
      return {500, "Internal", message};
  }
}

}  // namespace evx::gateway
