#pragma once

#include <vector>

#include "evx/ledger/ledger.h"

namespace evx::ledger::testing {

// One account that trades in one market against a rich, free-of-fee counterparty: for tests of what
// fills do to an account. Orders enter, take everything they ask for, and are done.
class OneMarket {
 public:
  OneMarket(BalanceUnit unit, Money deposit, FeeTerms terms = Quadratic()) : terms_(terms) {
    ledger_.AddEvent(EventId(1), false);
    EVX_CHECK(ledger_.AddMarket(market(), EventId(1)));
    account_ = ledger_.FindSubaccount(ledger_.CreateAccount(unit), 0);
    other_ = ledger_.FindSubaccount(ledger_.CreateAccount(BalanceUnit::kCentiCent), 0);
    EVX_CHECK(!ledger_.Deposit(account_, deposit, TransferId(1), postings_));
    EVX_CHECK(
        !ledger_.Deposit(other_, Money::FromDollars(1'000'000'000), TransferId(2), postings_));
  }

  static FeeTerms Quadratic() { return *FeeTerms::FromSchedule(FeeSchedule()); }

  FillOutcome Buy(Price price, Quantity quantity) {
    return Trade(BookSide::kBid, price, quantity, 1).back();
  }
  FillOutcome Sell(Price price, Quantity quantity) {
    return Trade(BookSide::kAsk, price, quantity, 1).back();
  }
  std::vector<FillOutcome> BuyInParts(Price price, Quantity part, int parts) {
    return Trade(BookSide::kBid, price, part, parts);
  }

  // One order for `parts` times `part`, filled part by part. The account must afford it.
  std::vector<FillOutcome> Trade(BookSide side, Price price, Quantity part, int parts) {
    const Quantity total = Quantity::FromCentis(part.centis() * parts);
    OrderReserve other;
    EVX_CHECK(ledger_.Reserve({account_, market(), side, price, total}, terms_, last_order_).ok());
    EVX_CHECK(
        ledger_.Reserve({other_, market(), Opposite(side), price, total}, FeeTerms::Free(), other)
            .ok());
    std::vector<FillOutcome> fills;
    for (int i = 0; i < parts; ++i) {
      const TradeId trade(++trade_count_);
      fills.push_back(ledger_.ApplyFill(last_order_, {price, part, Liquidity::kTaker, trade},
                                        terms_, postings_));
      ledger_.ApplyFill(other, {price, part, Liquidity::kMaker, trade}, FeeTerms::Free(),
                        postings_);
    }
    return fills;
  }

  Ledger& ledger() { return ledger_; }
  MarketId market() const { return MarketId(1); }
  SubaccountIndex account() const { return account_; }
  SubaccountIndex other() const { return other_; }
  const FeeTerms& terms() const { return terms_; }
  const OrderReserve& last_order() const { return last_order_; }
  std::vector<Posting>& postings() { return postings_; }

 private:
  Ledger ledger_;
  FeeTerms terms_;
  SubaccountIndex account_;
  SubaccountIndex other_;
  OrderReserve last_order_;
  std::vector<Posting> postings_;
  std::uint64_t trade_count_ = 0;
};

}  // namespace evx::ledger::testing
