// API keys, rate limits and usage level of an account.

#include <utility>

#include "conversions.h"
#include "evx/kalshi/account_messages.h"
#include "evx/kalshi/requests.h"
#include "evx/kalshi/signing.h"
#include "rest/rest_routes.h"
#include "rest/rest_support.h"

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;

// Scopes are the same bits in both vocabularies, in the order of the venue's list.
std::uint16_t ToDomain(kalshi::ApiKeyScopes scopes) { return scopes.bits(); }
kalshi::ApiKeyScopes ToScopes(std::uint16_t bits) {
  return kalshi::ApiKeyScopes::FromBits(static_cast<std::uint8_t>(bits));
}

void ListKeys(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  kalshi::ApiKeysResponse response;
  context.read_model.Read([&](const ReadModel::State& state) {
    const AccountState* account = state.FindAccount(request.account());
    if (account == nullptr) return;
    for (const std::string& key_id : account->key_ids) {
      const auto key = state.keys.find(key_id);
      if (key == state.keys.end()) continue;
      kalshi::ApiKey entry;
      entry.api_key_id = key_id;
      entry.name = key->second.name;
      entry.scopes = ToScopes(key->second.scopes).List();
      if (key->second.subaccount >= 0) {
        entry.subaccount = static_cast<SubaccountNumber>(key->second.subaccount);
      }
      response.api_keys.push_back(std::move(entry));
    }
  });
  reply.Json(200, kalshi::EncodeJson(response));
}

// A key can give away only what it has: its own scopes and its own subaccount.
template <class Request>
kalshi::Decoded<venue::RegisterKey> ToRegisterKey(const Principal& principal,
                                                  const Request& request) {
  venue::RegisterKey command;
  command.account = principal.account;
  command.key_id = venue::UuidText(kalshi::NewKeyId());
  if (request.name.size() > decltype(command.name)::kMaxSize) {
    return kalshi::MakeError(error::kInvalidParameters, "name is longer than 128 bytes");
  }
  command.name = decltype(command.name)(request.name);
  command.scopes = ToDomain(request.scopes);
  for (const kalshi::ApiKeyScope scope : request.scopes.List()) {
    if (!principal.HasScope(static_cast<venue::KeyScope>(1u << static_cast<unsigned>(scope)))) {
      return kalshi::MakeError(error::kPermissionDenied,
                               "a key cannot give scopes that it does not have");
    }
  }
  if (principal.subaccount >= 0 || request.subaccount) {
    const auto subaccount = ResolveSubaccount(principal, request.subaccount);
    if (!subaccount.ok()) return subaccount.error();
    command.subaccount = static_cast<std::int8_t>(*subaccount);
  }
  return command;
}

void CreateKey(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto body = DecodeBody(request, kalshi::DecodeCreateApiKey);
  if (!body.ok()) return reply.Error(body.error());
  const auto key = kalshi::PublicKey::FromPem(body->public_key);
  if (!key.ok()) {
    return reply.Error(
        kalshi::MakeError(error::kInvalidParameters, "public_key: " + MessageOf(key.status())));
  }
  auto command = ToRegisterKey(*request.principal, *body);
  if (!command.ok()) return reply.Error(command.error());
  venue::RegisterKey registration = *std::move(command);
  registration.public_key_pem = key->ToPem();
  const std::string key_id(registration.key_id.view());
  SubmitAndReply(context, request, std::move(registration), std::move(reply),
                 [key_id](const Outcome&) {
                   return JsonReply{201, kalshi::EncodeJson(kalshi::CreateApiKeyResponse{key_id})};
                 });
}

void GenerateKey(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const auto body = DecodeBody(request, kalshi::DecodeGenerateApiKey);
  if (!body.ok()) return reply.Error(body.error());
  auto command = ToRegisterKey(*request.principal, *body);
  if (!command.ok()) return reply.Error(command.error());
  const auto key = kalshi::PrivateKey::Generate(body->key_type);
  if (!key.ok()) return reply.Error(ToError(key.status()));
  venue::RegisterKey registration = *std::move(command);
  registration.public_key_pem = key->public_key().ToPem();
  kalshi::GenerateApiKeyResponse response;
  response.api_key_id = registration.key_id.view();
  response.private_key = key->ToPem();
  response.key_type = body->key_type;
  SubmitAndReply(context, request, std::move(registration), std::move(reply),
                 [response](const Outcome&) {
                   return JsonReply{201, kalshi::EncodeJson(response)};
                 });
}

void DeleteKey(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  const std::string_view key_id = request.path_parameters[0];
  if (key_id.size() > venue::UuidText::kMaxSize) {
    return reply.Error(kalshi::MakeError(error::kNotFound));
  }
  SubmitAndReply(context, request, venue::RevokeKey{request.account(), venue::UuidText(key_id)},
                 std::move(reply), [](const Outcome&) {
                   return JsonReply{204, ""};
                 });
}

std::string_view TierName(venue::UsageTier tier) {
  switch (tier) {
    case venue::UsageTier::kBasic:
      return "basic";
    case venue::UsageTier::kAdvanced:
      return "advanced";
    case venue::UsageTier::kExpert:
      return "expert";
    case venue::UsageTier::kPremier:
      return "premier";
    case venue::UsageTier::kParagon:
      return "paragon";
    case venue::UsageTier::kPrime:
      return "prime";
    case venue::UsageTier::kPrestige:
      return "prestige";
    case venue::UsageTier::kUnlimited:
      return "unlimited";
  }
  return "basic";
}

