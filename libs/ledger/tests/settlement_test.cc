#include <algorithm>
#include <catch2/catch.hpp>
#include <utility>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/ledger/testing/exclusive_event.h"
#include "evx/ledger/testing/one_market.h"

namespace evx::ledger {
namespace {

using evx::testing::operator""_c;
using evx::testing::operator""_x;
using evx::testing::operator""_usd;
using evx::testing::operator""_micros;
using testing::ExclusiveEvent;
using testing::OneMarket;

TEST_CASE("Settlement: YES gets the value, NO the rest, and the rows are gone", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd, FeeTerms::Free());
  Ledger& ledger = venue.ledger();
  venue.Buy(40_c, 10_x);
  std::vector<SettlementEntry> entries;
  Money expected;
  Price value;
  SECTION("yes") { value = Price::FromCents(100), expected = 10_usd; }
  SECTION("no") { value = Price::FromCents(0), expected = 0_usd; }
  SECTION("scalar") { value = 25_c, expected = 2_usd + 500'000_micros; }
  REQUIRE_FALSE(ledger.Settle(venue.market(), value, entries, venue.postings()));
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].subaccount == venue.account());
  CHECK(entries[0].net == 10_x);
  CHECK(entries[0].payout == expected);
  CHECK(entries[0].realized_pnl == expected - 4_usd);
  CHECK(entries[0].cash_after == 96_usd + expected);
  CHECK(entries[1].net == -10_x);
  CHECK(entries[1].payout == 10_usd - expected);
  CHECK(ledger.position_count() == 0);
  CHECK(ledger.is_settled(venue.market()));
  CHECK(ledger.CheckInvariants().ok());

  CHECK(ledger.Settle(venue.market(), value, entries, venue.postings()) ==
        RejectReason::kMarketSettled);
  OrderReserve order;
  CHECK(ledger
            .Reserve({venue.account(), venue.market(), BookSide::kBid, 1_c, 1_x}, venue.terms(),
                     order)
            .refusal == RejectReason::kMarketSettled);
}

TEST_CASE("Settlement: resting orders must be gone", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd);
  OrderReserve order;
  REQUIRE(venue.ledger()
              .Reserve({venue.account(), venue.market(), BookSide::kBid, 1_c, 1_x}, venue.terms(),
                       order)
              .ok());
  std::vector<SettlementEntry> entries;
  CHECK(venue.ledger().Settle(venue.market(), 50_c, entries, venue.postings()) ==
        RejectReason::kRestingOrders);
}

