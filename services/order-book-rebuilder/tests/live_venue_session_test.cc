#include "live/live_venue_session.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tests/fake_socket.h"
#include "tests/live_fixture.h"
#include "venue/venue_messages.h"

namespace evx::order_book_rebuilder {
namespace {

using nlohmann::json;

constexpr Price k40 = Price::FromCents(40);
constexpr Price k60 = Price::FromCents(60);

const std::string kOther = LiveBooks::Other();

struct Server : LiveBooks {
  Server() {
    for (const std::string& ticker : {std::string("A"), kOther}) {
      Apply(ticker, VenueSnapshot(1, {{k40, Quantity::FromContracts(3)}},
                                  {{k60, Quantity::FromContracts(5)}}));
    }
  }
  LiveHub hub{books, feed, counters};
};

class Client {
 public:
  explicit Client(Server& server)
      : server_(server), session_(server.books, server.hub, [&server] { server.hub.Turn(0); }) {
    session_.OnOpen(socket);
  }
  ~Client() { session_.OnClose(); }

  std::vector<json> Send(const std::string& text) {
    session_.OnMessage(text, true);
    return Take();
  }
  std::vector<json> Subscribe(const std::string& params) {
    return Send(R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],)" + params +
                "}}");
  }
  std::vector<json> Update(const std::string& params) {
    return Send(R"({"id":2,"cmd":"update_subscription","params":{"sids":[1],)" + params + "}}");
  }
  std::vector<json> Take() {
    server_.Settle(server_.hub);
    return socket.Take();
  }

  void Tick() { session_.OnTick(); }

  FakeSocket socket;

 private:
  Server& server_;
  LiveVenueSession session_;
};

TEST_CASE("LiveVenueSession: a book is shown as the venue shows it", "[live]") {
  Server server;
  Client client(server);
  auto messages = client.Subscribe(R"("market_ticker":"A")");
  REQUIRE(messages.size() == 2);
  CHECK(messages[0] ==
        json::parse(R"({"id":1,"type":"subscribed","msg":{"channel":"orderbook_delta","sid":1}})"));
  CHECK(messages[1] ==
        json::parse(R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"A",)"
                    R"("market_id":")" +
                    VenueMarketId("A") +
                    R"(","yes_dollars_fp":[["0.4000","3.00"]],)"
                    R"("no_dollars_fp":[["0.4000","5.00"]]}})"));
  server.Apply("A", Delta(2, BookSide::kAsk, k60, -2, 3));
  server.Apply(kOther, Delta(2, BookSide::kAsk, k60, -2, 3));
  messages = client.Take();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["type"] == "orderbook_delta");
  CHECK(messages[0]["seq"] == 2);
  CHECK(messages[0]["msg"]["side"] == "no");
  CHECK(messages[0]["msg"]["price_dollars"] == "0.4000");
  CHECK(messages[0]["msg"]["delta_fp"] == "-2.00");
  CHECK(messages[0]["msg"]["ts_ms"] == EventTimeOf(2).millis());
}

TEST_CASE("LiveVenueSession: prices of NO in dollars of YES where they are asked for", "[live]") {
  Server server;
  Client client(server);
  auto messages = client.Subscribe(R"("market_ticker":"A","use_yes_price":true)");
  CHECK(messages.at(1)["msg"]["no_dollars_fp"] == json::parse(R"([["0.6000","5.00"]])"));
  server.Apply("A", Delta(2, BookSide::kAsk, k60, -2, 3));
  CHECK(client.Take().at(0)["msg"]["price_dollars"] == "0.6000");
}

TEST_CASE("LiveVenueSession: what books do not tell is refused with the venue's errors", "[live]") {
  Server server;
  Client client(server);
  const auto code_of = [&](const std::string& channel) {
    return client
        .Send(R"({"id":1,"cmd":"subscribe","params":{"market_ticker":"A","channels":[")" + channel +
              R"("]}})")
        .at(0)["msg"]["code"]
        .get<int>();
  };
  for (const char* channel : {"ticker", "trade", "market_lifecycle_v2", "pyth_value"}) {
    CHECK(code_of(channel) == 8);
  }
  for (const char* channel : {"fill", "user_orders", "market_positions", "communications"}) {
    CHECK(code_of(channel) == 9);
  }
  CHECK(client.Send(R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"]}})")
            .at(0)["msg"]["code"] == 14);
}

