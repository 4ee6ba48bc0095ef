// The exchange's core under load, in process. Prints figures for people and one JSON line per row
// for scripts/bench.
//
//   core_benchmark --workload=throughput|snapshot|durable|recovery|overload
//                  [--dir=D] [--seconds=S] [--orders=N] [--records=N] [--rate=N]

#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "workloads.h"

namespace evx::load {
namespace {

[[noreturn]] void Refuse(std::string_view argument) {
  std::fprintf(stderr,
               "core_benchmark: %.*s is not an argument; usage: core_benchmark "
               "--workload=throughput|snapshot|durable|recovery|overload [--dir=D] [--seconds=S] "
               "[--orders=N] [--records=N] [--rate=N]\n",
               static_cast<int>(argument.size()), argument.data());
  std::exit(2);
}

template <class T>
T Number(std::string_view argument, std::string_view text) {
  T value{};
  const std::string copy(text);
  bool ok = false;
  if constexpr (std::is_floating_point_v<T>) {
    ok = absl::SimpleAtod(copy, &value);
  } else {
    ok = absl::SimpleAtoi(copy, &value);
  }
  if (!ok || value <= 0) Refuse(argument);
  return value;
}

int Main(int argc, char** argv) {
  Settings settings;
  std::string workload;
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    const std::size_t equals = argument.find('=');
    if (equals == std::string_view::npos) Refuse(argument);
    const std::string_view name = argument.substr(0, equals);
    const std::string_view value = argument.substr(equals + 1);
    if (name == "--workload") {
      workload = value;
    } else if (name == "--dir") {
      settings.directory = value;
    } else if (name == "--seconds") {
      settings.seconds = Number<double>(argument, value);
    } else if (name == "--orders") {
      settings.orders = Number<std::uint32_t>(argument, value);
    } else if (name == "--records") {
      settings.records = Number<std::uint64_t>(argument, value);
    } else if (name == "--rate") {
      settings.rate = Number<std::uint32_t>(argument, value);
    } else {
      Refuse(argument);
    }
  }
  if (workload == "throughput") {
    MeasureThroughput(settings);
  } else if (workload == "snapshot") {
    MeasureSnapshot(settings);
  } else if (workload == "durable") {
    MeasureDurable(settings);
  } else if (workload == "recovery") {
    MeasureRecovery(settings);
  } else if (workload == "overload") {
    MeasureOverload(settings);
  } else {
    Refuse("--workload=" + workload);
  }
  return 0;
}

}  // namespace
}  // namespace evx::load

int main(int argc, char** argv) { return evx::load::Main(argc, argv); }
