#pragma once

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/book/book.h"
#include "evx/core/status.h"
#include "evx/marketdata/v1/market_feed.pb.h"
#include "evx/net/websocket.h"
#include "feed/committed_markets.h"
#include "feed/feed_hub.h"
#include "pipeline_fixture.h"

namespace evx::market_data {

// A connection that keeps what is sent; what its client has not taken waits.
class FakeSocket final : public net::WebSocket {
 public:
  bool SendText(std::string_view head, std::string_view tail) override {
    return Keep(head, tail, /*is_text=*/true);
  }
  bool SendBinary(std::string_view head, std::string_view tail) override {
    return Keep(head, tail, /*is_text=*/false);
  }
  void Close(net::WebSocketCloseCode code, std::string_view reason) override {
    if (close_code) return;
    close_code = code;
    close_reason = reason;
  }
  void Cut() override { FAIL("cut without a close"); }
  std::size_t unsent_bytes() const override { return waiting * weight; }
  bool is_compressed() const override { return false; }

  // At most `count` bytes of what waits are taken.
  void TakeBytes(std::size_t count) { waiting -= std::min(waiting, count); }

  struct Frame {
    std::string bytes;
    bool is_text = true;
  };
  std::vector<Frame> frames;
  bool takes = true;
  std::size_t weight = 1;  // Bytes that each byte counts for.
  std::size_t waiting = 0;
  std::optional<net::WebSocketCloseCode> close_code;
  std::string close_reason;

 private:
  bool Keep(std::string_view head, std::string_view tail, bool is_text) {
    if (close_code) return false;
    frames.push_back({std::string(head).append(tail), is_text});
    if (!takes) waiting += frames.back().bytes.size();
    return true;
  }
};

// Holds a book by the rules of market_data.proto.
struct BookReader {
  void Read(const marketdata::v1::BookMessage& message) {
    namespace pb = marketdata::v1;
    const std::int64_t number = message.envelope().sequence();
    const bool is_proof = message.has_snapshot() && number == sequence;
    if (number <= sequence && !is_proof) {
      ++doubles;
      return;
    }
    if (!is_proof && number != sequence + 1) {
      if (sequence != 0) ++holes;
      is_trusted = false;
    }
    sequence = number;
    if (message.has_gap()) is_trusted = false;
    if (message.has_delta() && is_trusted) {
      const pb::BookDelta& delta = message.delta();
      const BookSide side =
          delta.side() == common::v1::BOOK_SIDE_BID ? BookSide::kBid : BookSide::kAsk;
      const Price price = Price::FromMicros(delta.price_micros());
      REQUIRE(book.Apply(side, price, Quantity::FromCentis(delta.delta_centis())) ==
              book::ApplyResult::kApplied);
      REQUIRE(book.QuantityAt(side, price).centis() == delta.quantity_centis());
    }
    if (message.has_snapshot()) {
      const std::uint64_t hash = message.snapshot().book_hash();
      if (is_proof && is_trusted) REQUIRE(book::HashBook(message.market_ticker(), book) == hash);
      std::vector<book::Level> sides[2];
      for (const auto& level : message.snapshot().bids()) sides[0].push_back(LevelOf(level));
      for (const auto& level : message.snapshot().asks()) sides[1].push_back(LevelOf(level));
      REQUIRE(book.Reset(sides[0], sides[1]).ok());
      REQUIRE(book::HashBook(message.market_ticker(), book) == hash);
      is_trusted = true;
      ++snapshots;
    }
    ++messages;
  }
  static book::Level LevelOf(const common::v1::PriceLevel& level) {
    return {Price::FromMicros(level.price_micros()), Quantity::FromCentis(level.quantity_centis())};
  }

  book::Book book;
  std::int64_t sequence = 0;
  bool is_trusted = false;
  int messages = 0;
  int snapshots = 0;
  int holes = 0;
  int doubles = 0;
};

// The book message that a JSON frame stands for.
inline marketdata::v1::BookMessage BookMessageOf(const nlohmann::json& json) {
  marketdata::v1::BookMessage message;
  message.set_market_ticker(json["market_ticker"].get<std::string>());
  message.mutable_envelope()->set_sequence(json["sequence"].get<std::int64_t>());
  if (json["type"] == "book_gap") message.mutable_gap();
  if (json["type"] == "book_delta") {
    marketdata::v1::BookDelta& delta = *message.mutable_delta();
    delta.set_side(json["side"] == "bid" ? common::v1::BOOK_SIDE_BID : common::v1::BOOK_SIDE_ASK);
    delta.set_price_micros(json["price_micros"].get<std::int64_t>());
    delta.set_delta_centis(json["delta_centis"].get<std::int64_t>());
    delta.set_quantity_centis(json["quantity_centis"].get<std::int64_t>());
  }
  if (json["type"] == "book_snapshot") {
    marketdata::v1::BookSnapshot& snapshot = *message.mutable_snapshot();
    for (const bool is_bid : {true, false}) {
      for (const auto& level : json[is_bid ? "bids" : "asks"]) {
        auto& added = is_bid ? *snapshot.add_bids() : *snapshot.add_asks();
        added.set_price_micros(level[0].get<std::int64_t>());
        added.set_quantity_centis(level[1].get<std::int64_t>());
      }
    }
    snapshot.set_book_hash(std::stoull(json["book_hash"].get<std::string>(), nullptr, 16));
  }
  return message;
}

// A client of the hub that reads what it is sent.
class FeedReader {
 public:
  FeedReader(FeedHub& hub, FeedFormat format) : hub_(&hub), format_(format) {
    client = &hub.Add(socket, format);
  }
  ~FeedReader() { hub_->Remove(*client); }
  FeedReader(const FeedReader&) = delete;
  FeedReader& operator=(const FeedReader&) = delete;

