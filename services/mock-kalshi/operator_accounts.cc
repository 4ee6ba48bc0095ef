// Operator: accounts, their keys, funds and orders.

#include <algorithm>
#include <utility>

#include "evx/core/status.h"
#include "evx/kalshi/api_key_scopes.h"
#include "evx/kalshi/signing.h"
#include "operator_routes.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

// An account as the commands need it.
struct KnownAccount {
  AccountId account;
  venue::UsageTier tier = venue::UsageTier::kBasic;
  bool disabled = false;
};

// By number or, failing that, the first with the name.
std::optional<KnownAccount> FindAccount(const ExchangeContext& context, std::string_view text) {
  constexpr std::size_t kDigitsMax = 9;
  const bool is_number = !text.empty() && text.size() <= kDigitsMax &&
                         text.find_first_not_of("0123456789") == std::string_view::npos;
  return context.read_model.Read([&](const ReadModel::State& state) -> std::optional<KnownAccount> {
    const AccountState* account = nullptr;
    if (is_number) {
      account =
          state.FindAccount(AccountId(static_cast<std::uint32_t>(std::stoul(std::string(text)))));
    } else {
      const auto it = std::find_if(state.accounts.begin(), state.accounts.end(),
                                   [text](const AccountState& a) { return a.name == text; });
      if (it != state.accounts.end()) account = &*it;
    }
    if (account == nullptr || !account->account) return std::nullopt;
    return KnownAccount{account->account, account->tier, account->disabled};
  });
}

// Calls `handler(request, reply, account)` with the account of the path.
template <class Handler>
auto AccountVerb(const ExchangeContext& context, Handler handler) {
  return [&context, handler](RestRequest& request, RestReply reply) {
    const auto account = FindAccount(context, request.path_parameters[0]);
    if (!account) return reply.Error(kalshi::MakeError(error::kUserNotFound));
    handler(request, std::move(reply), *account);
  };
}

void ReadSubaccount(JsonFields& fields, std::int64_t& subaccount, std::int64_t min) {
  fields.Integer("subaccount", subaccount, min, kSubaccountNumberMax);
}

void OpenAccount(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  venue::OpenAccount command;
  std::string name;
  std::string tier(TierText(command.tier));
  const auto fault = ReadBody(request, [&](JsonFields& fields) {
    fields.Require("name");
    fields.Text("name", name, decltype(command.name)::kMaxSize);
    fields.Text("tier", tier);
    fields.Integer("balance_unit_micros", command.balance_unit_micros, 1, 1'000'000);
    if (!ParseTier(tier)) fields.Fail("tier", "has no meaning here: " + tier);
  });
  if (fault) return reply.Error(*fault);
  command.name = decltype(command.name)(name);
  command.tier = *ParseTier(tier);
  SubmitAndReply(context, request, command, std::move(reply), [&context](const Outcome& outcome) {
    return Done(outcome, {{"account_id", outcome.result.account.value()},
                          {"user_id", context.wire_ids.Encode(outcome.result.account)}});
  });
}

void UpdateAccount(const ExchangeContext& context, RestRequest& request, RestReply reply,
                   const KnownAccount& account) {
  venue::UpdateAccount command{account.account, account.tier, account.disabled};
  std::string tier(TierText(account.tier));
  const auto fault = ReadBody(request, [&](JsonFields& fields) {
    fields.Text("tier", tier);
    fields.Flag("disabled", command.disabled);
    if (!ParseTier(tier)) fields.Fail("tier", "has no meaning here: " + tier);
  });
  if (fault) return reply.Error(*fault);
  if (account.account == kOperatorAccount && command.disabled) {
    return reply.Error(Invalid("the operator's account cannot be disabled"));
  }
  command.tier = *ParseTier(tier);
  SubmitAndReply(context, request, command, std::move(reply),
                 [](const Outcome& outcome) { return Done(outcome); });
}