TEST_CASE("Settlement: a scalar payout is floored to the unit as a fee", "[ledger]") {
  OneMarket venue(BalanceUnit::kCent, 100_usd, FeeTerms::Free());
  venue.Buy(40_c, 1_x);
  std::vector<SettlementEntry> entries;
  REQUIRE_FALSE(
      venue.ledger().Settle(venue.market(), Price::FromMicros(333'300), entries, venue.postings()));
  CHECK(entries[0].payout == 333'300_micros);
  CHECK(entries[0].fee == 3'300_micros);
  CHECK(entries[0].cash_after == 99_usd + 930'000_micros);
  CHECK(entries[1].fee == 0_usd);
  CHECK(venue.ledger().fees_collected() == 3'300_micros);
  CHECK(venue.ledger().CheckInvariants().ok());
}

TEST_CASE("Settlement: a second YES in an exclusive event is refused", "[ledger]") {
  ExclusiveEvent venue(10_usd);
  std::vector<SettlementEntry> entries;
  REQUIRE_FALSE(
      venue.ledger().Settle(MarketId(1), Price::FromCents(100), entries, venue.postings()));
  CHECK(venue.ledger().Settle(MarketId(2), Price::FromCents(100), entries, venue.postings()) ==
        RejectReason::kSettlementValuesAboveOne);
  CHECK(venue.ledger().Settle(MarketId(2), 1_c, entries, venue.postings()) ==
        RejectReason::kSettlementValuesAboveOne);
  CHECK_FALSE(venue.ledger().Settle(MarketId(2), 0_c, entries, venue.postings()));
}

TEST_CASE("Settlement: once a winner is known the remaining NO are all guaranteed", "[ledger]") {
  ExclusiveEvent venue(10_usd);
  Ledger& ledger = venue.ledger();
  venue.BuyNo(MarketId(2), 50_c, 3_x);
  venue.BuyNo(MarketId(3), 50_c, 2_x);
  REQUIRE(venue.returned() == 2_usd);
  const Money before = ledger.cash(venue.account());
  std::vector<SettlementEntry> entries;
  REQUIRE_FALSE(ledger.Settle(MarketId(1), Price::FromCents(100), entries, venue.postings()));
  CHECK(venue.returned() == 5_usd);
  CHECK(ledger.cash(venue.account()) == before + 3_usd);
  REQUIRE(entries.size() == 1);
  CHECK(entries[0].collateral_returned == 3_usd);
  // What was guaranteed is already paid: settling NO moves the rest of nothing.
  REQUIRE_FALSE(ledger.Settle(MarketId(2), 0_c, entries, venue.postings()));
  REQUIRE_FALSE(ledger.Settle(MarketId(3), 0_c, entries, venue.postings()));
  CHECK(ledger.cash(venue.account()) == before + 3_usd);
  CHECK(venue.returned() == 0_usd);
  CHECK(ledger.CheckInvariants().ok());
}

TEST_CASE("Settlement: no order of results takes cash from a netting subaccount", "[ledger]") {
  // Every way to share one dollar between three markets in quarters, settled in every order.
  for (int a = 0; a <= 4; ++a) {
    for (int b = 0; a + b <= 4; ++b) {
      for (int c = 0; a + b + c <= 4; ++c) {
        std::vector<std::pair<std::uint32_t, int>> order = {{1, a}, {2, b}, {3, c}};
        do {
          ExclusiveEvent venue(100_usd);
          venue.BuyNo(MarketId(1), 60_c, 7_x);
          venue.BuyNo(MarketId(2), 60_c, 11_x);
          venue.BuyNo(MarketId(3), 60_c, 5_x);
          std::vector<SettlementEntry> entries;
          for (const auto& [market, quarters] : order) {
            const Money before = venue.ledger().cash(venue.account());
            REQUIRE_FALSE(venue.ledger().Settle(MarketId(market), Price::FromCents(25 * quarters),
                                                entries, venue.postings()));
            REQUIRE(venue.ledger().cash(venue.account()) >= before);
            REQUIRE(venue.ledger().CheckInvariants().ok());
          }
          const Money paid =
              Money::FromMicros((7 * (4 - a) + 11 * (4 - b) + 5 * (4 - c)) * 250'000);
          CHECK(venue.ledger().cash(venue.account()) == 100_usd - 13'800'000_micros + paid);
        } while (std::next_permutation(order.begin(), order.end()));
      }
    }
  }
}

TEST_CASE("Bust: both sides get back what they paid, fees included", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 100_usd);
  Ledger& ledger = venue.ledger();
  const FillOutcome fill = venue.Buy(52_c, 1_x);
  venue.postings().clear();
  REQUIRE_FALSE(ledger.BustTrade(venue.market(), 52_c, 1_x, TradeId(1), {venue.account(), fill.fee},
                                 {venue.other(), 0_usd}, venue.postings()));
  CHECK(ledger.cash(venue.account()) == 100_usd);
  CHECK(ledger.FindPosition(venue.account(), venue.market())->net == 0_x);
  CHECK(ledger.FindPosition(venue.account(), venue.market())->fees_paid == 0_usd);
  CHECK(ledger.FindPosition(venue.account(), venue.market())->realized_pnl == 0_usd);
  CHECK(ledger.open_interest(venue.market()) == 0_x);
  CHECK(ledger.fees_collected() == 0_usd);
  CHECK(venue.postings().size() == 3);
  CHECK(ledger.CheckInvariants().ok());
}

TEST_CASE("Bust: refused when an account could not pay back, and nothing changes", "[ledger]") {
  OneMarket venue(BalanceUnit::kCentiCent, 10_usd, FeeTerms::Free());
  Ledger& ledger = venue.ledger();
  venue.Buy(20_c, 10_x);
  venue.Sell(30_c, 10_x);
  REQUIRE_FALSE(ledger.Withdraw(venue.account(), 11_usd, TransferId(9), venue.postings()));
  venue.postings().clear();
  const std::uint64_t hash = ledger.StateHash();
  // Without its purchase the account would be 10 NO at 0.80 and would owe $8 less the $2 it paid.
  CHECK(ledger.BustTrade(venue.market(), 20_c, 10_x, TradeId(1), {venue.account(), 0_usd},
                         {venue.other(), 0_usd},
                         venue.postings()) == RejectReason::kInsufficientFunds);
  CHECK(ledger.StateHash() == hash);
  CHECK(venue.postings().empty());
  CHECK(ledger.CheckInvariants().ok());
}

}  // namespace
}  // namespace evx::ledger
