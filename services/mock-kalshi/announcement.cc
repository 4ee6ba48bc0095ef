#include "announcement.h"

#include <nlohmann/json.hpp>
#include <string_view>

namespace evx::mock_kalshi {
namespace {

nlohmann::json Address(std::string_view scheme, const std::string& address, std::uint16_t port,
                       std::string_view path) {
  if (port == 0) return nullptr;
  const bool is_ipv6 = address.find(':') != std::string::npos;
  const std::string host = is_ipv6 ? "[" + address + "]" : address;
  return std::string(scheme) + host + ":" + std::to_string(port) + std::string(path);
}

}  // namespace

std::string AnnouncementLine(const Endpoints& endpoints,
                             const std::map<std::string, DemoCredentials>& credentials) {
  nlohmann::ordered_json line;
  line["rest_url"] = Address(endpoints.tls ? "https://" : "http://", endpoints.address,
                             endpoints.http_port, "/trade-api/v2");
  line["ws_url"] = Address(endpoints.tls ? "wss://" : "ws://", endpoints.address,
                           endpoints.http_port, "/trade-api/ws/v2");
  line["grpc"] = Address("", endpoints.address, endpoints.grpc_port, "");
  line["operator_rest_url"] =
      Address(endpoints.tls ? "https://" : "http://", endpoints.operator_address,
              endpoints.operator_http_port, "/evx/v1/admin");
  line["operator_grpc"] = Address("", endpoints.operator_address, endpoints.operator_grpc_port, "");
  if (endpoints.fix.empty()) {
    line["fix"] = nullptr;
  } else {
    line["fix"]["host"] = endpoints.address;
    line["fix"]["tls"] = endpoints.fix_tls;
    for (const auto& [comp_id, port] : endpoints.fix) line["fix"]["ports"][comp_id] = port;
  }
  for (const auto& [name, own] : credentials) {
    auto& account = line["accounts"][name];
    account["key_id"] = own.key_id;
    account["private_key_pem"] = own.private_key_pem;
    if (!own.private_key_path.empty()) account["private_key_path"] = own.private_key_path;
  }
  return line.dump();
}

}  // namespace evx::mock_kalshi
