// Operator: accounts, keys, funds and mass cancels as commands.

#include <algorithm>
#include <utility>

#include "conversions.h"
#include "evx/core/status.h"
#include "evx/kalshi/api_key_scopes.h"
#include "evx/kalshi/signing.h"
#include "operator/operator_commands.h"
#include "operator/operator_fields.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;
using kalshi::Decoded;
using kalshi::MakeError;
using MaybeError = std::optional<kalshi::Error>;

struct KnownAccount {
  AccountId account;
  venue::UsageTier tier = venue::UsageTier::kBasic;
  bool disabled = false;
};

Decoded<KnownAccount> Find(const ExchangeContext& context, const AccountName& name) {
  const auto found =
      context.read_model.Read([&](const ReadModel::State& state) -> std::optional<KnownAccount> {
        const auto id = FindAccount(state, name);
        if (!id) return std::nullopt;
        const AccountState& account = *state.FindAccount(*id);
        return KnownAccount{account.account, account.tier, account.disabled};
      });
  if (found) return *found;
  const std::string text = name.number           ? std::to_string(*name.number)
                           : name.key_id.empty() ? name.name
                                                 : "with the key " + name.key_id;
  return MakeError(error::kUserNotFound, "no account " + text.substr(0, 128));
}

MaybeError CheckSubaccount(std::int64_t subaccount, std::int64_t min = 0) {
  return CheckRange("subaccount", subaccount, min, kSubaccountNumberMax);
}

}  // namespace

AccountName AccountName::FromText(std::string_view text) {
  constexpr std::size_t kDigitsMax = 9;
  AccountName name;
  if (!text.empty() && text.size() <= kDigitsMax &&
      text.find_first_not_of("0123456789") == std::string_view::npos) {
    name.number = static_cast<std::uint32_t>(std::stoul(std::string(text)));
  } else {
    name.name = text;
  }
  return name;
}

std::optional<AccountId> FindAccount(const ReadModel::State& state, const AccountName& name) {
  const AccountState* account = nullptr;
  if (name.number) {
    account = state.FindAccount(AccountId(*name.number));
  } else if (!name.key_id.empty()) {
    const auto key = state.keys.find(std::string_view(name.key_id));
    if (key != state.keys.end()) account = state.FindAccount(key->second.account);
  } else if (!name.name.empty()) {
    const auto it = std::find_if(state.accounts.begin(), state.accounts.end(),
                                 [&name](const AccountState& a) { return a.name == name.name; });
    if (it != state.accounts.end()) account = &*it;
  }
  if (account == nullptr || !account->account) return std::nullopt;
  return account->account;
}

Decoded<venue::Command> ToCommand(const NewAccount& account, const ExchangeContext&) {
  venue::OpenAccount command;
  constexpr std::size_t kNameMax = decltype(command.name)::kMaxSize;
  if (account.name.empty()) return WrongField("name", "is missing");
  if (const auto wrong = CheckSize("name", account.name, kNameMax)) return *wrong;
  if (account.balance_unit_micros != 100 && account.balance_unit_micros != 10'000) {
    return WrongField("balance_unit_micros",
                      absl::StrFormat("%d is neither 100 nor 10000", account.balance_unit_micros));
  }
  command.name = decltype(command.name)(account.name);
  command.tier = account.tier;
  command.balance_unit_micros = account.balance_unit_micros;
  return venue::Command(command);
}

Decoded<venue::Command> ToCommand(const AccountEdit& edit, const ExchangeContext& context) {
  const auto account = Find(context, edit.account);
  if (!account.ok()) return account.error();
  if (account->account == kOperatorAccount && edit.disabled.value_or(false)) {
    return WrongField("disabled", "cannot be true for the operator's own account");
  }
  return venue::Command(venue::UpdateAccount{account->account, edit.tier.value_or(account->tier),
                                             edit.disabled.value_or(account->disabled)});
}

