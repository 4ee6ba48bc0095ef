#include "live/orderbook_session.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evx/rebuild/v1/book_service.pb.h"
#include "tests/fake_socket.h"
#include "tests/live_fixture.h"

namespace evx::order_book_rebuilder {
namespace {

using nlohmann::json;

constexpr Price k40 = Price::FromCents(40);
constexpr Price k60 = Price::FromCents(60);

struct Server : LiveBooks {
  Server() {
    Apply("A", VenueSnapshot(1, {{k40, Quantity::FromContracts(3)}},
                             {{k60, Quantity::FromContracts(5)}}));
  }
  LiveHub hub{books, feed, counters};
};

class Client {
 public:
  explicit Client(Server& server, LiveFormat format = LiveFormat::kJson)
      : server_(server), session_(server.hub, format, [&server] { server.hub.Turn(0); }) {
    session_.OnOpen(socket);
  }
  ~Client() { session_.OnClose(); }

  std::vector<json> Send(const std::string& text) {
    session_.OnMessage(text, true);
    return Take();
  }
  std::vector<json> Take() {
    server_.Settle(server_.hub);
    return socket.Take();
  }
  OrderbookSession& session() { return session_; }

  FakeSocket socket;

 private:
  Server& server_;
  OrderbookSession session_;
};

TEST_CASE("OrderbookSession: a book is shown from its snapshot on", "[live]") {
  Server server;
  Client client(server);
  auto messages = client.Send(R"({"id":1,"command":"subscribe","subjects":["A"]})");
  REQUIRE(messages.size() == 2);
  CHECK(messages[0] == json::parse(R"({"type":"subscribed","id":1,"named_count":1})"));
  CHECK(messages[1]["type"] == "snapshot");
  CHECK(messages[1]["ticker"] == "A");
  CHECK(messages[1]["sequence"] == 1);
  CHECK(messages[1]["doubt"] == "none");
  CHECK(messages[1]["bids"][0]["price"] == "0.4000");
  CHECK(messages[1]["asks"][0]["quantity"] == "5.00");
  CHECK(messages[1]["book_hash"].get<std::string>().size() == 16);
  server.Apply("A", Delta(2, BookSide::kBid, k40, -1, 2));
  messages = client.Take();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0] == json{{"type", "delta"},
                            {"ticker", "A"},
                            {"sequence", 2},
                            {"time", FormatRfc3339(TimeOf(2))},
                            {"event_time", FormatRfc3339(EventTimeOf(2))},
                            {"side", "bid"},
                            {"price", "0.4000"},
                            {"change", "-1.00"},
                            {"quantity", "2.00"}});
}

TEST_CASE("OrderbookSession: tops, prefixes and all markets", "[live]") {
  Server server;
  Client client(server);
  auto messages = client.Send(R"({"command":"subscribe","subjects":["A*:top","all:top"]})");
  REQUIRE(messages.size() == 2);
  CHECK(messages[1]["type"] == "top");
  CHECK(messages[1]["bid"]["quantity"] == "3.00");
  CHECK(messages[1]["ask"]["price"] == "0.6000");
  server.Apply("A", Delta(2, BookSide::kAsk, k60, -5, 0));
  messages = client.Take();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["sequence"] == 2);
  CHECK(messages[0]["ask"] == nullptr);
  CHECK(client.Send(R"({"id":9,"command":"list"})") ==
        std::vector<json>{
            json::parse(R"({"type":"subscriptions","id":9,"subjects":["all:top","A*:top"]})")});
  CHECK(client.Send(R"({"id":10,"command":"unsubscribe","subjects":["all:top","A*:top"]})") ==
        std::vector<json>{json::parse(R"({"type":"unsubscribed","id":10,"named_count":0})")});
  server.Apply("A", Delta(3, BookSide::kAsk, k60, 5, 5));
  CHECK(client.Take().empty());
}