// Shown to an account without limits: clients pace themselves by what they read here.
constexpr std::int64_t kUnlimitedTokens = 1'000'000;

kalshi::BucketLimit ToLimit(venue::UsageTier tier, RateBucket bucket) {
  TierBudget budget = BudgetOf(tier, bucket);
  if (tier == venue::UsageTier::kUnlimited) budget = {kUnlimitedTokens, kUnlimitedTokens};
  kalshi::BucketLimit limit;
  limit.refill_rate = budget.refill_per_second;
  limit.bucket_capacity = budget.capacity;
  return limit;
}

void GetLimits(const ExchangeContext&, RestRequest& request, RestReply reply) {
  const venue::UsageTier tier = request.principal->tier;
  kalshi::ApiLimitsResponse response;
  response.usage_tier = TierName(tier);
  response.read = ToLimit(tier, RateBucket::kRead);
  response.write = ToLimit(tier, RateBucket::kWrite);
  // Whatever is above basic was given by an operator or by the upgrade.
  if (tier != venue::UsageTier::kBasic) {
    response.grants.push_back(
        {kalshi::ExchangeInstance::kEventContract, response.usage_tier, {}, "manual"});
  }
  reply.Json(200, kalshi::EncodeJson(response));
}

// Costs that are not the default, from the routes themselves. Batches are listed with the cost of
// one item.
std::string EndpointCosts(const RestRouter& router) {
  kalshi::EndpointCostsResponse response;
  for (const Route& route : router.routes()) {
    if (route.auth == AuthRule::kNone || route.cost == kDefaultCost) continue;
    kalshi::EndpointCost entry;
    entry.method = net::ToString(route.method);
    entry.cost = route.cost;
    if (route.cost == 0) {
      entry.cost = route.method == net::HttpMethod::kDelete ? kCancelCost : kDefaultCost;
    }
    if (entry.cost == kDefaultCost) continue;
    // "/a/{b}/c" is written "/a/:b/c".
    for (const char c : route.pattern) {
      if (c == '{') {
        entry.path.push_back(':');
      } else if (c != '}') {
        entry.path.push_back(c);
      }
    }
    response.endpoint_costs.push_back(std::move(entry));
  }
  return kalshi::EncodeJson(response);
}

constexpr std::int64_t kUpgradeCost = 30;

// Basic becomes Advanced; higher levels are earned by volume, which an operator decides here.
void UpgradeUsageLevel(const ExchangeContext& context, RestRequest& request, RestReply reply) {
  if (request.principal->tier != venue::UsageTier::kBasic) {
    return reply.Error(kalshi::MakeError(
        error::kPermissionDenied, "levels above advanced are given by volume or by an operator"));
  }
  SubmitAndReply(context, request,
                 venue::UpdateAccount{request.account(), venue::UsageTier::kAdvanced, false},
                 std::move(reply), [](const Outcome&) {
                   return JsonReply{201, ""};
                 });
}

void GetVolumeProgress(const ExchangeContext&, RestRequest&, RestReply reply) {
  reply.Json(200, kalshi::EncodeJson(kalshi::VolumeProgressResponse{}));
}

}  // namespace

void AddAccountRoutes(RestRouter& router, const ExchangeContext& context) {
  using net::HttpMethod;
  const auto add = [&](HttpMethod method, std::string_view pattern, std::string_view operation,
                       std::int64_t cost, auto function) {
    const bool read = method == HttpMethod::kGet;
    router.Add({method, pattern, operation, AuthRule::kRequired,
                static_cast<std::uint16_t>(read ? venue::kScopeRead : venue::kScopeWrite),
                RateBucket::kRead, cost,
                [&context, function](RestRequest& request, RestReply reply) {
                  function(context, request, std::move(reply));
                }});
  };
  add(HttpMethod::kGet, "/trade-api/v2/api_keys", "GetApiKeys", kDefaultCost, ListKeys);
  add(HttpMethod::kPost, "/trade-api/v2/api_keys", "CreateApiKey", kDefaultCost, CreateKey);
  add(HttpMethod::kPost, "/trade-api/v2/api_keys/generate", "GenerateApiKey", kDefaultCost,
      GenerateKey);
  add(HttpMethod::kDelete, "/trade-api/v2/api_keys/{api_key}", "DeleteApiKey", kDefaultCost,
      DeleteKey);
  add(HttpMethod::kGet, "/trade-api/v2/account/limits", "GetAccountApiLimits", kDefaultCost,
      GetLimits);
  add(HttpMethod::kPost, "/trade-api/v2/account/api_usage_level/upgrade",
      "UpgradeAccountApiUsageLevel", kUpgradeCost, UpgradeUsageLevel);
  add(HttpMethod::kGet, "/trade-api/v2/account/api_usage_level/volume_progress",
      "GetAccountApiUsageLevelVolumeProgress", kDefaultCost, GetVolumeProgress);
  router.Add(
      {HttpMethod::kGet, "/trade-api/v2/account/endpoint_costs", "GetAccountEndpointCosts",
       AuthRule::kNone, 0, RateBucket::kRead, kDefaultCost,
       [&router](RestRequest&, RestReply reply) { reply.Json(200, EndpointCosts(router)); }});
}

}  // namespace evx::mock_kalshi
