#pragma once

#include <optional>

#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/money.h"

namespace evx::strategy {

// Beliefs outside this range are treated as its ends.
inline constexpr double kProbabilityMin = 0.0001;
inline constexpr double kProbabilityMax = 0.9999;

// ln(p / (1 - p)).
double LogOdds(double probability);
// 1 / (1 + e^-x).
double Logistic(double log_odds);

// Best prices of a market with what rests there. Both sides present, bid below ask.
struct Top {
  Price bid;
  Quantity bid_quantity;
  Price ask;
  Quantity ask_quantity;
};

// The price that weights each side by what rests on the other, in dollars.
double Microprice(const Top& top);

// Variance per second of a belief in log-odds: an exponentially weighted mean of dx^2 / dt.
class BeliefVariance {
 public:
  // `half_life`: after this long an observation counts half. `initial` is used until the second
  // one.
  BeliefVariance(absl::Duration half_life, double initial)
      : half_life_(half_life), variance_(initial) {}

  // Observations closer than kIntervalMin to the one before are left out: they measure the tick.
  void Observe(Timestamp time, double log_odds);
  double per_second() const { return variance_; }
  // The last move in standard deviations of its interval; 0 without one. A jump is a large one.
  double last_move_sigmas() const { return last_move_sigmas_; }

 private:
  static constexpr double kIntervalMinSeconds = 0.05;

  const absl::Duration half_life_;
  double variance_;
  std::optional<Timestamp> last_time_;
  double last_log_odds_ = 0;
  double last_move_sigmas_ = 0;
};

}  // namespace evx::strategy
