#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/kalshi_client/feed_events.h"
#include "evx/kalshi_client/feed_session.h"
#include "evx/net/websocket_client.h"

namespace evx::kalshi_client {

struct FeedStats {
  int connections_open = 0;
  std::uint64_t connects_total = 0;  // Attempts, the first ones included.
  std::uint64_t frames_total = 0;
};

// Market data of a Kalshi WebSocket, ours or the real one: as many connections as the markets
// need, each handshake signed, made again for ever with back-off, all on one I/O thread that calls
// the listener. What a connection subscribes, checks and repairs: feed_session.h. For more than one
// core, run several with disjoint markets.
class FeedClient {
 public:
  struct Options {
    std::string url;  // "wss://host/trade-api/ws/v2"
    // Both or neither; the file holds the private key as PEM.
    std::string key_id;
    std::string private_key_file;
    std::size_t markets_per_connection = 1'000;
    std::size_t connections_max = 200;  // The venue's default for one user.
    FeedSessionOptions session;
    // Between attempts of one connection, doubling; each wait is 50 % to 100 % of it, by chance.
    absl::Duration backoff = absl::Milliseconds(200);
    absl::Duration backoff_max = absl::Seconds(10);
    // connections_max is set by the feed.
    net::WebSocketClient::Options socket;
  };

  // INVALID_ARGUMENT names the option at fault. Connects at once if there are lifecycle channels.
  // `clock` stamps what is received and signs; it and `listener` must outlive the client.
  static absl::StatusOr<std::unique_ptr<FeedClient>> Start(Options options, const Clock& clock,
                                                           FeedListener& listener);
  FeedClient(const FeedClient&) = delete;
  FeedClient& operator=(const FeedClient&) = delete;
  // Ends the connections, which tells their gaps; no call comes after it. Not on the feed's thread.
  ~FeedClient();

  // Any thread; known and unknown tickers are left alone. RESOURCE_EXHAUSTED when
  // markets_per_connection times connections_max does not suffice: then none is added.
  absl::Status AddMarkets(const std::vector<std::string>& tickers);
  void RemoveMarkets(const std::vector<std::string>& tickers);

  FeedStats stats() const;

 private:
  class Impl;
  explicit FeedClient(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace evx::kalshi_client
