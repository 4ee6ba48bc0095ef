#include "probe.h"

#include <atomic>
#include <cstdint>
#include <string_view>
#include <tuple>

namespace evx::gateway {
namespace {

using Count = std::atomic<std::uint64_t>;

void AddCounter(telemetry::Registry& registry, std::string_view name, std::string_view help,
                const Count& count, telemetry::Labels labels = {}) {
  registry.AddCallbackCounter(
      name, help, [&count] { return static_cast<double>(count.load()); }, std::move(labels));
}

void AddGauge(telemetry::Registry& registry, std::string_view name, std::string_view help,
              const Count& count) {
  registry.AddCallbackGauge(name, help, [&count] { return static_cast<double>(count.load()); });
}

}  // namespace

void Probe::Watch(const HubCounters& hub) {
  AddCounter(registry_, "evx_gateway_stream_news_total", "News that sources have published.",
             hub.news_taken);
  AddCounter(registry_, "evx_gateway_stream_news_dropped_total",
             "News of streams that could not be made because there are too many.",
             hub.news_dropped);
  AddCounter(registry_, "evx_gateway_frames_told_total",
             "Messages of streams, each once for all subscribers.", hub.frames_told);
  AddCounter(registry_, "evx_gateway_frames_sent_total", "Messages of streams given to clients.",
             hub.frames_sent);
  AddCounter(registry_, "evx_gateway_frames_spared_total",
             "Messages that a slow client was not sent, and got the state later.",
             hub.frames_spared);
  AddCounter(registry_, "evx_gateway_states_sent_total", "Whole states given to clients.",
             hub.states_sent);
  AddCounter(registry_, "evx_gateway_streams_resumed_total",
             "Subscriptions that went on where the client had been.", hub.resumed);
}

void Probe::Watch(const DoorCounters& door) {
  AddGauge(registry_, "evx_gateway_clients", "WebSockets that are open.", door.sockets_open);
  AddGauge(registry_, "evx_gateway_streams", "Streams that are kept.", door.streams);
  AddGauge(registry_, "evx_gateway_subscriptions", "Subscriptions of all clients.",
           door.subscriptions);
  AddGauge(registry_, "evx_gateway_backlog_news", "News that wait for the I/O thread.",
           door.backlog);
  AddCounter(registry_, "evx_gateway_handshakes_refused_total", "WebSockets that were not begun.",
             door.handshakes_refused);
  AddCounter(registry_, "evx_gateway_requests_total", "Messages of clients.", door.requests);
  for (const auto& [reason, count] :
       {std::pair<const char*, const Count*>{"malformed", &door.requests_malformed},
        {"limited", &door.requests_limited}}) {
    AddCounter(registry_, "evx_gateway_requests_refused_total",
               "Messages of clients that the door refused.", *count, {{"reason", reason}});
  }
  for (const auto& [reason, count] :
       {std::pair<const char*, const Count*>{"no_session", &door.sessions_missing},
        {"session_over", &door.sessions_ended},
        {"flood", &door.floods_closed},
        {"slow", &door.slow_closed}}) {
    AddCounter(registry_, "evx_gateway_clients_closed_total", "WebSockets that the door closed.",
               *count, {{"reason", reason}});
  }
}

void Probe::Watch(const net::HttpServer& http) {
  registry_.AddCallbackGauge(
      "evx_gateway_connections", "Connections that are open, WebSockets among them.",
      [&http] { return static_cast<double>(http.stats().connections_open); });
  registry_.AddCallbackCounter(
      "evx_gateway_connections_refused_total", "Connections above the most there may be.",
      [&http] { return static_cast<double>(http.stats().connections_refused_total); });
  registry_.AddCallbackCounter(
      "evx_gateway_connections_late_total", "Connections that a time limit has ended.",
      [&http] { return static_cast<double>(http.stats().timeouts_total); });
  registry_.AddCallbackCounter("evx_gateway_http_errors_total",
                               "Requests that were malformed, too large or too slow to be read.",
                               [&http] { return static_cast<double>(http.stats().errors_total); });
}

void Probe::Watch(const SourceCounters& sources) {
  AddCounter(registry_, "evx_gateway_records_read_total", "Records read from Kafka.",
             sources.records_read);
  AddCounter(registry_, "evx_gateway_records_unreadable_total",
             "Records of Kafka that could not be read.", sources.records_unreadable);
  registry_.AddCallbackGauge(
      "evx_gateway_lag_records", "Records in Kafka that were not read yet.",
      [&sources] { return static_cast<double>(sources.lag_records.load()); });
  AddCounter(registry_, "evx_gateway_book_gaps_total",
             "Gaps in the numbers of books, of all markets.", sources.book_gaps);
  AddCounter(registry_, "evx_gateway_books_asked_for_total",
             "Books that the rebuilder was asked for.", sources.books_asked_for);
  AddGauge(registry_, "evx_gateway_markets", "Markets of the catalogue.", sources.markets);
  AddCounter(registry_, "evx_gateway_catalogue_reads_total",
             "Readings of the catalogue or a part of it.", sources.catalogue_reads);
  AddCounter(registry_, "evx_gateway_catalogue_failures_total",
             "Readings of the catalogue that failed.", sources.catalogue_failures);
}

void Probe::Watch(const SignInCounters& sign_ins) {
  for (const auto& [outcome, count] :
       {std::pair<const char*, const Count*>{"accepted", &sign_ins.accepted},
        {"malformed", &sign_ins.malformed},
        {"wrong_password", &sign_ins.wrong_password},
        {"bad_link", &sign_ins.bad_link},
        {"foreign_origin", &sign_ins.foreign_origin},
        {"rate_limited", &sign_ins.rate_limited},
        {"unavailable", &sign_ins.unavailable}}) {
    AddCounter(registry_, "evx_gateway_sign_ins_total", "Sign-ins, by how they ended.", *count,
               {{"outcome", outcome}});
  }
}

void Probe::Watch(const Accounts& accounts) {
  registry_.AddCallbackGauge(
      "evx_gateway_sessions", "Sessions that were used here and have not ended.",
      [&accounts] { return static_cast<double>(accounts.sessions().known_count()); });
  registry_.AddCallbackGauge(
      "evx_gateway_audit_waiting_entries", "Entries of the audit log that wait for PostgreSQL.",
      [&accounts] { return static_cast<double>(accounts.audit().waiting_count()); });
  registry_.AddCallbackCounter(
      "evx_gateway_audit_lost_entries_total",
      "Entries that could not be written into the audit log; the log of the process has them.",
      [&accounts] { return static_cast<double>(accounts.audit().lost_count()); });
}

TradingProbe::TradingProbe(telemetry::Registry& registry)
    : command_duration_(
          registry.AddHistogram("evx_gateway_command_duration_seconds",
                                "From a command's arrival to its answer, of those that were done.",
                                telemetry::LatencyBounds())),
      portfolio_reloads_(registry.AddCounter(
          "evx_gateway_portfolio_reloads_total",
          "Accounts read anew because the exchange did not remember where their events stopped.")),
      traders_(
          registry.AddGauge("evx_gateway_traders", "Users with a connection to the exchange.")) {
  constexpr const char* kName = "evx_gateway_commands_total";
  constexpr const char* kHelp = "Commands of users, by what they were and whether they were done.";
  for (const char* action :
       {"CreateOrder", "AmendOrder", "CancelOrders", "EmergencyStop", "LiquidateAll",
        "ServiceCommand", "StrategyOverride", "ToggleTts", "AiQuery"}) {
    commands_[action] = {
        &registry.AddCounter(kName, kHelp, {{"action", action}, {"outcome", "done"}}),
        &registry.AddCounter(kName, kHelp, {{"action", action}, {"outcome", "refused"}})};
  }
}

void TradingProbe::CommandEnded(std::string_view action, bool is_done, absl::Duration duration) {
  const auto found = commands_.find(action);
  if (found == commands_.end()) return;
  (is_done ? found->second.done : found->second.refused)->Increment();
  if (is_done) command_duration_.Observe(duration);
}

}  // namespace evx::gateway
