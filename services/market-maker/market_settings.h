#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/money.h"
#include "evx/strategy/quote_model.h"

namespace evx::market_maker {

enum class QuoteMode : std::uint8_t { kTriangle, kModel };

// How one market is quoted.
struct MarketSettings {
  std::string ticker = "MARKET_MAKER";
  QuoteMode mode = QuoteMode::kTriangle;
  absl::Duration interval = absl::Seconds(3);
  Quantity quantity = Quantity::FromContracts(100);
  // Triangle: no quote lies outside.
  Price price_min = Price::FromCents(33);
  Price price_max = Price::FromCents(67);
  std::int64_t spread_cents = 10;
  // Model.
  std::int64_t position_max_contracts = 1'000;
  std::int64_t min_edge_cents = 0;  // That a quote keeps of the belief after the maker's fee.
  strategy::QuoteParameters model{.05, .002, 8, .05};
  absl::Duration horizon = absl::Minutes(2);
  absl::Duration pull_before_close = absl::Seconds(30);
  absl::Duration widen_before_close = absl::Minutes(2);

  friend bool operator==(const MarketSettings&, const MarketSettings&) = default;
};

inline constexpr std::size_t kMarketCountMax = 500;

// Reads {"markets":[{"ticker":"...","mode":"triangle","interval_ms":3000,"price_min":33,
// "price_max":67,"spread":10,"quantity":100,"position_max":1000,"min_edge":0}, ...]}. What is
// absent keeps the value of `defaults`. InvalidArgument names market, member, value and limit.
absl::StatusOr<std::vector<MarketSettings>> ParseMarkets(std::string_view json,
                                                         const MarketSettings& defaults);
absl::StatusOr<std::vector<MarketSettings>> ReadMarketsFile(const std::string& path,
                                                            const MarketSettings& defaults);

}  // namespace evx::market_maker
