#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "evx/net/testing/raw_http_client.h"

namespace evx::net::testing {

// A WebSocket client that may send any frame, also wrong ones, and sees every frame of the server.
class RawWebSocketClient {
 public:
  enum class Opcode : std::uint8_t {
    kContinuation = 0,
    kText = 1,
    kBinary = 2,
    kClose = 8,
    kPing = 9,
    kPong = 10,
  };
  struct Frame {
    Opcode opcode = Opcode::kText;
    bool is_final = true;
    bool is_compressed = false;  // RSV1.
    std::string payload;

    // Of a close frame; 0 without one.
    std::uint16_t close_code() const;
  };
  struct FrameOptions {
    bool is_final = true;
    bool is_masked = true;
    std::uint8_t reserved_bits = 0;  // RSV1 = 4, RSV2 = 2, RSV3 = 1.
  };

  explicit RawWebSocketClient(std::uint16_t port) : http_(port) {}

  // Sends the handshake and waits for its answer; `headers` are whole lines ending in "\r\n".
  std::optional<HttpClientResponse> Handshake(std::string_view target,
                                              std::string_view headers = {});
  bool Send(Opcode opcode, std::string_view payload) { return Send(opcode, payload, {}); }
  bool Send(Opcode opcode, std::string_view payload, FrameOptions options);
  bool SendText(std::string_view text) { return Send(Opcode::kText, text); }

  // The next frame; nullopt when the connection ends first.
  std::optional<Frame> Receive();
  RawHttpClient& http() { return http_; }

  static std::string Encode(Opcode opcode, std::string_view payload, FrameOptions options);

 private:
  RawHttpClient http_;
};

}  // namespace evx::net::testing
