#include "synthetic_agents.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace evx::flow {
namespace {

constexpr std::int64_t kCentMicros = 10'000;
constexpr int kLevelCount = 5;
// Steps between two quotes: five in the mean, and not those of all markets at once.
constexpr int kRequoteStepsMin = 3;
constexpr int kRequoteStepsMax = 7;

// Mean spread in cents by decile of the middle, and mean quantity at the best price, of 19 days of
// crypto markets (crypto-market-stats: cost_to_trade.csv, spread_by_bucket.csv).
constexpr std::array<double, 10> kSpreadCents = {2.0, 2.7, 3.6, 5.9, 7.2, 5.5, 3.9, 2.5, 2.8, 2.0};
constexpr double kBestQuantity = 1'850;

// Steps are about seconds: a few cents in ten minutes around the middle of the range.
constexpr double kFairStep = 0.0025;
constexpr double kEstimateGain = 0.2;
constexpr double kFairMin = 0.04;
constexpr double kFairMax = 0.96;

std::int64_t ToPriceMicros(std::int64_t cents) {
  return std::clamp<std::int64_t>(cents, 1, 99) * kCentMicros;
}

}  // namespace

MarketAgents::MarketAgents(std::uint64_t seed) : random_(seed) {
  fair_ = 0.15 + 0.7 * Uniform();
  estimate_ = slow_middle_ = fair_;
}

double MarketAgents::Uniform() {
  return static_cast<double>(random_() >> 11) / static_cast<double>(std::uint64_t{1} << 53);
}

double MarketAgents::Normal() {
  return std::sqrt(-2 * std::log(1 - Uniform())) * std::cos(6.283185307179586 * Uniform());
}

std::int64_t MarketAgents::fair_value_centicents() const {
  return static_cast<std::int64_t>(fair_ * 10'000);
}

MarketAgents::Step MarketAgents::Next(const MarketView& view) {
  fair_ = std::clamp(fair_ + kFairStep * Normal(), kFairMin, kFairMax);
  estimate_ += kEstimateGain * (fair_ - estimate_);
  Step step;
  TakeIfWrong(view, step);
  FollowMomentum(view, step);
  TakeAtRandom(view, step);
  if (steps_to_requote_-- <= 0) {
    const double span = kRequoteStepsMax - kRequoteStepsMin + 1;
    steps_to_requote_ = kRequoteStepsMin - 1 + static_cast<int>(span * Uniform());
    Quote(step);
  }
  return step;
}

void MarketAgents::Quote(Step& step) {
  step.requotes = true;
  const auto decile = static_cast<std::size_t>(std::clamp(estimate_ * 10, 0.0, 9.0));
  const double spread = std::max(1.0, kSpreadCents[decile] * (0.75 + 0.5 * Uniform()));
  const auto bid = static_cast<std::int64_t>(std::floor(estimate_ * 100 - spread / 2));
  const auto ask = std::max<std::int64_t>(
      bid + 1, static_cast<std::int64_t>(std::lround(static_cast<double>(bid) + spread)));
  for (int level = 0; level < kLevelCount; ++level) {
    const auto quantity = [this] {
      return static_cast<std::int64_t>(kBestQuantity * (0.5 + Uniform())) * 100;
    };
    if (bid - level >= 1) {
      step.orders.push_back({BookSide::kBid, ToPriceMicros(bid - level), quantity(), false,
                             AgentOrder::Agent::kQuoter});
    }
    if (ask + level <= 99) {
      step.orders.push_back({BookSide::kAsk, ToPriceMicros(ask + level), quantity(), false,
                             AgentOrder::Agent::kQuoter});
    }
  }
}

void MarketAgents::TakeAtRandom(const MarketView& view, Step& step) {
  constexpr double kChance = 0.15;
  if (Uniform() > kChance) return;
  const bool buys = Uniform() < 0.5;
  const std::int64_t price = buys ? view.best_ask_micros : view.best_bid_micros;
  const auto quantity = static_cast<std::int64_t>(1 + 60 * Uniform() * Uniform()) * 100;
  if (price == 0) return;
  step.orders.push_back(
      {buys ? BookSide::kBid : BookSide::kAsk, price, quantity, true, AgentOrder::Agent::kNoise});
}

void MarketAgents::FollowMomentum(const MarketView& view, Step& step) {
  if (view.best_bid_micros == 0 || view.best_ask_micros == 0) return;
  constexpr double kThreshold = 0.012;
  constexpr double kMemory = 0.05;
  const double middle =
      static_cast<double>(view.best_bid_micros + view.best_ask_micros) / 2'000'000;
  const double move = middle - slow_middle_;
  slow_middle_ += kMemory * move;
  if (std::abs(move) < kThreshold || Uniform() > 0.2) return;
  const bool buys = move > 0;
  step.orders.push_back(
      {buys ? BookSide::kBid : BookSide::kAsk, buys ? view.best_ask_micros : view.best_bid_micros,
       static_cast<std::int64_t>(5 + 40 * Uniform()) * 100, true, AgentOrder::Agent::kMomentum});
}

void MarketAgents::TakeIfWrong(const MarketView& view, Step& step) {
  constexpr double kEdge = 0.01;
  const auto quantity = static_cast<std::int64_t>(20 + 180 * Uniform()) * 100;
  const double bid = static_cast<double>(view.best_bid_micros) / 1'000'000;
  const double ask = static_cast<double>(view.best_ask_micros) / 1'000'000;
  if (view.best_ask_micros != 0 && fair_ > ask + kEdge) {
    step.orders.push_back(
        {BookSide::kBid, view.best_ask_micros, quantity, true, AgentOrder::Agent::kInformed});
  } else if (view.best_bid_micros != 0 && fair_ < bid - kEdge) {
    step.orders.push_back(
        {BookSide::kAsk, view.best_bid_micros, quantity, true, AgentOrder::Agent::kInformed});
  }
}

}  // namespace evx::flow
