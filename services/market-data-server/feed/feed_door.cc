#include "feed/feed_door.h"

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "json_error.h"

namespace evx::market_data {

// One connection; lives on the I/O thread.
class FeedDoor::Session final : public net::WebSocketSession {
 public:
  Session(FeedDoor& door, FeedFormat format) : door_(door), format_(format) {
    ++door_.session_count_;
  }

  void OnOpen(net::WebSocket& socket) override { client_ = &door_.hub_.Add(socket, format_); }
  void OnMessage(std::string_view message, bool is_text) override {
    door_.hub_.OnMessage(*client_, message, is_text, MonotonicNanos());
    door_.Turn();
  }
  void OnTick() override {
    door_.hub_.OnTick(*client_, MonotonicNanos());
    door_.Turn();
  }
  void OnClose() override {
    if (client_ != nullptr) door_.hub_.Remove(*client_);
    --door_.session_count_;
  }

 private:
  FeedDoor& door_;
  const FeedFormat format_;
  FeedClient* client_ = nullptr;
};

FeedDoor::FeedDoor(std::size_t clients_max, CommittedMarkets& markets,
                   std::function<bool(std::string_view)> knows, Probe& probe)
    : clients_max_(clients_max), hub_(markets, std::move(knows), probe) {}

void FeedDoor::Attach(net::HttpServer& server) {
  const std::lock_guard lock(mutex_);
  server_ = &server;
}

void FeedDoor::Accept(net::HttpRequest& request, net::HttpResponder responder) {
  const std::string_view query = request.query();
  FeedFormat format = FeedFormat::kJson;
  if (query == "format=protobuf") {
    format = FeedFormat::kProtobuf;
  } else if (!query.empty() && query != "format=json") {
    return responder.Send(JsonError(400, "bad_parameter",
                                    absl::StrCat("query is ", feed::Shown(query),
                                                 "; it must be format=json or format=protobuf")));
  }
  if (request.upgrade() != "websocket") {
    return responder.Send(JsonError(426, "upgrade_required", "this path is a WebSocket"));
  }
  if (session_count_ >= clients_max_) {
    return responder.Send(
        JsonError(503, "too_many_clients",
                  absl::StrCat(clients_max_, " clients are connected, which is --clients_max")));
  }
  responder.Accept(request, std::make_unique<Session>(*this, format));
}

void FeedDoor::OnCommitted(std::shared_ptr<const FeedBatch> messages) {
  const std::size_t bytes = messages->byte_count();
  if (messages->messages.empty()) return;
  if (backlog_bytes_.load() + bytes > kBacklogBytesMax) {
    // Values read after this show what is left out.
    if (is_losing_.exchange(true)) return;
    Post([this] {
      is_losing_.store(false);
      hub_.Lose();
      Turn();
    });
    return;
  }
  backlog_bytes_.fetch_add(bytes);
  Post([this, messages = std::move(messages), bytes] {
    backlog_bytes_.fetch_sub(bytes);
    hub_.Deliver(*messages, MonotonicNanos());
    Turn();
  });
}

void FeedDoor::Turn() {
  if (is_turn_posted_ || !hub_.Turn(MonotonicNanos())) return;
  is_turn_posted_ = Post([this] {
    is_turn_posted_ = false;
    Turn();
  });
}

bool FeedDoor::Post(std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (server_ == nullptr) return false;
  server_->PostToThread(0, std::move(task));
  return true;
}

}  // namespace evx::market_data
