#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/net/websocket.h"

namespace evx::order_book_rebuilder {

// A client's end: keeps what it is sent, and takes it when it is told to.
class FakeSocket final : public net::WebSocket {
 public:
  bool SendText(std::string_view head, std::string_view tail) override {
    messages.push_back(nlohmann::json::parse(std::string(head) + std::string(tail)));
    if (!takes) unsent += head.size() + tail.size();
    return true;
  }
  bool SendBinary(std::string_view head, std::string_view tail) override {
    binaries.push_back(std::string(head) + std::string(tail));
    return true;
  }
  void Close(net::WebSocketCloseCode code, std::string_view reason) override {
    close_code = static_cast<int>(code);
    close_reason = reason;
  }
  void Cut() override { is_cut = true; }
  std::size_t unsent_bytes() const override { return unsent; }
  bool is_compressed() const override { return false; }

  // What came since the last call.
  std::vector<nlohmann::json> Take() { return std::exchange(messages, {}); }

  std::vector<nlohmann::json> messages;
  std::vector<std::string> binaries;
  bool takes = true;
  std::size_t unsent = 0;
  bool is_cut = false;
  int close_code = 0;
  std::string close_reason;
};

}  // namespace evx::order_book_rebuilder
