#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "evx/kalshi/terms.h"

// What a client sends on /trade-api/ws/v2, and the short answers to it. Shapes are those of the
// venue's asyncapi.yaml.

namespace evx::kalshi {

enum class Channel : std::uint8_t {
  kOrderbookDelta,
  kTicker,
  kTrade,
  kFill,
  kMarketPositions,
  kUserOrders,
  kOrderGroupUpdates,
  kMarketLifecycle,
  kMultivariateMarketLifecycle,
  kCommunications,
  kCfBenchmarksValue,
  kCfBenchmarksValue5Hz,
  kPythValue,
};
template <>
struct WireNames<Channel> {
  static constexpr std::string_view kNames[] = {"orderbook_delta",
                                                "ticker",
                                                "trade",
                                                "fill",
                                                "market_positions",
                                                "user_orders",
                                                "order_group_updates",
                                                "market_lifecycle_v2",
                                                "multivariate_market_lifecycle",
                                                "communications",
                                                "cfbenchmarks_value",
                                                "cfbenchmarks_value_5hz",
                                                "pyth_value"};
};
inline constexpr std::size_t kChannelCount = std::size(WireNames<Channel>::kNames);

enum class SubscriptionAction : std::uint8_t { kAddMarkets, kDeleteMarkets, kGetSnapshot };
template <>
struct WireNames<SubscriptionAction> {
  static constexpr std::string_view kNames[] = {"add_markets", "delete_markets", "get_snapshot"};
};

// `msg.code` of an error; 6, 16 and 17 are retired.
enum class WebSocketErrorCode : std::uint8_t {
  kUnableToProcess = 1,
  kParamsRequired = 2,
  kChannelsRequired = 3,
  kSubscriptionIdsRequired = 4,
  kUnknownCommand = 5,
  kUnknownSubscriptionId = 7,
  kUnknownChannel = 8,
  kAuthenticationRequired = 9,
  kChannelError = 10,
  kInvalidParameter = 11,
  kOneSubscriptionIdRequired = 12,
  kUnsupportedAction = 13,
  kMarketTickerRequired = 14,
  kActionRequired = 15,
  kCommandTimeout = 18,
  kShardFactorNotPositive = 19,
  kShardFactorRequired = 20,
  kShardKeyOutOfRange = 21,
  kShardFactorTooLarge = 22,
  kBufferOverflow = 25,
  kMarketLimitExceeded = 26,
  kTooManyRequests = 27,
};
// The text that the venue sends with the code.
std::string_view Message(WebSocketErrorCode code);

// The markets that a command names, by ticker or by UUID, never by both.
struct MarketSelection {
  std::vector<std::string> tickers;
  std::vector<std::string> ids;
  bool empty() const { return tickers.empty() && ids.empty(); }
};

struct SubscribeCommand {
  std::vector<Channel> channels;  // At least one, none twice.
  MarketSelection markets;
  bool send_initial_snapshot = false;
  bool skip_ticker_ack = false;
  bool use_yes_price = false;
};

struct UnsubscribeCommand {
  std::vector<std::int64_t> sids;
};

struct UpdateSubscriptionCommand {
  std::int64_t sid = 0;
  SubscriptionAction action = SubscriptionAction::kAddMarkets;
  MarketSelection markets;
  bool send_initial_snapshot = false;
};

struct ListSubscriptionsCommand {};

// A command that is answered with an error.
struct RefusedCommand {
  WebSocketErrorCode code = WebSocketErrorCode::kUnableToProcess;
  std::string detail;  // For logs.
};

struct WebSocketCommand {
  std::int64_t id = 0;  // 0: none, and none is echoed.
  std::variant<RefusedCommand, SubscribeCommand, UnsubscribeCommand, UpdateSubscriptionCommand,
               ListSubscriptionsCommand>
      body;
};

// Most markets or subscription ids in one command.
inline constexpr std::size_t kCommandListSizeMax = 500'000;

// Every text gives a command; what the venue would refuse by its shape alone is a RefusedCommand:
// not JSON, wrong types, missing params, unknown words, tickers and ids together, shards of the
// communications channel that do not exist.
WebSocketCommand DecodeWebSocketCommand(std::string_view text);

}  // namespace evx::kalshi
