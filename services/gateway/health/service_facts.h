#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "evx/gateway/v1/system_views.pb.h"

// What the answers of a service's operations endpoints say about it. Pure.

namespace evx::gateway {

// How a figure comes from a metric.
enum class FigureKind : std::uint8_t {
  kValue,  // as it is
  kAge,    // a Unix time: how long ago that was; 0: never
  kRate,   // a total: what it rose by in a second
  kShare,  // of one: in percent, to a tenth
};

struct FigureSource {
  std::string_view name;
  std::string_view metric;  // As for FindMetric.
  FigureKind kind = FigureKind::kValue;
  std::string_view unit;
};

// The figures of a service, by the name of its folder; none for one that is not known.
std::span<const FigureSource> FiguresOf(std::string_view service);

// One round of questions. Nothing: no answer.
struct OpsAnswers {
  std::optional<int> ready_status;
  std::string health_body;   // JSON in the form of service::OpsHandler.
  std::string metrics_page;  // Prometheus text.
  std::int64_t time_ns = 0;  // Wall time of the round.
  std::int64_t monotonic_nanos = 0;
};

// A service from one round to the next. Not thread-safe.
class ServiceFacts {
 public:
  explicit ServiceFacts(std::string service) : service_(std::move(service)) {}

  // What is known of it now. A rate needs two rounds.
  v1::ServiceHealth Take(const OpsAnswers& answers);

 private:
  struct Total {
    double value = 0;
    std::int64_t monotonic_nanos = 0;
  };

  void AddFigures(const OpsAnswers& answers, v1::ServiceHealth& health);

  const std::string service_;
  std::string version_;  // As last heard.
  std::map<std::string_view, Total> totals_;
};

}  // namespace evx::gateway
