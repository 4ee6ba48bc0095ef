#include "config.h"

#include "evx/core/clock.h"
#include "evx/core/status.h"

namespace evx::mock_kalshi {

// Ports that are still the well-known ones: an exchange for a test suite takes none of them.
void MockKalshiConfig::UseFreePorts() {
  const MockKalshiConfig known;
  if (grpc_port == known.grpc_port) grpc_port = 0;
  if (operator_http_port == known.operator_http_port) operator_http_port = 0;
  if (operator_grpc_port == known.operator_grpc_port) operator_grpc_port = 0;
  if (fix_nr_port == known.fix_nr_port) fix_nr_port = 0;
  if (fix_rt_port == known.fix_rt_port) fix_rt_port = 0;
  if (fix_dc_port == known.fix_dc_port) fix_dc_port = 0;
  if (fix_md_port == known.fix_md_port) fix_md_port = 0;
  if (fix_pt_port == known.fix_pt_port) fix_pt_port = 0;
}

void MockKalshiConfig::DeclareFix(service::Options& options) {
  const std::string free = "; 0 takes a free one. With --ephemeral the default is 0.";
  options.Add("fix_nr_port", &fix_nr_port, {.help = "FIX port of KalshiNR, order entry" + free});
  options.Add("fix_rt_port", &fix_rt_port,
              {.help = "FIX port of KalshiRT, order entry with retransmission" + free});
  options.Add("fix_dc_port", &fix_dc_port, {.help = "FIX port of KalshiDC, drop copy" + free});
  options.Add("fix_md_port", &fix_md_port, {.help = "FIX port of KalshiMD, market data" + free});
  options.Add("fix_pt_port", &fix_pt_port, {.help = "FIX port of KalshiPT, post trade" + free});
  options.Add("fix_tls", &fix_tls,
              {.help = "FIX speaks TLS, with the certificate of --tls_certificate_file."});
}

void MockKalshiConfig::Declare(service::Options& options) {
  options.Add("address", &address, {.help = "Numeric address of the public listeners."});
  options.Add("http_port", &http_port,
              {.help = "Port of REST, WebSocket and the ops endpoints; 0 takes a free one.",
               .flags = {"port"}});
  options.Add("grpc_port", &grpc_port,
              {.help = "Port of gRPC; 0 takes a free one. With --ephemeral the default is 0."});
  options.Add("operator_address", &operator_address,
              {.help = "Numeric address of the operator listeners."});
  options.Add(
      "operator_http_port", &operator_http_port,
      {.help = "Port of the operator REST API; 0 takes a free one. With --ephemeral the default is "
               "0."});
  options.Add(
      "operator_grpc_port", &operator_grpc_port,
      {.help = "Port of the operator gRPC API; 0 takes a free one. With --ephemeral the default is "
               "0."});
  DeclareFix(options);
  options.Add("http_threads", &http_threads,
              {.help = "Threads that serve HTTP.", .min = 1, .max = 64});
  options.AddPath("tls_certificate_file", &tls_certificate_file,
                  {.help = "PEM certificate chain; with --tls_private_key_file, REST speaks TLS."});
  options.AddPath("tls_private_key_file", &tls_private_key_file,
                  {.help = "PEM private key of the certificate."});

  options.Add("ephemeral", &ephemeral,
              {.help = "No disk and no server: bounded memory, endpoints and demo keys as one JSON "
                       "line on stdout."});
  options.Add(
      "ephemeral_key_type", &ephemeral_key_type,
      {.help = "Key of the demo account with --ephemeral; an RSA key takes up to 0.5 s.",
       .values = {{"ed25519", kalshi::ApiKeyType::kEd25519}, {"rsa", kalshi::ApiKeyType::kRsa}}});
  options.AddPath("data_dir", &data_dir, {.help = "Directory of journal and snapshots."});
  options.AddPath("postgres_url_file", &postgres_url_file,
                  {.help = "File with the libpq connection string; empty: no history on disk "
                           "beyond the journal."});
  options.Add("kafka_brokers", &kafka_brokers,
              {.help = "Kafka that gets every event, as host:port,...; empty: none."});
  options.AddPath("demo_key_dir", &demo_key_dir,
                  {.help = "Directory for the credentials of the demo accounts, made at first "
                           "start."});
  options.Add("catalogue", &catalogue,
              {.help = "What is listed at first start: `standard`, `fixed` (its markets that are "
                       "always open, nothing that rolls) or `empty`."});

  options.Add("clock", &clock,
              {.help = "Exchange time: the wall clock, or one that an operator moves.",
               .values = {{"real", ExchangeClock::Mode::kReal},
                          {"virtual", ExchangeClock::Mode::kVirtual}}});
  options.Add("clock_start", &clock_start,
              {.help = "RFC 3339 time at which a virtual clock starts; empty: now."});
  options.Add(
      "schedule", &schedule,
      {.help = "Whether the venue's weekly maintenance pause applies.",
       .values = {{"always", venue::Schedule::kAlways}, {"kalshi", venue::Schedule::kKalshi}}});
  options.Add("legacy_orders", &legacy_orders,
              {.help = "The removed first order family: answer 410 as the venue, or serve it.",
               .values = {{"gone", LegacyOrders::kGone}, {"serve", LegacyOrders::kServe}}});

  options.Add("faults", &faults,
              {.help = "Whether an operator may make the doors misbehave.",
               .values = {{"off", Faults::kOff}, {"allowed", Faults::kAllowed}}});

  options.Add("quirks", &quirks,
              {.help = "Whether REST reads lag behind acknowledgements, as clients report of the "
                       "venue.",
               .values = {{"off", QuirksMode::kOff}, {"on", QuirksMode::kOn}}});

  options.Add("journal_sync", &journal_sync,
              {.help = "`none` acknowledges before the disk has the record; for benchmarks.",
               .values = {{"group", JournalSync::kGroup}, {"none", JournalSync::kNone}}});
  options.Add("snapshot_interval", &snapshot_interval,
              {.help = "Commands between snapshots; 0: none.", .min = 0, .max = 1'000'000'000});
  options.Add("journal_segment_bytes", &journal_segment_bytes,
              {.help = "Size of a journal segment.", .min = 1 << 20, .max = 4LL << 30});
  options.Add("queue_capacity", &queue_capacity,
              {.help = "Commands accepted and not yet answered; more are answered 429.",
               .min = 16,
               .max = 1 << 22});
  options.Add(
      "cancel_reserve", &cancel_reserve,
      {.help = "Places of that queue that only cancels may take.", .min = 1, .max = 1 << 20});
  options.Add(
      "spin", &spin,
      {.help =
           "How long the sequencer looks for the next command before it sleeps, while that pays.",
       .max = absl::Milliseconds(10)});
  options.Add(
      "auth_window_past", &auth_window_past,
      {.help = "How old the timestamp of a signed request may be.", .flags = {"auth_window"}});
  options.Add("auth_window_future", &auth_window_future,
              {.help = "How far ahead the timestamp of a signed request may be."});
  options.Add("history_rows", &history_rows,
              {.help = "Finished rows of each kind kept in memory for reads.",
               .min = 1'000,
               .max = 100'000'000});

  options.AddCheck([this] {
    if (ephemeral) UseFreePorts();
    if (!ephemeral && data_dir.empty()) {
      return InvalidArgument("--data_dir is needed, or --ephemeral");
    }
    if (tls_certificate_file.empty() != tls_private_key_file.empty()) {
      return InvalidArgument("--tls_certificate_file and --tls_private_key_file go together");
    }
    if (fix_tls && tls_certificate_file.empty()) {
      return InvalidArgument("--fix_tls needs --tls_certificate_file");
    }
    if (cancel_reserve >= queue_capacity) {
      return InvalidArgument("--cancel_reserve must be below --queue_capacity");
    }
    if (!clock_start.empty()) EVX_RETURN_IF_ERROR(ParseRfc3339(clock_start).status());
    return absl::OkStatus();
  });
}

}  // namespace evx::mock_kalshi
