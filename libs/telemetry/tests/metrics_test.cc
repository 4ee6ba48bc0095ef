#include "evx/telemetry/metrics.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

namespace evx::telemetry {
namespace {

using Catch::Matchers::Contains;

TEST_CASE("Registry: writes counters, gauges and histograms in the text format", "[telemetry]") {
  Registry registry;
  registry.AddCounter("evx_test_orders_total", "Orders.", {{"reason", "say \"no\"\n"}})
      .Increment(3);
  registry.AddGauge("evx_test_depth", "Depth.").Set(-2.5);
  Histogram& histogram = registry.AddHistogram("evx_test_seconds", "Time.", {0.1, 1});
  histogram.Observe(0.1);
  histogram.Observe(absl::Milliseconds(500));
  histogram.Observe(7);

  const std::string text = registry.Serialize();
  CHECK_THAT(text, Contains("# TYPE evx_test_orders_total counter\n"));
  CHECK_THAT(text, Contains("evx_test_orders_total{reason=\"say \\\"no\\\"\\n\"} 3\n"));
  CHECK_THAT(text, Contains("evx_test_depth -2.5\n"));
  CHECK_THAT(text, Contains("evx_test_seconds_bucket{le=\"0.1\"} 1\n"));
  CHECK_THAT(text, Contains("evx_test_seconds_bucket{le=\"1\"} 2\n"));
  CHECK_THAT(text, Contains("evx_test_seconds_bucket{le=\"+Inf\"} 3\n"));
  CHECK_THAT(text, Contains("evx_test_seconds_count 3\n"));
}

TEST_CASE("Registry: one family holds several label sets and is named once", "[telemetry]") {
  Registry registry;
  Counter& a = registry.AddCounter("evx_test_total", "Things.", {{"kind", "a"}});
  Counter& b = registry.AddCounter("evx_test_total", "Things.", {{"kind", "b"}});
  registry.AddGauge("evx_another", "Another.");
  a.Increment();
  CHECK(a.value() == 1);
  CHECK(b.value() == 0);
  CHECK(registry.MetricNames() == std::vector<std::string>{"evx_another", "evx_test_total"});
}

TEST_CASE("Registry: callbacks are read at each scrape", "[telemetry]") {
  Registry registry;
  double depth = 1;
  registry.AddCallbackGauge("evx_test_depth", "Depth.", [&] { return depth; });
  CHECK_THAT(registry.Serialize(), Contains("evx_test_depth 1\n"));
  depth = 2;
  CHECK_THAT(registry.Serialize(), Contains("evx_test_depth 2\n"));
}

TEST_CASE("Registry: process metrics report this process", "[telemetry]") {
  Registry registry;
  AddProcessMetrics(registry);
  const std::string text = registry.Serialize();
  CHECK_THAT(text, Contains("process_resident_memory_bytes "));
  CHECK_THAT(text, !Contains("process_resident_memory_bytes 0\n"));
  CHECK_THAT(text, !Contains("process_open_fds 0\n"));
  CHECK_THAT(text, !Contains("process_threads 0\n"));
}

TEST_CASE("Metrics: concurrent updates and scrapes lose nothing", "[telemetry]") {
  constexpr int kThreads = 4;
  constexpr int kUpdates = 10'000;
  Registry registry;
  Counter& counter = registry.AddCounter("evx_test_total", "Updates.");
  Gauge& gauge = registry.AddGauge("evx_test_depth", "Depth.");
  Histogram& histogram = registry.AddHistogram("evx_test_seconds", "Time.", LatencyBounds());
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kUpdates; ++i) {
        counter.Increment();
        gauge.Add(1);
        histogram.Observe(0.001);
      }
    });
  }
  for (int i = 0; i < 20; ++i) registry.Serialize();
  for (std::thread& thread : threads) thread.join();
  CHECK(counter.value() == kThreads * kUpdates);
  CHECK(gauge.value() == kThreads * kUpdates);
  CHECK(histogram.count() == kThreads * kUpdates);
  CHECK(histogram.sum() == Approx(kThreads * kUpdates * 0.001));
}

TEST_CASE("ExponentialBounds: each bound is the factor times the one before", "[telemetry]") {
  CHECK(ExponentialBounds(1, 2, 4) == std::vector<double>{1, 2, 4, 8});
}

}  // namespace
}  // namespace evx::telemetry
