// The door on a real socket.

#include "admin_door.h"

#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evx/core/monotonic_clock.h"
#include "evx/net/testing/raw_websocket_client.h"

namespace evx::market_data {
namespace {

using net::testing::RawWebSocketClient;
using Opcode = RawWebSocketClient::Opcode;

class AdminDoorFixture {
 public:
  AdminDoorFixture() : door_([this] { return "statistics " + std::to_string(++asked_); }) {
    auto started =
        net::HttpServer::Start({}, [this](net::HttpRequest& request, net::HttpResponder responder) {
          door_.Accept(request, std::move(responder));
        });
    REQUIRE(started.ok());
    server_ = *std::move(started);
  }

  std::uint16_t port() const { return server_->port(); }

 private:
  int asked_ = 0;  // The I/O thread's.
  AdminDoor door_;
  std::unique_ptr<net::HttpServer> server_;
};

std::string ReceiveText(RawWebSocketClient& client) {
  std::optional<RawWebSocketClient::Frame> frame = client.Receive();
  while (frame && frame->opcode == Opcode::kPing) frame = client.Receive();
  REQUIRE(frame);
  REQUIRE(frame->opcode == Opcode::kText);
  return frame->payload;
}

TEST_CASE("AdminDoor: statistics come at once and then every second", "[market_data]") {
  AdminDoorFixture f;
  RawWebSocketClient client(f.port());
  REQUIRE(client.Handshake("/ws/admin")->status == 101);
  CHECK(ReceiveText(client) == "statistics 1");
  client.SendText("what is sent is not read");
  const std::int64_t begin = MonotonicNanos();
  CHECK(ReceiveText(client) == "statistics 2");
  CHECK(ReceiveText(client) == "statistics 3");
  // The first one came within the first second.
  CHECK(MonotonicNanos() - begin >= 1'000'000'000);
}

TEST_CASE("AdminDoor: clients beyond the limit are refused, places of those gone are free",
          "[market_data]") {
  AdminDoorFixture f;
  std::vector<std::unique_ptr<RawWebSocketClient>> clients;
  for (std::size_t i = 0; i < AdminDoor::kClientsMax; ++i) {
    clients.push_back(std::make_unique<RawWebSocketClient>(f.port()));
    REQUIRE(clients.back()->Handshake("/ws/admin")->status == 101);
  }
  RawWebSocketClient refused(f.port());
  const auto answer = refused.Handshake("/ws/admin");
  REQUIRE(answer);
  CHECK(answer->status == 503);
  CHECK(answer->body == R"({"error":{"code":"too_many_clients",)"
                        R"("message":"64 clients are connected, which is the most"}})");
  clients.back()->Send(Opcode::kClose, "\x03\xe8");
  while (clients.back()->Receive()) {
  }
  for (;;) {
    RawWebSocketClient again(f.port());
    if (again.Handshake("/ws/admin")->status == 101) break;
  }
}

}  // namespace
}  // namespace evx::market_data
