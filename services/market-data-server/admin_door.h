#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "evx/net/http_server.h"

namespace evx::market_data {

// The WebSocket at /ws/admin: the statistics of GET /api/admin/stats as text, at once and then
// every second. What a client sends is not read; to one that has not taken the last ones nothing is
// sent.
//
// Lives on the I/O thread of the HTTP server, which it must outlive.
class AdminDoor {
 public:
  static constexpr std::string_view kPath = "/ws/admin";
  static constexpr std::size_t kClientsMax = 64;

  explicit AdminDoor(std::function<std::string()> statistics);

  // Answers whatever is no WebSocket, or one too many.
  void Accept(net::HttpRequest& request, net::HttpResponder responder);

 private:
  class Session;

  const std::function<std::string()> statistics_;
  std::size_t session_count_ = 0;
};

}  // namespace evx::market_data
