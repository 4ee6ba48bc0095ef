#include "live/live_door.h"

#include <future>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "live/live_venue_session.h"
#include "live/orderbook_session.h"

namespace evx::order_book_rebuilder {
namespace {

net::HttpResponse Error(int status, std::string_view code, std::string_view message) {
  net::HttpResponse response;
  response.status = status;
  response.body = absl::StrCat(R"({"error":{"code":")", ToAbsl(code), R"(","message":)");
  feed::AppendJsonText(response.body, message);
  response.body += "}}";
  return response;
}

// A session that holds a place as long as it lives.
template <class Session>
class Seated final : public net::WebSocketSession {
 public:
  template <class... Arguments>
  explicit Seated(std::shared_ptr<const int> place, Arguments&&... arguments)
      : place_(std::move(place)), session_(std::forward<Arguments>(arguments)...) {}

  void OnOpen(net::WebSocket& socket) override { session_.OnOpen(socket); }
  void OnMessage(std::string_view message, bool is_text) override {
    session_.OnMessage(message, is_text);
  }
  void OnTick() override { session_.OnTick(); }
  void OnClose() override { session_.OnClose(); }

 private:
  const std::shared_ptr<const int> place_;
  Session session_;
};

}  // namespace

LiveDoor::LiveDoor(const RebuiltBooks& books, int thread_count)
    : books_(books), feed_([this](const auto& batch) { Publish(batch); }) {
  for (int i = 0; i < thread_count; ++i) {
    desks_.push_back(std::make_unique<Desk>(books_, feed_, counters_));
  }
}

void LiveDoor::Attach(net::HttpServer& server) {
  const std::lock_guard lock(mutex_);
  server_ = &server;
}

bool LiveDoor::Takes(std::string_view path) { return path == kPath || path == VenueSession::kPath; }

void LiveDoor::Accept(net::HttpRequest& request, net::HttpResponder responder) {
  const bool is_venue = request.path() == VenueSession::kPath;
  const std::string_view query = request.query();
  const LiveFormat format = query == "format=protobuf" ? LiveFormat::kProtobuf : LiveFormat::kJson;
  if (!is_venue && !query.empty() && query != "format=json" && query != "format=protobuf") {
    return responder.Send(Error(400, "bad_parameter",
                                absl::StrCat("query is ", feed::Shown(query),
                                             "; it must be format=json or format=protobuf")));
  }
  if (request.upgrade() != "websocket") {
    return responder.Send(Error(426, "upgrade_required", "this path is a WebSocket"));
  }
  if (static_cast<std::size_t>(places_.use_count()) > kConnectionsMax) {
    return responder.Send(
        Error(503, "too_many_clients", absl::StrCat(kConnectionsMax, " clients are connected")));
  }
  const int index = net::HttpServer::CurrentThread();
  EVX_CHECK(index >= 0 && static_cast<std::size_t>(index) < desks_.size());
  LiveHub& hub = desks_[static_cast<std::size_t>(index)]->hub;
  auto turn = [this, index] { Turn(index); };
  if (is_venue) {
    responder.Accept(
        request, std::make_unique<Seated<LiveVenueSession>>(places_, books_, hub, std::move(turn)));
  } else {
    responder.Accept(
        request, std::make_unique<Seated<OrderbookSession>>(places_, hub, format, std::move(turn)));
  }
}

void LiveDoor::Publish(const std::shared_ptr<const FeedBatch>& batch) {
  const auto count = static_cast<std::int64_t>(batch->events.size());
  for (int index = 0; index < static_cast<int>(desks_.size()); ++index) {
    Desk& desk = *desks_[static_cast<std::size_t>(index)];
    if (desk.backlog.load() + count > kBacklogEventsMax) {
      if (const auto changes = PartitionChangesOf(*batch)) {
        PostToDesk(index, [&desk, changes] { desk.hub.Deliver(*changes, MonotonicNanos()); });
      }
      // States that are read after this have in them what is left out.
      if (desk.is_losing.exchange(true)) continue;
      PostToDesk(index, [this, index, &desk] {
        desk.is_losing.store(false);
        desk.hub.Lose();
        Turn(index);
      });
      continue;
    }
    desk.backlog.fetch_add(count);
    PostToDesk(index, [this, index, &desk, batch, count] {
      desk.backlog.fetch_sub(count);
      desk.hub.Deliver(*batch, MonotonicNanos());
      Turn(index);
    });
  }
}

void LiveDoor::Turn(int index) {
  Desk& desk = *desks_[static_cast<std::size_t>(index)];
  if (desk.is_turn_posted || !desk.hub.Turn(MonotonicNanos())) return;
  desk.is_turn_posted = PostToDesk(index, [this, index, &desk] {
    desk.is_turn_posted = false;
    Turn(index);
  });
}

bool LiveDoor::PostToDesk(int index, std::function<void()> task) {
  const std::lock_guard lock(mutex_);
  if (server_ == nullptr) return false;
  server_->PostToThread(index, std::move(task));
  return true;
}

bool LiveDoor::Post(std::function<void(LiveHub&)> task) {
  return PostToDesk(0, [this, task = std::move(task)] {
    task(desks_[0]->hub);
    Turn(0);
  });
}

void LiveDoor::Stop() {
  std::promise<void> stopped;
  {
    const std::lock_guard lock(mutex_);
    if (server_ == nullptr) return;
    std::exchange(server_, nullptr)->PostToThread(0, [this, &stopped] {
      desks_[0]->hub.Stop();
      stopped.set_value();
    });
  }
  stopped.get_future().wait();
}

}  // namespace evx::order_book_rebuilder
