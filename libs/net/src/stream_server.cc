#include "evx/net/stream_server.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <thread>
#include <unordered_map>
#include <utility>

#include "byte_buffer.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "listen_socket.h"
#include "tls_session.h"

namespace evx::net {
namespace {

// Values of epoll_event::data below the first connection.
constexpr std::uint64_t kWakeTag = 0;
constexpr std::uint64_t kFirstListenerTag = 1;
constexpr std::uint64_t kFirstConnection = 1'000;
constexpr std::size_t kListenerCountMax = kFirstConnection - kFirstListenerTag;
constexpr int kEventCountMax = 256;
constexpr int kAcceptedPerTurnMax = 64;
constexpr std::size_t kFirstBufferBytes = 4 * 1024;

// A descriptor that is closed with the object.
class Descriptor {
 public:
  explicit Descriptor(int fd = -1) : fd_(fd) {}
  ~Descriptor() { Close(); }
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    Close();
    fd_ = std::exchange(other.fd_, -1);
    return *this;
  }
  int get() const { return fd_; }
  void Close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
};

struct Connection {
  Descriptor socket;
  ByteBuffer input{kFirstBufferBytes};
  std::unique_ptr<TlsSession> tls;
  std::string plain;        // To be encrypted once the handshake is done; TLS only.
  std::string output;       // To be written.
  std::size_t written = 0;  // Of output.
  bool is_dirty = false;    // In the list of those that have something to write.
  bool is_closing = false;  // Once the output is written.
  bool is_paused = false;
  bool wants_writable = false;  // Registered for it.
};

}  // namespace

class StreamServer::Impl {
 public:
  Impl(Options options, Handler& handler) : options_(std::move(options)), handler_(handler) {}

  absl::Status Open() {
    if (options_.listeners.empty() || options_.listeners.size() > kListenerCountMax) {
      return InvalidArgument("a stream server needs 1..999 listeners");
    }
    if (!options_.certificate_chain_file.empty()) {
      EVX_ASSIGN_OR_RETURN(
          tls_, TlsContext::Load(options_.certificate_chain_file, options_.private_key_file));
    }
    epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
    wake_ = Descriptor(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (epoll_.get() < 0 || wake_.get() < 0) return Unavailable("no descriptors for an event loop");
    Register(wake_.get(), kWakeTag, EPOLLIN);
    for (const Options::Listener& wanted : options_.listeners) {
      EVX_ASSIGN_OR_RETURN(const ListenSocket socket,
                           OpenListenSocket(wanted.address, wanted.port));
      Register(socket.fd, kFirstListenerTag + listeners_.size(), EPOLLIN);
      listeners_.emplace_back(socket.fd);
      ports_.push_back(socket.port);
    }
    return absl::OkStatus();
  }

  void Start(StreamServer& server) {
    thread_ = std::thread([this, &server] {
      handler_.OnStart(server);
      Run();
    });
  }

  void Stop() {
    if (!thread_.joinable()) return;
    stopping_.store(true, std::memory_order_release);
    Signal();
    thread_.join();
    connections_.clear();
    listeners_.clear();
  }

  void Wake() {
    if (!woken_.exchange(true, std::memory_order_acq_rel)) Signal();
  }

  void Send(ConnectionId id, std::string_view bytes) {
    const auto found = connections_.find(id);
    if (found == connections_.end() || bytes.empty()) return;
    Connection& connection = *found->second;
    std::string& target = connection.tls != nullptr ? connection.plain : connection.output;
    target.append(bytes);
    MarkDirty(id, connection);
  }

  void CloseAfterOutput(ConnectionId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    found->second->is_closing = true;
    MarkDirty(id, *found->second);
  }

  void Pause(ConnectionId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end() || found->second->is_paused) return;
    found->second->is_paused = true;
    UpdateEvents(id, *found->second);
  }

