#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace evx::net {

struct ListenSocket {
  int fd = -1;  // The caller's to close.
  bool is_ipv6 = false;
  std::uint16_t port = 0;
};

// Binds to a numeric IPv4 or IPv6 address and listens, without blocking; port 0 takes a free one.
// Unavailable names address, port and cause.
absl::StatusOr<ListenSocket> OpenListenSocket(const std::string& address, std::uint16_t port);

// "127.0.0.1", "::1"; empty for other families.
std::string NumericAddress(const sockaddr_storage& address);

}  // namespace evx::net
