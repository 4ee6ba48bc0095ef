#include "evx/service/ops_handler.h"

#include <nlohmann/json.hpp>

#include "evx/core/status.h"
#include "evx/service/version.h"

namespace evx::service {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kJsonType = "application/json";
constexpr std::string_view kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

OpsResponse HealthResponse(const std::string& service, const HealthReport& report, bool good,
                           std::string_view bad_status) {
  Json body = {{"status", good ? "UP" : bad_status},
               {"service", service},
               {"version", Version()},
               {"phase", ToString(report.phase)}};
  Json& components = body["components"] = Json::object();
  for (const ComponentHealth& component : report.components) {
    Json& entry = components[component.name];
    entry = {{"status", component.status.ok() ? "UP" : "DOWN"},
             {"impact", ToString(component.impact)}};
    if (!component.status.ok()) entry["reason"] = MessageOf(component.status);
  }
  return {good ? 200 : 503, kJsonType,
          body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

}  // namespace

std::optional<OpsResponse> OpsHandler::Handle(std::string_view target) const {
  const std::string_view path = target.substr(0, target.find('?'));
  if (path == "/metrics") return OpsResponse{200, kMetricsType, metrics_.Serialize()};
  if (path == "/health" || path == "/actuator/health") {
    const HealthReport report = health_.Report();
    return HealthResponse(service_, report, report.live, "DOWN");
  }
  if (path == "/ready") {
    const HealthReport report = health_.Report();
    return HealthResponse(service_, report, report.ready, "OUT_OF_SERVICE");
  }
  return std::nullopt;
}

}  // namespace evx::service
