#include "exchange/sequencer.h"

#include <algorithm>
#include <utility>

#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"

namespace evx::mock_kalshi {
namespace {

// Room that is asked of the journal before a command is applied. One command rarely causes more; a
// mass cancel may, and then waits for the writer (see AppendRecord).
constexpr std::size_t kAdmitBytes = 64 * 1024;
// Between attempts to write what has been applied while the disk is full.
constexpr absl::Duration kSpaceRetry = absl::Milliseconds(50);
// Memory for events that is kept from command to command.
constexpr std::size_t kEventBytesKept = 4 * venue::kRecordEventBytesMax;

// Cancels reach the exchange when orders no longer do: they keep reserved places in the queue and
// reserved bytes in the journal.
bool IsCancel(const venue::Command& command) {
  return std::holds_alternative<venue::CancelOrder>(command) ||
         std::holds_alternative<venue::CancelAllOrders>(command) ||
         std::holds_alternative<venue::TriggerOrderGroup>(command);
}

// Operator commands and the exchange's own go on while the doors are shut.
bool IsRefusedWhileShut(const AuditMeta& meta, const venue::Command& command) {
  return meta.door != Door::kInternal && meta.door != Door::kOperator && !IsCancel(command);
}

}  // namespace

Sequencer::Sequencer(Options options, venue::Exchange& exchange, ExchangeClock& clock)
    : options_(options), exchange_(exchange), clock_(clock), spin_(options.spin) {
  EVX_CHECK(options_.cancel_reserve < options_.queue_capacity);
}

Sequencer::~Sequencer() { Stop(); }

void Sequencer::Start(journal::JournalWriter* journal, std::string unwritten_events) {
  EVX_CHECK(!thread_.joinable());
  journal_ = journal;
  if (journal_ != nullptr) {
    EVX_CHECK(journal_->next_sequence().value() == exchange_.sequence_number().value() + 1);
  }
  released_.store(exchange_.sequence_number().value(), std::memory_order_release);
  thread_ = std::thread([this, unwritten = std::move(unwritten_events)] {
    Applied applied{.time = exchange_.time()};
    ContinueRecord(applied, unwritten);
    Run();
  });
}

void Sequencer::Stop() {
  {
    const std::lock_guard lock(queue_mutex_);
    stopping_ = true;
    queue_changed_.notify_all();
  }
  if (!thread_.joinable()) return;
  thread_.join();
  std::unique_lock lock(pending_mutex_);
  pending_empty_.wait(lock, [this] { return pending_.empty() || failed_.load(); });
}

absl::Status Sequencer::Submit(venue::Command command, const AuditMeta& meta, Completion done) {
  Item item{std::move(command), meta, std::move(done), {}, MonotonicNanos()};
  return Push({&item, 1});
}

absl::Status Sequencer::SubmitAll(std::vector<Submission> submissions, const AuditMeta& meta) {
  std::vector<Item> items;
  items.reserve(submissions.size());
  const std::int64_t now = MonotonicNanos();
  for (Submission& submission : submissions) {
    items.push_back({std::move(submission.command), meta, std::move(submission.done), {}, now});
  }
  return Push(items);
}

absl::Status Sequencer::Ask(Query query) {
  Item item{venue::AdvanceTime{}, AuditMeta{}, {}, std::move(query), MonotonicNanos()};
  return Push({&item, 1});
}

absl::Status Sequencer::Push(std::span<Item> items) {
  if (items.empty()) return absl::OkStatus();
  if (failed_.load(std::memory_order_acquire)) return Unavailable("the journal has failed");
  if (!accepting()) {
    for (const Item& item : items) {
      if (IsRefusedWhileShut(item.meta, item.command) && !item.query) {
        return Unavailable("the exchange has been told to stop accepting commands");
      }
    }
  }
  const bool only_cancels = std::all_of(items.begin(), items.end(), [](const Item& item) {
    return !item.query && IsCancel(item.command);
  });
  const std::size_t capacity =
      only_cancels ? options_.queue_capacity : options_.queue_capacity - options_.cancel_reserve;
  const std::lock_guard lock(queue_mutex_);
  if (stopping_) return Unavailable("the exchange is stopping");
  // Commands that wait for the disk or for their answer count too: otherwise the journal's buffer
  // would be one more queue, and under overload an answer would be seconds away.
  const std::size_t waiting = queue_.size() + pending_count_.load(std::memory_order_relaxed);
  if (waiting + items.size() > capacity) {
    return ResourceExhausted("the command queue is full");
  }
  for (Item& item : items) queue_.push_back(std::move(item));
  queue_size_.store(queue_.size(), std::memory_order_release);
  if (sleeping_) queue_changed_.notify_one();
  return absl::OkStatus();
}

Outcome Sequencer::Execute(venue::Command command, const AuditMeta& meta) {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Outcome> outcome;
  const absl::Status status = Submit(std::move(command), meta, [&](const Outcome& result) {
    const std::lock_guard lock(mutex);
    outcome = result;
    changed.notify_one();
  });
  if (!status.ok()) return {status, {}, {}, {}};
  std::unique_lock lock(mutex);
  changed.wait(lock, [&outcome] { return outcome.has_value(); });
  return *std::move(outcome);
}

void Sequencer::Wake() {
  const std::lock_guard lock(queue_mutex_);
  woken_ = true;
  queue_changed_.notify_one();
}

std::size_t Sequencer::queue_size() const { return queue_size_.load(std::memory_order_acquire); }

void Sequencer::Run() {
  std::vector<Item> batch;
  while (WaitForWork(batch)) {
    queue_size_.store(0, std::memory_order_release);
    ApplyDueTimers();
    for (std::size_t i = 0; i < batch.size(); ++i) {
      venue::PrefetchAhead(
          exchange_, batch.size(), i, [&](std::size_t at) -> auto& { return batch[at].command; });
      ApplyItem(batch[i]);
    }
    batch.clear();
    if (journal_ == nullptr) Release(exchange_.sequence_number());
    MaybeSnapshot();
  }
}

// Takes everything that is queued; false once the queue is empty and no more will come. Returns
// with an empty batch when a timer is due.
bool Sequencer::WaitForWork(std::vector<Item>& batch) {
  spin_.Wait([this] { return queue_size_.load(std::memory_order_acquire) > 0; });
  std::unique_lock lock(queue_mutex_);
  while (queue_.empty() && !stopping_ && !woken_) {
    const std::optional<Timestamp> timer = exchange_.NextTimer();
    const absl::Duration wait = timer ? clock_.WallTimeUntil(*timer) : absl::InfiniteDuration();
    if (wait == absl::ZeroDuration()) break;
    sleeping_ = true;
    if (wait == absl::InfiniteDuration()) {
      queue_changed_.wait(lock);
    } else {
      queue_changed_.wait_for(lock, absl::ToChronoNanoseconds(std::min(wait, absl::Hours(1))));
    }
    sleeping_ = false;
  }
  woken_ = false;
  batch.swap(queue_);
  return !batch.empty() || !stopping_;
}

void Sequencer::ApplyDueTimers() {
  const std::optional<Timestamp> timer = exchange_.NextTimer();
  if (timer && *timer <= clock_.Now()) ApplyCommand(venue::AdvanceTime{}, {}, {}, MonotonicNanos());
}

void Sequencer::ApplyItem(Item& item) {
  if (item.query) {
    PushContinuation(item.query(exchange_));
    return;
  }
  ApplyCommand(item.command, item.meta, std::move(item.done), item.received);
}

// Answers in the order of the commands around it, on the release step like every other answer.
void Sequencer::Refuse(const absl::Status& status, Completion done) {
  PushContinuation([status, time = clock_.Now(), done = std::move(done)]() mutable {
    done({status, {}, time, {}});
  });
}

void Sequencer::PushContinuation(absl::AnyInvocable<void()> continuation) {
  Pending pending;
  pending.sequence_number = exchange_.sequence_number();
  pending.continuation = std::move(continuation);
  {
    const std::lock_guard lock(pending_mutex_);
    pending_.push_back(std::move(pending));
    pending_count_.store(pending_.size(), std::memory_order_relaxed);
  }
  if (journal_ != nullptr) Release(journal_->durable().Get());
}

void Sequencer::ApplyCommand(const venue::Command& command, const AuditMeta& meta, Completion done,
                             std::int64_t received) {
  const bool is_cancel = IsCancel(command);
  if (journal_ != nullptr) {
    const journal::AppendResult admitted = journal_->Admit(kAdmitBytes, is_cancel);
    if (admitted != journal::AppendResult::kAppended) {
      if (done) Refuse(journal::ToStatus(admitted), std::move(done));
      return;
    }
  }
  Applied applied{.meta = meta, .done = std::move(done), .uses_reserve = is_cancel};
  applied.stages.received = received;
  events_.clear();
  const SequenceNumber sequence_number(exchange_.sequence_number().value() + 1);
  applied.result = exchange_.Apply(command, sequence_number, clock_.Now(), events_);
  applied.time = exchange_.time();
  applied.stages.sequenced = MonotonicNanos();
  std::string_view left = events_.bytes();
  const std::string_view events = venue::TakeRecordEvents(left);
  AddRecord(command, applied, events, left);
  if (left.empty()) [[likely]]
    return;
  ContinueRecord(applied, left);
  if (events_.size() > kEventBytesKept) events_ = venue::EventBuffer();
}

void Sequencer::ContinueRecord(Applied& applied, std::string_view events) {
  venue::EventBuffer none;
  while (!events.empty()) {
    const std::string_view record_events = venue::TakeRecordEvents(events);
    const SequenceNumber sequence_number(exchange_.sequence_number().value() + 1);
    exchange_.Apply(venue::ContinueEvents{}, sequence_number, applied.time, none);
    AddRecord(venue::ContinueEvents{}, applied, record_events, events);
  }
}

void Sequencer::AddRecord(const venue::Command& command, Applied& applied, std::string_view events,
                          std::string_view left) {
  Pending pending;
  pending.is_record = true;
  pending.sequence_number = exchange_.sequence_number();
  pending.time = applied.time;
  pending.result = applied.result;
  pending.stages = applied.stages;
  if (left.empty()) pending.done = std::move(applied.done);
  EncodeAuditMeta(applied.meta, pending.bytes);
  pending.meta_size = pending.bytes.size();
  venue::EncodeCommand(command, pending.bytes);
  pending.command_size = pending.bytes.size() - pending.meta_size;
  pending.bytes.append(events);

  journal::RecordView record;
  record.sequence = pending.sequence_number;
  record.time = pending.time;
  {
    // Before the append: the record may be durable, and released, as soon as that returns.
    const std::lock_guard lock(pending_mutex_);
    pending_.push_back(std::move(pending));
    pending_count_.store(pending_.size(), std::memory_order_relaxed);
    const Pending& kept = pending_.back();
    const std::string_view kept_bytes = kept.bytes;
    record.meta = kept_bytes.substr(0, kept.meta_size);
    record.command = kept_bytes.substr(kept.meta_size, kept.command_size);
    record.events = kept_bytes.substr(kept.meta_size + kept.command_size);
  }
  ++commands_since_snapshot_;
  if (journal_ != nullptr) AppendRecord(record, applied.uses_reserve);
}

// The command has been applied, so the record must get into the journal: when the writer is behind
// or the disk is full, wait. A record of a size that Admit was not asked for, or one of many that a
// single command makes, comes to this.
void Sequencer::AppendRecord(const journal::RecordView& record, bool uses_reserve) {
  while (!failed_.load(std::memory_order_acquire)) {
    const journal::AppendResult appended = journal_->Append(record, uses_reserve);
    switch (appended) {
      case journal::AppendResult::kAppended:
        return;
      case journal::AppendResult::kBufferFull:
        journal_->durable().WaitBeyond(journal_->durable().Get(), absl::Milliseconds(10));
        break;
      case journal::AppendResult::kNoSpace:
        if (!WaitForSpace()) return FailAll(journal::ToStatus(appended));
        break;
      case journal::AppendResult::kTooLarge:
      case journal::AppendResult::kFailed:
        return FailAll(journal::ToStatus(appended));
    }
  }
}

// False when the exchange is to stop.
bool Sequencer::WaitForSpace() {
  std::unique_lock lock(queue_mutex_);
  return !queue_changed_.wait_for(lock, absl::ToChronoNanoseconds(kSpaceRetry),
                                  [this] { return stopping_; });
}

void Sequencer::MaybeSnapshot() {
  if (options_.snapshot_interval == 0 || !snapshot_trigger_) return;
  if (commands_since_snapshot_ < options_.snapshot_interval) return;
  commands_since_snapshot_ = 0;
  snapshot_trigger_(exchange_);
}

void Sequencer::OnDurable(const journal::DurableBatch& batch) { Release(batch.last_sequence); }

void Sequencer::OnStalled(const absl::Status&) {
  // The writer tries again until the records are durable; their callers wait for that.
}

void Sequencer::OnFailed(SequenceNumber durable, const absl::Status& status) {
  Release(durable);
  FailAll(status);
}

void Sequencer::Release(SequenceNumber durable) {
  const std::lock_guard release_lock(release_mutex_);
  const std::int64_t durable_time = MonotonicNanos();
  for (;;) {
    Pending pending;
    {
      const std::lock_guard lock(pending_mutex_);
      if (pending_.empty() || pending_.front().sequence_number > durable) break;
      pending = std::move(pending_.front());
      pending_.pop_front();
      pending_count_.store(pending_.size(), std::memory_order_relaxed);
    }
    pending.stages.durable = durable_time;
    ReleaseOne(pending);
  }
  for (const auto& hook : release_hooks_) hook();
  pending_empty_.notify_all();
}

void Sequencer::ReleaseOne(Pending& pending) {
  if (!pending.is_record) {
    if (pending.continuation) pending.continuation();
    return;
  }
  const std::string_view bytes = pending.bytes;
  const ReleasedRecord record{pending.sequence_number,
                              pending.time,
                              bytes.substr(0, pending.meta_size),
                              bytes.substr(pending.meta_size, pending.command_size),
                              bytes.substr(pending.meta_size + pending.command_size),
                              pending.stages.durable - pending.stages.received};
  for (RecordListener* listener : listeners_) listener->OnRecord(record);
  released_.store(pending.sequence_number.value(), std::memory_order_release);
  if (pending.done) {
    pending.done({absl::OkStatus(), pending.sequence_number, pending.time, pending.result});
  }
  pending.stages.released = MonotonicNanos();
  if (stage_observer_) stage_observer_(pending.stages);
}

// Nothing more will become durable: the callers learn that the outcome is unknown, and the owner
// stops the process.
void Sequencer::FailAll(const absl::Status& status) {
  if (failed_.exchange(true)) return;
  std::deque<Pending> pending;
  {
    const std::lock_guard lock(pending_mutex_);
    pending.swap(pending_);
    pending_count_.store(0, std::memory_order_relaxed);
  }
  const absl::Status unknown = absl::AbortedError(status.message());
  for (Pending& entry : pending) {
    if (entry.done) entry.done({unknown, entry.sequence_number, entry.time, {}});
  }
  pending_empty_.notify_all();
  if (failure_handler_) failure_handler_(status);
}

}  // namespace evx::mock_kalshi
