#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "evx/core/adaptive_spin.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/journal/journal_writer.h"
#include "evx/venue/codec.h"
#include "evx/venue/exchange.h"
#include "exchange/exchange_clock.h"
#include "exchange/record.h"

namespace evx::mock_kalshi {

// What became of a submitted command. `status` is OK when the command was applied and is durable;
// `result` then says what the exchange decided, a rejection included. Otherwise nothing was applied
// (RESOURCE_EXHAUSTED: the queue or the journal is behind; UNAVAILABLE: no space, stopping), or the
// process is about to stop with the outcome unknown (ABORTED).
struct Outcome {
  absl::Status status;
  SequenceNumber sequence_number;
  Timestamp time;
  venue::CommandResult result;
};

// Called once, by the release step (one thread at a time), after the record is durable and every
// listener has seen it. Must not block.
using Completion = absl::AnyInvocable<void(const Outcome&)>;

// Runs on the sequencer thread between two commands; what it returns runs on the release thread
// once everything the query could see is durable.
using Query = absl::AnyInvocable<absl::AnyInvocable<void()>(const venue::Exchange&)>;

// When a stage of a command's life was reached, in ns of the monotonic clock.
struct StageTimes {
  std::int64_t received = 0;
  std::int64_t sequenced = 0;
  std::int64_t durable = 0;
  std::int64_t released = 0;
};

// The single writer. Commands of all doors meet in one bounded queue; this thread stamps number and
// time, applies each to the Exchange, and appends it with its events to the journal. Once the
// journal says that a record is on disk, the release step shows it to the listeners (read model
// first) and then answers the caller: nothing that is not durable is ever seen.
//
// At most Options::queue_capacity submissions are accepted and not yet answered; the last
// cancel_reserve places are taken by cancels only, so that a flood of orders cannot keep anybody
// from leaving the market. One more is answered RESOURCE_EXHAUSTED at once.
//
// Without a journal (ephemeral) a record counts as durable when it has been applied.
//
// A command with more events than a record may hold takes several numbers: the further events go
// into records of ContinueEvents right behind its own, and it is answered with the last of them.
class Sequencer final : public journal::JournalListener {
 public:
  struct Options {
    std::size_t queue_capacity = 16'384;
    std::size_t cancel_reserve = 2'048;
    // How long the thread looks for new commands, without sleeping, while that pays.
    absl::Duration spin = absl::Microseconds(20);
    // A snapshot is asked for after this many commands; 0: never.
    std::uint64_t snapshot_interval = 1'000'000;
  };

  // Asked on the sequencer thread, between two commands, to begin a snapshot of the exchange as it
  // stands; must return fast (it forks).
  using SnapshotTrigger = std::function<void(const venue::Exchange&)>;
  // Told of each released record's stages; for histograms.
  using StageObserver = std::function<void(const StageTimes&)>;
  // The journal has failed for good: the process must stop.
  using FailureHandler = std::function<void(const absl::Status&)>;

  // All references must outlive this. The exchange belongs to the sequencer from Start to Stop.
  Sequencer(Options options, venue::Exchange& exchange, ExchangeClock& clock);
  ~Sequencer() override;

  // Before Start only.
  void AddListener(RecordListener& listener) { listeners_.push_back(&listener); }
  void set_snapshot_trigger(SnapshotTrigger trigger) { snapshot_trigger_ = std::move(trigger); }
  void set_stage_observer(StageObserver observer) { stage_observer_ = std::move(observer); }
  // Called on the releasing thread after each group of completions: doors that collect their
  // replies send them here.
  void AddReleaseHook(std::function<void()> hook) { release_hooks_.push_back(std::move(hook)); }
  void set_failure_handler(FailureHandler handler) { failure_handler_ = std::move(handler); }

  // `journal` may be null (ephemeral); its next sequence number must follow the exchange's.
  // `unwritten_events`: those of the last record that no record holds yet; they are the first thing
  // to be written.
  void Start(journal::JournalWriter* journal, std::string unwritten_events = {});
  // Refuses new commands, applies those in the queue, waits until all are released.
  void Stop();

