#include "replay/replay_hub.h"

#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "replay/replay_session.h"
#include "tests/fake_socket.h"
#include "tests/recorded_film.h"

namespace evx::order_book_rebuilder {
namespace {

using nlohmann::json;

constexpr const char* kSnapshot =
    R"({"type":"orderbook_snapshot","sid":7,"seq":11,"msg":{"market_ticker":"A","market_id":"id",)"
    R"("yes_dollars_fp":[["0.4000","2.00"]],"no_dollars_fp":[["0.5000","1.00"]]}})";
constexpr const char* kDelta =
    R"({"type":"orderbook_delta","sid":7,"seq":12,"msg":{"market_ticker":"A","market_id":"id",)"
    R"("price_dollars":"0.5000","delta_fp":"3.00","side":"no","ts_ms":1}})";
constexpr const char* kMisfit =
    R"({"type":"orderbook_delta","sid":7,"seq":13,"msg":{"market_ticker":"A","market_id":"id",)"
    R"("price_dollars":"0.1000","delta_fp":"-3.00","side":"yes","ts_ms":1}})";

// A film of frames a second apart.
class Film {
 public:
  explicit Film(const std::vector<std::string>& frames) : recorded_(frames) {
    player = Open(Timestamp());
  }

  // The same once more, from then on.
  std::unique_ptr<ReplayPlayer> Open(Timestamp from) const {
    auto opened = ReplayPlayer::Open({.folder = recorded_.folder(), .from = from});
    REQUIRE(opened.ok());
    return *std::move(opened);
  }

 private:
  const RecordedFilm recorded_;

 public:
  std::unique_ptr<ReplayPlayer> player;  // Until a hub takes it.
  ReplayCounters counters;
};

class Client {
 public:
  explicit Client(ReplayHub& hub) : session(hub) { session.OnOpen(socket); }
  ~Client() { session.OnClose(); }

  // The answers to a command.
  std::vector<json> Send(const std::string& text) {
    socket.Take();
    session.OnMessage(text, true);
    return socket.Take();
  }

  FakeSocket socket;
  ReplaySession session;
};

std::string Subscribe(const std::string& params) {
  return R"({"id":1,"cmd":"subscribe","params":{)" + params + "}}";
}

constexpr const char* kEverything = R"("channels":["orderbook_delta","trade","ticker"],)"
                                    R"("market_ticker":"A")";

int CodeOf(const std::vector<json>& answers) {
  REQUIRE(answers.size() == 1);
  REQUIRE(answers[0]["type"] == "error");
  return answers[0]["msg"]["code"];
}

}  // namespace

TEST_CASE("ReplayHub: messages carry new numbers, the recorded ones and the mark", "[replay]") {
  Film film({kSnapshot, kDelta, kTrade, kTicker});
  ReplayHub hub({.replay_id = "r-1"}, std::move(film.player), film.counters, [] {});
  CHECK(hub.Turn(0) == absl::InfiniteDuration());
  Client client(hub);
  const auto subscribed = client.Send(Subscribe(kEverything));
  REQUIRE(subscribed.size() == 3);
  CHECK(subscribed[1] == json::parse(R"({"type":"subscribed","id":1,"replay_id":"r-1",)"
                                     R"("msg":{"channel":"trade","sid":2}})"));
  // The film begins with the first subscription, at its own speed.
  CHECK(hub.Turn(0) == absl::Seconds(1));
  CHECK(hub.Turn(3 * kSecond) == absl::InfiniteDuration());
  const auto messages = client.socket.Take();
  REQUIRE(messages.size() == 4);
  const std::vector<const char*> recorded = {kSnapshot, kDelta, kTrade, kTicker};
  const std::vector<std::pair<int, int>> numbers = {{1, 1}, {1, 2}, {2, 1}, {3, 0}};
  for (std::size_t i = 0; i < messages.size(); ++i) {
    const json original = json::parse(recorded[i]);
    json expected = original;
    expected["sid"] = numbers[i].first;
    if (original.contains("seq")) {
      expected["seq"] = numbers[i].second;
      expected["recorded_seq"] = original["seq"];
    }
    expected["recorded_sid"] = original["sid"];
    expected["replay_id"] = "r-1";
    CHECK(messages[i] == expected);
  }
}

TEST_CASE("ReplayHub: the lifecycle channels are open and do not begin the film", "[replay]") {
  Film film({kSnapshot, kDelta});
  ReplayHub hub({.replay_id = "r"}, std::move(film.player), film.counters, [] {});
  Client client(hub);
  const auto subscribed = client.Send(
      Subscribe(R"("channels":["market_lifecycle_v2","multivariate_market_lifecycle"])"));
  REQUIRE(subscribed.size() == 2);
  CHECK(subscribed[0]["msg"] == json::parse(R"({"channel":"market_lifecycle_v2","sid":1})"));
  CHECK(hub.Turn(0) == absl::InfiniteDuration());
  CHECK(client.socket.Take().empty());
  client.Send(Subscribe(kEverything));
  CHECK(hub.Turn(0) == absl::Seconds(1));
}

TEST_CASE("ReplayHub: who comes later begins with the book as of now", "[replay]") {
  Film film({kSnapshot, kDelta, kTrade, kDelta});
  ReplayHub hub({.replay_id = "r"}, std::move(film.player), film.counters, [] {});
  Client first(hub);
  first.Send(Subscribe(kEverything));
  hub.Turn(0);
  hub.Turn(2 * kSecond);
  Client later(hub);
  const bool use_yes_price = GENERATE(false, true);
  const auto answers =
      later.Send(Subscribe(R"("channels":["orderbook_delta"],"market_tickers":["A","NONE"],)"
                           R"("use_yes_price":)" +
                           std::string(use_yes_price ? "true" : "false")));
  REQUIRE(answers.size() == 2);
  CHECK(answers[1]["seq"] == 1);
  CHECK_FALSE(answers[1].contains("recorded_seq"));
  CHECK(answers[1]["msg"] == json::parse(std::string(R"({"market_ticker":"A","market_id":"id",)"
                                                     R"("yes_dollars_fp":[["0.4000","2.00"]],)") +
                                         R"("no_dollars_fp":[["0.5000","4.00"]]})"));
  hub.Turn(3 * kSecond);
  const auto messages = later.socket.Take();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["seq"] == 2);
  CHECK(messages[0]["msg"]["delta_fp"] == "3.00");

