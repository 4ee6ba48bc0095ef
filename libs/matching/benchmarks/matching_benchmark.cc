#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/check.h"
#include "evx/core/testing/benchmark.h"
#include "evx/matching/matching_engine.h"
#include "kx1_engines.h"

// One figure of the matching engine a run: --row=kx1|kx1_p99|kx1_hot|ladder|resting_orders_bytes.
// Prints one JSON line with the figure and what it is compared with, measured in the same run.

namespace evx::matching {
namespace {

constexpr std::uint64_t kHashDefault = 0xccc6'7141'dd99'7f26;
constexpr std::uint64_t kHashHotBook = 0x6fb6'bbb8'2148'a580;

kx1::Params HotBook() {
  kx1::Params params;
  params.markets = 1;
  params.prefill_per_side = 500;
  params.low_water = 1'000;
  params.ops = 3'000'000;
  return params;
}

template <class Engine>
[[gnu::always_inline]] inline void ApplyTo(Engine& engine, const kx1::Op& op) {
  if (op.type == kx1::ADD) {
    engine.add(op.market, op.id, op.side, op.price, op.qty);
  } else {
    engine.cancel(op.market, op.id, op.side, op.price);
  }
}

// A pass over the workload: million operations a CPU second, or the 99th percentile of one in ns.
template <class Engine>
double Pass(const kx1::Params& params, const kx1::Workload& workload, std::uint64_t hash,
            bool latency) {
  auto sink = std::make_unique<kx1::Sink>();
  Engine engine(params.markets, workload.max_id, *sink);
  for (const kx1::Op& op : workload.prefill) ApplyTo(engine, op);
  std::vector<std::uint32_t> ticks(latency ? workload.ops.size() : 0);
  const double start = kx1::now();
  const double start_cpu = evx::testing::ThreadCpuSeconds();
  const std::uint64_t start_ticks = kx1::tick();
  if (latency) {
    for (std::size_t i = 0; i < ticks.size(); ++i) {
      const std::uint64_t before = kx1::tick();
      ApplyTo(engine, workload.ops[i]);
      ticks[i] = static_cast<std::uint32_t>(kx1::tick() - before);
    }
  } else {
    for (const kx1::Op& op : workload.ops) ApplyTo(engine, op);
  }
  const double cpu_seconds = evx::testing::ThreadCpuSeconds() - start_cpu;
  const double seconds = kx1::now() - start;
  const auto all_ticks = static_cast<double>(kx1::tick() - start_ticks);
  EVX_CHECK(sink->hash == hash);
  if (!latency) return static_cast<double>(workload.ops.size()) / cpu_seconds / 1e6;
  const auto p99 = ticks.begin() + static_cast<std::ptrdiff_t>(ticks.size() * 99 / 100);
  std::nth_element(ticks.begin(), p99, ticks.end());
  return *p99 * seconds * 1e9 / all_ticks;
}

void Print(const char* row, double measured, double reference, const char* unit, bool higher) {
  std::printf(
      "{\"row\":\"%s\",\"measured\":%.3f,\"reference\":%.3f,\"unit\":\"%s\","
      "\"higher_is_better\":%s}\n",
      row, measured, reference, unit, higher ? "true" : "false");
}

// A figure with an absolute target; less is better.
void PrintAbsolute(const char* row, double measured, const char* unit) {
  std::printf("{\"row\":\"%s\",\"measured\":%.3f,\"unit\":\"%s\",\"higher_is_better\":false}\n",
              row, measured, unit);
}

void RunKx1(const char* row, const kx1::Params& params, std::uint64_t hash, bool latency) {
  const kx1::Workload workload = kx1::generate(params);
  const double reference = Pass<Kx1Reference>(params, workload, hash, latency);
  const double measured = Pass<Kx1Engine>(params, workload, hash, latency);
  Print(row, measured, reference, latency ? "ns" : "Mops/s", !latency);
}

// One market of 1,000,000 ticks, the mix of KX-1's hot book and a fair price that walks at random
// over most of the ladder, up to 700 ticks an operation. Passive orders lie behind the fair price,
// 16,000 ticks on average, and sweep what the walk left on the wrong side.
class LadderWorkload {
 public:
  static constexpr std::uint32_t kTickCount = 1'000'000;
  static constexpr std::size_t kOpCount = 3'000'000;