TEST_CASE("OrderbookSession: a market without a book is told with the code of the REST API",
          "[live]") {
  Server server;
  Client client(server);
  CHECK(client.Send(R"({"command":"subscribe","subjects":["NEW"]})")[1] ==
        json::parse(R"({"type":"unavailable","ticker":"NEW","code":"market_not_found"})"));
  client.Send(R"({"command":"subscribe","subjects":["A"]})");
  server.Close(Server::NumberOf("A"));
  const auto messages = client.Take();
  REQUIRE_FALSE(messages.empty());
  CHECK(messages[0]["type"] == "unavailable");
  CHECK(messages[0]["code"] == "market_in_transit");
}

TEST_CASE("OrderbookSession: protobuf has the same news in binary messages", "[live]") {
  Server server;
  Client client(server, LiveFormat::kProtobuf);
  client.Send(R"({"command":"subscribe","subjects":["A","A:top"]})");
  server.Apply("A", Delta(2, BookSide::kBid, k40, -1, 2));
  client.Take();
  std::vector<rebuild::v1::StreamBooksResponse> messages(client.socket.binaries.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    REQUIRE(messages[i].ParseFromString(client.socket.binaries[i]));
  }
  REQUIRE(messages.size() == 4);
  CHECK(messages[0].book().book_hash() ==
        book::HashLevels("A", std::vector<book::Level>{{k40, Quantity::FromContracts(3)}},
                         std::vector<book::Level>{{k60, Quantity::FromContracts(5)}}));
  CHECK(messages[1].top().ask().price_micros() == 600'000);
  CHECK(messages[2].change().delta_centis() == -100);
  CHECK(messages[2].change().side() == common::v1::BOOK_SIDE_BID);
  CHECK(messages[3].top().bid().quantity_centis() == 200);
}

TEST_CASE("OrderbookSession: a command that cannot be followed is answered with the reason",
          "[live]") {
  Server server;
  Client client(server);
  const auto error_of = [&](const std::string& text) { return client.Send(text).at(0); };
  CHECK(error_of("x")["code"] == "bad_command");
  CHECK(error_of(R"({"id":3,"command":"subscribe","subjects":["A:trades"]})") ==
        json::parse(R"({"type":"error","id":3,"code":"bad_command",)"
                    R"("message":"subjects[0] is A:trades; its channel must be book or top"})"));
  CHECK(error_of(R"({"command":"subscribe","subjects":["A B"]})")["code"] == "unknown_market");
  json many = {{"command", "subscribe"}, {"subjects", json::array()}};
  for (std::size_t i = 0; i <= OrderbookSession::kPrefixesMax; ++i) {
    many["subjects"].push_back("P" + std::to_string(i) + "*");
  }
  CHECK(error_of(many.dump())["code"] == "too_many");
  client.session().OnMessage("x", false);
  CHECK(client.Take().at(0)["message"] == "message is binary; it must be a text");
}

TEST_CASE("OrderbookSession: who is too slow, or sends too many commands, is told why it is cut",
          "[live]") {
  Server server;
  Client client(server);
  SECTION("slow") {
    client.Send(R"({"command":"subscribe","subjects":["A"]})");
    client.socket.unsent = feed::SendGate::kFullBytes;
    server.Apply("A", Delta(2, BookSide::kBid, k40, -1, 2));
    client.Take();
    server.hub.Tick(client.session(), feed::SendGate::kFullNanosMax);
    CHECK(client.socket.close_code == 1008);
    CHECK(client.socket.close_reason == "too slow: more than 262144 bytes waited for 10 s");
  }
  SECTION("commands") {
    for (int i = 0; i <= OrderbookSession::kCommandsPerSecondMax; ++i) {
      client.session().OnMessage(R"({"command":"list"})", true);
    }
    CHECK(client.socket.close_reason == "more than 100 commands within a second");
  }
}

}  // namespace
}  // namespace evx::order_book_rebuilder
