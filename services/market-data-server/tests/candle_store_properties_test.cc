// Random histories of a few markets, against candles that are made anew from all messages for every
// answer. How trades and tickers lie to each other, where a restart falls and how often messages
// are seen must not matter.

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "candle_messages.h"
#include "candles/candle_store.h"
#include "evx/core/testing/seed.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

constexpr std::int64_t kStart = 1'785'934'811;
constexpr std::int64_t kSecond = 1'000'000'000;

struct History {
  std::vector<pb::TradeMessage> trades;
  std::vector<pb::TickerMessage> tickers;
};

// The time that a message counts with: never before that of the one before.
template <class Message>
std::vector<std::int64_t> TimesOf(const std::vector<Message>& messages) {
  std::vector<std::int64_t> times;
  for (const Message& message : messages) {
    times.push_back(
        std::max(message.event_time_ns(), times.empty() ? std::int64_t{0} : times.back()));
  }
  return times;
}

void Include(std::optional<Ohlc>& ohlc, Price price) {
  if (!ohlc) ohlc = Ohlc{price, price, price, price};
  ohlc->high = std::max(ohlc->high, price);
  ohlc->low = std::min(ohlc->low, price);
  ohlc->close = price;
}

// The candle that ends at `end`, from all messages; nothing before the first one.
std::optional<Candle> SlowCandle(const History& history, std::int64_t end, std::int64_t length) {
  const std::vector<std::int64_t> trade_times = TimesOf(history.trades);
  const std::vector<std::int64_t> ticker_times = TimesOf(history.tickers);
  const std::int64_t begin_ns = (end - length) * kSecond;
  const std::int64_t end_ns = end * kSecond;
  Candle candle;
  candle.end_seconds = end;
  bool is_there = false;
  bool has_quotes = false;
  Money value;
  for (std::size_t i = 0; i < trade_times.size() && trade_times[i] <= end_ns; ++i) {
    const Price price = Price::FromMicros(history.trades[i].price_micros());
    const Quantity quantity = Quantity::FromCentis(history.trades[i].quantity_centis());
    is_there = true;
    if (trade_times[i] <= begin_ns) {
      candle.previous_trade = price;
      continue;
    }
    Include(candle.trade, price);
    candle.volume += quantity;
    value += price * quantity;
  }
  if (candle.trade) {
    candle.mean_trade =
        Money::FromMicros(DivideHalfEven(value.micros() * 100, candle.volume.centis()));
  }
  for (std::size_t i = 0; i < ticker_times.size() && ticker_times[i] <= end_ns; ++i) {
    const pb::TickerMessage& ticker = history.tickers[i];
    // An empty book begins nothing.
    has_quotes |= ticker.bid_price_micros() > 0 || ticker.ask_price_micros() < 1'000'000;
    if (!has_quotes) continue;
    is_there = true;
    if (ticker_times[i] <= begin_ns) {
      candle.bid.reset();  // Only where the last one stands when the period begins.
      candle.ask.reset();
    }
    Include(candle.bid, Price::FromMicros(ticker.bid_price_micros()));
    Include(candle.ask, Price::FromMicros(ticker.ask_price_micros()));
    candle.open_interest = Quantity::FromCentis(ticker.open_interest_centis());
  }
  return is_there ? std::optional(candle) : std::nullopt;
}

std::string Shown(const std::optional<Ohlc>& ohlc) {
  if (!ohlc) return "-";
  return std::to_string(ohlc->open.micros()) + "/" + std::to_string(ohlc->high.micros()) + "/" +
         std::to_string(ohlc->low.micros()) + "/" + std::to_string(ohlc->close.micros());
}

std::string Shown(const Candle& candle) {
  return "bid " + Shown(candle.bid) + " ask " + Shown(candle.ask) + " trade " +
         Shown(candle.trade) + " mean " + std::to_string(candle.mean_trade.micros()) +
         " previous " +
         std::to_string(candle.previous_trade ? candle.previous_trade->micros() : -1) + " volume " +
         std::to_string(candle.volume.centis()) + " open interest " +
         std::to_string(candle.open_interest.centis());
}

class CandleHistories {
 public:
  explicit CandleHistories(std::uint32_t seed) : random_(seed) {
    for (int i = 0; i < 400; ++i) AddMessage();
  }

  // Each topic in order, the two mixed by chance, some messages twice.
  void Feed(CandleStore& store) {
    std::size_t trade = 0;
    std::size_t ticker = 0;
    while (trade < trades_.size() || ticker < tickers_.size()) {
      if (ticker == tickers_.size() || (trade < trades_.size() && Draw(2) == 0)) {
        store.OnTrade(trades_[trade++]);
      } else {
        store.OnTicker(tickers_[ticker++]);
      }
      // Another one reads from further back.
      if (Draw(50) == 0) trade -= std::min<std::size_t>(trade, static_cast<std::size_t>(Draw(9)));
      if (Draw(50) == 0) {
        ticker -= std::min<std::size_t>(ticker, static_cast<std::size_t>(Draw(9)));
      }
    }
  }

