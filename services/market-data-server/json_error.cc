#include "json_error.h"

#include <nlohmann/json.hpp>
#include <string>

namespace evx::market_data {

net::HttpResponse JsonError(int status, std::string_view code, std::string_view message) {
  using Json = nlohmann::ordered_json;
  const Json body = {{"error", {{"code", std::string(code)}, {"message", std::string(message)}}}};
  net::HttpResponse response;
  response.status = status;
  // What a client sent may come back in it, and need not be UTF-8.
  response.body = body.dump(-1, ' ', false, Json::error_handler_t::replace);
  return response;
}

}  // namespace evx::market_data
