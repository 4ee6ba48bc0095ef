#include "evx/strategy/log_odds.h"

#include <algorithm>
#include <cmath>

namespace evx::strategy {

double LogOdds(double probability) {
  const double p = std::clamp(probability, kProbabilityMin, kProbabilityMax);
  return std::log(p / (1 - p));
}

double Logistic(double log_odds) { return 1 / (1 + std::exp(-log_odds)); }

double Microprice(const Top& top) {
  const auto bid = static_cast<double>(top.bid.micros());
  const auto ask = static_cast<double>(top.ask.micros());
  const auto bid_quantity = static_cast<double>(top.bid_quantity.centis());
  const auto ask_quantity = static_cast<double>(top.ask_quantity.centis());
  const double total = bid_quantity + ask_quantity;
  const double micros =
      total > 0 ? (bid * ask_quantity + ask * bid_quantity) / total : (bid + ask) / 2;
  return micros / static_cast<double>(Price::kDollarMicros);
}

void BeliefVariance::Observe(Timestamp time, double log_odds) {
  if (!last_time_) {
    last_time_ = time;
    last_log_odds_ = log_odds;
    return;
  }
  const double seconds = absl::ToDoubleSeconds(time - *last_time_);
  if (seconds < kIntervalMinSeconds) return;
  const double move = log_odds - last_log_odds_;
  const double sigma = std::sqrt(variance_ * seconds);
  last_move_sigmas_ = sigma > 0 ? std::abs(move) / sigma : 0;
  const double weight = 1 - std::exp2(-seconds / absl::ToDoubleSeconds(half_life_));
  variance_ += weight * (move * move / seconds - variance_);
  last_time_ = time;
  last_log_odds_ = log_odds;
}

}  // namespace evx::strategy
