#pragma once

#include <string_view>

#include "evx/net/http_message.h"

namespace evx::market_data {

// {"error":{"code":...,"message":...}}
net::HttpResponse JsonError(int status, std::string_view code, std::string_view message);

}  // namespace evx::market_data
