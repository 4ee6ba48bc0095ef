#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"

// The error bodies of the venue's REST API and every code that appears in them.

namespace evx::kalshi {

enum class ErrorForm : std::uint8_t {
  kNested,     // {"error":{"code":..,"message":..,"details":..}}: a refusal by API or exchange.
  kFlat,       // {"code":..,"message":..,"details":..}: a body that cannot be read.
  kParameter,  // {"msg":..}: a query parameter out of its range.
  kRateLimit,  // {"error":"too many requests"}.
};

// One row of the table of codes: what a code means on the wire.
struct ErrorCode {
  std::string_view code;
  int http_status;
  std::string_view message;
  ErrorForm form = ErrorForm::kNested;
};

// A refusal, ready to be written or just read. `details` is left out of the body when empty.
struct Error {
  int http_status = 500;
  ErrorForm form = ErrorForm::kNested;
  std::string code;
  std::string message;
  std::string details;

  friend bool operator==(const Error&, const Error&) = default;
};

namespace error {

// Bodies and parameters.
inline constexpr ErrorCode kBadRequest = {"bad_request", 400, "bad request", ErrorForm::kFlat};
inline constexpr ErrorCode kInvalidContentType = {"invalid_content_type", 400,
                                                  "invalid content type", ErrorForm::kFlat};
inline constexpr ErrorCode kParameterValidation = {"", 400, "Parameter validation failed",
                                                   ErrorForm::kParameter};
inline constexpr ErrorCode kInvalidParameters = {"invalid_parameters", 400, "invalid parameters"};
inline constexpr ErrorCode kMissingParameters = {"missing_parameters", 400, "missing parameters"};

// Identity of the caller.
inline constexpr ErrorCode kAuthenticationError = {"authentication_error", 401,
                                                   "authentication error"};
inline constexpr ErrorCode kSignatureMissing = {"signature_is_missing_from_headers", 401,
                                                "signature is missing from headers"};
inline constexpr ErrorCode kTimestampExpired = {"header_timestamp_expired", 401,
                                                "header timestamp expired"};
inline constexpr ErrorCode kPermissionDenied = {"permission_denied", 403, "permission denied"};
// Details of kAuthenticationError.
inline constexpr std::string_view kDetailsBadSignature = "INCORRECT_API_KEY_SIGNATURE";
inline constexpr std::string_view kDetailsUnknownKey = "NOT_FOUND";

// Orders. Source: rest.md section 3 of the venue's notes.
inline constexpr ErrorCode kInvalidOrder = {"invalid_order", 400, "invalid order"};
inline constexpr ErrorCode kInvalidPrice = {"invalid_price", 400, "invalid price"};
inline constexpr ErrorCode kInvalidOrderSize = {"invalid_order_size", 400, "invalid order size"};
inline constexpr ErrorCode kInsufficientBalance = {"insufficient_balance", 400,
                                                   "insufficient balance"};
inline constexpr ErrorCode kOrderIdMismatch = {"order_id_and_client_order_id_mismatch", 400,
                                               "order id and client order id mismatch"};
inline constexpr ErrorCode kOrderSideMismatch = {"order_side_mismatch", 400, "order side mismatch"};
inline constexpr ErrorCode kOrderTickerMismatch = {"order_ticker_mismatch", 400,
                                                   "order ticker mismatch"};
inline constexpr ErrorCode kMarketInactive = {"market_inactive", 400, "market inactive"};
inline constexpr ErrorCode kOrderGroupTriggered = {"exceeded_order_group_risk_limit", 400,
                                                   "exceeded order group risk limit"};
inline constexpr ErrorCode kTooManyOpenOrders = {"too_many_open_orders", 400,
                                                 "too many open orders"};
inline constexpr ErrorCode kNotFound = {"not_found", 404, "not found"};
inline constexpr ErrorCode kMarketNotFound = {"market_not_found", 404, "market not found"};
inline constexpr ErrorCode kUserNotFound = {"user_not_found", 404, "user not found"};
inline constexpr ErrorCode kMethodNotAllowed = {"method_not_allowed", 405, "method not allowed"};
inline constexpr ErrorCode kOrderAlreadyExists = {"order_already_exists", 409,
                                                  "order already exists"};
inline constexpr ErrorCode kFillOrKillInsufficientVolume = {
    "fill_or_kill_insufficient_resting_volume", 409, "fill or kill insufficient resting volume"};
inline constexpr ErrorCode kTradingIsPaused = {"trading_is_paused", 409, "trading is paused"};
inline constexpr ErrorCode kExchangeIsPaused = {"exchange_is_paused", 409, "exchange is paused"};
inline constexpr ErrorCode kTransferAlreadyExists = {"transfer_already_exists", 409,
                                                     "transfer already exists"};
inline constexpr ErrorCode kDeprecatedV1Order = {
    "deprecated_v1_order_endpoint", 410,
    "this endpoint was removed; use the V2 order endpoints under /portfolio/events/orders"};
// Details of kInvalidOrder.
inline constexpr std::string_view kDetailsPostOnlyCross = "post only cross";

// The service itself.
inline constexpr ErrorCode kBodyTooLarge = {"request_entity_too_large", 413,
                                            "request entity too large"};
inline constexpr ErrorCode kTooManyRequests = {"too_many_requests", 429, "too many requests",
                                               ErrorForm::kRateLimit};
inline constexpr ErrorCode kInternal = {"internal_server_error", 500, "internal server error"};
inline constexpr ErrorCode kNotImplemented = {"not_implemented", 501, "not implemented"};
inline constexpr ErrorCode kServiceUnavailable = {"service_unavailable", 503,
                                                  "service unavailable"};

}  // namespace error

// Every code above, for lookups and tests.
std::span<const ErrorCode> ErrorCodes();
// Nothing for a code that is not in the table.
const ErrorCode* FindErrorCode(std::string_view code);

Error MakeError(const ErrorCode& code, std::string_view details = {});
// Form 3: "Parameter validation failed for <operation>: <fault>".
Error MakeParameterError(std::string_view operation, std::string_view fault);

// Appends the whole body in the error's form.
void AppendErrorBody(std::string& out, const Error& error);
std::string ErrorBody(const Error& error);
// Appends the object of a failed batch item: code, message and details, which is always present.
void AppendBatchItemError(std::string& out, const Error& error);

// Reads any of the four forms; a body in none of them (a proxy's page) becomes code "" with the
// start of the body as message. For clients.
Error ParseError(int http_status, std::string_view body);

// The error as a Status. Code by HTTP status: 400 INVALID_ARGUMENT, 401 UNAUTHENTICATED, 403
// PERMISSION_DENIED, 404 NOT_FOUND, 409 ALREADY_EXISTS for a duplicate and FAILED_PRECONDITION
// otherwise, 410 and 501 UNIMPLEMENTED, 429 RESOURCE_EXHAUSTED, 408 and 504 DEADLINE_EXCEEDED,
// other 5xx UNAVAILABLE. The message starts with the venue's code.
absl::Status ToStatus(const Error& error);

// The venue's code in a Status made by ToStatus ("order_already_exists"); empty for others.
std::string VenueCode(const absl::Status& status);

}  // namespace evx::kalshi
