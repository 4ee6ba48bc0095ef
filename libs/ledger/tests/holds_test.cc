#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <random>
#include <vector>

#include "evx/core/testing/seed.h"
#include "evx/ledger/ledger.h"

namespace evx::ledger {
namespace {

// The closed form of the hold against its definition: the worst outcome over every choice of
// orders that fill completely (a partial fill is never worse than the better of all and nothing,
// since the cost of a side is piecewise linear and convex in what is filled).
TEST_CASE("Ledger: the hold is the exact worst case of each side and covers both", "[ledger]") {
  std::mt19937_64 random(evx::testing::TestSeed("Ledger"));
  const auto draw = [&](int end) {
    return static_cast<int>(random() % static_cast<unsigned>(end));
  };
  int wrong = 0;
  for (int round = 0; round < 3'000; ++round) {
    Ledger ledger;
    std::vector<Posting> postings;
    ledger.AddEvent(EventId(1), false);
    EVX_CHECK(ledger.AddMarket(MarketId(1), EventId(1)));
    const auto make = [&] {
      const SubaccountIndex owner =
          ledger.FindSubaccount(ledger.CreateAccount(BalanceUnit::kCentiCent), 0);
      EVX_CHECK(!ledger.Deposit(owner, Money::FromDollars(10'000), TransferId(1), postings));
      return owner;
    };
    const SubaccountIndex owner = make();
    const SubaccountIndex other = make();
    const std::int64_t net = draw(41) - 20;
    if (net != 0) {
      const BookSide side = net > 0 ? BookSide::kBid : BookSide::kAsk;
      const Quantity quantity = Quantity::FromContracts(std::abs(net));
      OrderReserve mine, theirs;
      const Price half = Price::FromCents(50);
      EVX_CHECK(ledger.Reserve({owner, MarketId(1), side, half, quantity}, FeeTerms(), mine).ok());
      EVX_CHECK(
          ledger.Reserve({other, MarketId(1), Opposite(side), half, quantity}, FeeTerms(), theirs)
              .ok());
      const Fill fill{half, quantity, Liquidity::kTaker, TradeId(1)};
      ledger.ApplyFill(mine, fill, FeeTerms(), postings);
      ledger.ApplyFill(theirs, fill, FeeTerms(), postings);
    }
    std::vector<OrderReserve> orders(static_cast<std::size_t>(1 + draw(7)));
    for (OrderReserve& order : orders) {
      EVX_CHECK(
          ledger
              .Reserve({owner, MarketId(1), draw(2) == 0 ? BookSide::kBid : BookSide::kAsk,
                        Price::FromCents(1 + draw(99)), Quantity::FromContracts(1 + draw(15))},
                       FeeTerms(), order)
              .ok());
    }
    // Cash of a set of fills: bids pay p, asks receive p, and every NO more costs $1.
    std::int64_t worst_bids = 0, worst_asks = 0, worst_both = 0;
    for (unsigned chosen = 0; chosen < (1u << orders.size()); ++chosen) {
      std::int64_t after = net * 100, cash = 0;
      bool bids = false, asks = false;
      for (std::size_t i = 0; i < orders.size(); ++i) {
        if ((chosen >> i & 1) == 0) continue;
        const OrderReserve& order = orders[i];
        const std::int64_t amount = (order.limit() * order.open).micros();
        const bool is_bid = order.side == BookSide::kBid;
        (is_bid ? bids : asks) = true;
        after += is_bid ? order.open.centis() : -order.open.centis();
        cash += is_bid ? -amount : amount;
      }
      cash -= 10'000 * (std::max<std::int64_t>(0, -after) - std::max<std::int64_t>(0, -net * 100));
      worst_both = std::min(worst_both, cash);
      if (!asks) worst_bids = std::min(worst_bids, cash);
      if (!bids) worst_asks = std::min(worst_asks, cash);
    }
    const std::int64_t hold = ledger.holds(owner).micros();
    wrong += hold != -worst_bids - worst_asks;
    wrong += hold < -worst_both;
  }
  CHECK(wrong == 0);
}

}  // namespace
}  // namespace evx::ledger
