#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "evx/service/options.h"

namespace evx::order_book_rebuilder {

// Every option of the rebuilder; help and bounds are in config.cc.
struct RebuilderConfig {
  std::string http_host = "127.0.0.1";
  std::uint16_t http_port = 8085;
  int http_threads = 2;
  std::string kafka_brokers = "127.0.0.1:9092";
  std::string group_id = "order-book-rebuilder";
  std::string instance_id;
  std::string data_dir = "data/order-book-rebuilder";
  absl::Duration checkpoint_interval = absl::Seconds(10);
  absl::Duration session_timeout = absl::Seconds(10);
  std::size_t markets_max = 100'000;
  absl::Duration forget_after = absl::Hours(48);
  absl::Duration history_retention = absl::Hours(24 * 7);
  std::uint64_t history_mib_max = 1'024;

  void Declare(service::Options& options);
};

}  // namespace evx::order_book_rebuilder
