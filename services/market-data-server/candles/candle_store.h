#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "candles/candle.h"
#include "candles/candle_log.h"
#include "evx/core/clock.h"
#include "evx/core/text_map.h"
#include "evx/market_data/topic.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::market_data {

struct CandleQuery {
  std::string_view market_ticker;
  std::int64_t period_seconds = 60;  // Of kCandlePeriodSeconds.
  // Ends, inclusive, Unix seconds; nothing: the newest `count_max` ones, and up to now.
  std::optional<std::int64_t> min_end_seconds;
  std::optional<std::int64_t> max_end_seconds;
  std::size_t count_max = 1'000;
  // Filled up to the newest message of any market; otherwise to the market's own last one.
  bool is_followed = true;
};

struct CandleList {
  std::vector<Candle> candles;  // Oldest first, without a hole.
  bool has_more = false;        // Within the query, behind these.
  // Candles that end before may lack what was never seen; what is not kept is not in the list.
  // 0: none of the query's does.
  std::int64_t complete_from_seconds = 0;
};

// The candles of all markets, in memory that is bounded, from the messages of evx.md.trades.v1 and
// evx.md.tickers.v1. Each topic's messages of a market come in order, how the two lie to each other
// does not matter; a message that was seen before does nothing. So a store that is fed the topics
// again is equal to one that never stopped.
//
// What is kept: of every market the present period of each length; of finished ones in which
// something changed at most kPeriodsPerMarketMax a market and length, and of all markets together
// as many as their share of the memory holds, the newest ones. A share of one length is never taken
// by another: busy seconds do not drive out days. Of more than `markets_max` markets those with the
// newest messages are kept.
//
// Thread-safe, one lock. A message costs about a microsecond, a page of 1,000 candles about a tenth
// of a millisecond.
class CandleStore {
 public:
  struct Options {
    std::size_t markets_max = 20'000;  // About 2 KiB each, besides the bytes below.
    std::size_t bytes_max = std::size_t{256} << 20;
  };
  static constexpr std::size_t kPeriodsPerMarketMax = 10'000;

  explicit CandleStore(const Options& options);

  // A message of the topic; those of others, and what cannot be a trade or a quote, are left out.
  void OnMessage(Topic topic, std::string_view payload);
  void OnTrade(const marketdata::v1::TradeMessage& message);
  void OnTicker(const marketdata::v1::TickerMessage& message);

  // From now on answers are complete as of what the topics held at the start.
  void SetRestored() { is_restored_ = true; }
  bool is_restored() const { return is_restored_; }

  // Nothing: no message of the market was seen. `period_seconds` must be one of them.
  std::optional<CandleList> List(const CandleQuery& query) const;

  // Finished periods in memory.
  std::size_t period_count() const;

 private:
  // One length of one topic of one market.
  template <class Period>
  struct Series {
    Period current;  // end_seconds 0: none yet.
    typename CandleLog<Period>::Place before = 0;
    // What came before the end of this period is not known; 0: all of it is.
    std::int64_t unknown_end_seconds = 0;
  };
  template <class Period>
  struct Stream {
    std::int64_t sequence = 0;
    bool is_whole = false;  // Its first message was seen.
    Timestamp time;         // Of the last message; never goes back.
    std::array<Series<Period>, kCandlePeriodCount> series;
  };
  struct Market {
    std::string ticker;
    Stream<TradePeriod> trades;
    Stream<QuotePeriod> quotes;
  };
  template <class Period>
  using Logs = std::vector<CandleLog<Period>>;  // By length.
  // What a query needs.
  template <class Period>
  struct Found {
    std::vector<Period> periods;  // Oldest first.
    // Ends; 0: everything that was asked for is known, and complete.
    std::int64_t known_from_seconds = 0;
    std::int64_t complete_from_seconds = 0;
  };

  Market& Touch(std::string_view ticker) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  template <class Period>
  void Fold(const marketdata::v1::Envelope& envelope, std::int64_t event_time_ns,
            const typename Period::Tick& tick, Stream<Period>& stream, Logs<Period>& logs)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  template <class Period>
  static Found<Period> Read(const Series<Period>& series, const CandleLog<Period>& log,
                            std::int64_t period_seconds, const CandleRange& range);

  const std::size_t markets_max_;
  std::atomic<bool> is_restored_ = false;

  mutable std::mutex mutex_;
  std::list<Market> markets_ ABSL_GUARDED_BY(mutex_);  // Newest message first.
  TextMap<std::list<Market>::iterator> by_ticker_ ABSL_GUARDED_BY(mutex_);
  Logs<TradePeriod> trade_logs_ ABSL_GUARDED_BY(mutex_);
  Logs<QuotePeriod> quote_logs_ ABSL_GUARDED_BY(mutex_);
  Timestamp newest_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::market_data