  SECTION("and so does everybody after a seek, in the same numbers") {
    first.socket.Take();
    REQUIRE(hub.Seek(Timestamp::FromNanos(kBegin + kSecond), 4 * kSecond).ok());
    hub.Turn(4 * kSecond);
    const auto again = first.socket.Take();
    REQUIRE(again.size() == 2);
    CHECK(again[0]["type"] == "orderbook_snapshot");
    CHECK(again[0]["seq"] == 4);
    CHECK(again[0]["msg"]["no_dollars_fp"] == json::parse(R"([["0.5000","1.00"]])"));
    CHECK(again[1]["seq"] == 5);
    CHECK(again[1]["recorded_seq"] == 12);
  }
}

TEST_CASE("ReplayHub: no time of the film passes while it is sought", "[replay]") {
  Film film({kSnapshot, kDelta, kTrade, kDelta});
  ReplayHub hub({.replay_id = "r"}, std::move(film.player), film.counters, [] {});
  hub.Play(0);
  CHECK(hub.Turn(3 * kSecond) == absl::InfiniteDuration());
  REQUIRE(hub.Seek(Timestamp::FromNanos(kBegin + kSecond), 4 * kSecond).ok());
  CHECK(hub.is_playing());
  CHECK(hub.Turn(1'000 * kSecond) == absl::Seconds(1));
  CHECK(hub.player().next_number() == 2);
}

TEST_CASE("ReplayHub: another film is shown to who is connected, in the same numbers", "[replay]") {
  Film film({kSnapshot, kDelta, kTrade, kDelta});
  ReplayHub hub({.replay_id = "r"}, std::move(film.player), film.counters, [] {});
  Client client(hub);
  client.Send(Subscribe(kEverything));
  hub.Turn(0);
  REQUIRE(client.socket.Take().size() == 1);

  REQUIRE(
      hub.Show(film.Open(Timestamp::FromNanos(kBegin + 3 * kSecond)), {.is_paused = true}).ok());
  auto messages = client.socket.Take();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["type"] == "orderbook_snapshot");
  CHECK(messages[0]["seq"] == 2);
  CHECK_FALSE(messages[0].contains("recorded_seq"));
  CHECK(messages[0]["msg"]["no_dollars_fp"] == json::parse(R"([["0.5000","4.00"]])"));
  CHECK(hub.Turn(9 * kSecond) == absl::InfiniteDuration());
  CHECK(client.socket.Take().empty());

  hub.Play(10 * kSecond);
  hub.Turn(10 * kSecond);
  messages = client.socket.Take();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["seq"] == 3);
  CHECK(messages[0]["recorded_seq"] == 12);
  CHECK(film.counters.frames_sent == 3);
  CHECK(film.counters.client_count == 1);
  CHECK(film.counters.position_nanos == kBegin + 3 * kSecond);
  CHECK(hub.player().is_at_end());

  // Where the new film does not know the book yet, it comes with its first snapshot.
  REQUIRE(hub.Show(film.Open(Timestamp()), {}).ok());
  CHECK(client.socket.Take().empty());
  hub.Turn(50 * kSecond);
  messages = client.socket.Take();
  REQUIRE(messages.size() == 1);
  CHECK(messages[0]["type"] == "orderbook_snapshot");
  CHECK(messages[0]["recorded_seq"] == 11);
}

