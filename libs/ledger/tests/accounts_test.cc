#include <catch2/catch.hpp>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/ledger/ledger.h"

namespace evx::ledger {
namespace {

using evx::testing::operator""_usd;
using evx::testing::operator""_micros;

TEST_CASE("Ledger: accounts are dense and start with a primary subaccount", "[ledger]") {
  Ledger ledger;
  CHECK(ledger.CreateAccount(BalanceUnit::kCentiCent) == AccountId(1));
  CHECK(ledger.CreateAccount(BalanceUnit::kCent) == AccountId(2));
  CHECK(ledger.account_count() == 2);
  CHECK(ledger.subaccount_count(AccountId(2)) == 1);
  CHECK(ledger.balance_unit(AccountId(2)) == BalanceUnit::kCent);
  const SubaccountIndex primary = ledger.FindSubaccount(AccountId(2), 0);
  CHECK(ledger.account_of(primary) == AccountId(2));
  CHECK(ledger.number_of(primary) == 0);
  CHECK_FALSE(ledger.FindSubaccount(AccountId(2), 1));
  CHECK_FALSE(ledger.FindSubaccount(AccountId(3), 0));
  CHECK_FALSE(ledger.FindSubaccount(AccountId(), 0));
}

TEST_CASE("Ledger: an account has at most 64 subaccounts", "[ledger]") {
  Ledger ledger;
  const AccountId account = ledger.CreateAccount(BalanceUnit::kCentiCent);
  for (int number = 1; number <= 63; ++number) {
    CHECK(ledger.CreateSubaccount(account) == static_cast<SubaccountNumber>(number));
  }
  CHECK_FALSE(ledger.CreateSubaccount(account).has_value());
}

TEST_CASE("Ledger: new subaccounts inherit the primary's netting flag", "[ledger]") {
  Ledger ledger;
  std::vector<Posting> postings;
  const AccountId account = ledger.CreateAccount(BalanceUnit::kCentiCent);
  const auto before = ledger.CreateSubaccount(account);
  CHECK_FALSE(ledger.SetNetting(ledger.FindSubaccount(account, 0), true, postings));
  const auto after = ledger.CreateSubaccount(account);
  CHECK_FALSE(ledger.netting(ledger.FindSubaccount(account, *before)));
  CHECK(ledger.netting(ledger.FindSubaccount(account, *after)));
}

TEST_CASE("Ledger: cash moves by deposits, withdrawals and transfers", "[ledger]") {
  Ledger ledger;
  std::vector<Posting> postings;
  const AccountId account = ledger.CreateAccount(BalanceUnit::kCent);
  ledger.CreateSubaccount(account);
  const SubaccountIndex primary = ledger.FindSubaccount(account, 0);
  const SubaccountIndex second = ledger.FindSubaccount(account, 1);
  CHECK_FALSE(ledger.Deposit(primary, 100_usd, TransferId(1), postings));
  CHECK_FALSE(ledger.Transfer(primary, second, 30_usd, TransferId(2), postings));
  CHECK_FALSE(ledger.Withdraw(second, 10_usd, TransferId(3), postings));
  CHECK(ledger.cash(primary) == 70_usd);
  CHECK(ledger.cash(second) == 20_usd);
  CHECK(ledger.deposits_minus_withdrawals() == 90_usd);
  REQUIRE(postings.size() == 4);
  CHECK(postings[2] == Posting{.account = account,
                               .subaccount = 1,
                               .kind = PostingKind::kTransfer,
                               .amount = 30_usd,
                               .cash_after = 30_usd,
                               .reference = 2});
  CHECK(ledger.CheckInvariants().ok());
}

TEST_CASE("Ledger: a refused movement of cash names its rule and changes nothing", "[ledger]") {
  Ledger ledger;
  std::vector<Posting> postings;
  const SubaccountIndex a = ledger.FindSubaccount(ledger.CreateAccount(BalanceUnit::kCentiCent), 0);
  const SubaccountIndex b = ledger.FindSubaccount(ledger.CreateAccount(BalanceUnit::kCent), 0);
  REQUIRE_FALSE(ledger.Deposit(a, 10_usd, TransferId(1), postings));
  const std::uint64_t hash = ledger.StateHash();
  postings.clear();

  CHECK(ledger.Deposit(a, 0_usd, TransferId(2), postings) == RejectReason::kAmountOutOfRange);
  CHECK(ledger.Deposit(a, -1_usd, TransferId(2), postings) == RejectReason::kAmountOutOfRange);
  CHECK(ledger.Deposit(a, kDepositMax + 1_usd, TransferId(2), postings) ==
        RejectReason::kAmountOutOfRange);
  CHECK(ledger.Deposit(a, 150_micros, TransferId(2), postings) == RejectReason::kAmountOffUnit);
  CHECK(ledger.Deposit(b, 100_micros, TransferId(2), postings) == RejectReason::kAmountOffUnit);
  CHECK(ledger.Withdraw(a, 11_usd, TransferId(2), postings) == RejectReason::kInsufficientFunds);
  CHECK(ledger.Transfer(a, b, 1_usd, TransferId(2), postings) == RejectReason::kDifferentAccounts);
  CHECK(postings.empty());
  CHECK(ledger.StateHash() == hash);
}

TEST_CASE("Ledger: all deposits together are bounded", "[ledger]") {
  Ledger ledger;
  std::vector<Posting> postings;
  const SubaccountIndex a = ledger.FindSubaccount(ledger.CreateAccount(BalanceUnit::kCentiCent), 0);
  for (int i = 0; i < 10; ++i) {
    REQUIRE_FALSE(ledger.Deposit(a, kDepositMax, TransferId(1), postings));
  }
  CHECK(ledger.Deposit(a, 1_usd, TransferId(1), postings) == RejectReason::kFundsLimit);
}

}  // namespace
}  // namespace evx::ledger
