#include <algorithm>
#include <utility>

#include "evx/ledger/ledger.h"
#include "ledger_impl.h"

namespace evx::ledger {
namespace {

std::optional<RejectReason> CheckAmount(Money amount, Money unit) {
  if (amount <= Money() || amount > kDepositMax) return RejectReason::kAmountOutOfRange;
  if (FloorTo(amount, unit) != amount) return RejectReason::kAmountOffUnit;
  return std::nullopt;
}

}  // namespace

AccountId Ledger::CreateAccount(BalanceUnit unit) {
  const AccountId id(static_cast<std::uint32_t>(impl_->accounts.size()));
  impl_->accounts.push_back({.unit = unit, .subaccounts = {}});
  EVX_CHECK(CreateSubaccount(id) == SubaccountNumber{0});
  return id;
}

std::optional<SubaccountNumber> Ledger::CreateSubaccount(AccountId account) {
  Impl::Account& owner = impl_->At(account);
  if (owner.subaccounts.size() > kSubaccountNumberMax) return std::nullopt;
  const auto number = static_cast<SubaccountNumber>(owner.subaccounts.size());
  Impl::Subaccount subaccount;
  subaccount.unit = UnitOf(owner.unit);
  subaccount.account = account;
  subaccount.number = number;
  subaccount.netting = number > 0 && impl_->At(owner.subaccounts[0]).netting;
  owner.subaccounts.emplace_back(static_cast<std::uint32_t>(impl_->subaccounts.size()));
  impl_->subaccounts.push_back(subaccount);
  return number;
}

SubaccountIndex Ledger::FindSubaccount(AccountId account, SubaccountNumber number) const {
  if (!account || account.value() >= impl_->accounts.size()) return SubaccountIndex();
  const auto& subaccounts = impl_->accounts[account.value()].subaccounts;
  return number < subaccounts.size() ? subaccounts[number] : SubaccountIndex();
}

std::uint32_t Ledger::account_count() const {
  return static_cast<std::uint32_t>(impl_->accounts.size() - 1);
}
int Ledger::subaccount_count(AccountId account) const {
  return static_cast<int>(impl_->At(account).subaccounts.size());
}
BalanceUnit Ledger::balance_unit(AccountId account) const { return impl_->At(account).unit; }
AccountId Ledger::account_of(SubaccountIndex subaccount) const {
  return impl_->At(subaccount).account;
}
SubaccountNumber Ledger::number_of(SubaccountIndex subaccount) const {
  return impl_->At(subaccount).number;
}
bool Ledger::netting(SubaccountIndex subaccount) const { return impl_->At(subaccount).netting; }
Money Ledger::cash(SubaccountIndex subaccount) const { return impl_->At(subaccount).cash; }
Money Ledger::holds(SubaccountIndex subaccount) const { return impl_->At(subaccount).hold; }
Money Ledger::available(SubaccountIndex subaccount) const {
  const Impl::Subaccount& record = impl_->At(subaccount);
  return record.cash - record.hold;
}

Refusal Ledger::Deposit(SubaccountIndex subaccount, Money amount, TransferId transfer,
                        std::vector<Posting>& postings) {
  Impl::Subaccount& record = impl_->At(subaccount);
  if (const auto reason = CheckAmount(amount, record.unit)) return reason;
  if (amount > kExternalFundsMax - impl_->external_funds) return RejectReason::kFundsLimit;
  impl_->external_funds += amount;
  impl_->Post(record, PostingKind::kDeposit, MarketId(), EventId(), amount, transfer.value(),
              postings);
  return std::nullopt;
}

Refusal Ledger::Withdraw(SubaccountIndex subaccount, Money amount, TransferId transfer,
                         std::vector<Posting>& postings) {
  Impl::Subaccount& record = impl_->At(subaccount);
  if (const auto reason = CheckAmount(amount, record.unit)) return reason;
  if (amount > record.cash - record.hold) return RejectReason::kInsufficientFunds;
  impl_->external_funds -= amount;
  impl_->Post(record, PostingKind::kWithdrawal, MarketId(), EventId(), -amount, transfer.value(),
              postings);
  return std::nullopt;
}

Refusal Ledger::Transfer(SubaccountIndex from, SubaccountIndex to, Money amount,
                         TransferId transfer, std::vector<Posting>& postings) {
  Impl::Subaccount& payer = impl_->At(from);
  Impl::Subaccount& payee = impl_->At(to);
  if (const auto reason = CheckAmount(amount, payer.unit)) return reason;
  if (payer.account != payee.account) return RejectReason::kDifferentAccounts;
  if (amount > payer.cash - payer.hold) return RejectReason::kInsufficientFunds;
  impl_->Post(payer, PostingKind::kTransfer, MarketId(), EventId(), -amount, transfer.value(),
              postings);
  impl_->Post(payee, PostingKind::kTransfer, MarketId(), EventId(), amount, transfer.value(),
              postings);
  return std::nullopt;
}

Refusal Ledger::SetNetting(SubaccountIndex subaccount, bool on, std::vector<Posting>& postings) {
  Impl& impl = *impl_;
  Impl::Subaccount& record = impl.At(subaccount);
  if (record.netting == on) return std::nullopt;

  const std::vector<std::uint32_t> rows = impl.SortedRows(subaccount);
  // Joins or leaves the pools with every row of an exclusive event, and returns the cash that this
  // gives or takes, by event.
  const auto switch_rows = [&](bool join) {
    std::vector<std::pair<EventId, Money>> changes;
    for (const std::uint32_t index : rows) {
      Position& row = impl.rows[index];
      const Impl::Market& market = impl.At(row.market);
      if (!market.exclusive) continue;
      const Money change = join ? impl.JoinPool(index) : impl.LeavePool(index);
      changes.emplace_back(market.event, change);
      impl.RefreshHold(row, record);
    }
    return changes;
  };

  std::vector<std::pair<EventId, Money>> changes = switch_rows(on);
  Money total;
  for (const auto& [event, change] : changes) total += change;
  if (record.cash + total < record.hold) {
    switch_rows(!on);
    return RejectReason::kInsufficientFunds;
  }
  record.netting = on;
  // One posting an event, in order of event id.
  std::stable_sort(changes.begin(), changes.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  for (std::size_t i = 0; i < changes.size();) {
    const EventId event = changes[i].first;
    Money amount;
    for (; i < changes.size() && changes[i].first == event; ++i) amount += changes[i].second;
    impl.Post(record, PostingKind::kCollateralReturn, MarketId(), event, amount, 0, postings);
  }
  return std::nullopt;
}

}  // namespace evx::ledger
