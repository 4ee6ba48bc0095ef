#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/money.h"

// Candles of one market: pure, no clock, no lock.
//
// Rules, the same as those of the exchange's own candles (services/mock-kalshi/README.md):
//   * A period includes its end; ends are multiples of its length since 1970 UTC.
//   * A period opens with the quote that stands when it begins; the first of a market with the
//   first
//     quote. An empty side counts as $0 (bid) or $1 (ask).
//   * Every trade counts once.
//   * Periods in which nothing changed are not kept but filled in (JoinCandles).
//
// Trades and quotes come from two topics, so that nobody knows how they lie to each other. They are
// folded apart and joined when somebody reads: a candle is the same whichever came first.

namespace evx::market_data {

inline constexpr std::array<std::int64_t, 9> kCandlePeriodSeconds = {1,   5,     15,     60,    300,
                                                                     900, 3'600, 14'400, 86'400};
inline constexpr std::size_t kCandlePeriodCount = kCandlePeriodSeconds.size();

// Position in kCandlePeriodSeconds; nothing for another length.
std::optional<std::size_t> CandlePeriodIndex(std::int64_t period_seconds);

// End of the period that `time` lies in, Unix seconds.
std::int64_t PeriodEnd(Timestamp time, std::int64_t period_seconds);

struct Ohlc {
  Price open;
  Price high;
  Price low;
  Price close;
  friend bool operator==(const Ohlc&, const Ohlc&) = default;
};

struct TradeTick {
  Price price;
  Quantity quantity;  // Above 0, at most kPeriodVolumeMax.
};

// 90 billion contracts; trades beyond that move a candle's prices only.
inline constexpr Quantity kPeriodVolumeMax = Quantity::FromContracts(90'000'000'000);

struct QuoteTick {
  Price bid;
  Price ask;
  Quantity open_interest;
};

// The trades of a period that has some.
struct TradePeriod {
  using Tick = TradeTick;

  std::int64_t end_seconds = 0;  // 0: none yet.
  Ohlc price;
  std::optional<Price> previous;  // Of the last trade before the period.
  Money value;                    // Sum of price * quantity.
  Quantity volume;

  // `before`: the last period in which something changed; its end is 0 when there is none.
  static TradePeriod Open(std::int64_t end_seconds, const TradePeriod& before,
                          const TradeTick& tick);
  // Whether it may be the first one of a market.
  static bool Begins(const TradeTick& /*tick*/) { return true; }
  void Include(const TradeTick& tick);
};

// The quotes of a period in which they changed, or were told again.
struct QuotePeriod {
  using Tick = QuoteTick;

  std::int64_t end_seconds = 0;  // 0: none yet.
  Ohlc bid;
  Ohlc ask;
  Quantity open_interest;  // At its end.

  static QuotePeriod Open(std::int64_t end_seconds, const QuotePeriod& before,
                          const QuoteTick& tick);
  // An empty book is no quote.
  static bool Begins(const QuoteTick& tick);
  void Include(const QuoteTick& tick);
};

struct Candle {
  std::int64_t end_seconds = 0;
  std::optional<Ohlc> bid;  // Nothing before the first quote; as `ask`.
  std::optional<Ohlc> ask;
  std::optional<Ohlc> trade;
  Money mean_trade;                     // Per contract; $0 without a trade.
  std::optional<Price> previous_trade;  // The last one before the period.
  Quantity volume;
  Quantity open_interest;
  friend bool operator==(const Candle&, const Candle&) = default;
};

struct CandleRange {
  std::int64_t period_seconds = 1;
  // First and last end, multiples of the period.
  std::int64_t first_end_seconds = 0;
  std::int64_t last_end_seconds = 0;
};

// Every candle of the range from the first quote or trade on. The periods are sorted; those before
// the range are there at least where they matter: the last one of each list.
std::vector<Candle> JoinCandles(const CandleRange& range, const std::vector<TradePeriod>& trades,
                                const std::vector<QuotePeriod>& quotes);

}  // namespace evx::market_data
