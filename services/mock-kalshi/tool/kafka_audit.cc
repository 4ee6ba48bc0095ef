#include "tool/kafka_audit.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "evx/core/hash.h"
#include "evx/core/status.h"
#include "evx/events/v1/exchange_messages.pb.h"
#include "evx/journal/tool.h"
#include "evx/kafka/consumer.h"
#include "evx/venue/exchange.h"
#include "exchange/recovery.h"
#include "kafka/event_messages.h"
#include "kafka/kafka_cursor.h"
#include "kafka/kafka_follower.h"
#include "tool/journal_replay.h"

namespace evx::mock_kalshi {
namespace {

constexpr absl::Duration kRequestTimeout = absl::Seconds(10);
// Without a message for so long, the topic cannot be read.
constexpr absl::Duration kSilenceMax = absl::Seconds(30);
constexpr std::size_t kPollCount = 10'000;

absl::Status Difference(const std::string& what) {
  return FailedPrecondition("journal and Kafka differ: " + what);
}

std::uint64_t HashOf(std::string_view key, std::string_view payload) {
  return Xxh64(key) * 31 + Xxh64(payload);
}

std::string Place(std::int64_t sequence_number) {
  return absl::StrFormat("message %d (record %d)", sequence_number,
                         sequence_number / EventMessages::kEventsPerRecordMax);
}

// What is in the topic, once each.
class Topic {
 public:
  absl::Status Read(const std::string& brokers);

  // Nothing is known of records before this one; 0: the topic is whole.
  std::int64_t complete_from() const { return complete_from_; }
  std::uint64_t duplicate_count() const { return duplicate_count_; }
  // Takes the message out; nothing when there is none of this number.
  std::optional<std::uint64_t> Take(std::int64_t sequence_number);
  // The lowest number that is left.
  std::optional<std::int64_t> First() const;
  void ForgetBefore(std::int64_t sequence_number);
  void ForgetFrom(std::int64_t sequence_number);

 private:
  absl::Status Add(const kafka::RecordView& record);

