#include "evx/kalshi/account_messages.h"

#include "message_archive.h"

namespace evx::kalshi {

template <class Archive, Is<ApiKey> M>
void Members(Archive& a, M& m) {
  a.Text("api_key_id", m.api_key_id);
  a.Text("name", m.name);
  a.Words("scopes", m.scopes);
  a.IntOrNull("subaccount", m.subaccount);
}

template <class Archive, Is<ApiKeysResponse> M>
void Members(Archive& a, M& m) {
  a.List("api_keys", m.api_keys);
}

template <class Archive, Is<CreateApiKeyResponse> M>
void Members(Archive& a, M& m) {
  a.Text("api_key_id", m.api_key_id);
}

template <class Archive, Is<GenerateApiKeyResponse> M>
void Members(Archive& a, M& m) {
  a.Text("api_key_id", m.api_key_id);
  a.Text("private_key", m.private_key);
  a.Word("key_type", m.key_type);
}

template <class Archive, Is<BucketLimit> M>
void Members(Archive& a, M& m) {
  a.Int("refill_rate", m.refill_rate);
  a.Int("bucket_capacity", m.bucket_capacity);
}

template <class Archive, Is<UsageLevelGrant> M>
void Members(Archive& a, M& m) {
  a.Word("exchange_instance", m.exchange_instance);
  a.Text("level", m.level);
  a.SecondsIf("expires_ts", m.expires_time);
  a.Text("source", m.source);
}

template <class Archive, Is<ApiLimitsResponse> M>
void Members(Archive& a, M& m) {
  a.Text("usage_tier", m.usage_tier);
  a.Object("read", m.read);
  a.Object("write", m.write);
  a.List("grants", m.grants);
}

template <class Archive, Is<EndpointCost> M>
void Members(Archive& a, M& m) {
  a.Text("method", m.method);
  a.Text("path", m.path);
  a.Int("cost", m.cost);
}

template <class Archive, Is<EndpointCostsResponse> M>
void Members(Archive& a, M& m) {
  a.Int("default_cost", m.default_cost);
  a.List("endpoint_costs", m.endpoint_costs);
}

template <class Archive, Is<VolumeGoal> M>
void Members(Archive& a, M& m) {
  a.Text("level", m.level);
  a.Count("earn_volume_goal_fp", m.earn_volume_goal);
  a.Count("keep_volume_goal_fp", m.keep_volume_goal);
}

template <class Archive, Is<VolumeProgress> M>
void Members(Archive& a, M& m) {
  a.Seconds("computed_ts", m.computed_time);
  a.Count("trailing_30d_volume_fp", m.trailing_30d_volume);
  a.List("goals", m.goals);
}

template <class Archive, Is<VolumeProgressResponse> M>
void Members(Archive& a, M& m) {
  a.List("volume_progress", m.volume_progress);
}

EVX_KALSHI_MESSAGE(ApiKeysResponse);
EVX_KALSHI_MESSAGE(CreateApiKeyResponse);
EVX_KALSHI_MESSAGE(GenerateApiKeyResponse);
EVX_KALSHI_MESSAGE(ApiLimitsResponse);
EVX_KALSHI_MESSAGE(EndpointCostsResponse);
EVX_KALSHI_MESSAGE(VolumeProgressResponse);

}  // namespace evx::kalshi
