#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/time/time.h"

// The server's end of a WebSocket (RFC 6455, permessage-deflate of RFC 7692). A request handler
// turns a connection into one by HttpResponder::Accept.
//
// Threading: a WebSocket and its session live on the I/O thread of their connection; every call in
// either direction is made there. Other threads reach sessions by HttpServer::PostToThreads.

namespace evx::net {

// Codes of RFC 6455 section 7.4.1 that a server gives.
enum class WebSocketCloseCode : std::uint16_t {
  kNormal = 1000,
  kGoingAway = 1001,  // The server stops.
  kPolicyViolation = 1008,
  kInternalError = 1011,
  kTryAgainLater = 1013,
};

struct WebSocketOptions {
  // A longer message ends the connection with code 1009. 125 .. 64 MiB.
  std::size_t message_bytes_max = std::size_t{1} << 20;
  // Of what waits for the client to take it; a send of more is refused. At least 1 KiB.
  std::size_t unsent_bytes_max = std::size_t{4} << 20;
  // A ping with this payload (at most 125 bytes) goes out this often.
  absl::Duration ping_interval = absl::Seconds(10);
  std::string ping_payload = "heartbeat";
  // A client that sends nothing, not even a pong, for this long is cut off.
  absl::Duration silence_timeout = absl::Seconds(40);
  // For the answer to a Close; then the connection is cut.
  absl::Duration close_timeout = absl::Seconds(3);
  // Accepts permessage-deflate when the client offers it. A compressing connection costs about
  // 100 KiB and a fresh compression of each message.
  bool compression = true;
};

class WebSocket {
 public:
  virtual ~WebSocket() = default;

  // Queues one text message, the concatenation of its parts. All messages of a turn of the I/O
  // thread leave in one send(), or in several where they are more than 16 KiB. False, and nothing
  // queued, when unsent_bytes_max does not leave room or the connection is ending.
  virtual bool SendText(std::string_view head, std::string_view tail = {}) = 0;
  // The same as a binary message.
  virtual bool SendBinary(std::string_view head, std::string_view tail = {}) = 0;
  // Starts the closing handshake; OnClose follows. Nothing can be sent any more.
  virtual void Close(WebSocketCloseCode code, std::string_view reason) = 0;
  // Ends the connection at once; OnClose follows within the call or soon after.
  virtual void Cut() = 0;

  virtual std::size_t unsent_bytes() const = 0;
  virtual bool is_compressed() const = 0;
};

// What the owner of a WebSocket does with it. Destroyed with the connection.
class WebSocketSession {
 public:
  virtual ~WebSocketSession() = default;

  // The handshake is done; `socket` lives until OnClose returns.
  virtual void OnOpen(WebSocket& socket) = 0;
  // One whole message, decompressed; valid UTF-8 when it is text.
  virtual void OnMessage(std::string_view message, bool is_text) = 0;
  // Bytes of the client were read: of messages, and of what is none, pings, pongs and fragments, of
  // which `control_count` were pings and pongs. Who wants to bound a client that sends no message
  // does it here; it may close or cut the connection.
  virtual void OnInput(std::size_t byte_count, std::size_t control_count) {
    (void)byte_count;
    (void)control_count;
  }
  // About four times a second.
  virtual void OnTick() {}
  // The last call, once, also when OnOpen never came.
  virtual void OnClose() = 0;
};

}  // namespace evx::net
