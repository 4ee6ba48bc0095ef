#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "evx/kafka/consumer.h"
#include "evx/kafka/producer.h"

namespace evx::kafka {

inline constexpr absl::Duration kPatience = absl::Seconds(60);

inline std::unique_ptr<Producer> OpenProducer(Producer::Options options) {
  auto producer = Producer::Open(options);
  REQUIRE(producer.ok());
  return *std::move(producer);
}

inline std::unique_ptr<Consumer> OpenConsumer(Consumer::Options options) {
  auto consumer = Consumer::Open(std::move(options));
  INFO(consumer.status());
  REQUIRE(consumer.ok());
  return *std::move(consumer);
}

struct ReadRecord {
  std::string key;
  std::string payload;
  std::int32_t partition = 0;
  friend bool operator==(const ReadRecord&, const ReadRecord&) = default;
};

// Reads until `count` records are there or the time is over.
inline std::vector<ReadRecord> ReadAll(Consumer& consumer, std::size_t count,
                                       absl::Duration patience = kPatience) {
  std::vector<ReadRecord> records;
  const absl::Time deadline = absl::Now() + patience;
  while (records.size() < count && absl::Now() < deadline) {
    const auto batch = consumer.Poll(count - records.size(), absl::Milliseconds(100));
    if (!batch.ok()) continue;
    for (std::size_t i = 0; i < batch->size(); ++i) {
      const RecordView record = (*batch)[i];
      records.push_back({std::string(record.key), std::string(record.payload), record.partition});
    }
  }
  return records;
}

}  // namespace evx::kafka
