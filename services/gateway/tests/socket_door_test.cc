// The door on real sockets: what a page gets.

#include "door/socket_door.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>

#include "door_fixture.h"
#include "stream_news.h"

namespace evx::gateway {
namespace {

using nlohmann::json;
using testing::Fixture;
using testing::kOrigin;
using testing::Opcode;
using testing::Page;
using testing::Ping;

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

TEST_CASE("SocketDoor: before the markets are known their streams are refused for a moment") {
  Fixture f;
  f.knows_markets = false;
  Page page(f, "viewer", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  page.Subscribe(1, {"book:KXA"});
  const v1::ServerMessage refused = page.Receive();
  CHECK(refused.refusal().stream() == "book:KXA");
  CHECK(refused.refusal().reason() == "MarketsUnknown");
  CHECK(refused.refusal().is_retryable());
  CHECK(page.Receive().request_id() == 1);
  f.knows_markets = true;
  page.Subscribe(2, {"book:KXA"});
  CHECK(page.Receive().has_initial_state());
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

TEST_CASE("SocketDoor: a portfolio that cannot be opened is refused, the other streams given") {
  Fixture f;
  f.requests.is_full = true;
  Page page(f, "ann", "?subscribe=none");
  REQUIRE(page.Receive().has_welcome());
  page.Subscribe(1, {"portfolio", "book:KXA"});
  const v1::ServerMessage refused = page.Receive();
  CHECK(refused.refusal().stream() == "portfolio");
  CHECK(refused.refusal().reason() == "TooManyTraders");
  CHECK(refused.refusal().is_retryable());
  CHECK(page.Receive().has_initial_state());
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
  CHECK(slow.CloseCode() == 1013);
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

}  // namespace
}  // namespace evx::gateway
