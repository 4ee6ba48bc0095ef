#include "websocket/feed_connections.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

#include "evx/core/check.h"

namespace evx::load {
namespace {

constexpr std::size_t kReceiveBytes = std::size_t{1} << 20;
constexpr std::size_t kEventsMax = 256;

constexpr std::uint8_t kText = 0x81;
constexpr std::uint8_t kPing = 0x89;
constexpr std::uint8_t kPong = 0x8A;

void SendAll(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    EVX_CHECK(size > 0);
    bytes.remove_prefix(static_cast<std::size_t>(size));
  }
}

}  // namespace

FeedConnections::FeedConnections(const Options& options)
    : epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      connections_(options.count),
      buffer_(kReceiveBytes, '\0') {
  EVX_CHECK(epoll_ >= 0);
  for (std::size_t i = 0; i < options.count; ++i) {
    Open(options, connections_[i]);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = i;
    EVX_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, connections_[i].fd, &event) == 0);
  }
}

FeedConnections::~FeedConnections() {
  for (const Connection& connection : connections_) ::close(connection.fd);
  ::close(epoll_);
}

void FeedConnections::Open(const Options& options, Connection& connection) {
  const int fd = connection.fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (options.receive_bytes > 0) {
    EVX_CHECK(::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &options.receive_bytes,
                           sizeof options.receive_bytes) == 0);
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(options.port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  EVX_CHECK(::connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  SendAll(fd, options.make_head().append("Host: load\r\n"
                                         "Upgrade: websocket\r\n"
                                         "Connection: Upgrade\r\n"
                                         "Sec-WebSocket-Version: 13\r\n"
                                         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"));
  constexpr std::string_view kEnd = "\r\n\r\n";
  std::size_t end = std::string::npos;
  while ((end = connection.rest.find(kEnd)) == std::string::npos) {
    const ssize_t size = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    EVX_CHECK(size > 0);
    connection.rest.append(buffer_.data(), static_cast<std::size_t>(size));
  }
  EVX_CHECK(connection.rest.starts_with("HTTP/1.1 101 "));
  connection.rest.erase(0, end + kEnd.size());
}

void FeedConnections::Send(std::size_t connection, std::string_view text) {
  SendFrame(connections_[connection].fd, kText, text);
}

void FeedConnections::SendToAll(std::string_view text) {
  for (std::size_t i = 0; i < count(); ++i) Send(i, text);
}

// A client's frame is masked; a mask of zeros leaves the payload as it is.
void FeedConnections::SendFrame(int fd, std::uint8_t kind, std::string_view payload) {
  constexpr std::uint8_t kMasked = 0x80;
  frame_.assign(1, static_cast<char>(kind));
  const std::size_t size = payload.size();
  const int size_bytes = size < 126 ? 0 : size < 65'536 ? 2 : 8;
  const std::size_t head = size_bytes == 0 ? size : size_bytes == 2 ? 126 : 127;
  frame_.push_back(static_cast<char>(kMasked | head));
  for (int i = size_bytes - 1; i >= 0; --i) frame_.push_back(static_cast<char>(size >> (8 * i)));
  SendAll(fd, frame_.append(4, '\0').append(payload));
}

void FeedConnections::Poll(absl::Duration wait, const OnText& on_text) {
  std::array<epoll_event, kEventsMax> events;
  const int count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(absl::ToInt64Milliseconds(wait)));
  EVX_CHECK(count >= 0 || errno == EINTR);
  for (int i = 0; i < count; ++i) Receive(events[static_cast<std::size_t>(i)].data.u64, on_text);
}

void FeedConnections::Receive(std::size_t index, const OnText& on_text) {
  Connection& connection = connections_[index];
  const ssize_t size = ::recv(connection.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
  EVX_CHECK(size > 0);
  std::string_view bytes(buffer_.data(), static_cast<std::size_t>(size));
  if (connection.rest.empty()) {
    TakeFrames(index, bytes, on_text);
    connection.rest = bytes;
    return;
  }
  connection.rest.append(bytes);
  bytes = connection.rest;
  TakeFrames(index, bytes, on_text);
  connection.rest.erase(0, connection.rest.size() - bytes.size());
}

void FeedConnections::TakeFrames(std::size_t index, std::string_view& bytes,
                                 const OnText& on_text) {
  while (bytes.size() >= 2) {
    const auto byte = [&bytes](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
    std::size_t size = byte(1);
    EVX_CHECK(size < 128);  // A server does not mask.
    const std::size_t size_bytes = size < 126 ? 0 : size == 126 ? 2 : 8;
    if (bytes.size() < 2 + size_bytes) return;
    if (size_bytes > 0) size = 0;
    for (std::size_t i = 0; i < size_bytes; ++i) size = size << 8 | byte(2 + i);
    if (bytes.size() - 2 - size_bytes < size) return;
    const std::uint8_t kind = byte(0);
    const std::string_view payload = bytes.substr(2 + size_bytes, size);
    EVX_CHECK(kind == kText || kind == kPing || kind == kPong);
    if (kind == kText) on_text(index, payload);
    if (kind == kPing) SendFrame(connections_[index].fd, kPong, payload);
    bytes.remove_prefix(2 + size_bytes + size);
  }
}

std::string_view MemberOf(std::string_view json, std::string_view name) {
  const std::size_t found = json.find(name);
  if (found == std::string_view::npos) return {};
  std::size_t begin = found + name.size();
  const bool is_text = begin < json.size() && json[begin] == '"';
  if (is_text) ++begin;
  const std::size_t end = json.find_first_of(is_text ? "\"" : ",}", begin);
  return json.substr(begin, end == std::string_view::npos ? end : end - begin);
}

}  // namespace evx::load
