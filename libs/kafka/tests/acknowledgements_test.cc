#include "evx/kafka/acknowledgements.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <set>
#include <vector>

#include "evx/core/testing/seed.h"

namespace evx::kafka {
namespace {

TEST_CASE("Acknowledgements: the prefix ends before the first that is missing", "[kafka]") {
  Acknowledgements acknowledgements;
  CHECK(acknowledgements.prefix() == 0);
  CHECK(acknowledgements.Add() == 1);
  CHECK(acknowledgements.Add() == 2);
  CHECK(acknowledgements.Add() == 3);
  acknowledgements.Acknowledge(2);
  CHECK(acknowledgements.prefix() == 0);
  acknowledgements.Acknowledge(1);
  CHECK(acknowledgements.prefix() == 2);
  acknowledgements.Acknowledge(3);
  CHECK(acknowledgements.prefix() == 3);
  CHECK(acknowledgements.last() == 3);
}

TEST_CASE("Acknowledgements: any order gives the prefix of a set", "[kafka]") {
  std::mt19937 generator(evx::testing::TestSeed("Acknowledgements"));
  Acknowledgements acknowledgements;
  std::set<std::uint64_t> done;
  std::vector<std::uint64_t> open;
  for (int step = 0; step < 10'000; ++step) {
    if (open.empty() || generator() % 2 == 0) {
      open.push_back(acknowledgements.Add());
    } else {
      std::swap(open[generator() % open.size()], open.back());
      acknowledgements.Acknowledge(open.back());
      done.insert(open.back());
      open.pop_back();
    }
    std::uint64_t prefix = acknowledgements.prefix();
    CHECK((prefix == 0 || done.contains(prefix)));
    CHECK(!done.contains(prefix + 1));
  }
}

}  // namespace
}  // namespace evx::kafka
