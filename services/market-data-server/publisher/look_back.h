#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "evx/core/text_map.h"
#include "evx/market_data/stream_places.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::market_data {

// What the topics hold already.
struct LookBackResult {
  TextMap<StreamPlaces> places;  // By market.
  std::uint64_t record_count = 0;
  std::uint64_t unreadable_count = 0;  // Left out; their numbers are unknown.
};

// Gets each market's messages of a topic in order; how those of two topics or markets lie to each
// other is left open. A function that is empty is not called.
struct LookBackVisitor {
  std::function<void(const marketdata::v1::TradeMessage&)> on_trade;
  std::function<void(const marketdata::v1::TickerMessage&)> on_ticker;
};

// Reads the three topics of market data from their first to their last committed record, and
// evx.md.numbers.v1 for markets whose last messages have expired. To be called when no other
// publisher can write any more. It takes about a second for a million records.
//
// NOT_FOUND when a topic is missing, UNAVAILABLE when brokers are away, CANCELLED when
// `should_stop` says so.
absl::StatusOr<LookBackResult> LookBack(const std::string& brokers,
                                        const std::function<bool()>& should_stop,
                                        const LookBackVisitor& visitor = {});

}  // namespace evx::market_data
