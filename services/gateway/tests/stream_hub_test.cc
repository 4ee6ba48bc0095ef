#include "stream/stream_hub.h"

#include <catch2/catch.hpp>

#include "stream_news.h"
#include "stream_reader.h"

namespace evx::gateway {
namespace {

constexpr std::int64_t kMs = 1'000'000;

struct Fixture {
  StreamHub hub{{.epoch = 100,
                 .knows = [](std::string_view ticker) { return ticker.starts_with("KX"); },
                 .on_wanted = [this](const std::string& name) { wanted.push_back(name); },
                 .on_unwanted = [this](const std::string& name) { unwanted.push_back(name); }}};
  std::vector<std::string> wanted;
  std::vector<std::string> unwanted;
  std::int64_t now = 1'000 * kMs;
  StreamReader reader;
  StreamClient& client = hub.Add(reader);

  ~Fixture() { hub.Remove(client, now); }

  absl::Status Subscribe(const std::string& name, std::int64_t epoch = 0,
                         std::int64_t sequence = 0) {
    return hub.Subscribe(client, name, epoch, sequence, now);
  }
  void Pass(std::int64_t ms) {
    now += ms * kMs;
    hub.Turn(now);
  }
  StreamReader::State& Of(const std::string& name) { return reader.states[name]; }
};

}  // namespace

TEST_CASE("StreamHub: a book's first change goes out at once, the others together at 50 ms") {
  Fixture f;
  REQUIRE(f.Subscribe("book:KX").ok());
  CHECK(f.reader.last["book:KX"].initial_state().book().health().state() == v1::BOOK_STATE_WAITING);
  f.hub.Publish({BookNews("book:KX", {LevelOf(kBid, 40, 100)})}, f.now);
  CHECK(f.reader.frame_count == 2);
  for (int i = 1; i <= 10; ++i) {
    f.now += kMs;
    f.hub.Publish({BookNews("book:KX", {LevelOf(kBid, 41, i), LevelOf(kAsk, 60, i)})}, f.now);
  }
  CHECK(f.reader.frame_count == 2);
  CHECK(f.hub.next_due() == 1'050 * kMs);
  f.Pass(40);
  CHECK(f.reader.frame_count == 3);
  CHECK(f.reader.last["book:KX"].book_update().levels_size() == 2);
  CHECK(f.Of("book:KX").values["level 1 410000"] == "10");
  CHECK_FALSE(f.hub.next_due());
  // The window that began then is not over yet.
  f.hub.Publish({BookNews("book:KX", {LevelOf(kBid, 41, 0)})}, f.now);
  CHECK(f.reader.frame_count == 3);
}

TEST_CASE("StreamHub: a snapshot of a book tells only what it changes") {
  Fixture f;
  REQUIRE(f.Subscribe("book:KX").ok());
  f.hub.Publish(
      {BookNews("book:KX", {LevelOf(kBid, 40, 1), LevelOf(kBid, 41, 2), LevelOf(kAsk, 50, 3)},
                true)},
      f.now);
  f.Pass(50);
  f.hub.Publish(
      {BookNews("book:KX", {LevelOf(kBid, 40, 1), LevelOf(kBid, 41, 5), LevelOf(kAsk, 50, 3)},
                true)},
      f.now);
  const v1::BookUpdate& update = f.reader.last["book:KX"].book_update();
  CHECK_FALSE(update.is_whole());
  REQUIRE(update.levels_size() == 1);
  CHECK(update.levels(0).quantity_centis() == 5);
  f.Pass(50);
  f.hub.Publish({BookNews("book:KX", {LevelOf(kAsk, 99, 1)}, true)}, f.now);
  CHECK(f.reader.last["book:KX"].book_update().is_whole());
  CHECK(f.Of("book:KX").values.size() == 2);  // The level and the health.
}

TEST_CASE("StreamHub: no trade is left out and none comes twice") {
  Fixture f;
  REQUIRE(f.Subscribe("trades:KX").ok());
  CHECK(f.wanted == std::vector<std::string>{"trades:KX"});
  // The history is being asked for.
  f.hub.Publish({TradeNews("trades:KX", "3"), TradeNews("trades:KX", "4")}, f.now);
  CHECK(f.reader.frame_count == 0);
  f.hub.Publish({TradesState("trades:KX", {"1", "2", "3"})}, f.now);
  CHECK(f.Of("trades:KX").trade_ids == std::vector<std::string>{"1", "2", "3", "4"});
  f.hub.Publish({TradeNews("trades:KX", "4"), TradeNews("trades:KX", "5")}, f.now);
  f.hub.Publish({TradeNews("trades:KX", "6")}, f.now);
  CHECK(f.Of("trades:KX").trade_ids == std::vector<std::string>{"1", "2", "3", "4", "5", "6"});
  CHECK(f.reader.frame_count == 3);
}

TEST_CASE("StreamHub: the table of markets is told ten times a second, each market once") {
  Fixture f;
  REQUIRE(f.Subscribe("markets").ok());
  CHECK(f.reader.frame_count == 0);  // Nothing is known yet.
  f.hub.Publish({MarketsState({"KXA", "KXB"})}, f.now);
  CHECK(f.Of("markets").values.size() == 2);
  for (int i = 0; i < 1'000; ++i) {
    f.now += kMs;
    f.hub.Turn(f.now);
    f.hub.Publish({TickerNews("KXA", i), TickerNews("KXB", i)}, f.now);
  }
  CHECK(f.reader.frame_count >= 10);
  CHECK(f.reader.frame_count <= 12);
  CHECK(f.reader.last["markets"].market_ticker().tickers_size() == 2);
}

TEST_CASE("StreamHub: prices of a market that is not in the catalogue wait for it") {
  Fixture f;
  REQUIRE(f.Subscribe("markets").ok());
  f.hub.Publish({TickerNews("KXA", 7), MarketsState({"KXA"})}, f.now);
  CHECK(f.Of("markets").values.count("ticker KXA") == 1);
}

TEST_CASE("StreamHub: who comes back gets what it missed, or the state if that is not kept") {
  Fixture f;
  REQUIRE(f.Subscribe("trades:KX").ok());
  f.hub.Publish({TradesState("trades:KX", {"1"})}, f.now);
  const auto epoch = f.Of("trades:KX").epoch;
  const auto sequence = f.Of("trades:KX").sequence;
  f.hub.Unsubscribe(f.client, "trades:KX", f.now);
  f.hub.Publish({TradeNews("trades:KX", "2")}, f.now);
  f.hub.Publish({TradeNews("trades:KX", "3")}, f.now);
  SECTION("soon") {
    REQUIRE(f.Subscribe("trades:KX", epoch, sequence).ok());
    CHECK(f.Of("trades:KX").state_count == 1);
    CHECK(f.hub.counters().resumed == 1);
  }
  SECTION("with a number of another epoch") {
    REQUIRE(f.Subscribe("trades:KX", epoch + 1, sequence).ok());
    CHECK(f.Of("trades:KX").state_count == 2);
  }
  SECTION("with a number that was not told yet") {
    REQUIRE(f.Subscribe("trades:KX", epoch, sequence + 100).ok());
    CHECK(f.Of("trades:KX").state_count == 2);
  }
  SECTION("with a negative number") {
    REQUIRE(f.Subscribe("trades:KX", epoch, -5).ok());
    CHECK(f.Of("trades:KX").state_count == 2);
  }
  SECTION("too late") {
    f.Pass(60'000);
    CHECK(f.unwanted == std::vector<std::string>{"trades:KX"});
    f.hub.Publish({TradeNews("trades:KX", "4")}, f.now);
    REQUIRE(f.Subscribe("trades:KX", epoch, sequence).ok());
    CHECK(f.Of("trades:KX").state_count == 2);
    CHECK(f.Of("trades:KX").trade_ids.back() == "4");
  }
  SECTION("when more was told than is kept") {
    for (int i = 10; i < 3'000; ++i) {
      f.hub.Publish({TradeNews("trades:KX", std::to_string(i))}, f.now);
    }
    REQUIRE(f.Subscribe("trades:KX", epoch, sequence).ok());
    CHECK(f.Of("trades:KX").state_count == 2);
  }
}

TEST_CASE("StreamHub: a stream that is subscribed again begins anew and is told once") {
  Fixture f;
  REQUIRE(f.Subscribe("book:KX").ok());
  REQUIRE(f.Subscribe("book:KX").ok());
  CHECK(f.Of("book:KX").state_count == 2);
  CHECK(f.hub.subscription_count() == 1);
  f.hub.Publish({BookNews("book:KX", {LevelOf(kBid, 40, 1)})}, f.now);
  CHECK(f.reader.frame_count == 3);
}

TEST_CASE("StreamHub: there are no streams of unknown markets, names or beyond the most") {
  Fixture f;
  const std::string name = GENERATE("book:NO", "trades:NO", "book:", "book:K X", "nothing", "",
                                    "replay-book:a:b", "book:KX@1");
  CHECK(f.Subscribe(name).code() == absl::StatusCode::kNotFound);
  CHECK(f.hub.stream_count() == 0);
  for (std::size_t i = 0; i < StreamHub::kSubscriptionsMax; ++i) {
    REQUIRE(f.Subscribe("book:KX" + std::to_string(i)).ok());
  }
  CHECK(f.Subscribe("book:KX").code() == absl::StatusCode::kResourceExhausted);
}

TEST_CASE("StreamHub: names of replays that nothing was told of leave nothing behind") {
  Fixture f;
  for (int i = 0; i < 10'000; ++i) {
    const std::string name = "replay-book:M" + std::to_string(i);
    REQUIRE(f.Subscribe(name).ok());
    f.hub.Unsubscribe(f.client, name, f.now);
  }
  CHECK(f.hub.stream_count() == 0);
  CHECK(f.hub.subscription_count() == 0);
}

TEST_CASE("StreamHub: a full client is spared changes of books and gets the state") {
  Fixture f;
  REQUIRE(f.Subscribe("book:KX").ok());
  REQUIRE(f.Subscribe("trades:KX").ok());
  f.hub.Publish({TradesState("trades:KX", {}), BookNews("book:KX", {LevelOf(kBid, 1, 1)})}, f.now);
  f.reader.unsent = 2 << 20;
  f.Pass(50);
  f.hub.Publish({BookNews("book:KX", {LevelOf(kBid, 2, 1)})}, f.now);  // Makes it full.
  const int count = f.reader.frame_count;
  for (int i = 3; i < 50; ++i) {
    f.Pass(50);
    f.hub.Publish({BookNews("book:KX", {LevelOf(kBid, i, 1)})}, f.now);
  }
  f.hub.Publish({TradeNews("trades:KX", "1")}, f.now);
  CHECK(f.reader.frame_count == count + 1);  // The trade.
  f.hub.OnTick(f.client, f.now);
  CHECK(f.reader.frame_count == count + 1);
  f.reader.unsent = 0;
  f.hub.OnTick(f.client, f.now);
  CHECK(f.reader.frame_count == count + 2);
  CHECK(f.Of("book:KX").values.size() == 50);
  CHECK(f.hub.counters().frames_spared > 0);
  CHECK(f.reader.cut_reason.empty());
}

TEST_CASE("StreamHub: a client that stays full, or has no room for a trade, is cut off") {
  Fixture f;
  REQUIRE(f.Subscribe("trades:KX").ok());
  f.hub.Publish({TradesState("trades:KX", {})}, f.now);
  SECTION("full for ten seconds") {
    f.reader.unsent = 2 << 20;
    f.hub.Publish({TradeNews("trades:KX", "1")}, f.now);
    f.Pass(9'000);
    f.hub.OnTick(f.client, f.now);
    CHECK(f.reader.cut_reason.empty());
    f.Pass(1'000);
    f.hub.OnTick(f.client, f.now);
  }
  SECTION("no room") {
    f.reader.room = 0;
    f.hub.Publish({TradeNews("trades:KX", "1")}, f.now);
  }
  CHECK_FALSE(f.reader.cut_reason.empty());
  const int count = f.reader.frame_count;
  f.reader.room = 1 << 30;
  f.hub.Publish({TradeNews("trades:KX", "2")}, f.now);
  CHECK(f.reader.frame_count == count);
  CHECK(f.hub.counters().cut == 1);
}

TEST_CASE("StreamHub: a portfolio is seen as `portfolio`, by its own subscribers alone") {
  Fixture f;
  StreamReader other;
  StreamClient& stranger = f.hub.Add(other);
  REQUIRE(f.Subscribe(PortfolioStream(1)).ok());
  REQUIRE(f.hub.Subscribe(stranger, PortfolioStream(2), 0, 0, f.now).ok());
  f.hub.Publish({PortfolioState(PortfolioStream(1), 5)}, f.now);
  f.hub.Publish({OrderNews(PortfolioStream(1), "A", 7)}, f.now);
  CHECK(f.Of("portfolio").values.size() == 2);
  CHECK(other.frame_count == 0);
  f.hub.Remove(stranger, f.now);
}

TEST_CASE("StreamHub: a new state reaches every subscriber and covers what was before") {
  Fixture f;
  REQUIRE(f.Subscribe(PortfolioStream(1)).ok());
  f.hub.Publish({PortfolioState(PortfolioStream(1), 5)}, f.now);
  const auto first = f.Of("portfolio");
  f.hub.Publish({OrderNews(PortfolioStream(1), "A", 7)}, f.now);
  f.hub.Publish({PortfolioState(PortfolioStream(1), 6)}, f.now);
  CHECK(f.Of("portfolio").values.size() == 1);
  CHECK(f.Of("portfolio").state_count == 2);
  f.hub.Unsubscribe(f.client, PortfolioStream(1), f.now);
  f.hub.Publish({OrderNews(PortfolioStream(1), "B", 7)}, f.now);
  REQUIRE(f.Subscribe(PortfolioStream(1), first.epoch, first.sequence).ok());
  CHECK(f.Of("portfolio").values.count("order B") == 1);
}

TEST_CASE("Frame: JSON has the type in capitals and the numbers of the stream as text") {
  v1::ServerMessage message;
  message.set_stream("book:\"K\\");
  message.set_epoch(7);
  message.set_sequence(41);
  message.mutable_book_update()->mutable_health()->set_gap_count(2);
  const std::string json = Frame(message).Json();
  CHECK(json.starts_with(R"({"type":"BOOK_UPDATE","stream":"book:\"K\\","epoch":"7",)"));
  CHECK(json.find(R"("gap_count":"2")") != std::string::npos);
}

}  // namespace evx::gateway
