#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "evx/net/http_message.h"
#include "evx/net/websocket.h"

// How a response finds its way back to the request it answers.

namespace evx::net {

// Names one request of one connection; meaningful to the sink that issued it.
struct HttpRequestKey {
  ConnectionId connection_id{};
  std::uint32_t connection_slot = 0;
  std::uint64_t sequence = 0;
};

struct HttpCompletion {
  HttpRequestKey key;
  HttpResponse response;
};

// Where responses go. The server has one per I/O thread; a test can put its own in place of it.
// Implementations are thread-safe and outlive every responder through shared ownership.
class HttpResponseSink {
 public:
  virtual ~HttpResponseSink() = default;
  virtual void Complete(HttpRequestKey key, HttpResponse response) = 0;
  // All of `completions` at one cost; leaves it empty.
  virtual void CompleteAll(std::vector<HttpCompletion>& completions) = 0;
  // The responder of `key` was destroyed without an answer.
  virtual void Abandon(HttpRequestKey key) = 0;
  // The connection leaves HTTP; on its own I/O thread, inside the handler of the request. A sink
  // that is no connection closes the session.
  virtual void Accept(HttpRequestKey key, const HttpRequest& request,
                      std::unique_ptr<WebSocketSession> session);
};

// The duty to answer one request. Move-only; Send is called exactly once, from any thread, during
// the handler or any time later. Destroyed without Send it answers 500. Sending after the client
// or the server has gone does nothing.
//
// Cost: inside the handler, or anywhere on the connection's own I/O thread, Send writes into the
// connection's output buffer. From another thread it is one locked append, plus one wake-up of the
// I/O thread unless it is already awake; whoever releases many responses at once uses
// HttpResponseBatch.
class HttpResponder {
 public:
  HttpResponder() = default;
  HttpResponder(std::shared_ptr<HttpResponseSink> sink, HttpRequestKey key)
      : sink_(std::move(sink)), key_(key) {}
  HttpResponder(HttpResponder&&) = default;
  HttpResponder& operator=(HttpResponder&& other);
  ~HttpResponder();

  // True until Send.
  explicit operator bool() const { return sink_ != nullptr; }
  void Send(HttpResponse response);
  // Instead of Send, inside the handler only: answers the handshake of a WebSocket and gives the
  // connection to `session`. A handshake that is not one (RFC 6455 section 4.2.1), or one that was
  // pipelined behind unanswered requests, is answered 400 and the session closed.
  void Accept(const HttpRequest& request, std::unique_ptr<WebSocketSession> session);

 private:
  friend class HttpResponseBatch;
  std::shared_ptr<HttpResponseSink> sink_;
  HttpRequestKey key_;
};

// Collects responses and hands them over with one lock and at most one wake-up per I/O thread.
// Not thread-safe; reuse one per releasing thread, its memory is kept. Destruction flushes.
class HttpResponseBatch {
 public:
  HttpResponseBatch() = default;
  HttpResponseBatch(const HttpResponseBatch&) = delete;
  HttpResponseBatch& operator=(const HttpResponseBatch&) = delete;
  ~HttpResponseBatch() { Flush(); }

  void Add(HttpResponder responder, HttpResponse response);
  void Flush();

 private:
  struct Group {
    std::shared_ptr<HttpResponseSink> sink;
    std::vector<HttpCompletion> completions;
  };
  std::vector<Group> groups_;  // One per I/O thread.
};

}  // namespace evx::net
