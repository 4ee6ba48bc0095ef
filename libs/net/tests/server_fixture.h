#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "evx/core/check.h"
#include "evx/net/http_server.h"

namespace evx::net {

// Requests whose answers a test gives later, in any order and from its own thread.
class Inbox {
 public:
  struct Item {
    HttpRequest request;
    HttpResponder responder;
  };

  void Put(HttpRequest& request, HttpResponder responder) {
    {
      const std::lock_guard lock(mutex_);
      items_.push_back({std::move(request), std::move(responder)});
    }
    arrived_.notify_all();
  }

  // Waits for the next request; aborts the program if none comes.
  Item Take() {
    std::unique_lock lock(mutex_);
    EVX_CHECK(
        arrived_.wait_for(lock, std::chrono::seconds(20), [this] { return !items_.empty(); }));
    Item item = std::move(items_.front());
    items_.pop_front();
    return item;
  }

  std::size_t size() {
    const std::lock_guard lock(mutex_);
    return items_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable arrived_;
  std::deque<Item> items_;
};

inline HttpResponse Text(std::string body) {
  return {.body = std::move(body), .content_type = "text/plain"};
}

// Answers at once: method, target and body of the request.
inline void Echo(HttpRequest& request, HttpResponder responder) {
  std::string body(request.method_text());
  body.append(" ").append(request.target()).append(" ").append(request.body());
  responder.Send(Text(std::move(body)));
}

inline std::unique_ptr<HttpServer> StartServer(HttpServer::Options options,
                                               HttpServer::Handler handler) {
  auto server = HttpServer::Start(std::move(options), std::move(handler));
  EVX_CHECK(server.ok());
  return *std::move(server);
}

}  // namespace evx::net
