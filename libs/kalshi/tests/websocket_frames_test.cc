#include "evx/kalshi/websocket_frames.h"

#include <catch2/catch.hpp>
#include <string>

namespace evx::kalshi {
namespace {

TEST_CASE("DecodeWebSocketFrame: a delta is read with its envelope", "[kalshi]") {
  const auto frame = DecodeWebSocketFrame(
      R"({"type":"orderbook_delta","sid":3,"seq":17,"sending_ts_ms":1781159489960,"msg":{)"
      R"("market_ticker":"KXA-26-T1","market_id":"m","price_dollars":"0.4700","delta_fp":"-3.00",)"
      R"("side":"no","ts_ms":1781159489957}})"
      "\n");
  REQUIRE(frame.ok());
  CHECK(frame->sid == 3);
  CHECK(frame->seq == 17);
  CHECK(frame->sending_time == Timestamp::FromMillis(1781159489960));
  const auto* delta = std::get_if<OrderbookDelta>(&frame->body);
  REQUIRE(delta != nullptr);
  CHECK(delta->market_ticker == "KXA-26-T1");
  CHECK(delta->price == Price::FromCents(47));
  CHECK(delta->delta == Quantity::FromContracts(-3));
  CHECK(delta->side == ContractSide::kNo);
}

TEST_CASE("DecodeWebSocketFrame: answers to commands are read", "[kalshi]") {
  const auto subscribed = DecodeWebSocketFrame(
      R"({"type":"subscribed","id":1,"msg":{"channel":"orderbook_delta","sid":2}})");
  REQUIRE(subscribed.ok());
  CHECK(subscribed->id == 1);
  CHECK(std::get<SubscribedReply>(subscribed->body).sid == 2);
  CHECK(std::get<SubscribedReply>(subscribed->body).replay_id.empty());
  for (const char* text :
       {R"({"type":"subscribed","id":1,"msg":{"channel":"trade","sid":2},"replay_id":"r-1"})",
        R"({"replay_id":"r-1","type":"subscribed","id":1,"msg":{"channel":"trade","sid":2}})"}) {
    const auto replayed = DecodeWebSocketFrame(text);
    REQUIRE(replayed.ok());
    CHECK(std::get<SubscribedReply>(replayed->body).replay_id == "r-1");
    CHECK(std::get<SubscribedReply>(replayed->body).sid == 2);
  }

  const auto error = DecodeWebSocketFrame(
      R"({"type":"error","sid":2,"seq":9,"msg":{"code":25,"msg":"Subscription buffer overflow"}})");
  REQUIRE(error.ok());
  CHECK(error->seq == 9);
  CHECK(std::get<ErrorReply>(error->body).code == 25);

  const auto done = DecodeWebSocketFrame(R"({"type":"ok","id":5,"sid":2,"seq":4})");
  REQUIRE(done.ok());
  CHECK(std::holds_alternative<OkReply>(done->body));
}

TEST_CASE("DecodeWebSocketFrame: an unreadable body keeps its number", "[kalshi]") {
  const std::string text = GENERATE(
      std::string(R"({"market_ticker":"A","price_dollars":"1.5","delta_fp":"1.00","side":"yes"})"),
      std::string(R"({"market_ticker":"A","price_dollars":0.5,"delta_fp":"1.00","side":"yes"})"),
      std::string(R"({"price_dollars":"0.5","delta_fp":"1.00","side":"yes"})"),
      std::string(R"({"market_ticker":"A","price_dollars":"0.5","delta_fp":"x","side":"yes"})"),
      std::string(R"({"market_ticker":"A","price_dollars":"0.5","delta_fp":"1.00","side":"up"})"));
  const auto frame =
      DecodeWebSocketFrame(R"({"type":"orderbook_delta","sid":1,"seq":8,"msg":)" + text + "}");
  REQUIRE(frame.ok());
  CHECK(frame->seq == 8);
  CHECK(std::holds_alternative<UnreadableBody>(frame->body));
}

TEST_CASE("DecodeWebSocketFrame: what has no envelope is an error", "[kalshi]") {
  const std::string text =
      GENERATE(as<std::string>(), "", "\n", "[]", "{", "{}", R"({"type":1})",
               R"({"type":"trade","sid":"1"})", R"({"type":"trade","seq":-1})");
  CHECK(DecodeWebSocketFrame(text).status().code() == absl::StatusCode::kInvalidArgument);
}

TEST_CASE("DecodeWebSocketFrame: an unknown type is told by its name", "[kalshi]") {
  const auto frame = DecodeWebSocketFrame(R"({"type":"weather","sid":1,"seq":2,"msg":{"a":1}})");
  REQUIRE(frame.ok());
  CHECK(std::get<OtherBody>(frame->body).type == "weather");
}

TEST_CASE("EncodeSubscribe: the door understands what the client sends", "[kalshi]") {
  const WebSocketCommand subscribe = DecodeWebSocketCommand(
      EncodeSubscribe(7, {Channel::kOrderbookDelta, Channel::kTicker}, {"A", "B\"C"}));
  CHECK(subscribe.id == 7);
  const auto& body = std::get<SubscribeCommand>(subscribe.body);
  CHECK(body.channels == std::vector{Channel::kOrderbookDelta, Channel::kTicker});
  CHECK(body.markets.tickers == std::vector<std::string>{"A", "B\"C"});
  CHECK(body.send_initial_snapshot);
  CHECK(body.skip_ticker_ack);

  const WebSocketCommand update = DecodeWebSocketCommand(
      EncodeUpdateSubscription(8, Channel::kTicker, 3, SubscriptionAction::kGetSnapshot, {"A"}));
  const auto& change = std::get<UpdateSubscriptionCommand>(update.body);
  CHECK(change.sid == 3);
  CHECK(change.action == SubscriptionAction::kGetSnapshot);
  CHECK(change.markets.tickers == std::vector<std::string>{"A"});
}

TEST_CASE("EncodeUpdateSubscription: tickers of added markets begin with what they are now",
          "[kalshi]") {
  const auto asks = [](Channel channel, SubscriptionAction action) {
    return std::get<UpdateSubscriptionCommand>(
               DecodeWebSocketCommand(EncodeUpdateSubscription(1, channel, 3, action, {"A"})).body)
        .send_initial_snapshot;
  };
  CHECK(asks(Channel::kTicker, SubscriptionAction::kAddMarkets));
  CHECK_FALSE(asks(Channel::kTicker, SubscriptionAction::kDeleteMarkets));
  CHECK_FALSE(asks(Channel::kOrderbookDelta, SubscriptionAction::kAddMarkets));
}

}  // namespace
}  // namespace evx::kalshi
