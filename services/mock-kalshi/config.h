#pragma once

#include <cstdint>
#include <string>

#include "absl/time/time.h"
#include "evx/kalshi/terms.h"
#include "evx/service/options.h"
#include "evx/venue/types.h"
#include "exchange/exchange_clock.h"

namespace evx::mock_kalshi {

enum class LegacyOrders : std::uint8_t { kGone, kServe };
enum class Faults : std::uint8_t { kOff, kAllowed };
enum class QuirksMode : std::uint8_t { kOff, kOn };
enum class JournalSync : std::uint8_t { kGroup, kNone };

// Every option of the exchange; help and bounds are in config.cc.
struct MockKalshiConfig {
  std::string address = "127.0.0.1";
  std::uint16_t http_port = 9090;
  std::uint16_t grpc_port = 50051;
  std::string operator_address = "127.0.0.1";
  std::uint16_t operator_http_port = 9098;
  std::uint16_t operator_grpc_port = 50060;
  std::uint16_t fix_nr_port = 9878;
  std::uint16_t fix_rt_port = 9879;
  std::uint16_t fix_dc_port = 9880;
  std::uint16_t fix_md_port = 9881;
  std::uint16_t fix_pt_port = 9882;
  bool fix_tls = false;
  std::int32_t http_threads = 1;
  std::string tls_certificate_file;
  std::string tls_private_key_file;

  bool ephemeral = false;
  kalshi::ApiKeyType ephemeral_key_type = kalshi::ApiKeyType::kEd25519;
  std::string data_dir;
  std::string postgres_url_file;
  std::string kafka_brokers;
  std::string demo_key_dir;
  std::string catalogue = "standard";

  ExchangeClock::Mode clock = ExchangeClock::Mode::kReal;
  std::string clock_start;
  venue::Schedule schedule = venue::Schedule::kAlways;
  LegacyOrders legacy_orders = LegacyOrders::kGone;
  Faults faults = Faults::kOff;
  QuirksMode quirks = QuirksMode::kOff;

  JournalSync journal_sync = JournalSync::kGroup;
  std::uint64_t snapshot_interval = 1'000'000;
  std::uint64_t journal_segment_bytes = 64ULL << 20;
  std::uint32_t queue_capacity = 16'384;
  std::uint32_t cancel_reserve = 2'048;
  absl::Duration spin = absl::Microseconds(20);
  absl::Duration auth_window_past = absl::Seconds(15);
  absl::Duration auth_window_future = absl::Seconds(30);
  std::uint32_t history_rows = 1'000'000;

  void Declare(service::Options& options);

 private:
  void DeclareFix(service::Options& options);
  void UseFreePorts();
};

}  // namespace evx::mock_kalshi
