#include "evx/kalshi_client/feed_session.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "feed_log.h"

namespace evx::kalshi_client {
namespace {

using kalshi::Channel;
using kalshi::SubscriptionAction;
using Lines = std::vector<std::string>;

class FakeLink final : public FeedLink {
 public:
  bool Send(std::string_view command) override {
    sent.push_back(kalshi::DecodeWebSocketCommand(command));
    return takes;
  }
  void Restart(std::string_view) override { ++restarts; }

  std::vector<kalshi::WebSocketCommand> sent;
  bool takes = true;
  int restarts = 0;
};

constexpr std::int64_t kSecond = 1'000'000'000;

// A session of books and trades; sid 1 is the books', sid 2 the trades'.
struct Fixture {
  // With snapshots of A and B as numbers 1 and 2.
  void Open() {
    session.AddMarkets({"A", "B"});
    session.OnOpen(0);
    session.OnFrame(SubscribedFrame(1, "orderbook_delta", 1));
    session.OnFrame(SubscribedFrame(1, "trade", 2));
    session.OnFrame(SnapshotFrame(1, 1, "A"));
    session.OnFrame(SnapshotFrame(1, 2, "B"));
    link.sent.clear();
    log.Take();
  }
  // The markets of each request for snapshots since the last call.
  std::vector<Lines> TakeSnapshotRequests() {
    std::vector<Lines> requests;
    for (const auto& command : link.sent) {
      const auto* update = std::get_if<kalshi::UpdateSubscriptionCommand>(&command.body);
      if (update != nullptr && update->action == SubscriptionAction::kGetSnapshot) {
        requests.push_back(update->markets.tickers);
      }
    }
    link.sent.clear();
    return requests;
  }