TEST_CASE("ReplayHub: a button that was pressed before anybody watched is kept", "[replay]") {
  Film film({kSnapshot, kDelta});
  ReplayHub hub({.replay_id = "r"}, std::move(film.player), film.counters, [] {});
  CHECK_FALSE(hub.has_begun());
  SECTION("a film that was paused stands") {
    hub.Pause(0);
    Client client(hub);
    client.Send(Subscribe(kEverything));
    hub.Turn(kSecond);
    CHECK(client.socket.Take().empty());
  }
  SECTION("a film that was begun plays for nobody") {
    hub.Play(0);
    hub.Turn(kSecond);
    CHECK(hub.player().is_at_end());
  }
  CHECK(hub.has_begun());
}

TEST_CASE("ReplayHub: a delta that does not fit ends the book until the next snapshot",
          "[replay]") {
  Film film({kDelta, kSnapshot, kMisfit, kDelta, kSnapshot, kDelta});
  film.player->SetSpeed(ReplaySpeed::Max(), 0);
  ReplayHub hub({.replay_id = "r"}, std::move(film.player), film.counters, [] {});
  Client client(hub);
  client.Send(Subscribe(kEverything));
  hub.Turn(0);
  std::vector<std::string> types;
  for (const json& message : client.socket.Take()) types.push_back(message["type"]);
  CHECK(types ==
        std::vector<std::string>{"orderbook_snapshot", "orderbook_snapshot", "orderbook_delta"});
}

TEST_CASE("ReplayHub: gaps are where they were ordered, and get_snapshot repairs them",
          "[replay]") {
  Film film({kSnapshot, kDelta, kDelta, kTrade, kDelta, kDelta, kTrade});
  film.player->SetSpeed(ReplaySpeed::Max(), 0);
  ReplayHub hub({.replay_id = "r", .gap_every = 2}, std::move(film.player), film.counters, [] {});
  Client client(hub);
  client.Send(Subscribe(kEverything));
  hub.Turn(0);
  std::vector<std::pair<int, int>> numbers;
  for (const json& message : client.socket.Take()) {
    numbers.emplace_back(message["sid"], message["seq"]);
  }
  // Of books 3 and 5, of trades 2 are missing.
  CHECK(numbers == std::vector<std::pair<int, int>>{{1, 1}, {1, 2}, {2, 1}, {1, 4}});
  const auto repaired = client.Send(
      R"({"id":9,"cmd":"update_subscription","params":{"sid":1,"action":"get_snapshot",)"
      R"("market_ticker":"A"}})");
  REQUIRE(repaired.size() == 1);
  CHECK(repaired[0]["id"] == 9);
  CHECK(repaired[0]["seq"] == 6);
  CHECK(repaired[0]["msg"]["no_dollars_fp"] == json::parse(R"([["0.5000","13.00"]])"));
}

