#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "evx/core/ids.h"
#include "evx/kalshi/websocket_commands.h"

namespace evx::mock_kalshi {

// One channel of one session. Belongs to the I/O thread of its connection.
struct Subscription {
  std::int64_t sid = 0;
  kalshi::Channel channel = kalshi::Channel::kOrderbookDelta;
  // The last number given; replies that name the sid count too.
  std::uint64_t sequence = 0;
  // Subscribed without naming markets, perhaps later than by naming some; those stay in `markets`.
  bool every_market = false;
  bool use_yes_price = false;
  bool skip_ticker_ack = false;
  bool by_market_id = false;  // Markets were named by UUID, and are so in replies.
  bool has_ended = false;     // Nothing is sent any more; about to be removed.
  // What records up to this one did is not sent, nor up to `every_from` of markets not named.
  SequenceNumber from;
  SequenceNumber every_from;
  // The markets named, each with its place in the hub's list of subscribers.
  absl::flat_hash_map<MarketId, std::uint32_t> markets;
  // Markets whose first value (book, ticker) is still to be sent, from due_next on.
  std::vector<MarketId> due;
  std::size_t due_next = 0;

  bool Covers(MarketId market) const { return every_market || markets.contains(market); }
};

// Whether messages of the channel carry `seq`.
constexpr bool IsSequenced(kalshi::Channel channel) {
  switch (channel) {
    case kalshi::Channel::kTicker:
    case kalshi::Channel::kFill:
    case kalshi::Channel::kMarketPositions:
    case kalshi::Channel::kUserOrders:
      return false;
    case kalshi::Channel::kOrderbookDelta:
    case kalshi::Channel::kTrade:
    case kalshi::Channel::kOrderGroupUpdates:
    case kalshi::Channel::kMarketLifecycle:
    case kalshi::Channel::kMultivariateMarketLifecycle:
    case kalshi::Channel::kCommunications:
    case kalshi::Channel::kCfBenchmarksValue:
    case kalshi::Channel::kCfBenchmarksValue5Hz:
    case kalshi::Channel::kPythValue:
      return true;
  }
  return true;
}

}  // namespace evx::mock_kalshi
