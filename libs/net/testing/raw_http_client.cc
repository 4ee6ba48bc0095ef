#include "evx/net/testing/raw_http_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <charconv>
#include <utility>

#include "evx/core/check.h"

namespace evx::net::testing {

RawHttpClient::RawHttpClient(std::uint16_t port)
    : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  EVX_CHECK(fd_ >= 0);
  const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  ::setsockopt(fd_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EVX_CHECK(::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
}

RawHttpClient::RawHttpClient(RawHttpClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), buffer_(std::move(other.buffer_)) {}

RawHttpClient::~RawHttpClient() {
  if (fd_ >= 0) ::close(fd_);
}

bool RawHttpClient::Send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool RawHttpClient::SendGet(std::string_view target) {
  std::string bytes = "GET ";
  bytes.append(target).append(" HTTP/1.1\r\nHost: test\r\n\r\n");
  return Send(bytes);
}

bool RawHttpClient::ReadMore() {
  char bytes[16 * 1024];
  const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
  if (count <= 0) return false;
  buffer_.append(bytes, static_cast<std::size_t>(count));
  return true;
}

std::optional<HttpClientResponse> RawHttpClient::Receive(bool is_head) {
  std::size_t head_end;
  while ((head_end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!ReadMore()) return std::nullopt;
  }
  HttpClientResponse response;
  const std::string_view head = std::string_view(buffer_).substr(0, head_end + 2);
  std::size_t line_begin = 0;
  for (std::size_t line_end; (line_end = head.find("\r\n", line_begin)) != std::string_view::npos;
       line_begin = line_end + 2) {
    const std::string_view line = head.substr(line_begin, line_end - line_begin);
    if (line_begin == 0) {
      EVX_CHECK(line.substr(0, 9) == "HTTP/1.1 " && line.size() >= 12);
      std::from_chars(line.data() + 9, line.data() + 12, response.status);
      continue;
    }
    const std::size_t colon = line.find(": ");
    EVX_CHECK(colon != std::string_view::npos);
    response.headers.push_back(
        {std::string(line.substr(0, colon)), std::string(line.substr(colon + 2))});
  }
  std::size_t length = 0;  // None: a protocol switch has no body.
  const std::string_view length_text = response.Header("Content-Length");
  std::from_chars(length_text.data(), length_text.data() + length_text.size(), length);
  if (is_head) length = 0;
  while (buffer_.size() < head_end + 4 + length) {
    if (!ReadMore()) return std::nullopt;
  }
  response.body = buffer_.substr(head_end + 4, length);
  buffer_.erase(0, head_end + 4 + length);
  return response;
}

std::optional<std::string> RawHttpClient::ReceiveBytes(std::size_t count) {
  while (buffer_.size() < count) {
    if (!ReadMore()) return std::nullopt;
  }
  std::string bytes = buffer_.substr(0, count);
  buffer_.erase(0, count);
  return bytes;
}

bool RawHttpClient::AwaitClose() {
  char bytes[16 * 1024];
  while (true) {
    const ssize_t count = ::recv(fd_, bytes, sizeof bytes, 0);
    if (count == 0) return true;
    if (count < 0) return errno != EAGAIN && errno != EWOULDBLOCK;
  }
}

bool RawHttpClient::IsQuietFor(int milliseconds) {
  pollfd poll_fd{.fd = fd_, .events = POLLIN, .revents = 0};
  return buffer_.empty() && ::poll(&poll_fd, 1, milliseconds) == 0;
}

void RawHttpClient::FinishSending() { ::shutdown(fd_, SHUT_WR); }

void RawHttpClient::Abort() {
  const linger hard{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
  ::close(std::exchange(fd_, -1));
}

}  // namespace evx::net::testing
