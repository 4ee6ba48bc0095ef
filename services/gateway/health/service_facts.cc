#include "health/service_facts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "health/metrics_text.h"

namespace evx::gateway {
namespace {

using enum FigureKind;

constexpr int kOkStatus = 200;
// A service has a handful of checks; what is beyond is left out.
constexpr int kCheckCountMax = 50;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

constexpr FigureSource kExchange[] = {
    {"commands", "evx_exchange_commands_total", kRate, "/s"},
    {"trades", "evx_exchange_trades_total", kRate, "/s"},
    {"waiting", "evx_exchange_queue_commands", kValue, "commands"},
    {"lag to PostgreSQL", "evx_exchange_follower_lag_records", kValue, "records"},
    {"lag to Kafka", "evx_exchange_kafka_lag_records", kValue, "records"},
};
constexpr FigureSource kMarketMaker[] = {
    {"quotes", "evx_market_maker_quotes_total", kRate, "/s"},
    {"fills", "evx_market_maker_fills_total", kRate, "/s"},
    {"failed quotes", "evx_market_maker_quote_failures_total"},
    {"markets", "evx_market_maker_markets"},
};
constexpr FigureSource kFlow[] = {
    {"commands", "evx_flow_synthetic_commands_total", kRate, "/s"},
    {"markets", "evx_flow_synthetic_markets"},
};
constexpr FigureSource kMarketData[] = {
    {"messages", "evx_market_data_committed_messages_total", kRate, "/s"},
    {"newest", "evx_market_data_last_commit_seconds", kAge, "s ago"},
    {"lag", "evx_market_data_queue_bytes", kValue, "bytes"},
    {"gaps", "evx_market_data_gaps_total"},
    {"leads", "evx_market_data_leader"},
};
constexpr FigureSource kRebuilder[] = {
    {"messages", "evx_order_book_rebuilder_messages_read_total", kRate, "/s"},
    {"newest", "evx_order_book_rebuilder_last_message_seconds", kAge, "s ago"},
    {"lag", "evx_order_book_rebuilder_lag_messages", kValue, "messages"},
    {"gaps", "evx_order_book_rebuilder_messages_total{kind=\"gap\"}"},
    {"deltas", "evx_order_book_rebuilder_delta_share", kShare, "%"},
};
constexpr FigureSource kGateway[] = {
    {"browsers", "evx_gateway_clients"},
    {"commands", "evx_gateway_commands_total", kRate, "/s"},
    {"traders", "evx_gateway_traders"},
};

std::string ToText(double value) {
  if (value == std::floor(value) && std::abs(value) < 1e15) return absl::StrFormat("%.0f", value);
  return absl::StrFormat(std::abs(value) < 10 ? "%.2f" : "%.1f", value);
}

void AddChecks(const nlohmann::json& body, v1::ServiceHealth& health) {
  const auto components = body.find("components");
  if (components == body.end() || !components->is_object()) return;
  for (const auto& [name, component] : components->items()) {
    if (health.checks_size() == kCheckCountMax) return;
    if (!component.is_object()) continue;
    v1::ServiceCheck& check = *health.add_checks();
    check.set_name(name);
    check.set_is_ok(component.value("status", "") == "UP");
    if (!check.is_ok()) check.set_detail(component.value("reason", ""));
  }
}

}  // namespace

std::span<const FigureSource> FiguresOf(std::string_view service) {
  if (service == "mock-kalshi") return kExchange;
  if (service == "market-maker") return kMarketMaker;
  if (service == "flow") return kFlow;
  if (service == "market-data-server") return kMarketData;
  if (service == "order-book-rebuilder") return kRebuilder;
  if (service == "gateway") return kGateway;
  return {};
}

v1::ServiceHealth ServiceFacts::Take(const OpsAnswers& answers) {
  v1::ServiceHealth health;
  health.set_service(service_);
  health.set_checked_time_ns(answers.time_ns);
  if (!answers.ready_status) {
    health.set_state(v1::SERVICE_STATE_DOWN);
    totals_.clear();
    return health;
  }
  // Anybody may answer at that address: whatever comes is taken with care.
  const auto body = nlohmann::json::parse(answers.health_body, nullptr, false);
  if (body.is_object()) {
    try {
      AddChecks(body, health);
      version_ = body.value("version", version_);
    } catch (const nlohmann::json::exception&) {
      health.clear_checks();
    }
  }
  health.set_version(version_);
  const bool is_well = std::all_of(health.checks().begin(), health.checks().end(),
                                   [](const v1::ServiceCheck& check) { return check.is_ok(); });
  health.set_state(*answers.ready_status == kOkStatus && is_well ? v1::SERVICE_STATE_READY
                                                                 : v1::SERVICE_STATE_DEGRADED);
  AddFigures(answers, health);
  return health;
}

void ServiceFacts::AddFigures(const OpsAnswers& answers, v1::ServiceHealth& health) {
  for (const FigureSource& source : FiguresOf(service_)) {
    const std::optional<double> value = FindMetric(answers.metrics_page, source.metric);
    if (!value) continue;
    std::string text;
    switch (source.kind) {
      case kValue:
        text = ToText(*value);
        break;
      case kShare:
        text = ToText(std::round(*value * 1'000) / 10);
        break;
      case kAge:
        if (*value <= 0) continue;
        text = absl::StrFormat(
            "%.1f", std::max(0.0, static_cast<double>(answers.time_ns) / kNanosPerSecond - *value));
        break;
      case kRate: {
        const auto before = totals_.find(source.metric);
        const bool is_known = before != totals_.end();
        const Total last = is_known ? before->second : Total();
        totals_[source.metric] = {*value, answers.monotonic_nanos};
        const double seconds =
            static_cast<double>(answers.monotonic_nanos - last.monotonic_nanos) / kNanosPerSecond;
        // A total that fell began anew.
        if (!is_known || seconds <= 0 || *value < last.value) continue;
        text = ToText(std::round((*value - last.value) / seconds * 10) / 10);
        break;
      }
    }
    v1::ServiceFigure& figure = *health.add_figures();
    figure.set_name(std::string(source.name));
    figure.set_value(std::move(text));
    figure.set_unit(std::string(source.unit));
  }
}

}  // namespace evx::gateway