TEST_CASE("ReplaySession: commands are answered as the venue answers them", "[replay]") {
  Film film({kSnapshot, kDelta});
  ReplayHub hub({.replay_id = "r"}, std::move(film.player), film.counters, [] {});
  Client client(hub);
  CHECK(CodeOf(client.Send("{")) == 1);
  CHECK(CodeOf(client.Send(Subscribe(R"("channels":["fill"])"))) == 9);
  CHECK(CodeOf(client.Send(Subscribe(R"("channels":["orderbook_delta"])"))) == 14);
  CHECK(CodeOf(client.Send(Subscribe(
            R"("channels":["ticker"],"market_id":"d4304bf6-90a4-4a6e-9fee-19b3609dbe0a")"))) == 11);
  CHECK(CodeOf(client.Send(R"({"id":2,"cmd":"unsubscribe","params":{"sids":[1]}})")) == 7);

  client.Send(Subscribe(R"("channels":["trade","orderbook_delta"],"market_ticker":"A")"));
  const auto update = [&](const std::string& params) {
    return client.Send(R"({"id":3,"cmd":"update_subscription","params":{)" + params + "}}");
  };
  CHECK(CodeOf(update(R"("sid":1,"action":"get_snapshot","market_ticker":"A")")) == 13);
  CHECK(CodeOf(update(R"("sid":2,"action":"get_snapshot","market_ticker":"A")")) == 11);
  CHECK(CodeOf(update(R"("sid":2,"action":"add_markets")")) == 14);
  CHECK(update(R"("sid":2,"action":"add_markets","market_ticker":"B")")[0] ==
        json::parse(R"({"type":"ok","id":3,"sid":2,"seq":3,"replay_id":"r",)"
                    R"("msg":{"market_tickers":["A","B"]}})"));
  CHECK(update(R"("sid":2,"action":"delete_markets","market_ticker":"A")")[0]["msg"] ==
        json::parse(R"({"market_tickers":["B"]})"));
  CHECK(client.Send(R"({"id":4,"cmd":"list_subscriptions"})")[0]["msg"] ==
        json::parse(R"([{"channel":"trade","sid":1},{"channel":"orderbook_delta","sid":2}])"));
  CHECK(client.Send(R"({"id":5,"cmd":"unsubscribe","params":{"sids":[2]}})")[0] ==
        json::parse(R"({"type":"unsubscribed","id":5,"sid":2,"seq":5,"replay_id":"r"})"));
}

TEST_CASE("ReplayHub: max speed waits for a slow client, but not for one that takes nothing",
          "[replay]") {
  std::vector<std::string> frames = {kSnapshot};
  frames.insert(frames.end(), 20'000, kDelta);
  Film film(frames);
  film.player->SetSpeed(ReplaySpeed::Max(), 0);
  ReplayHub hub({.replay_id = "r"}, std::move(film.player), film.counters, [] {});
  Client client(hub);
  Client dead(hub);
  client.Send(Subscribe(kEverything));
  dead.Send(Subscribe(kEverything));
  dead.socket.takes = false;
  for (int turn = 0; turn < 100; ++turn) hub.Turn(kSecond);
  CHECK_FALSE(hub.player().is_at_end());
  CHECK(dead.socket.unsent < ReplayHub::kMaxSpeedUnsentBytes + 64 * 1'024);
  CHECK(dead.socket.messages.back()["type"] == "orderbook_delta");
  dead.socket.unsent = 0;  // It took everything, for once.
  for (int turn = 0; turn < 100; ++turn) hub.Turn(2 * kSecond);
  CHECK_FALSE(hub.player().is_at_end());

  hub.Turn(2 * kSecond + ReplaySession::kSlowConsumerNanos);
  for (int turn = 0; turn < 100; ++turn) hub.Turn(20 * kSecond);
  CHECK(hub.player().is_at_end());
  CHECK(client.socket.messages.back()["seq"] == frames.size());
  int last_code = 0;
  for (const json& message : dead.socket.messages) {
    if (message["type"] == "error") last_code = message["msg"]["code"];
  }
  CHECK(last_code == 25);
}

TEST_CASE("ReplayHub: at any other speed a client that takes nothing loses its subscription",
          "[replay]") {
  std::vector<std::string> frames = {kSnapshot};
  frames.insert(frames.end(), 30'000, kDelta);
  Film film(frames);
  film.player->SetSpeed(*ReplaySpeed::Parse("1000"), 0);
  ReplayHub hub({.replay_id = "r"}, std::move(film.player), film.counters, [] {});
  Client client(hub);
  client.Send(Subscribe(kEverything));
  client.socket.takes = false;
  hub.Turn(0);
  for (int turn = 0; turn < 20; ++turn) hub.Turn(100 * kSecond);
  CHECK(hub.player().is_at_end());
  CHECK(client.socket.unsent <= ReplaySession::kUnsentBytesMax + 1'024);
  CHECK(client.socket.messages.back()["msg"]["code"] == 25);
}

}  // namespace evx::order_book_rebuilder
