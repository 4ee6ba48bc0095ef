#include "quoter.h"

#include <algorithm>
#include <cmath>

namespace evx::market_maker {
namespace {

constexpr double kInformedShareMax = .5;
constexpr double kInitialVariance = 1e-4;  // Per second, in log-odds squared.

// A quote that would take from others goes one tick behind them instead.
void KeepFromCrossing(const PriceGrid& grid, const strategy::Top& top,
                      strategy::TickQuotes& ticks) {
  const auto best_bid = grid.IndexOf(top.bid);
  const auto best_ask = grid.IndexOf(top.ask);
  if (ticks.bid && best_ask && *ticks.bid >= *best_ask) {
    ticks.bid = *best_ask > 0 ? std::optional(*best_ask - 1) : std::nullopt;
  }
  if (ticks.ask && best_bid && *ticks.ask <= *best_bid) {
    ticks.ask = *best_bid + 1 < grid.tick_count() ? std::optional(*best_bid + 1) : std::nullopt;
  }
}

}  // namespace

TriangleQuoter::TriangleQuoter(const MarketSettings& settings)
    : settings_(settings), bid_cents_(settings.price_min.micros() / 10'000) {}

Quotes TriangleQuoter::Next(const MarketView& view) {
  const std::int64_t low = settings_.price_min.micros() / 10'000;
  const std::int64_t high = settings_.price_max.micros() / 10'000 - settings_.spread_cents;
  const Quotes quotes{
      Quote{Price::FromCents(bid_cents_), settings_.quantity},
      Quote{Price::FromCents(bid_cents_ + settings_.spread_cents), settings_.quantity}};
  if (bid_cents_ >= high) rising_ = false;
  if (bid_cents_ <= low) rising_ = true;
  if (low < high) bid_cents_ += rising_ ? 1 : -1;
  return view.is_active ? quotes : Quotes{};
}

ModelQuoter::ModelQuoter(const MarketSettings& settings)
    : settings_(settings), variance_(absl::Minutes(1), kInitialVariance) {}

strategy::QuoteCenter ModelQuoter::Center(const MarketView& view, double log_odds) const {
  const double to_close = absl::ToDoubleSeconds(view.close_time - view.now);
  const double horizon = std::min(absl::ToDoubleSeconds(settings_.horizon), to_close);
  const double widen = absl::ToDoubleSeconds(settings_.widen_before_close);
  const double settle_weight = std::clamp(widen / std::max(to_close, 1.0), 0.0, 1.0);
  strategy::QuoteParameters parameters = settings_.model;
  // Toward 0 and 1, and toward the close, more of the flow knows more than the book shows.
  parameters.informed_share =
      std::min(kInformedShareMax,
               parameters.informed_share * (1 + std::abs(log_odds) / 2) * (1 + settle_weight));
  return strategy::HorizonQuote(log_odds, static_cast<double>(view.position.centis()) / 100,
                                variance_.per_second() * horizon, settle_weight, parameters);
}

std::optional<Quote> ModelQuoter::Side(const MarketView& view, double belief,
                                       std::optional<PriceGrid::TickIndex> tick,
                                       bool is_bid) const {
  if (!tick) return std::nullopt;
  const std::int64_t position = view.position.centis();
  const bool adds = is_bid ? position >= 0 : position <= 0;
  if (adds && (belief < kQuietMin || belief > kQuietMax)) return std::nullopt;
  const std::int64_t size = strategy::SizeAtInventory(
      settings_.quantity.centis(), position, settings_.position_max_contracts * 100, is_bid);
  if (size <= 0) return std::nullopt;
  return Quote{view.grid.PriceAt(*tick), Quantity::FromCentis(size)};
}

Quotes ModelQuoter::Next(const MarketView& view) {
  std::optional<double> belief;
  if (view.top) {
    belief = strategy::Microprice(*view.top);
  } else if (view.last_price) {
    belief = static_cast<double>(view.last_price->micros()) / Price::kDollarMicros;
  }
  if (!view.is_active || !belief || view.close_time - view.now <= settings_.pull_before_close) {
    return {};
  }
  const double log_odds = strategy::LogOdds(*belief);
  variance_.Observe(view.now, log_odds);
  if (variance_.last_move_sigmas() > kJumpSigmas) return {};
  if (!grid_ || grid_->tick_count() != view.grid.tick_count()) {
    grid_ = view.grid;
    thresholds_.emplace(view.grid);
  }
  strategy::TickQuotes ticks = strategy::ToTicks(Center(view, log_odds), *thresholds_);
  ticks = strategy::KeepEdge(ticks, view.grid, *belief,
                             static_cast<double>(settings_.min_edge_cents) / 100);
  if (view.top) KeepFromCrossing(view.grid, *view.top, ticks);
  return {Side(view, *belief, ticks.bid, true), Side(view, *belief, ticks.ask, false)};
}

std::unique_ptr<Quoter> MakeQuoter(const MarketSettings& settings) {
  switch (settings.mode) {
    case QuoteMode::kTriangle:
      return std::make_unique<TriangleQuoter>(settings);
    case QuoteMode::kModel:
      return std::make_unique<ModelQuoter>(settings);
  }
  return nullptr;
}

}  // namespace evx::market_maker
