#pragma once

#include <span>
#include <string_view>

#include "evx/net/http_message.h"

namespace evx::mock_kalshi {

// An operation of the venue that this exchange answers with 501. Nothing else may be missing.
struct UnsupportedOperation {
  net::HttpMethod method = net::HttpMethod::kGet;
  std::string_view path;       // Below /trade-api/v2.
  std::string_view operation;  // Operation id of the venue; empty where it publishes none.
  std::string_view area;       // "communications", "fcm", ...
};
std::span<const UnsupportedOperation> UnsupportedOperations();

}  // namespace evx::mock_kalshi
