#include "evx/kafka/consumer.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "client.h"
#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::kafka {
namespace {

constexpr absl::Duration kMetadataTimeout = absl::Seconds(10);

using PartitionList = std::unique_ptr<rd_kafka_topic_partition_list_t,
                                      decltype(&rd_kafka_topic_partition_list_destroy)>;

PartitionList NewPartitionList() {
  return {rd_kafka_topic_partition_list_new(8), &rd_kafka_topic_partition_list_destroy};
}

}  // namespace

RecordBatch::~RecordBatch() {
  for (rd_kafka_message_t* message : messages_) rd_kafka_message_destroy(message);
}

RecordBatch& RecordBatch::operator=(RecordBatch&& other) noexcept {
  std::swap(messages_, other.messages_);
  return *this;
}

RecordView RecordBatch::operator[](std::size_t index) const {
  const rd_kafka_message_t& message = *messages_[index];
  RecordView view;
  view.topic = rd_kafka_topic_name(message.rkt);
  view.partition = message.partition;
  view.offset = message.offset;
  view.key = {static_cast<const char*>(message.key), message.key_len};
  view.payload = {static_cast<const char*>(message.payload), message.len};
  rd_kafka_timestamp_type_t type{};
  const std::int64_t millis = rd_kafka_message_timestamp(&message, &type);
  if (type != RD_KAFKA_TIMESTAMP_NOT_AVAILABLE) view.time = Timestamp::FromMillis(millis);
  return view;
}

std::optional<std::string_view> RecordBatch::FindHeader(std::size_t index, const char* name) const {
  rd_kafka_headers_t* headers = nullptr;
  if (rd_kafka_message_headers(messages_[index], &headers) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  const void* value = nullptr;
  std::size_t size = 0;
  if (rd_kafka_header_get_last(headers, name, &value, &size) != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return std::nullopt;
  }
  return std::string_view(static_cast<const char*>(value), size);
}

Consumer::Consumer(Options options) : options_(std::move(options)) {}

absl::StatusOr<std::unique_ptr<Consumer>> Consumer::Open(Options options) {
  const bool alone = options.group_id.empty();
  std::map<std::string, std::string> settings = {
      {"bootstrap.servers", options.brokers},
      {"client.id", options.client_id},
      // The library wants a name also where none is used.
      {"group.id", alone ? options.client_id : options.group_id},
      {"session.timeout.ms", std::to_string(Milliseconds(options.session_timeout))},
      {"enable.auto.commit", "false"},
      {"enable.auto.offset.store", "false"},
      {"auto.offset.reset", "earliest"},
      {"isolation.level", "read_committed"},
      {"enable.partition.eof", options.watch_ends ? "true" : "false"},
      {"queued.max.messages.kbytes", std::to_string(options.buffer_kib_max)},
  };
  if (!options.instance_id.empty()) settings["group.instance.id"] = options.instance_id;
  EVX_ASSIGN_OR_RETURN(Configuration configuration, Configure(settings));
  std::unique_ptr<Consumer> consumer(new Consumer(std::move(options)));
  rd_kafka_conf_set_opaque(configuration.get(), consumer.get());
  rd_kafka_conf_set_rebalance_cb(configuration.get(),
                                 [](rd_kafka_t*, rd_kafka_resp_err_t code,
                                    rd_kafka_topic_partition_list_t* partitions, void* self) {
                                   static_cast<Consumer*>(self)->OnRebalance(
                                       code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS, partitions);
                                 });
  EVX_ASSIGN_OR_RETURN(consumer->handle_, OpenClient(RD_KAFKA_CONSUMER, std::move(configuration)));
  rd_kafka_poll_set_consumer(consumer->handle_);
  if (alone) {
    EVX_RETURN_IF_ERROR(consumer->ReadAlone());
    return consumer;
  }
  const PartitionList topics = NewPartitionList();
  for (const std::string& topic : consumer->options_.topics) {
    rd_kafka_topic_partition_list_add(topics.get(), topic.c_str(), RD_KAFKA_PARTITION_UA);
  }
  EVX_RETURN_IF_ERROR(ToStatus(rd_kafka_subscribe(consumer->handle_, topics.get()), "subscribe"));
  return consumer;
}

Consumer::~Consumer() {
  if (handle_ == nullptr) return;
  rd_kafka_consumer_close(handle_);
  rd_kafka_destroy(handle_);
}

absl::Status Consumer::ReadAlone() {
  const PartitionList partitions = NewPartitionList();
  for (const std::string& topic : options_.topics) {
    EVX_ASSIGN_OR_RETURN(const int count, CountPartitions(handle_, topic, kMetadataTimeout));
    for (int partition = 0; partition < count; ++partition) {
      rd_kafka_topic_partition_list_add(partitions.get(), topic.c_str(), partition)->offset =
          options_.place_of ? options_.place_of({topic, partition}) : RD_KAFKA_OFFSET_BEGINNING;
    }
  }
  return ToStatus(rd_kafka_assign(handle_, partitions.get()), "assign");
}

void Consumer::OnRebalance(bool assigned, rd_kafka_topic_partition_list_t* partitions) {
  std::vector<TopicPartition> named;
  for (int i = 0; i < partitions->cnt; ++i) {
    named.push_back({partitions->elems[i].topic, partitions->elems[i].partition});
  }
  if (assigned) {
    if (options_.on_assigned) options_.on_assigned(named);
    for (int i = 0; options_.place_of && i < partitions->cnt; ++i) {
      partitions->elems[i].offset = options_.place_of(named[static_cast<std::size_t>(i)]);
    }
    rd_kafka_assign(handle_, partitions);
    return;
  }
  ++revocation_count_;
  if (options_.on_revoked) options_.on_revoked(named);
  for (const TopicPartition& lost : named) {
    places_.erase(lost);
    committed_.erase(lost);
    first_ends_.erase(lost);
    read_up_.erase(lost);
  }
  rd_kafka_assign(handle_, nullptr);
}

absl::StatusOr<RecordBatch> Consumer::Poll(std::size_t count_max, absl::Duration timeout) {
  RecordBatch batch;
  std::optional<std::pair<TopicPartition, std::int64_t>> end;
  std::uint64_t revocation_count = revocation_count_;
  int wait = Milliseconds(timeout);
  while (batch.size() < count_max) {
    rd_kafka_message_t* const message = rd_kafka_consumer_poll(handle_, wait);
    if (revocation_count != revocation_count_) {
      batch = RecordBatch();  // Whoever has the partitions now reads this again.
      revocation_count = revocation_count_;
    }
    if (message == nullptr) break;
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
      end.emplace(TopicPartition{rd_kafka_topic_name(message->rkt), message->partition},
                  message->offset);
      rd_kafka_message_destroy(message);
      break;
    }
    if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
      const absl::Status status = ToStatus(message->err, "poll");
      rd_kafka_message_destroy(message);
      if (batch.empty()) return status;
      break;  // What was read comes first.
    }
    batch.messages_.push_back(message);
    wait = 0;
  }
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const rd_kafka_message_t& message = *batch.messages_[i];
    places_[{rd_kafka_topic_name(message.rkt), message.partition}] = message.offset + 1;
  }
  if (end) {
    std::int64_t& place = places_[end->first];
    place = std::max(place, end->second);
    read_up_.insert(end->first);
  }
  if (options_.watch_ends) NoteReadUp();
  CountLag();
  return batch;
}

