#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/topics.h"

namespace evx::market_data {

// How a client wants its messages.
enum class FeedFormat : std::uint8_t { kJson, kProtobuf };
inline constexpr std::size_t kFeedFormatCount = 2;

// A market by its place in CommittedMarkets.
using MarketIndex = std::uint32_t;

// One committed message of a market. Its channel is its topic: kBook, kTrades or kTickers.
struct FeedMessage {
  Topic channel = Topic::kBook;
  // A snapshot with the number of the message before it.
  bool is_proof = false;
  MarketIndex market = 0;
  std::int64_t sequence = 0;
  std::size_t offset = 0;  // Of its payload in FeedBatch::bytes.
  std::size_t size = 0;
};

// What one transaction has given to Kafka, in order; immutable once published.
struct FeedBatch {
  std::string bytes;
  std::vector<FeedMessage> messages;

  std::string_view PayloadOf(const FeedMessage& message) const {
    return std::string_view(bytes).substr(message.offset, message.size);
  }
  std::size_t byte_count() const { return bytes.size() + messages.size() * sizeof(FeedMessage); }
};

}  // namespace evx::market_data
