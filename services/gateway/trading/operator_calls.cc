#include "trading/operator_calls.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>
#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <future>
#include <mutex>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "door/request_handler.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/ops/v1/operator_service.pb.h"
#include "evx/rpc/channel.h"
#include "evx/telemetry/log.h"
#include "trading/command_memory.h"
#include "trading/order_commands.h"

namespace evx::gateway {
namespace {

constexpr const char* kService = "evx.ops.v1.OperatorService";

const google::protobuf::ServiceDescriptor& ServiceOf() {
  // The message of a file that is linked brings the descriptors of the whole file in.
  return *ops::v1::GetClockRequest::descriptor()->file()->pool()->FindServiceByName(kService);
}

grpc::ByteBuffer ToBuffer(const google::protobuf::Message& message) {
  const grpc::Slice slice(message.SerializeAsString());
  return grpc::ByteBuffer(&slice, 1);
}

bool ParseBuffer(const grpc::ByteBuffer& buffer, google::protobuf::Message& message) {
  std::vector<grpc::Slice> slices;
  if (!buffer.Dump(&slices).ok()) return false;
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return message.ParseFromString(bytes);
}

// With the fields that are not set: who reads it sees what there is.
std::string ToJson(const google::protobuf::Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  EVX_CHECK(google::protobuf::util::MessageToJsonString(message, &json, options).ok());
  return json;
}

}  // namespace

struct OperatorCalls::Impl {
  Impl(OperatorKey& the_key, CommandAudit& command_audit, const Clock& the_clock,
       std::shared_ptr<grpc::Channel> channel)
      : operator_key(the_key), audit(command_audit), clock(the_clock), stub(std::move(channel)) {}

