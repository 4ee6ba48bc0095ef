#include "candles/candle_store.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "candle_messages.h"
#include "evx/core/testing/literals.h"

namespace evx::market_data {
namespace {

using namespace evx::testing;  // NOLINT: literals

constexpr std::int64_t kStart = 1'785'934'800;  // 2026-08-05T13:00:00Z, on the hour.
constexpr Price kDollar = Price::FromMicros(Price::kDollarMicros);

Timestamp At(std::int64_t seconds) { return Timestamp::FromSeconds(kStart + seconds); }

// Messages of a market, numbered as they come.
class CandleFeed {
 public:
  explicit CandleFeed(CandleStore& store, std::string ticker = "A")
      : store_(store), ticker_(std::move(ticker)) {}

  void Trade(Timestamp time, std::int64_t cents, std::int64_t contracts) {
    store_.OnTrade(TradeAt(ticker_, ++trades, time, cents, contracts));
  }
  void Quote(Timestamp time, std::int64_t bid, std::int64_t ask, std::int64_t open_interest = 0) {
    store_.OnTicker(TickerAt(ticker_, ++tickers, time, bid, ask, open_interest));
  }
  CandleList List(std::int64_t period_seconds = 60, std::int64_t from = 0,
                  std::int64_t to = 1'000'000) {
    CandleQuery query;
    query.market_ticker = ticker_;
    query.period_seconds = period_seconds;
    query.min_end_seconds = kStart + from;
    query.max_end_seconds = kStart + to;
    const std::optional<CandleList> list = store_.List(query);
    REQUIRE(list);
    return *list;
  }

  std::int64_t trades = 0;
  std::int64_t tickers = 0;

