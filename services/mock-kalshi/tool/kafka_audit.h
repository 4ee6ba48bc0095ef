#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "evx/core/ids.h"
#include "evx/journal/file_system.h"

namespace evx::mock_kalshi {

struct KafkaAuditReport {
  SequenceNumber first;  // Records compared.
  SequenceNumber last;
  std::uint64_t message_count = 0;
  std::uint64_t event_count = 0;
  std::uint64_t duplicate_count = 0;  // Dropped by their sequence number, as every reader does.
};

// Reads topic evx.exchange.events.v1 from its beginning, drops what is there twice, and compares
// the rest with what the journal says up to the published record: key, sequence number and payload
// of every message, byte by byte; that every key keeps to one partition; and that sequence numbers
// rise inside each. FAILED_PRECONDITION names the first difference.
//
// Where Kafka has given up its oldest messages, it begins behind them. Memory: about 40 bytes a
// message of the topic.
absl::StatusOr<KafkaAuditReport> AuditKafka(journal::FileSystem& file_system,
                                            const std::string& directory,
                                            const std::string& brokers);

}  // namespace evx::mock_kalshi
