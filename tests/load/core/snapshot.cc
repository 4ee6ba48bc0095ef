#include <algorithm>
#include <cstdio>
#include <vector>

#include "absl/strings/str_format.h"
#include "core.h"
#include "evx/core/check.h"
#include "measure.h"
#include "order_flow.h"
#include "workloads.h"

namespace evx::load {
namespace {

constexpr std::uint64_t kSeed = 11;
constexpr std::uint32_t kOrderCount = 5'000'000;
constexpr std::int64_t kQuietSeconds = 10;
constexpr std::int64_t kSnapshotSecondsMax = 120;

// Acknowledgement times of commands at a steady rate, from the intended send to the moment the
// record is durable.
class Acknowledgements {
 public:
  Acknowledgements(Core& core, OrderFlow& flow, std::uint32_t rate)
      : core_(core), flow_(flow), interval_nanos_(1'000'000'000 / rate) {
    intended_.reserve(static_cast<std::size_t>(rate) * (kQuietSeconds + kSnapshotSecondsMax));
    core_.WaitUntilDurable();
    first_ = core_.sequence_number().value() + 1;
    core_.set_durable_hook([this](const journal::DurableBatch& batch) { OnDurable(batch); });
  }
  ~Acknowledgements() { core_.set_durable_hook({}); }

  template <class Condition>
  void RunWhile(Condition&& condition, Latencies& latencies) {
    latencies_ = &latencies;
    std::int64_t next = NowNanos();
    while (condition() && intended_.size() < intended_.capacity()) {
      WaitUntilNanos(next);
      intended_.push_back(next);
      const venue::Command& command = flow_.Next();
      flow_.OnResult(command, core_.Apply(command));
      next += interval_nanos_;
    }
    core_.WaitUntilDurable();
  }

 private:
  void OnDurable(const journal::DurableBatch& batch) {
    const std::int64_t now = NowNanos();
    // The last batch before the first may be reported late.
    std::uint64_t s = std::max(batch.first_sequence.value(), first_);
    for (; s <= batch.last_sequence.value(); ++s) {
      latencies_->Add(now - intended_.data()[s - first_]);
    }
  }

  Core& core_;
  OrderFlow& flow_;
  const std::int64_t interval_nanos_;
  std::vector<std::int64_t> intended_;  // Never grows: the journal's thread reads it.
  std::uint64_t first_ = 0;
  Latencies* latencies_ = nullptr;
};

}  // namespace

void MeasureSnapshot(const Settings& settings) {
  const TemporaryDirectory directory(settings.directory);
  Core core({.directory = directory.path(), .snapshot_interval = 0});
  OrderFlow flow({}, kSeed);
  while (flow.live_count() < kOrderCount) {
    const venue::Command& command = flow.NextCreate();
    flow.OnResult(command, core.Apply(command));
  }
  core.WaitUntilDurable();
  PrintRow("core_orders_5m", static_cast<double>(ResidentBytes()) / (1 << 20), {}, "MiB");

  Latencies quiet;
  Latencies busy;
  Acknowledgements acknowledgements(core, flow, settings.rate);
  const std::int64_t quiet_end = NowNanos() + kQuietSeconds * 1'000'000'000;
  acknowledgements.RunWhile([quiet_end] { return NowNanos() < quiet_end; }, quiet);
  const std::int64_t start = NowNanos();
  bool begun = false;
  // The fork belongs to what is measured.
  acknowledgements.RunWhile(
      [&] {
        if (begun) return core.snapshot_busy();
        begun = true;
        core.BeginSnapshot();
        absl::PrintF("fork %.1f ms\n", static_cast<double>(NowNanos() - start) * 1e-6);
        return true;
      },
      busy);
  absl::PrintF("snapshot of %d orders in %.1f s\n", flow.live_count(),
               absl::ToDoubleSeconds(core.last_snapshot_duration()));
  quiet.Print("acknowledged, no snapshot");
  busy.Print("acknowledged, snapshot");
  PrintRow("snapshot_ack", busy.Micros(0.999), quiet.Micros(0.999), "us");
}

}  // namespace evx::load
