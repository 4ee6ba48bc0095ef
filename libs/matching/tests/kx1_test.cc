#include <catch2/catch.hpp>
#include <memory>

#include "benchmarks/kx1_engines.h"

// The workload of record (tests/load/kx1) says by a hash over every fill whether the book is right.

namespace evx::matching {
namespace {

template <class Engine>
std::uint64_t HashOf(const kx1::Params& params) {
  const kx1::Workload workload = kx1::generate(params);
  auto sink = std::make_unique<kx1::Sink>();
  Engine engine(params.markets, workload.max_id, *sink);
  for (const auto* ops : {&workload.prefill, &workload.ops}) {
    for (const kx1::Op& op : *ops) {
      if (op.type == kx1::ADD) {
        engine.add(op.market, op.id, op.side, op.price, op.qty);
      } else {
        engine.cancel(op.market, op.id, op.side, op.price);
      }
    }
  }
  return sink->hash;
}

TEST_CASE("KX-1: a million operations on 1,000 markets give the hash of record", "[matching]") {
  kx1::Params params;
  params.ops = 1'000'000;
  CHECK(HashOf<Kx1Engine>(params) == 0x6af8'3f7d'0e5c'3237);
}

TEST_CASE("KX-1: a short hot book gives the fills of the reference book", "[matching]") {
  kx1::Params params;
  params.markets = 1;
  params.prefill_per_side = 500;
  params.low_water = 1'000;
  params.ops = 100'000;
  CHECK(HashOf<Kx1Engine>(params) == HashOf<Kx1Reference>(params));
}

}  // namespace
}  // namespace evx::matching
