#include "evx/market_data/message_batch.h"

#include "evx/core/check.h"
#include "google/protobuf/message_lite.h"

namespace evx::market_data {

void MessageBatch::Append(Topic topic, std::string_view key, std::int64_t sequence,
                          const google::protobuf::MessageLite& message) {
  const std::size_t offset = bytes_.size();
  const std::size_t size = message.ByteSizeLong();
  bytes_.resize(offset + key.size() + size);
  key.copy(bytes_.data() + offset, key.size());
  message.SerializeWithCachedSizesToArray(
      reinterpret_cast<std::uint8_t*>(bytes_.data() + offset + key.size()));
  entries_.push_back({offset, sequence, static_cast<std::uint32_t>(key.size()),
                      static_cast<std::uint32_t>(size), topic});
}

void MessageBatch::Append(Topic topic, std::string_view key, std::int64_t sequence,
                          std::string_view payload) {
  const std::size_t offset = bytes_.size();
  bytes_.append(key).append(payload);
  entries_.push_back({offset, sequence, static_cast<std::uint32_t>(key.size()),
                      static_cast<std::uint32_t>(payload.size()), topic});
}

void MessageBatch::Clear() {
  bytes_.clear();
  entries_.clear();
}

void MessageBatch::Reserve(std::size_t byte_count) { bytes_.reserve(byte_count); }

std::size_t MessageBatch::byte_count(std::size_t begin, std::size_t end) const {
  const auto offset = [this](std::size_t i) {
    return i < entries_.size() ? entries_[i].offset : bytes_.size();
  };
  return offset(end) - offset(begin);
}

OutputView MessageBatch::operator[](std::size_t index) const {
  EVX_CHECK(index < entries_.size());
  const Entry& entry = entries_[index];
  const char* const begin = bytes_.data() + entry.offset;
  return {entry.topic,
          {begin, entry.key_size},
          {begin + entry.key_size, entry.payload_size},
          entry.sequence};
}

}  // namespace evx::market_data
