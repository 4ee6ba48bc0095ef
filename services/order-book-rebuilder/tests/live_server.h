#pragma once

#include <memory>
#include <utility>

#include "evx/core/check.h"
#include "evx/net/http_server.h"
#include "live/live_door.h"
#include "tests/live_fixture.h"

namespace evx::order_book_rebuilder {

// The live doors of a member on a real server; books change on the test's thread.
class LiveServer : public MemberBooks {
 public:
  static constexpr int kThreadCount = 2;

  LiveServer() {
    Begin(live.feed());
    net::HttpServer::Options options;
    options.thread_count = kThreadCount;
    options.websocket = LiveDoor::SessionOptions();
    auto started = net::HttpServer::Start(
        std::move(options), [this](net::HttpRequest& request, net::HttpResponder responder) {
          EVX_CHECK(LiveDoor::Takes(request.path()));
          live.Accept(request, std::move(responder));
        });
    EVX_CHECK(started.ok());
    http_ = *std::move(started);
    live.Attach(*http_);
  }
  ~LiveServer() { Stop(); }

  void Stop() {
    live.Stop();
    http_->Drain(absl::ZeroDuration());
  }
  std::uint16_t port() const { return http_->port(); }

  LiveDoor live{books, kThreadCount};

 private:
  std::unique_ptr<net::HttpServer> http_;
};

}  // namespace evx::order_book_rebuilder