// With a public key registers that one, else makes a pair and hands out the private half once.
void RegisterKey(const ExchangeContext& context, RestRequest& request, RestReply reply,
                 const KnownAccount& account) {
  venue::RegisterKey command;
  command.account = account.account;
  std::string key_id = kalshi::NewKeyId();
  std::string name;
  std::string public_key;
  std::vector<std::string> scopes;
  std::optional<kalshi::ApiKeyType> key_type;
  std::int64_t subaccount = -1;
  const auto fault = ReadBody(request, [&](JsonFields& fields) {
    fields.Text("key_id", key_id, venue::UuidText::kMaxSize);
    fields.Text("name", name, decltype(command.name)::kMaxSize);
    fields.Text("public_key", public_key, kalshi::kPemBytesMax);
    fields.Word("key_type", key_type);
    fields.Texts("scopes", scopes);
    ReadSubaccount(fields, subaccount, -1);
  });
  if (fault) return reply.Error(*fault);
  kalshi::ApiKeyScopes granted;
  for (const std::string& word : scopes) {
    const auto scope = kalshi::FromWire<kalshi::ApiKeyScope>(word);
    if (!scope) return reply.Error(Invalid("unknown scope " + word));
    granted.Add(*scope);
  }
  command.scopes = (scopes.empty() ? kalshi::ApiKeyScopes::Full() : granted).bits();
  command.key_id = venue::UuidText(key_id);
  command.name = decltype(command.name)(name);
  command.subaccount = static_cast<std::int8_t>(subaccount);
  nlohmann::json answer = {{"key_id", key_id}};
  if (public_key.empty()) {
    const auto key = kalshi::PrivateKey::Generate(key_type.value_or(kalshi::ApiKeyType::kEd25519));
    if (!key.ok()) return reply.Error(ToError(key.status()));
    command.public_key_pem = key->public_key().ToPem();
    answer["private_key"] = key->ToPem();
  } else {
    const auto key = kalshi::PublicKey::FromPem(public_key);
    if (!key.ok()) return reply.Error(Invalid("public_key: " + MessageOf(key.status())));
    command.public_key_pem = key->ToPem();
  }
  SubmitAndReply(context, request, std::move(command), std::move(reply),
                 [answer](const Outcome& outcome) { return Done(outcome, answer); });
}

void RevokeKey(const ExchangeContext& context, RestRequest& request, RestReply reply,
               const KnownAccount& account) {
  const std::string_view key_id = request.path_parameters[1];
  if (key_id.size() > venue::UuidText::kMaxSize) {
    return reply.Error(kalshi::MakeError(error::kNotFound));
  }
  if (request.principal->key_id.view() == key_id) {
    return reply.Error(Invalid("a key cannot revoke itself here"));
  }
  SubmitAndReply(context, request, venue::RevokeKey{account.account, venue::UuidText(key_id)},
                 std::move(reply), [](const Outcome& outcome) { return Done(outcome); });
}

template <class Command>
auto MoveFunds(const ExchangeContext& context) {
  return AccountVerb(context, [&context](RestRequest& request, RestReply reply,
                                         const KnownAccount& account) {
    std::optional<Money> amount;
    std::int64_t subaccount = 0;
    const auto fault = ReadBody(request, [&](JsonFields& fields) {
      fields.Require("amount_dollars");
      fields.Dollars("amount_dollars", amount);
      ReadSubaccount(fields, subaccount, 0);
    });
    if (fault) return reply.Error(*fault);
    SubmitAndReply(
        context, request,
        Command{account.account, static_cast<SubaccountNumber>(subaccount),
                amount.value_or(Money())},
        std::move(reply), [&context](const Outcome& outcome) {
          return Done(outcome, {{"transfer_id", context.wire_ids.Encode(outcome.result.transfer)}});
        });
  });
}

void CancelAll(const ExchangeContext& context, RestRequest& request, RestReply reply,
               const KnownAccount& account) {
  venue::CancelAllOrders command;
  command.account = account.account;
  command.by_operator = true;
  std::int64_t subaccount = -1;
  std::string ticker;
  const auto fault = ReadBody(request, [&](JsonFields& fields) {
    ReadSubaccount(fields, subaccount, -1);
    fields.Text("market_ticker", ticker);
  });
  if (fault) return reply.Error(*fault);
  command.subaccount = static_cast<std::int8_t>(subaccount);
  if (!ticker.empty()) {
    const auto market = FindMarketForOrder(context, ticker, std::nullopt);
    if (!market.ok()) return reply.Error(market.error());
    command.market = *market;
  }
  SubmitAndReply(context, request, command, std::move(reply), [](const Outcome& outcome) {
    return Done(outcome, {{"canceled_order_count", outcome.result.canceled_order_count}});
  });
}

}  // namespace

void AddOperatorAccountRoutes(RestRouter& router, const ExchangeContext& context) {
  using net::HttpMethod;
  const auto verb = [&context](auto function) {
    return AccountVerb(context, [&context, function](RestRequest& request, RestReply reply,
                                                     const KnownAccount& account) {
      function(context, request, std::move(reply), account);
    });
  };
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/accounts", "OpenAccount",
                   [&context](RestRequest& request, RestReply reply) {
                     OpenAccount(context, request, std::move(reply));
                   });
  AddOperatorRoute(router, HttpMethod::kPut, "/evx/v1/admin/accounts/{account}", "UpdateAccount",
                   verb(UpdateAccount));
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/accounts/{account}/keys",
                   "RegisterKey", verb(RegisterKey));
  AddOperatorRoute(router, HttpMethod::kDelete, "/evx/v1/admin/accounts/{account}/keys/{key_id}",
                   "RevokeKey", verb(RevokeKey));
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/accounts/{account}/deposits",
                   "Deposit", MoveFunds<venue::Deposit>(context));
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/accounts/{account}/withdrawals",
                   "Withdraw", MoveFunds<venue::Withdraw>(context));
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/accounts/{account}/cancel_all",
                   "CancelAllOrders", verb(CancelAll));
}

}  // namespace evx::mock_kalshi