  absl::flat_hash_map<std::int64_t, std::uint64_t> messages_;  // Hashes by sequence number.
  absl::flat_hash_map<std::string, std::int32_t> partitions_;  // By key.
  std::map<std::int32_t, std::int64_t> last_;                  // By partition.
  std::map<std::int32_t, bool> was_cut_;
  std::int64_t complete_from_ = 0;
  std::uint64_t duplicate_count_ = 0;
};

absl::Status Topic::Read(const std::string& brokers) {
  EVX_ASSIGN_OR_RETURN(
      const auto consumer,
      kafka::Consumer::Open(
          {.brokers = brokers, .client_id = "evx-journal", .topics = {KafkaFollower::kTopic}}));
  EVX_ASSIGN_OR_RETURN(const auto extents,
                       consumer->Extents(KafkaFollower::kTopic, kRequestTimeout));
  for (const auto& [where, extent] : extents) was_cut_[where.partition] = extent.first > 0;
  const auto is_done = [&] {
    return std::all_of(extents.begin(), extents.end(), [&](const auto& entry) {
      const auto& [where, extent] = entry;
      const auto place = consumer->places().find(where);
      return extent.first == extent.end ||
             (place != consumer->places().end() && place->second >= extent.end);
    });
  };
  absl::Time deadline = absl::Now() + kSilenceMax;
  while (!is_done()) {
    EVX_ASSIGN_OR_RETURN(const kafka::RecordBatch batch,
                         consumer->Poll(kPollCount, absl::Seconds(1)));
    if (!batch.empty()) deadline = absl::Now() + kSilenceMax;
    if (absl::Now() > deadline) return Unavailable("kafka: the topic could not be read");
    for (std::size_t i = 0; i < batch.size(); ++i) EVX_RETURN_IF_ERROR(Add(batch[i]));
  }
  return absl::OkStatus();
}

absl::Status Topic::Add(const kafka::RecordView& record) {
  events::v1::ExchangeMessage message;
  if (!message.ParseFromArray(record.payload.data(), static_cast<int>(record.payload.size()))) {
    return Difference(absl::StrFormat("partition %d, offset %d: not an ExchangeMessage",
                                      record.partition, record.offset));
  }
  const std::int64_t number = message.sequence_number();
  const auto [last, is_first] = last_.try_emplace(record.partition, number);
  if (is_first && was_cut_[record.partition]) {
    complete_from_ = std::max(complete_from_, message.record_sequence_number() + 1);
  }
  if (!is_first && number <= last->second) {
    ++duplicate_count_;
    return absl::OkStatus();
  }
  last->second = number;
  const auto [partition, is_new] =
      partitions_.try_emplace(std::string(record.key), record.partition);
  if (!is_new && partition->second != record.partition) {
    return Difference(absl::StrFormat("key %s is in partitions %d and %d", std::string(record.key),
                                      partition->second, record.partition));
  }
  if (!messages_.try_emplace(number, HashOf(record.key, record.payload)).second) {
    return Difference(Place(number) + " is in two partitions");
  }
  return absl::OkStatus();
}

std::optional<std::uint64_t> Topic::Take(std::int64_t sequence_number) {
  const auto found = messages_.find(sequence_number);
  if (found == messages_.end()) return std::nullopt;
  const std::uint64_t hash = found->second;
  messages_.erase(found);
  return hash;
}

std::optional<std::int64_t> Topic::First() const {
  std::optional<std::int64_t> first;
  for (const auto& [number, hash] : messages_) first = std::min(number, first.value_or(number));
  return first;
}

void Topic::ForgetBefore(std::int64_t sequence_number) {
  absl::erase_if(messages_, [&](const auto& entry) { return entry.first < sequence_number; });
}

void Topic::ForgetFrom(std::int64_t sequence_number) {
  absl::erase_if(messages_, [&](const auto& entry) { return entry.first >= sequence_number; });
}

// Every ticker up to the journal's end: those of the oldest usable state and those in the journal.
absl::Status LearnTickers(journal::FileSystem& file_system, const std::string& directory,
                          SequenceNumber first, TickerTable& names) {
  absl::Status status;
  if (first != SequenceNumber(1)) {
    venue::Exchange exchange(venue::Exchange::Options{});
    EVX_RETURN_IF_ERROR(LoadNewestSnapshot(file_system, directory, exchange, nullptr).status());
    venue::EventBuffer events;
    const auto learn = [&] {
      status.Update(names.Learn(events.bytes()));
      events.clear();
    };
    exchange.Describe(events, learn);
    learn();
    EVX_RETURN_IF_ERROR(status);
  }
  EVX_RETURN_IF_ERROR(journal::VisitRecords(
      file_system, directory, first, SequenceNumber(UINT64_MAX),
      [&](const journal::RecordView& record, const std::string&, std::uint64_t) {
        status = names.Learn(record.events);
        return status.ok();
      }));
  return status;
}

absl::StatusOr<WireIdCodec> WireIdsOf(journal::FileSystem& file_system,
                                      const std::string& directory) {
  EVX_ASSIGN_OR_RETURN(const journal::VerifyReport report,
                       journal::VerifyJournal(file_system, directory));
  if (report.segments.empty()) return Difference("the journal is empty");
  const journal::SegmentHeader& header = report.segments.front().header;
  return WireIdCodec(header.id_key, static_cast<std::uint8_t>(header.shard));
}

}  // namespace

absl::StatusOr<KafkaAuditReport> AuditKafka(journal::FileSystem& file_system,
                                            const std::string& directory,
                                            const std::string& brokers) {
  EVX_ASSIGN_OR_RETURN(const std::optional<KafkaPlace> place,
                       KafkaCursor(file_system, directory).Load());
  if (!place) return FailedPrecondition("nothing has been published to Kafka yet");
  EVX_ASSIGN_OR_RETURN(const WireIdCodec wire_ids, WireIdsOf(file_system, directory));
  EVX_ASSIGN_OR_RETURN(const std::optional<SequenceNumber> oldest,
                       OldestRecord(file_system, directory));
  if (!oldest) return Difference("the journal is empty");
  Topic topic;
  EVX_RETURN_IF_ERROR(topic.Read(brokers));

  KafkaAuditReport report;
  report.first = std::max(
      *oldest,
      SequenceNumber(static_cast<std::uint64_t>(std::max<std::int64_t>(topic.complete_from(), 1))));
  report.last = place->published;
  report.duplicate_count = topic.duplicate_count();
  const auto number_of = [](SequenceNumber record) {
    return static_cast<std::int64_t>(record.value()) * EventMessages::kEventsPerRecordMax;
  };
  topic.ForgetBefore(number_of(report.first));
  topic.ForgetFrom(number_of(SequenceNumber(report.last.value() + 1)));
  TickerTable names;
  EVX_RETURN_IF_ERROR(LearnTickers(file_system, directory, *oldest, names));
  EventMessages translator(names, wire_ids);
  std::vector<EventMessage> messages;
  SequenceNumber seen(report.first.value() - 1);
  absl::Status status;
  const auto compare = [&](const journal::RecordView& record, const std::string&, std::uint64_t) {
    seen = record.sequence;
    status = translator.Translate(record, messages);
    for (const EventMessage& message : messages) {
      if (!status.ok()) break;
      const auto found = topic.Take(message.sequence_number);
      if (!found) {
        status = Difference(Place(message.sequence_number) + " of key " + message.key +
                            " is missing in Kafka");
      } else if (*found != HashOf(message.key, message.payload)) {
        status = Difference(Place(message.sequence_number) + " of key " + message.key +
                            " is another in Kafka");
      }
      ++report.message_count;
    }
    status.Update(venue::VisitEvents(record.events, [&](const auto&) { ++report.event_count; }));
    return status.ok();
  };
  EVX_RETURN_IF_ERROR(
      journal::VisitRecords(file_system, directory, report.first, report.last, compare));
  EVX_RETURN_IF_ERROR(status);
  if (seen < report.last) {
    return Difference(absl::StrFormat("Kafka has record %d, the journal ends at %d",
                                      report.last.value(), seen.value()));
  }
  if (const auto extra = topic.First()) return Difference(Place(*extra) + " is in Kafka alone");
  return report;
}

}  // namespace evx::mock_kalshi
