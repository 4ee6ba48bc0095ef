#pragma once

#include <string_view>

namespace evx::market_data {

// The value of a parameter of an HTTP query, undecoded: tickers, numbers and times need no escapes.
// Empty when absent.
std::string_view QueryParameter(std::string_view query, std::string_view name);

}  // namespace evx::market_data