  LadderWorkload() : engine_({.book_count_max = 1, .order_count_max = kOrderCountMax}) {
    engine_.AddBook(kTickCount);
    while (engine_.order_count() < kLiveMin) AddPassive();
    prefill_count_ = ops_.size();
    while (ops_.size() < prefill_count_ + kOpCount) Step();
  }

  double Run() const {
    MatchingEngine engine({.book_count_max = 1, .order_count_max = kOrderCountMax});
    engine.AddBook(kTickCount);
    std::uint64_t filled = 0;
    for (std::size_t i = 0; i < prefill_count_; ++i) filled += Apply(engine, ops_[i]);
    const double start = evx::testing::ThreadCpuSeconds();
    for (std::size_t i = prefill_count_; i < ops_.size(); ++i) filled += Apply(engine, ops_[i]);
    const double seconds = evx::testing::ThreadCpuSeconds() - start;
    EVX_CHECK(filled == filled_);
    EVX_CHECK(engine.order_count() == engine_.order_count());
    return static_cast<double>(kOpCount) / seconds / 1e6;
  }

  Tick lowest() const { return lowest_; }
  Tick highest() const { return highest_; }

 private:
  static constexpr std::uint32_t kOrderCountMax = 100'000;
  static constexpr std::size_t kLiveMin = 1'000;
  struct Op {
    std::uint64_t order_id;
    Tick tick;
    std::uint16_t contracts;  // 0: cancel.
    BookSide side;
  };

  static std::uint64_t Apply(MatchingEngine& engine, const Op& op) {
    if (op.contracts == 0) {
      engine.Apply(CancelOrder{OrderId(op.order_id)});
      return 0;
    }
    CreateOrder command;
    command.order_id = OrderId(op.order_id);
    command.owner = OwnerId(static_cast<std::uint32_t>(op.order_id));
    command.side = op.side;
    command.tick = op.tick;
    command.quantity = Quantity::FromContracts(op.contracts);
    return static_cast<std::uint64_t>(engine.Apply(command).filled.centis());
  }

