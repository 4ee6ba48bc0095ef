#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"

// Metrics of one process in the Prometheus text format.
//
// A service declares all of its metrics in its probe.h/.cc, the only file that spells their names;
// other code calls methods of the probe. Names: evx_<service>_<what>_<unit>[_total], base units
// (seconds, bytes). Labels come from fixed sets, never ids. A golden test compares
// Registry::MetricNames() with the list in the service's README.
//
// Counter, Gauge and Histogram are updated with relaxed atomics (a few nanoseconds) and never lock:
// prometheus-cpp's own histogram takes a mutex for each observation, which the order path must not.
// prometheus-cpp writes the exposition. All types are thread-safe.

namespace evx::telemetry {

// Only rises.
class Counter {
 public:
  void Increment(std::uint64_t amount = 1) { value_.fetch_add(amount, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

// A value that rises and falls.
class Gauge {
 public:
  void Set(double value) { value_.store(value, std::memory_order_relaxed); }
  void Add(double amount) { value_.fetch_add(amount, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// Counts observations by upper bound. An observation equal to a bound counts in its bucket.
class Histogram {
 public:
  // `bounds` rise strictly; the bucket above the last bound is implied.
  explicit Histogram(std::vector<double> bounds);

  void Observe(double value);
  void Observe(absl::Duration value) { Observe(absl::ToDoubleSeconds(value)); }

  const std::vector<double>& bounds() const { return bounds_; }
  // Observations in bucket `index` alone (not cumulative); bounds().size() is the last bucket.
  std::uint64_t bucket_count(std::size_t index) const;
  std::uint64_t count() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  const std::vector<double> bounds_;
  const std::unique_ptr<std::atomic<std::uint64_t>[]> counts_;
  std::atomic<double> sum_{0};
};

// `count` bounds from `first`, each `factor` times the one before: first > 0, factor > 1.
std::vector<double> ExponentialBounds(double first, double factor, int count);

// 10 microseconds to about 10 seconds, three bounds a decade: for stage and request times.
std::vector<double> LatencyBounds();

struct Label {
  std::string name;
  std::string value;
  friend auto operator<=>(const Label&, const Label&) = default;
};
using Labels = std::vector<Label>;

// Owns every metric of a process. References stay valid as long as the registry. Registering the
// same name and labels twice, one name with two types or helps, or an invalid name is a bug and
// aborts. Registration locks; updates of a metric do not.
class Registry {
 public:
  Registry();
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  Counter& AddCounter(std::string_view name, std::string_view help, Labels labels = {});
  Gauge& AddGauge(std::string_view name, std::string_view help, Labels labels = {});
  Histogram& AddHistogram(std::string_view name, std::string_view help, std::vector<double> bounds,
                          Labels labels = {});

  // Read at each scrape, so that what is already counted elsewhere (a queue's depth, a follower's
  // lag) costs nothing in between. `read` must be quick, thread-safe, not throw, and stay callable
  // as long as the registry; it must not use this registry.
  void AddCallbackGauge(std::string_view name, std::string_view help, std::function<double()> read,
                        Labels labels = {});
  void AddCallbackCounter(std::string_view name, std::string_view help,
                          std::function<double()> read, Labels labels = {});

  // The page /metrics serves: Prometheus text format 0.0.4, families sorted by name.
  std::string Serialize() const;

  // Every family name, sorted: what a service's golden test compares.
  std::vector<std::string> MetricNames() const;

 private:
  enum class Type : std::uint8_t { kCounter, kGauge, kHistogram };
  struct Metric;
  struct Family;

  void Add(std::string_view name, std::string_view help, Type type, Metric metric);

  mutable std::mutex mutex_;
  std::map<std::string, Family, std::less<>> families_ ABSL_GUARDED_BY(mutex_);
};

// Adds what every process reports: process_cpu_seconds_total, process_resident_memory_bytes,
// process_open_fds, process_threads, read from the kernel at each scrape.
void AddProcessMetrics(Registry& registry);

}  // namespace evx::telemetry
