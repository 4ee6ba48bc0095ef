#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "evx/service/options.h"

namespace evx::market_data {

// Every option of the server; help and bounds are in config.cc.
struct MarketDataConfig {
  std::string http_host = "127.0.0.1";
  std::uint16_t http_port = 8084;

  // The venue.
  std::string exchange_url = "http://127.0.0.1:9090/trade-api/v2";
  std::string websocket_url = "ws://127.0.0.1:9090/trade-api/ws/v2";
  std::string credentials;
  std::string ca_certificate_file;
  bool accept_replay = false;
  std::string source = "mock-kalshi";
  std::int64_t connections_max = 20;
  std::int64_t markets_per_connection = 1'000;

  // The markets.
  std::vector<std::string> series;
  std::vector<std::string> tickers;
  absl::Duration refresh_interval = absl::Seconds(60);
  std::int64_t markets_max = 20'000;

  // The messages.
  std::string kafka_brokers = "127.0.0.1:9092";
  std::string publisher_id = "market-data-server";
  absl::Duration commit_interval = absl::Milliseconds(10);
  std::int64_t deltas_per_snapshot = 10;
  std::int64_t queue_mib = 64;

  // Clients of /ws/market-data.
  std::int64_t clients_max = 2'000;

  // Candles.
  std::int64_t candle_mib = 256;

  // The cache of tops and tickers; none without Redis.
  std::string redis_url_file;
  absl::Duration cache_time_to_live = absl::Minutes(1);

  // Of several servers one publishes; without PostgreSQL there is one.
  std::string postgres_url_file;
  absl::Duration lease_length = absl::Seconds(2);
  absl::Duration lease_renew_interval = absl::Milliseconds(400);

  // The recording; none without a folder.
  std::string recording_dir;
  absl::Duration recording_retention = absl::Hours(24 * 7);

  void Declare(service::Options& options);
};

}  // namespace evx::market_data
