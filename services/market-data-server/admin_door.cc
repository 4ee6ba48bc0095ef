#include "admin_door.h"

#include <cstdint>
#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "evx/core/monotonic_clock.h"
#include "json_error.h"

namespace evx::market_data {
namespace {

constexpr std::int64_t kInterval = 1'000'000'000;

}  // namespace

class AdminDoor::Session final : public net::WebSocketSession {
 public:
  explicit Session(AdminDoor& door) : door_(door) { ++door_.session_count_; }

  void OnOpen(net::WebSocket& socket) override {
    socket_ = &socket;
    due_ = MonotonicNanos();
    OnTick();
  }
  void OnMessage(std::string_view /*message*/, bool /*is_text*/) override {}
  void OnTick() override {
    const std::int64_t now = MonotonicNanos();
    if (now < due_) return;
    // Ticks come four times a second: an interval that was late does not make the next one so.
    due_ += kInterval;
    if (due_ <= now) due_ = now + kInterval;
    if (socket_->unsent_bytes() == 0) socket_->SendText(door_.statistics_());
  }
  void OnClose() override { --door_.session_count_; }

 private:
  AdminDoor& door_;
  net::WebSocket* socket_ = nullptr;
  std::int64_t due_ = 0;  // MonotonicNanos.
};

AdminDoor::AdminDoor(std::function<std::string()> statistics)
    : statistics_(std::move(statistics)) {}

void AdminDoor::Accept(net::HttpRequest& request, net::HttpResponder responder) {
  if (request.upgrade() != "websocket") {
    return responder.Send(JsonError(426, "upgrade_required", "this path is a WebSocket"));
  }
  if (session_count_ >= kClientsMax) {
    return responder.Send(
        JsonError(503, "too_many_clients",
                  absl::StrCat(kClientsMax, " clients are connected, which is the most")));
  }
  responder.Accept(request, std::make_unique<Session>(*this));
}

}  // namespace evx::market_data
