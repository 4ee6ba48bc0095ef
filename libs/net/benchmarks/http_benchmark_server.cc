// A server that answers every request with a small JSON body, to be measured from outside
// (compare_with_nginx.sh). Usage: evx_net_benchmark_server [port] [threads]; runs until SIGTERM.

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "evx/net/http_server.h"

int main(int argc, char** argv) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);

  evx::net::HttpServer::Options options;
  options.port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 0);
  options.thread_count = argc > 2 ? std::atoi(argv[2]) : 1;
  auto server = evx::net::HttpServer::Start(
      options, [](evx::net::HttpRequest&, evx::net::HttpResponder responder) {
        responder.Send({.body = R"({"orderbook_fp":{"yes_dollars":[],"no_dollars":[]}})"});
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
