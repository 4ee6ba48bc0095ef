#include <catch2/catch.hpp>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/ledger/testing/one_market.h"

namespace evx::ledger {
namespace {

using evx::testing::operator""_c;
using evx::testing::operator""_x;
using evx::testing::operator""_usd;
using evx::testing::operator""_micros;
using testing::OneMarket;

ReserveRequest Bid(const OneMarket& venue, Price limit, Quantity quantity) {
  return {venue.account(), venue.market(), BookSide::kBid, limit, quantity};
}
ReserveRequest Ask(const OneMarket& venue, Price limit, Quantity quantity) {
  return {venue.account(), venue.market(), BookSide::kAsk, limit, quantity};
}

TEST_CASE("Ledger: an opening order reserves its cost and its taker fee", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd);
  Ledger& ledger = venue.ledger();
  OrderReserve order;
  SECTION("a bid pays p") {
    REQUIRE(ledger.Reserve(Bid(venue, 40_c, 10_x), venue.terms(), order).ok());
    CHECK(ledger.holds(venue.account()) == 4_usd + 168'000_micros);
  }
  SECTION("an ask pays 1 - p") {
    REQUIRE(ledger.Reserve(Ask(venue, 40_c, 10_x), venue.terms(), order).ok());
    CHECK(ledger.holds(venue.account()) == 6_usd + 168'000_micros);
  }
  SECTION("a post only order holds the maker fee from the start") {
    ReserveRequest request = Bid(venue, 40_c, 10_x);
    request.liquidity = Liquidity::kMaker;
    REQUIRE(ledger.Reserve(request, venue.terms(), order).ok());
    CHECK(ledger.holds(venue.account()) == 4_usd);
  }
  CHECK(ledger.cash(venue.account()) == 100_usd);
  CHECK(ledger.available(venue.account()) == 100_usd - ledger.holds(venue.account()));
}

TEST_CASE("Ledger: resting lowers the hold to the maker fee", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd);
  OrderReserve order;
  REQUIRE(venue.ledger().Reserve(Bid(venue, 40_c, 10_x), venue.terms(), order).ok());
  venue.ledger().Rest(order, venue.terms());
  CHECK(venue.ledger().holds(venue.account()) == 4_usd);
  CHECK(order.fee_hold == 0_usd);
}

TEST_CASE("Ledger: an order beyond the funds is refused with what is missing", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 5_usd);
  Ledger& ledger = venue.ledger();
  const std::uint64_t hash = ledger.StateHash();
  OrderReserve order;
  const ReserveResult result = ledger.Reserve(Bid(venue, 50_c, 10_x), venue.terms(), order);
  CHECK(result.refusal == RejectReason::kInsufficientFunds);
  CHECK(result.shortfall == 175'000_micros);
  CHECK(order == OrderReserve());
  CHECK(ledger.StateHash() == hash);
  CHECK(ledger.position_count() == 0);
  CHECK(ledger.Reserve(Bid(venue, 50_c, 10_x), FeeTerms::Free(), order).ok());
}

TEST_CASE("Ledger: an order that only reduces needs no funds, not even for its fee", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 5_usd + 175'000_micros);
  Ledger& ledger = venue.ledger();
  venue.Buy(50_c, 10_x);
  REQUIRE(ledger.cash(venue.account()) == 0_usd);
  OrderReserve order;
  REQUIRE(ledger.Reserve(Ask(venue, 1_c, 10_x), venue.terms(), order).ok());
  CHECK(ledger.holds(venue.account()) == 0_usd);
  CHECK(ledger.Reserve(Ask(venue, 50_c, 1_x), venue.terms(), order).refusal ==
        RejectReason::kInsufficientFunds);
}

TEST_CASE("Ledger: an order larger than the opposite position reserves for both parts",
          "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd, FeeTerms::Free());
  venue.Buy(50_c, 10_x);
  OrderReserve order;
  // Selling 15 at 0.60: 10 close and bring $6, 5 open NO and cost $2.
  REQUIRE(venue.ledger().Reserve(Ask(venue, 60_c, 15_x), venue.terms(), order).ok());
  CHECK(venue.ledger().holds(venue.account()) == 0_usd);
  // 40 more open NO and cost $16; $4 of the proceeds are left.
  REQUIRE(venue.ledger().Reserve(Ask(venue, 60_c, 40_x), venue.terms(), order).ok());
  CHECK(venue.ledger().holds(venue.account()) == 12_usd);
}

TEST_CASE("Ledger: both sides of a market are reserved in full", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd, FeeTerms::Free());
  OrderReserve bid;
  OrderReserve ask;
  REQUIRE(venue.ledger().Reserve(Bid(venue, 40_c, 10_x), venue.terms(), bid).ok());
  REQUIRE(venue.ledger().Reserve(Ask(venue, 60_c, 10_x), venue.terms(), ask).ok());
  CHECK(venue.ledger().holds(venue.account()) == 8_usd);
}

TEST_CASE("Ledger: a fill moves cash, position, average cost and realized profit", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd, FeeTerms::Free());
  Ledger& ledger = venue.ledger();
  venue.Buy(40_c, 10_x);
  FillOutcome fill = venue.Buy(60_c, 10_x);
  CHECK(fill.revenue == -6_usd);
  CHECK(fill.position_after == 20_x);
  CHECK(fill.position_cost_after == 10_usd);
  CHECK(ledger.open_interest(venue.market()) == 20_x);

