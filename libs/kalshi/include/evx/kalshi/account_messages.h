#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/kalshi/api_key_scopes.h"
#include "evx/kalshi/messages.h"
#include "evx/kalshi/terms.h"

// API keys, rate limits and usage levels of an account. Encoded and decoded as messages.h says.

namespace evx::kalshi {

struct ApiKey {
  std::string api_key_id;
  std::string name;
  std::vector<ApiKeyScope> scopes;
  // The one subaccount that the key is locked to.
  std::optional<SubaccountNumber> subaccount;
  friend bool operator==(const ApiKey&, const ApiKey&) = default;
};

struct ApiKeysResponse {
  std::vector<ApiKey> api_keys;
  friend bool operator==(const ApiKeysResponse&, const ApiKeysResponse&) = default;
};

struct CreateApiKeyResponse {
  std::string api_key_id;
  friend bool operator==(const CreateApiKeyResponse&, const CreateApiKeyResponse&) = default;
};

struct GenerateApiKeyResponse {
  std::string api_key_id;
  // PEM; shown this once.
  std::string private_key;
  ApiKeyType key_type = ApiKeyType::kRsa;
  friend bool operator==(const GenerateApiKeyResponse&, const GenerateApiKeyResponse&) = default;
};

// Tokens a second, and the most that can be saved up.
struct BucketLimit {
  std::int64_t refill_rate = 0;
  std::int64_t bucket_capacity = 0;
  friend bool operator==(const BucketLimit&, const BucketLimit&) = default;
};

struct UsageLevelGrant {
  ExchangeInstance exchange_instance = ExchangeInstance::kEventContract;
  std::string level;
  Timestamp expires_time;
  // "volume" or "manual".
  std::string source;
  friend bool operator==(const UsageLevelGrant&, const UsageLevelGrant&) = default;
};

struct ApiLimitsResponse {
  std::string usage_tier;
  BucketLimit read;
  BucketLimit write;
  std::vector<UsageLevelGrant> grants;
  friend bool operator==(const ApiLimitsResponse&, const ApiLimitsResponse&) = default;
};

struct EndpointCost {
  std::string method;
  // With names in place of values: "/trade-api/v2/portfolio/events/orders/:order_id".
  std::string path;
  std::int64_t cost = 0;
  friend bool operator==(const EndpointCost&, const EndpointCost&) = default;
};

struct EndpointCostsResponse {
  std::int64_t default_cost = 10;
  // Those that differ from the default.
  std::vector<EndpointCost> endpoint_costs;
  friend bool operator==(const EndpointCostsResponse&, const EndpointCostsResponse&) = default;
};

struct VolumeGoal {
  std::string level;
  Quantity earn_volume_goal;
  Quantity keep_volume_goal;
  friend bool operator==(const VolumeGoal&, const VolumeGoal&) = default;
};

struct VolumeProgress {
  Timestamp computed_time;
  Quantity trailing_30d_volume;
  std::vector<VolumeGoal> goals;
  friend bool operator==(const VolumeProgress&, const VolumeProgress&) = default;
};

struct VolumeProgressResponse {
  std::vector<VolumeProgress> volume_progress;
  friend bool operator==(const VolumeProgressResponse&, const VolumeProgressResponse&) = default;
};

}  // namespace evx::kalshi
