#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "evx/core/price_grid.h"
#include "evx/strategy/log_odds.h"

// Market making in log-odds. Quotes are symmetric in log-odds around a reservation value that leans
// against the inventory; the YES/NO mirror image of a situation gives the mirror image of its
// quotes.

namespace evx::strategy {

struct QuoteParameters {
  double gamma = 0.05;        // Risk aversion while the inventory will be traded out; > 0.
  double gamma_settle = 0.0;  // Risk aversion of holding to settlement; >= 0.
  double kappa = 8;           // Decay of fill intensity per unit of log-odds; > 0.
  double informed_share = 0;  // mu: share of flow that knows more; 0 .. 0.5.
  friend bool operator==(const QuoteParameters&, const QuoteParameters&) = default;
};

// Center and half width of the quotes, in log-odds.
struct QuoteCenter {
  double reservation = 0;
  double half_spread = 0;
};

// Inventory that will be traded out within a horizon:
//   r = x - gamma_eff q,  gamma_eff = max(gamma s, gamma_settle w)
//   d = gamma s / 2 + ln(1 + gamma/kappa) / gamma + ln((1+mu) / (1-mu))
// with x the log-odds of the microprice, q the inventory in contracts (YES positive), s = belief
// variance per second x horizon seconds, and w rising to 1 as the close comes nearer than the time
// it takes to trade the inventory out.
QuoteCenter HorizonQuote(double log_odds, double inventory, double variance_over_horizon,
                         double settle_weight, const QuoteParameters& parameters);

// Prices at which an exponential-utility holder to settlement is indifferent to one more contract:
//   M(q) = ln(1 - p + p e^(-gamma q)),  bid = (M(q) - M(q+1)) / gamma,  ask = (M(q-1) - M(q)) /
//   gamma.
// A logarithmic market maker with b = 1/gamma; its worst loss is b ln 2.
struct IndifferencePrices {
  double bid = 0;
  double ask = 0;
  double marginal = 0;  // S(x - gamma q).
};
IndifferencePrices SettlementPrices(double probability, double inventory, double gamma);
double SettlementWorstLoss(double gamma);

// Log-odds of every tick of a grid, built once; it alone decides which tick a quote becomes.
class TickThresholds {
 public:
  explicit TickThresholds(const PriceGrid& grid);

  // Highest tick at or below `log_odds`; nothing when all lie above.
  std::optional<PriceGrid::TickIndex> AtOrBelow(double log_odds) const;
  // Lowest tick at or above it.
  std::optional<PriceGrid::TickIndex> AtOrAbove(double log_odds) const;

 private:
  std::vector<float> thresholds_;
};

struct TickQuotes {
  std::optional<PriceGrid::TickIndex> bid;
  std::optional<PriceGrid::TickIndex> ask;
};
// bid at or below r - d, ask at or above r + d.
TickQuotes ToTicks(const QuoteCenter& center, const TickThresholds& thresholds);

// What a maker pays for a contract at a price, in dollars: 0.0175 p (1-p), the venue's rate where
// makers are charged at all.
double MakerFee(double price);

// Moves quotes away from the believed probability until each keeps at least `min_edge` dollars of
// it after the maker's fee: p - bid - fee >= min_edge, ask - p - fee >= min_edge. A side that would
// leave the grid is dropped. Cost: the ticks moved.
TickQuotes KeepEdge(TickQuotes quotes, const PriceGrid& grid, double probability, double min_edge);

// Shrinks linearly to zero at the cap, for the side that would add to the inventory. Hundredths of
// a contract in and out; `inventory` is signed, `is_bid` says which side is asked for.
std::int64_t SizeAtInventory(std::int64_t quantity, std::int64_t inventory, std::int64_t cap,
                             bool is_bid);

}  // namespace evx::strategy
