// The door on real sockets.

#include "door/socket_door.h"

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <random>
#include <string>

#include "evx/core/clock.h"
#include "evx/core/status.h"
#include "evx/net/testing/raw_websocket_client.h"
#include "stream_news.h"

namespace evx::gateway {
namespace {

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
  void Open(const Session& session) override { opened.push_back(session.user_id); }
  void Close(std::int64_t) override {}

  bool keeps = false;
  std::vector<AnswerFunction> kept;
  std::vector<std::int64_t> opened;
};

absl::StatusOr<Session> FindSession(std::string_view token) {
  if (token == "away") return Unavailable("Redis is away");
  Session session;
  session.id = "id-" + std::string(token);
  session.user_name = token;
  session.user_id = token == "ann" ? 1 : 2;
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
    options.knows = [](std::string_view ticker) { return ticker.starts_with("KX"); };
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

v1::ClientMessage Ping(std::int64_t id) {
  v1::ClientMessage message;
  message.set_request_id(id);
  message.mutable_ping();
  return message;
}

}  // namespace

TEST_CASE("SocketDoor: a page is welcomed and gets its streams at once") {
  Fixture f;
  f.door->Publish({MarketsState({"KXA"}), PortfolioState(PortfolioStream(1), 5)});
  Page page(f);
  REQUIRE(page.status == 101);
  const auto welcome = page.Receive();
  REQUIRE(welcome.has_welcome());
  CHECK(welcome.welcome().user().user_name() == "ann");
  CHECK(welcome.welcome().user().role() == v1::ROLE_TRADER);
  CHECK(welcome.welcome().mode() == "paper");
  CHECK(page.Receive().initial_state().markets().rows_size() == 1);
  CHECK(page.Receive().initial_state().portfolio().balance().cash_micros() == 5);
  f.door->Publish({TickerNews("KXA", 7)});
  CHECK(page.Receive().market_ticker().tickers(0).bid_price_micros() == 7);
}

TEST_CASE("SocketDoor: news within a window come at its end") {
  Fixture f;
  Page page(f, "ann", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  page.Subscribe(1, {"book:KXA"});
  CHECK(page.Receive().has_initial_state());
  CHECK(page.Receive().request_id() == 1);
  f.door->Publish({BookNews("book:KXA", {LevelOf(kBid, 40, 1)})});
  f.door->Publish({BookNews("book:KXA", {LevelOf(kBid, 40, 2)})});
  f.door->Publish({BookNews("book:KXA", {LevelOf(kBid, 40, 3)})});
  std::int64_t last = 0;
  while (last != 3) last = page.Receive().book_update().levels(0).quantity_centis();
}

TEST_CASE("SocketDoor: the JSON form says the same") {
  Fixture f;
  Page page(f, "ann", "?format=json&subscribe=none");
  REQUIRE(page.status == 101);
  const auto welcome = page.Frame();
  REQUIRE(welcome);
  CHECK(welcome->opcode == Opcode::kText);
  CHECK(json::parse(welcome->payload)["type"] == "WELCOME");
  page.raw().SendText(R"({"request_id":"3","subscribe":{"streams":[{"stream":"book:KXA"}]}})");
  const json state = json::parse(page.Frame()->payload);
  CHECK(state["type"] == "INITIAL_STATE");
  CHECK(state["data"]["book"]["market_ticker"] == "KXA");
  CHECK(json::parse(page.Frame()->payload)["type"] == "DONE");
}

TEST_CASE("SocketDoor: who has no session, or a foreign page, is refused") {
  Fixture f;
  CHECK(Page(f, "").status == 401);
  CHECK(Page(f, "ann", "", "Origin: http://evil.example\r\n").status == 403);
  CHECK(Page(f, "ann", "", "Origin: null\r\n").status == 403);
  CHECK(Page(f, "ann", "", std::string("Origin: ") + kOrigin + "\r\nOrigin: " + kOrigin + "\r\n")
            .status == 403);
  CHECK(Page(f, "ann", "?format=xml").status == 400);
  CHECK(Page(f, std::string(300, 'x')).status == 401);
  CHECK(Page(f, "ann; evx_session=bob").status == 401);
  Page nobody(f, "nobody");
  CHECK(nobody.CloseCode() == 1008);
  Page away(f, "away");
  CHECK(away.CloseCode() == 1013);
  CHECK(f.counters.handshakes_refused == 7);
  CHECK(f.counters.sessions_missing == 2);
}

TEST_CASE("SocketDoor: a session that ends takes its sockets with it, and no others") {
  Fixture f;
  Page ann(f, "ann", "?subscribe=none");
  Page bob(f, "bob", "?subscribe=none");
  REQUIRE(ann.Receive().has_welcome());
  REQUIRE(bob.Receive().has_welcome());
  Session ended;
  ended.id = "id-ann";
  f.door->SessionEndListener()(ended);
  CHECK(ann.CloseCode() == 1008);
  bob.Send(Ping(1));
  CHECK(bob.Receive().has_done());
}

TEST_CASE("SocketDoor: streams that are not to be had are refused by name, the others given") {
  Fixture f;
  Page page(f, "viewer", "?subscribe=none");
  REQUIRE(page.Receive().welcome().user().role() == v1::ROLE_VIEWER);
  page.Subscribe(9, {"book:NO", "nothing", "portfolio", "portfolio@1", "book:KXA"});
  const std::pair<std::string, std::string> wanted[] = {{"book:NO", "UnknownMarket"},
                                                        {"nothing", "UnknownStream"},
                                                        {"portfolio", "RoleRequired"},
                                                        {"portfolio@1", "UnknownStream"}};
  for (const auto& [stream, reason] : wanted) {
    const auto message = page.Receive();
    CHECK(message.refusal().stream() == stream);
    INFO(stream);
    CHECK(message.refusal().reason() == reason);
  }
  CHECK(page.Receive().has_initial_state());
  CHECK(page.Receive().request_id() == 9);
  CHECK(f.requests.opened.empty());
}

TEST_CASE("SocketDoor: requests are answered by their number, as whoever sent them") {
  Fixture f;
  Page page(f, "bob", "?subscribe=none");
  v1::ClientMessage message;
  message.set_request_id(77);
  message.mutable_emergency_stop()->set_command_id("c1");
  page.Send(message);  // Maybe before the session is found: it waits.
  CHECK(page.Receive().has_welcome());
  const auto answer = page.ReceiveAnswer();
  CHECK(answer.request_id() == 77);
  CHECK(answer.command_result().command_id() == "bob c1");
}

TEST_CASE("SocketDoor: an answer that comes after its client has gone is dropped") {
  Fixture f;
  f.requests.keeps = true;
  {
    Page page(f, "bob", "?subscribe=none");
    v1::ClientMessage message;
    message.set_request_id(1);
    message.mutable_get_market();
    page.Send(message);
    page.Send(Ping(2));
    CHECK(page.ReceiveAnswer().request_id() == 2);
  }
  REQUIRE(f.requests.kept.size() == 1);
  f.requests.kept[0](v1::ServerMessage());
  Page next(f, "bob", "?subscribe=none");
  CHECK(next.Receive().has_welcome());
}

TEST_CASE("SocketDoor: hostile frames are answered or end the connection, nothing else") {
  Fixture f;
  Page steady(f, "bob", "?subscribe=none");
  REQUIRE(steady.Receive().has_welcome());
  SECTION("bytes that are no message") {
    Page page(f, "ann", "?subscribe=none");
    REQUIRE(page.Receive().has_welcome());
    page.raw().Send(Opcode::kBinary, "\xff\xff\xff\xff");
    CHECK(page.Receive().refusal().reason() == "BadRequest");
    page.raw().SendText("{\"request_id\":");
    CHECK(page.Receive().refusal().reason() == "BadRequest");
    page.raw().SendText(std::string(20'000, '['));
    CHECK(page.Receive().refusal().reason() == "BadRequest");
    page.raw().Send(Opcode::kBinary, "");
    CHECK(page.Receive().refusal().reason() == "BadRequest");
    page.Send(Ping(-1));
    CHECK(page.Receive().refusal().reason() == "BadRequest");
    page.Send(Ping(1));
    CHECK(page.Receive().has_done());
  }
  SECTION("random bytes") {
    std::mt19937 random(std::random_device{}());
    Page page(f, "ann", "?subscribe=none");
    REQUIRE(page.Receive().has_welcome());
    for (int i = 0; i < 100; ++i) {
      std::string bytes(random() % 200, '\0');
      for (char& c : bytes) c = static_cast<char>(random());
      page.raw().Send(Opcode::kBinary, bytes);
    }
    page.Send(Ping(123'456));
    while (page.Receive().request_id() != 123'456) {
    }
  }
  SECTION("too long a message") {
    Page page(f, "ann", "?subscribe=none");
    page.raw().Send(Opcode::kBinary, std::string(SocketDoor::kMessageBytesMax + 1, 'x'));
    CHECK(page.CloseCode() == 1009);
  }
  SECTION("a frame that is not masked") {
    Page page(f, "ann", "?subscribe=none");
    page.raw().Send(Opcode::kBinary, "x", {.is_masked = false});
    CHECK(page.CloseCode() == 1002);
  }
  SECTION("too many streams in a message") {
    Page page(f, "ann", "?subscribe=none");
    REQUIRE(page.Receive().has_welcome());
    page.Subscribe(1, std::vector<std::string>(101, "book:KXA"));
    CHECK(page.Receive().refusal().reason() == "BadRequest");
  }
  steady.Send(Ping(1));
  CHECK(steady.Receive().has_done());
}

TEST_CASE("SocketDoor: a flood is refused, then closed, and an emergency stop passes it") {
  Fixture f;
  Page page(f, "ann", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  for (int i = 1; i <= SocketDoor::kMessageBurst + 100; ++i) page.Send(Ping(i));
  v1::ClientMessage stop;
  stop.set_request_id(1'000'000);
  stop.mutable_emergency_stop()->set_command_id("stop");
  page.Send(stop);
  int refused = 0;
  auto message = page.Receive();
  while (!message.has_command_result()) {
    if (message.refusal().reason() == "TooManyRequests") ++refused;
    message = page.Receive();
  }
  CHECK(message.command_result().command_id() == "ann stop");
  CHECK(refused > 0);
  for (int i = 1; i <= 2'000; ++i) page.Send(Ping(i));
  CHECK(page.CloseCode() == 1008);
  CHECK(f.counters.floods_closed == 1);
}

TEST_CASE("SocketDoor: requests without an answer are bounded") {
  Fixture f;
  f.requests.keeps = true;
  Page page(f, "ann", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  v1::ClientMessage message;
  message.mutable_get_market();
  for (int i = 1; i <= SocketDoor::kOutstandingMax + 1; ++i) {
    message.set_request_id(i);
    page.Send(message);
  }
  const auto refusal = page.Receive();
  CHECK(refusal.request_id() == SocketDoor::kOutstandingMax + 1);
  CHECK(refusal.refusal().reason() == "TooManyRequests");
  f.requests.kept[0](v1::ServerMessage());
  CHECK(page.Receive().request_id() == 1);
  page.Send(message);
  page.Send(Ping(1'000));
  CHECK(page.Receive().has_done());
}

TEST_CASE("SocketDoor: clients and sockets of a user are bounded") {
  Fixture f(2);
  Page first(f);
  Page second(f);
  CHECK(first.status == 101);
  CHECK(second.status == 101);
  CHECK(Page(f).status == 503);
}

TEST_CASE("SocketDoor: a client that does not read is cut off, and nobody else notices") {
  Fixture f;
  f.door->Publish({TradesState("trades:KXA", {})});
  Page slow(f, "ann", "?subscribe=none");
  Page quick(f, "bob", "?subscribe=none");
  REQUIRE(slow.Receive().has_welcome());
  REQUIRE(quick.Receive().has_welcome());
  slow.Subscribe(1, {"trades:KXA"});
  quick.Subscribe(1, {"trades:KXA"});
  CHECK(slow.ReceiveAnswer().has_done());
  CHECK(quick.ReceiveAnswer().has_done());
  const std::string padding(4'000, 'x');
  int count = 0;
  while (f.door->hub_counters().cut == 0) {
    REQUIRE(++count < 20'000);
    f.door->Publish({TradeNews("trades:KXA", std::to_string(count) + padding)});
    CHECK(quick.Receive().trades().trades_size() == 1);
  }
  quick.Send(Ping(5));
  CHECK(quick.ReceiveAnswer().request_id() == 5);
}

TEST_CASE("SocketDoor: who publishes too much waits for room, and goes on when the door closes") {
  Fixture f;
  for (int i = 0; i < 200; ++i) {
    std::vector<StreamNews> news;
    for (int j = 0; j < 1'000; ++j)
      news.push_back(BookNews("book:KXA", {LevelOf(kBid, 1 + j % 98, i + 1)}));
    f.door->Publish(std::move(news));
    CHECK(f.counters.backlog <= SocketDoor::kBacklogMax + 1'000);
  }
  f.door->Detach();
  f.door->Publish({BookNews("book:KXA", {LevelOf(kBid, 1, 1)})});
}

}  // namespace evx::gateway
