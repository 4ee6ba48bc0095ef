#pragma once

#include <librdkafka/rdkafka.h>

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/kafka/message.h"

// What producer and consumer share of librdkafka's C interface.

namespace evx::kafka {

struct ConfigurationDeleter {
  void operator()(rd_kafka_conf_t* configuration) const { rd_kafka_conf_destroy(configuration); }
};
using Configuration = std::unique_ptr<rd_kafka_conf_t, ConfigurationDeleter>;

// Settings as librdkafka names them, and those that every client of ours has. INVALID_ARGUMENT
// names the setting.
absl::StatusOr<Configuration> Configure(const std::map<std::string, std::string>& settings);

// Takes the configuration over.
absl::StatusOr<rd_kafka_t*> OpenClient(rd_kafka_type_t type, Configuration configuration);

absl::Status ToStatus(rd_kafka_resp_err_t code, const char* what);
// Takes the error over; null is OK.
absl::Status ToStatus(rd_kafka_error_t* error, const char* what);

// The number of partitions of a topic. NOT_FOUND without the topic.
absl::StatusOr<int> CountPartitions(rd_kafka_t* client, const std::string& topic,
                                    absl::Duration timeout);

// The offsets before the first and behind the last record of each partition, asked of the brokers.
absl::StatusOr<std::map<TopicPartition, Extent>> ReadExtents(rd_kafka_t* client,
                                                             const std::string& topic,
                                                             absl::Duration timeout);

inline int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

}  // namespace evx::kafka
