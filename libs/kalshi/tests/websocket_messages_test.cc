#include "evx/kalshi/websocket_messages.h"

#include <catch2/catch.hpp>
#include <string>

#include "message_samples.h"

namespace evx::kalshi {
namespace {

using samples::At;

template <class Message>
void CheckRoundTrip(const Message& message) {
  const std::string json = EncodeJson(message);
  CAPTURE(json);
  const auto again = DecodeJson<Message>(json);
  REQUIRE(again.ok());
  CHECK(*again == message);
  CHECK(EncodeJson(*again) == json);
}

OrderbookDelta ADelta() {
  return {.market_ticker = "KXA-26-T1",
          .market_id = "11111111-1111-8111-8111-111111111111",
          .price = Price::FromCents(47),
          .delta = Quantity::FromContracts(-3),
          .side = ContractSide::kYes,
          .time = At(0)};
}

}  // namespace

TEST_CASE("WebSocketMessage: a delta names its cause to the owner only", "[kalshi]") {
  OrderbookDelta delta = ADelta();
  CHECK(EncodeJson(delta) ==
        R"({"market_ticker":"KXA-26-T1","market_id":"11111111-1111-8111-8111-111111111111",)"
        R"("price_dollars":"0.4700","delta_fp":"-3.00","side":"yes",)"
        R"("ts":"2026-07-25T17:20:00.000000Z","ts_ms":1785000000000})");
  CheckRoundTrip(delta);
  delta.client_order_id = "c-1";
  delta.subaccount = SubaccountNumber{0};
  CHECK(EncodeJson(delta).find(R"("client_order_id":"c-1","subaccount":0)") != std::string::npos);
  CheckRoundTrip(delta);
}

TEST_CASE("WebSocketMessage: a snapshot leaves an empty side out", "[kalshi]") {
  OrderbookSnapshot snapshot{.market_ticker = "A", .market_id = "id"};
  CHECK(EncodeJson(snapshot) == R"({"market_ticker":"A","market_id":"id"})");
  CheckRoundTrip(snapshot);
  snapshot.book.no = {{Price::FromCents(47), Quantity::FromContracts(1)},
                      {Price::FromCents(48), Quantity::FromContracts(2)}};
  CHECK(EncodeJson(snapshot) ==
        R"({"market_ticker":"A","market_id":"id","no_dollars_fp":[["0.4700","1.00"],)"
        R"(["0.4800","2.00"]]})");
  CheckRoundTrip(snapshot);
}

TEST_CASE("WebSocketMessage: what was encoded is decoded to the same", "[kalshi]") {
  const Quantity ten = Quantity::FromContracts(10);
  const Money dollar = Money::FromDollars(1);
  CheckRoundTrip(TickerUpdate{"T", "id", Price::FromCents(48), Price::FromCents(45),
                              Price::FromCents(53), ten, ten, ten, ten, ten, 16'948, 10'211,
                              At(1)});
  CheckRoundTrip(TradeUpdate{"t", "T", Price::FromCents(36), ten, BookSide::kAsk, false, At(1)});
  CheckRoundTrip(FillUpdate{"t", "o", "T", 0, true, BookSide::kAsk, OrderAction::kSell,
                            Price::FromCents(40), ten, Money::FromMicros(17'500), "c",
                            Quantity::FromContracts(-10), SubaccountNumber{1}, At(1)});
  CheckRoundTrip(MarketPositionUpdate{"u", "T", Quantity::FromContracts(-4), dollar, dollar, dollar,
                                      dollar, ten, SubaccountNumber{2}});
  CheckRoundTrip(UserOrderUpdate{.order_id = "o",
                                 .user_id = "u",
                                 .ticker = "T",
                                 .status = OrderStatus::kCanceled,
                                 .book_side = BookSide::kAsk,
                                 .yes_price = Price::FromCents(40),
                                 .remaining_count = ten,
                                 .initial_count = ten,
                                 .client_order_id = "c",
                                 .order_group_id = "g",
                                 .self_trade_prevention = SelfTradePrevention::kMaker,
                                 .created_time = At(0),
                                 .last_update_time = At(1),
                                 .expiration_time = At(2),
                                 .last_update_reason = LastUpdateReason::kExpiryCancel,
                                 .subaccount_number = SubaccountNumber{0}});
  CheckRoundTrip(UserOrderUpdate{.created_time = At(0)});
  CheckRoundTrip(OrderGroupUpdate{OrderGroupEvent::kLimitUpdated, "g", ten, At(0)});
  CheckRoundTrip(OrderGroupUpdate{OrderGroupEvent::kTriggered, "g", std::nullopt, At(0)});
  CheckRoundTrip(EventLifecycleUpdate{"E", 0, "t", "s", "MECNET", "S", At(0), "daily"});
  CheckRoundTrip(EventFeeUpdate{"E", FeeType::kQuadratic, 1'500'000});
  CheckRoundTrip(EventFeeUpdate{.event_ticker = "E"});
}

// Frames in the form that the live venue was seen to send in May and August 2026.
TEST_CASE("WebSocketMessage: bodies as the venue sends them are read", "[kalshi]") {
  const auto delta = DecodeJson<OrderbookDelta>(
      R"({"market_ticker":"KXGOLD15M-26AUG101800-00","market_id":"03137cd9-ae15-4c2c-afd9-)"
      R"(9c88e467ceb9","price_dollars":"0.1100","delta_fp":"28.00","side":"no",)"
      R"("ts":"2026-08-10T21:46:09.379425Z","ts_ms":1786398369379})");
  REQUIRE(delta.ok());
  CHECK(delta->price == Price::FromCents(11));
  CHECK(delta->delta == Quantity::FromContracts(28));
  CHECK(delta->side == ContractSide::kNo);
  CHECK(delta->time.millis() == 1'786'398'369'379);

