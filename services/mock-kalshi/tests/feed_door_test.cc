#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "evx/net/http_server.h"
#include "evx/net/testing/raw_websocket_client.h"
#include "exchange_fixture.h"
#include "websocket/websocket_door.h"

namespace evx::mock_kalshi {
namespace {

using namespace testing;  // NOLINT: the fixture
using net::testing::RawWebSocketClient;
using nlohmann::json;

constexpr char kPath[] = "/trade-api/ws/v2";
constexpr int kThreadCount = 2;

// The WebSocket API on a real socket.
class FeedDoor {
 public:
  FeedDoor()
      : websocket(kThreadCount),
        exchange("", Faults::kOff, QuirksMode::kOff, &websocket),
        router_({exchange.host().context().authenticator, exchange.host().context().rate_limiter,
                 exchange.host().context().wall, Door::kRest}) {
    websocket.AddRoute(router_);
    net::HttpServer::Options options;
    options.thread_count = kThreadCount;
    options.websocket = WebSocketDoor::SessionOptions();
    auto started = net::HttpServer::Start(
        std::move(options), [this](net::HttpRequest& request, net::HttpResponder responder) {
          router_.Handle(request, std::move(responder));
        });
    REQUIRE(started.ok());
    server_ = *std::move(started);
    websocket.Attach(*server_);
  }
  ~FeedDoor() {
    server_.reset();
    websocket.Detach();
  }

  std::uint16_t port() const { return server_->port(); }
  std::string AccessHeaders(const Trader& trader) {
    const net::HttpRequest request = exchange.Signed(trader, net::HttpMethod::kGet, kPath);
    std::string lines;
    for (std::size_t i = 0; i < request.header_count(); ++i) {
      const auto [name, value] = request.header(i);
      lines.append(name).append(": ").append(value).append("\r\n");
    }
    return lines;
  }

  WebSocketDoor websocket;
  ExchangeFixture exchange;

 private:
  RestRouter router_;
  std::unique_ptr<net::HttpServer> server_;
};

// A client that folds books and counts faults of `seq`.
class BookClient {
 public:
  BookClient(FeedDoor& door, const Trader& trader) : client_(door.port()) {
    const auto answer = client_.Handshake(kPath, door.AccessHeaders(trader));
    REQUIRE(answer);
    REQUIRE(answer->status == 101);
  }

  void Send(const json& command) { REQUIRE(client_.SendText(command.dump())); }

  // The next message; null when the connection ends.
  json Receive() {
    for (;;) {
      const auto frame = client_.Receive();
      if (!frame || frame->opcode == RawWebSocketClient::Opcode::kClose) {
        if (frame) close_code = frame->close_code();
        return nullptr;
      }
      if (frame->opcode != RawWebSocketClient::Opcode::kText) continue;
      json message = json::parse(frame->payload);
      if (message.contains("seq") && message["seq"] != ++sequence_) ++sequence_fault_count;
      Fold(message);
      return message;
    }
  }
  // Everything up to the answer to a command of its own.
  void Drain() {
    Send({{"id", 77}, {"cmd", "list_subscriptions"}});
    for (;;) {
      const json message = Receive();
      if (message.is_null() || message.value("id", 0) == 77) return;
    }
  }

  using Side = std::map<std::string, std::int64_t>;  // Hundredths by price.
  std::map<std::string, std::map<std::string, Side>> books;
  int sequence_fault_count = 0;
  int negative_count = 0;
  std::uint16_t close_code = 0;

 private:
  static std::int64_t CentisOf(const json& text) {
    std::string digits = text;
    digits.erase(digits.find('.'), 1);
    return std::stoll(digits);
  }
  void Fold(const json& message) {
    if (message["type"] == "orderbook_snapshot") {
      auto& book = books[message["msg"]["market_ticker"]];
      for (const char* side : {"yes", "no"}) {
        book[side].clear();
        for (const json& level : message["msg"].value(std::string(side) + "_dollars_fp", json())) {
          book[side][level[0]] = CentisOf(level[1]);
        }
      }
    } else if (message["type"] == "orderbook_delta") {
      const json& msg = message["msg"];
      Side& side = books[msg["market_ticker"]][msg["side"]];
      std::int64_t& size = side[msg["price_dollars"]];
      size += CentisOf(msg["delta_fp"]);
      if (size < 0) ++negative_count;
      if (size == 0) side.erase(msg["price_dollars"]);
    }
  }

