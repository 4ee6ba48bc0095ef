#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <random>

#include "evx/strategy/quote_model.h"

namespace evx::strategy {
namespace {

// A market of ten minutes: the true log-odds walk, one trader a second arrives. An informed one
// knows the true value and takes a quote that is wrong; the others take either side more often the
// closer it is. At the end the contract pays by the true probability.
struct Result {
  std::int64_t worst_inventory = 0;
  double worst_cash = 0;  // Lowest mark-to-truth value on the way.
};

constexpr int kSeconds = 600;
constexpr double kSigma = 0.05;  // Per square root of a second.
constexpr std::int64_t kCap = 40;

template <class Quoter>
Result Simulate(std::uint64_t seed, Quoter quoter) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> step(0, kSigma);
  std::uniform_real_distribution<double> uniform(0, 1);
  const PriceGrid grid;
  double x = 0;
  double cash = 0;
  std::int64_t inventory = 0;
  Result result;
  for (int second = 0; second < kSeconds; ++second) {
    const TickQuotes quotes = quoter(x, inventory, kSeconds - second);
    x += step(random);
    const double truth = Logistic(x);
    const bool informed = uniform(random) < .2;
    const bool buys = uniform(random) < .5;
    const auto price = [&grid](PriceGrid::TickIndex tick) {
      return static_cast<double>(grid.PriceAt(tick).micros()) / 1e6;
    };
    const auto taken = [&](double distance) {
      return informed ? distance < 0 : uniform(random) < std::exp(-20 * std::max(distance, 0.));
    };
    if (buys && quotes.ask && taken(price(*quotes.ask) - truth)) {
      cash += price(*quotes.ask);
      --inventory;
    } else if (!buys && quotes.bid && taken(truth - price(*quotes.bid))) {
      cash -= price(*quotes.bid);
      ++inventory;
    }
    result.worst_inventory = std::max(result.worst_inventory, std::abs(inventory));
    result.worst_cash = std::min(result.worst_cash, cash + static_cast<double>(inventory) * truth);
  }
  return result;
}

TEST_CASE("QuoteSimulation: the model's worst inventory and loss are below the naive quoter's",
          "[strategy]") {
  const TickThresholds table{PriceGrid()};
  const QuoteParameters parameters{.05, .02, 8, .1};
  const auto model = [&](double x, std::int64_t inventory, int seconds_left) {
    const double horizon = std::min(60, seconds_left);
    TickQuotes quotes = ToTicks(
        HorizonQuote(x, static_cast<double>(inventory), kSigma * kSigma * horizon, 1, parameters),
        table);
    if (inventory >= kCap) quotes.bid.reset();
    if (inventory <= -kCap) quotes.ask.reset();
    return quotes;
  };
  // Two cents either side of the last price, whatever it holds.
  const auto naive = [&](double x, std::int64_t, int) {
    const double p = Logistic(x);
    return TickQuotes{table.AtOrBelow(LogOdds(p - .02)), table.AtOrAbove(LogOdds(p + .02))};
  };
  Result model_worst;
  Result naive_worst;
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    CAPTURE(seed);
    const Result a = Simulate(seed, model);
    const Result b = Simulate(seed, naive);
    model_worst.worst_inventory = std::max(model_worst.worst_inventory, a.worst_inventory);
    model_worst.worst_cash = std::min(model_worst.worst_cash, a.worst_cash);
    naive_worst.worst_inventory = std::max(naive_worst.worst_inventory, b.worst_inventory);
    naive_worst.worst_cash = std::min(naive_worst.worst_cash, b.worst_cash);
  }
  CAPTURE(model_worst.worst_inventory, naive_worst.worst_inventory, model_worst.worst_cash,
          naive_worst.worst_cash);
  CHECK(model_worst.worst_inventory < naive_worst.worst_inventory);
  CHECK(model_worst.worst_cash > naive_worst.worst_cash);
}

}  // namespace
}  // namespace evx::strategy
