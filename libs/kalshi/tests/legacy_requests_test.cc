#include "evx/kalshi/legacy_requests.h"

#include <catch2/catch.hpp>

#include "evx/core/testing/literals.h"

namespace evx::kalshi {
namespace {

using evx::testing::operator""_c;
using evx::testing::operator""_x;

Decoded<LegacyCreateOrderRequest> Create(std::string_view direction, std::string_view rest) {
  return DecodeLegacyCreateOrder("{\"ticker\":\"T\"," + std::string(direction) + "," +
                                 std::string(rest) + "}");
}

TEST_CASE("LegacyOrders: the four directions become bids and asks of YES", "[kalshi]") {
  const auto check = [](std::string_view direction, std::string_view price, BookSide side,
                        Price yes) {
    const auto request = Create(direction, R"("count":3,)" + std::string(price));
    REQUIRE(request.ok());
    CHECK(request->order.side == side);
    CHECK(request->order.price == yes);
    CHECK(request->order.count == 3_x);
  };
  check(R"("side":"yes","action":"buy")", R"("yes_price":30)", BookSide::kBid, 30_c);
  check(R"("side":"yes","action":"sell")", R"("yes_price":30)", BookSide::kAsk, 30_c);
  check(R"("side":"no","action":"buy")", R"("no_price":30)", BookSide::kAsk, 70_c);
  check(R"("side":"no","action":"sell")", R"("no_price_dollars":"0.3000")", BookSide::kBid, 70_c);
}

TEST_CASE("LegacyOrders: defaults are good till canceled and taker at cross", "[kalshi]") {
  const auto request =
      Create(R"("side":"yes","action":"buy")", R"("count_fp":"1.50","yes_price_dollars":"0.5")");
  REQUIRE(request.ok());
  CHECK(request->order.time_in_force == TimeInForce::kGoodTillCanceled);
  CHECK(request->order.self_trade_prevention == SelfTradePrevention::kTakerAtCross);
  CHECK(request->order.count == Quantity::FromCentis(150));
  CHECK_FALSE(request->buy_max_cost.has_value());
}

TEST_CASE("LegacyOrders: a cost limit makes fill or kill, a position floor reduce only",
          "[kalshi]") {
  const auto request =
      Create(R"("side":"yes","action":"buy")",
             R"("count":1,"yes_price":99,"buy_max_cost":500,"sell_position_floor":0)");
  REQUIRE(request.ok());
  CHECK(request->buy_max_cost == Money::FromCents(500));
  CHECK(request->order.time_in_force == TimeInForce::kFillOrKill);
  CHECK(request->order.reduce_only);
}

TEST_CASE("LegacyOrders: contradictions and absences are refused", "[kalshi]") {
  const std::string_view buy = R"("side":"yes","action":"buy")";
  const auto code = [&](std::string_view rest) {
    const auto request = Create(buy, rest);
    return request.ok() ? "ok" : request.error().code;
  };
  CHECK(code(R"("count":1,"yes_price":30,"no_price":70)") == "invalid_order");
  CHECK(code(R"("count":1)") == "invalid_order");
  CHECK(code(R"("yes_price":30)") == "invalid_order");
  CHECK(code(R"("count":1,"count_fp":"2","yes_price":30)") == "invalid_order");
  CHECK(code(R"("count":1,"count_fp":"1.00","yes_price":30)") == "ok");
  CHECK(code(R"("count":0,"yes_price":30)") == "invalid_order_size");
  CHECK(code(R"("count":1,"yes_price":0)") == "invalid_price");
  CHECK(code(R"("count":1,"yes_price":100)") == "invalid_price");
  CHECK(code(R"("count":"1","yes_price":30)") == "bad_request");
  CHECK(code(R"("count":1,"yes_price":30,"sell_position_floor":1)") == "invalid_order");
  CHECK(code(R"("count":1,"yes_price":30,"buy_max_cost":0)") == "invalid_order");
  CHECK(Create(R"("side":"yes","action":"sell")", R"("count":1,"yes_price":30,"buy_max_cost":50)")
            .error()
            .code == "invalid_order");
  CHECK(DecodeLegacyCreateOrder(R"({"ticker":"T","side":"yes","count":1,"yes_price":3})")
            .error()
            .code == "invalid_order");
}

TEST_CASE("LegacyOrders: batches, amends and decreases", "[kalshi]") {
  const auto batch = DecodeLegacyBatchCreateOrders(
      R"({"orders":[{"ticker":"T","side":"yes","action":"buy","count":1,"yes_price":3},{}]})");
  REQUIRE(batch.ok());
  CHECK(batch->orders[0].ok());
  CHECK_FALSE(batch->orders[1].ok());

  CHECK(DecodeLegacyBatchCancelOrders(R"({"ids":["a","b"]})")->orders.size() == 2);
  CHECK(DecodeLegacyBatchCancelOrders(R"({"orders":[{"order_id":"a"}]})")->orders.size() == 1);
  CHECK_FALSE(DecodeLegacyBatchCancelOrders("{}").ok());

  const auto amend = DecodeLegacyAmendOrder(
      R"({"ticker":"T","side":"no","action":"buy","no_price":40,"updated_client_order_id":"b"})");
  REQUIRE(amend.ok());
  CHECK(amend->side == BookSide::kAsk);
  CHECK(amend->price == 60_c);
  CHECK_FALSE(amend->count.has_value());

  CHECK(DecodeLegacyDecreaseOrder(R"({"reduce_by":5})")->decrease.reduce_by == 5_x);
  CHECK(DecodeLegacyDecreaseOrder(R"({"reduce_to":0})")->decrease.reduce_to == Quantity());
  CHECK_FALSE(DecodeLegacyDecreaseOrder("{}").ok());
}

}  // namespace
}  // namespace evx::kalshi
