#include <cstdio>
#include <vector>

#include "absl/strings/str_format.h"
#include "core.h"
#include "measure.h"
#include "order_flow.h"
#include "workloads.h"

namespace evx::load {
namespace {

constexpr std::uint64_t kSeed = 7;
constexpr double kSettleSeconds = 5;
// Commands that the sequencer finds in its queue at a time, under load.
constexpr std::size_t kBatch = 64;

// A command rate of two millions a second, of which 55 % create.
constexpr double kClientOrderIdsPerSecond = 1.1e6;

double Mebibytes(std::size_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

}  // namespace

void MeasureThroughput(const Settings& settings) {
  const TemporaryDirectory directory(settings.directory);
  // The exchange must know every client order id for days, so what they take is reserved, and not
  // counted as growth: the others' memory must not grow.
  Core core({.directory = directory.path(),
             .client_order_id_count_reserved =
                 static_cast<std::uint32_t>(settings.seconds * kClientOrderIdsPerSecond)});
  OrderFlow flow({}, kSeed);
  while (flow.live_count() < settings.orders) {
    const venue::Command& command = flow.NextCreate();
    flow.OnResult(command, core.Apply(command));
  }
  core.WaitUntilDurable();

  const std::int64_t start = NowNanos();
  const std::int64_t settled = start + static_cast<std::int64_t>(kSettleSeconds * 1e9);
  const std::int64_t end = start + static_cast<std::int64_t>(settings.seconds * 1e9);
  const std::uint64_t first = core.sequence_number().value();
  std::size_t resident_settled = 0;
  std::size_t state_settled = 0;
  std::vector<venue::Command> batch(kBatch);
  std::int64_t now = start;
  while (now < end) {
    for (venue::Command& command : batch) flow.Next(command);
    for (std::size_t i = 0; i < batch.size(); ++i) {
      flow.OnResult(batch[i], core.Apply(batch, i));
    }
    now = NowNanos();
    if (resident_settled == 0 && now >= settled) {
      resident_settled = ResidentBytes();
      state_settled = core.exchange().memory_bytes();
    }
  }
  core.WaitUntilDurable();
  const double seconds = static_cast<double>(NowNanos() - start) * 1e-9;
  const double count = static_cast<double>(core.sequence_number().value() - first);
  const std::size_t resident = ResidentBytes();
  const journal::JournalStats stats = core.journal_stats();
  const auto& counts = flow.counts();
  absl::PrintF(
      "%.0f commands in %.1f s, %d snapshots (last %.2f s), %.0f MB/s of journal, %d group "
      "commits, "
      "%d waits for the disk, %d rejected, create/cancel/cross %d/%d/%d, %d live\n",
      count, seconds, core.snapshot_count(), absl::ToDoubleSeconds(core.last_snapshot_duration()),
      static_cast<double>(stats.bytes) / seconds / 1e6, stats.batch_count, core.wait_count(),
      core.reject_count(), counts.create, counts.cancel, counts.cross, flow.live_count());
  absl::PrintF("state %.1f MiB after %.0f s, %.1f MiB at the end; resident %.1f MiB, %.1f MiB\n",
               Mebibytes(state_settled), kSettleSeconds, Mebibytes(core.exchange().memory_bytes()),
               Mebibytes(resident_settled), Mebibytes(resident));
  PrintRow("core_throughput", count / seconds, {}, "/s");
  if (resident_settled != 0) {
    PrintRow("core_rss",
             (static_cast<double>(resident) / static_cast<double>(resident_settled) - 1) * 100, {},
             "%");
  }
}

}  // namespace evx::load
