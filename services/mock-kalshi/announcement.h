#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "catalogue/bootstrap.h"

namespace evx::mock_kalshi {

// Where a running exchange listens; port 0: it does not.
struct Endpoints {
  std::string address;
  std::uint16_t http_port = 0;
  std::uint16_t grpc_port = 0;
  std::string operator_address;
  std::uint16_t operator_http_port = 0;
  std::uint16_t operator_grpc_port = 0;
  std::map<std::string, std::uint16_t> fix;  // By CompID.
  bool fix_tls = false;
  bool tls = false;
};

// The line that --ephemeral prints on stdout once everything listens, for test suites:
//
//   {"rest_url","ws_url","grpc","operator_rest_url","operator_grpc",
//    "fix":{"host","tls","ports":{"KalshiNR":9878,...}},
//    "accounts":{"demo":{"key_id","private_key_pem","private_key_path"?},...}}
//
// Addresses of listeners that are off are null. Without the line's end.
std::string AnnouncementLine(const Endpoints& endpoints,
                             const std::map<std::string, DemoCredentials>& credentials);

}  // namespace evx::mock_kalshi
