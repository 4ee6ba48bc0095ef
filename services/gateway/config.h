#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "evx/service/options.h"

namespace evx::gateway {

// Every option of the gateway; help and bounds are in config.cc.
struct GatewayConfig {
  std::string http_host = "127.0.0.1";
  std::uint16_t http_port = 8766;
  std::vector<std::string> allowed_origins = {"http://127.0.0.1:8080", "http://localhost:8080"};
  std::int64_t clients_max = 2'000;
  std::string mode = "paper";
  std::string venue = "mock-kalshi";
  std::string environments_file;
  std::string environment;
  std::string kafka_brokers = "127.0.0.1:9092";
  std::string exchange_url = "http://127.0.0.1:9090/trade-api/v2";
  std::string exchange_addr = "127.0.0.1:50051";
  std::string candles_addr = "127.0.0.1:50052";
  std::string books_addr = "127.0.0.1:50053";
  std::string operator_addr = "127.0.0.1:50060";
  std::string operator_credentials_file;
  std::int64_t demo_deposit_dollars = 10'000;
  std::vector<std::string> services = {
      "mock-kalshi=http://127.0.0.1:9090",          "market-data-server=http://127.0.0.1:8084",
      "order-book-rebuilder=http://127.0.0.1:8085", "gateway=http://127.0.0.1:8766",
      "market-maker=http://127.0.0.1:8888",         "flow=http://127.0.0.1:8889"};
  std::string data_dir = "data/gateway";
  std::string postgres_url_file;
  std::string redis_url_file;
  std::string first_admin = "admin";
  absl::Duration link_lifetime = absl::Hours(24);
  absl::Duration session_idle_timeout = absl::Hours(12);
  absl::Duration session_lifetime = absl::Hours(24 * 7);
  absl::Duration outage_grace = absl::Minutes(15);
  bool secure_cookie = false;
  std::vector<std::string> trusted_proxies;

  void Declare(service::Options& options);

 private:
  void DeclareAccounts(service::Options& options);
  void DeclareTrading(service::Options& options);
};

}  // namespace evx::gateway