  fill = venue.Sell(70_c, 5_x);
  CHECK(fill.revenue == 3_usd + 500'000_micros);
  CHECK(fill.realized_pnl == 1_usd);
  CHECK(fill.position_cost_after == 7_usd + 500'000_micros);

  // 15 close YES at 0.30 with a loss of $3, 5 open NO at 0.70.
  fill = venue.Sell(30_c, 20_x);
  CHECK(fill.realized_pnl == -3_usd);
  CHECK(fill.revenue == 4_usd + 500'000_micros - 3_usd - 500'000_micros);
  CHECK(fill.position_after == -5_x);
  CHECK(fill.position_cost_after == 3_usd + 500'000_micros);

  const Position* position = ledger.FindPosition(venue.account(), venue.market());
  REQUIRE(position != nullptr);
  CHECK(position->realized_pnl == -2_usd);
  CHECK(position->total_traded == 4_usd + 6_usd + 3_usd + 500'000_micros);
  CHECK(MarkedValue(*position, 20_c) == 4_usd);
  CHECK(UnrealizedPnl(*position, 20_c) == 500'000_micros);
  CHECK(ledger.Reducible(venue.account(), venue.market(), BookSide::kBid) == 5_x);
  CHECK(ledger.Reducible(venue.account(), venue.market(), BookSide::kAsk) == 0_x);
  CHECK(ledger.CheckInvariants().ok());
}

TEST_CASE("Ledger: the average cost of the last contract is what is left", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd, FeeTerms::Free());
  venue.Buy(33_c, 1_x);
  venue.Buy(34_c, 2_x);
  venue.Sell(50_c, 1_x);
  CHECK(venue.ledger().FindPosition(venue.account(), venue.market())->cost ==
        1'010'000_micros - 336'666_micros);
  const FillOutcome fill = venue.Sell(50_c, 2_x);
  CHECK(fill.position_cost_after == 0_usd);
  CHECK(venue.ledger().FindPosition(venue.account(), venue.market())->realized_pnl ==
        490'000_micros);
}

TEST_CASE("Ledger: a better price frees the difference and the fee hold", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd);
  Ledger& ledger = venue.ledger();
  OrderReserve bid;
  OrderReserve ask;
  REQUIRE(ledger.Reserve(Bid(venue, 99_c, 10_x), venue.terms(), bid).ok());
  REQUIRE(ledger
              .Reserve({venue.other(), venue.market(), BookSide::kAsk, 52_c, 10_x},
                       FeeTerms::Free(), ask)
              .ok());
  const FillOutcome fill = ledger.ApplyFill(bid, {52_c, 10_x, Liquidity::kTaker, TradeId(1)},
                                            venue.terms(), venue.postings());
  ledger.ApplyFill(ask, {52_c, 10_x, Liquidity::kMaker, TradeId(1)}, FeeTerms::Free(),
                   venue.postings());
  CHECK(fill.cash_after == 100_usd - 5_usd - 200'000_micros - 174'800_micros);
  CHECK(ledger.holds(venue.account()) == 0_usd);
  CHECK_FALSE(bid.position);
  CHECK(bid.taker_cost == 5_usd + 200'000_micros);
}

TEST_CASE("Ledger: releasing an order gives back exactly what it held", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd);
  Ledger& ledger = venue.ledger();
  const std::uint64_t hash = ledger.StateHash();
  OrderReserve order;
  REQUIRE(ledger.Reserve(Bid(venue, 33_c, 7_x), venue.terms(), order).ok());
  ledger.Release(order, 2_x);
  CHECK(order.open == 5_x);
  ledger.Release(order, 5_x);
  CHECK(ledger.holds(venue.account()) == 0_usd);
  CHECK(ledger.position_count() == 0);
  CHECK_FALSE(order.position);

  // A freed row is used again: the state has one row more than at the start, and it is free.
  REQUIRE(ledger.Reserve(Bid(venue, 33_c, 7_x), venue.terms(), order).ok());
  CHECK(order.position == PositionIndex(1));
  CHECK(ledger.StateHash() != hash);
}

TEST_CASE("Ledger: amending reserves anew or is refused and changes nothing", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 5_usd, FeeTerms::Free());
  Ledger& ledger = venue.ledger();
  OrderReserve order;
  REQUIRE(ledger.Reserve(Bid(venue, 40_c, 10_x), venue.terms(), order).ok());
  REQUIRE(ledger.Amend(order, 50_c, 8_x, Liquidity::kTaker, venue.terms()).ok());
  CHECK(ledger.holds(venue.account()) == 4_usd);
  CHECK(order.limit() == 50_c);
  const std::uint64_t hash = ledger.StateHash();
  const OrderReserve before = order;
  const ReserveResult result = ledger.Amend(order, 60_c, 9_x, Liquidity::kTaker, venue.terms());
  CHECK(result.refusal == RejectReason::kInsufficientFunds);
  CHECK(result.shortfall == 400'000_micros);
  CHECK(order == before);
  CHECK(ledger.StateHash() == hash);
}

TEST_CASE("Ledger: position and orders of a market are bounded", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, kDepositMax, FeeTerms::Free());
  Ledger& ledger = venue.ledger();
  const Price cheap = Price::FromMicros(100);
  OrderReserve order;
  CHECK(ledger
            .Reserve(Bid(venue, cheap, kPositionQuantityMax + Quantity::FromCentis(1)),
                     venue.terms(), order)
            .refusal == RejectReason::kPositionLimit);
  REQUIRE(ledger.Reserve(Bid(venue, cheap, kPositionQuantityMax), venue.terms(), order).ok());
  OrderReserve other;
  CHECK(ledger.Reserve(Bid(venue, cheap, 1_x), venue.terms(), other).refusal ==
        RejectReason::kPositionLimit);
  CHECK(ledger
            .Amend(order, cheap, kPositionQuantityMax + Quantity::FromCentis(1), Liquidity::kTaker,
                   venue.terms())
            .refusal == RejectReason::kPositionLimit);
}

TEST_CASE("Ledger: rounding that the funds do not cover is waived", "[ledger]") {
  // 100 fills of 0.01 contracts round up by half a cent each, until nothing is left to charge.
  OneMarket venue(BalanceUnit::kCent, Money::FromCents(50), FeeTerms::Free());
  const Quantity part = Quantity::FromCentis(1);
  const std::vector<FillOutcome> fills = venue.BuyInParts(50_c, part, 100);
  Money fees;
  for (const FillOutcome& fill : fills) {
    CHECK(fill.fee >= 0_usd);
    CHECK(fill.cash_after >= 0_usd);
    fees += fill.fee;
  }
  CHECK(fees == 0_usd);
  CHECK(venue.ledger().cash(venue.account()) == 0_usd);
  CHECK(venue.ledger().FindPosition(venue.account(), venue.market())->net == 1_x);
  CHECK(venue.ledger().CheckInvariants().ok());
}

TEST_CASE("Ledger: memory reserved for rows is not taken again", "[ledger]") {
  Ledger ledger;
  ledger.AddEvent(EventId(1), false);
  for (std::uint32_t i = 1; i <= 5'000; ++i) REQUIRE(ledger.AddMarket(MarketId(i), EventId(1)));
  const SubaccountIndex owner =
      ledger.FindSubaccount(ledger.CreateAccount(BalanceUnit::kCentiCent), 0);
  std::vector<Posting> postings;
  REQUIRE_FALSE(ledger.Deposit(owner, 10'000_usd, TransferId(1), postings));
  const std::uint64_t hash = ledger.StateHash();
  ledger.ReserveRows(5'000);
  CHECK(ledger.StateHash() == hash);
  const std::size_t bytes = ledger.memory_bytes();
  for (std::uint32_t i = 1; i <= 5'000; ++i) {
    OrderReserve order;
    ledger.PrefetchKey(owner, MarketId(i));
    ledger.PrefetchRow(owner, MarketId(i));
    REQUIRE(ledger.Reserve({owner, MarketId(i), BookSide::kBid, 50_c, 1_x}, {}, order).ok());
  }
  CHECK(ledger.position_count() == 5'000);
  CHECK(ledger.memory_bytes() == bytes);
}

TEST_CASE("Ledger: a fee change while an order rests releases what was reserved", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd);
  Ledger& ledger = venue.ledger();
  const FeeTerms dear =
      *FeeTerms::FromSchedule({FeeType::kQuadraticWithMakerFees, FeeMultiplier()});
  OrderReserve order;
  REQUIRE(ledger.Reserve(Bid(venue, 50_c, 10_x), dear, order).ok());
  ledger.Rest(order, dear);
  CHECK(ledger.holds(venue.account()) == 5_usd + 43'800_micros);
  ledger.Rest(order, venue.terms());
  CHECK(ledger.holds(venue.account()) == 5_usd);
  ledger.Release(order, 10_x);
  CHECK(ledger.holds(venue.account()) == 0_usd);
}

}  // namespace
}  // namespace evx::ledger
