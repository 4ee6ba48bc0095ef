#include <atomic>

#include "evx/core/check.h"
#include "host.h"
#include "measure.h"
#include "order_flow.h"
#include "workloads.h"

namespace evx::load {
namespace {

constexpr int kOrderCount = 5'000;
constexpr int kSyncCount = 2'000;
constexpr std::int64_t kIntervalNanos = 1'000'000;
constexpr std::int64_t kSettleNanos = 1'000'000'000;

}  // namespace

void MeasureDurable(const Settings& settings) {
  const TemporaryDirectory directory(settings.directory);
  const TemporaryDirectory reference_directory(settings.directory);
  Host host(directory.path());
  const Population population{.market_count = 100, .account_count = 100};
  host.Populate(population);
  // Segments are being made ready in the background; let that end.
  WaitUntilNanos(NowNanos() + kSettleNanos);

  Latencies syncs;
  MeasureFdatasync(reference_directory.path(), kSyncCount, syncs);
  OrderFlow flow(population, 3);
  Latencies orders;
  orders.Reserve(kOrderCount);
  std::atomic<int> done_count = 0;
  std::int64_t next = NowNanos() + kIntervalNanos;
  for (int i = 0; i < kOrderCount; ++i, next += kIntervalNanos) {
    WaitUntilNanos(next);
    const absl::Status status = host.sequencer().Submit(
        flow.NextCreate(), {}, [&, next](const mock_kalshi::Outcome& outcome) {
          EVX_CHECK(outcome.status.ok() && !outcome.result.reject);
          orders.Add(NowNanos() - next);
          done_count.fetch_add(1, std::memory_order_release);
        });
    EVX_CHECK(status.ok());
  }
  while (done_count.load(std::memory_order_acquire) < kOrderCount) {
  }
  // Before and after: the disk's mood changes.
  MeasureFdatasync(reference_directory.path(), kSyncCount, syncs);
  syncs.Print("fdatasync 4 KiB");
  orders.Print("durable order");
  PrintRow("durable_order_p50", orders.Micros(0.5), syncs.Micros(0.5), "us");
  PrintRow("durable_order_p99", orders.Micros(0.99), syncs.Micros(0.5), "us");
}

}  // namespace evx::load
