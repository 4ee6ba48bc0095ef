#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/net/http_message.h"
#include "evx/net/websocket.h"

namespace evx::net {

// Where a WebSocket leads to and what its handshake says.
struct WebSocketTarget {
  std::string url;                  // "ws://host[:port]/path" or "wss://..."; host may be "[::1]".
  std::vector<HttpHeader> headers;  // Beside those of the handshake itself.
};

// How a connection ended.
struct WebSocketEnd {
  // OK                 closed by the closing handshake, by either end; close_code says why
  // kUnavailable       not reached, or broken
  // kPermissionDenied  the server answered the handshake with http_status instead
  // kDeadlineExceeded  a time limit
  // kResourceExhausted a message was longer than message_bytes_max
  // kInvalidArgument   the server broke the protocol
  // kCancelled         WebSocket::Cut, or the client went
  absl::Status status;
  int http_status = 0;           // 0: no refusal.
  std::uint16_t close_code = 0;  // Of the server's Close (RFC 6455 section 7.4); 0: none.
  std::string close_reason;
};

// What the owner of a connection does with it. Every call is made on the client's I/O thread.
class WebSocketClientSession {
 public:
  virtual ~WebSocketClientSession() = default;

  // The handshake is done; `socket` lives until OnClose returns.
  virtual void OnOpen(WebSocket& socket) = 0;
  // One whole message, valid during the call; valid UTF-8 when it is text.
  virtual void OnMessage(std::string_view message, bool is_text) = 0;
  // About four times a second while it is open.
  virtual void OnTick() {}
  // The last call, once, also when OnOpen never came.
  virtual void OnClose(const WebSocketEnd& end) = 0;
};

// WebSocket connections to servers (RFC 6455, ws and wss, no compression), all on one I/O thread.
//
// Connect, Post and PostAfter may be called by any thread; everything else happens on the I/O
// thread, which must not be blocked. Pings of the server are answered; pings are sent when the
// server is silent for half of silence_timeout. Time limits are late by up to a quarter second.
class WebSocketClient {
 public:
  struct Options {
    // Name, connection, TLS and handshake together.
    absl::Duration open_timeout = absl::Seconds(5);
    // A server that sends nothing, not even a pong, for this long is given up.
    absl::Duration silence_timeout = absl::Seconds(30);
    // For the answer to our Close.
    absl::Duration close_timeout = absl::Seconds(3);
    std::size_t message_bytes_max = std::size_t{64} << 20;  // As the venue allows itself.
    std::size_t unsent_bytes_max = std::size_t{16} << 20;   // SendText refuses more.
    std::size_t connections_max = 1'000;
    // PEM; empty takes the system's certificate authorities.
    std::string ca_certificate_file;
    bool verify_certificate = true;
  };

  // INVALID_ARGUMENT names the option at fault.
  static absl::StatusOr<std::unique_ptr<WebSocketClient>> Start(Options options);
  // INVALID_ARGUMENT unless the url has the form of WebSocketTarget::url.
  static absl::Status CheckUrl(std::string_view url);
  WebSocketClient(const WebSocketClient&) = delete;
  WebSocketClient& operator=(const WebSocketClient&) = delete;
  // Cuts every connection (OnClose comes on the I/O thread) and ends the thread; what is posted is
  // dropped. Waits for a name that is being resolved. Not to be called on the I/O thread.
  ~WebSocketClient();

  // Begins a connection. INVALID_ARGUMENT for a malformed target; then the session is destroyed
  // without a call. More than connections_max end with kUnavailable.
  absl::Status Connect(WebSocketTarget target, std::unique_ptr<WebSocketClientSession> session);
  // Runs `task` on the I/O thread; tasks of one thread keep their order.
  void Post(absl::AnyInvocable<void()> task);
  void PostAfter(absl::Duration delay, absl::AnyInvocable<void()> task);

 private:
  class Impl;
  explicit WebSocketClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace evx::net
