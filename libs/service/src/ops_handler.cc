#include "evx/service/ops_handler.h"

#include <nlohmann/json.hpp>

#include "evx/core/status.h"
#include "evx/service/version.h"

namespace evx::service {
namespace {

using Json = nlohmann::ordered_json;

constexpr const char* kMetricsType = "text/plain; version=0.0.4; charset=utf-8";

net::HttpResponse HealthResponse(const std::string& service, const HealthReport& report, bool good,
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
  return {.status = good ? 200 : 503,
          .body = body.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n"};
}

}  // namespace

std::optional<net::HttpResponse> OpsHandler::Handle(const net::HttpRequest& request) const {
  if (request.method() != net::HttpMethod::kGet && request.method() != net::HttpMethod::kHead) {
    return std::nullopt;
  }
  const std::string_view path = request.path();
  if (path == "/metrics") {
    return net::HttpResponse{.body = metrics_.Serialize(), .content_type = kMetricsType};
  }
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