  OperatorKey& operator_key;
  CommandAudit& audit;
  const Clock& clock;
  grpc::GenericStub stub;
  std::mutex mutex;
  std::set<std::pair<std::int64_t, std::string>> under_way ABSL_GUARDED_BY(mutex);
};

absl::StatusOr<std::unique_ptr<OperatorCalls>> OperatorCalls::Open(const std::string& operator_addr,
                                                                   OperatorKey& operator_key,
                                                                   CommandAudit& audit,
                                                                   const Clock& clock) {
  rpc::ChannelOptions channel_options;
  channel_options.address = operator_addr;
  channel_options.message_bytes_max = kExchangeMessageBytesMax;
  EVX_ASSIGN_OR_RETURN(auto channel, rpc::MakeChannel(channel_options));
  return std::unique_ptr<OperatorCalls>(
      new OperatorCalls(std::make_unique<Impl>(operator_key, audit, clock, std::move(channel))));
}

OperatorCalls::OperatorCalls(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
OperatorCalls::~OperatorCalls() = default;

std::vector<std::string> OperatorCalls::Methods() {
  std::vector<std::string> names;
  const auto& service = ServiceOf();
  for (int i = 0; i < service.method_count(); ++i) names.push_back(service.method(i)->name());
  return names;
}

bool OperatorCalls::IsRead(std::string_view method) {
  return method.starts_with("Get") || method.starts_with("List");
}

v1::ServerMessage OperatorCalls::Call(const Session& session, const v1::CallOperator& call) {
  const auto* method = ServiceOf().FindMethodByName(call.method());
  if (method == nullptr || method->client_streaming() || method->server_streaming()) {
    return RefusalOf("UnknownMethod", absl::StrFormat("method: there is none of this name; there "
                                                      "are %s",
                                                      absl::StrJoin(Methods(), ", ")));
  }
  if (call.request_json().size() > kRequestBytesMax) {
    return RefusalOf("RequestTooLarge",
                     absl::StrFormat("request_json: %d bytes, must be at most %d",
                                     call.request_json().size(), kRequestBytesMax));
  }
  const std::unique_ptr<google::protobuf::Message> request(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(method->input_type())
          ->New());
  if (!call.request_json().empty()) {
    const auto status =
        google::protobuf::util::JsonStringToMessage(call.request_json(), request.get());
    if (!status.ok()) {
      return RefusalOf("InvalidRequest", "request_json: " + std::string(status.message()));
    }
  }
  if (IsRead(call.method())) return Send(*method, *request);
  if (call.command_id().empty() || call.command_id().size() > kCommandIdBytesMax) {
    return RefusalOf("InvalidCommandId",
                     "command_id: a method that changes something needs one of 1 to 64 characters");
  }
  if (const absl::Status status = impl_->audit.CanWrite(); !status.ok()) {
    return RefusalOf("AuditUnavailable", MessageOf(status), true);
  }
  const std::pair<std::int64_t, std::string> key(session.user_id, call.command_id());
  {
    const std::lock_guard lock(impl_->mutex);
    if (!impl_->under_way.insert(key).second) {
      return RefusalOf("CommandUnderWay", "the command came before and has no result yet", true);
    }
  }
  AuditEntry entry;
  entry.user_id = session.user_id;
  entry.user_name = session.user_name;
  entry.session_id = session.id;
  entry.action = "CallOperator/" + call.method();
  entry.detail_json = ToJson(*request);
  if (entry.detail_json.size() > AuditLog::kDetailBytesMax) {
    entry.detail_json = absl::StrFormat("{\"json_bytes\": %d}", entry.detail_json.size());
  }
  const v1::ServerMessage answer = Change(*method, *request, call.command_id(), std::move(entry));
  const std::lock_guard lock(impl_->mutex);
  impl_->under_way.erase(key);
  return answer;
}

// A call that changes something, once.
v1::ServerMessage OperatorCalls::Change(const google::protobuf::MethodDescriptor& method,
                                        const google::protobuf::Message& request,
                                        const std::string& command_id, AuditEntry entry) {
  const auto found = impl_->audit.Find(entry.user_id, command_id);
  if (!found.ok()) return RefusalOf("AuditUnavailable", MessageOf(found.status()), true);
  v1::ServerMessage answer;
  if (found->has_value()) {
    const AuditEntry& first = **found;
    const bool is_same = first.action == entry.action && first.detail_json == entry.detail_json &&
                         answer.ParseFromString(first.result);
    if (is_same) return answer;
    answer = RefusalOf(kCommandIdReused, ReusedIdResult(command_id).refusal_message());
  } else {
    answer = Send(method, request);
    if (!answer.refusal().is_retryable()) {
      entry.command_id = command_id;
      entry.result = answer.SerializeAsString();
    }
  }
  if (entry.result.size() > AuditLog::kResultBytesMax) {
    v1::ServerMessage shortened;
    shortened.mutable_answer()->set_operator_json("{}");
    entry.result = shortened.SerializeAsString();
  }
  entry.time = impl_->clock.Now();
  entry.refusal_reason = answer.refusal().reason();
  if (const absl::Status status = impl_->audit.Write(std::move(entry)); !status.ok()) {
    telemetry::Log(telemetry::kError, "A call of the operator is not in the audit log.",
                   {{"method", method.name()}, {"status", status.ToString()}});
  }
  return answer;
}

v1::ServerMessage OperatorCalls::Send(const google::protobuf::MethodDescriptor& method,
                                      const google::protobuf::Message& request) {
  const std::unique_ptr<google::protobuf::Message> response(
      google::protobuf::MessageFactory::generated_factory()
          ->GetPrototype(method.output_type())
          ->New());
  const std::string path = OperatorKey::PathOf(method.name());
  const grpc::ByteBuffer sent = ToBuffer(request);
  grpc::ByteBuffer received;
  const grpc::Status status =
      impl_->operator_key.Send(path, kCallTimeout, [&](grpc::ClientContext& context) {
        std::promise<grpc::Status> done;
        impl_->stub.UnaryCall(&context, path, grpc::StubOptions(), &sent, &received,
                              [&done](grpc::Status end) { done.set_value(std::move(end)); });
        return done.get_future().get();
      });
  if (!status.ok()) {
    const exchange::v1::Refusal refusal = RefusalOfCall(status);
    return RefusalOf(ReasonOf(refusal), refusal.message(), refusal.is_retryable());
  }
  if (!ParseBuffer(received, *response)) {
    return RefusalOf("ExchangeRefused", "the exchange's answer could not be read");
  }
  v1::ServerMessage message;
  message.mutable_answer()->set_operator_json(ToJson(*response));
  return message;
}

}  // namespace evx::gateway
