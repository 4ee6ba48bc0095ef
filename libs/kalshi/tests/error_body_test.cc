#include "evx/kalshi/error_body.h"

#include <catch2/catch.hpp>
#include <set>

#include "evx/kalshi/signing.h"

namespace evx::kalshi {
namespace {

TEST_CASE("ErrorBody: each form is written as the venue writes it", "[kalshi]") {
  CHECK(ErrorBody(MakeError(error::kNotFound)) ==
        R"({"error":{"code":"not_found","message":"not found"}})");
  CHECK(ErrorBody(MakeError(error::kInvalidOrder, error::kDetailsPostOnlyCross)) ==
        R"({"error":{"code":"invalid_order","message":"invalid order",)"
        R"("details":"post only cross"}})");
  CHECK(ErrorBody(MakeError(error::kBadRequest, "price must be a string")) ==
        R"({"code":"bad_request","message":"bad request","details":"price must be a string"})");
  CHECK(
      ErrorBody(MakeParameterError("GetMarkets", "limit is 1001, outside 0 to 1000")) ==
      R"({"msg":"Parameter validation failed for GetMarkets: limit is 1001, outside 0 to 1000"})");
  CHECK(ErrorBody(MakeError(error::kTooManyRequests)) == R"({"error":"too many requests"})");
}

TEST_CASE("ErrorBody: a batch item's error always has details", "[kalshi]") {
  std::string out;
  AppendBatchItemError(out, MakeError(error::kNotFound));
  CHECK(out == R"({"code":"not_found","message":"not found","details":""})");
}

TEST_CASE("ErrorBody: text from outside is escaped", "[kalshi]") {
  CHECK(ErrorBody(MakeError(error::kBadRequest, "a\"b\\\n\x01\xff\xc3\xa9")) ==
        "{\"code\":\"bad_request\",\"message\":\"bad request\","
        "\"details\":\"a\\\"b\\\\\\n\\u0001\xef\xbf\xbd\xc3\xa9\"}");
}

TEST_CASE("ErrorBody: every code is read back from its own body", "[kalshi]") {
  std::set<std::string_view> seen;
  for (const ErrorCode& row : ErrorCodes()) {
    INFO(std::string(row.code));
    CHECK(seen.insert(row.code).second);
    CHECK(row.http_status >= 400);
    CHECK(FindErrorCode(row.code)->http_status == row.http_status);
    const Error error =
        MakeError(row, row.form == ErrorForm::kRateLimit ? "" : std::string_view("why"));
    CHECK(ParseError(row.http_status, ErrorBody(error)) == error);
    CHECK(VenueCode(ToStatus(error)) == row.code);
  }
  CHECK(FindErrorCode("no_such_code") == nullptr);
}

TEST_CASE("ErrorBody: a body in no known form keeps its start as message", "[kalshi]") {
  const Error error = ParseError(502, "<html>bad gateway</html>");
  CHECK(error.code.empty());
  CHECK(error.message == "<html>bad gateway</html>");
  CHECK(ToStatus(error).code() == absl::StatusCode::kUnavailable);
  CHECK(VenueCode(ToStatus(error)).empty());
  CHECK(ParseError(500, std::string(100'000, 'x')).message.size() == 200);
}

TEST_CASE("ErrorBody: the canonical code follows the HTTP status", "[kalshi]") {
  const auto code = [](const ErrorCode& row) { return ToStatus(MakeError(row)).code(); };
  CHECK(code(error::kInvalidPrice) == absl::StatusCode::kInvalidArgument);
  CHECK(code(error::kAuthenticationError) == absl::StatusCode::kUnauthenticated);
  CHECK(code(error::kPermissionDenied) == absl::StatusCode::kPermissionDenied);
  CHECK(code(error::kMarketNotFound) == absl::StatusCode::kNotFound);
  CHECK(code(error::kOrderAlreadyExists) == absl::StatusCode::kAlreadyExists);
  CHECK(code(error::kTradingIsPaused) == absl::StatusCode::kFailedPrecondition);
  CHECK(code(error::kDeprecatedV1Order) == absl::StatusCode::kUnimplemented);
  CHECK(code(error::kTooManyRequests) == absl::StatusCode::kResourceExhausted);
  CHECK(code(error::kServiceUnavailable) == absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace evx::kalshi
