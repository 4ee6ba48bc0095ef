#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

// The client side: channels, deadlines, metadata, and the health of a peer.

namespace evx::rpc {

// TLS is on when `ca_file` is set. Paths of PEM files.
struct ChannelOptions {
  std::string address;           // "localhost:50051"
  std::string ca_file;           // who may have signed the server's certificate
  std::string certificate_file;  // ours, where the server asks for one
  std::string key_file;
  int message_bytes_max = 4 << 20;
  // Longest pause between two attempts to connect.
  absl::Duration reconnect_interval_max = absl::Seconds(5);
};

// A channel connects when it is first used and again after each loss. InvalidArgument for a TLS
// file that cannot be read.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ChannelOptions& options);

// Every call has a deadline: `timeout` from now on the monotonic clock.
void SetDeadline(grpc::ClientContext& context, absl::Duration timeout);

// The first value of a request's metadata `key` (lower case), or empty; valid as long as the
// context. `traceparent` and the access headers come this way.
std::string_view MetadataOf(const grpc::ServerContextBase& context, std::string_view key);

// Asks the standard health service of a peer about `service` (empty: the whole server). True when
// it says SERVING; an error when it cannot be asked.
absl::StatusOr<bool> CheckHealth(const std::shared_ptr<grpc::Channel>& channel,
                                 std::string_view service, absl::Duration timeout);

}  // namespace evx::rpc
