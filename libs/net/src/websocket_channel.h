#pragma once

#include <memory>

#include "evx/net/websocket.h"

namespace evx::net {

class HttpConnection;
class HttpRequest;
class IoThread;

// The WebSocket protocol on one connection that has left HTTP. Boost.Beast does the handshake and
// reads frames (and answers pings and closes); it takes its bytes from the connection's input and
// leaves its own in the connection's output, through a stream that never touches a socket. Frames
// that we send are written straight into the output, unless the client asked for compression: then
// Beast makes them.
//
// Created inside a request handler and destroyed with the connection.
class WebSocketChannel : public WebSocket {
 public:
  // `request` is only read during the call.
  static std::unique_ptr<WebSocketChannel> Create(HttpConnection& connection, IoThread& io,
                                                  const HttpRequest& request,
                                                  std::unique_ptr<WebSocketSession> session);

  // Moves what can be moved between the protocol and the connection's buffers.
  virtual void Pump() = 0;
  // Whether Pump would do anything.
  virtual bool CanPump() const = 0;
  virtual void OnTick() = 0;
  // Starts to close, because the server drains.
  virtual void BeginDrain() = 0;
  // The protocol is over: once the output has left, the connection can end.
  virtual bool finished() const = 0;
  // The connection has been closed.
  virtual void OnDisconnected() = 0;
};

}  // namespace evx::net