  RawWebSocketClient client_;
  std::uint64_t sequence_ = 0;
};

BookClient::Side SideOf(const json& levels) {
  BookClient::Side side;
  for (const json& level : levels) {
    std::string digits = level[1];
    digits.erase(digits.find('.'), 1);
    side[level[0]] = std::stoll(digits);
  }
  return side;
}

}  // namespace

TEST_CASE("WebSocketDoor: the handshake needs a good signature", "[mock_kalshi][websocket]") {
  FeedDoor door;
  const Trader trader = door.exchange.AddTrader("trader", Money::FromDollars(10));
  RawWebSocketClient stranger(door.port());
  const auto refused = stranger.Handshake(kPath);
  REQUIRE(refused);
  CHECK(refused->status == 401);
  CHECK(json::parse(refused->body).contains("error"));
  BookClient client(door, trader);
  client.Send({{"id", 1}, {"cmd", "list_subscriptions"}});
  CHECK(client.Receive()["type"] == "ok");
}

TEST_CASE("WebSocketDoor: books fold to the exchange's while several trade and others come and go",
          "[mock_kalshi][websocket]") {
  constexpr int kTraderCount = 3;
  constexpr int kClientCount = 4;
  constexpr int kOrderCount = 150;
  FeedDoor door;
  ExchangeFixture& exchange = door.exchange;
  exchange.AddMarket("A");
  exchange.AddMarket("B");
  std::vector<Trader> traders;
  for (int i = 0; i < kTraderCount; ++i) {
    traders.push_back(
        exchange.AddTrader("trader-" + std::to_string(i), Money::FromDollars(10'000)));
  }
  const json subscribe = {
      {"id", 1},
      {"cmd", "subscribe"},
      {"params", {{"channels", {"orderbook_delta"}}, {"market_tickers", {"A", "B"}}}}};
  std::vector<std::unique_ptr<BookClient>> clients;
  for (int i = 0; i < kClientCount; ++i) {
    clients.push_back(std::make_unique<BookClient>(door, traders[i % kTraderCount]));
    clients.back()->Send(subscribe);
  }
  std::atomic<bool> is_done = false;
  std::vector<std::thread> threads;
  threads.reserve(kTraderCount);
  std::atomic<int> refused_count = 0;
  for (int t = 0; t < kTraderCount; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kOrderCount; ++i) {
        const std::string price = "0." + std::to_string(40 + (i * 7 + t) % 20) + "00";
        const Answer answer = exchange.Create(traders[t], i % 3 == 0 ? "A" : "B",
                                              (i + t) % 2 == 0 ? "bid" : "ask", price, "1.00");
        refused_count += answer.status != 201;
      }
    });
  }
  // Comes and goes all the while, and asks for everything.
  std::thread visitor([&] {
    while (!is_done) {
      RawWebSocketClient client(door.port());
      const auto answer = client.Handshake(kPath, door.AccessHeaders(traders[0]));
      if (!answer || answer->status != 101) return;
      client.SendText(R"({"id":1,"cmd":"subscribe","params":{"channels":["ticker","trade","fill",)"
                      R"("user_orders","market_positions"]}})");
      client.Receive();
    }
  });
  for (std::thread& thread : threads) thread.join();
  is_done = true;
  visitor.join();
  CHECK(refused_count == 0);
  const json book_a = exchange.Get("/trade-api/v2/markets/A/orderbook").json["orderbook_fp"];
  const json book_b = exchange.Get("/trade-api/v2/markets/B/orderbook").json["orderbook_fp"];
  for (const auto& client : clients) {
    client->Drain();
    CHECK(client->sequence_fault_count == 0);
    CHECK(client->negative_count == 0);
    CHECK(client->books["A"]["yes"] == SideOf(book_a["yes_dollars"]));
    CHECK(client->books["A"]["no"] == SideOf(book_a["no_dollars"]));
    CHECK(client->books["B"]["yes"] == SideOf(book_b["yes_dollars"]));
    CHECK(client->books["B"]["no"] == SideOf(book_b["no_dollars"]));
  }
}

TEST_CASE("WebSocketDoor: get_snapshot stands between the deltas that it has and those it has not",
          "[mock_kalshi][websocket]") {
  FeedDoor door;
  door.exchange.AddMarket("A");
  const Trader trader = door.exchange.AddTrader("trader", Money::FromDollars(10'000));
  BookClient client(door, trader);
  client.Send({{"id", 1},
               {"cmd", "subscribe"},
               {"params", {{"channels", {"orderbook_delta"}}, {"market_ticker", "A"}}}});
  std::thread trading([&] {
    for (int i = 0; i < 200; ++i) door.exchange.Create(trader, "A", "bid", "0.3000", "1.00");
  });
  for (int i = 0; i < 20; ++i) {
    client.Send({{"id", 100 + i},
                 {"cmd", "update_subscription"},
                 {"params", {{"sid", 1}, {"action", "get_snapshot"}, {"market_ticker", "A"}}}});
    for (json message = client.Receive(); message.value("id", 0) != 100 + i;) {
      REQUIRE_FALSE(message.is_null());
      message = client.Receive();
    }
  }
  trading.join();
  client.Drain();
  CHECK(client.sequence_fault_count == 0);
  CHECK(client.books["A"]["yes"] == BookClient::Side{{"0.3000", 20'000}});
}

TEST_CASE("WebSocketDoor: a revoked key loses its connection with 1008",
          "[mock_kalshi][websocket]") {
  FeedDoor door;
  const Trader trader = door.exchange.AddTrader("trader", Money::FromDollars(10));
  BookClient client(door, trader);
  client.Drain();
  REQUIRE(!door.exchange.Execute(venue::RevokeKey{trader.account, venue::UuidText(trader.key_id)})
               .result.reject);
  CHECK(client.Receive().is_null());
  CHECK(client.close_code == 1008);
}

}  // namespace evx::mock_kalshi
