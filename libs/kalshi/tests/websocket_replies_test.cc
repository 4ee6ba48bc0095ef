#include "evx/kalshi/websocket_replies.h"

#include <catch2/catch.hpp>

namespace evx::kalshi {

// The texts of the venue's asyncapi.yaml.
TEST_CASE("WebSocketReplies: each has the members that the venue documents", "[kalshi]") {
  CHECK(EncodeSubscribed(1, Channel::kOrderbookDelta, 1) ==
        R"({"type":"subscribed","id":1,"msg":{"channel":"orderbook_delta","sid":1}})");
  CHECK(EncodeUnsubscribed(102, 2, 7) == R"({"type":"unsubscribed","id":102,"sid":2,"seq":7})");
  const SubscribedMarkets tickers{false, {"A-1", "B\"2"}};
  CHECK(EncodeUpdated(123, 456, 222, &tickers) ==
        R"({"type":"ok","id":123,"sid":456,"seq":222,"msg":{"market_tickers":["A-1","B\"2"]}})");
  const SubscribedMarkets ids{true, {}};
  CHECK(EncodeUpdated(0, 4, 2, &ids) == R"({"type":"ok","sid":4,"seq":2,"msg":{"market_ids":[]}})");
  CHECK(EncodeUpdated(1, 4, 2, nullptr) == R"({"type":"ok","id":1,"sid":4,"seq":2})");
  const ListedSubscription list[] = {{Channel::kTicker, 2}, {Channel::kTrade, 3}};
  CHECK(EncodeSubscriptionList(3, list) ==
        R"({"type":"ok","id":3,"msg":[{"channel":"ticker","sid":2},{"channel":"trade","sid":3}]})");
  CHECK(EncodeError(123, WebSocketErrorCode::kParamsRequired, 0, 9) ==
        R"({"type":"error","id":123,"msg":{"code":2,"msg":"Params required"}})");
  CHECK(
      EncodeError(0, WebSocketErrorCode::kBufferOverflow, 3, 9) ==
      R"({"type":"error","sid":3,"seq":9,"msg":{"code":25,"msg":"Subscription buffer overflow"}})");
}

}  // namespace evx::kalshi
