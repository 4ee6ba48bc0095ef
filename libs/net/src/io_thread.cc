#include "io_thread.h"

#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <iterator>
#include <utility>

#include "acceptor.h"
#include "evx/core/check.h"
#include "evx/core/clock.h"
#include "http_connection.h"
#include "response_writer.h"

namespace evx::net {
namespace {

using boost::system::error_code;

thread_local IoThread* current_io_thread = nullptr;

// Often enough that a time limit is kept to an eighth of itself, seldom enough that an idle server
// costs nothing.
std::chrono::nanoseconds TickPeriod(const HttpServer::Options& options) {
  const absl::Duration shortest = std::min(
      {options.header_timeout, options.body_timeout, options.idle_timeout, options.write_timeout});
  return absl::ToChronoNanoseconds(
      std::clamp(shortest / 8, absl::Milliseconds(2), absl::Milliseconds(250)));
}

}  // namespace

IoMailbox::IoMailbox(IoThread& owner)
    : owner_(&owner), event_fd_(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  EVX_CHECK(event_fd_ >= 0);
}

IoMailbox::~IoMailbox() { ::close(event_fd_); }

template <class Change>
bool IoMailbox::Leave(Change change) {
  bool wake = false;
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    change(contents_);
    wake = !std::exchange(signaled_, true);
  }
  if (wake) {
    const std::uint64_t one = 1;
    EVX_CHECK(::write(event_fd_, &one, sizeof one) == sizeof one);
  }
  return true;
}

void IoMailbox::Complete(HttpRequestKey key, HttpResponse response) {
  IoThread* const owner = owner_.load(std::memory_order_relaxed);
  if (owner != nullptr && owner == IoThread::Current()) {
    owner->Deliver(key, std::move(response));
    return;
  }
  Leave([&](Contents& contents) { contents.completions.push_back({key, std::move(response)}); });
}

void IoMailbox::CompleteAll(std::vector<HttpCompletion>& completions) {
  Leave([&](Contents& contents) {
    if (contents.completions.empty()) {
      contents.completions.swap(completions);
    } else {
      contents.completions.insert(contents.completions.end(),
                                  std::make_move_iterator(completions.begin()),
                                  std::make_move_iterator(completions.end()));
    }
  });
  completions.clear();
}

void IoMailbox::Abandon(HttpRequestKey key) {
  // Also on the own thread by mail: a destructor may run anywhere, even while connections end.
  Leave([&](Contents& contents) { contents.abandoned.push_back(key); });
}

void IoMailbox::Accept(HttpRequestKey key, const HttpRequest& request,
                       std::unique_ptr<WebSocketSession> session) {
  IoThread* const owner = owner_.load(std::memory_order_relaxed);
  EVX_CHECK(owner != nullptr && owner == IoThread::Current());
  HttpConnection* const connection = owner->Find(key);
  EVX_CHECK(connection != nullptr);  // Its handler is running.
  connection->Accept(key.sequence, request, std::move(session));
}

void IoMailbox::Post(std::function<void(int)> task) {
  Leave([&](Contents& contents) { contents.tasks.push_back(std::move(task)); });
}

bool IoMailbox::Adopt(AcceptedSocket socket) {
  return Leave([&](Contents& contents) { contents.sockets.push_back(std::move(socket)); });
}

void IoMailbox::RequestDrain() {
  Leave([](Contents& contents) { contents.drain = true; });
}

void IoMailbox::RequestStop() {
  Leave([](Contents& contents) { contents.stop = true; });
}

void IoMailbox::Take(Contents& contents) {
  const std::lock_guard lock(mutex_);
  std::swap(contents_, contents);
  signaled_ = false;
}

void IoMailbox::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  owner_.store(nullptr, std::memory_order_relaxed);
}

IoThread::IoThread(ServerState& server, int index)
    : server_(server),
      index_(index),
      context_(BOOST_ASIO_CONCURRENCY_HINT_UNSAFE),
      mailbox_(std::make_shared<IoMailbox>(*this)),
      wake_(context_.get_executor(), ::dup(mailbox_->event_fd())),
      tick_(context_.get_executor()),
      tick_period_(TickPeriod(server.options)) {
  ReadClock();
}

IoThread::~IoThread() { Join(); }

IoThread* IoThread::Current() { return current_io_thread; }

void IoThread::Listen(int listen_fd, bool is_ipv6, std::vector<IoThread*> targets) {
  acceptor_ = std::make_unique<Acceptor>(*this, listen_fd, is_ipv6, std::move(targets));
}

