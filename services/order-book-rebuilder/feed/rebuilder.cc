#include "feed/rebuilder.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "evx/core/backoff.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"

namespace evx::order_book_rebuilder {
namespace {

constexpr std::size_t kBatchCount = 1'000;
// The stop flag is looked at so often.
constexpr absl::Duration kPollWait = absl::Milliseconds(100);
constexpr absl::Duration kRequestTimeout = absl::Seconds(5);
constexpr absl::Duration kFlushTimeout = absl::Seconds(5);
constexpr absl::Duration kRetryFirst = absl::Milliseconds(100);
constexpr absl::Duration kRetryMax = absl::Seconds(5);

void Warn(const absl::Status& status) {
  telemetry::Log(telemetry::kWarning, "State on disk cannot be used.", {{"status", status}});
}

}  // namespace

Rebuilder::Rebuilder(Options options, journal::FileSystem& file_system, const Clock& clock,
                     RebuiltBooks& books, RebuilderEvents events)
    : options_(std::move(options)),
      file_system_(file_system),
      clock_(clock),
      books_(books),
      events_(std::move(events)),
      status_(Unavailable("kafka: not connected yet")),
      reader_(options_.accepts_replay) {}

Rebuilder::~Rebuilder() { Stop(); }

void Rebuilder::Start() {
  thread_ = std::thread([this] { Run(); });
}

void Rebuilder::Stop() {
  should_stop_ = true;
  if (thread_.joinable()) thread_.join();
}

absl::Status Rebuilder::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Rebuilder::SetStatus(absl::Status status) {
  const std::lock_guard lock(mutex_);
  if (!status.ok() && status_.ok()) {
    telemetry::Log(telemetry::kWarning, "Books stand still.", {{"status", status}});
  }
  status_ = std::move(status);
}

void Rebuilder::Run() {
  Backoff backoff(kRetryFirst, kRetryMax);
  while (!should_stop_) {
    const absl::Status status = Follow();
    Close();
    if (status.ok()) return;
    SetStatus(status);
    const std::int64_t until = MonotonicNanos() + absl::ToInt64Nanoseconds(backoff.Next());
    while (!should_stop_ && MonotonicNanos() < until) absl::SleepFor(kRetryFirst);
  }
}

absl::Status Rebuilder::Open() {
  EVX_ASSIGN_OR_RETURN(parked_, ParkedMessages::Open(options_.brokers, clock_));
  kafka::Consumer::Options options;
  options.brokers = options_.brokers;
  options.client_id = ParkedMessages::kService;
  options.group_id = options_.group_id;
  options.instance_id = options_.instance_id;
  options.topics = {kTopic};
  options.session_timeout = options_.session_timeout;
  options.watch_ends = true;
  options.on_assigned = [this](const auto& partitions) { OnAssigned(partitions); };
  options.on_revoked = [this](const auto& partitions) { OnRevoked(partitions); };
  options.place_of = [this](const kafka::TopicPartition& where) {
    return partitions_.at(where.partition)->next_offset();
  };
  EVX_ASSIGN_OR_RETURN(consumer_, kafka::Consumer::Open(std::move(options)));
  EVX_ASSIGN_OR_RETURN(const auto extents, consumer_->Extents(kTopic, kRequestTimeout));
  books_.SetPartitionCount(static_cast<std::int32_t>(extents.size()));
  return absl::OkStatus();
}

void Rebuilder::Close() {
  if (consumer_ != nullptr) StoreAll(/*at_once=*/true);
  consumer_.reset();  // Revokes what is left.
  parked_.reset();
  is_assigned_ = false;
  read_up_ = false;
}

absl::Status Rebuilder::Follow() {
  EVX_RETURN_IF_ERROR(Open());
  last_store_nanos_ = MonotonicNanos();
  while (!should_stop_) {
    const auto batch = consumer_->Poll(kBatchCount, kPollWait);
    if (batch.ok()) {
      SetStatus(absl::OkStatus());
      ApplyBatch(*batch);
    } else if (absl::IsUnavailable(batch.status())) {
      SetStatus(batch.status());  // It goes on by itself.
    } else {
      return batch.status();
    }
    NoteEnds();
    books_.Touch();
    lag_ = consumer_->lag();
    StoreAll(/*at_once=*/false);
  }
  return absl::OkStatus();
}

// --- Partitions ---------------------------------------------------------------------------------

std::shared_ptr<Partition> Rebuilder::OpenPartition(std::int32_t number) {
  Partition::Options options;
  options.directory = absl::StrFormat("%s/partition-%d", options_.data_directory, number);
  options.market_count_max = options_.market_count_max;
  options.forget_after = options_.forget_after;
  options.history_retention = options_.history_retention;
  options.history_bytes_max = options_.history_bytes_max;
  return Partition::Open(file_system_, std::move(options), Warn);
}

void Rebuilder::OnAssigned(const std::vector<kafka::TopicPartition>& partitions) {
  const auto extents = consumer_->Extents(kTopic, kRequestTimeout);
  for (const kafka::TopicPartition& where : partitions) {
    auto partition = OpenPartition(where.partition);
    if (extents.ok() && extents->count(where) != 0 &&
        partition->next_offset() > extents->at(where).end) {
      telemetry::Log(telemetry::kWarning, "The topic was made anew: its books are forgotten.",
                     {{"partition", where.partition},
                      {"offset", partition->next_offset()},
                      {"offset_end", extents->at(where).end}});
      if (const absl::Status status = partition->Discard(); !status.ok()) Warn(status);
    }
    partitions_[where.partition] = partition;
    books_.Add(where.partition, std::move(partition));
  }
  is_assigned_ = true;
  telemetry::Log(telemetry::kInfo, "Partitions assigned.", {{"count", partitions.size()}});
}

void Rebuilder::OnRevoked(const std::vector<kafka::TopicPartition>& partitions) {
  if (consumer_ != nullptr) StoreAll(/*at_once=*/true);  // Else Close has done so.
  for (const kafka::TopicPartition& where : partitions) {
    books_.Remove(where.partition);
    partitions_.erase(where.partition);
  }
  is_assigned_ = false;
  read_up_ = false;
  telemetry::Log(telemetry::kInfo, "Partitions revoked.", {{"count", partitions.size()}});
}

void Rebuilder::NoteEnds() {
  bool all = is_assigned_;
  for (const auto& [number, partition] : partitions_) {
    const kafka::TopicPartition where{kTopic, number};
    if (consumer_->read_up().count(where) == 0) {
      all = false;
      continue;
    }
    partition->Skip(consumer_->places().at(where));
    partition->SetReadUp();
  }
  read_up_ = all;
}

// --- Records ------------------------------------------------------------------------------------

void Rebuilder::ApplyBatch(const kafka::RecordBatch& batch) {
  for (std::size_t i = 0; i < batch.size(); ++i) ApplyRecord(batch[i]);
  if (batch.size() > 0) events_.messages_read(batch.size(), clock_.Now());
}

void Rebuilder::ApplyRecord(const kafka::RecordView& record) {
  const auto found = partitions_.find(record.partition);
  if (found == partitions_.end() || record.offset < found->second->next_offset()) return;
  Partition& partition = *found->second;
  const absl::Status readable = reader_.Read(record.key, record.payload);
  if (!readable.ok()) Park("unreadable_message", readable, record);
  if (reader_.update().sequence == 0) return partition.Skip(record.offset + 1);
  const absl::Status applied = partition.Apply(record.offset, reader_.ticker(), reader_.update());
  if (!applied.ok()) Park("too_many_markets", applied, record);
}

void Rebuilder::Park(std::string_view kind, const absl::Status& fault,
                     const kafka::RecordView& record) {
  events_.message_parked();
  telemetry::Log(telemetry::kWarning, "Message parked.",
                 {{"kind", kind},
                  {"status", fault},
                  {"partition", record.partition},
                  {"offset", record.offset}});
  while (!should_stop_) {
    const absl::Status status =
        parked_->Park(kind, fault, record, reader_.ticker(), reader_.trace_id());
    if (!absl::IsResourceExhausted(status)) {
      if (!status.ok()) SetStatus(status);
      return;
    }
    if (const absl::Status flushed = parked_->Flush(kPollWait); !flushed.ok()) SetStatus(flushed);
  }
}

// --- Checkpoints --------------------------------------------------------------------------------

void Rebuilder::StoreAll(bool at_once) {
  const std::int64_t start = MonotonicNanos();
  if (!at_once &&
      start - last_store_nanos_ < absl::ToInt64Nanoseconds(options_.checkpoint_interval)) {
    return;
  }
  last_store_nanos_ = start;
  // What was parked must not be lost behind a place that is stored.
  absl::Status status = parked_->Flush(kFlushTimeout);
  for (const auto& [number, partition] : partitions_) {
    if (!status.ok()) break;
    status = partition->Store(clock_.Now());
  }
  if (status.ok()) {
    events_.checkpoint_stored(absl::Nanoseconds(MonotonicNanos() - start));
    // Another member may have the partitions already: then it is no longer ours to tell.
    static_cast<void>(consumer_->Commit());
    return;
  }
  events_.checkpoint_failed();
  telemetry::Log(telemetry::kError, "Checkpoint not stored.", {{"status", status}});
}

}  // namespace evx::order_book_rebuilder