  FeedSessionOptions options{.channels = {Channel::kOrderbookDelta, Channel::kTrade}};
  ManualClock clock{Timestamp::FromSeconds(1)};
  FeedLog log;
  FakeLink link;
  FeedSession session{0, true, options, clock, log, link};
};

TEST_CASE("FeedSession: a server that plays a replay is not followed unless that is asked for",
          "[feed]") {
  const std::string subscribed =
      R"({"type":"subscribed","id":1,"replay_id":"r-1","msg":{"channel":"orderbook_delta","sid":1}})";
  Fixture f;
  SECTION("nothing is told, and the connection is made again") {
    f.session.AddMarkets({"A"});
    f.session.OnOpen(0);
    f.log.Take();
    f.session.OnFrame(subscribed);
    CHECK(f.link.restarts == 1);
    f.session.OnFrame(SnapshotFrame(1, 1, "A"));
    CHECK(f.log.Take() == Lines{"fault replay 0"});
  }
  SECTION("its id is told first") {
    f.options.accepts_replay = true;
    FeedSession session(0, true, f.options, f.clock, f.log, f.link);
    session.AddMarkets({"A"});
    session.OnOpen(0);
    f.log.Take();
    session.OnFrame(subscribed);
    session.OnFrame(SnapshotFrame(1, 1, "A"));
    CHECK(f.link.restarts == 0);
    const Lines lines = f.log.Take();
    REQUIRE_FALSE(lines.empty());
    CHECK(lines.front() == "replay r-1");
  }
}

TEST_CASE("FeedSession: subscribes its channels in chunks and tells updates", "[feed]") {
  FeedSessionOptions options;
  options.markets_per_command = 2;
  ManualClock clock(Timestamp::FromSeconds(1));
  FeedLog log;
  FakeLink link;
  FeedSession session(0, true, options, clock, log, link);
  session.AddMarkets({"A", "B", "C"});
  session.OnOpen(0);
  REQUIRE(link.sent.size() == 2);
  const auto& books = std::get<kalshi::SubscribeCommand>(link.sent[0].body);
  CHECK(books.channels == std::vector{Channel::kOrderbookDelta, Channel::kTicker, Channel::kTrade});
  CHECK(books.markets.tickers.size() == 2);
  const auto& lifecycle = std::get<kalshi::SubscribeCommand>(link.sent[1].body);
  CHECK(lifecycle.channels == std::vector{Channel::kMarketLifecycle});
  CHECK(lifecycle.markets.empty());
  session.OnFrame(SubscribedFrame(1, "orderbook_delta", 1));
  REQUIRE(link.sent.size() == 3);
  const auto& rest = std::get<kalshi::UpdateSubscriptionCommand>(link.sent[2].body);
  CHECK(rest.sid == 1);
  CHECK(rest.action == SubscriptionAction::kAddMarkets);
  CHECK(rest.markets.tickers.size() == 1);
  CHECK_FALSE(session.is_subscribed());
  session.OnFrame(SubscribedFrame(1, "ticker", 2));
  session.OnFrame(SubscribedFrame(1, "trade", 3));
  session.OnFrame(SubscribedFrame(2, "market_lifecycle_v2", 4));
  CHECK(session.is_subscribed());
  session.OnFrame(SnapshotFrame(1, 1, "A"));
  session.OnFrame(DeltaFrame(1, 2, "A") + "\n");
  session.OnFrame("\n");
  session.OnFrame(DeltaFrame(1, 3, "B"));
  session.OnFrame(TradeFrame(3, 1, "A"));
  session.OnFrame(R"({"type":"market_lifecycle_v2","sid":4,"seq":1,"msg":{"market_ticker":"A",)"
                  R"("event_type":"settled","settled_ts":1}})");
  CHECK(log.Take() ==
        Lines{"connected 0", "snapshot A", "delta A 2", "delta? B 3", "trade A 1", "lifecycle A"});
}

TEST_CASE("FeedSession: a gap asks for snapshots at once and ends with the last", "[feed]") {
  Fixture f;
  f.Open();
  f.session.OnFrame(DeltaFrame(1, 3, "A"));
  f.session.OnFrame(DeltaFrame(1, 5, "A"));
  CHECK(f.TakeSnapshotRequests() == std::vector<Lines>{{"A", "B"}});
  f.session.OnFrame(SnapshotFrame(1, 6, "A"));
  f.session.OnFrame(DeltaFrame(1, 7, "A"));
  f.session.OnFrame(DeltaFrame(1, 8, "B"));
  f.session.OnFrame(SnapshotFrame(1, 9, "B"));
  CHECK(f.log.Take() == Lines{"delta A 3", "began orderbook_delta sequence A B", "delta? A 5",
                              "snapshot A", "delta A 7", "delta? B 8", "snapshot B",
                              "ended orderbook_delta"});
}

TEST_CASE("FeedSession: gaps within a gap ask once per tick", "[feed]") {
  Fixture f;
  f.Open();
  for (std::uint64_t seq = 4; seq < 100; seq += 2) f.session.OnFrame(DeltaFrame(1, seq, "A"));
  CHECK(f.TakeSnapshotRequests().size() == 1);
  f.session.OnTick(kSecond / 4);
  CHECK(f.TakeSnapshotRequests() == std::vector<Lines>{{"A", "B"}});
}

TEST_CASE("FeedSession: a gap of trades is told with its end", "[feed]") {
  Fixture f;
  f.Open();
  f.session.OnFrame(TradeFrame(2, 3, "A"));
  CHECK(f.log.Take() == Lines{"began trade sequence", "ended trade", "trade A 3"});
  CHECK(f.link.sent.empty());
}

TEST_CASE("FeedSession: a doubled frame is dropped", "[feed]") {
  Fixture f;
  f.Open();
  f.session.OnFrame(DeltaFrame(1, 3, "A"));
  f.session.OnFrame(DeltaFrame(1, 3, "A"));
  f.session.OnFrame(DeltaFrame(1, 4, "A"));
  CHECK(f.log.Take() == Lines{"delta A 3", "fault duplicate 0", "delta A 4"});
}

TEST_CASE("FeedSession: answers to commands take numbers too", "[feed]") {
  Fixture f;
  f.Open();
  f.session.AddMarkets({"C"});
  f.session.OnFrame(R"({"type":"ok","id":2,"sid":1,"seq":3})");
  f.session.OnFrame(SnapshotFrame(1, 4, "C"));
  f.session.OnFrame(ErrorFrame(0, 27, 1, 5));
  f.session.OnFrame(DeltaFrame(1, 6, "C"));
  CHECK(f.log.Take() == Lines{"snapshot C", "fault refused 27", "delta C 6"});
}

TEST_CASE("FeedSession: what cannot be read puts books in doubt", "[feed]") {
  Fixture f;
  f.Open();
  SECTION("no envelope") {
    f.session.OnFrame("{oops");
    CHECK(f.log.Take() == Lines{"fault unreadable 0", "began orderbook_delta unreadable A B"});
  }
  SECTION("a body") {
    f.session.OnFrame(R"({"type":"orderbook_delta","sid":1,"seq":3,"msg":{"market_ticker":"A"}})");
    CHECK(f.log.Take() == Lines{"fault unreadable 0", "began orderbook_delta unreadable A B"});
  }
  SECTION("a book without number") {
    f.session.OnFrame(DeltaFrame(1, 0, "A"));
    CHECK(f.log.Take() == Lines{"fault unreadable 0", "began orderbook_delta unreadable A B"});
  }
  SECTION("another channel's sid") {
    f.session.OnFrame(TradeFrame(1, 3, "A"));
    CHECK(f.log.Take() == Lines{"fault channel 0", "began orderbook_delta unreadable A B"});
  }
  CHECK(f.TakeSnapshotRequests() == std::vector<Lines>{{"A", "B"}});
}

TEST_CASE("FeedSession: many unreadable frames in a row restart the connection", "[feed]") {
  Fixture f;
  f.Open();
  for (int i = 0; i < f.options.unreadable_frames_max; ++i) f.session.OnFrame("x");
  CHECK(f.link.restarts == 1);
}

TEST_CASE("FeedSession: unknown types and sids are faults and nothing else", "[feed]") {
  Fixture f;
  f.Open();
  f.session.OnFrame(DeltaFrame(9, 1, "A"));
  f.session.OnFrame(R"({"type":"weather","sid":1,"seq":3,"msg":{}})");
  f.session.OnFrame(DeltaFrame(1, 4, "A"));
  CHECK(f.log.Take() == Lines{"fault sid 0", "fault type 0", "delta A 4"});
}

TEST_CASE("FeedSession: an ended subscription is subscribed again", "[feed]") {
  const int code = GENERATE(10, 25);
  Fixture f;
  f.Open();
  f.session.OnFrame(ErrorFrame(0, code, 1, 3));
  CHECK(f.log.Take() ==
        Lines{"fault refused " + std::to_string(code), "began orderbook_delta ended A B"});
  f.session.OnFrame(TradeFrame(2, 1, "A"));
  f.session.OnTick(kSecond);
  REQUIRE(f.link.sent.size() == 1);
  CHECK(std::get<kalshi::SubscribeCommand>(f.link.sent[0].body).channels ==
        std::vector{Channel::kOrderbookDelta});
  f.session.OnFrame(SubscribedFrame(f.link.sent[0].id, "orderbook_delta", 3));
  f.session.OnFrame(SnapshotFrame(3, 1, "A"));
  f.session.OnFrame(SnapshotFrame(3, 2, "B"));
  CHECK(f.log.Take() == Lines{"trade A 1", "snapshot A", "snapshot B", "ended orderbook_delta"});
}

TEST_CASE("FeedSession: a lost connection is a gap until the new one has its snapshots", "[feed]") {
  Fixture f;
  f.Open();
  f.session.Reset(absl::UnavailableError("lost"));
  CHECK(f.log.Take() == Lines{"began orderbook_delta disconnected A B", "began trade disconnected",
                              "disconnected 0"});
  f.session.OnOpen(kSecond);
  f.session.OnFrame(SubscribedFrame(2, "orderbook_delta", 1));
  f.session.OnFrame(SubscribedFrame(2, "trade", 2));
  f.session.OnFrame(SnapshotFrame(1, 1, "B"));
  f.session.OnFrame(SnapshotFrame(1, 2, "A"));
  CHECK(f.log.Take() ==
        Lines{"connected 0", "ended trade", "snapshot B", "snapshot A", "ended orderbook_delta"});
}

TEST_CASE("FeedSession: an unanswered or refused command restarts the connection", "[feed]") {
  Fixture f;
  f.session.AddMarkets({"A"});
  f.session.OnOpen(0);
  SECTION("no answer") {
    f.session.OnTick(4 * kSecond);
    CHECK(f.link.restarts == 0);
    f.session.OnTick(5 * kSecond);
  }
  SECTION("refused") { f.session.OnFrame(ErrorFrame(1, 26)); }
  CHECK(f.link.restarts == 1);
}

TEST_CASE("FeedSession: silent markets are given up, those that exist cost a connection",
          "[feed]") {
  Fixture f;
  f.Open();
  f.session.AddMarkets({"C"});
  f.session.OnFrame(R"({"type":"ok","id":2,"sid":1,"seq":3})");
  f.session.OnFrame(R"({"type":"ok","id":3,"sid":2,"seq":1})");
  f.session.OnFrame(DeltaFrame(1, 5, "A"));
  f.session.OnFrame(SnapshotFrame(1, 6, "A"));
  const bool answers_b = GENERATE(true, false);
  if (answers_b) f.session.OnFrame(SnapshotFrame(1, 7, "B"));
  for (std::int64_t second = 1; second <= 4; ++second) f.session.OnTick(second * kSecond);
  const Lines told = f.log.Take();
  if (answers_b) {
    CHECK(told.back() == "ended orderbook_delta C");
    CHECK(f.link.restarts == 0);
  } else {
    CHECK(f.link.restarts == 1);
  }
}

TEST_CASE("FeedSession: without markets nothing is subscribed", "[feed]") {
  Fixture f;
  f.Open();
  f.session.RemoveMarkets({"A"});
  REQUIRE(f.link.sent.size() == 2);
  CHECK(std::get<kalshi::UpdateSubscriptionCommand>(f.link.sent[0].body).action ==
        SubscriptionAction::kDeleteMarkets);
  f.session.RemoveMarkets({"B"});
  CHECK(f.link.restarts == 1);
}

}  // namespace
}  // namespace evx::kalshi_client
