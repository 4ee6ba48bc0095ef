#include "health/service_watch.h"

#include <catch2/catch.hpp>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "evx/service/health.h"
#include "evx/service/ops_server.h"
#include "evx/telemetry/metrics.h"
#include "health/metrics_text.h"
#include "health/service_facts.h"

namespace evx::gateway {
namespace {

TEST_CASE("FindMetric: a name is added up over its labels, one with labels is not", "[gateway]") {
  const std::string page =
      "# HELP a_total Text with a_total 5 in it.\n"
      "a_total{kind=\"x\"} 2\n"
      "a_total{kind=\"gap\"} 3.5\n"
      "a_total_more 100\n"
      "b 7\n"
      "c NaN\n"
      "d{broken 4\n"
      "e 1e3";
  CHECK(FindMetric(page, "a_total") == 5.5);
  CHECK(FindMetric(page, "a_total{kind=\"gap\"}") == 3.5);
  CHECK(FindMetric(page, "b") == 7);
  CHECK(FindMetric(page, "e") == 1'000);
  CHECK_FALSE(FindMetric(page, "c").has_value());
  CHECK_FALSE(FindMetric(page, "d").has_value());
  CHECK_FALSE(FindMetric(page, "a").has_value());
  CHECK_FALSE(FindMetric("", "a").has_value());
}

const v1::ServiceFigure* Find(const v1::ServiceHealth& health, const std::string& name) {
  for (const auto& figure : health.figures()) {
    if (figure.name() == name) return &figure;
  }
  return nullptr;
}

TEST_CASE("ServiceFacts: ready, degraded and down, with checks, age and rate", "[gateway]") {
  ServiceFacts facts("market-data-server");
  OpsAnswers answers;
  answers.ready_status = 200;
  answers.health_body = R"({"status":"UP","version":"1.2","components":{"kafka":{"status":"UP"}}})";
  answers.metrics_page =
      "evx_market_data_committed_messages_total 1000\nevx_market_data_last_commit_seconds 95.5\n"
      "evx_market_data_gaps_total 3\n";
  answers.time_ns = 100'000'000'000;
  answers.monotonic_nanos = 1'000'000'000;
  v1::ServiceHealth health = facts.Take(answers);
  CHECK(health.state() == v1::SERVICE_STATE_READY);
  CHECK(health.version() == "1.2");
  REQUIRE(Find(health, "newest") != nullptr);
  CHECK(Find(health, "newest")->value() == "4.5");
  CHECK(Find(health, "gaps")->value() == "3");
  CHECK(Find(health, "messages") == nullptr);  // One total is no rate.
  answers.metrics_page = "evx_market_data_committed_messages_total 1500\n";
  answers.monotonic_nanos += 2'000'000'000;
  health = facts.Take(answers);
  CHECK(Find(health, "messages")->value() == "250");
  CHECK(Find(health, "messages")->unit() == "/s");
  CHECK(Find(health, "newest") == nullptr);
  // It was started anew: its totals fell.
  answers.metrics_page = "evx_market_data_committed_messages_total 10\n";
  answers.monotonic_nanos += 1'000'000'000;
  CHECK(Find(facts.Take(answers), "messages") == nullptr);

  answers.health_body =
      R"({"components":{"kafka":{"status":"DOWN","reason":"connection refused"}}})";
  health = facts.Take(answers);
  CHECK(health.state() == v1::SERVICE_STATE_DEGRADED);
  REQUIRE(health.checks_size() == 1);
  CHECK_FALSE(health.checks(0).is_ok());
  CHECK(health.checks(0).detail() == "connection refused");
  answers.health_body = "";
  answers.ready_status = 503;
  CHECK(facts.Take(answers).state() == v1::SERVICE_STATE_DEGRADED);
  answers.ready_status.reset();
  health = facts.Take(answers);
  CHECK(health.state() == v1::SERVICE_STATE_DOWN);
  CHECK(health.figures().empty());
}

TEST_CASE("ServiceFacts: a share is told in percent", "[gateway]") {
  ServiceFacts facts("order-book-rebuilder");
  OpsAnswers answers;
  answers.ready_status = 200;
  for (const auto& [share, percent] :
       {std::pair("0.9", "90"), {"0.29", "29"}, {"0.90345", "90.3"}}) {
    answers.metrics_page = "evx_order_book_rebuilder_delta_share " + std::string(share) + "\n";
    const v1::ServiceHealth health = facts.Take(answers);
    REQUIRE(Find(health, "deltas") != nullptr);
    CHECK(Find(health, "deltas")->value() == percent);
    CHECK(Find(health, "deltas")->unit() == "%");
  }
}

TEST_CASE("ServiceFacts: whatever answers in place of a service does no harm", "[gateway]") {
  for (const std::string body :
       {"", "{", "null", "[]", "{\"components\":5}", "{\"components\":{\"a\":1}}",
        "{\"components\":{\"a\":{\"status\":5}}}", "{\"version\":[]}", "\xff\xfe"}) {
    ServiceFacts facts("flow");
    OpsAnswers answers;
    answers.ready_status = 200;
    answers.health_body = body;
    answers.metrics_page = body;
    INFO(body);
    CHECK(facts.Take(answers).service() == "flow");
  }
}

TEST_CASE("ParseServices: each is NAME=URL, once", "[gateway]") {
  const auto services = ServiceWatch::ParseServices({"a=http://h:1", "b=http://h:2"});
  REQUIRE(services.ok());
  CHECK(services->at(1).name == "b");
  CHECK(services->at(1).url == "http://h:2");
  for (const std::string wrong : {"a", "=http://h:1", "a="}) {
    CHECK(absl::IsInvalidArgument(ServiceWatch::ParseServices({wrong}).status()));
  }
  CHECK(absl::IsInvalidArgument(ServiceWatch::ParseServices({"a=x", "a=y"}).status()));
}

class Published final : public StreamPublisher {
 public:
  void Publish(std::vector<StreamNews> news) override {
    {
      const std::lock_guard lock(mutex_);
      for (StreamNews& one : news) {
        if (const auto* state = std::get_if<v1::InitialState>(&one.news)) {
          newest_ = state->health();
          ++state_count_;
        } else {
          newest_ = std::get<v1::ServerMessage>(one.news).update_health();
        }
      }
    }
    changed_.notify_all();
  }
  // Waits until service `index` is published in that state.
  v1::Health WaitFor(int index, v1::ServiceState state) {
    std::unique_lock lock(mutex_);
    REQUIRE(changed_.wait_for(lock, std::chrono::seconds(30), [&] {
      return newest_.services_size() > index && newest_.services(index).state() == state;
    }));
    return newest_;
  }
  int state_count() {
    const std::lock_guard lock(mutex_);
    return state_count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  v1::Health newest_;
  int state_count_ = 0;
};

TEST_CASE("ServiceWatch: follows real operations endpoints, also when nobody answers",
          "[gateway]") {
  service::Health health;
  telemetry::Registry metrics;
  metrics.AddGauge("evx_market_maker_markets", "Markets.").Set(12);
  auto quotes = health.Add("quotes", service::Impact::kReadiness);
  health.SetPhase(service::Phase::kRunning);
  const service::OpsHandler handler("market-maker", health, metrics);
  auto server = service::OpsServer::Start({}, handler);
  REQUIRE(server.ok());
  Published published;
  SystemClock clock;
  auto watch = ServiceWatch::Start(
      {.services = {{"market-maker", "http://127.0.0.1:" + std::to_string((*server)->port())},
                    {"flow", "http://127.0.0.1:1"}},
       .interval = absl::Milliseconds(10)},
      published, clock);
  REQUIRE(watch.ok());
  const v1::Health ready = published.WaitFor(0, v1::SERVICE_STATE_READY);
  REQUIRE(ready.services_size() == 2);
  CHECK(ready.services(0).service() == "market-maker");
  CHECK(Find(ready.services(0), "markets")->value() == "12");
  CHECK_FALSE(ready.services(0).version().empty());
  CHECK(ready.services(1).state() == v1::SERVICE_STATE_DOWN);
  quotes.Set(absl::UnavailableError("no quotes"));
  const v1::Health degraded = published.WaitFor(0, v1::SERVICE_STATE_DEGRADED);
  CHECK(degraded.services(0).checks(0).detail().find("no quotes") != std::string::npos);
  server->reset();
  published.WaitFor(0, v1::SERVICE_STATE_DOWN);
  CHECK(published.state_count() == 1);
  CHECK((*watch)->Latest().services_size() == 2);
}

}  // namespace
}  // namespace evx::gateway
