#include "evx/rpc/channel.h"

#include <grpc/support/time.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/security/credentials.h>

#include <vector>

#include "evx/core/check.h"
#include "evx/rpc/status.h"
#include "pem_file.h"

namespace evx::rpc {
namespace {

// grpc.health.v1 has no packaged proto. Its two messages are one field each:
// HealthCheckRequest { string service = 1; }  HealthCheckResponse { ServingStatus status = 1; }
constexpr const char* kHealthMethod = "/grpc.health.v1.Health/Check";
constexpr char kServiceTag = 0x0a;
constexpr char kStatusTag = 0x08;
constexpr char kServing = 1;
constexpr std::size_t kServiceNameBytesMax = 127;  // one byte of length

grpc::ByteBuffer HealthRequest(std::string_view service) {
  std::string bytes;
  if (!service.empty()) {
    bytes.push_back(kServiceTag);
    bytes.push_back(static_cast<char>(service.size()));
    bytes.append(service);
  }
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

bool SaysServing(const grpc::ByteBuffer& response) {
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (!response.Dump(&slices).ok()) return false;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes == std::string{kStatusTag, kServing};
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ChannelOptions& options) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (!options.ca_file.empty()) {
    grpc::SslCredentialsOptions ssl;
    EVX_ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadPem(options.ca_file));
    if (!options.certificate_file.empty()) {
      EVX_ASSIGN_OR_RETURN(ssl.pem_cert_chain, ReadPem(options.certificate_file));
      EVX_ASSIGN_OR_RETURN(ssl.pem_private_key, ReadPem(options.key_file));
    }
    credentials = grpc::SslCredentials(ssl);
  }
  grpc::ChannelArguments arguments;
  arguments.SetMaxReceiveMessageSize(options.message_bytes_max);
  arguments.SetMaxSendMessageSize(options.message_bytes_max);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS,
                   static_cast<int>(absl::ToInt64Milliseconds(options.reconnect_interval_max)));
  return grpc::CreateCustomChannel(options.address, credentials, arguments);
}

void SetDeadline(grpc::ClientContext& context, absl::Duration timeout) {
  const gpr_timespec span = gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN);
  context.set_deadline(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), span));
}

std::string_view MetadataOf(const grpc::ServerContextBase& context, std::string_view key) {
  const auto found = context.client_metadata().find(grpc::string_ref(key.data(), key.size()));
  if (found == context.client_metadata().end()) return {};
  return {found->second.data(), found->second.size()};
}

absl::StatusOr<bool> CheckHealth(const std::shared_ptr<grpc::Channel>& channel,
                                 std::string_view service, absl::Duration timeout) {
  if (service.size() > kServiceNameBytesMax) return InvalidArgument("service name is too long");
  grpc::CompletionQueue queue;
  grpc::ClientContext context;
  SetDeadline(context, timeout);
  grpc::GenericStub stub(channel);
  const auto call = stub.PrepareUnaryCall(&context, kHealthMethod, HealthRequest(service), &queue);
  grpc::ByteBuffer response;
  grpc::Status status;
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  EVX_CHECK(queue.Next(&tag, &ok));
  if (!status.ok()) return FromGrpc(status);
  return SaysServing(response);
}

}  // namespace evx::rpc