  // Every market and length, ranges by chance. Returns how many candles were compared.
  std::size_t Check(const CandleStore& store) {
    std::size_t count = 0;
    for (const auto& [ticker, history] : markets_) {
      for (const std::int64_t length : kCandlePeriodSeconds) {
        count += CheckRange(store, ticker, history, length);
      }
    }
    return count;
  }

 private:
  std::int64_t Draw(std::int64_t count) {
    return static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(count));
  }

  void AddMessage() {
    constexpr std::int64_t kSteps[] = {0, 1, 300, 1'000, 4'000, 60'000, 3'700'000, 50'000'000};
    const std::int64_t step = kSteps[Draw(Draw(4) == 0 ? 8 : 5)];  // Milliseconds.
    now_ns_ += step * 1'000'000;
    if (Draw(10) == 0) now_ns_ -= now_ns_ % kSecond;  // On a boundary.
    const std::string ticker(1, static_cast<char>('A' + Draw(3)));
    // Sometimes the venue's time goes back.
    const Timestamp time = Timestamp::FromNanos(now_ns_ - (Draw(20) == 0 ? 2 * kSecond : 0));
    newest_ns_ = std::max(newest_ns_, time.nanos());
    History& history = markets_[ticker];
    if (Draw(2) == 0) {
      const auto sequence = static_cast<std::int64_t>(history.trades.size()) + 1;
      history.trades.push_back(TradeAt(ticker, sequence, time, 1 + Draw(99), 1 + Draw(50)));
      trades_.push_back(history.trades.back());
    } else {
      const auto sequence = static_cast<std::int64_t>(history.tickers.size()) + 1;
      history.tickers.push_back(
          Draw(3) == 0 ? TickerAt(ticker, sequence, time, 0, 100, 0)
                       : TickerAt(ticker, sequence, time, Draw(50), 50 + Draw(51), Draw(1'000)));
      tickers_.push_back(history.tickers.back());
    }
  }

  std::size_t CheckRange(const CandleStore& store, const std::string& ticker,
                         const History& history, std::int64_t length) {
    const std::int64_t last = PeriodEnd(Timestamp::FromNanos(newest_ns_), length);
    const std::int64_t first = PeriodEnd(Timestamp::FromSeconds(kStart - 100), length);
    CandleQuery query;
    query.market_ticker = ticker;
    query.period_seconds = length;
    query.min_end_seconds = first + Draw(last - first + 1);
    query.count_max = static_cast<std::size_t>(1 + Draw(30));
    const std::optional<CandleList> list = store.List(query);
    REQUIRE(list);
    std::int64_t end = (*query.min_end_seconds + length - 1) / length * length;
    if (end < list->complete_from_seconds) {
      // What is missing is missing at the beginning.
      REQUIRE((list->candles.empty() ||
               list->candles.front().end_seconds + length >= list->complete_from_seconds));
      end = list->complete_from_seconds;
    }
    std::size_t compared = 0;
    for (const Candle& candle : list->candles) {
      if (candle.end_seconds < end) continue;
      // Before the first message of a market there are none.
      while (end < candle.end_seconds) {
        REQUIRE_FALSE(SlowCandle(history, end, length));
        end += length;
      }
      const std::optional<Candle> slow = SlowCandle(history, end, length);
      REQUIRE(slow);
      INFO(ticker << ", " << length << " s until " << end << ": " << Shown(candle) << " is not "
                  << Shown(*slow));
      REQUIRE(candle == *slow);
      end += length;
      ++compared;
    }
    REQUIRE(list->has_more == (!list->candles.empty() && list->candles.back().end_seconds < last));
    return compared;
  }

  std::mt19937 random_;
  std::int64_t now_ns_ = kStart * kSecond;
  std::int64_t newest_ns_ = 0;
  std::map<std::string, History> markets_;
  std::vector<pb::TradeMessage> trades_;
  std::vector<pb::TickerMessage> tickers_;
};

TEST_CASE("CandleStore: candles are those of a slow model, however the topics are read",
          "[market_data]") {
  const std::uint32_t seed = evx::testing::TestSeed("CandleStore");
  std::size_t compared = 0;
  for (std::uint32_t i = 0; i < 60; ++i) {
    CandleHistories histories(seed + i);
    CandleStore store({});
    histories.Feed(store);
    for (int k = 0; k < 5; ++k) compared += histories.Check(store);
    // With little memory there are fewer, and they are right.
    CandleStore small({.markets_max = 3, .bytes_max = 32 << 10});
    histories.Feed(small);
    for (int k = 0; k < 5; ++k) compared += histories.Check(small);
  }
  CHECK(compared > 10'000);
}

}  // namespace
}  // namespace evx::market_data
