#include "evx/kafka/producer.h"

#include <array>
#include <mutex>
#include <utility>
#include <vector>

#include "client.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/kafka/consumer.h"

namespace evx::kafka {
namespace {

// librdkafka counts what is written around a message, too.
constexpr std::size_t kOverheadBytesMax = 1'024;

}  // namespace

struct Producer::State {
  ~State() {
    for (const auto& [name, topic] : topics) rd_kafka_topic_destroy(topic);
    if (client == nullptr) return;
    rd_kafka_purge(client, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    rd_kafka_destroy(client);
  }

  // librdkafka's own look-up by name goes through a list under a lock, for each message.
  rd_kafka_topic_t* TopicOf(std::string_view name) {
    const auto found = topics.find(name);
    if (found != topics.end()) return found->second;
    std::string text(name);
    rd_kafka_topic_t* const topic = rd_kafka_topic_new(client, text.c_str(), nullptr);
    if (topic != nullptr) topics.emplace(std::move(text), topic);
    return topic;
  }

  rd_kafka_t* client = nullptr;
  std::map<std::string, rd_kafka_topic_t*, std::less<>> topics;
  std::vector<rd_kafka_message_t> given;  // Of ProduceAll; keeps its memory.
  std::string topic_prefix;
  bool closing = false;
  // Whether `fatal` and `present` are other than OK, for the one thread that calls at a time: each
  // message asks, and a lock would be most of what that costs.
  bool is_fatal = false;
  bool is_troubled = false;
  mutable std::mutex mutex;
  absl::Status fatal;    // Stays.
  absl::Status present;  // Until the next acknowledgement.
};

absl::StatusOr<std::unique_ptr<Producer>> Producer::Open(const Options& options) {
  std::map<std::string, std::string> settings = {
      {"bootstrap.servers", options.brokers},
      {"client.id", options.client_id},
      {"enable.idempotence", "true"},
      {"acks", "all"},
      {"linger.ms", std::to_string(Milliseconds(options.linger))},
      {"queue.buffering.max.messages", std::to_string(options.buffer_message_count_max)},
      {"queue.buffering.max.kbytes", std::to_string(options.buffer_kib_max)},
      {"message.max.bytes", std::to_string(kMessageBytesMax + kOverheadBytesMax)},
      {"compression.type", "lz4"},
      {"partitioner", "murmur2_random"},  // As Java's clients do.
  };
  if (options.transactional_id.empty()) {
    settings["message.timeout.ms"] = "0";  // Never given up.
  } else {
    settings["transactional.id"] = options.transactional_id;
    settings["transaction.timeout.ms"] = std::to_string(Milliseconds(options.transaction_timeout));
  }
  EVX_ASSIGN_OR_RETURN(Configuration configuration, Configure(settings));
  std::unique_ptr<Producer> producer(new Producer(std::make_unique<State>()));
  producer->state_->topic_prefix = options.topic_prefix;
  rd_kafka_conf_set_opaque(configuration.get(), producer.get());
  rd_kafka_conf_set_dr_msg_cb(configuration.get(),
                              [](rd_kafka_t*, const rd_kafka_message_t* message, void* self) {
                                static_cast<Producer*>(self)->OnDelivery(*message);
                              });
  rd_kafka_conf_set_error_cb(
      configuration.get(), [](rd_kafka_t*, int code, const char* reason, void* self) {
        static_cast<Producer*>(self)->OnError(code == RD_KAFKA_RESP_ERR__FATAL, reason);
      });
  EVX_ASSIGN_OR_RETURN(producer->state_->client,
                       OpenClient(RD_KAFKA_PRODUCER, std::move(configuration)));
  return producer;
}

Producer::Producer(std::unique_ptr<State> state) : state_(std::move(state)) {}

Producer::~Producer() { state_->closing = true; }

absl::Status Producer::status() const {
  const std::lock_guard lock(state_->mutex);
  return state_->fatal.ok() ? state_->present : state_->fatal;
}

bool Producer::is_fenced() const {
  return rd_kafka_fatal_error(state_->client, nullptr, 0) == RD_KAFKA_RESP_ERR__FENCED;
}

absl::Status Producer::CheckTopic(std::string_view topic) const {
  if (state_->is_fatal) {
    const std::lock_guard lock(state_->mutex);
    return state_->fatal;
  }
  if (topic.starts_with(state_->topic_prefix)) return absl::OkStatus();
  return InvalidArgument("kafka: topic " + std::string(topic) + " does not begin with " +
                         state_->topic_prefix + ", as those of this producer do");
}

absl::Status Producer::CheckSize(std::size_t key_size, std::size_t payload_size) {
  if (key_size + payload_size <= kMessageBytesMax) return absl::OkStatus();
  return InvalidArgument("kafka: a message of " + std::to_string(payload_size) +
                         " bytes is larger than " + std::to_string(kMessageBytesMax));
}

absl::Status Producer::Produce(const Message& message) {
  EVX_RETURN_IF_ERROR(CheckTopic(message.topic));
  EVX_RETURN_IF_ERROR(CheckSize(message.key.size(), message.payload.size()));
  rd_kafka_topic_t* const topic = state_->TopicOf(message.topic);
  if (topic == nullptr) return ToStatus(rd_kafka_last_error(), "topic");
  rd_kafka_headers_t* headers = nullptr;
  if (!message.headers.empty()) {
    headers = rd_kafka_headers_new(message.headers.size());
    for (const Header& header : message.headers) {
      EVX_CHECK(rd_kafka_header_add(headers, header.name.data(),
                                    static_cast<ssize_t>(header.name.size()), header.value.data(),
                                    static_cast<ssize_t>(header.value.size())) ==
                RD_KAFKA_RESP_ERR_NO_ERROR);
    }
  }
  const std::uint64_t number = acknowledgements_.last() + 1;
  const rd_kafka_resp_err_t code = rd_kafka_producev(
      state_->client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY),
      RD_KAFKA_V_KEY(message.key.data(), message.key.size()),
      RD_KAFKA_V_VALUE(const_cast<char*>(message.payload.data()), message.payload.size()),
      RD_KAFKA_V_TIMESTAMP(message.time.millis()), RD_KAFKA_V_HEADERS(headers),
      RD_KAFKA_V_OPAQUE(reinterpret_cast<void*>(number)), RD_KAFKA_V_END);
  if (code != RD_KAFKA_RESP_ERR_NO_ERROR) {
    if (headers != nullptr) rd_kafka_headers_destroy(headers);
    return ToStatus(code, "produce");
  }
  EVX_CHECK(acknowledgements_.Add() == number);
  produced_.store(number, std::memory_order_release);
  return absl::OkStatus();
}

absl::StatusOr<std::size_t> Producer::ProduceAll(std::string_view topic_name,
                                                 std::span<const KeyedPayload> messages) {
  EVX_RETURN_IF_ERROR(CheckTopic(topic_name));
  rd_kafka_topic_t* const topic = state_->TopicOf(topic_name);
  if (topic == nullptr) return ToStatus(rd_kafka_last_error(), "topic");
  std::vector<rd_kafka_message_t>& given = state_->given;
  given.clear();
  std::uint64_t number = acknowledgements_.last();
  for (const KeyedPayload& message : messages) {
    EVX_RETURN_IF_ERROR(CheckSize(message.key.size(), message.payload.size()));
    rd_kafka_message_t& one = given.emplace_back();
    one.payload = const_cast<char*>(message.payload.data());
    one.len = message.payload.size();
    one.key = const_cast<char*>(message.key.data());
    one.key_len = message.key.size();
    one._private = reinterpret_cast<void*>(++number);
  }
  const auto count = static_cast<std::size_t>(
      rd_kafka_produce_batch(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, given.data(),
                             static_cast<int>(given.size())));
  // What refuses one message refuses all behind it.
  for (std::size_t i = 0; i < given.size(); ++i) {
    EVX_CHECK((given[i].err == RD_KAFKA_RESP_ERR_NO_ERROR) == (i < count));
    if (i < count) acknowledgements_.Add();
  }
  produced_.store(acknowledgements_.last(), std::memory_order_release);
  if (count == given.size() || given[count].err == RD_KAFKA_RESP_ERR__QUEUE_FULL) return count;
  return ToStatus(given[count].err, "produce");
}

void Producer::OnDelivery(const rd_kafka_message_t& message) {
  if (state_->closing) return;
  // Purged: its transaction was aborted.
  const bool done = message.err == RD_KAFKA_RESP_ERR_NO_ERROR ||
                    message.err == RD_KAFKA_RESP_ERR__PURGE_QUEUE ||
                    message.err == RD_KAFKA_RESP_ERR__PURGE_INFLIGHT;
  if (done) {
    acknowledgements_.Acknowledge(reinterpret_cast<std::uint64_t>(message._private));
    acknowledged_.store(acknowledgements_.prefix(), std::memory_order_release);
    if (!state_->is_troubled) return;
  }
  const std::lock_guard lock(state_->mutex);
  if (done) {
    state_->present = absl::OkStatus();
    state_->is_troubled = false;
  } else if (state_->fatal.ok()) {
    // Given up only when it can never be delivered, and nothing may follow it.
    state_->fatal = FailedPrecondition(std::string("kafka: a message was refused: ") +
                                       rd_kafka_err2str(message.err));
    state_->is_fatal = true;
  }
}

void Producer::OnError(bool fatal, const char* reason) {
  if (state_->closing) return;
  const std::lock_guard lock(state_->mutex);
  if (!fatal) {
    state_->present = Unavailable(std::string("kafka: ") + reason);
    state_->is_troubled = true;
    return;
  }
  std::array<char, 512> text{};
  rd_kafka_fatal_error(state_->client, text.data(), text.size());
  state_->fatal = FailedPrecondition(std::string("kafka: ") + text.data());
  state_->is_fatal = true;
}

void Producer::Poll(absl::Duration timeout) {
  rd_kafka_poll(state_->client, Milliseconds(timeout));
}

absl::Status Producer::Flush(absl::Duration timeout) {
  EVX_RETURN_IF_ERROR(ToStatus(rd_kafka_flush(state_->client, Milliseconds(timeout)), "flush"));
  const std::lock_guard lock(state_->mutex);
  return state_->fatal;
}

absl::StatusOr<std::map<TopicPartition, Extent>> Producer::Extents(const std::string& topic,
                                                                   absl::Duration timeout) {
  return ReadExtents(state_->client, topic, timeout);
}

absl::Status Producer::InitTransactions(absl::Duration timeout) {
  return ToStatus(rd_kafka_init_transactions(state_->client, Milliseconds(timeout)),
                  "init transactions");
}

absl::Status Producer::Begin() {
  return ToStatus(rd_kafka_begin_transaction(state_->client), "begin");
}

absl::Status Producer::AddPlaces(Consumer& consumer, absl::Duration timeout) {
  const std::unique_ptr<rd_kafka_topic_partition_list_t,
                        decltype(&rd_kafka_topic_partition_list_destroy)>
      places(rd_kafka_topic_partition_list_new(static_cast<int>(consumer.places_.size())),
             &rd_kafka_topic_partition_list_destroy);
  for (const auto& [where, offset] : consumer.places_) {
    rd_kafka_topic_partition_list_add(places.get(), where.topic.c_str(), where.partition)->offset =
        offset;
  }
  const std::unique_ptr<rd_kafka_consumer_group_metadata_t,
                        decltype(&rd_kafka_consumer_group_metadata_destroy)>
      group(rd_kafka_consumer_group_metadata(consumer.handle_),
            &rd_kafka_consumer_group_metadata_destroy);
  if (group == nullptr) return InvalidArgument("kafka: the consumer belongs to no group");
  EVX_RETURN_IF_ERROR(
      ToStatus(rd_kafka_send_offsets_to_transaction(state_->client, places.get(), group.get(),
                                                    Milliseconds(timeout)),
               "places"));
  consumer.committed_ = consumer.places_;
  return absl::OkStatus();
}

absl::Status Producer::Commit(absl::Duration timeout) {
  return ToStatus(rd_kafka_commit_transaction(state_->client, Milliseconds(timeout)), "commit");
}

absl::Status Producer::Abort(absl::Duration timeout) {
  return ToStatus(rd_kafka_abort_transaction(state_->client, Milliseconds(timeout)), "abort");
}

}  // namespace evx::kafka
