#include "kafka/kafka_follower.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/kafka/consumer.h"
#include "tool/journal_replay.h"

namespace evx::mock_kalshi {
namespace {

constexpr const char* kSource = "mock-kalshi";
constexpr const char* kSchema = "evx.events.v1.ExchangeMessage";
// For a question to the brokers; a stop waits for it.
constexpr absl::Duration kRequestTimeout = absl::Seconds(2);
// How long a wait for new records lasts at most while acknowledgements are, or are not, to come.
constexpr std::chrono::milliseconds kBusyWait(5);
constexpr std::chrono::milliseconds kIdleWait(200);
constexpr absl::Duration kAcknowledgementWait = absl::Milliseconds(5);
// A wait for room in the producer's buffer, and how often the stop flag is looked at.
constexpr absl::Duration kFullWait = absl::Milliseconds(20);
// Acknowledgements are taken in once for so many records.
constexpr int kRecordsPerPoll = 64;
constexpr const char* kRemedy =
    ": delete the topic and make it anew (scripts/topics), or name other brokers in "
    "--kafka_brokers";

}  // namespace

KafkaFollower::KafkaFollower(Options options, journal::FileSystem& file_system,
                             const journal::DurableSequence& durable,
                             journal::FollowerCursors& cursors, TickerTable names,
                             const WireIdCodec& wire_ids,
                             std::function<void(const absl::Status&)> on_failure)
    : options_(std::move(options)),
      journal_text_(absl::StrFormat("%016x", static_cast<std::uint64_t>(options_.journal_id))),
      file_system_(file_system),
      durable_(durable),
      cursors_(cursors),
      on_failure_(std::move(on_failure)),
      names_(std::move(names)),
      translator_(names_, wire_ids),
      cursor_(file_system, options_.journal_directory),
      thread_(
          {options_.retry_interval_first, options_.retry_interval_max,
           Unavailable("kafka: not connected yet")},
          durable, [this] { return RunSession(); }, on_failure_) {
  cursors_.Set(kFollowerName, SequenceNumber(0));
}

absl::Status KafkaFollower::RunSession() {
  const absl::Status status = Follow();
  if (producer_ != nullptr && tail_ != nullptr) {
    static_cast<void>(Advance());
    StoreCursor(/*at_once=*/true);
  }
  tail_.reset();
  producer_.reset();
  pending_.clear();
  return status;
}

// Publishes records until it is asked to stop (OK) or something fails.
absl::Status KafkaFollower::Follow() {
  EVX_ASSIGN_OR_RETURN(producer_,
                       kafka::Producer::Open({.brokers = options_.brokers, .client_id = kSource}));
  EVX_RETURN_IF_ERROR(TakePlace());
  EVX_RETURN_IF_ERROR(OpenTail());
  thread_.Publish(place_.published);
  cursors_.Set(kFollowerName, place_.published);
  int record_count = 0;
  while (!thread_.should_stop()) {
    const bool was_idle = pending_.empty();
    bool found = false;
    if (pending_.size() < kPendingRecordCountMax) {
      journal::RecordView record;
      EVX_ASSIGN_OR_RETURN(found, tail_->Next(record, JournalTail::SteadyClock::now() +
                                                          (was_idle ? kIdleWait : kBusyWait)));
      if (found) EVX_RETURN_IF_ERROR(PublishRecord(record));
    }
    if (found && ++record_count % kRecordsPerPoll != 0) continue;
    // Waits for Kafka only where no record can come: a new one waits for nobody.
    const bool must_wait =
        !found && (durable_.closed() || pending_.size() >= kPendingRecordCountMax);
    producer_->Poll(must_wait ? kAcknowledgementWait : absl::ZeroDuration());
    EVX_RETURN_IF_ERROR(Advance());
    StoreCursor(/*at_once=*/!found && was_idle);
  }
  return absl::OkStatus();
}

// Where to go on: behind the cursor, or from the beginning in a topic that is empty.
absl::Status KafkaFollower::TakePlace() {
  EVX_ASSIGN_OR_RETURN(const std::optional<KafkaPlace> found, cursor_.Load());
  std::int64_t topic_message_count = 0;
  EVX_RETURN_IF_ERROR(CheckTopic(&topic_message_count));
  base_ = found.value_or(KafkaPlace());
  if (static_cast<std::uint64_t>(topic_message_count) < base_.message_count) base_ = KafkaPlace();
  if (base_.published > durable_.Get()) {
    return FailedPrecondition(absl::StrFormat(
        "topic %s holds messages up to record %d, the journal ends at %d: it was cut or restored%s",
        kTopic, base_.published.value(), durable_.Get().value(), kRemedy));
  }
  place_ = stored_ = base_;
  return absl::OkStatus();
}

// Counts the messages that the topic has had, and makes sure that they are of this journal.
absl::Status KafkaFollower::CheckTopic(std::int64_t* message_count) {
  const auto extents = producer_->Extents(kTopic, kRequestTimeout);
  if (absl::IsNotFound(extents.status())) {
    return FailedPrecondition(absl::StrFormat(
        "there is no topic %s at %s: make it with scripts/topics", kTopic, options_.brokers));
  }
  EVX_RETURN_IF_ERROR(extents.status());
  bool has_messages = false;
  for (const auto& [partition, extent] : *extents) {
    *message_count += extent.end;
    has_messages = has_messages || extent.end > extent.first;
  }
  if (!has_messages) return absl::OkStatus();
  EVX_ASSIGN_OR_RETURN(const auto consumer, kafka::Consumer::Open({.brokers = options_.brokers,
                                                                   .client_id = kSource,
                                                                   .topics = {kTopic}}));
  EVX_ASSIGN_OR_RETURN(const kafka::RecordBatch batch, consumer->Poll(1, kRequestTimeout));
  if (batch.empty()) return Unavailable("kafka: the topic could not be read");
  const auto journal = batch.FindHeader(0, kJournalHeader);
  if (journal == journal_text_) return absl::OkStatus();
  return FailedPrecondition(
      absl::StrFormat("topic %s has the messages of another journal%s", kTopic, kRemedy));
}

absl::Status KafkaFollower::OpenTail() {
  tail_ = std::make_unique<JournalTail>(options_.journal_directory, file_system_, durable_,
                                        [this] { return thread_.should_stop(); });
  const absl::Status opened = tail_->Open(place_.published);
  if (!absl::IsOutOfRange(opened)) return opened;
  // Kafka was switched on, or on again, when older records were gone.
  EVX_ASSIGN_OR_RETURN(const std::optional<SequenceNumber> oldest,
                       OldestRecord(file_system_, options_.journal_directory));
  if (!oldest) return DataLoss("the journal is empty");
  place_.published = base_.published = SequenceNumber(oldest->value() - 1);
  return tail_->Open(place_.published);
}

absl::Status KafkaFollower::PublishRecord(const journal::RecordView& record) {
  EVX_RETURN_IF_ERROR(names_.Learn(record.events));
  EVX_RETURN_IF_ERROR(translator_.Translate(record, messages_));
  for (const EventMessage& message : messages_) {
    EVX_RETURN_IF_ERROR(Send(message));
    if (thread_.should_stop()) return absl::OkStatus();  // Not pending: not published as a whole.
  }
  pending_.push_back({record.sequence, producer_->produced()});
  return absl::OkStatus();
}

// Waits for room, however long Kafka is away.
absl::Status KafkaFollower::Send(const EventMessage& message) {
  const std::array<kafka::Header, 3> headers = {kafka::Header{kSourceHeader, kSource},
                                                kafka::Header{kSchemaHeader, kSchema},
                                                kafka::Header{kJournalHeader, journal_text_}};
  while (!thread_.should_stop()) {
    const absl::Status status =
        producer_->Produce({kTopic, message.key, message.payload, headers, Timestamp()});
    if (!absl::IsResourceExhausted(status)) return status;
    producer_->Poll(kFullWait);
    EVX_RETURN_IF_ERROR(Advance());
    StoreCursor(/*at_once=*/false);
  }
  return absl::OkStatus();
}

absl::Status KafkaFollower::Advance() {
  const std::uint64_t acknowledged = producer_->acknowledged();
  bool moved = false;
  while (!pending_.empty() && pending_.front().last_message <= acknowledged) {
    place_.published = pending_.front().sequence_number;
    pending_.pop_front();
    moved = true;
  }
  message_count_.fetch_add(base_.message_count + acknowledged - place_.message_count,
                           std::memory_order_relaxed);
  place_.message_count = base_.message_count + acknowledged;
  if (moved) thread_.Publish(place_.published);
  const absl::Status status = producer_->status();
  thread_.SetStatus(status);
  return absl::IsFailedPrecondition(status) ? status : absl::OkStatus();
}

void KafkaFollower::StoreCursor(bool at_once) {
  if (place_ == stored_) return;
  const std::int64_t now = MonotonicNanos();
  const std::int64_t interval = absl::ToInt64Nanoseconds(options_.cursor_interval);
  if (!at_once && now - last_store_nanos_ < interval) return;
  last_store_nanos_ = now;
  if (const absl::Status status = cursor_.Store(place_); !status.ok()) {
    // More will be published twice after a crash; publishing goes on.
    if (on_failure_) on_failure_(status);
    return;
  }
  stored_ = place_;
  cursors_.Set(kFollowerName, stored_.published);
}

}  // namespace evx::mock_kalshi
