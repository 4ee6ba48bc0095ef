#include "evx/kalshi/websocket_commands.h"

#include <catch2/catch.hpp>
#include <string>
#include <tuple>

namespace evx::kalshi {
namespace {

using Code = WebSocketErrorCode;

// The code a text is refused with; nothing when it is a command.
std::optional<Code> RefusalOf(const std::string& text) {
  const WebSocketCommand command = DecodeWebSocketCommand(text);
  const auto* refused = std::get_if<RefusedCommand>(&command.body);
  return refused == nullptr ? std::nullopt : std::optional<Code>(refused->code);
}

}  // namespace

TEST_CASE("WebSocketCommand: subscribe carries channels, markets and flags", "[kalshi]") {
  const WebSocketCommand command = DecodeWebSocketCommand(
      R"({"id":7,"cmd":"subscribe","params":{"channels":["orderbook_delta","ticker","ticker"],)"
      R"("market_tickers":["A-1","B-2"],"use_yes_price":true,"send_initial_snapshot":true,)"
      R"("skip_ticker_ack":true}})");
  CHECK(command.id == 7);
  const auto& subscribe = std::get<SubscribeCommand>(command.body);
  CHECK(subscribe.channels == std::vector{Channel::kOrderbookDelta, Channel::kTicker});
  CHECK(subscribe.markets.tickers == std::vector<std::string>{"A-1", "B-2"});
  CHECK(subscribe.markets.ids.empty());
  CHECK(subscribe.use_yes_price);
  CHECK(subscribe.send_initial_snapshot);
  CHECK(subscribe.skip_ticker_ack);
}

TEST_CASE("WebSocketCommand: update_subscription takes sid or sids with one element", "[kalshi]") {
  const auto ids = GENERATE(R"("sid":456)", R"("sids":[456])");
  const WebSocketCommand command =
      DecodeWebSocketCommand(std::string(R"({"id":1,"cmd":"update_subscription","params":{)") +
                             ids + R"(,"market_ticker":"A-1","action":"get_snapshot"}})");
  const auto& update = std::get<UpdateSubscriptionCommand>(command.body);
  CHECK(update.sid == 456);
  CHECK(update.action == SubscriptionAction::kGetSnapshot);
  CHECK(update.markets.tickers == std::vector<std::string>{"A-1"});
}

TEST_CASE("WebSocketCommand: unsubscribe and list_subscriptions", "[kalshi]") {
  const WebSocketCommand unsubscribe =
      DecodeWebSocketCommand(R"({"id":2,"cmd":"unsubscribe","params":{"sids":[1,2]}})");
  CHECK(std::get<UnsubscribeCommand>(unsubscribe.body).sids == std::vector<std::int64_t>{1, 2});
  const WebSocketCommand list = DecodeWebSocketCommand(R"({"id":3,"cmd":"list_subscriptions"})");
  CHECK(std::holds_alternative<ListSubscriptionsCommand>(list.body));
}

TEST_CASE("WebSocketCommand: each fault of shape has its code", "[kalshi]") {
  const auto [text, code] = GENERATE(table<std::string, Code>({
      {"", Code::kUnableToProcess},
      {"subscribe", Code::kUnableToProcess},
      {"[]", Code::kUnableToProcess},
      {R"({"id":"1","cmd":"subscribe"})", Code::kUnableToProcess},
      {R"({"id":-1,"cmd":"subscribe"})", Code::kUnableToProcess},
      {R"({"id":1e400,"cmd":"subscribe"})", Code::kUnableToProcess},
      {R"({"id":1,"cmd":7})", Code::kUnableToProcess},
      {R"({"id":1})", Code::kUnknownCommand},
      {R"({"id":1,"cmd":"resubscribe","params":{}})", Code::kUnknownCommand},
      {R"({"id":1,"cmd":"subscribe"})", Code::kParamsRequired},
      {R"({"id":1,"cmd":"subscribe","params":[]})", Code::kUnableToProcess},
      {R"({"id":1,"cmd":"subscribe","params":{}})", Code::kChannelsRequired},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":[]}})", Code::kChannelsRequired},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":"ticker"}})", Code::kUnableToProcess},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["ticker_v2"]}})", Code::kUnknownChannel},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["multivariate"]}})",
       Code::kUnknownChannel},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["ticker"],"market_ticker":"A",)"
       R"("market_id":"x"}})",
       Code::kInvalidParameter},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["ticker"],"market_ticker":"A",)"
       R"("market_tickers":["B"]}})",
       Code::kInvalidParameter},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["ticker"],"use_yes_price":"yes"}})",
       Code::kUnableToProcess},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["communications"],"shard_factor":0}})",
       Code::kShardFactorNotPositive},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["communications"],"shard_key":0}})",
       Code::kShardFactorRequired},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["communications"],"shard_factor":4,)"
       R"("shard_key":4}})",
       Code::kShardKeyOutOfRange},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["communications"],"shard_factor":4,)"
       R"("shard_key":-1}})",
       Code::kShardKeyOutOfRange},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["communications"],)"
       R"("shard_factor":101}})",
       Code::kShardFactorTooLarge},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["communications"],)"
       R"("shard_factor":"4"}})",
       Code::kUnableToProcess},
      {R"({"id":1,"cmd":"subscribe","params":{"channels":["communications"],)"
       R"("user_filter":"others"}})",
       Code::kInvalidParameter},
      {R"({"id":1,"cmd":"unsubscribe","params":{}})", Code::kSubscriptionIdsRequired},
      {R"({"id":1,"cmd":"unsubscribe","params":{"sids":["1"]}})", Code::kUnableToProcess},
      {R"({"id":1,"cmd":"update_subscription","params":{"action":"add_markets"}})",
       Code::kOneSubscriptionIdRequired},
      {R"({"id":1,"cmd":"update_subscription","params":{"sids":[1,2],"action":"add_markets"}})",
       Code::kOneSubscriptionIdRequired},
      {R"({"id":1,"cmd":"update_subscription","params":{"sid":1}})", Code::kActionRequired},
      {R"({"id":1,"cmd":"update_subscription","params":{"sid":1,"action":"grow"}})",
       Code::kUnsupportedAction},
  }));
  CAPTURE(text);
  CHECK(RefusalOf(text) == code);
}

TEST_CASE("WebSocketCommand: a refused command keeps its id", "[kalshi]") {
  CHECK(DecodeWebSocketCommand(R"({"id":9,"cmd":"nothing"})").id == 9);
  CHECK(DecodeWebSocketCommand("{").id == 0);
}

TEST_CASE("WebSocketCommand: every code has the venue's text", "[kalshi]") {
  CHECK(Message(Code::kUnableToProcess) == "Unable to process message");
  CHECK(Message(Code::kBufferOverflow) == "Subscription buffer overflow");
  CHECK(Message(Code::kOneSubscriptionIdRequired) == "Exactly one subscription ID is required");
}

}  // namespace evx::kalshi
