#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "evx/core/ids.h"
#include "evx/journal/file_system.h"

namespace evx::mock_kalshi {

// How far the Kafka follower has come, durably.
struct KafkaPlace {
  SequenceNumber published;         // Every message up to this record is acknowledged.
  std::uint64_t message_count = 0;  // Acknowledged so far; the topic has had at least as many.
  friend bool operator==(const KafkaPlace&, const KafkaPlace&) = default;
};

// The place in a file of the data directory, replaced as a whole. It may be behind what Kafka has:
// then messages are published a second time, with the same sequence numbers. It is never ahead.
class KafkaCursor {
 public:
  static constexpr const char* kFileName = "kafka-cursor";

  KafkaCursor(journal::FileSystem& file_system, const std::string& directory)
      : file_system_(file_system), path_(directory + "/" + kFileName) {}

  // Nothing when there is no file, or it is not one that Store wrote.
  absl::StatusOr<std::optional<KafkaPlace>> Load();
  absl::Status Store(const KafkaPlace& place);

 private:
  journal::FileSystem& file_system_;
  const std::string path_;
};

}  // namespace evx::mock_kalshi
