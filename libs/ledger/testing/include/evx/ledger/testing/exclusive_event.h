#pragma once

#include <vector>

#include "evx/ledger/ledger.h"

namespace evx::ledger::testing {

// One account, netting on, and a rich counterparty in an exclusive event (id 1) with `market_count`
// markets (ids from 1), all free of fees.
class ExclusiveEvent {
 public:
  explicit ExclusiveEvent(Money deposit, std::uint32_t market_count = 3) {
    ledger_.AddEvent(event(), true);
    for (std::uint32_t i = 1; i <= market_count; ++i) {
      EVX_CHECK(ledger_.AddMarket(MarketId(i), event()));
    }
    account_ = ledger_.FindSubaccount(ledger_.CreateAccount(BalanceUnit::kCentiCent), 0);
    other_ = ledger_.FindSubaccount(ledger_.CreateAccount(BalanceUnit::kCentiCent), 0);
    EVX_CHECK(!ledger_.Deposit(account_, deposit, TransferId(1), postings_));
    EVX_CHECK(!ledger_.Deposit(other_, Money::FromDollars(1'000'000), TransferId(2), postings_));
    EVX_CHECK(!ledger_.SetNetting(account_, true, postings_));
    postings_.clear();
  }

  ReserveResult Reserve(MarketId market, BookSide side, Price price, Quantity quantity,
                        OrderReserve& order) {
    return ledger_.Reserve({account_, market, side, price, quantity}, FeeTerms::Free(), order);
  }

  FillOutcome Trade(MarketId market, BookSide side, Price price, Quantity quantity) {
    OrderReserve mine;
    OrderReserve theirs;
    EVX_CHECK(Reserve(market, side, price, quantity, mine).ok());
    EVX_CHECK(
        ledger_.Reserve({other_, market, Opposite(side), price, quantity}, FeeTerms::Free(), theirs)
            .ok());
    const Fill fill{price, quantity, Liquidity::kTaker, TradeId(++trade_count_)};
    const FillOutcome outcome = ledger_.ApplyFill(mine, fill, FeeTerms::Free(), postings_);
    ledger_.ApplyFill(theirs, fill, FeeTerms::Free(), postings_);
    return outcome;
  }
  // Buying NO at `no_price` is selling YES at its complement.
  FillOutcome BuyNo(MarketId market, Price no_price, Quantity quantity) {
    return Trade(market, BookSide::kAsk, no_price.Complement(), quantity);
  }

  Ledger& ledger() { return ledger_; }
  EventId event() const { return EventId(1); }
  SubaccountIndex account() const { return account_; }
  SubaccountIndex other() const { return other_; }
  std::vector<Posting>& postings() { return postings_; }
  Money returned() const { return ledger_.collateral_returned(account_, event()); }

 private:
  Ledger ledger_;
  SubaccountIndex account_;
  SubaccountIndex other_;
  std::vector<Posting> postings_;
  std::uint64_t trade_count_ = 0;
};

}  // namespace evx::ledger::testing
