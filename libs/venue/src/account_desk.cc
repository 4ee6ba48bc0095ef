#include "account_desk.h"

#include "evx/core/check.h"

namespace evx::venue {
namespace {

constexpr std::uint16_t kScopesAll = 255;

RejectReason ReasonOf(ledger::RejectReason reason) {
  return reason == ledger::RejectReason::kInsufficientFunds ? RejectReason::kInsufficientFunds
                                                            : RejectReason::kInvalidAmount;
}

}  // namespace

Refused AccountDesk::CheckActive(AccountId id, AccountRecord*& account) const {
  account = state_.accounts.Find(id);
  if (account == nullptr) return RejectReason::kUnknownAccount;
  if (account->disabled) return RejectReason::kAccountDisabled;
  return std::nullopt;
}

Refused AccountDesk::FindSubaccount(AccountId account, SubaccountNumber number,
                                    ledger::SubaccountIndex& subaccount) const {
  if (state_.accounts.Find(account) == nullptr) return RejectReason::kUnknownAccount;
  subaccount = state_.ledger.FindSubaccount(account, number);
  if (!subaccount) return RejectReason::kUnknownSubaccount;
  return std::nullopt;
}

TransferId AccountDesk::NextTransfer() {
  return state_.last_transfer_id = TransferId(state_.last_transfer_id.value() + 1);
}

Refused AccountDesk::Apply(const OpenAccount& command) {
  if (command.balance_unit_micros != 100 && command.balance_unit_micros != 10'000) {
    return RejectReason::kInvalidDefinition;
  }
  if (state_.accounts.count() >= state_.options.account_count_max) return RejectReason::kCountAtMax;
  AccountRecord& account = state_.accounts.Add();
  account.name = command.name;
  account.balance_unit_micros = command.balance_unit_micros;
  account.tier = command.tier;
  const AccountId in_ledger = state_.ledger.CreateAccount(command.balance_unit_micros == 100
                                                              ? ledger::BalanceUnit::kCentiCent
                                                              : ledger::BalanceUnit::kCent);
  EVX_CHECK(in_ledger == account.id);
  turn_.result.account = account.id;
  turn_.Emit(AccountOpened{.account = account.id,
                           .name = account.name,
                           .balance_unit_micros = account.balance_unit_micros,
                           .tier = account.tier});
  return std::nullopt;
}

Refused AccountDesk::Apply(const UpdateAccount& command) {
  AccountRecord* const account = state_.accounts.Find(command.account);
  if (account == nullptr) return RejectReason::kUnknownAccount;
  account->tier = command.tier;
  account->disabled = command.disabled;
  turn_.Emit(AccountUpdated{
      .account = command.account, .tier = command.tier, .disabled = command.disabled});
  return std::nullopt;
}

Refused AccountDesk::Apply(const OpenSubaccount& command) {
  if (!state_.exchange_active) return RejectReason::kExchangePaused;
  AccountRecord* account = nullptr;
  if (Refused refused = CheckActive(command.account, account)) return refused;
  const std::optional<SubaccountNumber> number = state_.ledger.CreateSubaccount(command.account);
  if (!number) return RejectReason::kSubaccountCountAtMax;
  turn_.result.account = command.account;
  turn_.result.subaccount = *number;
  turn_.Emit(SubaccountOpened{.account = command.account,
                              .subaccount = *number,
                              .netting_enabled = state_.ledger.netting(
                                  state_.ledger.FindSubaccount(command.account, *number))});
  return std::nullopt;
}

Refused AccountDesk::Apply(const RegisterKey& command) {
  AccountRecord* account = nullptr;
  if (Refused refused = CheckActive(command.account, account)) return refused;
  if (command.subaccount >= 0 &&
      !state_.ledger.FindSubaccount(command.account,
                                    static_cast<SubaccountNumber>(command.subaccount))) {
    return RejectReason::kUnknownSubaccount;
  }
  const std::string_view key_id = command.key_id.view();
  if (state_.accounts.keys().contains(key_id)) return RejectReason::kAlreadyExists;
  if (key_id.empty() || command.subaccount < -1 || command.scopes == 0 ||
      command.scopes > kScopesAll || command.public_key_pem.empty() ||
      command.public_key_pem.size() > Accounts::kPublicKeySizeMax) {
    return RejectReason::kInvalidDefinition;
  }
  if (account->key_count >= Accounts::kKeyCountMax) return RejectReason::kCountAtMax;
  ++account->key_count;
  const KeyRegistered event{.account = command.account,
                            .key_id = command.key_id,
                            .name = command.name,
                            .public_key_pem = command.public_key_pem,
                            .scopes = command.scopes,
                            .subaccount = command.subaccount};
  state_.accounts.keys().emplace(key_id, event);
  turn_.Emit(event);
  return std::nullopt;
}

Refused AccountDesk::Apply(const RevokeKey& command) {
  AccountRecord* const account = state_.accounts.Find(command.account);
  if (account == nullptr) return RejectReason::kUnknownAccount;
  const auto it = state_.accounts.keys().find(command.key_id.view());
  if (it == state_.accounts.keys().end() || it->second.account != command.account) {
    return RejectReason::kUnknownKey;
  }
  state_.accounts.keys().erase(it);
  --account->key_count;
  turn_.Emit(KeyRevoked{.account = command.account, .key_id = command.key_id});
  return std::nullopt;
}

Refused AccountDesk::Apply(const Deposit& command) {
  ledger::SubaccountIndex subaccount;
  if (Refused refused = FindSubaccount(command.account, command.subaccount, subaccount)) {
    return refused;
  }
  const TransferId transfer(state_.last_transfer_id.value() + 1);
  if (const ledger::Refusal refusal =
          state_.ledger.Deposit(subaccount, command.amount, transfer, turn_.postings)) {
    return ReasonOf(*refusal);
  }
  turn_.result.transfer = NextTransfer();
  turn_.Emit(FundsDeposited{.transfer = transfer,
                            .account = command.account,
                            .subaccount = command.subaccount,
                            .amount = command.amount});
  turn_.EmitPostings();
  turn_.Touch(subaccount);
  return std::nullopt;
}

Refused AccountDesk::Apply(const Withdraw& command) {
  ledger::SubaccountIndex subaccount;
  if (Refused refused = FindSubaccount(command.account, command.subaccount, subaccount)) {
    return refused;
  }
  const TransferId transfer(state_.last_transfer_id.value() + 1);
  if (const ledger::Refusal refusal =
          state_.ledger.Withdraw(subaccount, command.amount, transfer, turn_.postings)) {
    return ReasonOf(*refusal);
  }
  turn_.result.transfer = NextTransfer();
  turn_.Emit(FundsWithdrawn{.transfer = transfer,
                            .account = command.account,
                            .subaccount = command.subaccount,
                            .amount = command.amount});
  turn_.EmitPostings();
  turn_.Touch(subaccount);
  return std::nullopt;
}

Refused AccountDesk::Apply(const TransferFunds& command) {
  if (!state_.exchange_active) return RejectReason::kExchangePaused;
  AccountRecord* account = nullptr;
  if (Refused refused = CheckActive(command.account, account)) return refused;
  const auto from = state_.ledger.FindSubaccount(command.account, command.from_subaccount);
  const auto to = state_.ledger.FindSubaccount(command.account, command.to_subaccount);
  if (!from || !to) return RejectReason::kUnknownSubaccount;
  const std::string_view client_transfer_id = command.client_transfer_id.view();
  const Money unit = Money::FromMicros(account->balance_unit_micros);
  if (from == to || command.amount <= Money() || FloorTo(command.amount, unit) != command.amount) {
    return RejectReason::kInvalidAmount;
  }
  if (!client_transfer_id.empty() &&
      state_.accounts.HasTransfer(command.account, client_transfer_id)) {
    return RejectReason::kDuplicateTransfer;
  }
  const TransferId transfer(state_.last_transfer_id.value() + 1);
  if (const ledger::Refusal refusal =
          state_.ledger.Transfer(from, to, command.amount, transfer, turn_.postings)) {
    return ReasonOf(*refusal);
  }
  if (!client_transfer_id.empty()) {
    state_.accounts.AddTransfer({state_.time, command.account, std::string(client_transfer_id)});
  }
  turn_.result.transfer = NextTransfer();
  turn_.Emit(FundsTransferred{.transfer = transfer,
                              .account = command.account,
                              .from_subaccount = command.from_subaccount,
                              .to_subaccount = command.to_subaccount,
                              .amount = command.amount,
                              .client_transfer_id = command.client_transfer_id});
  turn_.EmitPostings();
  turn_.Touch(from);
  turn_.Touch(to);
  return std::nullopt;
}

Refused AccountDesk::Apply(const SetNetting& command) {
  if (!state_.exchange_active) return RejectReason::kExchangePaused;
  AccountRecord* account = nullptr;
  if (Refused refused = CheckActive(command.account, account)) return refused;
  const auto subaccount = state_.ledger.FindSubaccount(command.account, command.subaccount);
  if (!subaccount) return RejectReason::kUnknownSubaccount;
  if (const ledger::Refusal refusal =
          state_.ledger.SetNetting(subaccount, command.enabled, turn_.postings)) {
    return ReasonOf(*refusal);
  }
  turn_.Emit(NettingChanged{
      .account = command.account, .subaccount = command.subaccount, .enabled = command.enabled});
  turn_.EmitPostings();
  turn_.Touch(subaccount);
  return std::nullopt;
}

Refused AccountDesk::Apply(const SetTargetBalanceAllocation& command) {
  if (!state_.exchange_active) return RejectReason::kExchangePaused;
  AccountRecord* account = nullptr;
  if (Refused refused = CheckActive(command.account, account)) return refused;
  if (command.allocation_json.size() > Accounts::kAllocationSizeMax) {
    return RejectReason::kInvalidDefinition;
  }
  account->target_allocation_json = command.allocation_json;
  turn_.Emit(TargetBalanceAllocationChanged{.account = command.account,
                                            .allocation_json = command.allocation_json});
  return std::nullopt;
}

}  // namespace evx::venue
