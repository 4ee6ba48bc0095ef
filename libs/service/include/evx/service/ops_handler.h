#pragma once

#include <optional>
#include <string>

#include "evx/net/http_message.h"
#include "evx/service/health.h"
#include "evx/telemetry/metrics.h"

// What the operations endpoints answer: OpsServer serves it on a port of its own, a service with
// its own HTTP server asks it first for each request.

namespace evx::service {

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

  // Nothing when it is not a GET or HEAD of one of the four.
  std::optional<net::HttpResponse> Handle(const net::HttpRequest& request) const;

 private:
  const std::string service_;
  const Health& health_;
  const telemetry::Registry& metrics_;
};

}  // namespace evx::service