void IoThread::Start() {
  AwaitWake();
  AwaitTick();
  if (acceptor_) acceptor_->Arm();
  thread_ = std::thread([this] { Run(); });
}

void IoThread::Join() {
  if (thread_.joinable()) thread_.join();
}

void IoThread::Run() {
  current_io_thread = this;
  pthread_setname_np(pthread_self(), "evx-net");
  context_.run();
  current_io_thread = nullptr;
}

void IoThread::AwaitWake() {
  wake_.async_read_some(boost::asio::buffer(&wake_count_, sizeof wake_count_),
                        [this](error_code ec, std::size_t) {
                          if (ec || stopping_) return;
                          TakeMail();
                          if (!stopping_) AwaitWake();
                          EndTurn();
                        });
}

void IoThread::AwaitTick() {
  tick_.expires_after(tick_period_);
  tick_.async_wait([this](error_code ec) {
    if (ec || stopping_) return;
    ReadClock();
    for (const auto& connection : connections_) {
      if (connection) connection->OnTick();
    }
    if (acceptor_) acceptor_->OnTick();
    AwaitTick();
    EndTurn();
  });
}

void IoThread::ReadClock() {
  now_ = std::chrono::duration_cast<std::chrono::nanoseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
             .count();
  const Timestamp wall = SystemClock().Now();
  if (wall.seconds() != date_seconds_) {
    date_seconds_ = wall.seconds();
    date_line_ = DateLine(wall);
  }
}

std::uint64_t IoThread::round() {
  if (in_round_) return round_;
  in_round_ = true;
  ++round_;
  // Behind everything that is ready now.
  boost::asio::post(context_, [this] { in_round_ = false; });
  return round_;
}

void IoThread::TakeMail() {
  mailbox_->Take(mail_);
  for (AcceptedSocket& socket : mail_.sockets) Adopt(std::move(socket));
  mail_.sockets.clear();
  for (HttpCompletion& completion : mail_.completions) {
    Deliver(completion.key, std::move(completion.response));
  }
  mail_.completions.clear();
  for (const HttpRequestKey& key : mail_.abandoned) {
    Deliver(key, server_.ErrorResponse(500, "request was not answered"));
  }
  mail_.abandoned.clear();
  for (const auto& task : mail_.tasks) task(index_);
  mail_.tasks.clear();
  if (std::exchange(mail_.drain, false) && !draining_) {
    draining_ = true;
    if (acceptor_) acceptor_->Close();
    for (const auto& connection : connections_) {
      if (connection) connection->BeginDrain();
    }
  }
  if (std::exchange(mail_.stop, false)) Stop();
}

void IoThread::Adopt(AcceptedSocket socket) {
  if (free_slots_.empty()) {
    free_slots_.push_back(static_cast<std::uint32_t>(connections_.size()));
    connections_.emplace_back();
  }
  const std::uint32_t slot = free_slots_.back();
  free_slots_.pop_back();
  connections_[slot] =
      std::make_unique<HttpConnection>(*this, slot, server_.NextConnectionId(), std::move(socket));
  counters_.accepted.Add(1);
  connections_[slot]->Start();
  if (draining_) connections_[slot]->BeginDrain();
}

void IoThread::Deliver(HttpRequestKey key, HttpResponse response) {
  HttpConnection* const connection = Find(key);
  if (connection != nullptr) connection->Complete(key.sequence, std::move(response));
}

HttpConnection* IoThread::Find(HttpRequestKey key) const {
  if (key.connection_slot >= connections_.size()) return nullptr;
  HttpConnection* const connection = connections_[key.connection_slot].get();
  return connection != nullptr && connection->id() == key.connection_id ? connection : nullptr;
}

void IoThread::EndTurn() {
  // Flushing can run handlers, which can answer requests of other connections of this thread.
  for (std::size_t i = 0; i < dirty_.size(); ++i) dirty_[i]->FlushCompleted();
  dirty_.clear();
  for (std::size_t i = 0; i < retired_.size(); ++i) {
    connections_[retired_[i]].reset();
    free_slots_.push_back(retired_[i]);
    server_.ReleaseConnection();
  }
  retired_.clear();
}

void IoThread::Stop() {
  stopping_ = true;
  mailbox_->Close();
  mailbox_->Take(mail_);
  for (const AcceptedSocket& socket : mail_.sockets) {
    ::close(socket.fd);
    server_.ReleaseConnection();
  }
  mail_.tasks.clear();
  if (acceptor_) acceptor_->Close();
  for (const auto& connection : connections_) {
    if (connection) connection->Close();
  }
  tick_.cancel();
  error_code ignored;
  wake_.close(ignored);
}

}  // namespace evx::net