  // Any thread. The command is in the queue when this returns OK, and then `done` is called exactly
  // once; otherwise `done` is never called. Commands of one thread keep their order.
  absl::Status Submit(venue::Command command, const AuditMeta& meta, Completion done);
  // The same for several commands that must stay together; all or none are queued.
  struct Submission {
    venue::Command command;
    Completion done;
  };
  absl::Status SubmitAll(std::vector<Submission> submissions, const AuditMeta& meta);
  absl::Status Ask(Query query);

  // For tests and tools: waits for the outcome.
  Outcome Execute(venue::Command command, const AuditMeta& meta = {});

  // While false, every command of a door but cancels is refused with UNAVAILABLE (operator switch).
  void SetAccepting(bool accepting) { accepting_.store(accepting, std::memory_order_release); }
  bool accepting() const { return accepting_.load(std::memory_order_acquire); }

  // Wakes the thread so that it looks at the clock again (after the virtual clock was moved).
  void Wake();

  std::size_t queue_size() const;
  SequenceNumber released() const {
    return SequenceNumber(released_.load(std::memory_order_acquire));
  }

  // journal::JournalListener, on the journal's writer thread.
  void OnDurable(const journal::DurableBatch& batch) override;
  void OnStalled(const absl::Status& status) override;
  void OnFailed(SequenceNumber durable, const absl::Status& status) override;

 private:
  struct Item {
    venue::Command command;
    AuditMeta meta;
    Completion done;
    Query query;
    std::int64_t received = 0;
  };
  struct Pending {
    SequenceNumber sequence_number;  // Released when this one is durable.
    bool is_record = false;          // Otherwise a query's continuation.
    Timestamp time;
    std::string bytes;  // meta, command, events, one after the other.
    std::size_t meta_size = 0;
    std::size_t command_size = 0;
    venue::CommandResult result;
    Completion done;
    absl::AnyInvocable<void()> continuation;
    StageTimes stages;
  };

  // A command that the exchange has executed.
  struct Applied {
    AuditMeta meta;
    Timestamp time;
    venue::CommandResult result;
    StageTimes stages;
    Completion done;  // Goes with its last record.
    bool uses_reserve = false;
  };

  absl::Status Push(std::span<Item> items);
  void Run();
  bool WaitForWork(std::vector<Item>& batch);
  void ApplyItem(Item& item);
  void ApplyCommand(const venue::Command& command, const AuditMeta& meta, Completion done,
                    std::int64_t received);
  // Writes what the exchange has just applied, and its events up to those that are `left`.
  void AddRecord(const venue::Command& command, Applied& applied, std::string_view events,
                 std::string_view left);
  // Writes further events of the command, each record with a number of its own.
  void ContinueRecord(Applied& applied, std::string_view events);
  void AppendRecord(const journal::RecordView& record, bool uses_reserve);
  bool WaitForSpace();
  void Refuse(const absl::Status& status, Completion done);
  void PushContinuation(absl::AnyInvocable<void()> continuation);
  void ApplyDueTimers();
  void MaybeSnapshot();
  void Release(SequenceNumber durable);
  void ReleaseOne(Pending& pending);
  void FailAll(const absl::Status& status);

  const Options options_;
  venue::Exchange& exchange_;
  ExchangeClock& clock_;
  journal::JournalWriter* journal_ = nullptr;
  std::vector<RecordListener*> listeners_;
  std::vector<std::function<void()>> release_hooks_;
  SnapshotTrigger snapshot_trigger_;
  StageObserver stage_observer_;
  FailureHandler failure_handler_;

  mutable std::mutex queue_mutex_;
  std::condition_variable queue_changed_;
  std::vector<Item> queue_;
  std::atomic<std::size_t> queue_size_ = 0;
  bool sleeping_ = false;
  bool woken_ = false;
  bool stopping_ = false;
  std::atomic<bool> accepting_ = true;
  std::atomic<bool> failed_ = false;

  // Sequencer thread only.
  AdaptiveSpin spin_;
  venue::EventBuffer events_;
  std::uint64_t commands_since_snapshot_ = 0;

  std::mutex pending_mutex_;
  std::condition_variable pending_empty_;
  std::deque<Pending> pending_;
  std::atomic<std::size_t> pending_count_ = 0;  // Its size, for those without the lock.
  std::mutex release_mutex_;                    // One releaser at a time keeps the order.
  std::atomic<std::uint64_t> released_ = 0;

  std::thread thread_;
};

}  // namespace evx::mock_kalshi
