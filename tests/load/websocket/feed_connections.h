#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/time/time.h"

namespace evx::load {

// Many WebSocket connections to a server on the loopback interface, without compression, all read
// by the thread that polls. Heartbeats are answered. A connection that the server closes ends the
// program.
class FeedConnections {
 public:
  struct Options {
    std::uint16_t port = 0;
    std::size_t count = 1;
    // Makes the head of a handshake, as far as it is not the same everywhere: the first line and
    // further ones, each with its end.
    std::function<std::string()> make_head;
    // Of a connection's receive buffer; 0: what the system gives.
    int receive_bytes = 0;
  };
  // `text`: one whole message, valid during the call.
  using OnText = std::function<void(std::size_t connection, std::string_view text)>;

  // Returns when every handshake is done.
  explicit FeedConnections(const Options& options);
  ~FeedConnections();
  FeedConnections(const FeedConnections&) = delete;
  FeedConnections& operator=(const FeedConnections&) = delete;

  std::size_t count() const { return connections_.size(); }
  void Send(std::size_t connection, std::string_view text);
  void SendToAll(std::string_view text);
  // Reads what has arrived, once from each connection; waits for up to `wait` when there is
  // nothing. The times between calls are bounded by the server's patience with slow clients.
  void Poll(absl::Duration wait, const OnText& on_text);

 private:
  struct Connection {
    int fd = -1;
    std::string rest;  // The beginning of a frame whose end has not come.
  };

  void Open(const Options& options, Connection& connection);
  void Receive(std::size_t index, const OnText& on_text);
  // Takes the whole frames off the front of `bytes`.
  void TakeFrames(std::size_t index, std::string_view& bytes, const OnText& on_text);
  void SendFrame(int fd, std::uint8_t kind, std::string_view payload);

  int epoll_;
  std::vector<Connection> connections_;
  std::string buffer_;
  std::string frame_;  // Scratch.
};

// The value of a member of a JSON object, as far as the texts of our servers need: the digits of a
// number, or a text without its quotes. Empty when there is no such member. `name` with quotes and
// colon: "\"seq\":".
std::string_view MemberOf(std::string_view json, std::string_view name);

}  // namespace evx::load
