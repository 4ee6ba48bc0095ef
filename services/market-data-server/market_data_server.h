#pragma once

#include "absl/status/status.h"
#include "config.h"
#include "evx/service/process.h"

namespace evx::market_data {

// The body of the process, from its parts to its drain:
//
//   FeedClient -> MarketPipeline -> OutputQueue -> Publisher -> Kafka
//   MarketDirectory tells feed and pipeline which markets there are; AdminApi shows all of it.
//
// Threads: one of the feed, one of the publisher, one of the directory, one of HTTP.
absl::Status RunMarketDataServer(const MarketDataConfig& config, service::Process& process);

}  // namespace evx::market_data
