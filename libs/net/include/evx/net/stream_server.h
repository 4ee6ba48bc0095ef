#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace evx::net {

// A server of plain byte streams over TCP or TLS 1.3: several listeners and all their connections
// on one event loop with one thread, which calls the handler. For protocols that are not HTTP.
//
// Send only collects bytes; they are written once per turn of the loop, so the answers to what
// arrived together leave together. A connection whose peer does not read is closed when
// output_bytes_max wait for it; nobody else notices. One connection gives the loop at most
// kReadBytesPerTurn at a time.
class StreamServer {
 public:
  // Never reused.
  using ConnectionId = std::uint64_t;

  struct Options {
    struct Listener {
      std::string address = "127.0.0.1";  // Numeric.
      std::uint16_t port = 0;             // 0 takes a free one.
    };
    std::vector<Listener> listeners;
    // Both set: every listener speaks TLS only.
    std::string certificate_chain_file;
    std::string private_key_file;
    std::size_t connection_count_max = 1'024;
    std::size_t input_bytes_max = 1 << 20;  // Unconsumed bytes of one connection.
    std::size_t output_bytes_max = 16 << 20;
    absl::Duration tick = absl::Milliseconds(100);
  };
  static constexpr std::size_t kReadBytesPerTurn = 64 * 1024;

  // Called on the loop's thread only.
  class Handler {
   public:
    virtual ~Handler() = default;
    // Before anything else is called; Send is possible from the first OnOpen on.
    virtual void OnStart(StreamServer& server) = 0;
    // `listener` is the index in Options::listeners.
    virtual void OnOpen(ConnectionId connection, std::size_t listener,
                        std::string_view remote_address) = 0;
    // What has arrived and was not consumed so far; returns how much of it is consumed.
    virtual std::size_t OnBytes(ConnectionId connection, std::string_view bytes) = 0;
    // Once for each OnOpen, whoever closed it. Not called for those open at the end of Stop.
    virtual void OnClosed(ConnectionId connection) = 0;
    // Once after any number of Wake.
    virtual void OnWake() = 0;
    virtual void OnTick() = 0;
    // After the events of a turn, before the collected output is written.
    virtual void OnTurnEnd() = 0;
  };

  // `handler` outlives the server. Errors name the address or the file.
  static absl::StatusOr<std::unique_ptr<StreamServer>> Start(Options options, Handler& handler);
  // Stops.
  ~StreamServer();

  std::uint16_t port(std::size_t listener) const;

  // Any thread.
  void Wake();
  // Writes what it can without waiting, closes everything and joins the thread.
  void Stop();

  // The loop's thread only. Nothing happens for a connection that is gone.
  void Send(ConnectionId connection, std::string_view bytes);
  // Closes once the collected output was written; nothing more is read.
  void CloseAfterOutput(ConnectionId connection);
  // Reads nothing more from the connection until Resume, which first offers again what was not
  // consumed. For a client that sends faster than its work gets done.
  void Pause(ConnectionId connection);
  void Resume(ConnectionId connection);
  // Takes no more connections.
  void StopListening();
  std::size_t connection_count() const;

 private:
  class Impl;
  explicit StreamServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace evx::net
