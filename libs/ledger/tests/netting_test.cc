#include <catch2/catch.hpp>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/ledger/testing/exclusive_event.h"

namespace evx::ledger {
namespace {

using evx::testing::operator""_c;
using evx::testing::operator""_x;
using evx::testing::operator""_usd;
using evx::testing::operator""_micros;
using testing::ExclusiveEvent;

constexpr MarketId kA(1);
constexpr MarketId kB(2);
constexpr MarketId kC(3);

TEST_CASE("Netting: NO at 0.60 and NO at 0.70 cost 0.30 together", "[ledger]") {
  ExclusiveEvent venue(10_usd);
  CHECK(venue.BuyNo(kA, 60_c, 1_x).collateral_returned == 0_usd);
  const FillOutcome fill = venue.BuyNo(kB, 70_c, 1_x);
  CHECK(fill.revenue == -700'000_micros);
  CHECK(fill.collateral_returned == 1_usd);
  CHECK(venue.ledger().cash(venue.account()) == 10_usd - 300'000_micros);
  CHECK(venue.ledger().CheckInvariants().ok());
}

TEST_CASE("Netting: n NO contracts in distinct markets guarantee n - 1 dollars", "[ledger]") {
  ExclusiveEvent venue(100_usd, 5);
  for (std::uint32_t i = 1; i <= 5; ++i) {
    venue.BuyNo(MarketId(i), 80_c, 1_x);
    CHECK(venue.returned() == Money::FromDollars(i - 1));
  }
}

TEST_CASE("Netting: the guarantee is the sum without the largest", "[ledger]") {
  ExclusiveEvent venue(100_usd);
  venue.BuyNo(kA, 50_c, 5_x);
  venue.BuyNo(kB, 50_c, 3_x);
  venue.BuyNo(kC, 50_c, 2_x);
  CHECK(venue.returned() == 5_usd);
  // The largest shrinks below the second: the largest is looked up anew.
  venue.Trade(kA, BookSide::kBid, 50_c, 4_x);
  CHECK(venue.returned() == 3_usd);
  CHECK(venue.ledger().CheckInvariants().ok());
}

TEST_CASE("Netting: closing NO earns no credit, since it may take the return back", "[ledger]") {
  ExclusiveEvent venue(1_usd + 300'000_micros);
  venue.BuyNo(kA, 60_c, 1_x);
  venue.BuyNo(kB, 70_c, 1_x);
  REQUIRE(venue.ledger().cash(venue.account()) == 1_usd);
  OrderReserve order;
  REQUIRE(venue.Reserve(kA, BookSide::kBid, 40_c, 1_x, order).ok());
  CHECK(venue.ledger().holds(venue.account()) == 400'000_micros);
  CHECK(venue.Reserve(kB, BookSide::kBid, 70_c, 1_x, order).refusal ==
        RejectReason::kInsufficientFunds);
  const FillOutcome fill = venue.Trade(kB, BookSide::kBid, 30_c, 1_x);
  CHECK(fill.revenue == 700'000_micros);
  CHECK(fill.collateral_returned == -1_usd);
}

TEST_CASE("Netting: without the flag nothing is returned", "[ledger]") {
  ExclusiveEvent venue(10_usd);
  REQUIRE_FALSE(venue.ledger().SetNetting(venue.account(), false, venue.postings()));
  venue.BuyNo(kA, 60_c, 1_x);
  CHECK(venue.BuyNo(kB, 70_c, 1_x).collateral_returned == 0_usd);
}

TEST_CASE("Netting: turning it on pays the guarantee out, turning it off takes it back",
          "[ledger]") {
  ExclusiveEvent venue(2_usd);
  Ledger& ledger = venue.ledger();
  REQUIRE_FALSE(ledger.SetNetting(venue.account(), false, venue.postings()));
  venue.BuyNo(kA, 60_c, 1_x);
  venue.BuyNo(kB, 70_c, 1_x);
  venue.postings().clear();

  REQUIRE_FALSE(ledger.SetNetting(venue.account(), true, venue.postings()));
  CHECK(ledger.cash(venue.account()) == 1_usd + 700'000_micros);
  REQUIRE(venue.postings().size() == 1);
  CHECK(venue.postings()[0].kind == PostingKind::kCollateralReturn);
  CHECK(venue.postings()[0].event == venue.event());
  CHECK(venue.postings()[0].amount == 1_usd);
  CHECK(ledger.CheckInvariants().ok());

  SECTION("with the cash") {
    REQUIRE_FALSE(ledger.SetNetting(venue.account(), false, venue.postings()));
    CHECK(ledger.cash(venue.account()) == 700'000_micros);
  }
  SECTION("without the cash it is refused") {
    REQUIRE_FALSE(ledger.Withdraw(venue.account(), 1_usd, TransferId(3), venue.postings()));
    const std::uint64_t hash = ledger.StateHash();
    CHECK(ledger.SetNetting(venue.account(), false, venue.postings()) ==
          RejectReason::kInsufficientFunds);
    CHECK(ledger.netting(venue.account()));
    CHECK(ledger.StateHash() == hash);
  }
  CHECK(ledger.CheckInvariants().ok());
}

TEST_CASE("Netting: an exclusive event has a bounded number of markets", "[ledger]") {
  Ledger ledger;
  ledger.AddEvent(EventId(1), true);
  for (std::uint32_t i = 1; i <= kExclusiveMarketCountMax; ++i) {
    REQUIRE(ledger.AddMarket(MarketId(i), EventId(1)));
  }
  CHECK_FALSE(ledger.AddMarket(MarketId(1000), EventId(1)));
}

}  // namespace
}  // namespace evx::ledger
