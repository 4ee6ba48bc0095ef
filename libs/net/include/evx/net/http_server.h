#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/net/http_message.h"
#include "evx/net/http_responder.h"
#include "evx/net/websocket.h"

namespace evx::net {

// Why the server itself refuses a request.
struct HttpError {
  int status = 500;
  // A phrase for people: "header larger than 16384 bytes".
  std::string_view reason;
};

struct HttpServerStats {
  std::uint64_t connections_open = 0;
  std::uint64_t connections_accepted_total = 0;
  std::uint64_t connections_refused_total = 0;  // Because of max_connections.
  std::uint64_t requests_total = 0;             // Handed to the handler.
  std::uint64_t errors_total = 0;               // Answered by the server itself.
  std::uint64_t timeouts_total = 0;             // Connections ended by a time limit.
  std::uint64_t websockets_open = 0;
};

// An HTTP/1.1 server.
//
// Model: `thread_count` I/O threads, each with its own event loop; a connection belongs to one
// thread for its life and threads take new connections in turn. The handler runs on the
// connection's thread and must not block; it answers at once or keeps the HttpResponder and
// answers later from any thread. Requests of one connection reach the handler in the order in
// which they arrived, without waiting for earlier answers (pipelining); the answers leave in the
// order of the requests, whatever order they were given in.
//
// Limits, each with its outcome:
//   header larger than max_header_bytes, more than kHeaderCountMax headers    431, connection ends
//   body larger than max_body_bytes (declared, or summed over chunks)         413, connection ends
//   request not begun within idle_timeout                                     connection ends
//   header not complete within header_timeout of its first byte               408, connection ends
//   body not complete within body_timeout of the header                       408, connection ends
//   response bytes not taken by the client for write_timeout                  connection ends
//   max_pipelined requests without an answer sent, or kOutputBytesMax unsent  reading pauses
//   max_connections open                                                      503, connection ends
// Malformed requests are answered 400, both Content-Length and Transfer-Encoding 400, a transfer
// coding other than chunked 501, an expectation other than 100-continue 417, a version other than
// 1.0 and 1.1 505; each ends the connection. Trailers of a chunked body are dropped.
class HttpServer {
 public:
  static constexpr std::size_t kHeaderCountMax = 128;
  static constexpr std::size_t kOutputBytesMax = 1 << 20;

  struct Tls {
    // PEM: the certificate chain, leaf first, and its private key. TLS 1.3 only.
    std::string certificate_chain_file;
    std::string private_key_file;
  };

  struct Options {
    std::string address = "127.0.0.1";         // Numeric, IPv4 or IPv6.
    std::uint16_t port = 0;                    // 0 takes a free port; see HttpServer::port().
    int thread_count = 1;                      // 1..64
    std::size_t max_header_bytes = 16 * 1024;  // Request line, headers and blank line.
    std::size_t max_body_bytes = 1024 * 1024;
    absl::Duration header_timeout = absl::Seconds(10);
    absl::Duration body_timeout = absl::Seconds(30);
    absl::Duration idle_timeout = absl::Seconds(75);
    absl::Duration write_timeout = absl::Seconds(30);
    std::size_t max_connections = 10'000;  // Over all threads.
    std::size_t max_pipelined = 128;       // Per connection.
    Tls tls;                               // Off while both names are empty.
    WebSocketOptions websocket;            // Of every WebSocket the handler accepts.
    // Makes the body of an answer of the server itself; its status and close_connection are set
    // by the server. Called on I/O threads. Default: {"error":{"code":...,"message":...}}.
    std::function<HttpResponse(const HttpError&)> error_response;
  };

  // `request` is valid during the call; a handler that needs it longer moves it away. If the
  // handler throws, the request is answered 500.
  using Handler = std::function<void(HttpRequest& request, HttpResponder responder)>;

  // Listens and serves when it returns. InvalidArgument names the faulty option, Unavailable an
  // address that cannot be bound.
  static absl::StatusOr<std::unique_ptr<HttpServer>> Start(Options options, Handler handler);

  HttpServer(const HttpServer&) = delete;
  HttpServer& operator=(const HttpServer&) = delete;
  // Drain(absl::ZeroDuration()). Responders may outlive the server.
  ~HttpServer();

  // The port it is bound to.
  std::uint16_t port() const;
  // Sums over threads; approximate while requests are served.
  HttpServerStats stats() const;

  // Runs `task(index)` once on each I/O thread, index 0 .. thread_count - 1, and then sends what it
  // has written to WebSockets. Any thread; tasks keep the order in which they were posted. What is
  // posted while the server stops is dropped.
  void PostToThreads(const std::function<void(int)>& task);
  // The same on one I/O thread.
  void PostToThread(int index, std::function<void()> task);
  // The index of the I/O thread that calls; -1 on any other thread.
  static int CurrentThread();

  // Stops accepting, closes idle connections, lets every request that has begun to arrive finish
  // and its answer leave, then ends the threads. What is not done after `timeout` is cut off.
  // Blocks; not to be called by a handler. Returns true if nothing had to be cut off. Later calls
  // return at once.
  bool Drain(absl::Duration timeout);

 private:
  class Impl;
  explicit HttpServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace evx::net
