#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "evx/kalshi/websocket_commands.h"

// The server's short answers to commands on /trade-api/ws/v2, as whole frames without
// `sending_ts_ms`. `id` is the command's; 0: none, and none is written.

namespace evx::kalshi {

std::string EncodeSubscribed(std::int64_t id, Channel channel, std::int64_t sid);
std::string EncodeUnsubscribed(std::int64_t id, std::int64_t sid, std::uint64_t seq);

// Names of the markets that a subscription has after an update.
struct SubscribedMarkets {
  bool are_ids = false;  // UUIDs, not tickers.
  std::vector<std::string> names;
};
// `markets` null: without msg.
std::string EncodeUpdated(std::int64_t id, std::int64_t sid, std::uint64_t seq,
                          const SubscribedMarkets* markets);

struct ListedSubscription {
  Channel channel{};
  std::int64_t sid = 0;
};
std::string EncodeSubscriptionList(std::int64_t id,
                                   std::span<const ListedSubscription> subscriptions);

// `sid` 0: not about one subscription; `seq` is not written then.
std::string EncodeError(std::int64_t id, WebSocketErrorCode code, std::int64_t sid,
                        std::uint64_t seq);

}  // namespace evx::kalshi
