#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "evx/service/ops_handler.h"

namespace evx::service {

struct OpsServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port
};

// A small HTTP server for services whose only HTTP is their operations endpoints. Bounds: 4
// threads, 64 waiting connections (further ones wait in the kernel), 8 KiB of body, 5 seconds to
// send a request; every response closes its connection, so nobody can hold a thread. Idle it sleeps
// in accept.
class OpsServer {
 public:
  // Listens and serves from now on; `handler` must outlive the server. Unavailable when the port
  // cannot be had.
  static absl::StatusOr<std::unique_ptr<OpsServer>> Start(const OpsServerOptions& options,
                                                          const OpsHandler& handler);
  // Stops listening and waits for the requests under way.
  ~OpsServer();
  OpsServer(const OpsServer&) = delete;
  OpsServer& operator=(const OpsServer&) = delete;

  std::uint16_t port() const;

 private:
  struct Impl;
  explicit OpsServer(std::unique_ptr<Impl> impl);
  const std::unique_ptr<Impl> impl_;
};

}  // namespace evx::service