  void Step() {
    fair_ += std::int64_t{random_.below(1'401)} - 700;
    if (fair_ < 0) fair_ = -fair_;
    if (fair_ >= kTickCount) fair_ = 2 * (std::int64_t{kTickCount} - 1) - fair_;
    const std::uint32_t choice = random_.below(100);
    if (choice < 45 || (choice < 90 && engine_.order_count() < kLiveMin)) {
      AddPassive();
    } else if (choice < 90) {
      Cancel();
    } else {
      AddAggressive();
    }
  }

  void AddPassive() {
    const auto side = static_cast<BookSide>(random_.below(2));
    std::int64_t offset = 1 + random_.below(4'096);
    while (random_.below(4) != 0) offset += 4'096;
    Add(side, side == BookSide::kBid ? fair_ - offset : fair_ + offset);
  }

  // Up to two steps of 256 ticks through the best order of the other side; the rest stays.
  void AddAggressive() {
    const auto side = static_cast<BookSide>(random_.below(2));
    const std::int64_t best = engine_.BestTick(BookIndex(0), Opposite(side)).value_or(fair_);
    const std::int64_t through = 256 * random_.below(3);
    Add(side, side == BookSide::kBid ? best + through : best - through);
  }

  void Add(BookSide side, std::int64_t tick) {
    const Op op{
        .order_id = ++last_id_,
        .tick = static_cast<Tick>(std::clamp<std::int64_t>(tick, 0, std::int64_t{kTickCount} - 1)),
        .contracts = static_cast<std::uint16_t>(1 + random_.below(100)),
        .side = side};
    lowest_ = std::min(lowest_, op.tick);
    highest_ = std::max(highest_, op.tick);
    ops_.push_back(op);
    filled_ += Apply(engine_, op);
    maybe_live_.push_back(op.order_id);
  }

  void Cancel() {
    while (true) {
      const std::uint32_t i = random_.below(static_cast<std::uint32_t>(maybe_live_.size()));
      const std::uint64_t order_id = maybe_live_[i];
      maybe_live_[i] = maybe_live_.back();
      maybe_live_.pop_back();
      if (engine_.Apply(CancelOrder{OrderId(order_id)}).reject) continue;  // Filled before.
      ops_.push_back({.order_id = order_id, .tick = 0, .contracts = 0, .side = BookSide::kBid});
      return;
    }
  }

  kx1::Rng random_{20260101};
  MatchingEngine engine_;
  std::vector<Op> ops_;
  std::size_t prefill_count_ = 0;
  std::vector<std::uint64_t> maybe_live_;  // The live orders and some that were filled.
  std::uint64_t last_id_ = 0;
  std::uint64_t filled_ = 0;
  std::int64_t fair_ = kTickCount / 2;
  Tick lowest_ = kTickCount;
  Tick highest_ = 0;
};

void RunLadder() {
  const kx1::Params params = HotBook();
  const double hot = Pass<Kx1Engine>(params, kx1::generate(params), kHashHotBook, false);
  const LadderWorkload workload;
  EVX_CHECK(workload.highest() - workload.lowest() > LadderWorkload::kTickCount / 2);
  Print("ladder", workload.Run(), hot, "Mops/s", true);
}

std::size_t ResidentBytes() {
  std::size_t total = 0;
  std::size_t resident = 0;
  std::ifstream("/proc/self/statm") >> total >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// Five million orders on 100,000 books of 99 ticks, every fourth with an expiration. The figure is
// what the process grew by, a book's own share included.
void RunRestingOrders() {
  constexpr std::uint32_t kBookCount = 100'000;
  constexpr std::uint32_t kOrderCount = 5'000'000;
  const std::size_t before = ResidentBytes();
  MatchingEngine engine({.book_count_max = kBookCount, .order_count_max = 20'000'000});
  for (std::uint32_t i = 0; i < kBookCount; ++i) engine.AddBook(99);
  kx1::Rng random(20260101);
  for (std::uint32_t id = 1; id <= kOrderCount; ++id) {
    CreateOrder command;
    command.order_id = OrderId(id);
    command.book = BookIndex(random.below(kBookCount));
    command.owner = OwnerId(id % 1'000 + 1);
    command.side = static_cast<BookSide>(random.below(2));
    command.tick = command.side == BookSide::kBid ? 20 + random.below(30) : 50 + random.below(30);
    command.quantity = Quantity::FromContracts(1 + random.below(100));
    if (id % 4 == 0) command.expiration = Timestamp::FromSeconds(1 + random.below(1'000'000));
    EVX_CHECK(engine.Apply(command).outcome == OrderOutcome::kResting);
  }
  const auto grown = static_cast<double>(ResidentBytes() - before);
  PrintAbsolute("resting_orders_bytes", grown / kOrderCount, "bytes");
  PrintAbsolute("resting_orders_5m", grown / (1 << 20), "MiB");
}

int Main(int argc, char** argv) {
  const std::string_view option = argc == 2 ? argv[1] : "";
  if (option == "--row=kx1") {
    RunKx1("kx1", kx1::Params(), kHashDefault, false);
  } else if (option == "--row=kx1_p99") {
    RunKx1("kx1_p99", kx1::Params(), kHashDefault, true);
  } else if (option == "--row=kx1_hot") {
    RunKx1("kx1_hot", HotBook(), kHashHotBook, false);
  } else if (option == "--row=ladder") {
    RunLadder();
  } else if (option == "--row=resting_orders_bytes") {
    RunRestingOrders();
  } else {
    std::fprintf(stderr,
                 "usage: evx_matching_benchmark "
                 "--row=kx1|kx1_p99|kx1_hot|ladder|resting_orders_bytes\n");
    return 2;
  }
  return 0;
}

}  // namespace
}  // namespace evx::matching

int main(int argc, char** argv) { return evx::matching::Main(argc, argv); }
