#include "acceptor.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/strings/str_format.h"
#include "http_connection.h"
#include "listen_socket.h"
#include "response_writer.h"

namespace evx::net {
namespace {

using boost::system::error_code;

// So that a flood of new connections does not keep the thread from its old ones.
constexpr int kAcceptedPerTurnMax = 64;

}  // namespace

IoThread::Acceptor::Acceptor(IoThread& io, int listen_fd, bool is_ipv6,
                             std::vector<IoThread*> targets)
    : io_(io),
      listener_(io.context().get_executor(), listen_fd),
      is_ipv6_(is_ipv6),
      targets_(std::move(targets)) {}

void IoThread::Acceptor::Arm() {
  listener_.async_wait(boost::asio::posix::descriptor_base::wait_read, [this](error_code ec) {
    if (ec || !listener_.is_open()) return;
    AcceptWaiting();
    if (!backing_off_) Arm();
    io_.EndTurn();
  });
}

void IoThread::Acceptor::OnTick() {
  if (backing_off_ && listener_.is_open()) {
    backing_off_ = false;
    Arm();
  }
}

void IoThread::Acceptor::Close() {
  error_code ignored;
  listener_.close(ignored);
}

void IoThread::Acceptor::AcceptWaiting() {
  for (int i = 0; i < kAcceptedPerTurnMax; ++i) {
    sockaddr_storage address{};
    socklen_t length = sizeof address;
    const int fd = ::accept4(listener_.native_handle(), reinterpret_cast<sockaddr*>(&address),
                             &length, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) {
      if (errno == EINTR || errno == ECONNABORTED) continue;
      backing_off_ = errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
      return;
    }
    if (!io_.server_.AcquireConnection()) {
      Refuse(fd);
      continue;
    }
    const int on = 1;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    AcceptedSocket socket{fd, is_ipv6_, NumericAddress(address)};
    IoThread* target = targets_[next_target_];
    next_target_ = (next_target_ + 1) % targets_.size();
    if (target == &io_) {
      io_.Adopt(std::move(socket));
    } else if (!target->mailbox()->Adopt(std::move(socket))) {
      ::close(fd);
      io_.server_.ReleaseConnection();
    }
  }
}

void IoThread::Acceptor::Refuse(int fd) {
  io_.counters_.refused.Add(1);
  if (io_.server_.tls == nullptr) {
    // Without waiting: if it does not fit into the empty socket buffer the client goes without.
    std::string bytes;
    const std::string reason = absl::StrFormat("there are %d connections, the most there may be",
                                               io_.server_.options.max_connections);
    WriteResponse(io_.server_.ErrorResponse(503, reason), {.close = true}, io_.date_line_, bytes);
    (void)::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    ::shutdown(fd, SHUT_WR);
  }
  ::close(fd);
}

}  // namespace evx::net
