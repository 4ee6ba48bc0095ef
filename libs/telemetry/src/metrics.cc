#include "evx/telemetry/metrics.h"

#include <dirent.h>
#include <prometheus/check_names.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "evx/core/check.h"

namespace evx::telemetry {
namespace {

double ProcessCpuSeconds() {
  timespec time{};
  EVX_CHECK(::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time) == 0);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double ProcessResidentBytes() {
  long size_pages = 0;
  long resident_pages = 0;
  std::FILE* file = std::fopen("/proc/self/statm", "re");
  if (file == nullptr) return 0;
  const int fields = std::fscanf(file, "%ld %ld", &size_pages, &resident_pages);
  std::fclose(file);
  return fields == 2
             ? static_cast<double>(resident_pages) * static_cast<double>(::sysconf(_SC_PAGESIZE))
             : 0;
}

double CountEntries(const char* folder) {
  DIR* dir = ::opendir(folder);
  if (dir == nullptr) return 0;
  int count = 0;
  while (const dirent* entry = ::readdir(dir)) {
    if (entry->d_name[0] != '.') ++count;
  }
  ::closedir(dir);
  return count;
}

}  // namespace

Histogram::Histogram(std::vector<double> bounds)
    : bounds_(std::move(bounds)),
      counts_(std::make_unique<std::atomic<std::uint64_t>[]>(bounds_.size() + 1)) {
  EVX_CHECK(!bounds_.empty());
  EVX_CHECK(std::adjacent_find(bounds_.begin(), bounds_.end(), std::greater_equal<>()) ==
            bounds_.end());
}

void Histogram::Observe(double value) {
  const auto bound = std::lower_bound(bounds_.begin(), bounds_.end(), value);
  const auto index = static_cast<std::size_t>(bound - bounds_.begin());
  counts_[index].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::uint64_t Histogram::bucket_count(std::size_t index) const {
  EVX_CHECK(index <= bounds_.size());
  return counts_[index].load(std::memory_order_relaxed);
}

std::uint64_t Histogram::count() const {
  std::uint64_t total = 0;
  for (std::size_t i = 0; i <= bounds_.size(); ++i) total += bucket_count(i);
  return total;
}

std::vector<double> ExponentialBounds(double first, double factor, int count) {
  EVX_CHECK(first > 0 && factor > 1 && count > 0);
  std::vector<double> bounds;
  bounds.reserve(static_cast<std::size_t>(count));
  for (double bound = first; count > 0; --count, bound *= factor) bounds.push_back(bound);
  return bounds;
}

std::vector<double> LatencyBounds() {
  return {10e-6, 20e-6, 50e-6,  100e-6, 200e-6, 500e-6, 1e-3, 2e-3, 5e-3, 10e-3,
          20e-3, 50e-3, 100e-3, 200e-3, 500e-3, 1,      2,    5,    10};
}

// Exactly one of the four is set; the values live on the heap, so references to them stay valid.
struct Registry::Metric {
  Labels labels;
  std::unique_ptr<Counter> counter;
  std::unique_ptr<Gauge> gauge;
  std::unique_ptr<Histogram> histogram;
  std::function<double()> read;

  prometheus::ClientMetric Collect(Type type) const {
    prometheus::ClientMetric out;
    for (const Label& label : labels) out.label.push_back({label.name, label.value});
    switch (type) {
      case Type::kCounter:
        out.counter.value = read ? read() : static_cast<double>(counter->value());
        break;
      case Type::kGauge:
        out.gauge.value = read ? read() : gauge->value();
        break;
      case Type::kHistogram: {
        std::uint64_t cumulative = 0;
        for (std::size_t i = 0; i <= histogram->bounds().size(); ++i) {
          cumulative += histogram->bucket_count(i);
          const double bound = i < histogram->bounds().size()
                                   ? histogram->bounds()[i]
                                   : std::numeric_limits<double>::infinity();
          out.histogram.bucket.push_back({cumulative, bound});
        }
        out.histogram.sample_count = cumulative;
        out.histogram.sample_sum = histogram->sum();
        break;
      }
    }
    return out;
  }
};

struct Registry::Family {
  std::string help;
  Type type = Type::kCounter;
  std::vector<Metric> metrics;
};

Registry::Registry() = default;
Registry::~Registry() = default;

void Registry::Add(std::string_view name, std::string_view help, Type type, Metric metric) {
  EVX_CHECK(prometheus::CheckMetricName(std::string(name)));
  EVX_CHECK(!help.empty());
  for (const Label& label : metric.labels) EVX_CHECK(prometheus::CheckLabelName(label.name));
  const std::lock_guard<std::mutex> lock(mutex_);
  auto [found, added] = families_.try_emplace(std::string(name));
  Family& family = found->second;
  if (added) {
    family.help = help;
    family.type = type;
  }
  EVX_CHECK(family.type == type);
  EVX_CHECK(family.help == help);
  for (const Metric& other : family.metrics) EVX_CHECK(other.labels != metric.labels);
  family.metrics.push_back(std::move(metric));
}

Counter& Registry::AddCounter(std::string_view name, std::string_view help, Labels labels) {
  auto counter = std::make_unique<Counter>();
  Counter& result = *counter;
  Add(name, help, Type::kCounter, {.labels = std::move(labels), .counter = std::move(counter)});
  return result;
}

Gauge& Registry::AddGauge(std::string_view name, std::string_view help, Labels labels) {
  auto gauge = std::make_unique<Gauge>();
  Gauge& result = *gauge;
  Add(name, help, Type::kGauge, {.labels = std::move(labels), .gauge = std::move(gauge)});
  return result;
}

Histogram& Registry::AddHistogram(std::string_view name, std::string_view help,
                                  std::vector<double> bounds, Labels labels) {
  auto histogram = std::make_unique<Histogram>(std::move(bounds));
  Histogram& result = *histogram;
  Add(name, help, Type::kHistogram,
      {.labels = std::move(labels), .histogram = std::move(histogram)});
  return result;
}

void Registry::AddCallbackGauge(std::string_view name, std::string_view help,
                                std::function<double()> read, Labels labels) {
  Add(name, help, Type::kGauge, {.labels = std::move(labels), .read = std::move(read)});
}

void Registry::AddCallbackCounter(std::string_view name, std::string_view help,
                                  std::function<double()> read, Labels labels) {
  Add(name, help, Type::kCounter, {.labels = std::move(labels), .read = std::move(read)});
}

std::string Registry::Serialize() const {
  std::vector<prometheus::MetricFamily> families;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    for (const auto& [name, family] : families_) {
      prometheus::MetricFamily& out = families.emplace_back();
      out.name = name;
      out.help = family.help;
      out.type = family.type == Type::kCounter ? prometheus::MetricType::Counter
                 : family.type == Type::kGauge ? prometheus::MetricType::Gauge
                                               : prometheus::MetricType::Histogram;
      for (const Metric& metric : family.metrics) out.metric.push_back(metric.Collect(family.type));
    }
  }
  return prometheus::TextSerializer().Serialize(families);
}

std::vector<std::string> Registry::MetricNames() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  std::vector<std::string> names;
  names.reserve(families_.size());
  for (const auto& [name, family] : families_) names.push_back(name);
  return names;
}

void AddProcessMetrics(Registry& registry) {
  registry.AddCallbackCounter("process_cpu_seconds_total", "CPU time this process has used.",
                              ProcessCpuSeconds);
  registry.AddCallbackGauge("process_resident_memory_bytes", "Memory of this process in RAM.",
                            ProcessResidentBytes);
  registry.AddCallbackGauge("process_open_fds", "Open file descriptors of this process.",
                            [] { return CountEntries("/proc/self/fd"); });
  registry.AddCallbackGauge("process_threads", "Threads of this process.",
                            [] { return CountEntries("/proc/self/task"); });
}

}  // namespace evx::telemetry
