#include "catalogue/bootstrap.h"

#include <string_view>
#include <utility>
#include <vector>

#include "access/credential_files.h"
#include "catalogue/catalogue_plan.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/kalshi/signing.h"

namespace evx::mock_kalshi {
namespace {

struct AccountPlan {
  std::string name;
  venue::UsageTier tier = venue::UsageTier::kBasic;
  std::int64_t dollars = 0;
  kalshi::ApiKeyType key_type = kalshi::ApiKeyType::kEd25519;
  bool has_key = true;
};

// The operator's account trades nothing; its key opens the operator API.
std::vector<AccountPlan> Accounts(const MockKalshiConfig& config) {
  const kalshi::ApiKeyType demo_type =
      config.ephemeral ? config.ephemeral_key_type : kalshi::ApiKeyType::kRsa;
  std::vector<AccountPlan> accounts = {
      {.name = "operator", .tier = venue::UsageTier::kUnlimited},
      {.name = "demo",
       .tier = venue::UsageTier::kAdvanced,
       .dollars = 10'000,
       .key_type = demo_type},
      {.name = "market-maker", .tier = venue::UsageTier::kPremier, .dollars = 5'000'000},
  };
  // The other side in FIX_TEST; see scripted_market.h.
  accounts.push_back({.name = "fix-test",
                      .tier = venue::UsageTier::kUnlimited,
                      .dollars = 10'000'000,
                      .has_key = false});
  for (int i = 1; i <= kFlowAccountCount; ++i) {
    accounts.push_back({.name = "flow-" + std::to_string(i),
                        .tier = venue::UsageTier::kUnlimited,
                        .dollars = 50'000'000});
  }
  return accounts;
}

absl::StatusOr<venue::CommandResult> Execute(Sequencer& sequencer, std::string_view what,
                                             venue::Command command) {
  const Outcome outcome = sequencer.Execute(std::move(command));
  EVX_RETURN_IF_ERROR(outcome.status);
  if (outcome.result.reject) {
    return Internal(std::string(what) +
                    " refused: " + std::string(venue::Name(*outcome.result.reject)));
  }
  return outcome.result;
}

// Opens the account, with its funds.
absl::StatusOr<AccountId> OpenAccount(Sequencer& sequencer, const AccountPlan& plan) {
  venue::OpenAccount open;
  open.name = InlineString<64>(plan.name);
  open.tier = plan.tier;
  EVX_ASSIGN_OR_RETURN(const venue::CommandResult opened, Execute(sequencer, plan.name, open));
  if (plan.dollars > 0) {
    EVX_RETURN_IF_ERROR(Execute(sequencer, "deposit of " + plan.name,
                                venue::Deposit{opened.account, 0, Money::FromDollars(plan.dollars)})
                            .status());
  }
  return opened.account;
}

absl::Status RegisterKey(Sequencer& sequencer, AccountId account,
                         const DemoCredentials& credentials) {
  EVX_ASSIGN_OR_RETURN(const kalshi::PrivateKey key,
                       kalshi::PrivateKey::FromPem(credentials.private_key_pem));
  venue::RegisterKey command;
  command.account = account;
  command.key_id = venue::UuidText(credentials.key_id);
  command.name = InlineString<128>(credentials.name);
  command.public_key_pem = key.public_key().ToPem();
  return Execute(sequencer, "key of " + credentials.name, command).status();
}

absl::Status ListFixedMarkets(Sequencer& sequencer, Timestamp now) {
  FixedCatalogue catalogue = StandardFixedCatalogue(now);
  EVX_ASSIGN_OR_RETURN(const venue::CommandResult series,
                       Execute(sequencer, catalogue.series.ticker.view(), catalogue.series));
  for (PlannedEvent& planned : catalogue.events) {
    planned.put.series = series.series;
    EVX_ASSIGN_OR_RETURN(const venue::CommandResult event,
                         Execute(sequencer, planned.put.ticker.view(), planned.put));
    for (PlannedMarket& market : planned.markets) {
      market.put.event = event.event;
      EVX_RETURN_IF_ERROR(Execute(sequencer, market.put.ticker.view(), market.put).status());
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::map<std::string, DemoCredentials>> Bootstrap(const MockKalshiConfig& config,
                                                                 Sequencer& sequencer,
                                                                 Timestamp now) {
  EVX_ASSIGN_OR_RETURN(CredentialFiles files, CredentialFiles::Open(config.demo_key_dir));
  std::map<std::string, DemoCredentials> credentials;
  std::vector<DemoCredentials> flow;
  for (const AccountPlan& plan : Accounts(config)) {
    EVX_ASSIGN_OR_RETURN(const AccountId account, OpenAccount(sequencer, plan));
    if (!plan.has_key) continue;
    EVX_ASSIGN_OR_RETURN(const DemoCredentials own, files.LoadOrCreate(plan.name, plan.key_type));
    EVX_RETURN_IF_ERROR(RegisterKey(sequencer, account, own));
    if (plan.name.starts_with("flow-")) flow.push_back(own);
    credentials.emplace(plan.name, own);
  }
  EVX_RETURN_IF_ERROR(files.WriteGroup("flow", flow));
  if (config.catalogue != "empty") EVX_RETURN_IF_ERROR(ListFixedMarkets(sequencer, now));
  return credentials;
}

}  // namespace evx::mock_kalshi
