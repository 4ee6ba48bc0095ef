#include <catch2/catch.hpp>

#include "evx/venue/testing/exchange_fixture.h"

// The life of markets, pauses and timers.

namespace evx::venue {
namespace {

using namespace evx::testing;
using testing::AnOrder;
using testing::ExchangeFixture;
using testing::MarketFixture;
using Names = std::vector<std::string>;

DetermineMarket Yes(MarketId market) {
  return {
      .market = market, .result = MarketResult::kYes, .settlement_value = Price::FromCents(100)};
}
DetermineMarket No(MarketId market) {
  return {.market = market, .result = MarketResult::kNo, .settlement_value = Price()};
}

// Brings a new market of the fixture into a status.
MarketId MarketIn(MarketFixture& f, MarketStatus status) {
  static int number = 0;
  PutMarket definition = f.MarketDefinition(f.event, "LIFE-" + std::to_string(++number));
  if (status == MarketStatus::kInitialized) definition.open_time = f.now() + absl::Hours(1);
  const MarketId market = f.Do(definition).market;
  const auto reach = [&](MarketStatus step) { return status >= step; };
  if (status == MarketStatus::kInactive) f.Do(DeactivateMarket{market});
  if (reach(MarketStatus::kClosed)) f.Do(SetMarketCloseTime{market, f.now()});
  if (reach(MarketStatus::kDetermined)) f.Do(Yes(market));
  if (status == MarketStatus::kDisputed || status == MarketStatus::kAmended) {
    f.Do(DisputeMarket{market});
  }
  if (status == MarketStatus::kAmended) f.Do(No(market));
  if (status == MarketStatus::kFinalized) f.Do(SettleMarket{market});
  return market;
}

TEST_CASE_METHOD(MarketFixture, "Lifecycle: every step from every status is as the table says",
                 "[venue]") {
  using Status = MarketStatus;
  struct Row {
    const char* step;
    std::function<Command(MarketId)> command;
    // By status, initialized first: the status after it, or nothing when refused.
    std::vector<std::optional<Status>> after;
  };
  const auto no = std::nullopt;
  const Timestamp past = now();
  const Timestamp future = now() + absl::Hours(48);
  const std::vector<Row> table = {
      {"activate",
       [](MarketId m) { return ActivateMarket{m}; },
       {Status::kActive, no, Status::kActive, no, no, no, no, no}},
      {"deactivate",
       [](MarketId m) { return DeactivateMarket{m}; },
       {no, Status::kInactive, no, no, no, no, no, no}},
      {"close now",
       [past](MarketId m) {
         return SetMarketCloseTime{m, past};
       },
       {Status::kClosed, Status::kClosed, Status::kClosed, no, no, no, no, no}},
      {"close later",
       [future](MarketId m) {
         return SetMarketCloseTime{m, future};
       },
       {Status::kInitialized, Status::kActive, Status::kInactive, Status::kActive, no, no, no, no}},
      {"determine",
       [](MarketId m) { return Yes(m); },
       {no, no, no, Status::kDetermined, no, Status::kAmended, no, no}},
      {"dispute",
       [](MarketId m) { return DisputeMarket{m}; },
       {no, no, no, no, Status::kDisputed, no, no, no}},
      {"settle",
       [](MarketId m) { return SettleMarket{m}; },
       {no, no, no, no, Status::kFinalized, no, Status::kFinalized, no}},
  };
  for (const Row& row : table) {
    for (std::size_t from = 0; from < row.after.size(); ++from) {
      const MarketId subject = MarketIn(*this, static_cast<Status>(from));
      const CommandResult result = Apply(row.command(subject));
      INFO(row.step << " from " << Name(static_cast<Status>(from)));
      if (!row.after[from]) {
        CHECK(result.reject == RejectReason::kInvalidTransition);
        CHECK(EventNames() == Names{"CommandRejected"});
        continue;
      }
      CHECK_FALSE(result.reject);
      const auto changes = EventsOf<MarketStatusChanged>();
      if (changes.empty()) {
        CHECK(*row.after[from] == static_cast<Status>(from));
      } else {
        CHECK(changes.back().status == *row.after[from]);
      }
    }
  }
  CHECK(exchange().CheckInvariants().ok());
}

TEST_CASE_METHOD(MarketFixture, "Lifecycle: a market opens and closes by itself", "[venue]") {
  PutMarket definition = MarketDefinition(event, "TIMED");
  definition.open_time = now() + absl::Minutes(10);
  definition.close_time = now() + absl::Minutes(20);
  const MarketId timed = Do(definition).market;
  CHECK(EventNames() == Names{"MarketPut", "MarketStatusChanged"});
  CHECK(exchange().NextTimer() == definition.open_time);
  CHECK(Apply(AnOrder(alice, timed).Bid(50_c)).reject == RejectReason::kMarketInactive);
  SetTime(definition.open_time);
  Place(AnOrder(alice, timed).Bid(50_c));
  CHECK(EventNames().front() == "MarketStatusChanged");
  CHECK(exchange().NextTimer() == definition.close_time);
  Place(AnOrder(bob, timed).Bid(49_c));
  AdvanceTo(definition.close_time);
  CHECK(EventNames() == Names{"OrderCanceled", "OrderCanceled", "BookCleared",
                              "MarketStatusChanged", "BalanceChanged", "BalanceChanged"});
  CHECK(EventsOf<OrderCanceled>().at(0).reason == CancelReason::kMarketClosed);
  CHECK(Apply(AnOrder(alice, timed).Bid(50_c)).reject == RejectReason::kMarketInactive);
}

TEST_CASE_METHOD(MarketFixture, "Lifecycle: paused, a market takes cancels and nothing else",
                 "[venue]") {
  const OrderId order = Place(AnOrder(alice, market).Bid(50_c).Of(10_x));
  const OrderId other = Place(AnOrder(bob, market).Bid(50_c).Of(10_x));
  Do(DeactivateMarket{market});
  CHECK(Apply(AnOrder(alice, market).Bid(50_c)).reject == RejectReason::kMarketInactive);
  CHECK(Apply(DecreaseOrder{.account = alice, .order_id = order, .quantity = 1_x}).reject ==
        RejectReason::kMarketInactive);
  CHECK(Apply(AmendOrder{.account = alice,
                         .order_id = order,
                         .market = market,
                         .price_micros = 500'000,
                         .total_quantity = 1_x})
            .reject == RejectReason::kMarketInactive);
  CHECK_FALSE(Apply(CancelOrder{.account = alice, .order_id = order}).reject);
  Do(ActivateMarket{market});
  const auto canceled = EventsOf<OrderCanceled>();
  REQUIRE(canceled.size() == 1);
  CHECK(canceled[0].order_id == other);
  CHECK(canceled[0].reason == CancelReason::kMarketReactivated);
  CHECK(EventNames() ==
        Names{"OrderCanceled", "BookCleared", "MarketStatusChanged", "BalanceChanged"});
}

TEST_CASE_METHOD(MarketFixture, "Lifecycle: closing earlier needs can_close_early", "[venue]") {
  PutMarket definition = MarketDefinition(event, "LATE");
  definition.can_close_early = false;
  const MarketId late = Do(definition).market;
  CHECK(Apply(SetMarketCloseTime{late, now() + absl::Hours(1)}).reject ==
        RejectReason::kInvalidTransition);
  Do(SetMarketCloseTime{late, now() + absl::Hours(48)});
  CHECK(EventNames() == Names{"MarketCloseTimeChanged"});
  CHECK(exchange().NextTimer() == now() + absl::Hours(24));  // The fixture's market.
}

TEST_CASE_METHOD(MarketFixture, "Settlement: positions are paid after the timer", "[venue]") {
  Place(AnOrder(alice, market).Ask(60_c).Of(10_x));
  Do(AnOrder(bob, market).Bid(60_c).Of(10_x));
  Do(SetMarketCloseTime{market, now()});
  Do(Yes(market));
  const auto determined = EventsOf<MarketDetermined>().at(0);
  CHECK(determined.settlement_time == now() + absl::Seconds(60));
  AdvanceBy(absl::Seconds(59));
  CHECK(Events().empty());
  AdvanceBy(absl::Seconds(1));
  CHECK(EventNames() == Names{"PositionSettled", "PositionChanged", "PositionSettled", "CashPosted",
                              "PositionChanged", "MarketSettled", "MarketStatusChanged",
                              "BalanceChanged"});
  const auto settled = EventsOf<PositionSettled>();
  CHECK(settled[0].account == alice);
  CHECK(settled[0].position == -(10_x));
  CHECK(settled[0].no_cost == 4_usd);
  CHECK(settled[0].revenue == Money());
  CHECK(settled[1].yes_cost == 6_usd);
  CHECK(settled[1].revenue == 10_usd);
  CHECK(EventsOf<BalanceChanged>().at(0).cash == 1004_usd);
  CHECK(exchange().CheckInvariants().ok());
}

TEST_CASE_METHOD(MarketFixture, "Settlement: a dispute stops the timer, the new result restarts it",
                 "[venue]") {
  Do(SetMarketCloseTime{market, now()});
  Do(Yes(market));
  Do(DisputeMarket{market});
  AdvanceBy(absl::Hours(1));
  CHECK(Events().empty());
  Do(No(market));
  CHECK(EventsOf<MarketStatusChanged>().at(0).status == MarketStatus::kAmended);
  AdvanceBy(absl::Seconds(60));
  const auto settled = EventsOf<MarketSettled>().at(0);
  CHECK(settled.result == MarketResult::kNo);
}

TEST_CASE_METHOD(MarketFixture, "Determination: result and value must agree", "[venue]") {
  Do(SetMarketCloseTime{market, now()});
  const auto determine = [&](MarketResult result, Price value) {
    return Apply(DetermineMarket{.market = market, .result = result, .settlement_value = value})
        .reject;
  };
  CHECK(determine(MarketResult::kNone, Price()) == RejectReason::kInvalidResult);
  CHECK(determine(MarketResult::kYes, 99_c) == RejectReason::kInvalidResult);
  CHECK(determine(MarketResult::kNo, 1_c) == RejectReason::kInvalidResult);
  CHECK_FALSE(determine(MarketResult::kScalar, 37_c));
}

TEST_CASE_METHOD(MarketFixture, "Determination: an exclusive event has one YES at most",
                 "[venue]") {
  const EventId exclusive = AddEvent(series, "EXCLUSIVE", true);
  const MarketId first = AddMarket(exclusive, "EXCLUSIVE-A");
  const MarketId second = AddMarket(exclusive, "EXCLUSIVE-B");
  Do(SetMarketCloseTime{first, now()});
  Do(SetMarketCloseTime{second, now()});
  Do(Yes(first));
  CHECK(Apply(Yes(second)).reject == RejectReason::kInvalidResult);
  Do(DisputeMarket{first});
  Do(Yes(second));
  CHECK(Apply(Yes(first)).reject == RejectReason::kInvalidResult);
  Do(No(first));
}

TEST_CASE_METHOD(MarketFixture, "Timers: a long jump serves them in order of time", "[venue]") {
  const Timestamp close = Start() + absl::Hours(24);
  Place(AnOrder(alice, market).Bid(50_c).Until(close + absl::Nanoseconds(-1)));
  Place(AnOrder(alice, market).Bid(50_c).Until(close + absl::Nanoseconds(1)));
  AdvanceTo(close + absl::Hours(5));
  const auto canceled = EventsOf<OrderCanceled>();
  REQUIRE(canceled.size() == 2);
  CHECK(canceled[0].reason == CancelReason::kExpired);
  CHECK(canceled[1].reason == CancelReason::kMarketClosed);
}

TEST_CASE_METHOD(MarketFixture, "Time: never goes back", "[venue]") {
  const Timestamp later = now() + absl::Hours(1);
  AdvanceTo(later);
  SetTime(later + absl::Minutes(-30));
  Do(AdvanceTime{});
  CHECK(exchange().time() == later);
}

TEST_CASE_METHOD(MarketFixture, "Pauses: what passes", "[venue]") {
  const OrderId order = Place(AnOrder(alice, market).Bid(50_c).Of(10_x));
  const OrderId leaves = Place(AnOrder(alice, market).Bid(49_c).CancelOnPause());
  const Command create = AnOrder(bob, market).Bid(50_c);
  const Command amend = AmendOrder{.account = alice,
                                   .order_id = order,
                                   .market = market,
                                   .price_micros = 500'000,
                                   .total_quantity = 5_x};
  const Command cancel = CancelOrder{.account = alice, .order_id = order};
  SECTION("trading pause: cancels") {
    Do(SetExchangeStatus{.trading_active = false});
    CHECK(EventNames() ==
          Names{"ExchangeStatusChanged", "OrderCanceled", "BookChanged", "BalanceChanged"});
    CHECK(EventsOf<OrderCanceled>().at(0).order_id == leaves);
    CHECK(EventsOf<OrderCanceled>().at(0).reason == CancelReason::kPause);
    CHECK(Apply(create).reject == RejectReason::kTradingPaused);
    CHECK(Apply(amend).reject == RejectReason::kTradingPaused);
    CHECK_FALSE(Apply(cancel).reject);
    Do(SetExchangeStatus{});
    CHECK_FALSE(Apply(create).reject);
  }
  SECTION("exchange pause: nothing") {
    Do(SetExchangeStatus{.exchange_active = false});
    CHECK(Apply(create).reject == RejectReason::kExchangePaused);
    CHECK(Apply(amend).reject == RejectReason::kExchangePaused);
    CHECK(Apply(cancel).reject == RejectReason::kExchangePaused);
    CHECK(Apply(CreateOrderGroup{.account = alice, .limit = 5_x}).reject ==
          RejectReason::kExchangePaused);
    CHECK(Do(CancelAllOrders{.account = alice, .by_operator = true}).canceled_order_count == 1);
    Do(SetExchangeStatus{});
  }
  SECTION("the same status twice is no event") {
    Do(SetExchangeStatus{});
    CHECK(Events().empty());
  }
}

TEST_CASE("Schedule: trading pauses on Thursdays 03:00-05:00 Eastern", "[venue]") {
  MarketFixture f;
  f.Do(SetSchedule{Schedule::kKalshi});
  const auto expect = [&f](const char* start, const char* end) {
    const Timestamp from = *ParseRfc3339(start);
    const Timestamp to = *ParseRfc3339(end);
    f.AdvanceTo(from + absl::Nanoseconds(-1));
    CHECK(f.exchange().NextTimer() == from);
    f.AdvanceTo(from);
    REQUIRE(f.EventsOf<ExchangeStatusChanged>().size() == 1);
    CHECK_FALSE(f.EventsOf<ExchangeStatusChanged>()[0].trading_active);
    f.AdvanceTo(to + absl::Nanoseconds(-1));
    CHECK(f.EventsOf<ExchangeStatusChanged>().empty());
    f.AdvanceTo(to);
    REQUIRE(f.EventsOf<ExchangeStatusChanged>().size() == 1);
    CHECK(f.EventsOf<ExchangeStatusChanged>()[0].trading_active);
  };
  f.AdvanceTo(f.Start() + absl::Hours(10));
  expect("2026-08-06T07:00:00Z", "2026-08-06T09:00:00Z");  // Summer: UTC-4.
  f.AdvanceTo(*ParseRfc3339("2026-10-31T00:00:00Z"));
  expect("2026-11-05T08:00:00Z", "2026-11-05T10:00:00Z");  // Four days after the change.
  f.AdvanceTo(*ParseRfc3339("2027-03-10T00:00:00Z"));
  expect("2027-03-11T08:00:00Z", "2027-03-11T10:00:00Z");
  f.AdvanceTo(*ParseRfc3339("2027-03-17T00:00:00Z"));
  expect("2027-03-18T07:00:00Z", "2027-03-18T09:00:00Z");
}

TEST_CASE("Schedule: inside the window a pause begins and ends with the schedule", "[venue]") {
  ExchangeFixture f;
  f.AdvanceTo(*ParseRfc3339("2026-08-06T08:00:00Z"));
  CHECK_FALSE(f.exchange().NextTimer());
  f.Do(SetSchedule{Schedule::kKalshi});
  CHECK(f.EventsOf<ExchangeStatusChanged>().size() == 1);
  f.Do(SetSchedule{Schedule::kKalshi});
  CHECK(f.Events().empty());
  f.Do(SetSchedule{Schedule::kAlways});
  CHECK(f.EventsOf<ExchangeStatusChanged>().size() == 1);
  CHECK_FALSE(f.exchange().NextTimer());
  f.Do(SetSchedule{Schedule::kKalshi});
  CHECK(f.EventsOf<ExchangeStatusChanged>().size() == 1);
  CHECK(f.exchange().NextTimer() == *ParseRfc3339("2026-08-06T09:00:00Z"));
  // What the operator says during the window holds after it.
  f.Do(SetExchangeStatus{.trading_active = false});
  CHECK(f.Events().empty());
  f.AdvanceTo(*ParseRfc3339("2026-08-06T09:00:00Z"));
  CHECK(f.Events().empty());
}

TEST_CASE_METHOD(MarketFixture, "Fees: scheduled changes, overrides and waivers take effect",
                 "[venue]") {
  const SeriesId paid = AddSeries("PAID", 1'000'000);
  const EventId paid_event = AddEvent(paid, "PAID-1");
  const MarketId paid_market = AddMarket(paid_event, "PAID-1-A");
  PutMarket waived_definition = MarketDefinition(paid_event, "PAID-1-B");
  waived_definition.fee_waiver_expiration = now() + absl::Minutes(30);
  const MarketId waived = Do(waived_definition).market;
  const auto fee_of_one = [&](MarketId m) {
    Place(AnOrder(alice, m).Ask(50_c));
    return Do(AnOrder(bob, m).Bid(50_c)).fees;
  };
  CHECK(fee_of_one(paid_market) == Money::FromMicros(17'500));
  CHECK(fee_of_one(waived) == Money());
  Do(ScheduleFeeChange{.series = paid,
                       .fee_terms = {FeeType::kQuadratic, 500'000},
                       .effective_time = now() + absl::Minutes(10)});
  Do(ScheduleFeeChange{.event = paid_event,
                       .fee_terms = {FeeType::kQuadratic, 2'000'000},
                       .effective_time = now() + absl::Minutes(20)});
  Do(ScheduleFeeChange{
      .event = paid_event, .clear_override = true, .effective_time = now() + absl::Minutes(30)});
  CHECK(fee_of_one(paid_market) == Money::FromMicros(17'500));
  AdvanceBy(absl::Minutes(10));
  CHECK(EventNames() == Names{"FeeTermsChanged"});
  CHECK(fee_of_one(paid_market) == Money::FromMicros(8'800));
  AdvanceBy(absl::Minutes(10));
  CHECK(fee_of_one(paid_market) == Money::FromMicros(35'000));
  AdvanceBy(absl::Minutes(10));
  CHECK(fee_of_one(paid_market) == Money::FromMicros(8'800));
  CHECK(fee_of_one(waived) == Money::FromMicros(8'800));
}

TEST_CASE_METHOD(MarketFixture, "Price grid: changes live when every resting price is on it",
                 "[venue]") {
  const OrderId first = Place(AnOrder(alice, market).Bid(50_c).Of(3_x));
  const OrderId second = Place(AnOrder(bob, market).Bid(50_c).Of(4_x));
  Place(AnOrder(bob, market).Ask(60_c).Of(5_x));
  const auto change = [&](const char* structure) {
    return Apply(
        ChangePriceGrid{.market = market, .price_level_structure = InlineString<40>(structure)});
  };
  CHECK_FALSE(change("deci_cent").reject);
  CHECK(EventNames() == Names{"PriceGridChanged"});
  CHECK(exchange().QueuePosition(second) == 3_x);
  CHECK(exchange().CheckInvariants().ok());
  Place(AnOrder(carol, market).On(BookSide::kBid, Price::FromMicros(505'000)).Of(1_x));
  CHECK(change("linear_cent").reject == RejectReason::kBookNotEmpty);
  CHECK(change("unheard_of").reject == RejectReason::kInvalidDefinition);
  Do(CancelOrder{.account = alice, .order_id = first});
  CHECK(exchange().QueuePosition(second) == Quantity());
  CHECK(Do(AnOrder(carol, market).Ask(50_c).Of(9_x).CancelsMaker()).filled == 4_x);
  CHECK(exchange().CheckInvariants().ok());
}

TEST_CASE_METHOD(MarketFixture, "PutMarket: edits facts and times, not what trading depends on",
                 "[venue]") {
  PutMarket definition = MarketDefinition(event, "MARKET");
  definition.facts_json = "{}";
  definition.close_time = now() + absl::Hours(30);
  CHECK(Do(definition).market == market);
  CHECK(EventNames() == Names{"MarketPut", "MarketCloseTimeChanged"});
  CHECK_FALSE(EventsOf<MarketPut>().at(0).is_new);
  CHECK(exchange().NextTimer() == now() + absl::Hours(30));
  definition.price_level_structure = InlineString<40>("deci_cent");
  CHECK(Apply(definition).reject == RejectReason::kInvalidDefinition);
  definition = MarketDefinition(event, "lower");
  CHECK(Apply(definition).reject == RejectReason::kInvalidTicker);
  definition = MarketDefinition(EventId(99), "X");
  CHECK(Apply(definition).reject == RejectReason::kUnknownEvent);
  definition = MarketDefinition(event, "X");
  definition.close_time = definition.open_time;
  CHECK(Apply(definition).reject == RejectReason::kInvalidDefinition);
}

TEST_CASE("PutMarket: finalized markets make room for new ones", "[venue]") {
  Exchange::Options options = ExchangeFixture::SmallOptions();
  options.market_count_max = 2;
  MarketFixture f(options);
  const MarketId second = f.AddMarket(f.event, "B");
  CHECK(f.Apply(f.MarketDefinition(f.event, "C")).reject == RejectReason::kCountAtMax);
  f.Do(SetMarketCloseTime{second, f.now()});
  f.Do(Yes(second));
  f.Do(SettleMarket{second});
  PutMarket definition = f.MarketDefinition(f.event, "C");
  definition.price_level_structure = InlineString<40>("deci_cent");
  const MarketId third = f.Do(definition).market;
  f.Place(AnOrder(f.alice, third).On(BookSide::kBid, Price::FromMicros(555'000)));
  CHECK(f.exchange().CheckInvariants().ok());
}

TEST_CASE_METHOD(MarketFixture,
                 "Archive: client order ids are free 7 days after the market is "
                 "finalized",
                 "[venue]") {
  Place(AnOrder(alice, market).Bid(50_c).Named("kept"));
  const MarketId other = AddMarket(event, "OTHER");
  Do(SetMarketCloseTime{other, now() + absl::Hours(1'000)});
  Do(SetMarketCloseTime{market, now()});
  Do(Yes(market));
  Do(SettleMarket{market});
  AdvanceBy(absl::Hours(7 * 24) - absl::Nanoseconds(1));
  CHECK(Apply(AnOrder(alice, other).Bid(50_c).Named("kept")).reject ==
        RejectReason::kDuplicateClientOrderId);
  AdvanceBy(absl::Nanoseconds(1));
  CHECK_FALSE(Apply(AnOrder(alice, other).Bid(50_c).Named("kept")).reject);
}

TEST_CASE_METHOD(MarketFixture, "BustTrade: gives both sides back what they had", "[venue]") {
  Place(AnOrder(alice, market).Ask(60_c).Of(10_x));
  Do(AnOrder(bob, market).Bid(60_c).Of(10_x));
  BustTrade bust{.trade_id = TradeId(1),
                 .market = market,
                 .price = 60_c,
                 .quantity = 10_x,
                 .taker = {.account = bob, .side = BookSide::kBid, .order_id = OrderId(2)},
                 .maker = {.account = alice, .side = BookSide::kAsk, .order_id = OrderId(1)}};
  Do(bust);
  CHECK(EventNames() == Names{"TradeBusted", "PositionChanged", "PositionChanged", "CashPosted",
                              "CashPosted", "BalanceChanged", "BalanceChanged"});
  for (const BalanceChanged& balance : EventsOf<BalanceChanged>()) CHECK(balance.cash == 1000_usd);
  CHECK(EventsOf<TradeBusted>().at(0).open_interest_after.is_zero());
  CHECK(Apply(bust).reject == RejectReason::kAlreadyBusted);
  bust.trade_id = TradeId(2);
  CHECK(Apply(bust).reject == RejectReason::kUnknownTrade);
  CHECK(exchange().CheckInvariants().ok());
}

TEST_CASE("Lifecycle: ContinueEvents takes a number and changes nothing else, not even time",
          "[venue]") {
  ExchangeFixture f;
  f.AdvanceBy(absl::Seconds(1));
  const Timestamp before = f.exchange().time();
  f.SetTime(f.now() + absl::Hours(1'000));
  f.Do(ContinueEvents{});
  CHECK(f.Events().empty());
  CHECK(f.exchange().time() == before);
}

}  // namespace
}  // namespace evx::venue
