#pragma once

#include <compare>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "evx/core/clock.h"

namespace evx::kafka {

// A payload and its key together may have this many bytes; the brokers' own default is a little
// more.
inline constexpr std::size_t kMessageBytesMax = 1'000'000;

// Travels beside the payload; names need not be unique.
struct Header {
  std::string_view name;
  std::string_view value;
};

// What a producer is given; it copies everything.
struct Message {
  std::string_view topic;
  // Messages of one key stay in order: they go to one partition, the same that Java's clients
  // choose.
  std::string_view key;
  std::string_view payload;
  std::span<const Header> headers;
  Timestamp time;  // Millisecond precision; 0: now.
};

// One of several messages of a topic.
struct KeyedPayload {
  std::string_view key;
  std::string_view payload;
};

// What a consumer got. The views live as long as the batch that holds them.
struct RecordView {
  std::string_view topic;
  std::int32_t partition = 0;
  std::int64_t offset = 0;  // Rises inside a partition, with gaps.
  std::string_view key;
  std::string_view payload;
  Timestamp time;  // As the producer gave it.
};

// The partition, of so many, that messages of a key go to, whoever writes them: murmur2, as Java's
// clients choose.
std::int32_t PartitionOf(std::string_view key, std::int32_t partition_count);

// One partition of a topic.
struct TopicPartition {
  std::string topic;
  std::int32_t partition = 0;
  friend auto operator<=>(const TopicPartition&, const TopicPartition&) = default;
};

// What a partition holds: offsets from `first` up to, not including, `end`.
struct Extent {
  std::int64_t first = 0;
  std::int64_t end = 0;
  friend bool operator==(const Extent&, const Extent&) = default;
};

}  // namespace evx::kafka