Decoded<KeyRegistration> ToRegistration(const NewKey& key, const ExchangeContext& context) {
  const auto account = Find(context, key.account);
  if (!account.ok()) return account.error();
  KeyRegistration registration;
  venue::RegisterKey& command = registration.command;
  constexpr std::size_t kNameMax = decltype(command.name)::kMaxSize;
  if (const auto wrong = CheckSize("key_id", key.key_id, venue::UuidText::kMaxSize)) return *wrong;
  if (const auto wrong = CheckSize("name", key.name, kNameMax)) return *wrong;
  if (const auto wrong = CheckSize("public_key", key.public_key, kalshi::kPemBytesMax)) {
    return *wrong;
  }
  if (const auto wrong = CheckSubaccount(key.subaccount, -1)) return *wrong;
  kalshi::ApiKeyScopes scopes;
  for (const kalshi::ApiKeyScope scope : key.scopes) scopes.Add(scope);
  command.account = account->account;
  command.key_id = venue::UuidText(key.key_id.empty() ? kalshi::NewKeyId() : key.key_id);
  command.name = decltype(command.name)(key.name);
  command.scopes = (scopes.empty() ? kalshi::ApiKeyScopes::Full() : scopes).bits();
  command.subaccount = static_cast<std::int8_t>(key.subaccount);
  if (key.public_key.empty()) {
    const auto pair =
        kalshi::PrivateKey::Generate(key.key_type.value_or(kalshi::ApiKeyType::kEd25519));
    if (!pair.ok()) return ToError(pair.status());
    command.public_key_pem = pair->public_key().ToPem();
    registration.private_key_pem = pair->ToPem();
  } else {
    const auto given = kalshi::PublicKey::FromPem(key.public_key);
    if (!given.ok())
      return WrongField("public_key", "cannot be used: " + MessageOf(given.status()));
    command.public_key_pem = given->ToPem();
  }
  return registration;
}

Decoded<venue::Command> ToCommand(const KeyRevocation& revocation, std::string_view caller_key_id,
                                  const ExchangeContext& context) {
  const auto account = Find(context, revocation.account);
  if (!account.ok()) return account.error();
  if (revocation.key_id.empty() || revocation.key_id.size() > venue::UuidText::kMaxSize) {
    return MakeError(error::kNotFound, "no key \"" + revocation.key_id.substr(0, 64) + "\"");
  }
  if (revocation.key_id == caller_key_id) {
    return WrongField("key_id", revocation.key_id + " signs this request; revoke it with another");
  }
  return venue::Command(venue::RevokeKey{account->account, venue::UuidText(revocation.key_id)});
}

Decoded<venue::Command> ToCommand(const FundsMove& move, const ExchangeContext& context) {
  const auto account = Find(context, move.account);
  if (!account.ok()) return account.error();
  if (const auto wrong = CheckSubaccount(move.subaccount)) return *wrong;
  const auto subaccount = static_cast<SubaccountNumber>(move.subaccount);
  switch (move.direction) {
    case FundsDirection::kDeposit:
      return venue::Command(venue::Deposit{account->account, subaccount, move.amount});
    case FundsDirection::kWithdraw:
      return venue::Command(venue::Withdraw{account->account, subaccount, move.amount});
  }
  return MakeError(error::kInternal);
}

Decoded<venue::Command> ToCommand(const MassCancel& cancel, const ExchangeContext& context) {
  const auto account = Find(context, cancel.account);
  if (!account.ok()) return account.error();
  venue::CancelAllOrders command;
  command.account = account->account;
  command.by_operator = true;
  if (cancel.subaccount) {
    if (const auto wrong = CheckSubaccount(*cancel.subaccount)) return *wrong;
    command.subaccount = static_cast<std::int8_t>(*cancel.subaccount);
  }
  if (!cancel.market_ticker.empty()) {
    context.read_model.Read([&](const ReadModel::State& state) {
      const MarketState* market = state.FindMarket(cancel.market_ticker);
      if (market != nullptr) command.market = market->market;
    });
    if (!command.market) return MakeError(error::kMarketNotFound);
  }
  return venue::Command(command);
}

}  // namespace evx::mock_kalshi
