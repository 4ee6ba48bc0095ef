#include "evx/kalshi/error_body.h"

#include <array>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "json_reader.h"
#include "json_writer.h"

namespace evx::kalshi {
namespace {

constexpr std::array kErrorCodes = {
    error::kBadRequest,        error::kInvalidContentType,  error::kInvalidParameters,
    error::kMissingParameters, error::kAuthenticationError, error::kSignatureMissing,
    error::kTimestampExpired,  error::kPermissionDenied,    error::kInvalidOrder,
    error::kInvalidPrice,      error::kInvalidOrderSize,    error::kInsufficientBalance,
    error::kOrderIdMismatch,   error::kOrderSideMismatch,   error::kOrderTickerMismatch,
    error::kMarketInactive,    error::kOrderGroupTriggered, error::kTooManyOpenOrders,
    error::kNotFound,          error::kMarketNotFound,      error::kUserNotFound,
    error::kMethodNotAllowed,  error::kOrderAlreadyExists,  error::kFillOrKillInsufficientVolume,
    error::kTradingIsPaused,   error::kExchangeIsPaused,    error::kTransferAlreadyExists,
    error::kDeprecatedV1Order, error::kBodyTooLarge,        error::kTooManyRequests,
    error::kInternal,          error::kNotImplemented,      error::kServiceUnavailable,
};

// How much of a body in no known form is kept.
constexpr std::size_t kUnknownBodyBytesMax = 200;

// A member of a Status made by ToStatus.
constexpr char kVenueCodePayload[] = "evx.kalshi/code";

void WriteCodeMembers(JsonWriter& json, const Error& error, bool always_details) {
  json.String("code", error.code);
  json.String("message", error.message);
  if (always_details || !error.details.empty()) json.String("details", error.details);
}

absl::StatusCode CanonicalCode(const Error& error) {
  switch (error.http_status) {
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
      return absl::StatusCode::kNotFound;
    case 409:
      return error.code == error::kOrderAlreadyExists.code ||
                     error.code == error::kTransferAlreadyExists.code
                 ? absl::StatusCode::kAlreadyExists
                 : absl::StatusCode::kFailedPrecondition;
    case 410:
    case 501:
      return absl::StatusCode::kUnimplemented;
    case 429:
      return absl::StatusCode::kResourceExhausted;
    case 408:
    case 504:
      return absl::StatusCode::kDeadlineExceeded;
    default:
      return error.http_status >= 500 ? absl::StatusCode::kUnavailable
                                      : absl::StatusCode::kInvalidArgument;
  }
}

// Takes code, message and details from `object`; what is absent stays empty.
void ReadCodeMembers(ObjectReader& object, Error& error) {
  error.code = object.String("code").value_or("");
  error.message = object.String("message").value_or("");
  error.details = object.String("details").value_or("");
}

}  // namespace

std::span<const ErrorCode> ErrorCodes() { return kErrorCodes; }

const ErrorCode* FindErrorCode(std::string_view code) {
  for (const ErrorCode& row : kErrorCodes) {
    if (row.code == code) return &row;
  }
  return nullptr;
}

Error MakeError(const ErrorCode& code, std::string_view details) {
  return {code.http_status, code.form, std::string(code.code), std::string(code.message),
          std::string(details)};
}

Error MakeParameterError(std::string_view operation, std::string_view fault) {
  Error error = MakeError(error::kParameterValidation);
  error.message = absl::StrFormat("Parameter validation failed for %s: %s", operation, fault);
  return error;
}

void AppendErrorBody(std::string& out, const Error& error) {
  JsonWriter json(out);
  json.BeginObject();
  switch (error.form) {
    case ErrorForm::kNested:
      json.Key("error");
      json.BeginObject();
      WriteCodeMembers(json, error, false);
      json.EndObject();
      break;
    case ErrorForm::kFlat:
      WriteCodeMembers(json, error, false);
      break;
    case ErrorForm::kParameter:
      json.String("msg", error.message);
      break;
    case ErrorForm::kRateLimit:
      json.String("error", error.message);
      break;
  }
  json.EndObject();
}

std::string ErrorBody(const Error& error) {
  std::string out;
  AppendErrorBody(out, error);
  return out;
}

void AppendBatchItemError(std::string& out, const Error& error) {
  JsonWriter json(out);
  json.BeginObject();
  WriteCodeMembers(json, error, true);
  json.EndObject();
}

Error ParseError(int http_status, std::string_view body) {
  Error error;
  error.http_status = http_status;
  auto root = JsonDocument::Shared().ParseObject(body);
  if (!root.ok()) {
    error.message = std::string(body.substr(0, kUnknownBodyBytesMax));
    return error;
  }
  ObjectReader top = *root;
  if (auto nested = top.TryObject("error")) {
    ReadCodeMembers(*nested, error);
  } else if (const auto text = top.String("error")) {
    error.form = ErrorForm::kRateLimit;
    error.message = *text;
    if (http_status == 429) error.code = error::kTooManyRequests.code;
  } else if (const auto msg = top.String("msg")) {
    error.form = ErrorForm::kParameter;
    error.message = *msg;
  } else {
    error.form = ErrorForm::kFlat;
    ReadCodeMembers(top, error);
  }
  return error;
}

absl::Status ToStatus(const Error& error) {
  std::string message = error.code;
  for (const std::string* part : {&error.message, &error.details}) {
    if (part->empty()) continue;
    if (!message.empty()) message += ": ";
    message += *part;
  }
  absl::Status status(CanonicalCode(error),
                      ToAbsl(absl::StrFormat("%s (HTTP %d)", message, error.http_status)));
  if (!error.code.empty()) status.SetPayload(kVenueCodePayload, absl::Cord(ToAbsl(error.code)));
  return status;
}

std::string VenueCode(const absl::Status& status) {
  const auto payload = status.GetPayload(kVenueCodePayload);
  if (!payload) return {};
  return std::string(*payload);
}

}  // namespace evx::kalshi
