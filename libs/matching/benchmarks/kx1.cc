#include "kx1_engines.h"

// KX-1 on MatchingEngine with the options of its driver (tests/load/kx1/driver.hpp): one JSON line
// with throughput, or with --latency the percentiles of single operations.
int main(int argc, char** argv) {
  return kx1::run<evx::matching::Kx1Engine>("evx-matching", argc, argv);
}
