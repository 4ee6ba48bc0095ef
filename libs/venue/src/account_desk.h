#pragma once

#include "evx/venue/commands.h"
#include "exchange_state.h"

namespace evx::venue {

// Accounts, subaccounts, keys and money that moves without a trade. Commands that only an operator
// sends (accounts, keys, deposits, withdrawals) pass during an exchange pause.
class AccountDesk {
 public:
  AccountDesk(ExchangeState& state, Turn& turn) : state_(state), turn_(turn) {}

  Refused Apply(const OpenAccount& command);
  Refused Apply(const UpdateAccount& command);
  Refused Apply(const OpenSubaccount& command);
  Refused Apply(const RegisterKey& command);
  Refused Apply(const RevokeKey& command);
  Refused Apply(const Deposit& command);
  Refused Apply(const Withdraw& command);
  Refused Apply(const TransferFunds& command);
  Refused Apply(const SetNetting& command);
  Refused Apply(const SetTargetBalanceAllocation& command);

 private:
  // An account that may act: exists and is not disabled.
  Refused CheckActive(AccountId id, AccountRecord*& account) const;
  Refused FindSubaccount(AccountId account, SubaccountNumber number,
                         ledger::SubaccountIndex& subaccount) const;
  TransferId NextTransfer();

  ExchangeState& state_;
  Turn& turn_;
};

}  // namespace evx::venue
