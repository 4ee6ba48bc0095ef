#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace evx::rpc {

// Paths of PEM files. TLS is on when `certificate_file` is set; a client must then show a
// certificate of `client_ca_file` where that is set too.
struct ServerTls {
  std::string certificate_file;  // with its chain
  std::string key_file;
  std::string client_ca_file;
};

// Everything a gRPC server needs to know, without any gRPC header, so that a config.h may hold it.
struct ServerOptions {
  std::string host = "127.0.0.1";
  std::uint16_t port = 0;  // 0: any free port
  ServerTls tls;
  // A larger message is refused with RESOURCE_EXHAUSTED.
  int message_bytes_max = 4 << 20;
  // Open calls of one connection; further ones wait at the client.
  int streams_max = 1024;
  // Threads for services of the synchronous API; further calls get RESOURCE_EXHAUSTED.
  int threads_max = 64;
  // Buffers of all connections together; beyond it connections are slowed, then refused.
  std::size_t memory_bytes_max = std::size_t{256} << 20;
  // A connection that is silent this long is asked whether it still lives.
  absl::Duration keepalive_interval = absl::Minutes(1);
  absl::Duration keepalive_timeout = absl::Seconds(20);
};

}  // namespace evx::rpc
