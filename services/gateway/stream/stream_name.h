#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// Names of streams, as gateway_messages.proto lists them. Inside the gateway the portfolio of a
// user is "portfolio@<user id>"; its subscribers see it as "portfolio".

namespace evx::gateway {

inline constexpr std::string_view kMarketsStream = "markets";
inline constexpr std::string_view kPortfolioStream = "portfolio";
inline constexpr std::string_view kHealthStream = "health";
inline constexpr std::string_view kLogStream = "log";
inline constexpr std::string_view kPlayerStream = "player";

enum class StreamKind : std::uint8_t {
  kMarkets,
  kBook,
  kTrades,
  kPortfolio,
  kHealth,
  kLog,
  kPlayer,
  kReplayBook,
  kReplayTrades,
};

// A name that was taken apart.
struct StreamName {
  StreamKind kind = StreamKind::kMarkets;
  std::string_view ticker;  // Of a stream of one market; else empty.
};

// Visible ASCII without '@' and ':', up to so many bytes.
inline constexpr std::size_t kTickerBytesMax = 128;

// Nothing: there is no such stream. Takes names as clients and as the gateway spell them.
std::optional<StreamName> ParseStreamName(std::string_view name);

std::string BookStream(std::string_view ticker);
std::string TradesStream(std::string_view ticker);
std::string ReplayBookStream(std::string_view ticker);
std::string ReplayTradesStream(std::string_view ticker);
std::string PortfolioStream(std::int64_t user_id);

// The name as subscribers see it.
std::string_view ShownStreamName(std::string_view name);

}  // namespace evx::gateway
