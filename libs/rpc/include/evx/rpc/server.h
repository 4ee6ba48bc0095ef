#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/rpc/server_options.h"

namespace grpc {
class Service;
}

namespace evx::rpc {

// A gRPC server with the standard health service (grpc.health.v1) and reflection, so that grpcurl
// and Kubernetes probes work against it, and with every resource bounded. It says NOT_SERVING until
// SetServing(true). Thread-safe.
class Server {
 public:
  // Listens and serves from now on. The services must outlive the server. InvalidArgument for a TLS
  // file that cannot be read, Unavailable for an address that cannot be had; both name it.
  static absl::StatusOr<std::unique_ptr<Server>> Start(const ServerOptions& options,
                                                       const std::vector<grpc::Service*>& services);

  // Drains without waiting: open calls are canceled.
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // The port that was bound.
  std::uint16_t port() const;

  // What the health service answers for every service of this server.
  void SetServing(bool serving);

  // Says NOT_SERVING, refuses new calls, lets open ones finish for `timeout`, then cancels them.
  // Returns when all have ended. Only the first call has an effect.
  void Drain(absl::Duration timeout);

 private:
  struct Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace evx::rpc
