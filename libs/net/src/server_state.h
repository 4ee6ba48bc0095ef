#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string_view>

#include "evx/net/http_server.h"
#include "tls_session.h"

namespace evx::net {

// A count written by one thread and read by any.
class Counter {
 public:
  void Add(std::uint64_t count) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// What the threads of one server share. Constant after start except for the counts.
class ServerState {
 public:
  HttpServer::Options options;
  HttpServer::Handler handler;
  std::unique_ptr<TlsContext> tls;  // Null without TLS.

  // The response to a request the server itself refuses; ends the connection unless it is a 500.
  HttpResponse ErrorResponse(int status, std::string_view reason) const {
    HttpResponse response = options.error_response(HttpError{status, reason});
    response.status = status;
    response.close_connection = status != 500;
    return response;
  }

  // Takes one of max_connections places, held until ReleaseConnection. False when all are taken.
  bool AcquireConnection() {
    if (connections_open_.fetch_add(1, std::memory_order_relaxed) < options.max_connections) {
      return true;
    }
    ReleaseConnection();
    return false;
  }
  void ReleaseConnection() {
    const std::lock_guard lock(mutex_);
    if (connections_open_.fetch_sub(1, std::memory_order_relaxed) == 1) all_closed_.notify_all();
  }
  // False if connections are still open after `timeout`.
  bool AwaitNoConnections(absl::Duration timeout) {
    std::unique_lock lock(mutex_);
    return all_closed_.wait_for(lock, absl::ToChronoNanoseconds(timeout), [this] {
      return connections_open_.load(std::memory_order_relaxed) == 0;
    });
  }
  std::uint64_t connections_open() const {
    return connections_open_.load(std::memory_order_relaxed);
  }
  ConnectionId NextConnectionId() {
    return ConnectionId{next_connection_id_.fetch_add(1, std::memory_order_relaxed)};
  }

 private:
  std::atomic<std::uint64_t> connections_open_{0};
  std::atomic<std::uint64_t> next_connection_id_{1};
  std::mutex mutex_;
  std::condition_variable all_closed_;
};

}  // namespace evx::net