void Consumer::NoteReadUp() {
  // The event of an end is raised by a fetch that finds nothing new, so never while records keep
  // coming. The end that the first fetch told is enough: it is not before that of the start.
  for (const auto& [where, next] : places_) {
    if (read_up_.count(where) != 0) continue;
    const auto [end, is_first] = first_ends_.try_emplace(where, CachedEnd(where));
    if (next >= end->second) read_up_.insert(where);
  }
}

std::int64_t Consumer::CachedEnd(const TopicPartition& where) const {
  std::int64_t low = 0;
  std::int64_t high = 0;
  const bool is_known =
      rd_kafka_get_watermark_offsets(handle_, where.topic.c_str(), where.partition, &low, &high) ==
      RD_KAFKA_RESP_ERR_NO_ERROR;
  return is_known ? high : 0;
}

void Consumer::CountLag() {
  std::int64_t lag = 0;
  for (const auto& [where, next] : places_) {
    lag += std::max<std::int64_t>(CachedEnd(where) - next, 0);
  }
  lag_.store(lag, std::memory_order_relaxed);
}

absl::Status Consumer::Commit() {
  const PartitionList places = NewPartitionList();
  for (const auto& [where, next] : places_) {
    const auto before = committed_.find(where);
    if (before != committed_.end() && before->second == next) continue;
    rd_kafka_topic_partition_list_add(places.get(), where.topic.c_str(), where.partition)->offset =
        next;
  }
  if (places->cnt == 0) return absl::OkStatus();
  EVX_RETURN_IF_ERROR(ToStatus(rd_kafka_commit(handle_, places.get(), 0), "commit"));
  committed_ = places_;
  return absl::OkStatus();
}

absl::StatusOr<std::map<TopicPartition, Extent>> Consumer::Extents(const std::string& topic,
                                                                   absl::Duration timeout) {
  return ReadExtents(handle_, topic, timeout);
}

}  // namespace evx::kafka
