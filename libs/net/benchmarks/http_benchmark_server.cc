// A server to be measured from outside (compare_with_nginx.sh): every request is answered with a
// small JSON body, inside the handler, or for the path /later by another thread in batches, as a
// journal releases its answers. Usage: evx_net_benchmark_server [port] [threads]; prints its port
// and runs until SIGTERM.

#include <condition_variable>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "evx/net/http_server.h"

namespace {

evx::net::HttpResponse Answer() {
  return {.body = R"({"orderbook_fp":{"yes_dollars":[],"no_dollars":[]}})"};
}

// Answers, on its own thread, everything that has come in since the last time.
class Releaser {
 public:
  Releaser() : thread_([this] { Run(); }) {}
  ~Releaser() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    arrived_.notify_one();
    thread_.join();
  }

  void Put(evx::net::HttpResponder responder) {
    bool was_empty = false;
    {
      const std::lock_guard lock(mutex_);
      was_empty = waiting_.empty();
      waiting_.push_back(std::move(responder));
    }
    if (was_empty) arrived_.notify_one();
  }

 private:
  void Run() {
    std::vector<evx::net::HttpResponder> responders;
    evx::net::HttpResponseBatch batch;
    while (true) {
      {
        std::unique_lock lock(mutex_);
        arrived_.wait(lock, [this] { return stopping_ || !waiting_.empty(); });
        if (stopping_) return;
        responders.swap(waiting_);
      }
      for (evx::net::HttpResponder& responder : responders) {
        batch.Add(std::move(responder), Answer());
      }
      batch.Flush();
      responders.clear();
    }
  }

  std::mutex mutex_;
  std::condition_variable arrived_;
  std::vector<evx::net::HttpResponder> waiting_;  // Guarded by mutex_, as is the flag.
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  Releaser releaser;
  evx::net::HttpServer::Options options;
  options.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  options.thread_count = argc > 2 ? std::atoi(argv[2]) : 1;
  auto server = evx::net::HttpServer::Start(
      options, [&](evx::net::HttpRequest& request, evx::net::HttpResponder responder) {
        if (request.path() == "/later") {
          releaser.Put(std::move(responder));
        } else {
          responder.Send(Answer());
        }
      });
  if (!server.ok()) {
    std::fprintf(stderr, "%s\n", server.status().ToString().c_str());
    return 1;
  }
  std::printf("%d\n", (*server)->port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&signals, &signal);
  (*server)->Drain(absl::Seconds(5));
  return 0;
}