  const auto cleared = DecodeJson<OrderbookSnapshot>(
      R"({"market_ticker":"KXGOLD15M-26AUG101800-00","market_id":"x"})");
  REQUIRE(cleared.ok());
  CHECK(cleared->book.yes.empty());
  CHECK(cleared->book.no.empty());

  const auto trade = DecodeJson<TradeUpdate>(
      R"({"trade_id":"c0d829d2-4e7f-54bd-b561-6e3e75a99cc1","market_ticker":"KXGOLD15M",)"
      R"("yes_price_dollars":"0.4300","no_price_dollars":"0.5700","count_fp":"0.71",)"
      R"("taker_side":"no","taker_outcome_side":"no","taker_book_side":"ask","ts":1786398370,)"
      R"("ts_ms":1786398370647})");
  REQUIRE(trade.ok());
  CHECK(trade->count == Quantity::FromCentis(71));
  CHECK(trade->taker_side == BookSide::kAsk);
  CHECK(!trade->is_block_trade);

  // The cents of the older form are ignored beside the dollars.
  const auto ticker = DecodeJson<TickerUpdate>(
      R"({"dollar_open_interest":13280,"dollar_volume":21487,"last_trade_size_fp":"12.55",)"
      R"("market_id":"x","market_ticker":"T","no_ask":35,"no_bid":34,)"
      R"("open_interest_fp":"26561.30","price_dollars":"0.6500",)"
      R"("time":"2026-05-13T23:01:12.0994Z","ts":1778713272,"ts_ms":1778713272099,)"
      R"("volume_fp":"42975.22","yes_ask":66,"yes_ask_dollars":"0.6600",)"
      R"("yes_ask_size_fp":"193.00","yes_bid":65,"yes_bid_dollars":"0.6500",)"
      R"("yes_bid_size_fp":"1076.29"})");
  REQUIRE(ticker.ok());
  CHECK(ticker->yes_ask == Price::FromCents(66));
  CHECK(ticker->volume == Quantity::FromCentis(4'297'522));
  CHECK(ticker->dollar_volume == 21'487);
}

TEST_CASE("WebSocketMessage: a lifecycle event has its own members only", "[kalshi]") {
  CHECK(EncodeJson(MarketLifecycleUpdate{.event_type = MarketLifecycleEvent::kSettled,
                                         .market_ticker = "T",
                                         .settled_time = At(0)}) ==
        R"({"market_ticker":"T","event_type":"settled","settled_ts":1785000000})");
  CHECK(EncodeJson(MarketLifecycleUpdate{.event_type = MarketLifecycleEvent::kDetermined,
                                         .market_ticker = "T",
                                         .result = "yes",
                                         .determination_time = At(0),
                                         .settlement_value = Price::FromCents(100)}) ==
        R"({"market_ticker":"T","event_type":"determined","result":"yes",)"
        R"("determination_ts":1785000000,"settlement_value":"1.0000"})");
  CheckRoundTrip(MarketLifecycleUpdate{
      .market_ticker = "T",
      .exchange_index = 0,
      .open_time = At(0),
      .close_time = At(900),
      .price_level_structure = "linear_cent",
      .price_ranges = {{Price::FromCents(0), Price::FromCents(100), Price::FromCents(1)}},
      .additional_metadata = MarketCreationMetadata{.name = "n",
                                                    .title = "t",
                                                    .can_close_early = true,
                                                    .event_ticker = "E",
                                                    .expected_expiration_time = At(900),
                                                    .strike_type = StrikeType::kGreater,
                                                    .floor_strike_micros = 4'487'000'000}});
  CheckRoundTrip(MarketLifecycleUpdate{.event_type = MarketLifecycleEvent::kDeactivated,
                                       .market_ticker = "T",
                                       .is_deactivated = true});
}

}  // namespace evx::kalshi
