#include "probe.h"

namespace evx::market_maker {
namespace {

// Dollars a contract, from a dime in favor to a dime against.
const std::vector<double> kMoveBounds = {-.1, -.05, -.02, -.01, -.005, 0, .005, .01, .02, .05, .1};

}  // namespace

Probe::Probe(telemetry::Registry& registry)
    : quotes_(registry.AddCounter("evx_market_maker_quotes_total",
                                  "Orders created or amended as quotes.")),
      quote_failures_(registry.AddCounter("evx_market_maker_quote_failures_total",
                                          "Quotes that the exchange did not take.")),
      fills_(registry.AddCounter("evx_market_maker_fills_total", "Fills of own quotes.")),
      fill_ratio_(
          registry.AddGauge("evx_market_maker_fill_ratio", "Fills per quote since the start.")),
      markets_(registry.AddGauge("evx_market_maker_markets", "Markets being quoted.")) {
  constexpr const char* kHorizons[] = {"1s", "10s", "60s"};
  for (int i = 0; i < 3; ++i) {
    adverse_selection_[i] =
        &registry.AddHistogram("evx_market_maker_adverse_selection_dollars",
                               "Move of the mid against a fill, per contract, some time after it.",
                               kMoveBounds, {{"horizon", kHorizons[i]}});
  }
}

void Probe::FillSeen() {
  fills_.Increment();
  if (quotes_.value() > 0) {
    fill_ratio_.Set(static_cast<double>(fills_.value()) / static_cast<double>(quotes_.value()));
  }
}

void Probe::Marked(int horizon_index, double against) {
  adverse_selection_[horizon_index]->Observe(against);
}

}  // namespace evx::market_maker
