#include "evx/fix/order_messages.h"

#include <catch2/catch.hpp>
#include <string>

#include "evx/fix/other_messages.h"

namespace evx::fix {
namespace {

struct Bytes {
  explicit Bytes(std::string_view body) : text(body) {
    for (char& c : text) c = c == '|' ? kSoh : c;
    REQUIRE(message.Parse(text));
  }
  std::string text;
  Message message;
};

std::string Readable(const BodyWriter& body) {
  std::string text = body.bytes();
  for (char& c : text) c = c == kSoh ? '|' : c;
  return text;
}

TEST_CASE("NewOrderSingle: prices are cents, cut to whole ones, or dollars", "[fix]") {
  struct Case {
    PriceUnit unit;
    std::string_view text;
    std::int64_t micros;
  };
  const auto c = GENERATE(
      Case{PriceUnit::kCents, "50", 500'000}, Case{PriceUnit::kCents, "50.5", 500'000},
      Case{PriceUnit::kCents, "99.99", 990'000}, Case{PriceUnit::kDollars, "0.5", 500'000},
      Case{PriceUnit::kDollars, "0.5050", 505'000}, Case{PriceUnit::kDollars, "50", 50'000'000});
  const Bytes bytes("11=a|38=1.5|40=2|44=" + std::string(c.text) + "|54=2|55=T|");
  NewOrderSingle order;
  REQUIRE_FALSE(Decode(bytes.message, c.unit, order));
  CHECK(order.price_micros == c.micros);
  CHECK(order.quantity == Quantity::FromCentis(150));
  CHECK(order.side == BookSide::kAsk);
  CHECK(order.time_in_force == TimeInForce::kDay);
}

TEST_CASE("NewOrderSingle: faults that the dictionary cannot see", "[fix]") {
  struct Case {
    std::string_view body;
    int tag;
  };
  const auto c = GENERATE(Case{"11=a b|38=1|40=2|44=50|54=1|55=T|", 11},
                          Case{"11=a|38=-1|40=2|44=50|54=1|55=T|", 38},
                          Case{"11=a|38=1.001|40=2|44=50|54=1|55=T|", 38},
                          Case{"11=a|38=1|40=2|44=99999999|54=1|55=T|", 44},
                          Case{"11=a|38=1|40=2|44=50|54=1|55=T|59=6|", 126},
                          Case{"11=a|38=1|40=2|44=50|54=1|55=T|126=20260805-13:00:00|", 126});
  const Bytes bytes(c.body);
  NewOrderSingle order;
  const auto fault = Decode(bytes.message, PriceUnit::kCents, order);
  REQUIRE(fault);
  CHECK(fault->tag == c.tag);
}

TEST_CASE("OrderCancelReplaceRequest: an expiry alone and an immediate order are refused",
          "[fix]") {
  OrderCancelReplaceRequest request;
  for (const std::string_view more : {"126=20260805-13:00:00|", "59=3|", "59=4|", "59=6|"}) {
    INFO(more);
    const Bytes bytes("11=b|41=a|38=1|40=2|54=1|55=T|" + std::string(more));
    CHECK(Decode(bytes.message, PriceUnit::kCents, request));
  }
  const Bytes bytes("11=b|41=a|38=1|40=2|54=1|55=T|59=6|126=20260805-13:00:00|");
  REQUIRE_FALSE(Decode(bytes.message, PriceUnit::kCents, request));
  CHECK(request.expire_time == Timestamp::FromSeconds(1'785'934'800));
  CHECK_FALSE(request.price_micros);
}

TEST_CASE("ExecutionReport: a trade carries position, fee and collateral", "[fix]") {
  ExecutionReport report;
  report.order_id = "id";
  report.cl_ord_id = "a";
  report.exec_id = "7;2";
  report.exec_type = exec_type::kTrade;
  report.ord_status = ord_status::kPartiallyFilled;
  report.symbol = "T";
  report.order_quantity = Quantity::FromContracts(10);
  report.cumulative_quantity = Quantity::FromContracts(4);
  report.leaves_quantity = Quantity::FromContracts(6);
  report.average_price_micros = 560'000;
  report.price_micros = 565'000;
  report.has_last_market = true;
  report.time_in_force = TimeInForce::kGoodTillCancel;
  auto& trade = report.trade.emplace();
  trade.price = Price::FromMicros(560'000);
  trade.quantity = Quantity::FromContracts(4);
  trade.position_after = -Quantity::FromContracts(3);
  trade.fee = Money::FromCents(7);
  trade.trade_id = "tr";
  trade.is_aggressor = true;
  trade.clearing_date = "20260805";
  trade.collateral.push_back({-Money::FromCents(231), "BALANCE"});
  BodyWriter dollars;
  Encode(report, PriceUnit::kDollars, dollars);
  CHECK(Readable(dollars) ==
        "37=id|11=a|17=7;2|150=F|39=1|55=T|54=1|38=10.00|14=4.00|151=6.00|6=0.560000|44=0.5650|"
        "30=0|59=1|31=0.5600|32=4.00|704=0.00|705=3.00|136=1|137=0.0700|138=USD|139=4|891=0|"
        "880=tr|1057=Y|715=20260805|1703=1|1704=-2.3100|1705=BALANCE|");
  BodyWriter cents;
  Encode(report, PriceUnit::kCents, cents);
  CHECK(Readable(cents).find("|6=56.0000|44=56.50|30=0|59=1|31=56|") != std::string::npos);
}

TEST_CASE("OrderGroupRequest: ids are UUIDs and limits are there when they must be", "[fix]") {
  OrderGroupRequest request;
  CHECK(Decode(Bytes("20131=1|").message, request)->tag == tag::kOrderGroupContractsLimit);
  CHECK(Decode(Bytes("20131=1|20132=0|").message, request)->tag == tag::kOrderGroupContractsLimit);
  CHECK(Decode(Bytes("20131=2|").message, request)->tag == tag::kOrderGroupId);
  CHECK(Decode(Bytes("20131=2|20130=x|").message, request)->reason ==
        SessionRejectReason::kIncorrectFormat);
  CHECK_FALSE(Decode(Bytes("20131=1|20132=10|").message, request));
  CHECK(request.limit == Quantity::FromContracts(10));
}

TEST_CASE("ExecID: clock and event, shard 0 may be named", "[fix]") {
  CHECK(ParseExecId("12;3") == ExecId{12, 3});
  CHECK(ParseExecId("12;3;0") == ExecId{12, 3});
  CHECK_FALSE(ParseExecId("12;3;1"));
  CHECK_FALSE(ParseExecId("12"));
  CHECK_FALSE(ParseExecId("-1;-1"));
  CHECK(FormatExecId({12, 3}) == "12;3");
}

}  // namespace
}  // namespace evx::fix
