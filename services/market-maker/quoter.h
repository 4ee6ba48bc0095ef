#pragma once

#include <memory>
#include <optional>

#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "evx/core/price_grid.h"
#include "evx/strategy/log_odds.h"
#include "evx/strategy/quote_model.h"
#include "market_settings.h"

namespace evx::market_maker {

struct Quote {
  Price price;
  Quantity quantity;
  friend bool operator==(const Quote&, const Quote&) = default;
};

// What shall rest; a side that is absent shall not.
struct Quotes {
  std::optional<Quote> bid;
  std::optional<Quote> ask;
  friend bool operator==(const Quotes&, const Quotes&) = default;
};

// What a quoter sees of its market. `top` leaves out the maker's own orders.
struct MarketView {
  Timestamp now;
  Timestamp close_time;
  bool is_active = true;
  std::optional<strategy::Top> top;
  std::optional<Price> last_price;
  PriceGrid grid;
  Quantity position;  // YES positive.
};

// Decides the quotes of one market. Not thread-safe.
class Quoter {
 public:
  virtual ~Quoter() = default;
  // Called once per interval.
  virtual Quotes Next(const MarketView& view) = 0;
  // Whether Next looks at top, position and last price.
  virtual bool needs_book() const = 0;
};

// The mid walks from price_min + spread/2 to price_max - spread/2 and back, one cent an interval;
// the quotes lie half the spread either side of it, so none is ever outside price_min..price_max.
class TriangleQuoter final : public Quoter {
 public:
  explicit TriangleQuoter(const MarketSettings& settings);
  Quotes Next(const MarketView& view) override;
  bool needs_book() const override { return false; }

 private:
  const MarketSettings settings_;
  std::int64_t bid_cents_;  // Of the next quotes.
  bool rising_ = true;
};

// Quotes around the microprice in log-odds (strategy::HorizonQuote), leaning against the position.
// The spread widens toward 0 and 1 and toward the close. No quotes: without a reference price, when
// the market is not active, shortly before the close, after a jump of more than four standard
// deviations, and outside 0.03..0.97 on the side that would add to the position.
class ModelQuoter final : public Quoter {
 public:
  explicit ModelQuoter(const MarketSettings& settings);
  Quotes Next(const MarketView& view) override;
  bool needs_book() const override { return true; }

 private:
  static constexpr double kJumpSigmas = 4;
  static constexpr double kQuietMin = .03;
  static constexpr double kQuietMax = .97;

  strategy::QuoteCenter Center(const MarketView& view, double log_odds) const;
  std::optional<Quote> Side(const MarketView& view, double belief,
                            std::optional<PriceGrid::TickIndex> tick, bool is_bid) const;

  const MarketSettings settings_;
  strategy::BeliefVariance variance_;
  std::optional<PriceGrid> grid_;
  std::optional<strategy::TickThresholds> thresholds_;
};

std::unique_ptr<Quoter> MakeQuoter(const MarketSettings& settings);

}  // namespace evx::market_maker
