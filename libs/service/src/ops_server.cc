#include "evx/service/ops_server.h"

#include <httplib.h>

#include <cerrno>
#include <condition_variable>
#include <cstring>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::service {
namespace {

constexpr std::size_t kThreadCount = 4;
constexpr std::size_t kWaitingMax = 64;
constexpr std::size_t kBodyBytesMax = 8 << 10;
constexpr int kTimeoutSeconds = 5;

// Threads that take connections from a bounded queue. A full queue holds up the accepting thread,
// so that further connections wait in the kernel's backlog; the library's own pool has no bound.
class BoundedThreadPool final : public httplib::TaskQueue {
 public:
  BoundedThreadPool() {
    for (std::size_t i = 0; i < kThreadCount; ++i) threads_.emplace_back([this] { Work(); });
  }

  void enqueue(std::function<void()> task) override {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return tasks_.size() < kWaitingMax; });
    tasks_.push_back(std::move(task));
    changed_.notify_all();
  }

  // Each task owns a connection, so those that wait are still served.
  void shutdown() override {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    for (std::thread& thread : threads_) thread.join();
  }

 private:
  void Work() {
    while (true) {
      std::function<void()> task;
      {
        std::unique_lock<std::mutex> lock(mutex_);
        changed_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
        if (tasks_.empty()) return;
        task = std::move(tasks_.front());
        tasks_.pop_front();
      }
      changed_.notify_all();
      task();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> tasks_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

// The library's default also sets SO_REUSEPORT, with which a second process could silently share
// the port.
void SetSocketOptions(socket_t socket) {
  const int on = 1;
  ::setsockopt(socket, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

void Answer(const OpsHandler& handler, const httplib::Request& request,
            httplib::Response& response) {
  constexpr const char* kTextType = "text/plain";
  if (request.method != "GET" && request.method != "HEAD") {
    response.status = 405;
    response.set_header("Allow", "GET, HEAD");
    response.set_content("only GET and HEAD are served here\n", kTextType);
    return;
  }
  const std::optional<net::HttpResponse> answer =
      handler.Handle(net::HttpRequest(net::HttpMethod::kGet, request.path));
  if (!answer) {
    response.status = 404;
    response.set_content("served here: /health, /ready, /metrics, /actuator/health\n", kTextType);
    return;
  }
  response.status = answer->status;
  response.set_content(answer->body, answer->content_type);
}

}  // namespace

struct OpsServer::Impl {
  httplib::Server server;
  std::uint16_t port = 0;
  std::promise<void> serving;
  std::thread thread;
};

OpsServer::OpsServer(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

absl::StatusOr<std::unique_ptr<OpsServer>> OpsServer::Start(const OpsServerOptions& options,
                                                            const OpsHandler& handler) {
  auto impl = std::make_unique<Impl>();
  httplib::Server& server = impl->server;
  server.set_socket_options(SetSocketOptions);
  server.set_tcp_nodelay(true);
  server.set_keep_alive_max_count(1);
  server.set_keep_alive_timeout(kTimeoutSeconds);
  server.set_read_timeout(kTimeoutSeconds);
  server.set_write_timeout(kTimeoutSeconds);
  server.set_payload_max_length(kBodyBytesMax);
  // The library calls this once it serves; only from then on can it be stopped.
  server.new_task_queue = [&serving = impl->serving] {
    serving.set_value();
    return new BoundedThreadPool;
  };
  // Before routing, because the library's routes are regular expressions over hostile text.
  server.set_pre_routing_handler(
      [&handler](const httplib::Request& request, httplib::Response& response) {
        Answer(handler, request, response);
        return httplib::Server::HandlerResponse::Handled;
      });

  errno = 0;
  const int port = options.port == 0 ? server.bind_to_any_port(options.host)
                   : server.bind_to_port(options.host, options.port) ? options.port
                                                                     : -1;
  if (port <= 0) {
    return Unavailable(absl::StrFormat(
        "cannot listen on %s:%d: %s; --http_host and --http_port "
        "choose another address",
        options.host, options.port, errno != 0 ? std::strerror(errno) : "no such address"));
  }
  impl->port = static_cast<std::uint16_t>(port);
  impl->thread = std::thread([&server] { server.listen_after_bind(); });
  impl->serving.get_future().wait();
  return std::unique_ptr<OpsServer>(new OpsServer(std::move(impl)));
}

OpsServer::~OpsServer() {
  impl_->server.stop();
  impl_->thread.join();
}

std::uint16_t OpsServer::port() const { return impl_->port; }

}  // namespace evx::service
