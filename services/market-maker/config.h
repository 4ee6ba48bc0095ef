#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "evx/service/options.h"
#include "market_settings.h"

namespace evx::market_maker {

// Every option of the market maker; help and bounds are in config.cc. The triangle options describe
// the one market that is quoted when no --markets_file is given.
struct MarketMakerConfig {
  std::string exchange_url = "http://127.0.0.1:9090/trade-api/v2";
  std::string credentials;
  std::string markets_file;
  MarketSettings market;
  // Cents and whole contracts, as the original settings have them.
  std::int64_t price_min = 33;
  std::int64_t price_max = 67;
  std::int64_t spread = 10;
  std::int64_t quantity = 100;
  std::int64_t interval_ms = 3000;
  absl::Duration quote_lifetime = absl::Seconds(15);
  std::int64_t group_limit = 1'000'000;

  void Declare(service::Options& options);
  // The options of the single market as settings; call after parsing.
  MarketSettings SingleMarket() const;
};

}  // namespace evx::market_maker
