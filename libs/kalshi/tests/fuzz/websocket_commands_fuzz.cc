// Any bytes as a command on the WebSocket: the answer is a command or one of the venue's codes.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "evx/core/check.h"
#include "evx/kalshi/websocket_commands.h"

namespace evx::kalshi {
namespace {

void CheckMarkets(const MarketSelection& markets) {
  EVX_CHECK(markets.tickers.empty() || markets.ids.empty());
  EVX_CHECK(markets.tickers.size() <= kCommandListSizeMax + 1);
}

void Check(const WebSocketCommand& command) {
  EVX_CHECK(command.id >= 0);
  if (const auto* refused = std::get_if<RefusedCommand>(&command.body)) {
    EVX_CHECK(!Message(refused->code).empty());
  } else if (const auto* subscribe = std::get_if<SubscribeCommand>(&command.body)) {
    EVX_CHECK(!subscribe->channels.empty() && subscribe->channels.size() <= kChannelCount);
    CheckMarkets(subscribe->markets);
  } else if (const auto* unsubscribe = std::get_if<UnsubscribeCommand>(&command.body)) {
    EVX_CHECK(!unsubscribe->sids.empty());
  } else if (const auto* update = std::get_if<UpdateSubscriptionCommand>(&command.body)) {
    CheckMarkets(update->markets);
  }
}

}  // namespace
}  // namespace evx::kalshi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  evx::kalshi::Check(
      evx::kalshi::DecodeWebSocketCommand({reinterpret_cast<const char*>(data), size}));
  return 0;
}
