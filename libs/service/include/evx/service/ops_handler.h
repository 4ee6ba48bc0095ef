#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "evx/service/health.h"
#include "evx/telemetry/metrics.h"

// What the operations endpoints answer, without a transport: OpsServer serves it on a port of its
// own, a service with its own HTTP server asks it first for each GET.

namespace evx::service {

struct OpsResponse {
  int status = 200;
  std::string_view content_type;  // a constant
  std::string body;
};

//   /health           200 while the process does its work, 503 once that has stopped
//   /actuator/health  the same
//   /ready            200 when it can be given work, 503 until then and while it drains
//   /metrics          Prometheus text format
//
// Health bodies are JSON in the form of Spring's actuator, which monitors know:
//   {"status":"UP","service":"market-maker","version":"0.1.0","phase":"running",
//    "components":{"quotes":{"status":"DOWN","impact":"liveness","reason":"..."}}}
// with status UP, DOWN (/health) or OUT_OF_SERVICE (/ready).
//
// Thread-safe. `health` and `metrics` must outlive it.
class OpsHandler {
 public:
  OpsHandler(std::string service, const Health& health, const telemetry::Registry& metrics)
      : service_(std::move(service)), health_(health), metrics_(metrics) {}

  // The answer to GET or HEAD of `target` (path, with or without a query); nothing when the path is
  // none of the four.
  std::optional<OpsResponse> Handle(std::string_view target) const;

 private:
  const std::string service_;
  const Health& health_;
  const telemetry::Registry& metrics_;
};

}  // namespace evx::service
