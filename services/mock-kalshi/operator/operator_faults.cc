#include "operator/operator_faults.h"

#include <utility>

#include "absl/time/time.h"
#include "evx/core/decimal.h"
#include "evx/core/status.h"
#include "operator/operator_fields.h"
#include "operator/operator_routes.h"

// Operator: faults, and their REST routes.

namespace evx::mock_kalshi {
namespace {

namespace error = kalshi::error;
using kalshi::Decoded;
using kalshi::MakeError;
using nlohmann::json;

constexpr double kMillion = 1e6;

Decoded<FaultTarget> ToTarget(const FaultTargetName& name, const ExchangeContext& context) {
  FaultTarget target;
  if (!name.door.empty()) {
    target.door = FaultDoorOf(name.door);
    if (!target.door) {
      return WrongField(
          "door", "\"" + name.door.substr(0, 64) + "\" is none of rest, grpc, websocket, fix");
    }
  }
  if (name.account) {
    const auto account = context.read_model.Read(
        [&name](const ReadModel::State& state) { return FindAccount(state, *name.account); });
    if (!account) return MakeError(error::kUserNotFound);
    target.account = *account;
  }
  return target;
}

json TargetJson(const FaultTarget& target) {
  json out = json::object();
  if (target.door) out["door"] = Name(*target.door);
  if (target.account) out["account_id"] = target.account.value();
  return out;
}

double Milliseconds(absl::Duration duration) { return absl::ToDoubleMilliseconds(duration); }

json ToJson(const ActiveFaults& active) {
  const FaultProfile& profile = active.profile;
  json out = TargetJson(active.target);
  out["message_count"] = active.message_count;
  out["seed"] = profile.seed;
  out["latency_ms"] = Milliseconds(profile.latency);
  out["jitter_ms"] = Milliseconds(profile.jitter);
  out["answer_latency_ms"] = Milliseconds(profile.answer_latency);
  const auto rate = [&out](const char* name, std::int64_t millionths) {
    out[name] = static_cast<double>(millionths) / kMillion;
  };
  rate("disconnect_rate", profile.disconnect_rate);
  rate("disconnect_executed_rate", profile.disconnect_executed_rate);
  rate("too_many_requests_rate", profile.too_many_requests_rate);
  rate("unavailable_rate", profile.unavailable_rate);
  rate("unavailable_executed_rate", profile.unavailable_executed_rate);
  rate("drop_rate", profile.drop_rate);
  rate("duplicate_rate", profile.duplicate_rate);
  rate("sequence_skip_rate", profile.sequence_skip_rate);
  rate("sequence_repeat_rate", profile.sequence_repeat_rate);
  out["unavailable_status"] = profile.unavailable_status;
  out["writes_only"] = profile.writes_only;
  out["from_message"] = profile.from_message;
  out["to_message"] = profile.to_message;
  out["first_connection"] = profile.first_connection;
  out["first_message"] = profile.first_message;
  return out;
}

json ToJson(const FaultLogEntry& entry) {
  json out = {{"number", entry.number},      {"target", TargetJson(entry.target)},
              {"door", Name(entry.door)},    {"connection", entry.at.connection},
              {"message", entry.at.message}, {"kind", Name(entry.kind)}};
  if (entry.kind == FaultKind::kDelay) out["delay_ms"] = Milliseconds(entry.delay);
  return out;
}

void ReadDelay(JsonFields& fields, const char* name, absl::Duration& value) {
  std::optional<std::int64_t> millionths;
  fields.Micros(name, millionths);
  if (millionths) value = absl::Nanoseconds(*millionths);
}

void ReadRate(JsonFields& fields, const char* name, std::int64_t& value) {
  std::optional<std::int64_t> millionths;
  fields.Micros(name, millionths);
  if (millionths) value = *millionths;
}

void ReadTarget(JsonFields& fields, FaultTargetName& target) {
  std::string account;
  fields.Text("door", target.door);
  fields.Text("account", account);
  if (!account.empty()) target.account = AccountName::FromText(account);
}

void ReadProfile(JsonFields& fields, FaultProfile& profile) {
  fields.Integer("seed", profile.seed);
  ReadDelay(fields, "latency_ms", profile.latency);
  ReadDelay(fields, "jitter_ms", profile.jitter);
  ReadDelay(fields, "answer_latency_ms", profile.answer_latency);
  ReadRate(fields, "disconnect_rate", profile.disconnect_rate);
  ReadRate(fields, "disconnect_executed_rate", profile.disconnect_executed_rate);
  ReadRate(fields, "too_many_requests_rate", profile.too_many_requests_rate);
  ReadRate(fields, "unavailable_rate", profile.unavailable_rate);
  ReadRate(fields, "unavailable_executed_rate", profile.unavailable_executed_rate);
  ReadRate(fields, "drop_rate", profile.drop_rate);
  ReadRate(fields, "duplicate_rate", profile.duplicate_rate);
  ReadRate(fields, "sequence_skip_rate", profile.sequence_skip_rate);
  ReadRate(fields, "sequence_repeat_rate", profile.sequence_repeat_rate);
  std::int64_t status = profile.unavailable_status;
  fields.Integer("unavailable_status", status, 100, 599);
  profile.unavailable_status = static_cast<std::int32_t>(status);
  fields.Flag("writes_only", profile.writes_only);
  fields.Integer("from_message", profile.from_message);
  fields.Integer("to_message", profile.to_message);
  fields.Integer("first_connection", profile.first_connection);
  fields.Integer("first_message", profile.first_message);
}

void PutFaults(const ExchangeContext& context, const RestRequest& request, RestReply reply) {
  FaultEdit edit;
  const auto fault = ReadBody(request, [&edit](JsonFields& fields) {
    ReadTarget(fields, edit.target);
    ReadProfile(fields, edit.profile);
  });
  if (fault) return reply.Error(*fault);
  if (const auto refused = SetFaults(edit, context)) return reply.Error(*refused);
  reply.Json(200, json::object().dump());
}

void PostClear(const ExchangeContext& context, const RestRequest& request, RestReply reply) {
  FaultTargetName target;
  const auto fault =
      ReadBody(request, [&target](JsonFields& fields) { ReadTarget(fields, target); });
  if (fault) return reply.Error(*fault);
  if (const auto refused = ClearFaults(target, context)) return reply.Error(*refused);
  reply.Json(200, json::object().dump());
}

void GetFaults(const ExchangeContext& context, RestReply reply) {
  json answer = {{"allowed", context.faults.allowed()}, {"profiles", json::array()}};
  for (const ActiveFaults& active : context.faults.List()) {
    answer["profiles"].push_back(ToJson(active));
  }
  reply.Json(200, answer.dump());
}

void GetFaultLog(const ExchangeContext& context, const RestRequest& request, RestReply reply) {
  FaultLogQuery query;
  const auto parameters = kalshi::QueryString::Parse(request.http.query());
  // What is no number is out of range like one.
  if (const auto number = parameters.Get("after_number")) {
    query.after_number = ParseDecimal(*number, 0).value_or(-1);
  }
  if (const auto size = parameters.Get("page_size")) {
    query.page_size = ParseDecimal(*size, 0).value_or(-1);
  }
  const auto entries = ReadFaultLog(query, context);
  if (!entries.ok()) return reply.Error(entries.error());
  json answer = {{"entries", json::array()}};
  for (const FaultLogEntry& entry : *entries) answer["entries"].push_back(ToJson(entry));
  reply.Json(200, answer.dump());
}

}  // namespace

std::optional<kalshi::Error> SetFaults(const FaultEdit& edit, const ExchangeContext& context) {
  const auto target = ToTarget(edit.target, context);
  if (!target.ok()) return target.error();
  const absl::Status status = context.faults.Set(*target, edit.profile);
  if (status.ok()) return std::nullopt;
  return MakeError(
      absl::IsFailedPrecondition(status) ? error::kPermissionDenied : error::kInvalidParameters,
      MessageOf(status));
}

std::optional<kalshi::Error> ClearFaults(const FaultTargetName& name,
                                         const ExchangeContext& context) {
  if (name.door.empty() && !name.account) {
    context.faults.ClearAll();
    return std::nullopt;
  }
  const auto target = ToTarget(name, context);
  if (!target.ok()) return target.error();
  if (context.faults.Clear(*target)) return std::nullopt;
  return MakeError(error::kNotFound, "no faults are set there");
}

Decoded<std::vector<FaultLogEntry>> ReadFaultLog(const FaultLogQuery& query,
                                                 const ExchangeContext& context) {
  if (auto wrong = CheckRange("after_number", query.after_number, 0, INT64_MAX)) return *wrong;
  if (auto wrong = CheckRange("page_size", query.page_size, 0, kFaultLogPageSizeMax)) {
    return *wrong;
  }
  const std::int64_t size = query.page_size == 0 ? kFaultLogPageSizeMax : query.page_size;
  return context.faults.Log(query.after_number, static_cast<std::size_t>(size));
}

void AddOperatorFaultRoutes(RestRouter& router, const ExchangeContext& context) {
  using net::HttpMethod;
  AddOperatorRoute(
      router, HttpMethod::kGet, "/evx/v1/admin/faults", "ListFaults",
      [&context](RestRequest&, RestReply reply) { GetFaults(context, std::move(reply)); });
  AddOperatorRoute(router, HttpMethod::kPut, "/evx/v1/admin/faults", "SetFaults",
                   [&context](RestRequest& request, RestReply reply) {
                     PutFaults(context, request, std::move(reply));
                   });
  AddOperatorRoute(router, HttpMethod::kPost, "/evx/v1/admin/faults/clear", "ClearFaults",
                   [&context](RestRequest& request, RestReply reply) {
                     PostClear(context, request, std::move(reply));
                   });
  AddOperatorRoute(router, HttpMethod::kGet, "/evx/v1/admin/faults/log", "ListFaultLog",
                   [&context](RestRequest& request, RestReply reply) {
                     GetFaultLog(context, request, std::move(reply));
                   });
}

}  // namespace evx::mock_kalshi