TEST_CASE("LiveVenueSession: markets are added, asked for again and taken away", "[live]") {
  Server server;
  Client client(server);
  client.Subscribe(R"("market_ticker":"A")");
  auto messages = client.Update(R"("action":"add_markets","market_tickers":[")" + kOther + R"("])");
  REQUIRE(messages.size() == 2);
  CHECK(messages[0]["msg"]["market_tickers"] == json({"A", kOther}));
  CHECK(messages[1]["type"] == "orderbook_snapshot");
  CHECK(messages[1]["seq"] == 3);
  messages = client.Update(R"("action":"get_snapshot","market_tickers":["A"])");
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["id"] == 2);
  CHECK(messages[0]["msg"]["market_ticker"] == "A");
  CHECK(
      client.Update(R"("action":"get_snapshot","market_tickers":["NONE"])").at(0)["msg"]["code"] ==
      11);
  messages = client.Update(R"("action":"get_snapshot","market_tickers":["A","NONE"])");
  REQUIRE(messages.size() == 2);
  CHECK(messages[1]["msg"]["code"] == 11);
  client.Update(R"("action":"delete_markets","market_tickers":["A"])");
  server.Apply("A", Delta(2, BookSide::kBid, k40, 1, 4));
  server.Apply(kOther, Delta(2, BookSide::kBid, k40, 1, 4));
  messages = client.Take();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["msg"]["market_ticker"] == kOther);
  CHECK(client.Send(R"({"id":3,"cmd":"unsubscribe","params":{"sids":[1]}})").at(0)["type"] ==
        "unsubscribed");
  server.Apply(kOther, Delta(3, BookSide::kBid, k40, 1, 5));
  CHECK(client.Take().empty());
}

TEST_CASE(
    "LiveVenueSession: a snapshot that is asked for of a market that is not subscribed to is "
    "the only message of it",
    "[live]") {
  Server server;
  Client client(server);
  client.Subscribe(R"("market_ticker":"A")");
  const auto messages =
      client.Update(R"("action":"get_snapshot","market_tickers":[")" + kOther + R"("])");
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["msg"]["market_ticker"] == kOther);
  server.Apply(kOther, Delta(2, BookSide::kBid, k40, 1, 4));
  CHECK(client.Take().empty());
}

TEST_CASE("LiveVenueSession: a book that cannot be vouched for any more ends the subscription",
          "[live]") {
  Server server;
  Client client(server);
  client.Subscribe(R"("market_tickers":["A",")" + kOther + R"("])");
  SECTION("in doubt") { server.Apply("A", Gap(2)); }
  SECTION("in transit") { server.Close(Server::NumberOf("A")); }
  auto messages = client.Take();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["type"] == "error");
  CHECK(messages[0]["msg"]["code"] == 10);
  CHECK(messages[0]["sid"] == 1);
  // The other book is there at once, this one when there is one again.
  messages = client.Subscribe(R"("market_tickers":["A",")" + kOther + R"("])");
  REQUIRE(messages.size() == 2);
  CHECK(messages[1]["sid"] == 2);
  CHECK(messages[1]["msg"]["market_ticker"] == kOther);
  if (server.books.Read("A", 1).ok()) {
    server.Apply("A", VenueSnapshot(3, {}, {}));
  } else {
    server.Reopen(Server::NumberOf("A"));
  }
  messages = client.Take();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["msg"]["market_ticker"] == "A");
  CHECK(messages[0]["seq"] == 2);
}

TEST_CASE("LiveVenueSession: a client that takes nothing loses its subscription, and nothing else",
          "[live]") {
  Server server;
  Client client(server);
  client.Subscribe(R"("market_ticker":"A")");
  client.socket.unsent = VenueSession::kUnsentBytesMax;
  server.Apply("A", Delta(2, BookSide::kBid, k40, 1, 4));
  auto messages = client.Take();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["msg"]["code"] == 25);
  client.socket.unsent = 0;
  client.Tick();
  server.Apply("A", Delta(3, BookSide::kBid, k40, 1, 5));
  CHECK(client.Take().empty());
  messages = client.Subscribe(R"("market_ticker":"A")");
  REQUIRE(messages.size() == 2);
  CHECK(messages[1]["msg"]["yes_dollars_fp"] == json::parse(R"([["0.4000","5.00"]])"));
}

TEST_CASE("VenueMarketId: a UUID of its own for every ticker", "[live]") {
  const std::string id = VenueMarketId("A");
  REQUIRE(id.size() == 36);
  CHECK(id[14] == '8');
  CHECK(std::string("89ab").find(id[19]) != std::string::npos);
  CHECK(VenueMarketId("A") == id);
  CHECK(VenueMarketId(kOther) != id);
}

}  // namespace
}  // namespace evx::order_book_rebuilder
