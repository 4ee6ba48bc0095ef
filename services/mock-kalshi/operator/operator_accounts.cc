// Operator over REST: accounts, their keys, funds and orders.

#include <utility>

#include "operator/operator_routes.h"

namespace evx::mock_kalshi {
namespace {

AccountName PathAccount(const RestRequest& request) {
  return AccountName::FromText(PathText(request));
}

void FillAccount(NewAccount& account, JsonFields& fields, const RestRequest&) {
  std::optional<venue::UsageTier> tier;
  fields.Text("name", account.name);
  ReadTier(fields, tier);
  fields.Integer("balance_unit_micros", account.balance_unit_micros);
  account.tier = tier.value_or(account.tier);
}

void FillAccountEdit(AccountEdit& edit, JsonFields& fields, const RestRequest& request) {
  edit.account = PathAccount(request);
  ReadTier(fields, edit.tier);
  fields.Flag("disabled", edit.disabled);
}

void FillKey(NewKey& key, JsonFields& fields, const RestRequest& request) {
  key.account = PathAccount(request);
  std::vector<std::string> scopes;
  fields.Text("key_id", key.key_id);
  fields.Text("name", key.name);
  fields.Text("public_key", key.public_key);
  fields.Word("key_type", key.key_type);
  fields.Texts("scopes", scopes);
  fields.Integer("subaccount", key.subaccount);
  for (const std::string& word : scopes) {
    const auto scope = kalshi::FromWire<kalshi::ApiKeyScope>(word);
    if (!scope) return fields.Fail("scopes", "has no meaning here: " + word.substr(0, 64));
    key.scopes.push_back(*scope);
  }
}

void RegisterKey(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  NewKey key;
  const auto fault = ReadBody(request, [&](JsonFields& fields) { FillKey(key, fields, request); });
  if (fault) return reply.Error(*fault);
  auto registration = ToRegistration(key, context);
  if (!registration.ok()) return reply.Error(registration.error());
  nlohmann::json answer = {{"key_id", std::string(registration->command.key_id.view())}};
  if (!registration->private_key_pem.empty()) {
    answer["private_key"] = registration->private_key_pem;
  }
  SubmitForOperator(context, request, registration->command, std::move(reply),
                    [answer](const Outcome& outcome) { return Done(outcome, answer); });
}

void RevokeKey(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  if (const auto fault = ReadBody(request, [](JsonFields&) {})) return reply.Error(*fault);
  auto command = ToCommand(KeyRevocation{PathAccount(request), PathText(request, 1)},
                           request.principal->key_id.view(), context);
  if (!command.ok()) return reply.Error(command.error());
  SubmitForOperator(context, request, *std::move(command), std::move(reply),
                    [](const Outcome& outcome) { return Done(outcome); });
}

auto MoveFunds(const ExchangeContext& context, FundsDirection direction) {
  return EditVerb<FundsMove>(
      context,
      [direction](FundsMove& move, JsonFields& fields, const RestRequest& request) {
        std::optional<Money> amount;
        fields.Require("amount_dollars");
        fields.Dollars("amount_dollars", amount);
        fields.Integer("subaccount", move.subaccount);
        move.account = PathAccount(request);
        move.direction = direction;
        move.amount = amount.value_or(Money());
      },
      [&context](const Outcome& outcome) {
        return Done(outcome, {{"transfer_id", context.wire_ids.Encode(outcome.result.transfer)}});
      });
}

void FillCancel(MassCancel& cancel, JsonFields& fields, const RestRequest& request) {
  cancel.account = PathAccount(request);
  fields.Integer("subaccount", cancel.subaccount);
  fields.Text("market_ticker", cancel.market_ticker);
}

}  // namespace

void AddOperatorAccountRoutes(RestRouter& router, const ExchangeContext& context) {
  using net::HttpMethod;
  const auto bind = [&context](auto function) {
    return [&context, function](RestRequest& request, RestReply reply) {
      function(context, request, std::move(reply));
    };
  };
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/accounts", "OpenAccount",
                   EditVerb<NewAccount>(context, FillAccount, [&context](const Outcome& outcome) {
                     return Done(outcome,
                                 {{"account_id", outcome.result.account.value()},
                                  {"user_id", context.wire_ids.Encode(outcome.result.account)}});
                   }));
  AddOperatorRoute(router, HttpMethod::kPut, "/evx/v1/admin/accounts/{account}", "UpdateAccount",
                   EditVerb<AccountEdit>(context, FillAccountEdit));
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/accounts/{account}/keys",
                   "RegisterKey", bind(RegisterKey));
  AddOperatorRoute(router, HttpMethod::kDelete, "/evx/v1/admin/accounts/{account}/keys/{key_id}",
                   "RevokeKey", bind(RevokeKey));
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/accounts/{account}/deposits",
                   "Deposit", MoveFunds(context, FundsDirection::kDeposit));
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/accounts/{account}/withdrawals",
                   "Withdraw", MoveFunds(context, FundsDirection::kWithdraw));
  AddOperatorRoute(
      router, HttpMethod::kPost, "/evx/v1/admin/accounts/{account}/cancel_all", "CancelAllOrders",
      EditVerb<MassCancel>(context, FillCancel, [](const Outcome& outcome) {
        return Done(outcome, {{"canceled_order_count", outcome.result.canceled_order_count}});
      }));
}

}  // namespace evx::mock_kalshi
