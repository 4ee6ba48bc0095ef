#include "evx/rpc/server.h"

#include <grpc/support/time.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <mutex>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "pem_file.h"

namespace evx::rpc {
namespace {

// Clients may ping a silent connection this often; faster ones are cut off by gRPC.
constexpr absl::Duration kClientPingIntervalMin = absl::Seconds(10);

// Both are settings of the library that hold for every server built afterwards.
void EnablePluginsOnce() {
  static std::once_flag once;
  std::call_once(once, [] {
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> Credentials(const ServerTls& tls) {
  if (tls.certificate_file.empty()) return grpc::InsecureServerCredentials();
  grpc::SslServerCredentialsOptions ssl(
      tls.client_ca_file.empty() ? GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE
                                 : GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  EVX_ASSIGN_OR_RETURN(pair.cert_chain, ReadPem(tls.certificate_file));
  EVX_ASSIGN_OR_RETURN(pair.private_key, ReadPem(tls.key_file));
  ssl.pem_key_cert_pairs.push_back(std::move(pair));
  if (!tls.client_ca_file.empty()) {
    EVX_ASSIGN_OR_RETURN(ssl.pem_root_certs, ReadPem(tls.client_ca_file));
  }
  return grpc::SslServerCredentials(ssl);
}

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

void Configure(const ServerOptions& options, grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota;
  quota.Resize(options.memory_bytes_max);
  quota.SetMaxThreads(options.threads_max);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(options.message_bytes_max);
  builder.SetMaxSendMessageSize(options.message_bytes_max);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, options.streams_max);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, Milliseconds(options.keepalive_interval));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             Milliseconds(options.keepalive_timeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
                             Milliseconds(kClientPingIntervalMin));
  // With it a second process could silently share the port.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace

struct Server::Impl {
  std::unique_ptr<grpc::Server> server;
  std::uint16_t port = 0;
  std::once_flag drained;
};

Server::Server(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(const ServerOptions& options,
                                                      const std::vector<grpc::Service*>& services) {
  EnablePluginsOnce();
  EVX_ASSIGN_OR_RETURN(const std::shared_ptr<grpc::ServerCredentials> credentials,
                       Credentials(options.tls));
  grpc::ServerBuilder builder;
  Configure(options, builder);
  int port = 0;
  builder.AddListeningPort(absl::StrFormat("%s:%d", options.host, options.port), credentials,
                           &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  auto impl = std::make_unique<Impl>();
  impl->server = builder.BuildAndStart();
  if (impl->server == nullptr || port == 0) {
    return Unavailable(absl::StrFormat(
        "cannot listen on %s:%d for gRPC: the address is in use or not of this machine%s; "
        "--grpc_host and --grpc_port choose another address",
        options.host, options.port,
        options.tls.certificate_file.empty() ? "" : ", or the certificate does not fit its key"));
  }
  impl->port = static_cast<std::uint16_t>(port);
  std::unique_ptr<Server> server(new Server(std::move(impl)));
  server->SetServing(false);
  return server;
}

Server::~Server() { Drain(absl::ZeroDuration()); }

std::uint16_t Server::port() const { return impl_->port; }

void Server::SetServing(bool serving) {
  grpc::HealthCheckServiceInterface* health = impl_->server->GetHealthCheckService();
  EVX_CHECK(health != nullptr);
  health->SetServingStatus(serving);
}

void Server::Drain(absl::Duration timeout) {
  std::call_once(impl_->drained, [&] {
    SetServing(false);
    const gpr_timespec span = gpr_time_from_nanos(absl::ToInt64Nanoseconds(timeout), GPR_TIMESPAN);
    impl_->server->Shutdown(gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), span));
    impl_->server->Wait();
  });
}

}  // namespace evx::rpc
