#include "read_model/candles.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/venue/codec.h"
#include "read_model/candle_store.h"

namespace evx::mock_kalshi {
namespace {

using namespace evx::testing;  // NOLINT: literals

constexpr MarketId kMarket(7);
constexpr std::int64_t kStart = 1'785'934'800;  // 2026-08-05T13:00:00Z, on the hour.

Timestamp At(std::int64_t seconds) { return Timestamp::FromSeconds(kStart + seconds); }

// Feeds a store with records of single events.
class Feed {
 public:
  explicit Feed(CandleStore& store) : store_(store) {}

  template <class... Events>
  void Record(Timestamp time, const Events&... events) {
    venue::EventBuffer buffer;
    (buffer.Add(events), ...);
    store_.OnRecord({SequenceNumber(++sequence_), time, {}, {}, buffer.bytes()});
  }

 private:
  CandleStore& store_;
  std::uint64_t sequence_ = 0;
};

venue::BookChanged Book(BookSide side, Price price, std::int64_t contracts) {
  venue::BookChanged event;
  event.market = kMarket;
  event.side = side;
  event.price = price;
  event.quantity_after = Quantity::FromContracts(contracts);
  return event;
}

venue::TradeExecuted Trade(Price price, std::int64_t contracts, std::int64_t open_interest) {
  venue::TradeExecuted event;
  event.market = kMarket;
  event.price = price;
  event.quantity = Quantity::FromContracts(contracts);
  event.open_interest_after = Quantity::FromContracts(open_interest);
  return event;
}

CandleQuery Minutes(std::int64_t from, std::int64_t to) {
  CandleQuery query;
  query.market = kMarket;
  query.min_end_seconds = kStart + from;
  query.max_end_seconds = kStart + to;
  return query;
}

TEST_CASE("Candles: a period includes its end and opens with the standing quote", "[candles]") {
  CandleStore store(1'000);
  Feed feed(store);
  feed.Record(At(10), Book(BookSide::kBid, 40_c, 5));
  feed.Record(At(60), Book(BookSide::kBid, 42_c, 5));
  feed.Record(At(61), Book(BookSide::kAsk, 50_c, 5));
  const auto candles = *store.ListCandles(Minutes(0, 600));
  REQUIRE(candles.size() == 2);
  CHECK(candles[0].end_period_seconds == kStart + 60);
  CHECK(candles[0].yes_bid.open == 40_c);
  CHECK(candles[0].yes_bid.close == 42_c);
  CHECK(candles[0].yes_ask.close == Price::FromMicros(1'000'000));
  CHECK(candles[1].yes_bid.open == 42_c);
  CHECK(candles[1].yes_ask.open == Price::FromMicros(1'000'000));
  CHECK(candles[1].yes_ask.low == 50_c);
}

TEST_CASE("Candles: what a command passes through is not seen, where it ends is", "[candles]") {
  CandleStore store(1'000);
  Feed feed(store);
  feed.Record(At(1), Book(BookSide::kBid, 40_c, 5));
  feed.Record(At(2), Book(BookSide::kBid, 40_c, 0), Book(BookSide::kBid, 45_c, 5));
  const auto candles = *store.ListCandles(Minutes(0, 60));
  REQUIRE(candles.size() == 1);
  CHECK(candles[0].yes_bid.low == 40_c);
  CHECK(candles[0].yes_bid.close == 45_c);
}

TEST_CASE("Candles: quiet periods are filled with what stands, up to the last record",
          "[candles]") {
  CandleStore store(1'000);
  Feed feed(store);
  feed.Record(At(5), Book(BookSide::kBid, 40_c, 5), Book(BookSide::kAsk, 60_c, 5));
  feed.Record(At(6), Trade(60_c, 2, 2));
  feed.Record(At(200), Book(BookSide::kBid, 41_c, 5));
  const auto candles = *store.ListCandles(Minutes(0, 6'000));
  REQUIRE(candles.size() == 4);
  CHECK(candles[0].trade->close == 60_c);
  CHECK(candles[0].trade_value == Money::FromCents(120));
  CHECK_FALSE(candles[0].previous.has_value());
  for (std::size_t i : {1, 2}) {
    CHECK(candles[i].end_period_seconds == kStart + 60 * static_cast<std::int64_t>(i + 1));
    CHECK(candles[i].yes_bid.high == 40_c);
    CHECK_FALSE(candles[i].trade.has_value());
    CHECK(candles[i].previous == 60_c);
    CHECK(candles[i].volume == Quantity());
    CHECK(candles[i].open_interest == Quantity::FromContracts(2));
  }
  // A range inside the quiet time is filled too.
  CHECK(store.ListCandles(Minutes(120, 120))->size() == 1);
}

TEST_CASE("Candles: a market without a quote has none, and a settled one ends", "[candles]") {
  CandleStore store(1'000);
  Feed feed(store);
  feed.Record(At(1), venue::BookCleared{kMarket});
  CHECK(store.ListCandles(Minutes(0, 600))->empty());
  feed.Record(At(2), Book(BookSide::kBid, 40_c, 5));
  feed.Record(At(100), venue::BookCleared{kMarket}, venue::MarketSettled{kMarket, {}, {}});
  feed.Record(At(500), venue::ExchangeStatusChanged{});
  const auto candles = *store.ListCandles(Minutes(0, 600));
  REQUIRE(candles.size() == 2);
  CHECK(candles[1].yes_bid.close == Price());
}

TEST_CASE("Candles: memory is bounded, the oldest go first", "[candles]") {
  CandleStore store(6);
  Feed feed(store);
  for (int minute = 0; minute < 100; ++minute) {
    feed.Record(At(60 * minute + 30), Book(BookSide::kBid, 40_c, minute + 1));
  }
  const KnownCandles known = store.Read(Minutes(0, 6'000));
  CHECK(known.rows.size() <= 7);
  CHECK(known.complete_from_seconds > kStart + 60 * 90);
}

// --- Property ------------------------------------------------------------------------------------

struct Observation {
  Timestamp time;
  Price bid;
  Price ask;
  std::vector<std::pair<Price, Quantity>> trades;
  Quantity open_interest;
};

// Slow and obvious: each period looks through everything that was ever observed.
std::vector<CandleRow> ReferenceCandles(const std::vector<Observation>& observations,
                                        std::int64_t period_minutes) {
  std::vector<CandleRow> candles;
  const std::int64_t period = 60 * period_minutes;
  const auto end_of = [&](Timestamp time) {
    return (time.nanos() + period * 1'000'000'000 - 1) / (period * 1'000'000'000) * period;
  };
  for (std::int64_t end = end_of(observations.front().time);
       end <= end_of(observations.back().time); end += period) {
    CandleRow row;
    row.market = kMarket;
    row.end_period_seconds = end;
    std::vector<Price> bids;
    std::vector<Price> asks;
    std::vector<Price> trades;
    for (const Observation& seen : observations) {
      const std::int64_t seen_end = end_of(seen.time);
      if (seen_end > end) break;
      if (seen_end < end) {
        bids = {seen.bid};
        asks = {seen.ask};
        if (!seen.trades.empty()) row.previous = seen.trades.back().first;
      } else {
        bids.push_back(seen.bid);
        asks.push_back(seen.ask);
        for (const auto& [price, quantity] : seen.trades) {
          trades.push_back(price);
          row.trade_value += price * quantity;
          row.volume += quantity;
        }
      }
      row.open_interest = seen.open_interest;
    }
    const auto ohlc = [](const std::vector<Price>& prices) {
      return Ohlc{prices.front(), *std::max_element(prices.begin(), prices.end()),
                  *std::min_element(prices.begin(), prices.end()), prices.back()};
    };
    row.yes_bid = ohlc(bids);
    row.yes_ask = ohlc(asks);
    if (!trades.empty()) row.trade = ohlc(trades);
    candles.push_back(row);
  }
  return candles;
}

bool Equal(const Ohlc& a, const Ohlc& b) {
  return a.open == b.open && a.high == b.high && a.low == b.low && a.close == b.close;
}

bool Equal(const CandleRow& a, const CandleRow& b) {
  return a.end_period_seconds == b.end_period_seconds && Equal(a.yes_bid, b.yes_bid) &&
         Equal(a.yes_ask, b.yes_ask) && a.trade.has_value() == b.trade.has_value() &&
         (!a.trade || Equal(*a.trade, *b.trade)) && a.trade_value == b.trade_value &&
         a.previous == b.previous && a.volume == b.volume && a.open_interest == b.open_interest;
}

TEST_CASE("Candles: equal those recomputed from all quotes and trades", "[candles]") {
  const std::uint64_t seed = GENERATE(1U, 20260805U, 99U);
  CAPTURE(seed);
  std::mt19937_64 random(seed);
  CandleStore store(100'000);
  Feed feed(store);
  std::map<Price, std::int64_t> bids;
  std::map<Price, std::int64_t> asks;
  std::vector<Observation> observations;
  std::int64_t nanos = At(0).nanos() + 1;
  std::int64_t open_interest = 0;
  for (int i = 0; i < 3'000; ++i) {
    // Sometimes the sharp end of a minute, sometimes a long pause.
    nanos += static_cast<std::int64_t>(random() % 20'000'000'000);
    if (random() % 10 == 0) nanos = (nanos / 60'000'000'000 + 1) * 60'000'000'000;
    if (random() % 300 == 0) nanos += 3 * 3'600'000'000'000;
    Observation seen;
    seen.time = Timestamp::FromNanos(nanos);
    venue::EventBuffer events;
    for (std::uint64_t n = 1 + random() % 3; n > 0; --n) {
      const bool is_bid = random() % 2 == 0;
      const Price price =
          Price::FromCents(static_cast<std::int64_t>((is_bid ? 1 : 51) + random() % 49));
      const auto contracts = static_cast<std::int64_t>(random() % 3);
      auto& levels = is_bid ? bids : asks;
      contracts == 0 ? static_cast<void>(levels.erase(price))
                     : static_cast<void>(levels[price] = contracts);
      events.Add(Book(is_bid ? BookSide::kBid : BookSide::kAsk, price, contracts));
      if (random() % 4 == 0) {
        open_interest += 1;
        events.Add(Trade(price, 3, open_interest));
        seen.trades.push_back({price, Quantity::FromContracts(3)});
      }
    }
    store.OnRecord(
        {SequenceNumber(static_cast<std::uint64_t>(i) + 1), seen.time, {}, {}, events.bytes()});
    seen.bid = bids.empty() ? Price() : bids.rbegin()->first;
    seen.ask = asks.empty() ? Price::FromMicros(1'000'000) : asks.begin()->first;
    seen.open_interest = Quantity::FromContracts(open_interest);
    // Nothing before the first quote or trade.
    const bool is_nothing = bids.empty() && asks.empty() && seen.trades.empty();
    if (!observations.empty() || !is_nothing) observations.push_back(seen);
  }
  for (const std::int64_t period_minutes : kCandlePeriodMinutes) {
    CandleQuery query;
    query.market = kMarket;
    query.period_minutes = period_minutes;
    query.max_end_seconds = kStart * 2;
    query.limit = 1'000'000;
    const auto candles = *store.ListCandles(query);
    const auto reference = ReferenceCandles(observations, period_minutes);
    REQUIRE(candles.size() == reference.size());
    for (std::size_t i = 0; i < candles.size(); ++i) {
      CAPTURE(period_minutes, i);
      REQUIRE(Equal(candles[i], reference[i]));
    }
  }
}

}  // namespace
}  // namespace evx::mock_kalshi
