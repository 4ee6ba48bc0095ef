#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evx/market_data/topic.h"

namespace google::protobuf {
class MessageLite;
}

namespace evx::market_data {

// One message on its way to Kafka.
struct OutputView {
  Topic topic = Topic::kBook;
  std::string_view key;
  std::string_view payload;
  // Number in the stream of its key; 0 where there is none (errors).
  std::int64_t sequence = 0;
};

// Messages in order, in two pieces of memory that are kept when it is cleared.
class MessageBatch {
 public:
  void Append(Topic topic, std::string_view key, std::int64_t sequence,
              const google::protobuf::MessageLite& message);
  // The same of a message that is serialized already.
  void Append(Topic topic, std::string_view key, std::int64_t sequence, std::string_view payload);
  void Clear();
  // Room for so many bytes, of which none is touched before it is needed.
  void Reserve(std::size_t byte_count);

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  std::size_t byte_count() const { return bytes_.size(); }
  // Of the messages begin .. end - 1, their keys among them.
  std::size_t byte_count(std::size_t begin, std::size_t end) const;
  // Valid until the batch is changed.
  OutputView operator[](std::size_t index) const;

 private:
  struct Entry {
    std::size_t offset = 0;
    std::int64_t sequence = 0;
    std::uint32_t key_size = 0;
    std::uint32_t payload_size = 0;
    Topic topic = Topic::kBook;
  };
  std::string bytes_;  // Key and payload of each message.
  std::vector<Entry> entries_;
};

}  // namespace evx::market_data
