#include "evx/net/websocket_client.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "evx/net/http_server.h"
#include "evx/net/testing/test_certificate.h"
#include "server_fixture.h"

namespace evx::net {
namespace {

// What a connection has told; shared by its I/O thread and the test.
struct Log {
  std::mutex mutex;
  std::condition_variable changed;
  WebSocket* socket = nullptr;
  std::vector<std::string> messages;
  std::optional<WebSocketEnd> end;
  std::thread::id thread;

  template <class Condition>
  bool Await(Condition condition) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, std::chrono::seconds(20), condition);
  }
};

class LoggingSession final : public WebSocketClientSession {
 public:
  LoggingSession(Log& log, std::string first) : log_(log), first_(std::move(first)) {}

  void OnOpen(WebSocket& socket) override {
    const std::lock_guard lock(log_.mutex);
    log_.socket = &socket;
    log_.thread = std::this_thread::get_id();
    if (!first_.empty()) CHECK(socket.SendText(first_));
    log_.changed.notify_all();
  }
  void OnMessage(std::string_view message, bool) override {
    const std::lock_guard lock(log_.mutex);
    log_.messages.emplace_back(message);
    log_.changed.notify_all();
  }
  void OnClose(const WebSocketEnd& end) override {
    const std::lock_guard lock(log_.mutex);
    log_.end = end;
    log_.changed.notify_all();
  }

 private:
  Log& log_;
  const std::string first_;
};