 private:
  CandleStore& store_;
  const std::string ticker_;
};

TEST_CASE("CandleStore: a period includes its end and opens with the standing quote",
          "[market_data]") {
  CandleStore store({});
  CandleFeed feed(store);
  feed.Quote(At(10), 40, 100);
  feed.Quote(At(60), 42, 100);
  feed.Quote(At(61), 42, 50);
  const CandleList list = feed.List();
  REQUIRE(list.candles.size() == 2);
  CHECK(list.candles[0].end_seconds == kStart + 60);
  CHECK(list.candles[0].bid == Ohlc{40_c, 42_c, 40_c, 42_c});
  CHECK(list.candles[0].ask == Ohlc{kDollar, kDollar, kDollar, kDollar});
  CHECK(list.candles[1].bid->open == 42_c);
  CHECK(list.candles[1].ask == Ohlc{kDollar, kDollar, 50_c, 50_c});
  CHECK_FALSE(list.candles[1].trade);
  CHECK(list.complete_from_seconds == 0);
}

TEST_CASE("CandleStore: candles begin with the first quote or trade, an empty book is none",
          "[market_data]") {
  CandleStore store({});
  CandleFeed feed(store);
  feed.Quote(At(10), 0, 100);
  CHECK(feed.List().candles.empty());
  feed.Quote(At(100), 0, 60);
  feed.Quote(At(200), 0, 100);
  const CandleList list = feed.List();
  REQUIRE(list.candles.size() == 3);
  CHECK(list.candles[0].ask == Ohlc{60_c, 60_c, 60_c, 60_c});
  CHECK(list.candles[2].ask == Ohlc{60_c, kDollar, 60_c, kDollar});
  CHECK(list.complete_from_seconds == 0);
}

TEST_CASE("CandleStore: trades make prices, volume, mean and the price before", "[market_data]") {
  CandleStore store({});
  CandleFeed feed(store);
  feed.Trade(At(1), 50, 1);
  feed.Trade(At(2), 60, 2);
  feed.Trade(At(3), 40, 4);
  feed.Quote(At(3), 39, 60, 7);
  feed.Trade(At(70), 41, 1);
  const CandleList list = feed.List();
  REQUIRE(list.candles.size() == 2);
  const Candle& first = list.candles[0];
  CHECK(first.trade == Ohlc{50_c, 60_c, 40_c, 40_c});
  CHECK(first.volume == Quantity::FromContracts(7));
  CHECK(first.mean_trade == Money::FromMicros(471'429));  // 3.30 / 7, half to even.
  CHECK_FALSE(first.previous_trade);
  CHECK(first.open_interest == Quantity::FromContracts(7));
  CHECK(list.candles[1].previous_trade == 40_c);
  CHECK(list.candles[1].open_interest == Quantity::FromContracts(7));
}

TEST_CASE(
    "CandleStore: quiet periods are filled with what stands, up to the newest message of any "
    "market while more may come",
    "[market_data]") {
  CandleStore store({});
  CandleFeed feed(store);
  CandleFeed other(store, "B");
  feed.Quote(At(5), 40, 60, 2);
  feed.Trade(At(6), 60, 2);
  other.Quote(At(200), 1, 99);
  const CandleList list = feed.List();
  REQUIRE(list.candles.size() == 4);
  for (const std::size_t i : {1, 2, 3}) {
    CHECK(list.candles[i].end_seconds == kStart + 60 * static_cast<std::int64_t>(i + 1));
    CHECK(list.candles[i].bid == Ohlc{40_c, 40_c, 40_c, 40_c});
    CHECK_FALSE(list.candles[i].trade);
    CHECK(list.candles[i].previous_trade == 60_c);
    CHECK(list.candles[i].volume == Quantity());
    CHECK(list.candles[i].open_interest == Quantity::FromContracts(2));
  }
  // A range inside the quiet time is filled too.
  CHECK(feed.List(60, 120, 120).candles == std::vector<Candle>{list.candles[1]});
  CandleQuery query;
  query.market_ticker = "A";
  query.is_followed = false;
  CHECK(store.List(query)->candles.size() == 1);
}

TEST_CASE("CandleStore: a message that was seen before does nothing, a time that goes back stays",
          "[market_data]") {
  CandleStore store({});
  store.OnTrade(TradeAt("A", 1, At(30), 50, 1));
  store.OnTrade(TradeAt("A", 1, At(30), 50, 1));
  store.OnTrade(TradeAt("A", 2, At(100), 51, 1));
  store.OnTrade(TradeAt("A", 3, At(20), 52, 1));
  CandleFeed feed(store);
  const CandleList list = feed.List();
  REQUIRE(list.candles.size() == 2);
  CHECK(list.candles[0].volume == Quantity::FromContracts(1));
  CHECK(list.candles[1].trade == Ohlc{51_c, 52_c, 51_c, 52_c});
}

TEST_CASE("CandleStore: what cannot be a trade or a quote is left out", "[market_data]") {
  CandleStore store({});
  const auto check = [&store](auto change) {
    marketdata::v1::TradeMessage trade = TradeAt("A", 1, At(1), 50, 1);
    change(trade);
    store.OnTrade(trade);
  };
  check([](auto& trade) { trade.set_price_micros(50); });
  check([](auto& trade) { trade.set_price_micros(2'000'000); });
  check([](auto& trade) { trade.set_quantity_centis(0); });
  check([](auto& trade) { trade.set_quantity_centis(INT64_MAX); });
  store.OnTicker(TickerAt("A", 1, At(1), -1, 50, 0));
  store.OnMessage(Topic::kTrades, "no message");
  store.OnMessage(Topic::kTickers, "no message");
  store.OnMessage(Topic::kBook, TradeAt("A", 1, At(1), 50, 1).SerializeAsString());
  CHECK_FALSE(store.List({.market_ticker = "A"}));
  // A message without a time counts when it came; one without either does not.
  check([](auto& trade) { trade.set_event_time_ns(0); });
  CHECK(store.List({.market_ticker = "A"})->candles.empty());
  check([](auto& trade) {
    trade.set_event_time_ns(0);
    trade.mutable_envelope()->set_received_ns(At(1).nanos());
  });
  CHECK(store.List({.market_ticker = "A"})->candles.size() == 1);
}

TEST_CASE("CandleStore: volumes beyond the bound move prices only", "[market_data]") {
  CandleStore store({});
  CandleFeed feed(store);
  feed.Trade(At(1), 100, 90'000'000'000);
  feed.Trade(At(2), 50, 1);
  const CandleList list = feed.List();
  CHECK(list.candles[0].volume == kPeriodVolumeMax);
  CHECK(list.candles[0].mean_trade == Money::FromDollars(1));
  CHECK(list.candles[0].trade->close == 50_c);
}

TEST_CASE("CandleStore: pages follow each other without a hole", "[market_data]") {
  CandleStore store({});
  CandleFeed feed(store);
  feed.Quote(At(1), 40, 60);
  feed.Quote(At(5), 41, 60);
  feed.Quote(At(9), 42, 60);
  const std::vector<Candle> all = feed.List(1).candles;
  REQUIRE(all.size() == 9);
  std::vector<Candle> paged;
  CandleQuery query{.market_ticker = "A", .period_seconds = 1, .min_end_seconds = 0};
  query.count_max = 4;
  for (bool has_more = true; has_more;) {
    const CandleList list = *store.List(query);
    REQUIRE_FALSE(list.candles.empty());
    paged.insert(paged.end(), list.candles.begin(), list.candles.end());
    query.min_end_seconds = list.candles.back().end_seconds + 1;
    has_more = list.has_more;
  }
  CHECK(paged == all);
  // Without a first end the newest ones.
  query.min_end_seconds.reset();
  CHECK(store.List(query)->candles == std::vector<Candle>(all.end() - 4, all.end()));
  CHECK_FALSE(store.List(query)->has_more);
}

TEST_CASE("CandleStore: where messages had gone before the start, candles say so",
          "[market_data]") {
  CandleStore store({});
  CandleFeed feed(store);
  feed.tickers = 41;
  feed.Quote(At(90), 40, 60);
  feed.Quote(At(190), 41, 60);
  const CandleList list = feed.List();
  REQUIRE(list.candles.size() == 3);
  CHECK(list.candles[0].end_seconds == kStart + 120);
  CHECK(list.complete_from_seconds == kStart + 180);
  CHECK(feed.List(60, 180).complete_from_seconds == 0);
  CHECK(feed.List(60, 0, 60).candles.empty());
  CHECK(feed.List(60, 0, 60).complete_from_seconds == kStart + 180);
}

TEST_CASE("CandleStore: full memory drops the oldest periods, and those of one length only",
          "[market_data]") {
  CandleStore store({.markets_max = 10, .bytes_max = 64 << 10});
  CandleFeed feed(store);
  constexpr std::int64_t kSeconds = 5'000;
  for (std::int64_t i = 1; i <= kSeconds; ++i) feed.Trade(At(i), 1 + i % 99, 1);
  const CandleList seconds = feed.List(1);
  CHECK(seconds.complete_from_seconds == seconds.candles.front().end_seconds);
  CHECK(seconds.candles.back().end_seconds == kStart + kSeconds);
  CHECK(seconds.candles.size() < kSeconds / 10);
  const CandleList hours = feed.List(3'600);
  CHECK(hours.candles.size() == 2);
  CHECK(hours.complete_from_seconds == 0);
  CHECK(store.period_count() * CandleLog<TradePeriod>::kEntryBytes < 64 << 10);
}

TEST_CASE("CandleStore: a market has at most so many periods of a length", "[market_data]") {
  CandleStore store({});
  CandleFeed feed(store);
  constexpr auto kCount = static_cast<std::int64_t>(CandleStore::kPeriodsPerMarketMax) + 100;
  for (std::int64_t i = 1; i <= kCount; ++i) feed.Trade(At(i), 50, 1);
  CandleQuery query{.market_ticker = "A", .period_seconds = 1, .min_end_seconds = 0};
  query.count_max = 100'000;
  const CandleList list = *store.List(query);
  CHECK(list.candles.size() == CandleStore::kPeriodsPerMarketMax);
  CHECK(list.complete_from_seconds == list.candles.front().end_seconds);
}

TEST_CASE("CandleStore: of too many markets the one that was silent longest is forgotten",
          "[market_data]") {
  CandleStore store({.markets_max = 2});
  CandleFeed a(store, "A");
  CandleFeed b(store, "B");
  CandleFeed c(store, "C");
  a.Quote(At(1), 40, 60);
  b.Quote(At(2), 40, 60);
  a.Quote(At(3), 41, 60);
  c.Quote(At(4), 40, 60);
  CHECK_FALSE(store.List({.market_ticker = "B"}));
  CHECK(store.List({.market_ticker = "A"}));
  // When it comes back, what it had is not known any more.
  b.Quote(At(70), 40, 60);
  CHECK(b.List().complete_from_seconds == kStart + 180);
}

}  // namespace
}  // namespace evx::market_data
