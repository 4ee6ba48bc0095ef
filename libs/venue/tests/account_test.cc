#include <catch2/catch.hpp>

#include "evx/venue/testing/exchange_fixture.h"

// Accounts, keys, money without trades, and order groups.

namespace evx::venue {
namespace {

using namespace evx::testing;
using testing::AnOrder;
using testing::ExchangeFixture;
using testing::MarketFixture;
using Names = std::vector<std::string>;

RegisterKey AKey(AccountId account, std::string_view id = "6f1c0e5e-0000-4000-8000-000000000001") {
  return {.account = account,
          .key_id = UuidText(id),
          .name = InlineString<128>("main"),
          .public_key_pem = "-----BEGIN PUBLIC KEY-----"};
}

TEST_CASE_METHOD(ExchangeFixture, "Accounts: ids are dense and units are one of two", "[venue]") {
  CHECK(Do(venue::OpenAccount{}).account == AccountId(1));
  CHECK(Do(venue::OpenAccount{.balance_unit_micros = 10'000}).account == AccountId(2));
  CHECK(Apply(venue::OpenAccount{.balance_unit_micros = 1}).reject ==
        RejectReason::kInvalidDefinition);
  CHECK(Apply(Deposit{.account = AccountId(2), .amount = Money::FromMicros(100)}).reject ==
        RejectReason::kInvalidAmount);
  CHECK_FALSE(Apply(Deposit{.account = AccountId(1), .amount = Money::FromMicros(100)}).reject);
  CHECK(Apply(Deposit{.account = AccountId(3), .amount = 1_usd}).reject ==
        RejectReason::kUnknownAccount);
}

TEST_CASE_METHOD(MarketFixture, "Accounts: a disabled account trades no more", "[venue]") {
  const OrderId order = Place(AnOrder(alice, market).Bid(50_c));
  Do(UpdateAccount{.account = alice, .tier = UsageTier::kPrime, .disabled = true});
  CHECK(EventsOf<AccountUpdated>().at(0).disabled);
  CHECK(Apply(AnOrder(alice, market).Bid(50_c)).reject == RejectReason::kAccountDisabled);
  CHECK(Apply(CancelOrder{.account = alice, .order_id = order}).reject ==
        RejectReason::kAccountDisabled);
  CHECK(Apply(AKey(alice)).reject == RejectReason::kAccountDisabled);
  CHECK(Do(CancelAllOrders{.account = alice, .by_operator = true}).canceled_order_count == 1);
}

TEST_CASE_METHOD(MarketFixture, "Keys: one account each, revoked by it alone", "[venue]") {
  Do(AKey(alice));
  CHECK(EventNames() == Names{"KeyRegistered"});
  CHECK(Apply(AKey(bob)).reject == RejectReason::kAlreadyExists);
  const UuidText id = AKey(alice).key_id;
  CHECK(Apply(RevokeKey{.account = bob, .key_id = id}).reject == RejectReason::kUnknownKey);
  Do(RevokeKey{.account = alice, .key_id = id});
  CHECK(Apply(RevokeKey{.account = alice, .key_id = id}).reject == RejectReason::kUnknownKey);
  RegisterKey locked = AKey(alice);
  locked.subaccount = 3;
  CHECK(Apply(locked).reject == RejectReason::kUnknownSubaccount);
  RegisterKey without_rights = AKey(alice);
  without_rights.scopes = 0;
  CHECK(Apply(without_rights).reject == RejectReason::kInvalidDefinition);
}

TEST_CASE_METHOD(MarketFixture, "Subaccounts: numbered from 1 to 63, isolated in cash", "[venue]") {
  for (int number = 1; number <= 63; ++number) {
    CHECK(Do(OpenSubaccount{alice}).subaccount == number);
  }
  CHECK(Apply(OpenSubaccount{alice}).reject == RejectReason::kSubaccountCountAtMax);
  CHECK(Apply(AnOrder(alice, market).Bid(50_c).In(5)).reject == RejectReason::kInsufficientBalance);
  CHECK(Apply(AnOrder(bob, market).Bid(50_c).In(5)).reject == RejectReason::kUnknownSubaccount);
  Do(TransferFunds{.account = alice, .to_subaccount = 5, .amount = 1_usd});
  CHECK_FALSE(Apply(AnOrder(alice, market).Bid(50_c).In(5)).reject);
}

TEST_CASE_METHOD(MarketFixture, "TransferFunds: a client transfer id works once", "[venue]") {
  Do(OpenSubaccount{alice});
  const UuidText id("6f1c0e5e-0000-4000-8000-0000000000aa");
  const TransferFunds transfer{
      .account = alice, .to_subaccount = 1, .amount = 5_usd, .client_transfer_id = id};
  const CommandResult result = Do(transfer);
  CHECK(result.transfer == EventsOf<FundsTransferred>().at(0).transfer);
  CHECK(EventNames() ==
        Names{"FundsTransferred", "CashPosted", "CashPosted", "BalanceChanged", "BalanceChanged"});
  CHECK(EventsOf<CashPosted>().at(0).kind == PostingKind::kTransferOut);
  CHECK(EventsOf<CashPosted>().at(1).kind == PostingKind::kTransferIn);
  CHECK(Apply(transfer).reject == RejectReason::kDuplicateTransfer);
  REQUIRE(Reload(Saved()).ok());
  CHECK(Apply(transfer).reject == RejectReason::kDuplicateTransfer);
  TransferFunds wrong = transfer;
  wrong.client_transfer_id = {};
  wrong.amount = Money::FromDollars(1'000'000);
  CHECK(Apply(wrong).reject == RejectReason::kInsufficientFunds);
  wrong.amount = -(1_usd);
  CHECK(Apply(wrong).reject == RejectReason::kInvalidAmount);
  wrong.amount = 1_usd;
  wrong.to_subaccount = 0;
  CHECK(Apply(wrong).reject == RejectReason::kInvalidAmount);
  AdvanceBy(absl::Hours(31 * 24));
  Do(TransferFunds{.account = alice,
                   .to_subaccount = 1,
                   .amount = 1_usd,
                   .client_transfer_id = UuidText("6f1c0e5e-0000-4000-8000-0000000000bb")});
  CHECK_FALSE(Apply(transfer).reject);
}

TEST_CASE_METHOD(MarketFixture, "Withdraw: what orders hold stays", "[venue]") {
  Place(AnOrder(alice, market).Bid(50_c).Of(1000_x));
  CHECK(Apply(Withdraw{.account = alice, .amount = 501_usd}).reject ==
        RejectReason::kInsufficientFunds);
  Do(Withdraw{.account = alice, .amount = 500_usd});
  CHECK(EventsOf<BalanceChanged>().at(0).cash == EventsOf<BalanceChanged>().at(0).hold);
}

TEST_CASE_METHOD(MarketFixture, "Netting: NO positions of an exclusive event get the payout back",
                 "[venue]") {
  const EventId exclusive = Do(PutEvent{.ticker = Ticker("EX"),
                                        .series = series,
                                        .mutually_exclusive = true,
                                        .collateral_return = CollateralReturn::kMutuallyExclusive})
                                .event;
  const MarketId first = AddMarket(exclusive, "EX-A");
  const MarketId second = AddMarket(exclusive, "EX-B");
  Do(SetNetting{.account = alice, .enabled = true});
  CHECK(EventsOf<NettingChanged>().at(0).enabled);
  Place(AnOrder(bob, first).Bid(40_c));
  Place(AnOrder(bob, second).Bid(30_c));
  Do(AnOrder(alice, first).Ask(40_c));
  Do(AnOrder(alice, second).Ask(30_c));
  // NO at 0.60 and at 0.70 guarantee $1: only 0.30 is taken.
  CHECK(EventsOf<CashPosted>().back().kind == PostingKind::kCollateralReturn);
  CHECK(EventsOf<BalanceChanged>().at(0).cash == Money::FromCents(99'970));
  CHECK(exchange().CheckInvariants().ok());
}

TEST_CASE_METHOD(MarketFixture, "SetTargetBalanceAllocation: kept up to 64 KiB", "[venue]") {
  Do(SetTargetBalanceAllocation{.account = alice, .allocation_json = "{}"});
  CHECK(Apply(SetTargetBalanceAllocation{.account = alice,
                                         .allocation_json = std::string(65'537, ' ')})
            .reject == RejectReason::kInvalidDefinition);
}

struct GroupFixture : MarketFixture {
  GroupFixture() { group = Do(CreateOrderGroup{.account = alice, .limit = 10_x}).order_group; }
  // Bob takes from whatever is offered.
  void Take(Quantity quantity) {
    Do(AnOrder(bob, market).Bid(99_c).Of(quantity).ImmediateOrCancel());
  }
  OrderGroupId group;
};

TEST_CASE_METHOD(GroupFixture, "Order group: triggers when the sum exceeds its limit", "[venue]") {
  Place(AnOrder(alice, market).Ask(50_c).Of(10_x).Group(group));
  const OrderId other = Place(AnOrder(alice, market).Ask(51_c).Of(9_x).Group(group));
  Place(AnOrder(alice, market).Ask(52_c).Of(9_x));
  Take(10_x);
  CHECK(EventsOf<OrderGroupTriggered>().empty());
  Take(1_x);
  CHECK(EventsOf<OrderGroupTriggered>().at(0).order_group == group);
  const auto canceled = EventsOf<OrderCanceled>();
  REQUIRE(canceled.size() == 1);
  CHECK(canceled[0].order_id == other);
  CHECK(canceled[0].reason == CancelReason::kOrderGroup);
  CHECK(canceled[0].canceled_quantity == 8_x);
  CHECK(Apply(AnOrder(alice, market).Ask(50_c).Group(group)).reject ==
        RejectReason::kOrderGroupTriggered);
  Do(ResetOrderGroup{.account = alice, .order_group = group});
  CHECK_FALSE(Apply(AnOrder(alice, market).Ask(50_c).Group(group)).reject);
}

TEST_CASE_METHOD(GroupFixture, "Order group: the window rolls over 15 seconds", "[venue]") {
  Place(AnOrder(alice, market).Ask(50_c).Of(100_x).Group(group));
  Take(6_x);
  AdvanceBy(absl::Milliseconds(14'900));
  Take(4_x);
  CHECK(EventsOf<OrderGroupTriggered>().empty());
  AdvanceBy(absl::Milliseconds(200));
  Take(6_x);
  CHECK(EventsOf<OrderGroupTriggered>().empty());
  Take(1_x);
  CHECK(EventsOf<OrderGroupTriggered>().size() == 1);
}

TEST_CASE_METHOD(GroupFixture, "Order group: a taker's own matches count, and its rest is canceled",
                 "[venue]") {
  Place(AnOrder(bob, market).Bid(50_c).Of(11_x));
  const CommandResult result = Do(AnOrder(alice, market).Ask(50_c).Of(20_x).Group(group));
  CHECK(result.filled == 11_x);
  CHECK(result.remaining.is_zero());
  CHECK(EventsOf<OrderCanceled>().at(0).canceled_quantity == 9_x);
}

TEST_CASE_METHOD(GroupFixture, "Order group: a lower limit, trigger and delete cancel its orders",
                 "[venue]") {
  Place(AnOrder(alice, market).Ask(50_c).Of(20_x).Group(group));
  Take(5_x);
  SECTION("a limit below the sum triggers") {
    Do(UpdateOrderGroupLimit{.account = alice, .order_group = group, .limit = 5_x});
    CHECK(EventsOf<OrderGroupTriggered>().empty());
    Do(UpdateOrderGroupLimit{.account = alice, .order_group = group, .limit = 4_x});
    CHECK(EventNames() == Names{"OrderGroupLimitUpdated", "OrderGroupTriggered", "OrderCanceled",
                                "BookChanged", "BalanceChanged"});
  }
  SECTION("trigger, once") {
    Do(TriggerOrderGroup{.account = alice, .order_group = group});
    CHECK(EventsOf<OrderCanceled>().size() == 1);
    Do(TriggerOrderGroup{.account = alice, .order_group = group});
    CHECK(Events().empty());
  }
  SECTION("delete") {
    Do(DeleteOrderGroup{.account = alice, .order_group = group});
    CHECK(EventNames() ==
          Names{"OrderCanceled", "BookChanged", "OrderGroupDeleted", "BalanceChanged"});
    CHECK(Apply(AnOrder(alice, market).Ask(50_c).Group(group)).reject ==
          RejectReason::kUnknownOrderGroup);
  }
}

TEST_CASE_METHOD(GroupFixture, "Order group: belongs to one subaccount, with a limit in range",
                 "[venue]") {
  Do(OpenSubaccount{alice});
  CHECK(Apply(AnOrder(alice, market).Ask(50_c).In(1).Group(group)).reject ==
        RejectReason::kUnknownOrderGroup);
  CHECK(Apply(AnOrder(bob, market).Ask(50_c).Group(group)).reject ==
        RejectReason::kUnknownOrderGroup);
  CHECK(Apply(ResetOrderGroup{.account = bob, .order_group = group}).reject ==
        RejectReason::kUnknownOrderGroup);
  for (const Quantity limit : {Quantity(), Quantity::FromCentis(99), 1'000'001_x, -(1_x)}) {
    CHECK(Apply(CreateOrderGroup{.account = alice, .limit = limit}).reject ==
          RejectReason::kInvalidLimit);
  }
  CHECK_FALSE(Apply(CreateOrderGroup{.account = alice, .limit = 1'000'000_x}).reject);
}

TEST_CASE_METHOD(GroupFixture, "Order group: survives a snapshot with its window", "[venue]") {
  Place(AnOrder(alice, market).Ask(50_c).Of(20_x).Group(group));
  Take(10_x);
  REQUIRE(Reload(Saved()).ok());
  Take(1_x);
  CHECK(EventsOf<OrderGroupTriggered>().size() == 1);
  CHECK(exchange().CheckInvariants().ok());
}

}  // namespace
}  // namespace evx::venue