// "close": closes with 1008; "cut": cuts; "many": 10,000 messages; anything else is echoed.
class ScriptedSession final : public WebSocketSession {
 public:
  void OnOpen(WebSocket& socket) override { socket_ = &socket; }
  void OnMessage(std::string_view message, bool) override {
    if (message == "close") {
      socket_->Close(WebSocketCloseCode::kPolicyViolation, "as asked");
    } else if (message == "cut") {
      socket_->Cut();
    } else if (message == "many") {
      for (int i = 0; i < 10'000; ++i) socket_->SendText(std::to_string(i));
    } else {
      socket_->SendText("echo:", message);
    }
  }
  void OnClose() override {}

 private:
  WebSocket* socket_ = nullptr;
};

void ServeScript(HttpRequest& request, HttpResponder responder) {
  if (request.upgrade() == "websocket" && request.Header("x-key") == "secret") {
    responder.Accept(request, std::make_unique<ScriptedSession>());
  } else {
    responder.Send({.status = 401});
  }
}

std::unique_ptr<WebSocketClient> StartClient(WebSocketClient::Options options = {}) {
  auto client = WebSocketClient::Start(std::move(options));
  EVX_CHECK(client.ok());
  return *std::move(client);
}

WebSocketTarget TargetAt(const HttpServer& server, std::string_view scheme = "ws") {
  return {std::string(scheme) + "://127.0.0.1:" + std::to_string(server.port()) + "/feed",
          {{"X-Key", "secret"}}};
}

void Connect(WebSocketClient& client, const HttpServer& server, Log& log, std::string first) {
  REQUIRE(client.Connect(TargetAt(server), std::make_unique<LoggingSession>(log, std::move(first)))
              .ok());
}

TEST_CASE("WebSocketClient: messages of every size go there and back", "[net]") {
  const auto server = StartServer({}, ServeScript);
  const std::string text(GENERATE(1, 125, 126, 65'535, 65'536, 700'000), 'x');
  Log log;
  const auto client = StartClient();
  Connect(*client, *server, log, text);
  REQUIRE(log.Await([&] { return log.messages.size() == 1; }));
  CHECK(log.messages[0] == "echo:" + text);
}

TEST_CASE("WebSocketClient: one thread serves many connections", "[net]") {
  const auto server = StartServer({}, ServeScript);
  std::vector<Log> logs(20);
  const auto client = StartClient();
  for (Log& log : logs) Connect(*client, *server, log, "many");
  for (Log& log : logs) {
    REQUIRE(log.Await([&] { return log.messages.size() == 10'000; }));
    CHECK(log.messages.back() == "9999");
    CHECK(log.thread == logs[0].thread);
  }
}

TEST_CASE("WebSocketClient: a refused handshake tells the status", "[net]") {
  const auto server = StartServer({}, ServeScript);
  Log log;
  const auto client = StartClient();
  WebSocketTarget target = TargetAt(*server);
  target.headers.clear();
  REQUIRE(client->Connect(target, std::make_unique<LoggingSession>(log, "")).ok());
  REQUIRE(log.Await([&] { return log.end.has_value(); }));
  CHECK(log.end->status.code() == absl::StatusCode::kPermissionDenied);
  CHECK(log.end->http_status == 401);
  CHECK(log.socket == nullptr);
}

TEST_CASE("WebSocketClient: the server's close tells code and reason", "[net]") {
  const auto server = StartServer({}, ServeScript);
  Log log;
  const auto client = StartClient();
  Connect(*client, *server, log, "close");
  REQUIRE(log.Await([&] { return log.end.has_value(); }));
  CHECK(log.end->status.ok());
  CHECK(log.end->close_code == 1008);
  CHECK(log.end->close_reason == "as asked");
}

TEST_CASE("WebSocketClient: a broken connection and a closed port are unavailable", "[net]") {
  auto server = StartServer({}, ServeScript);
  Log log;
  const auto client = StartClient();
  Connect(*client, *server, log, "cut");
  REQUIRE(log.Await([&] { return log.end.has_value(); }));
  CHECK(log.end->status.code() == absl::StatusCode::kUnavailable);

  const WebSocketTarget target = TargetAt(*server);
  server.reset();
  Log late;
  REQUIRE(client->Connect(target, std::make_unique<LoggingSession>(late, "")).ok());
  REQUIRE(late.Await([&] { return late.end.has_value(); }));
  CHECK(late.end->status.code() == absl::StatusCode::kUnavailable);
}

TEST_CASE("WebSocketClient: our close is answered, our cut is told", "[net]") {
  const auto server = StartServer({}, ServeScript);
  Log log;
  const auto client = StartClient();
  Connect(*client, *server, log, "hello");
  REQUIRE(log.Await([&] { return log.messages.size() == 1; }));
  const bool is_cut = GENERATE(false, true);
  client->Post([&] {
    if (is_cut) {
      log.socket->Cut();
    } else {
      log.socket->Close(WebSocketCloseCode::kNormal, "done");
    }
  });
  REQUIRE(log.Await([&] { return log.end.has_value(); }));
  CHECK(log.end->status.code() == (is_cut ? absl::StatusCode::kCancelled : absl::StatusCode::kOk));
}

TEST_CASE("WebSocketClient: a message above the bound ends the connection", "[net]") {
  const auto server = StartServer({}, ServeScript);
  Log log;
  const auto client = StartClient({.message_bytes_max = 1'000});
  Connect(*client, *server, log, std::string(2'000, 'x'));
  REQUIRE(log.Await([&] { return log.end.has_value(); }));
  CHECK(log.end->status.code() == absl::StatusCode::kResourceExhausted);
  CHECK(log.messages.empty());
}

TEST_CASE("WebSocketClient: a server that does not answer the handshake is given up", "[net]") {
  Inbox inbox;
  const auto server = StartServer({}, [&](HttpRequest& request, HttpResponder responder) {
    inbox.Put(request, std::move(responder));
  });
  Log log;
  const auto client = StartClient({.open_timeout = absl::Milliseconds(100)});
  Connect(*client, *server, log, "");
  REQUIRE(log.Await([&] { return log.end.has_value(); }));
  CHECK(log.end->status.code() == absl::StatusCode::kDeadlineExceeded);
}

TEST_CASE("WebSocketClient: pings keep a quiet connection alive", "[net]") {
  HttpServer::Options options;
  options.websocket.ping_interval = absl::Seconds(60);
  options.websocket.silence_timeout = absl::Seconds(4);
  const auto server = StartServer(options, ServeScript);
  Log log;
  const auto client = StartClient({.silence_timeout = absl::Seconds(3)});
  Connect(*client, *server, log, "hello");
  REQUIRE(log.Await([&] { return log.messages.size() == 1; }));
  // Longer than either end would bear silence.
  std::mutex mutex;
  std::condition_variable changed;
  bool is_over = false;
  client->PostAfter(absl::Seconds(5), [&] {
    const std::lock_guard lock(mutex);
    is_over = true;
    changed.notify_all();
  });
  std::unique_lock lock(mutex);
  REQUIRE(changed.wait_for(lock, std::chrono::seconds(20), [&] { return is_over; }));
  const std::lock_guard log_lock(log.mutex);
  CHECK_FALSE(log.end.has_value());
}

TEST_CASE("WebSocketClient: wss checks the server's certificate", "[net]") {
  const testing::TestCertificate certificate;
  HttpServer::Options options;
  options.tls = {certificate.certificate_file(), certificate.private_key_file()};
  const auto server = StartServer(options, ServeScript);
  const bool is_trusted = GENERATE(true, false);
  WebSocketClient::Options trusting;
  if (is_trusted) trusting.ca_certificate_file = certificate.certificate_file();
  Log log;
  const auto client = StartClient(trusting);
  REQUIRE(
      client->Connect(TargetAt(*server, "wss"), std::make_unique<LoggingSession>(log, "hi")).ok());
  REQUIRE(log.Await([&] { return log.end.has_value() || !log.messages.empty(); }));
  CHECK(log.end.has_value() != is_trusted);
  if (!is_trusted) CHECK(log.end->status.code() == absl::StatusCode::kUnavailable);
}

TEST_CASE("WebSocketClient: many and large messages come and go over wss", "[net]") {
  const testing::TestCertificate certificate;
  HttpServer::Options options;
  options.tls = {certificate.certificate_file(), certificate.private_key_file()};
  const auto server = StartServer(options, ServeScript);
  Log log;
  const auto client = StartClient({.ca_certificate_file = certificate.certificate_file()});
  REQUIRE(client->Connect(TargetAt(*server, "wss"), std::make_unique<LoggingSession>(log, "many"))
              .ok());
  REQUIRE(log.Await([&] { return log.messages.size() == 10'000; }));
  const std::string large(700'000, 'x');
  client->Post([&] {
    for (int i = 0; i < 3; ++i) CHECK(log.socket->SendText(large));
  });
  REQUIRE(log.Await([&] { return log.messages.size() == 10'003; }));
  CHECK(log.messages[9'999] == "9999");
  CHECK(log.messages.back() == "echo:" + large);
}

TEST_CASE("WebSocketClient: messages before a close arrive", "[net]") {
  const auto server = StartServer({}, ServeScript);
  Log log;
  const auto client = StartClient();
  Connect(*client, *server, log, "many");
  REQUIRE(log.Await([&] { return log.socket != nullptr; }));
  client->Post([&] { CHECK(log.socket->SendText("close")); });
  REQUIRE(log.Await([&] { return log.end.has_value(); }));
  CHECK(log.messages.size() == 10'000);
  CHECK(log.end->status.ok());
  CHECK(log.end->close_code == 1008);
}

TEST_CASE("WebSocketClient: a malformed target is refused at once", "[net]") {
  Log log;
  const auto client = StartClient();
  const std::string url = GENERATE(as<std::string>(), "", "http://a/", "ws://", "ws://a:b/",
                                   "ws://a b/", "ws://[::1/", "ws://u@a/", "ws://a:123456/");
  CHECK(client->Connect({url, {}}, std::make_unique<LoggingSession>(log, "")).code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK(
      client->Connect({"ws://a/", {{"X-Key", "a\r\nb"}}}, std::make_unique<LoggingSession>(log, ""))
          .code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("WebSocketClient: its end ends every connection", "[net]") {
  const auto server = StartServer({}, ServeScript);
  Log log;
  auto client = StartClient();
  Connect(*client, *server, log, "hello");
  REQUIRE(log.Await([&] { return log.messages.size() == 1; }));
  client.reset();
  REQUIRE(log.end.has_value());
  CHECK(log.end->status.code() == absl::StatusCode::kCancelled);
}

}  // namespace
}  // namespace evx::net
