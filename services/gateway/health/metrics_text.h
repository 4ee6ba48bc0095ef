#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace evx::gateway {

// The value of a metric in a page of the Prometheus text format: of `metric` as it is written, with
// its labels (`name{kind="gap"}`), or, without, the sum over all labels. Nothing: it is not there.
std::optional<double> FindMetric(std::string_view page, std::string_view metric);

}  // namespace evx::gateway
