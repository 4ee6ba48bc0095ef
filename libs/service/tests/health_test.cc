#include "evx/service/health.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "evx/core/status.h"
#include "evx/service/ops_handler.h"
#include "evx/service/version.h"

namespace evx::service {
namespace {

using Json = nlohmann::json;

struct Fixture {
  telemetry::Registry metrics;
  Health health;
  OpsHandler ops{"market-maker", health, metrics};

  std::optional<net::HttpResponse> Get(std::string_view target) {
    return ops.Handle(net::HttpRequest(net::HttpMethod::kGet, target));
  }
  int StatusOf(std::string_view target) { return Get(target)->status; }
  Json BodyOf(std::string_view target) { return Json::parse(Get(target)->body); }
};

TEST_CASE("Health: a process is live from the start and ready only while it runs", "[service]") {
  Fixture fixture;
  CHECK(fixture.StatusOf("/health") == 200);
  CHECK(fixture.StatusOf("/ready") == 503);
  fixture.health.SetPhase(Phase::kRunning);
  CHECK(fixture.StatusOf("/health") == 200);
  CHECK(fixture.StatusOf("/ready") == 200);
  fixture.health.SetPhase(Phase::kDraining);
  CHECK(fixture.StatusOf("/health") == 200);
  CHECK(fixture.StatusOf("/ready") == 503);
  CHECK(fixture.BodyOf("/ready")["phase"] == "draining");
  fixture.health.SetPhase(Phase::kRunning);
  CHECK(fixture.StatusOf("/ready") == 503);
}

TEST_CASE("Health: what a failing component does follows from its impact", "[service]") {
  const auto [impact, health_status, ready_status] = GENERATE(table<Impact, int, int>(
      {{Impact::kLiveness, 503, 503}, {Impact::kReadiness, 200, 503}, {Impact::kNone, 200, 200}}));
  Fixture fixture;
  fixture.health.SetPhase(Phase::kRunning);
  Health::Component component = fixture.health.Add("part", impact);
  CHECK(fixture.StatusOf("/ready") == 200);
  component.Set(Unavailable("connection refused"));
  CHECK(fixture.StatusOf("/health") == health_status);
  CHECK(fixture.StatusOf("/actuator/health") == health_status);
  CHECK(fixture.StatusOf("/ready") == ready_status);
  const Json part = fixture.BodyOf("/health")["components"]["part"];
  CHECK(part["status"] == "DOWN");
  CHECK(part["reason"] == "connection refused");
  component.Set(absl::OkStatus());
  CHECK(fixture.StatusOf("/health") == 200);
  CHECK_FALSE(fixture.BodyOf("/health")["components"]["part"].contains("reason"));
}

TEST_CASE("Health: a check is asked at each report and gone with its component", "[service]") {
  Fixture fixture;
  int asked = 0;
  std::optional<Health::Component> quotes =
      fixture.health.AddCheck("quotes", Impact::kLiveness, [&] {
        ++asked;
        return asked == 1 ? absl::OkStatus() : Unavailable("last quote 20s ago");
      });
  CHECK(fixture.health.Report().live);
  CHECK_FALSE(fixture.health.Report().live);
  quotes.reset();
  CHECK(fixture.health.Report().live);
  CHECK(asked == 2);
  // The name is free again.
  const Health::Component again = fixture.health.Add("quotes", Impact::kNone);
  CHECK(fixture.health.Report().components.size() == 1);
}

TEST_CASE("OpsHandler: bodies name service, version and every component", "[service]") {
  Fixture fixture;
  const Health::Component a = fixture.health.Add("a", Impact::kNone);
  const Health::Component b =
      fixture.health.Add("b", Impact::kReadiness, Unavailable("bad \xff \"byte\""));
  const Json body = fixture.BodyOf("/ready?verbose=1");
  CHECK(body["status"] == "OUT_OF_SERVICE");
  CHECK(body["service"] == "market-maker");
  CHECK(body["version"] == Version());
  CHECK(body["components"].size() == 2);
  CHECK(fixture.BodyOf("/actuator/health")["status"] == "UP");
}

TEST_CASE("OpsHandler: answers its four paths and no other", "[service]") {
  Fixture fixture;
  fixture.metrics.AddCounter("evx_test_total", "Things.");
  CHECK(fixture.Get("/metrics")->body.find("evx_test_total 0\n") != std::string::npos);
  CHECK(fixture.Get("/metrics")->content_type.starts_with("text/plain; version=0.0.4"));
  CHECK_FALSE(fixture.Get("/"));
  CHECK_FALSE(fixture.Get(""));
  CHECK_FALSE(fixture.Get("/health/"));
  CHECK_FALSE(fixture.Get("/Health"));
  CHECK_FALSE(fixture.Get("/actuator"));
  CHECK(fixture.ops.Handle(net::HttpRequest(net::HttpMethod::kHead, "/metrics")));
  CHECK_FALSE(fixture.ops.Handle(net::HttpRequest(net::HttpMethod::kPost, "/metrics")));
}

}  // namespace
}  // namespace evx::service
