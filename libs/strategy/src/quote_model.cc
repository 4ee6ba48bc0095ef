#include "evx/strategy/quote_model.h"

#include <algorithm>
#include <cmath>

namespace evx::strategy {
namespace {

// ln(1 - p + p e^(-gamma q)).
double LogMoment(double probability, double inventory, double gamma) {
  return std::log(1 - probability + probability * std::exp(-gamma * inventory));
}

}  // namespace

QuoteCenter HorizonQuote(double log_odds, double inventory, double variance_over_horizon,
                         double settle_weight, const QuoteParameters& parameters) {
  const double gamma = parameters.gamma;
  const double mu = parameters.informed_share;
  const double gamma_effective =
      std::max(gamma * variance_over_horizon, parameters.gamma_settle * settle_weight);
  return {log_odds - gamma_effective * inventory, gamma * variance_over_horizon / 2 +
                                                      std::log1p(gamma / parameters.kappa) / gamma +
                                                      std::log((1 + mu) / (1 - mu))};
}

IndifferencePrices SettlementPrices(double probability, double inventory, double gamma) {
  const double here = LogMoment(probability, inventory, gamma);
  return {(here - LogMoment(probability, inventory + 1, gamma)) / gamma,
          (LogMoment(probability, inventory - 1, gamma) - here) / gamma,
          Logistic(LogOdds(probability) - gamma * inventory)};
}

double SettlementWorstLoss(double gamma) { return std::log(2.0) / gamma; }

TickThresholds::TickThresholds(const PriceGrid& grid) {
  thresholds_.reserve(grid.tick_count());
  for (PriceGrid::TickIndex tick = 0; tick < grid.tick_count(); ++tick) {
    const double price = static_cast<double>(grid.PriceAt(tick).micros()) /
                         static_cast<double>(Price::kDollarMicros);
    thresholds_.push_back(static_cast<float>(std::log(price / (1 - price))));
  }
}

std::optional<PriceGrid::TickIndex> TickThresholds::AtOrBelow(double log_odds) const {
  const auto above = std::upper_bound(thresholds_.begin(), thresholds_.end(), log_odds,
                                      [](double x, float t) { return x < double{t}; });
  if (above == thresholds_.begin()) return std::nullopt;
  return static_cast<PriceGrid::TickIndex>(above - thresholds_.begin() - 1);
}

std::optional<PriceGrid::TickIndex> TickThresholds::AtOrAbove(double log_odds) const {
  const auto found = std::lower_bound(thresholds_.begin(), thresholds_.end(), log_odds,
                                      [](float t, double x) { return double{t} < x; });
  if (found == thresholds_.end()) return std::nullopt;
  return static_cast<PriceGrid::TickIndex>(found - thresholds_.begin());
}

TickQuotes ToTicks(const QuoteCenter& center, const TickThresholds& thresholds) {
  return {thresholds.AtOrBelow(center.reservation - center.half_spread),
          thresholds.AtOrAbove(center.reservation + center.half_spread)};
}

double MakerFee(double price) {
  constexpr double kRate = .0175;
  return kRate * price * (1 - price);
}

TickQuotes KeepEdge(TickQuotes quotes, const PriceGrid& grid, double probability, double min_edge) {
  const auto price_at = [&grid](PriceGrid::TickIndex tick) {
    return static_cast<double>(grid.PriceAt(tick).micros()) / Price::kDollarMicros;
  };
  while (quotes.bid) {
    const double price = price_at(*quotes.bid);
    if (probability - price - MakerFee(price) >= min_edge) break;
    quotes.bid = *quotes.bid > 0 ? std::optional(*quotes.bid - 1) : std::nullopt;
  }
  while (quotes.ask) {
    const double price = price_at(*quotes.ask);
    if (price - probability - MakerFee(price) >= min_edge) break;
    quotes.ask =
        *quotes.ask + 1 < grid.tick_count() ? std::optional(*quotes.ask + 1) : std::nullopt;
  }
  return quotes;
}

std::int64_t SizeAtInventory(std::int64_t quantity, std::int64_t inventory, std::int64_t cap,
                             bool is_bid) {
  const std::int64_t toward = is_bid ? inventory : -inventory;
  if (toward <= 0) return quantity;
  if (toward >= cap) return 0;
  return static_cast<std::int64_t>(static_cast<__int128>(quantity) * (cap - toward) / cap);
}

}  // namespace evx::strategy
