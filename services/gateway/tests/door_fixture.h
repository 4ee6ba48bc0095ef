#pragma once

#include <atomic>
#include <catch2/catch.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "door/socket_door.h"
#include "evx/core/clock.h"
#include "evx/core/status.h"
#include "evx/net/testing/raw_websocket_client.h"

namespace evx::gateway::testing {

// The door on a real server, with fakes behind it, and pages on real sockets.

using net::testing::RawWebSocketClient;
using Opcode = RawWebSocketClient::Opcode;
using nlohmann::json;

constexpr const char* kOrigin = "http://page.example";

class FakeRequests final : public RequestHandler, public PortfolioSource {
 public:
  void Handle(const Session& session, const v1::ClientMessage& request,
              AnswerFunction answer) override {
    if (keeps) return kept.push_back(std::move(answer));
    v1::ServerMessage message;
    message.mutable_command_result()->set_command_id(session.user_name + " " +
                                                     request.emergency_stop().command_id());
    answer(std::move(message));
  }
  absl::Status Open(const Session& session) override {
    opened.push_back(session.user_id);
    return is_full ? Unavailable("256 users have theirs open") : absl::OkStatus();
  }
  void Close(std::int64_t) override {}

  bool keeps = false;
  bool is_full = false;
  std::vector<AnswerFunction> kept;
  std::vector<std::int64_t> opened;
};

// "user-17" is one of many users.
inline absl::StatusOr<Session> FindSession(std::string_view token) {
  if (token == "away") return Unavailable("Redis is away");
  Session session;
  session.id = "id-" + std::string(token);
  session.user_name = token;
  session.user_id = token == "ann" ? 1 : 2;
  int number = 0;
  if (token.starts_with("user-") && absl::SimpleAtoi(ToAbsl(token.substr(5)), &number)) {
    session.user_id = 100 + number;
  }
  session.role = token == "viewer" ? Role::kViewer : Role::kTrader;
  if (token == "nobody") return Unauthenticated("no such session");
  return session;
}

struct Fixture {
  explicit Fixture(std::size_t clients_max = 8) {
    SocketDoor::Options options;
    options.clients_max = clients_max;
    options.allowed_origins = {kOrigin};
    options.mode = "paper";
    options.venue = "test";
    options.knows = [this](std::string_view ticker) -> std::optional<bool> {
      if (!knows_markets) return std::nullopt;
      return ticker.starts_with("KX");
    };
    door = std::make_unique<SocketDoor>(options, FindSession, requests, requests, clock, counters);
    net::HttpServer::Options http;
    http.websocket = SocketDoor::SessionOptions();
    auto started = net::HttpServer::Start(
        http, [this](net::HttpRequest& request, net::HttpResponder responder) {
          door->Accept(request, std::move(responder));
        });
    REQUIRE(started.ok());
    server = *std::move(started);
    door->Attach(*server);
  }
  ~Fixture() {
    door->Detach();
    server.reset();
  }

  SystemClock clock;
  FakeRequests requests;
  DoorCounters counters;
  std::atomic<bool> knows_markets{true};
  std::unique_ptr<SocketDoor> door;
  std::unique_ptr<net::HttpServer> server;
};

// A page.
class Page {
 public:
  explicit Page(Fixture& f, const std::string& token = "ann", std::string_view query = "",
                const std::string& headers = "")
      : client_(f.server->port()) {
    const std::string cookie =
        token.empty() ? "" : "Cookie: a=b; evx_session=" + token + "; c=d\r\n";
    status =
        client_
            .Handshake("/ws" + std::string(query),
                       headers.empty() ? cookie + "Origin: " + kOrigin + "\r\n" : cookie + headers)
            ->status;
  }

  void Send(const v1::ClientMessage& message) {
    client_.Send(Opcode::kBinary, message.SerializeAsString());
  }
  void Subscribe(std::int64_t id, const std::vector<std::string>& names) {
    v1::ClientMessage message;
    message.set_request_id(id);
    for (const auto& name : names) message.mutable_subscribe()->add_streams()->set_stream(name);
    Send(message);
  }
  std::optional<RawWebSocketClient::Frame> Frame() {
    auto frame = client_.Receive();
    while (frame && frame->opcode == Opcode::kPing) frame = client_.Receive();
    return frame;
  }
  v1::ServerMessage Receive() {
    const auto frame = Frame();
    REQUIRE(frame);
    REQUIRE(frame->opcode == Opcode::kBinary);
    v1::ServerMessage message;
    REQUIRE(message.ParseFromString(frame->payload));
    return message;
  }
  // The next answer to a request.
  v1::ServerMessage ReceiveAnswer() {
    v1::ServerMessage message = Receive();
    while (message.request_id() == 0) message = Receive();
    return message;
  }
  // The code with which the server closes, after whatever else comes.
  int CloseCode() {
    auto frame = Frame();
    while (frame && frame->opcode != Opcode::kClose) frame = Frame();
    return frame ? frame->close_code() : 0;
  }
  RawWebSocketClient& raw() { return client_; }

  int status = 0;

 private:
  RawWebSocketClient client_;
};

inline v1::ClientMessage Ping(std::int64_t id) {
  v1::ClientMessage message;
  message.set_request_id(id);
  message.mutable_ping();
  return message;
}

inline v1::ClientMessage ACreate(std::int64_t id, const std::string& command_id) {
  v1::ClientMessage message;
  message.set_request_id(id);
  message.mutable_create_order()->set_command_id(command_id);
  return message;
}

}  // namespace evx::gateway::testing
