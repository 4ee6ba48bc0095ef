#pragma once

#include <cstddef>
#include <cstdint>

namespace evx::market_data {

// What a message is of. Whoever sends it chooses the name of the topic: nothing here knows one.
enum class Topic : std::uint8_t { kBook, kTrades, kTickers, kErrors, kNumbers };
// Those that count the messages of each market: the first three.
inline constexpr std::size_t kStreamCount = 3;

}  // namespace evx::market_data
