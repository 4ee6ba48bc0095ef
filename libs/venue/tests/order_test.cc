#include <catch2/catch.hpp>

#include "evx/venue/testing/exchange_fixture.h"

// Placing, changing and canceling orders: results, events and their order.

namespace evx::venue {
namespace {

using namespace evx::testing;
using testing::AnOrder;
using testing::MarketFixture;
using Names = std::vector<std::string>;

TEST_CASE_METHOD(MarketFixture, "CreateOrder: an order that rests is accepted and in the book",
                 "[venue]") {
  const CommandResult result = Do(AnOrder(alice, market).Bid(56_c).Of(10_x).Named("first"));
  CHECK(result.order_id == OrderId(1));
  CHECK(result.client_order_id.view() == "first");
  CHECK(result.remaining == 10_x);
  CHECK(result.filled.is_zero());
  CHECK(EventNames() == Names{"OrderAccepted", "BookChanged", "BalanceChanged"});
  const auto book = EventsOf<BookChanged>().at(0);
  CHECK(book.delta == 10_x);
  CHECK(book.quantity_after == 10_x);
  const auto balance = EventsOf<BalanceChanged>().at(0);
  CHECK(balance.cash == 1000_usd);
  CHECK(balance.hold == Money::FromCents(560));
}

TEST_CASE_METHOD(MarketFixture, "CreateOrder: a crossing order trades at the resting price",
                 "[venue]") {
  Place(AnOrder(alice, market).Ask(52_c).Of(10_x));
  const CommandResult result = Do(AnOrder(bob, market).Bid(99_c).Of(4_x).ImmediateOrCancel());
  CHECK(result.filled == 4_x);
  CHECK(result.remaining.is_zero());
  CHECK(result.fill_cost == Money::FromCents(208));
  CHECK(EventNames() == Names{"OrderAccepted", "TradeExecuted", "OrderFilled", "PositionChanged",
                              "OrderFilled", "PositionChanged", "CashPosted", "CashPosted",
                              "BookChanged", "BalanceChanged", "BalanceChanged"});
  const auto trade = EventsOf<TradeExecuted>().at(0);
  CHECK(trade.price == 52_c);
  CHECK(trade.open_interest_after == 4_x);
  CHECK(trade.maker_order_id == OrderId(1));
  CHECK(trade.taker_order_id == OrderId(2));
  const auto fills = EventsOf<OrderFilled>();
  CHECK_FALSE(fills.at(0).is_taker);
  CHECK(fills.at(0).remaining_after == 6_x);
  CHECK(fills.at(1).is_taker);
  CHECK(fills.at(1).remaining_after.is_zero());
  CHECK(EventsOf<PositionChanged>().at(0).position == -(4_x));
  CHECK(EventsOf<PositionChanged>().at(1).position == 4_x);
  CHECK(EventsOf<BookChanged>().at(0).quantity_after == 6_x);
  CHECK(exchange().CheckInvariants().ok());
}

TEST_CASE_METHOD(MarketFixture, "CreateOrder: each match leaves the level it came from",
                 "[venue]") {
  Place(AnOrder(alice, market).Ask(50_c).Of(3_x));
  Place(AnOrder(carol, market).Ask(50_c).Of(4_x));
  Place(AnOrder(alice, market).Ask(51_c).Of(5_x));
  const CommandResult result = Do(AnOrder(bob, market).Bid(51_c).Of(9_x));
  CHECK(result.filled == 9_x);
  const auto book = EventsOf<BookChanged>();
  REQUIRE(book.size() == 3);
  CHECK(book[0].quantity_after == 4_x);
  CHECK(book[1].quantity_after.is_zero());
  CHECK(book[2].price == 51_c);
  CHECK(book[2].quantity_after == 3_x);
  // Once per touched subaccount, at the very end.
  const Names names = EventNames();
  CHECK(Names(names.end() - 3, names.end()) ==
        Names{"BalanceChanged", "BalanceChanged", "BalanceChanged"});
}

TEST_CASE_METHOD(MarketFixture, "CreateOrder: the rest of a crossing order rests", "[venue]") {
  Place(AnOrder(alice, market).Ask(50_c).Of(3_x));
  const CommandResult result = Do(AnOrder(bob, market).Bid(50_c).Of(9_x));
  CHECK(result.filled == 3_x);
  CHECK(result.remaining == 6_x);
  const auto book = EventsOf<BookChanged>();
  REQUIRE(book.size() == 2);
  CHECK(book[1].side == BookSide::kBid);
  CHECK(book[1].quantity_after == 6_x);
}

TEST_CASE_METHOD(MarketFixture, "CreateOrder: an immediate order without a match is canceled",
                 "[venue]") {
  const CommandResult result = Do(AnOrder(bob, market).Bid(50_c).Of(9_x).ImmediateOrCancel());
  CHECK(result.filled.is_zero());
  CHECK(result.remaining.is_zero());
  const auto canceled = EventsOf<OrderCanceled>().at(0);
  CHECK(canceled.reason == CancelReason::kImmediateOrCancel);
  CHECK(canceled.canceled_quantity == 9_x);
}

TEST_CASE_METHOD(MarketFixture, "CreateOrder: post only that would cross is accepted and canceled",
                 "[venue]") {
  Place(AnOrder(alice, market).Ask(50_c));
  const CommandResult result = Apply(AnOrder(bob, market).Bid(50_c).PostOnly().Named("p"));
  CHECK(result.reject == RejectReason::kPostOnlyWouldCross);
  CHECK(EventNames() == Names{"OrderAccepted", "OrderCanceled"});
  CHECK(EventsOf<OrderCanceled>().at(0).reason == CancelReason::kPostOnlyCross);
  // It exists on the streams, so its client order id is taken.
  CHECK(Apply(AnOrder(bob, market).Bid(40_c).Named("p")).reject ==
        RejectReason::kDuplicateClientOrderId);
}

TEST_CASE_METHOD(MarketFixture, "CreateOrder: fill or kill trades all or is refused", "[venue]") {
  Place(AnOrder(alice, market).Ask(50_c).Of(3_x));
  CHECK(Apply(AnOrder(bob, market).Bid(50_c).Of(4_x).FillOrKill()).reject ==
        RejectReason::kFillOrKillInsufficientVolume);
  CHECK(EventNames() == Names{"CommandRejected"});
  CHECK(Do(AnOrder(bob, market).Bid(50_c).Of(3_x).FillOrKill()).filled == 3_x);
}

TEST_CASE_METHOD(MarketFixture, "CreateOrder: reduce only is capped by the position", "[venue]") {
  Place(AnOrder(alice, market).Ask(50_c).Of(5_x));
  Do(AnOrder(bob, market).Bid(50_c).Of(5_x));
  Place(AnOrder(carol, market).Bid(40_c).Of(20_x));
  SECTION("what is left of the order is canceled") {
    const CommandResult result =
        Do(AnOrder(bob, market).Ask(40_c).Of(8_x).ImmediateOrCancel().ReduceOnly());
    CHECK(result.filled == 5_x);
    const auto canceled = EventsOf<OrderCanceled>().at(0);
    CHECK(canceled.reason == CancelReason::kReduceOnly);
    CHECK(canceled.canceled_quantity == 3_x);
  }
  SECTION("nothing to reduce is accepted and canceled") {
    const CommandResult result =
        Do(AnOrder(carol, market).Ask(40_c).Of(8_x).ImmediateOrCancel().ReduceOnly());
    CHECK_FALSE(result.reject);
    CHECK(result.filled.is_zero());
    CHECK(EventNames() == Names{"OrderAccepted", "OrderCanceled"});
    CHECK(EventsOf<OrderCanceled>().at(0).reason == CancelReason::kReduceOnly);
  }
}

TEST_CASE_METHOD(MarketFixture, "Self-trade prevention: taker at cross keeps the earlier fills",
                 "[venue]") {
  Place(AnOrder(alice, market).Ask(50_c).Of(2_x));
  const OrderId own = Place(AnOrder(bob, market).Ask(51_c).Of(2_x));
  const CommandResult result = Do(AnOrder(bob, market).Bid(52_c).Of(6_x));
  CHECK(result.filled == 2_x);
  CHECK(result.remaining.is_zero());
  const auto canceled = EventsOf<OrderCanceled>();
  REQUIRE(canceled.size() == 1);
  CHECK(canceled[0].reason == CancelReason::kSelfTradePrevention);
  CHECK(canceled[0].canceled_quantity == 4_x);
  CHECK(exchange().QueuePosition(own).has_value());
}

TEST_CASE_METHOD(MarketFixture,
                 "Self-trade prevention: maker cancels the resting order, over "
                 "subaccounts of one account",
                 "[venue]") {
  Do(OpenSubaccount{.account = bob});
  Do(TransferFunds{.account = bob, .to_subaccount = 1, .amount = 100_usd});
  const OrderId own = Place(AnOrder(bob, market).Ask(50_c).Of(2_x).In(1));
  Place(AnOrder(alice, market).Ask(50_c).Of(2_x));
  const CommandResult result = Do(AnOrder(bob, market).Bid(50_c).Of(6_x).CancelsMaker());
  CHECK(result.filled == 2_x);
  CHECK(result.remaining == 4_x);
  const auto canceled = EventsOf<OrderCanceled>();
  REQUIRE(canceled.size() == 1);
  CHECK(canceled[0].order_id == own);
  CHECK(canceled[0].subaccount == 1);
  const auto book = EventsOf<BookChanged>();
  CHECK(book.at(0).quantity_after == 2_x);
  CHECK(book.at(1).quantity_after.is_zero());
  CHECK(exchange().CheckInvariants().ok());
}

TEST_CASE_METHOD(MarketFixture, "Client order id: taken for good, and names the first order",
                 "[venue]") {
  const OrderId first = Place(AnOrder(alice, market).Bid(50_c).Named("x"));
  Do(CancelOrder{.account = alice, .order_id = first});
  const CommandResult again = Apply(AnOrder(alice, market).Bid(50_c).Named("x"));
  CHECK(again.reject == RejectReason::kDuplicateClientOrderId);
  CHECK(again.order_id == first);
  CHECK_FALSE(Apply(AnOrder(bob, market).Bid(50_c).Named("x")).reject);
  REQUIRE(Reload(Saved()).ok());
  CHECK(Apply(AnOrder(alice, market).Bid(50_c).Named("x")).order_id == first);
}

TEST_CASE_METHOD(MarketFixture, "CancelOrder: gives back what rests", "[venue]") {
  const OrderId order = Place(AnOrder(alice, market).Bid(50_c).Of(10_x).Named("n"));
  const CommandResult result = Do(CancelOrder{.account = alice, .order_id = order});
  CHECK(result.reduced_by == 10_x);
  CHECK(result.client_order_id.view() == "n");
  CHECK(EventNames() == Names{"OrderCanceled", "BookChanged", "BalanceChanged"});
  CHECK(EventsOf<BalanceChanged>().at(0).hold == Money());
  CHECK(Apply(CancelOrder{.account = alice, .order_id = order}).reject ==
        RejectReason::kUnknownOrder);
}

TEST_CASE_METHOD(MarketFixture, "CancelOrder: another account's order is unknown", "[venue]") {
  const OrderId order = Place(AnOrder(alice, market).Bid(50_c));
  CHECK(Apply(CancelOrder{.account = bob, .order_id = order}).reject ==
        RejectReason::kUnknownOrder);
  CHECK(Apply(CancelOrder{.account = alice, .order_id = order, .subaccount = 1}).reject ==
        RejectReason::kUnknownOrder);
  CHECK_FALSE(Apply(CancelOrder{.account = alice, .order_id = order, .subaccount = 0}).reject);
}

TEST_CASE_METHOD(MarketFixture, "CancelAllOrders: all of the account, or of one market",
                 "[venue]") {
  const MarketId other = AddMarket(event, "OTHER");
  Place(AnOrder(alice, market).Bid(50_c));
  Place(AnOrder(alice, other).Bid(50_c));
  Place(AnOrder(bob, market).Bid(50_c));
  CHECK(Do(CancelAllOrders{.account = alice, .market = other}).canceled_order_count == 1);
  CHECK(Do(CancelAllOrders{.account = alice, .by_operator = true}).canceled_order_count == 1);
  CHECK(EventsOf<OrderCanceled>().at(0).reason == CancelReason::kOperator);
  CHECK(Do(CancelAllOrders{.account = alice}).canceled_order_count == 0);
  CHECK(exchange().CheckInvariants().ok());
}

TEST_CASE_METHOD(MarketFixture, "DecreaseOrder: keeps the place in the queue", "[venue]") {
  const OrderId first = Place(AnOrder(alice, market).Bid(50_c).Of(10_x));
  const OrderId second = Place(AnOrder(bob, market).Bid(50_c).Of(10_x));
  const CommandResult result =
      Do(DecreaseOrder{.account = alice, .order_id = first, .quantity = 4_x});
  CHECK(result.remaining == 6_x);
  CHECK(result.reduced_by == 4_x);
  CHECK(EventNames() == Names{"OrderDecreased", "BookChanged", "BalanceChanged"});
  CHECK(exchange().QueuePosition(second) == 6_x);
  CHECK(
      Do(DecreaseOrder{.account = alice, .order_id = first, .is_reduce_to = true, .quantity = 1_x})
          .reduced_by == 5_x);
  for (const Quantity wrong : {Quantity(), 2_x, -(1_x)}) {
    CHECK(Apply(DecreaseOrder{.account = alice, .order_id = first, .quantity = wrong}).reject ==
          RejectReason::kNotADecrease);
  }
  Do(DecreaseOrder{.account = alice, .order_id = first, .is_reduce_to = true});
  CHECK(EventsOf<OrderCanceled>().at(0).reason == CancelReason::kDecreasedToZero);
}

struct AmendFixture : MarketFixture {
  AmendOrder Amend(OrderId order, Price price, Quantity total) const {
    return {.account = alice,
            .order_id = order,
            .market = market,
            .price_micros = price.micros(),
            .total_quantity = total};
  }
};

TEST_CASE_METHOD(AmendFixture, "AmendOrder: total quantity is filled plus resting", "[venue]") {
  const OrderId order = Place(AnOrder(alice, market).Bid(50_c).Of(10_x));
  Place(AnOrder(bob, market).Ask(50_c).Of(4_x));
  const CommandResult result = Do(Amend(order, 50_c, 7_x));
  CHECK(result.reduced_by == 3_x);
  CHECK(result.remaining == 3_x);
  CHECK(result.filled.is_zero());
  CHECK(EventsOf<OrderAmended>().at(0).kept_priority);
  CHECK(EventsOf<BookChanged>().at(0).delta == -(3_x));
  CHECK(Apply(Amend(order, 50_c, 4_x)).reject == RejectReason::kAmendBelowFilled);
}

TEST_CASE_METHOD(AmendFixture, "AmendOrder: a new price moves the order and may trade", "[venue]") {
  const OrderId order = Place(AnOrder(alice, market).Bid(50_c).Of(10_x));
  Place(AnOrder(bob, market).Ask(55_c).Of(4_x));
  const CommandResult result = Do(Amend(order, 56_c, 10_x));
  CHECK(result.filled == 4_x);
  CHECK(result.fill_cost == Money::FromCents(220));
  CHECK(result.remaining == 6_x);
  CHECK(EventNames() == Names{"OrderAmended", "BookChanged", "TradeExecuted", "OrderFilled",
                              "PositionChanged", "OrderFilled", "PositionChanged", "CashPosted",
                              "CashPosted", "BookChanged", "BookChanged", "BalanceChanged",
                              "BalanceChanged"});
  const auto book = EventsOf<BookChanged>();
  CHECK((book[0].price == 50_c && book[0].quantity_after.is_zero()));
  CHECK((book[1].side == BookSide::kAsk && book[1].quantity_after.is_zero()));
  CHECK((book[2].price == 56_c && book[2].quantity_after == 6_x));
  CHECK(exchange().CheckInvariants().ok());
}

TEST_CASE_METHOD(AmendFixture, "AmendOrder: filled to the end, the order is gone", "[venue]") {
  const OrderId order = Place(AnOrder(alice, market).Bid(50_c).Of(4_x));
  Place(AnOrder(bob, market).Ask(55_c).Of(4_x));
  CHECK(Do(Amend(order, 55_c, 4_x)).filled == 4_x);
  CHECK(Apply(CancelOrder{.account = alice, .order_id = order}).reject ==
        RejectReason::kUnknownOrder);
  CHECK(exchange().CheckInvariants().ok());
}

TEST_CASE_METHOD(AmendFixture, "AmendOrder: refusals leave the order untouched", "[venue]") {
  const OrderId order = Place(AnOrder(alice, market).Bid(50_c).Of(10_x).Named("a"));
  Place(AnOrder(alice, market).Ask(60_c).Named("b"));
  const std::string before = Saved();
  const std::uint64_t hash = exchange().StateHash();
  static_cast<void>(hash);
  AmendOrder amend = Amend(order, 50_c, 10_x);
  const MarketId other = AddMarket(event, "OTHER");
  amend.market = other;
  CHECK(Apply(amend).reject == RejectReason::kTickerMismatch);
  amend = Amend(order, 50_c, 10_x);
  amend.side = BookSide::kAsk;
  CHECK(Apply(amend).reject == RejectReason::kBookSideMismatch);
  amend = Amend(order, 50_c, 10_x);
  amend.client_order_id = ClientOrderId("b");
  CHECK(Apply(amend).reject == RejectReason::kClientOrderIdMismatch);
  amend = Amend(order, 50_c, 10_x);
  amend.updated_client_order_id = ClientOrderId("b");
  CHECK(Apply(amend).reject == RejectReason::kDuplicateClientOrderId);
  amend = Amend(order, 50_c, 10_x);
  amend.expiration_change = AmendOrder::ExpirationChange::kSet;
  amend.expiration = now();
  CHECK(Apply(amend).reject == RejectReason::kExpirationInPast);
  CHECK(Apply(Amend(order, 60_c, 10_x)).reject == RejectReason::kSelfCross);
  CHECK(Apply(Amend(order, 50_c, Quantity::FromContracts(100'000))).reject ==
        RejectReason::kInsufficientBalance);
  amend = Amend(order, 50_c, 10_x);
  amend.price_micros = 505'000;
  CHECK(Apply(amend).reject == RejectReason::kInvalidPrice);
  CHECK(Do(CancelOrder{.account = alice, .order_id = order}).reduced_by == 10_x);
}

TEST_CASE_METHOD(AmendFixture,
                 "AmendOrder: the new client order id counts, the old one stays "
                 "taken",
                 "[venue]") {
  const OrderId order = Place(AnOrder(alice, market).Bid(50_c).Named("old"));
  AmendOrder amend = Amend(order, 50_c, 1_x);
  amend.updated_client_order_id = ClientOrderId("new");
  CHECK(Do(amend).client_order_id.view() == "new");
  for (const char* taken : {"old", "new"}) {
    const CommandResult result = Apply(AnOrder(alice, market).Bid(50_c).Named(taken));
    CHECK(result.reject == RejectReason::kDuplicateClientOrderId);
    CHECK(result.order_id == order);
  }
  CHECK(Do(CancelOrder{.account = alice, .order_id = order}).client_order_id.view() == "new");
}

TEST_CASE_METHOD(AmendFixture, "AmendOrder: expiration is kept, cleared or set", "[venue]") {
  const Timestamp soon = now() + absl::Seconds(10);
  const OrderId order = Place(AnOrder(alice, market).Bid(50_c).Until(soon));
  CHECK(exchange().NextTimer() == soon);
  Do(Amend(order, 50_c, 2_x));
  CHECK(exchange().NextTimer() == soon);
  AmendOrder amend = Amend(order, 50_c, 2_x);
  amend.expiration_change = AmendOrder::ExpirationChange::kClear;
  Do(amend);
  CHECK(EventsOf<BookChanged>().empty());
  AdvanceBy(absl::Seconds(11));
  CHECK(exchange().QueuePosition(order).has_value());
}

TEST_CASE_METHOD(MarketFixture, "Expiration: the order leaves at its time, before the command",
                 "[venue]") {
  const Timestamp soon = now() + absl::Seconds(10);
  Place(AnOrder(alice, market).Bid(50_c).Of(1_x).Until(soon));
  Place(AnOrder(bob, market).Bid(50_c).Of(2_x).Until(soon));
  Place(AnOrder(carol, market).Bid(50_c).Of(4_x));
  SetTime(soon);
  const CommandResult result = Do(AnOrder(carol, market).Ask(50_c).Of(1_x).CancelsMaker());
  CHECK(result.filled.is_zero());
  const auto canceled = EventsOf<OrderCanceled>();
  REQUIRE(canceled.size() == 3);
  CHECK(canceled[0].reason == CancelReason::kExpired);
  CHECK(canceled[0].account == alice);
  CHECK(canceled[2].reason == CancelReason::kSelfTradePrevention);
  const auto book = EventsOf<BookChanged>();
  CHECK(book.at(0).quantity_after == 6_x);
  CHECK(book.at(1).quantity_after == 4_x);
}

TEST_CASE_METHOD(MarketFixture, "Prefetch: changes nothing, whatever the command names",
                 "[venue]") {
  const OrderId order = Place(AnOrder(alice, market).Bid(50_c).Named("x"));
  Place(AnOrder(bob, market).Bid(50_c));
  const std::uint64_t hash = exchange().StateHash();
  for (const auto stage : {Exchange::PrefetchStage::kPlaces, Exchange::PrefetchStage::kRecords,
                           Exchange::PrefetchStage::kRows}) {
    exchange().Prefetch(CancelOrder{.account = alice, .order_id = order}, stage);
    exchange().Prefetch(CancelOrder{.account = alice, .order_id = OrderId(99)}, stage);
    exchange().Prefetch(CancelOrder{}, stage);
    exchange().Prefetch(AnOrder(alice, market).Bid(50_c).Named("y"), stage);
    exchange().Prefetch(AnOrder(alice, market).Bid(50_c).In(9), stage);
    exchange().Prefetch(CreateOrder{}, stage);
    exchange().Prefetch(AdvanceTime{}, stage);
  }
  CHECK(exchange().StateHash() == hash);
}

TEST_CASE_METHOD(MarketFixture, "Fees: taken as the venue's example has them", "[venue]") {
  const EventId with_fees = AddEvent(AddSeries("FEES", 1'000'000), "FEES-1");
  const MarketId fee_market = AddMarket(with_fees, "FEES-1-A");
  Place(AnOrder(alice, fee_market).Ask(52_c));
  const CommandResult result = Do(AnOrder(bob, fee_market).Bid(52_c));
  CHECK(result.fees == Money::FromMicros(17'500));
  const auto fills = EventsOf<OrderFilled>();
  CHECK(fills.at(0).fee == Money());
  CHECK(fills.at(1).fee == Money::FromMicros(17'500));
}

}  // namespace
}  // namespace evx::venue
