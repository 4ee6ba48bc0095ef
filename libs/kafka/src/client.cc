#include "client.h"

#include <array>

#include "absl/time/clock.h"
#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/kafka/message.h"

namespace evx::kafka {
namespace {

constexpr std::size_t kReasonBytes = 512;
constexpr absl::Duration kRefreshInterval = absl::Milliseconds(20);

std::string Text(const char* what, const char* reason) {
  return std::string("kafka: ") + what + ": " + reason;
}

}  // namespace

absl::StatusOr<Configuration> Configure(const std::map<std::string, std::string>& settings) {
  std::map<std::string, std::string> all = {
      // A broker that comes back is found soon, one that stays away costs little.
      {"reconnect.backoff.ms", "50"},
      {"reconnect.backoff.max.ms", "2000"},
      {"socket.nagle.disable", "true"},
      {"socket.keepalive.enable", "true"},
      {"topic.metadata.propagation.max.ms", "10000"},
      {"log.connection.close", "false"},
  };
  for (const auto& [name, value] : settings) all[name] = value;
  Configuration configuration(rd_kafka_conf_new());
  std::array<char, kReasonBytes> reason{};
  for (const auto& [name, value] : all) {
    if (rd_kafka_conf_set(configuration.get(), name.c_str(), value.c_str(), reason.data(),
                          reason.size()) != RD_KAFKA_CONF_OK) {
      return InvalidArgument(Text(name.c_str(), reason.data()));
    }
  }
  // Failures are reported by status; librdkafka itself would write to standard error.
  rd_kafka_conf_set_log_cb(configuration.get(),
                           [](const rd_kafka_t*, int, const char*, const char*) {});
  return configuration;
}

absl::StatusOr<rd_kafka_t*> OpenClient(rd_kafka_type_t type, Configuration configuration) {
  std::array<char, kReasonBytes> reason{};
  rd_kafka_t* const client = rd_kafka_new(type, configuration.get(), reason.data(), reason.size());
  if (client == nullptr) return InvalidArgument(Text("client", reason.data()));
  static_cast<void>(configuration.release());
  return client;
}

absl::Status ToStatus(rd_kafka_resp_err_t code, const char* what) {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return absl::OkStatus();
  const std::string text = Text(what, rd_kafka_err2str(code));
  // Every code that librdkafka or a broker may give; what is not named is transient: both repeat
  // such requests themselves.
  switch (static_cast<int>(code)) {
    case RD_KAFKA_RESP_ERR__QUEUE_FULL:
      return ResourceExhausted(text);
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
    case RD_KAFKA_RESP_ERR__INVALID_ARG:
    case RD_KAFKA_RESP_ERR_TOPIC_EXCEPTION:
      return InvalidArgument(text);
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
      return NotFound(text);
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__FENCED:
    case RD_KAFKA_RESP_ERR__STATE:
    case RD_KAFKA_RESP_ERR_PRODUCER_FENCED:
    case RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH:
      return FailedPrecondition(text);
    case RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION:
    case RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID:
    case RD_KAFKA_RESP_ERR_REBALANCE_IN_PROGRESS:
    case RD_KAFKA_RESP_ERR__ASSIGNMENT_LOST:
      return absl::AbortedError(ToAbsl(text));
    default:
      return Unavailable(text);
  }
}

absl::Status ToStatus(rd_kafka_error_t* error, const char* what) {
  if (error == nullptr) return absl::OkStatus();
  const std::unique_ptr<rd_kafka_error_t, decltype(&rd_kafka_error_destroy)> owned(
      error, &rd_kafka_error_destroy);
  const std::string text = Text(what, rd_kafka_error_string(error));
  if (rd_kafka_error_is_fatal(error) != 0) return FailedPrecondition(text);
  if (rd_kafka_error_txn_requires_abort(error) != 0) return absl::AbortedError(ToAbsl(text));
  if (rd_kafka_error_is_retriable(error) != 0) return Unavailable(text);
  return ToStatus(rd_kafka_error_code(error), what);
}

std::int32_t PartitionOf(std::string_view key, std::int32_t partition_count) {
  return rd_kafka_msg_partitioner_murmur2(nullptr, key.data(), key.size(), partition_count, nullptr,
                                          nullptr);
}

absl::StatusOr<int> CountPartitions(rd_kafka_t* client, const std::string& topic,
                                    absl::Duration timeout) {
  rd_kafka_topic_t* const handle = rd_kafka_topic_new(client, topic.c_str(), nullptr);
  const rd_kafka_metadata_t* metadata = nullptr;
  const rd_kafka_resp_err_t code =
      rd_kafka_metadata(client, 0, handle, &metadata, Milliseconds(timeout));
  rd_kafka_topic_destroy(handle);
  EVX_RETURN_IF_ERROR(ToStatus(code, "metadata"));
  const std::unique_ptr<const rd_kafka_metadata_t, decltype(&rd_kafka_metadata_destroy)> owned(
      metadata, &rd_kafka_metadata_destroy);
  EVX_CHECK(metadata->topic_cnt == 1);
  EVX_RETURN_IF_ERROR(ToStatus(metadata->topics[0].err, topic.c_str()));
  return metadata->topics[0].partition_cnt;
}

absl::StatusOr<std::map<TopicPartition, Extent>> ReadExtents(rd_kafka_t* client,
                                                             const std::string& topic,
                                                             absl::Duration timeout) {
  EVX_ASSIGN_OR_RETURN(const int count, CountPartitions(client, topic, timeout));
  const std::int64_t deadline = MonotonicNanos() + absl::ToInt64Nanoseconds(timeout);
  std::map<TopicPartition, Extent> extents;
  for (int partition = 0; partition < count; ++partition) {
    Extent extent;
    rd_kafka_resp_err_t code{};
    do {
      code = rd_kafka_query_watermark_offsets(client, topic.c_str(), partition, &extent.first,
                                              &extent.end, Milliseconds(timeout));
      // The partition is there; the library may have forgotten it since it was asked.
      if (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION) absl::SleepFor(kRefreshInterval);
    } while (code == RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION && MonotonicNanos() < deadline);
    EVX_RETURN_IF_ERROR(ToStatus(code, "extent of a partition"));
    extents[{topic, partition}] = extent;
  }
  return extents;
}

}  // namespace evx::kafka
