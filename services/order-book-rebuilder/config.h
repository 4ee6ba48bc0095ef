#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/service/options.h"
#include "replay/replay_player.h"

namespace evx::order_book_rebuilder {

// The film that is shown, and where; there is none without a recording.
struct ReplayConfig {
  std::string recording_dir;
  std::string replay_host = "127.0.0.1";
  std::uint16_t replay_port = 8090;
  std::string replay_speed = "1";
  std::vector<std::string> replay_markets;
  std::string replay_from;
  std::string replay_until;
  std::uint64_t replay_gap_every = 0;

  void Declare(service::Options& options);
  // INVALID_ARGUMENT names the option.
  absl::StatusOr<ReplayRange> Range() const;
};

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
  bool accept_replay = false;
  ReplayConfig replay;

  void Declare(service::Options& options);
};

}  // namespace evx::order_book_rebuilder
