#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/journal/journal_writer.h"
#include "evx/venue/codec.h"
#include "evx/venue/exchange.h"
#include "exchange/record.h"
#include "exchange/snapshotter.h"
#include "order_flow.h"

namespace evx::load {

// The core of the exchange without its doors and its reads: state machine with ledger, journal with
// group commit, snapshots by fork. Commands are applied on the caller's thread.
class Core final : public journal::JournalListener {
 public:
  struct Options {
    std::string directory;
    // Commands between snapshots; 0: never.
    std::uint64_t snapshot_interval = 1'000'000;
    // Keep every segment and snapshot, as for a test of recovery.
    bool keep_everything = false;
    // venue::Exchange::Options.
    std::uint32_t client_order_id_count_reserved = 0;
    Population population;
  };
  // Told on the journal's thread what is on disk.
  using DurableHook = std::function<void(const journal::DurableBatch&)>;

  // Opens the journal and applies the set-up commands.
  explicit Core(const Options& options);
  ~Core() override;

  void set_durable_hook(DurableHook hook) { durable_hook_ = std::move(hook); }

  // One command: time, state machine, audit meta, encoding, journal. Waits while the journal's
  // buffer is full; counts that.
  venue::CommandResult Apply(const venue::Command& command);
  // The next of some commands that are at hand together, as the sequencer finds them in its queue:
  // what the ones behind it will read is prefetched.
  venue::CommandResult Apply(std::span<const venue::Command> commands, std::size_t position) {
    venue::PrefetchAhead(
        exchange_, commands.size(),
        position, [commands](std::size_t i) -> auto& { return commands[i]; });
    return Apply(commands[position]);
  }
  void WaitUntilDurable();

  SequenceNumber sequence_number() const { return exchange_.sequence_number(); }
  const venue::Exchange& exchange() const { return exchange_; }
  journal::JournalStats journal_stats() const { return journal_->stats(); }
  std::uint64_t wait_count() const { return wait_count_; }
  std::uint64_t reject_count() const { return reject_count_; }

  void BeginSnapshot() { snapshotter_->Begin(exchange_); }
  bool snapshot_busy() const { return snapshotter_->busy(); }
  std::uint64_t snapshot_count() const { return snapshot_count_; }
  absl::Duration last_snapshot_duration() const {
    return absl::Nanoseconds(last_snapshot_nanos_.load());
  }

  void OnDurable(const journal::DurableBatch& batch) override {
    if (durable_hook_) durable_hook_(batch);
  }
  void OnStalled(const absl::Status& status) override;
  void OnFailed(SequenceNumber durable, const absl::Status& status) override;

 private:
  void OnSnapshot(const mock_kalshi::Snapshotter::Finished& finished);

  const Options options_;
  const SystemClock clock_;
  venue::Exchange exchange_;
  DurableHook durable_hook_;
  std::unique_ptr<journal::JournalWriter> journal_;
  std::unique_ptr<mock_kalshi::Snapshotter> snapshotter_;
  std::atomic<std::uint64_t> snapshot_count_ = 0;
  std::atomic<std::int64_t> last_snapshot_nanos_ = 0;

  mock_kalshi::AuditMeta meta_;
  venue::EventBuffer events_;
  std::string meta_bytes_;
  std::string command_bytes_;
  std::uint64_t commands_since_snapshot_ = 0;
  std::uint64_t wait_count_ = 0;
  std::uint64_t reject_count_ = 0;
};

}  // namespace evx::load
