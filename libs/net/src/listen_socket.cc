#include "listen_socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::net {
namespace {

constexpr int kListenBacklog = 4096;

struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

absl::StatusOr<SocketAddress> ParseAddress(const std::string& address, std::uint16_t port) {
  SocketAddress result;
  auto& v4 = reinterpret_cast<sockaddr_in&>(result.storage);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(result.storage);
  if (inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    result.length = sizeof v4;
  } else if (inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
    v6.sin6_port = htons(port);
    result.length = sizeof v6;
  } else {
    return InvalidArgument("address " + address + " is not a numeric IPv4 or IPv6 address");
  }
  return result;
}

}  // namespace

absl::StatusOr<ListenSocket> OpenListenSocket(const std::string& address, std::uint16_t port) {
  EVX_ASSIGN_OR_RETURN(SocketAddress wanted, ParseAddress(address, port));
  const bool is_ipv6 = wanted.storage.ss_family == AF_INET6;
  const int fd = ::socket(wanted.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  const auto failed = [&](const char* what) {
    const absl::Status status = Unavailable(
        absl::StrFormat("%s %s port %d: %s", what, address, port, std::strerror(errno)));
    if (fd >= 0) ::close(fd);
    return status;
  };
  if (fd < 0) return failed("socket for");
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&wanted.storage), wanted.length) != 0) {
    return failed("bind to");
  }
  if (::listen(fd, kListenBacklog) != 0) return failed("listen on");
  SocketAddress bound;
  bound.length = sizeof bound.storage;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&bound.storage), &bound.length) != 0) {
    return failed("name of");
  }
  const in_port_t bound_port = is_ipv6 ? reinterpret_cast<sockaddr_in6&>(bound.storage).sin6_port
                                       : reinterpret_cast<sockaddr_in&>(bound.storage).sin_port;
  return ListenSocket{fd, is_ipv6, ntohs(bound_port)};
}

std::string NumericAddress(const sockaddr_storage& address) {
  char text[INET6_ADDRSTRLEN] = "";
  if (address.ss_family == AF_INET) {
    inet_ntop(AF_INET, &reinterpret_cast<const sockaddr_in&>(address).sin_addr, text, sizeof text);
  } else if (address.ss_family == AF_INET6) {
    inet_ntop(AF_INET6, &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr, text,
              sizeof text);
  }
  return text;
}

}  // namespace evx::net
