#include "feed/feed_hub.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "feed_fixture.h"

namespace evx::market_data {
namespace {

using Heads = std::vector<std::string>;
constexpr std::int64_t kSecond = 1'000'000'000;

// Markets A and B; A has a book with number 2 that clients have been told of.
struct HubFixture : FeedFixture {
  HubFixture() {
    pipeline.AddMarkets({"A", "B"});
    Snapshot("A", {{40, 100}}, {{50, 200}});
    Delta("A", ContractSide::kYes, 41, 300);
    Deliver();
  }
  // A socket that is full from its next message on.
  static void MakeSlow(FeedReader& reader) {
    reader.socket.takes = false;
    reader.socket.weight = feed::SendGate::kFullBytes;
  }
};

TEST_CASE("FeedHub: a subscription begins with the book and its number, then follows every message",
          "[market_data]") {
  HubFixture f;
  FeedReader reader(f.hub, FeedFormat::kJson);
  reader.Subscribe({"A:book"});
  f.TurnAll();
  f.Delta("A", ContractSide::kNo, 50, -50);
  f.Delta("A", ContractSide::kNo, 50, 10);
  f.Deliver();
  CHECK(reader.Heads() ==
        Heads{"subscribed", "book_snapshot A 2", "book_delta A 3", "book_delta A 4"});
}

TEST_CASE("FeedHub: JSON has the fields of the message and of its envelope", "[market_data]") {
  HubFixture f;
  FeedReader reader(f.hub, FeedFormat::kJson);
  reader.Subscribe({"A"});
  f.TurnAll();
  f.Delta("A", ContractSide::kNo, 50, -50);
  f.Trade("A", 7);
  f.Ticker("A", 300);
  f.Gap({"A"});
  f.Deliver();
  const auto texts = reader.Texts();
  REQUIRE(texts.size() == 6);
  CHECK(texts[0] == nlohmann::json({{"type", "subscribed"}, {"id", 1}, {"named_count", 3}}));
  CHECK(texts[1]["bids"].dump() == "[[410000,300],[400000,100]]");
  CHECK(texts[1]["asks"].dump() == "[[500000,200]]");
  CHECK(texts[1]["cause"] == "periodic");
  CHECK(texts[1]["book_hash"].get<std::string>().size() == 16);
  const auto& delta = f.sink.books.at(2);
  CHECK(texts[2] == nlohmann::json({{"type", "book_delta"},
                                    {"market_ticker", "A"},
                                    {"sequence", 3},
                                    {"side", "ask"},
                                    {"price_micros", 500'000},
                                    {"delta_centis", -50},
                                    {"quantity_centis", 150},
                                    {"event_time_ns", 5'000'000},
                                    {"source", "test"},
                                    {"source_subscription", 3},
                                    {"source_sequence", delta.envelope().source_sequence()},
                                    {"received_ns", delta.envelope().received_ns()},
                                    {"published_ns", delta.envelope().published_ns()},
                                    {"trace_id", delta.envelope().trace_id()}}));
  CHECK(texts[3]["type"] == "trade");
  CHECK(texts[3]["trade_id"] == "t7");
  CHECK(texts[3]["is_block_trade"] == false);
  CHECK(texts[4]["type"] == "ticker");
  CHECK(texts[4]["volume_centis"] == 300);
  CHECK(texts[5]["type"] == "book_gap");
  CHECK(texts[5]["cause"] == "sequence");
}

TEST_CASE("FeedHub: protobuf frames hold the very messages of the topics", "[market_data]") {
  HubFixture f;
  FeedReader reader(f.hub, FeedFormat::kProtobuf);
  reader.Subscribe({"all"});
  f.TurnAll();
  reader.socket.frames.clear();
  f.Delta("A", ContractSide::kNo, 50, -50);
  f.Trade("B", 1);
  f.Ticker("A", 1);
  f.Deliver();
  REQUIRE(reader.socket.frames.size() == 3);
  marketdata::v1::FeedFrame frame;
  REQUIRE(frame.ParseFromString(reader.socket.frames[0].bytes));
  CHECK(frame.book().SerializeAsString() == f.sink.books.back().SerializeAsString());
  REQUIRE(frame.ParseFromString(reader.socket.frames[1].bytes));
  CHECK(frame.trade().SerializeAsString() == f.sink.trades.back().SerializeAsString());
  REQUIRE(frame.ParseFromString(reader.socket.frames[2].bytes));
  CHECK(frame.ticker().SerializeAsString() == f.sink.tickers.back().SerializeAsString());
}

TEST_CASE("FeedHub: all covers markets that are known and those that come", "[market_data]") {
  HubFixture f;
  f.Ticker("A", 1);
  f.Ticker("A", 2);
  f.Deliver();
  FeedReader reader(f.hub, FeedFormat::kJson);
  reader.Subscribe({"all", "A:book"});
  f.TurnAll();
  CHECK(reader.Heads() == Heads{"subscribed", "book_snapshot A 2", "ticker A 2"});
  f.pipeline.AddMarkets({"C"});
  f.Snapshot("C", {{10, 1}}, {});
  f.Trade("B", 1);
  f.Delta("A", ContractSide::kYes, 41, 1);
  f.Deliver();
  // Once, although A is named too.
  CHECK(reader.Heads() == Heads{"book_snapshot C 1", "trade B 1", "book_delta A 3"});
}

TEST_CASE("FeedHub: a client gets the channels that it names, until it unsubscribes",
          "[market_data]") {
  HubFixture f;
  FeedReader reader(f.hub, FeedFormat::kJson);
  reader.Subscribe({"A:trades", "all:tickers"});
  const auto tell = [&f](int number) {
    f.Delta("A", ContractSide::kYes, 41, 1);
    f.Trade("A", number);
    f.Trade("B", number);
    f.Ticker("B", number);
    f.Deliver();
  };
  tell(1);
  CHECK(reader.Heads() == Heads{"subscribed", "trade A 1", "ticker B 1"});
  reader.Command(R"({"command":"list"})");
  CHECK(reader.Texts().at(0) ==
        nlohmann::json::parse(
            R"({"type":"subscriptions","id":0,"subjects":["all:tickers","A:trades"]})"));
  reader.Command(R"({"id":9,"command":"unsubscribe","subjects":["all","B","NONE"]})");
  tell(2);
  CHECK(reader.Heads() == Heads{"unsubscribed", "trade A 2"});
  reader.Command(R"({"command":"unsubscribe","subjects":["A"]})");
  tell(3);
  CHECK(reader.Heads() == Heads{"unsubscribed"});
  // Subscribed again, it begins anew.
  reader.Subscribe({"A:book"});
  f.TurnAll();
  CHECK(reader.Heads() == Heads{"subscribed", "book_snapshot A 5"});
}

TEST_CASE("FeedHub: a book in doubt begins with its gap", "[market_data]") {
  HubFixture f;
  f.Gap({"A"});
  f.Deliver();
  FeedReader reader(f.hub, FeedFormat::kJson);
  reader.Subscribe({"A:book"});
  f.TurnAll();
  f.Snapshot("A", {{1, 1}}, {});
  f.Deliver();
  CHECK(reader.Heads() == Heads{"subscribed", "book_gap A 3", "book_snapshot A 4"});
}

TEST_CASE("FeedHub: a value that is ahead of delivery is not followed by what it holds",
          "[market_data]") {
  HubFixture f;
  f.Delta("A", ContractSide::kYes, 41, 1);
  f.Ticker("A", 1);
  const auto first = f.Commit();
  f.Delta("A", ContractSide::kYes, 41, 1);
  f.Ticker("A", 2);
  const auto second = f.Commit();
  FeedReader reader(f.hub, FeedFormat::kJson);
  reader.Subscribe({"A"});
  f.TurnAll();
  f.hub.Deliver(*first, f.now);
  f.hub.Deliver(*second, f.now);
  f.Delta("A", ContractSide::kYes, 41, 1);
  f.Ticker("A", 3);
  f.Deliver();
  CHECK(reader.Heads() ==
        Heads{"subscribed", "book_snapshot A 4", "ticker A 2", "book_delta A 5", "ticker A 3"});
}

TEST_CASE("FeedHub: a slow client gets one book, the last ticker and every trade",
          "[market_data]") {
  HubFixture f;
  FeedReader slow(f.hub, FeedFormat::kJson);
  FeedReader fast(f.hub, FeedFormat::kProtobuf);
  slow.Subscribe({"A"});
  fast.Subscribe({"A"});
  f.TurnAll();
  f.MakeSlow(slow);
  for (int i = 1; i <= 5; ++i) {
    f.Delta("A", ContractSide::kYes, 41, i);
    f.Trade("A", i);
    f.Ticker("A", i);
    f.Deliver();
  }
  CHECK(slow.Heads() == Heads{"subscribed", "book_snapshot A 2", "book_delta A 3"});
  CHECK(f.probe.client_conflated() == 9);
  fast.Read();
  CHECK(fast.books["A"].sequence == 7);
  CHECK(fast.books["A"].holes == 0);
  CHECK(fast.trades["A"].size() == 5);
  CHECK(fast.tickers["A"].size() == 5);

  slow.socket.takes = true;
  slow.socket.waiting = 0;
  f.hub.OnTick(*slow.client, f.now);
  f.TurnAll();
  CHECK(slow.Heads() == Heads{"trade A 1", "trade A 2", "trade A 3", "trade A 4", "trade A 5",
                              "ticker A 5", "book_snapshot A 7"});
  f.Delta("A", ContractSide::kYes, 41, 1);
  f.Deliver();
  CHECK(slow.Heads() == Heads{"book_delta A 8"});
}

TEST_CASE("FeedHub: a client that is full for ten seconds is cut with a reason, others are not",
          "[market_data]") {
  HubFixture f;
  FeedReader stalled(f.hub, FeedFormat::kJson);
  FeedReader resuming(f.hub, FeedFormat::kJson);
  FeedReader fast(f.hub, FeedFormat::kJson);
  for (FeedReader* const reader : {&stalled, &resuming, &fast}) reader->Subscribe({"A:book"});
  f.TurnAll();
  f.MakeSlow(stalled);
  f.MakeSlow(resuming);
  const auto tell = [&] {
    f.Delta("A", ContractSide::kYes, 41, 1);
    f.Deliver();
    for (FeedReader* const reader : {&stalled, &resuming, &fast}) {
      f.hub.OnTick(*reader->client, f.now);
    }
  };
  tell();
  f.now += 9 * kSecond;
  resuming.socket.waiting = 0;
  tell();
  f.now += kSecond;
  tell();
  CHECK(stalled.socket.close_code == net::WebSocketCloseCode::kPolicyViolation);
  CHECK(stalled.socket.close_reason == "too slow: more than 262144 bytes waited for 10 s");
  CHECK_FALSE(resuming.socket.close_code);
  CHECK(f.probe.client_cuts(CutReason::kSlow) == 1);
  fast.Read();
  CHECK(fast.books["A"].messages == 4);
  CHECK(fast.books["A"].holes == 0);
  // Nothing is sent to it any more.
  stalled.socket.frames.clear();
  stalled.Command(R"({"command":"list"})");
  tell();
  CHECK(stalled.socket.frames.empty());
}

TEST_CASE("FeedHub: trades wait up to a bound, then the client is cut", "[market_data]") {
  HubFixture f;
  FeedReader slow(f.hub, FeedFormat::kProtobuf);
  slow.Subscribe({"A:trades"});
  f.MakeSlow(slow);
  for (std::size_t i = 0; i <= FeedHub::kWaitingTradesMax; ++i) f.Trade("A", static_cast<int>(i));
  f.Deliver();
  CHECK_FALSE(slow.socket.close_code);
  f.Trade("A", 0);
  f.Deliver();
  CHECK(slow.socket.close_code == net::WebSocketCloseCode::kPolicyViolation);
  CHECK(slow.socket.close_reason == "more than 10000 trades or 4194304 bytes of them wait");
  CHECK(f.probe.client_cuts(CutReason::kTrades) == 1);
}

TEST_CASE("FeedHub: after messages were left out, books are sent anew and trade readers cut",
          "[market_data]") {
  HubFixture f;
  FeedReader books(f.hub, FeedFormat::kJson);
  FeedReader trades(f.hub, FeedFormat::kJson);
  books.Subscribe({"all:book"});
  trades.Subscribe({"A"});
  f.TurnAll();
  books.Heads();
  f.Delta("A", ContractSide::kYes, 41, 1);
  f.Commit();
  f.hub.Lose();
  f.TurnAll();
  f.Delta("A", ContractSide::kYes, 41, 1);
  f.Deliver();
  CHECK(books.Heads() == Heads{"book_snapshot A 3", "book_delta A 4"});
  CHECK(trades.socket.close_code == net::WebSocketCloseCode::kTryAgainLater);
  CHECK(f.probe.client_cuts(CutReason::kOverload) == 1);
}

TEST_CASE("FeedHub: first values are sent in turns", "[market_data]") {
  HubFixture f;
  constexpr int kCount = 3 * FeedHub::kValuesPerTurn;
  std::vector<std::string> tickers;
  for (int i = 0; i < kCount; ++i) tickers.push_back("M" + std::to_string(i));
  f.pipeline.AddMarkets(tickers);
  for (const std::string& ticker : tickers) f.Snapshot(ticker, {{10, 1}}, {});
  f.Deliver();
  FeedReader first(f.hub, FeedFormat::kJson);
  FeedReader second(f.hub, FeedFormat::kJson);
  first.Subscribe({"all:book"});
  second.Subscribe({"M7:book"});
  CHECK(f.hub.Turn(f.now));
  // The second one does not wait for all of the first one's.
  CHECK(second.Heads() == Heads{"subscribed", "book_snapshot M7 1"});
  f.TurnAll();
  CHECK(first.Texts().size() == kCount + 2);
}

TEST_CASE("FeedHub: a command with a fault changes nothing and disturbs nobody", "[market_data]") {
  HubFixture f;
  FeedReader hostile(f.hub, FeedFormat::kJson);
  FeedReader other(f.hub, FeedFormat::kJson);
  other.Subscribe({"A:book"});
  f.TurnAll();
  hostile.Command(R"({"id":4,"command":"subscribe","subjects":["A","NO\nNE"]})");
  CHECK(hostile.Texts().at(0) ==
        nlohmann::json::parse(R"({"type":"error","id":4,"code":"unknown_market",)"
                              R"("message":"subjects[1] is NO?NE; no such market is followed )"
                              R"(here"})"));
  f.hub.OnMessage(*hostile.client, "\x01\x02", /*is_text=*/false, f.now);
  CHECK(hostile.Texts().at(0)["message"] == "message is binary; it must be a text");
  hostile.Command(R"({"id":)" + std::string(30'000, '[') + std::string(30'000, ']') + "}");
  CHECK(hostile.Texts().at(0)["message"] == "id is a list; it must be a number from 1 to 2^53");
  f.Delta("A", ContractSide::kYes, 41, 1);
  f.Deliver();
  CHECK(hostile.Texts().empty());
  CHECK(other.Heads() == Heads{"subscribed", "book_snapshot A 2", "book_delta A 3"});
}

TEST_CASE("FeedHub: a client names no more channels than allowed", "[market_data]") {
  HubFixture f;
  std::vector<std::string> tickers;
  for (std::size_t i = 0; i <= FeedHub::kNamedMax / 3; ++i) tickers.push_back(std::to_string(i));
  f.pipeline.AddMarkets(tickers);
  FeedReader reader(f.hub, FeedFormat::kJson);
  for (std::size_t i = 0; i < tickers.size(); i += feed::kCommandSubjectsMax) {
    const std::size_t end = std::min(tickers.size(), i + feed::kCommandSubjectsMax);
    reader.Subscribe({tickers.begin() + static_cast<std::ptrdiff_t>(i),
                      tickers.begin() + static_cast<std::ptrdiff_t>(end)});
  }
  const auto texts = reader.Texts();
  CHECK(texts[texts.size() - 2]["named_count"] == 30'000);
  CHECK(texts.back()["code"] == "too_many");
  CHECK(texts.back()["message"] ==
        "subjects[0] is 10000; a client may name 30000 channels of markets, or all");
}

TEST_CASE("FeedHub: more commands than allowed within a second end the connection",
          "[market_data]") {
  HubFixture f;
  FeedReader reader(f.hub, FeedFormat::kJson);
  for (int second = 0; second < 2; ++second) {
    f.now += kSecond;
    for (int i = 0; i < FeedHub::kCommandsPerSecondMax; ++i) {
      reader.Command(R"({"command":"list"})", f.now);
    }
  }
  CHECK_FALSE(reader.socket.close_code);
  reader.Command(R"({"command":"list"})", f.now);
  CHECK(reader.socket.close_code == net::WebSocketCloseCode::kPolicyViolation);
  CHECK(reader.socket.close_reason == "more than 100 commands within a second");
  CHECK(f.probe.client_cuts(CutReason::kCommands) == 1);
}

}  // namespace
}  // namespace evx::market_data
