#include "evx/rpc/status.h"

#include <catch2/catch.hpp>
#include <string>

#include "evx/core/status.h"

namespace evx::rpc {
namespace {

TEST_CASE("Status: every code and message survives the way to gRPC and back", "[rpc]") {
  for (int code = 1; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "price 0.565 is off tick");
    const grpc::Status sent = ToGrpc(status);
    CHECK(sent.error_code() == code);
    CHECK(sent.error_message() == "price 0.565 is off tick");
    CHECK(FromGrpc(sent) == status);
  }
  CHECK(ToGrpc(absl::OkStatus()).ok());
  CHECK(FromGrpc(grpc::Status::OK).ok());
}

TEST_CASE("Status: details travel beside the message", "[rpc]") {
  const std::string details("\x08\x11\x00", 3);
  CHECK(ToGrpc(AlreadyExists("duplicate"), details).error_details() == details);
  CHECK(ToGrpc(absl::OkStatus(), details).error_details().empty());
}

TEST_CASE("Status: a code outside the standard becomes unknown", "[rpc]") {
  const int code = GENERATE(-1, 17, 31);
  CHECK(FromGrpc(grpc::Status(static_cast<grpc::StatusCode>(code), "odd")).code() ==
        absl::StatusCode::kUnknown);
}

}  // namespace
}  // namespace evx::rpc
