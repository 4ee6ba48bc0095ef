#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "evx/feed/send_gate.h"
#include "evx/net/websocket.h"
#include "feed/feed_batch.h"
#include "feed/feed_grammar.h"

namespace evx::market_data {

// One client as FeedHub keeps it; only the hub looks inside.
struct FeedClient {
  FeedClient(net::WebSocket& its_socket, FeedFormat its_format)
      : socket(its_socket), format(its_format) {}

  // A value that is still to be sent.
  struct Due {
    MarketIndex market = 0;
    Topic channel = Topic::kBook;
  };
  // A trade that waits, encoded; shared with other clients.
  using Frame = std::shared_ptr<const std::string>;

  net::WebSocket& socket;
  const FeedFormat format;
  // Channels that are subscribed for all markets.
  ChannelMask every = 0;
  // By market, the channels it is named with, and behind them, the channels whose value is due;
  // grows with what is needed.
  std::vector<std::uint8_t> markets;
  std::size_t named_count = 0;

  std::deque<Due> due;
  std::deque<Frame> trades;
  std::size_t trade_bytes = 0;
  // Where a value was sent that is ahead of what the hub delivers, its number.
  absl::flat_hash_map<std::uint64_t, std::int64_t> ahead;

  // Nothing but answers is sent while it is full.
  feed::SendGate gate;
  bool is_busy = false;    // In the hub's list of those with something to send.
  bool is_ending = false;  // Nothing is sent any more.

  std::int64_t command_second = 0;
  int commands_in_second = 0;
};

}  // namespace evx::market_data
