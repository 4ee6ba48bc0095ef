#include <catch2/catch.hpp>

#include "evx/venue/testing/exchange_fixture.h"

// When several rules refuse a command, the first of RejectReason's order is reported: each test
// starts with a command that breaks many and mends one after another.

namespace evx::venue {
namespace {

using namespace evx::testing;
using testing::AnOrder;
using testing::ExchangeFixture;
using testing::MarketFixture;

struct Step {
  RejectReason reason;
  std::function<void()> mend;
};

// Checks that the steps' reasons come one after another, in the order of the enumeration.
template <class Send>
void CheckSteps(const std::vector<Step>& steps, Send&& send) {
  for (std::size_t i = 0; i < steps.size(); ++i) {
    INFO("step " << i << ": " << Name(steps[i].reason));
    if (i > 0) CHECK(steps[i].reason > steps[i - 1].reason);
    const std::optional<RejectReason> reject = send();
    REQUIRE(reject.has_value());
    CHECK(Name(*reject) == Name(steps[i].reason));
    steps[i].mend();
  }
  CHECK_FALSE(send().has_value());
}

TEST_CASE("RejectReason: precedence of CreateOrder", "[venue]") {
  Exchange::Options options = ExchangeFixture::SmallOptions();
  options.open_order_count_per_account_max = 2;
  MarketFixture f(options);
  PutMarket definition = f.MarketDefinition(f.event, "LATER");
  definition.open_time = f.now() + absl::Hours(1);
  const MarketId later = f.Do(definition).market;
  const OrderGroupId group = f.Do(CreateOrderGroup{.account = f.poor, .limit = 5_x}).order_group;
  f.Do(TriggerOrderGroup{.account = f.poor, .order_group = group});
  f.Do(Deposit{.account = f.poor, .amount = 1_usd});
  f.Place(AnOrder(f.poor, f.market).Bid(1_c).Named("taken"));
  const OrderId second = f.Place(AnOrder(f.poor, f.market).Bid(1_c));
  f.Do(UpdateAccount{.account = f.poor, .disabled = true});
  f.Do(SetExchangeStatus{.exchange_active = false, .trading_active = false});

  CreateOrder order;
  order.account = AccountId(99);
  order.subaccount = 7;
  order.market = MarketId(99);
  order.order_group = OrderGroupId(99);
  order.time_in_force = TimeInForce::kFillOrKill;
  order.post_only = true;
  order.reduce_only = true;
  order.price_micros = 0;
  order.expiration = f.now();
  order.client_order_id = ClientOrderId("taken");
  const std::vector<Step> steps = {
      {RejectReason::kExchangePaused,
       [&] { f.Do(SetExchangeStatus{.exchange_active = true, .trading_active = false}); }},
      {RejectReason::kTradingPaused, [&] { f.Do(SetExchangeStatus{}); }},
      {RejectReason::kUnknownAccount, [&] { order.account = f.poor; }},
      {RejectReason::kAccountDisabled, [&] { f.Do(UpdateAccount{.account = f.poor}); }},
      {RejectReason::kUnknownSubaccount, [&] { order.subaccount = 0; }},
      {RejectReason::kUnknownMarket, [&] { order.market = later; }},
      {RejectReason::kUnknownOrderGroup, [&] { order.order_group = group; }},
      {RejectReason::kMarketInactive, [&] { f.Do(ActivateMarket{later}); }},
      {RejectReason::kInvalidPrice, [&] { order.price_micros = 500'000; }},
      {RejectReason::kInvalidQuantity, [&] { order.quantity = 100_x; }},
      {RejectReason::kExpirationInPast, [&] { order.expiration = f.now() + absl::Seconds(1); }},
      {RejectReason::kExpirationNotAllowed, [&] { order.expiration = {}; }},
      {RejectReason::kPostOnlyNotAllowed, [&] { order.post_only = false; }},
      {RejectReason::kReduceOnlyNotImmediate, [&] { order.reduce_only = false; }},
      {RejectReason::kDuplicateClientOrderId, [&] { order.client_order_id = {}; }},
      {RejectReason::kOrderGroupTriggered,
       [&] { f.Do(ResetOrderGroup{.account = f.poor, .order_group = group}); }},
      {RejectReason::kOpenOrderCountAtMax,
       [&] { f.Do(CancelOrder{.account = f.poor, .order_id = second}); }},
      {RejectReason::kInsufficientBalance,
       [&] { f.Do(Deposit{.account = f.poor, .amount = 100_usd}); }},
      {RejectReason::kFillOrKillInsufficientVolume,
       [&] { f.Place(AnOrder(f.alice, later).Ask(50_c).Of(100_x)); }},
  };
  CheckSteps(steps, [&] { return f.Apply(order).reject; });
  CHECK(f.exchange().CheckInvariants().ok());
}

TEST_CASE("RejectReason: funds come before a post-only cross and a full exchange", "[venue]") {
  Exchange::Options options = ExchangeFixture::SmallOptions();
  options.order_count_max = 1;
  MarketFixture f(options);
  f.Place(AnOrder(f.alice, f.market).Ask(50_c));
  const std::vector<Step> steps = {
      {RejectReason::kInsufficientBalance,
       [&] { f.Do(Deposit{.account = f.poor, .amount = 100_usd}); }},
      {RejectReason::kPostOnlyWouldCross, [] {}},
  };
  CreateOrder order = AnOrder(f.poor, f.market).Bid(50_c).PostOnly();
  for (const Step& step : steps) {
    CHECK(f.Apply(order).reject == step.reason);
    step.mend();
  }
  CHECK(f.Apply(AnOrder(f.poor, f.market).Bid(49_c)).reject == RejectReason::kOrderCountAtMax);
}

TEST_CASE("RejectReason: precedence of AmendOrder", "[venue]") {
  MarketFixture f;
  const MarketId other = f.AddMarket(f.event, "OTHER");
  f.Do(Deposit{.account = f.poor, .amount = 1_usd});
  const OrderId order_id = f.Place(AnOrder(f.poor, f.market).Bid(10_c).Of(2_x).Named("mine"));
  f.Place(AnOrder(f.alice, f.market).Ask(10_c));  // One is filled.
  f.Place(AnOrder(f.poor, f.market).Bid(1_c).Named("taken"));
  f.Do(UpdateAccount{.account = f.poor, .disabled = true});
  f.Do(SetExchangeStatus{.exchange_active = false, .trading_active = false});

  AmendOrder amend;
  amend.account = AccountId(99);
  amend.order_id = OrderId(99);
  amend.market = other;
  amend.side = BookSide::kAsk;
  amend.client_order_id = ClientOrderId("not mine");
  amend.updated_client_order_id = ClientOrderId("taken");
  amend.expiration_change = AmendOrder::ExpirationChange::kSet;
  f.Do(DeactivateMarket{f.market});
  const std::vector<Step> steps = {
      {RejectReason::kExchangePaused,
       [&] { f.Do(SetExchangeStatus{.exchange_active = true, .trading_active = false}); }},
      {RejectReason::kTradingPaused, [&] { f.Do(SetExchangeStatus{}); }},
      {RejectReason::kUnknownAccount, [&] { amend.account = f.poor; }},
      {RejectReason::kAccountDisabled, [&] { f.Do(UpdateAccount{.account = f.poor}); }},
      {RejectReason::kUnknownOrder, [&] { amend.order_id = order_id; }},
      {RejectReason::kTickerMismatch, [&] { amend.market = f.market; }},
      {RejectReason::kBookSideMismatch, [&] { amend.side = BookSide::kBid; }},
      {RejectReason::kClientOrderIdMismatch,
       [&] { amend.client_order_id = ClientOrderId("mine"); }},
      // Reactivation would cancel the order: no way on from here but to start over.
      {RejectReason::kMarketInactive, [] {}},
  };
  for (const Step& step : steps) {
    CHECK(f.Apply(amend).reject == step.reason);
    step.mend();
  }
}

TEST_CASE("RejectReason: precedence of AmendOrder in an active market", "[venue]") {
  MarketFixture f;
  f.Do(Deposit{.account = f.poor, .amount = 1_usd});
  const OrderId order_id = f.Place(AnOrder(f.poor, f.market).Bid(10_c).Of(2_x).Named("mine"));
  f.Place(AnOrder(f.alice, f.market).Ask(10_c));  // One is filled.
  f.Place(AnOrder(f.poor, f.market).Bid(1_c).Named("taken"));
  AmendOrder amend{.account = f.poor, .order_id = order_id, .market = f.market};
  amend.updated_client_order_id = ClientOrderId("taken");
  amend.expiration_change = AmendOrder::ExpirationChange::kSet;
  const std::vector<Step> steps = {
      {RejectReason::kInvalidPrice, [&] { amend.price_micros = 100'000; }},
      {RejectReason::kInvalidQuantity, [&] { amend.total_quantity = 1_x; }},
      {RejectReason::kExpirationInPast,
       [&] { amend.expiration_change = AmendOrder::ExpirationChange::kKeep; }},
      {RejectReason::kAmendBelowFilled, [&] { amend.total_quantity = 100_x; }},
      {RejectReason::kDuplicateClientOrderId, [&] { amend.updated_client_order_id = {}; }},
      {RejectReason::kInsufficientBalance, [&] { amend.total_quantity = 3_x; }},
  };
  CheckSteps(steps, [&] { return f.Apply(amend).reject; });
}

}  // namespace
}  // namespace evx::venue