  void Command(std::string_view text, std::int64_t now = 0) {
    hub_->OnMessage(*client, text, /*is_text=*/true, now);
  }
  void Subscribe(const std::vector<std::string>& subjects) {
    Command(nlohmann::json({{"id", 1}, {"command", "subscribe"}, {"subjects", subjects}}).dump());
  }
  // JSON frames since the last call.
  std::vector<nlohmann::json> Texts() {
    std::vector<nlohmann::json> texts;
    for (const FakeSocket::Frame& frame : std::exchange(socket.frames, {})) {
      REQUIRE(frame.is_text);
      texts.push_back(nlohmann::json::parse(frame.bytes));
    }
    return texts;
  }
  // The types of them, with ticker and number: "book_delta A 2".
  std::vector<std::string> Heads() {
    std::vector<std::string> heads;
    for (const nlohmann::json& text : Texts()) {
      std::string head = text["type"].get<std::string>();
      if (text.contains("market_ticker")) {
        head += " " + text["market_ticker"].get<std::string>() + " " + text["sequence"].dump();
      }
      heads.push_back(std::move(head));
    }
    return heads;
  }
  // Folds all that was sent, in either format.
  void Read() {
    for (const FakeSocket::Frame& frame : std::exchange(socket.frames, {})) {
      if (frame.is_text) {
        const nlohmann::json json = nlohmann::json::parse(frame.bytes);
        const std::string type = json["type"].get<std::string>();
        if (type.starts_with("book_")) {
          books[json["market_ticker"].get<std::string>()].Read(BookMessageOf(json));
        } else if (type == "trade" || type == "ticker") {
          (type == "trade" ? trades : tickers)[json["market_ticker"].get<std::string>()].push_back(
              json["sequence"].get<std::int64_t>());
        }
        continue;
      }
      REQUIRE(format_ == FeedFormat::kProtobuf);
      marketdata::v1::FeedFrame message;
      REQUIRE(message.ParseFromString(frame.bytes));
      if (message.has_book()) books[message.book().market_ticker()].Read(message.book());
      if (message.has_trade()) {
        trades[message.trade().market_ticker()].push_back(message.trade().envelope().sequence());
      }
      if (message.has_ticker()) {
        tickers[message.ticker().market_ticker()].push_back(message.ticker().envelope().sequence());
      }
    }
  }

  FakeSocket socket;
  FeedClient* client = nullptr;
  std::map<std::string, BookReader> books;
  std::map<std::string, std::vector<std::int64_t>> trades;
  std::map<std::string, std::vector<std::int64_t>> tickers;

 private:
  FeedHub* hub_;
  const FeedFormat format_;
};

// A pipeline whose messages are committed, and a hub that delivers them.
class FeedFixture : public PipelineFixture {
 public:
  explicit FeedFixture(int deltas_per_snapshot = 10) : PipelineFixture(deltas_per_snapshot) {}

  // What was told since the last call is in Kafka now; hub is not told yet.
  std::shared_ptr<const FeedBatch> Commit() {
    auto batch = markets.Commit(sink.batch, 0, sink.batch.size());
    sink.batch.Clear();
    return batch;
  }
  void TurnAll() {
    while (hub.Turn(now)) {
    }
  }
  void Deliver() {
    hub.Deliver(*Commit(), now);
    TurnAll();
  }
  void Trade(const std::string& ticker, int number) {
    kalshi::TradeUpdate trade;
    trade.market_ticker = ticker;
    trade.trade_id = "t" + std::to_string(number);
    trade.yes_price = Price::FromCents(40);
    trade.count = Quantity::FromCentis(100);
    pipeline.OnTrade(Position(), trade);
  }
  void Ticker(const std::string& ticker, int volume) {
    kalshi::TickerUpdate update;
    update.market_ticker = ticker;
    update.volume = Quantity::FromCentis(volume);
    pipeline.OnTicker(Position(), update);
  }

  std::int64_t now = 1'000'000'000;
  CommittedMarkets markets;
  FeedHub hub{markets,
              [this](std::string_view ticker) { return pipeline.FindMarket(ticker).has_value(); },
              probe};
};

}  // namespace evx::market_data
