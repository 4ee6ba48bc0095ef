#include "evx/service/ops_server.h"

#include <arpa/inet.h>
#include <httplib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "evx/core/status.h"

namespace evx::service {
namespace {

using Catch::Matchers::Contains;

struct Fixture {
  telemetry::Registry metrics;
  Health health;
  OpsHandler handler{"test", health, metrics};
  std::unique_ptr<OpsServer> server;

  Fixture() {
    auto started = OpsServer::Start({"127.0.0.1", 0}, handler);
    REQUIRE(started.ok());
    server = *std::move(started);
  }

  httplib::Client Client() { return httplib::Client("127.0.0.1", server->port()); }

  // Sends raw bytes, with or without their end, and returns what comes until the server closes.
  std::string Exchange(const std::string& bytes, bool end_bytes) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server->port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0);
    REQUIRE(::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
    if (end_bytes) ::shutdown(fd, SHUT_WR);
    std::string answer;
    char buffer[4096];
    for (ssize_t got = 0; (got = ::recv(fd, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(got));
    }
    ::close(fd);
    return answer;
  }
};

TEST_CASE("OpsServer: serves the operations endpoints over HTTP", "[service]") {
  Fixture fixture;
  fixture.metrics.AddCounter("evx_test_total", "Things.").Increment(5);
  httplib::Client client = fixture.Client();
  CHECK(client.Get("/health")->status == 200);
  CHECK(client.Get("/ready")->status == 503);
  fixture.health.SetPhase(Phase::kRunning);
  CHECK(client.Get("/ready")->status == 200);
  CHECK(client.Get("/actuator/health")->body == client.Get("/health")->body);
  CHECK(client.Get("/health")->get_header_value("Content-Type") == "application/json");
  CHECK_THAT(client.Get("/metrics")->body, Contains("evx_test_total 5\n"));
  CHECK(client.Head("/health")->status == 200);
  CHECK(client.Get("/nothing")->status == 404);
  CHECK(client.Post("/health", "x", "text/plain")->status == 405);
}

TEST_CASE("OpsServer: every response closes its connection", "[service]") {
  Fixture fixture;
  const std::string answer = fixture.Exchange("GET /health HTTP/1.1\r\nHost: x\r\n\r\n", false);
  CHECK_THAT(answer, Catch::StartsWith("HTTP/1.1 200") && Contains("Connection: close\r\n"));
}

TEST_CASE("OpsServer: hostile requests get an answer or a closed connection and harm nobody",
          "[service]") {
  Fixture fixture;
  const std::string bytes = GENERATE(
      std::string("\r\n\r\n"), std::string("GET\r\n\r\n"), std::string(1000, '\0'),
      "GET /" + std::string(100'000, 'a') + " HTTP/1.1\r\n\r\n",
      "GET /health HTTP/1.1\r\nX: " + std::string(100'000, 'a') + "\r\n\r\n",
      std::string("GET /%00%ff%zz HTTP/1.1\r\nHost: x\r\n\r\n"),
      std::string("POST /health HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\nx"),
      std::string("GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"));
  CHECK_THAT(fixture.Exchange(bytes, true), !Contains("HTTP/1.1 200") && !Contains("root:"));
  CHECK(fixture.Client().Get("/health")->status == 200);
}

TEST_CASE("OpsServer: more clients than threads are all served", "[service]") {
  Fixture fixture;
  std::vector<std::thread> clients;
  std::atomic<int> good = 0;
  for (int i = 0; i < 8; ++i) {
    clients.emplace_back([&] {
      for (int n = 0; n < 5; ++n) {
        const auto response = fixture.Client().Get("/metrics");
        if (response && response->status == 200) ++good;
      }
    });
  }
  for (std::thread& client : clients) client.join();
  CHECK(good == 8 * 5);
}

TEST_CASE("OpsServer: a port in use is refused, not shared", "[service]") {
  Fixture fixture;
  const auto second = OpsServer::Start({"127.0.0.1", fixture.server->port()}, fixture.handler);
  REQUIRE_FALSE(second.ok());
  CHECK_THAT(MessageOf(second.status()),
             Contains("127.0.0.1:" + std::to_string(fixture.server->port())) &&
                 Contains("in use") && Contains("--http_port"));
}

TEST_CASE("OpsServer: an unknown address is refused", "[service]") {
  Fixture fixture;
  CHECK_FALSE(OpsServer::Start({"no.such.host.invalid", 0}, fixture.handler).ok());
}

}  // namespace
}  // namespace evx::service
