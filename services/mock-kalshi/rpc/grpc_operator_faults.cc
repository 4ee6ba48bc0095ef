#include <utility>

#include "rpc/grpc_operator_requests.h"

// Faults as messages of evx.ops.v1.OperatorService and back.

namespace evx::mock_kalshi {
namespace {

namespace pb = ops::v1;
using kalshi::Decoded;

Decoded<FaultTargetName> ToName(const pb::FaultTarget& target) {
  FaultTargetName name;
  name.door = target.door();
  if (target.has_account()) {
    auto account = ToDomain(target.account());
    if (!account.ok()) return account.error();
    name.account = *std::move(account);
  }
  return name;
}

FaultProfile ToDomain(const pb::FaultProfile& profile) {
  FaultProfile out;
  out.seed = profile.seed();
  out.latency = absl::Microseconds(profile.latency_micros());
  out.jitter = absl::Microseconds(profile.jitter_micros());
  out.answer_latency = absl::Microseconds(profile.answer_latency_micros());
  out.disconnect_rate = profile.disconnect_millionths();
  out.disconnect_executed_rate = profile.disconnect_executed_millionths();
  out.too_many_requests_rate = profile.too_many_requests_millionths();
  out.unavailable_rate = profile.unavailable_millionths();
  out.unavailable_executed_rate = profile.unavailable_executed_millionths();
  if (profile.unavailable_status() != 0) out.unavailable_status = profile.unavailable_status();
  out.writes_only = profile.writes_only();
  out.drop_rate = profile.drop_millionths();
  out.duplicate_rate = profile.duplicate_millionths();
  out.sequence_skip_rate = profile.sequence_skip_millionths();
  out.sequence_repeat_rate = profile.sequence_repeat_millionths();
  out.from_message = profile.from_message();
  if (profile.has_to_message()) out.to_message = profile.to_message();
  out.first_connection = profile.first_connection();
  out.first_message = profile.first_message();
  return out;
}

void FillProfile(const FaultProfile& profile, pb::FaultProfile& out) {
  out.set_seed(profile.seed);
  out.set_latency_micros(absl::ToInt64Microseconds(profile.latency));
  out.set_jitter_micros(absl::ToInt64Microseconds(profile.jitter));
  out.set_answer_latency_micros(absl::ToInt64Microseconds(profile.answer_latency));
  out.set_disconnect_millionths(profile.disconnect_rate);
  out.set_disconnect_executed_millionths(profile.disconnect_executed_rate);
  out.set_too_many_requests_millionths(profile.too_many_requests_rate);
  out.set_unavailable_millionths(profile.unavailable_rate);
  out.set_unavailable_executed_millionths(profile.unavailable_executed_rate);
  out.set_unavailable_status(profile.unavailable_status);
  out.set_writes_only(profile.writes_only);
  out.set_drop_millionths(profile.drop_rate);
  out.set_duplicate_millionths(profile.duplicate_rate);
  out.set_sequence_skip_millionths(profile.sequence_skip_rate);
  out.set_sequence_repeat_millionths(profile.sequence_repeat_rate);
  out.set_from_message(profile.from_message);
  out.set_to_message(profile.to_message);
  out.set_first_connection(profile.first_connection);
  out.set_first_message(profile.first_message);
}

}  // namespace

Decoded<FaultEdit> ToEdit(const pb::SetFaultsRequest& request) {
  auto target = ToName(request.target());
  if (!target.ok()) return target.error();
  return FaultEdit{*std::move(target), ToDomain(request.profile())};
}

Decoded<FaultTargetName> ToEdit(const pb::ClearFaultsRequest& request) {
  return ToName(request.target());
}

pb::ActiveFaults ToProto(const ActiveFaults& active) {
  pb::ActiveFaults out;
  if (active.target.door) out.set_door(std::string(Name(*active.target.door)));
  out.set_account_id(active.target.account.value());
  FillProfile(active.profile, *out.mutable_profile());
  out.set_message_count(active.message_count);
  return out;
}

pb::FaultLogEntry ToProto(const FaultLogEntry& entry) {
  pb::FaultLogEntry out;
  out.set_number(entry.number);
  if (entry.target.door) out.set_target_door(std::string(Name(*entry.target.door)));
  out.set_target_account_id(entry.target.account.value());
  out.set_door(std::string(Name(entry.door)));
  out.set_connection_ordinal(entry.at.connection);
  out.set_message_ordinal(entry.at.message);
  out.set_kind(std::string(Name(entry.kind)));
  out.set_delay_micros(absl::ToInt64Microseconds(entry.delay));
  return out;
}

}  // namespace evx::mock_kalshi
