#include "health/metrics_text.h"

#include <cmath>
#include <cstdlib>

namespace evx::gateway {

std::optional<double> FindMetric(std::string_view page, std::string_view metric) {
  const bool sums = metric.find('{') == std::string_view::npos;
  std::optional<double> total;
  while (!page.empty()) {
    const std::size_t end = page.find('\n');
    std::string_view line = page.substr(0, end);
    page.remove_prefix(end == std::string_view::npos ? page.size() : end + 1);
    if (!line.starts_with(metric)) continue;
    line.remove_prefix(metric.size());
    if (sums && line.starts_with('{')) {
      const std::size_t close = line.find("} ");
      if (close == std::string_view::npos) continue;
      line.remove_prefix(close + 1);
    }
    if (!line.starts_with(' ')) continue;
    const std::string text(line.substr(1));
    char* stop = nullptr;
    const double value = std::strtod(text.c_str(), &stop);
    if (stop == text.c_str() || !std::isfinite(value)) continue;
    total = total.value_or(0) + value;
  }
  return total;
}

}  // namespace evx::gateway
