#pragma once

#include <atomic>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "evx/net/http_responder.h"
#include "server_state.h"

namespace evx::net {

class HttpConnection;
class IoThread;

struct AcceptedSocket {
  int fd = -1;
  bool is_ipv6 = false;
  std::string remote_address;
};

// What other threads leave for an I/O thread: answers, new sockets, orders to drain or stop. All
// that waits is taken in one go after one wake-up through an eventfd. Nothing else of an I/O
// thread is ever touched from outside, which is why its io_context can run without locks.
class IoMailbox final : public HttpResponseSink {
 public:
  struct Contents {
    std::vector<HttpCompletion> completions;
    std::vector<HttpRequestKey> abandoned;
    std::vector<AcceptedSocket> sockets;
    std::vector<std::function<void(int)>> tasks;
    bool drain = false;
    bool stop = false;
  };

  explicit IoMailbox(IoThread& owner);
  ~IoMailbox() override;

  void Complete(HttpRequestKey key, HttpResponse response) override;
  void CompleteAll(std::vector<HttpCompletion>& completions) override;
  void Abandon(HttpRequestKey key) override;
  void Accept(HttpRequestKey key, const HttpRequest& request,
              std::unique_ptr<WebSocketSession> session) override;
  void Post(std::function<void(int)> task);
  // False, leaving the socket to the caller, once the thread has ended.
  bool Adopt(AcceptedSocket socket);
  void RequestDrain();
  void RequestStop();

  int event_fd() const { return event_fd_; }
  // Swaps what waits with `contents`, which must be empty.
  void Take(Contents& contents);
  // What comes from now on is dropped.
  void Close();

 private:
  // False, without `change`, once closed.
  template <class Change>
  bool Leave(Change change);

  // Null once closed; called only on its own thread.
  std::atomic<IoThread*> owner_;
  int event_fd_;
  std::mutex mutex_;
  Contents contents_;      // Guarded by mutex_, as are the two flags.
  bool signaled_ = false;  // The eventfd is set and the thread will come.
  bool closed_ = false;
};

// One event loop and its connections. Everything but the constructor, Start, Join and mailbox()
// belongs to the loop's own thread.
class IoThread {
 public:
  using Context = boost::asio::io_context;
  // Nanoseconds of the monotonic clock; deadlines are compared with a reading that is at most one
  // tick old.
  using Ticks = std::int64_t;

  struct Counters {
    Counter accepted;
    Counter refused;
    Counter requests;
    Counter errors;
    Counter timeouts;
    Counter websockets_opened;
    Counter websockets_closed;
  };

  IoThread(ServerState& server, int index);
  ~IoThread();

  // The loop that runs the calling thread, or null.
  static IoThread* Current();

  // Takes connections from `listen_fd` and deals them out to `targets` in turn. Before Start.
  void Listen(int listen_fd, bool is_ipv6, std::vector<IoThread*> targets);
  void Start();
  void Join();
  const std::shared_ptr<IoMailbox>& mailbox() const { return mailbox_; }
  const Counters& counters() const { return counters_; }

  int index() const { return index_; }

  // For connections.
  ServerState& server() { return server_; }
  Context& context() { return context_; }
  Counters& mutable_counters() { return counters_; }
  Ticks now() const { return now_; }
  // When `timeout` from now will have passed for certain.
  Ticks Deadline(absl::Duration timeout) const {
    return now_ + absl::ToInt64Nanoseconds(timeout) + tick_period_.count();
  }
  // Of HttpRequest::round(). Asking begins one if none is going on.
  std::uint64_t round();
  std::string_view date_line() const { return date_line_; }
  // The connection has new output; it is flushed at the end of this turn.
  void MarkDirty(HttpConnection& connection) { dirty_.push_back(&connection); }
  // The connection is closed and no operation of it is pending; it is destroyed at the end of
  // this turn.
  void Retire(std::uint32_t slot) { retired_.push_back(slot); }
  // Every event ends with this call; connections may be gone afterwards.
  void EndTurn();

  // From the mailbox, or straight from a responder used on this thread.
  void Deliver(HttpRequestKey key, HttpResponse response);
  // The connection that the request came from; null when it has ended.
  HttpConnection* Find(HttpRequestKey key) const;

 private:
  class Acceptor;
  using Timer =
      boost::asio::basic_waitable_timer<std::chrono::steady_clock,
                                        boost::asio::wait_traits<std::chrono::steady_clock>,
                                        Context::executor_type>;
  using Descriptor = boost::asio::posix::basic_stream_descriptor<Context::executor_type>;

  void Run();
  void AwaitWake();
  void AwaitTick();
  void ReadClock();
  void TakeMail();
  void Adopt(AcceptedSocket socket);
  void Stop();

  ServerState& server_;
  const int index_;
  Context context_;
  std::shared_ptr<IoMailbox> mailbox_;
  IoMailbox::Contents mail_;
  Descriptor wake_;
  std::uint64_t wake_count_ = 0;
  Timer tick_;
  std::chrono::nanoseconds tick_period_;
  std::unique_ptr<Acceptor> acceptor_;

  Ticks now_ = 0;
  std::uint64_t round_ = 0;
  bool in_round_ = false;
  std::int64_t date_seconds_ = -1;
  std::string date_line_;
  std::vector<std::unique_ptr<HttpConnection>> connections_;  // By slot; null where free.
  std::vector<std::uint32_t> free_slots_;
  std::vector<HttpConnection*> dirty_;
  std::vector<std::uint32_t> retired_;
  Counters counters_;
  bool draining_ = false;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace evx::net
