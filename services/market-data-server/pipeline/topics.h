#pragma once

#include <cstddef>
#include <cstdint>

namespace evx::market_data {

// Where a message of this service goes.
enum class Topic : std::uint8_t { kBook, kTrades, kTickers, kErrors, kNumbers };
// Those that count the messages of each market: the first three.
inline constexpr std::size_t kStreamCount = 3;

// "evx.md.book.v1"
const char* TopicName(Topic topic);

}  // namespace evx::market_data