  void Resume(ConnectionId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end() || !found->second->is_paused) return;
    Connection& connection = *found->second;
    connection.is_paused = false;
    UpdateEvents(id, connection);
    OfferInput(id, connection);
  }

  void StopListening() { listeners_.clear(); }

  std::uint16_t port(std::size_t listener) const { return ports_[listener]; }
  std::size_t connection_count() const { return connections_.size(); }

 private:
  void Signal() {
    const std::uint64_t one = 1;
    (void)!::write(wake_.get(), &one, sizeof one);
  }

  void Register(int fd, std::uint64_t tag, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.u64 = tag;
    EVX_CHECK(::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0);
  }

  void Run() {
    const int tick_ms = static_cast<int>(absl::ToInt64Milliseconds(options_.tick));
    const std::chrono::milliseconds tick(tick_ms);
    auto next_tick = std::chrono::steady_clock::now() + tick;
    std::vector<epoll_event> events(kEventCountMax);
    while (!stopping_.load(std::memory_order_acquire)) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), kEventCountMax, tick_ms);
      for (int i = 0; i < count; ++i) Handle(events[static_cast<std::size_t>(i)]);
      if (const auto now = std::chrono::steady_clock::now(); now >= next_tick) {
        next_tick = now + tick;
        handler_.OnTick();
      }
      EndTurn();
    }
    EndTurn();
  }

  void Handle(const epoll_event& event) {
    const std::uint64_t tag = event.data.u64;
    if (tag == kWakeTag) {
      std::uint64_t count = 0;
      (void)!::read(wake_.get(), &count, sizeof count);
      if (woken_.exchange(false, std::memory_order_acq_rel)) handler_.OnWake();
      return;
    }
    if (tag < kFirstConnection) {
      if (tag - kFirstListenerTag < listeners_.size()) AcceptWaiting(tag - kFirstListenerTag);
      return;
    }
    const auto found = connections_.find(tag);
    if (found == connections_.end()) return;
    if ((event.events & EPOLLOUT) != 0) MarkDirty(tag, *found->second);
    if (found->second->is_paused && (event.events & (EPOLLERR | EPOLLHUP)) != 0) {
      return Close(tag);
    }
    if ((event.events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) Read(tag, *found->second);
  }

  void AcceptWaiting(std::size_t listener) {
    for (int i = 0; i < kAcceptedPerTurnMax; ++i) {
      sockaddr_storage address{};
      socklen_t length = sizeof address;
      Descriptor socket(::accept4(listeners_[listener].get(), reinterpret_cast<sockaddr*>(&address),
                                  &length, SOCK_NONBLOCK | SOCK_CLOEXEC));
      if (socket.get() < 0) return;
      if (connections_.size() >= options_.connection_count_max) continue;
      const int on = 1;
      ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      auto connection = std::make_unique<Connection>();
      if (tls_ != nullptr) connection->tls = std::make_unique<TlsSession>(*tls_);
      const ConnectionId id = next_connection_++;
      Register(socket.get(), id, EPOLLIN);
      connection->socket = std::move(socket);
      connections_.emplace(id, std::move(connection));
      handler_.OnOpen(id, listener, NumericAddress(address));
    }
  }

  void Read(ConnectionId id, Connection& connection) {
    char bytes[kReadBytesPerTurn];
    const ssize_t size = ::recv(connection.socket.get(), bytes, sizeof bytes, 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (size <= 0) return Close(id);
    if (connection.is_closing) return;
    const std::string_view received(bytes, static_cast<std::size_t>(size));
    bool is_last = false;
    if (connection.tls == nullptr) {
      connection.input.Reserve(received.size());
      received.copy(connection.input.write_begin(), received.size());
      connection.input.Commit(received.size());
    } else {
      const TlsSession::Status status =
          connection.tls->Receive(received, connection.input, connection.output);
      MarkDirty(id, connection);
      is_last = status != TlsSession::Status::kOk;
    }
    OfferInput(id, connection);
    if (is_last || connection.input.size() > options_.input_bytes_max) CloseAfterOutput(id);
  }

  void OfferInput(ConnectionId id, Connection& connection) {
    if (connection.input.empty() || connection.is_closing || connection.is_paused) return;
    connection.input.Consume(handler_.OnBytes(id, connection.input.readable()));
  }

  void UpdateEvents(ConnectionId id, const Connection& connection) {
    epoll_event event{};
    event.events =
        (connection.is_paused ? 0U : EPOLLIN) | (connection.wants_writable ? EPOLLOUT : 0U);
    event.data.u64 = id;
    ::epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, connection.socket.get(), &event);
  }

  void MarkDirty(ConnectionId id, Connection& connection) {
    if (connection.is_dirty) return;
    connection.is_dirty = true;
    dirty_.push_back(id);
  }

  void EndTurn() {
    handler_.OnTurnEnd();
    std::vector<ConnectionId> dirty;
    dirty.swap(dirty_);
    for (const ConnectionId id : dirty) {
      const auto found = connections_.find(id);
      if (found == connections_.end()) continue;
      found->second->is_dirty = false;
      Write(id, *found->second);
    }
  }

  void Write(ConnectionId id, Connection& connection) {
    if (connection.tls != nullptr && connection.tls->handshake_done()) {
      if (!connection.tls->Send(connection.plain, connection.output)) return Close(id);
      connection.plain.clear();
    }
    while (connection.written < connection.output.size()) {
      const ssize_t size =
          ::send(connection.socket.get(), connection.output.data() + connection.written,
                 connection.output.size() - connection.written, MSG_NOSIGNAL);
      if (size >= 0) {
        connection.written += static_cast<std::size_t>(size);
        continue;
      }
      if (errno == EINTR) continue;
      if (errno != EAGAIN) return Close(id);
      break;
    }
    const std::size_t waiting = connection.output.size() - connection.written;
    if (waiting == 0) {
      connection.output.clear();
      connection.written = 0;
      if (connection.is_closing && connection.plain.empty()) return Close(id);
    } else if (waiting + connection.plain.size() > options_.output_bytes_max) {
      return Close(id);
    }
    if ((waiting != 0) != connection.wants_writable) {
      connection.wants_writable = waiting != 0;
      UpdateEvents(id, connection);
    }
  }

  void Close(ConnectionId id) {
    const auto found = connections_.find(id);
    if (found == connections_.end()) return;
    // A peer that still sends must not lose what was sent to it last.
    ::shutdown(found->second->socket.get(), SHUT_WR);
    connections_.erase(found);
    handler_.OnClosed(id);
  }

  const Options options_;
  Handler& handler_;
  std::unique_ptr<TlsContext> tls_;
  Descriptor epoll_;
  Descriptor wake_;
  std::vector<Descriptor> listeners_;
  std::vector<std::uint16_t> ports_;
  std::unordered_map<ConnectionId, std::unique_ptr<Connection>> connections_;
  std::vector<ConnectionId> dirty_;
  ConnectionId next_connection_ = kFirstConnection;
  std::atomic<bool> woken_ = false;
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

StreamServer::StreamServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
StreamServer::~StreamServer() { Stop(); }

absl::StatusOr<std::unique_ptr<StreamServer>> StreamServer::Start(Options options,
                                                                  Handler& handler) {
  auto impl = std::make_unique<Impl>(std::move(options), handler);
  EVX_RETURN_IF_ERROR(impl->Open());
  std::unique_ptr<StreamServer> server(new StreamServer(std::move(impl)));
  server->impl_->Start(*server);
  return server;
}

std::uint16_t StreamServer::port(std::size_t listener) const { return impl_->port(listener); }
void StreamServer::Wake() { impl_->Wake(); }
void StreamServer::Stop() { impl_->Stop(); }
void StreamServer::Send(ConnectionId connection, std::string_view bytes) {
  impl_->Send(connection, bytes);
}
void StreamServer::CloseAfterOutput(ConnectionId connection) {
  impl_->CloseAfterOutput(connection);
}
void StreamServer::Pause(ConnectionId connection) { impl_->Pause(connection); }
void StreamServer::Resume(ConnectionId connection) { impl_->Resume(connection); }
void StreamServer::StopListening() { impl_->StopListening(); }
std::size_t StreamServer::connection_count() const { return impl_->connection_count(); }

}  // namespace evx::net
