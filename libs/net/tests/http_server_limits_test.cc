#include <sys/resource.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "evx/core/testing/seed.h"
#include "evx/net/http_server.h"
#include "evx/net/testing/raw_http_client.h"
#include "server_fixture.h"

namespace evx::net {
namespace {

using testing::RawHttpClient;

constexpr absl::Duration kShort = absl::Milliseconds(80);

std::string Get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n";
}

// Room for both ends of `connections` in this process, as far as the system allows it; returns how
// many fit.
int AllowConnections(int connections) {
  constexpr rlim_t kOthers = 100;
  rlimit limit{};
  EVX_CHECK(::getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const rlim_t wanted = 2 * static_cast<rlim_t>(connections) + kOthers;
  if (limit.rlim_cur < wanted) {
    limit.rlim_cur = std::min(limit.rlim_max, wanted);
    EVX_CHECK(::setrlimit(RLIMIT_NOFILE, &limit) == 0);
  }
  return std::min(connections, static_cast<int>((limit.rlim_cur - kOthers) / 2));
}

// Feeds one byte at a time, so slowly that only a limit on the whole can end it, until the server
// answers.
void Trickle(RawHttpClient& client, char byte) {
  while (client.IsQuietFor(5)) {
    if (!client.Send(std::string_view(&byte, 1))) return;
  }
}

// A connection whose request was answered 200. A server with a short idle_timeout may end one
// before a busy machine has sent its request; then there is another one.
struct Answered {
  Answered(std::uint16_t port, const std::string& request) {
    constexpr int kCountMax = 1'000;
    while (!response) {
      REQUIRE(++connection_count < kCountMax);
      client.emplace(port);
      client->Send(request);
      response = client->Receive();
    }
    REQUIRE(response->status == 200);
  }

  int connection_count = 0;
  std::optional<RawHttpClient> client;
  std::optional<HttpClientResponse> response;
};

}  // namespace

TEST_CASE("HttpServer limits: header and body of the greatest size pass, one byte more does not",
          "[net]") {
  const auto server = StartServer({.max_header_bytes = 300, .max_body_bytes = 50}, Echo);
  const auto request = [](std::size_t header_bytes, std::size_t body_bytes) {
    std::string head =
        "POST / HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body_bytes) +
        "\r\nX: ";
    head.append(header_bytes - head.size() - 4, 'x').append("\r\n\r\n");
    return head + std::string(body_bytes, 'b');
  };
  const auto status_of = [&](std::size_t header_bytes, std::size_t body_bytes) {
    RawHttpClient client(server->port());
    REQUIRE(client.Send(request(header_bytes, body_bytes)));
    const auto response = client.Receive();
    return response ? response->status : 0;
  };
  CHECK(status_of(300, 50) == 200);
  CHECK(status_of(301, 50) == 431);
  CHECK(status_of(300, 51) == 413);
}

TEST_CASE("HttpServer limits: a refusal reaches a client that is still sending", "[net]") {
  const auto server = StartServer({.max_body_bytes = 1000}, Echo);
  RawHttpClient client(server->port());
  REQUIRE(client.Send("POST / HTTP/1.1\r\nHost: test\r\nContent-Length: 300000\r\n\r\n"));
  client.Send(std::string(300'000, 'x'));
  const auto response = client.Receive();
  REQUIRE(response);
  CHECK(response->status == 413);
}

TEST_CASE("HttpServer limits: a header that trickles is cut off", "[net]") {
  const auto server = StartServer({.header_timeout = kShort}, Echo);
  RawHttpClient client(server->port());
  REQUIRE(client.Send("GET / HTTP/1.1\r\nX: "));
  Trickle(client, 'x');
  const auto response = client.Receive();
  REQUIRE(response);
  CHECK(response->status == 408);
  CHECK(client.AwaitClose());
  CHECK(server->stats().timeouts_total == 1);
}

TEST_CASE("HttpServer limits: a body that trickles is cut off", "[net]") {
  const auto server = StartServer({.body_timeout = kShort}, Echo);
  RawHttpClient client(server->port());
  REQUIRE(client.Send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n"));
  Trickle(client, 'x');
  const auto response = client.Receive();
  REQUIRE(response);
  CHECK(response->status == 408);
  CHECK(client.AwaitClose());
}

TEST_CASE("HttpServer limits: an idle connection is closed", "[net]") {
  const auto server = StartServer({.idle_timeout = kShort}, Echo);
  RawHttpClient silent(server->port());
  CHECK_FALSE(silent.Receive());
  Answered used(server->port(), Get("/"));
  CHECK_FALSE(used.client->Receive());
  CHECK(server->stats().timeouts_total == static_cast<std::uint64_t>(1 + used.connection_count));
}

TEST_CASE("HttpServer limits: a request in the handler is not idle", "[net]") {
  Inbox inbox;
  const auto server =
      StartServer({.header_timeout = kShort, .body_timeout = kShort, .idle_timeout = kShort},
                  [&](HttpRequest& request, HttpResponder responder) {
                    inbox.Put(request, std::move(responder));
                  });
  std::optional<RawHttpClient> client;
  while (inbox.size() == 0) {  // Where it was idle before its request was there, another one.
    client.emplace(server->port());
    client->Send(Get("/slow"));
    while (inbox.size() == 0 && client->IsQuietFor(5)) continue;
  }
  Inbox::Item item = inbox.Take();
  CHECK(client->IsQuietFor(400));
  item.responder.Send(Text("at last"));
  const auto response = client->Receive();
  REQUIRE(response);
  CHECK(response->body == "at last");
}

TEST_CASE("HttpServer limits: a client that does not read is cut off", "[net]") {
  const auto server = StartServer({.write_timeout = kShort}, [](HttpRequest&, HttpResponder r) {
    r.Send(Text(std::string(1 << 20, 'x')));
  });
  RawHttpClient client(server->port());
  for (int i = 0; i < 64; ++i) {
    if (!client.Send(Get("/"))) break;
  }
  // Nothing is read until the server has given up.
  while (server->stats().timeouts_total == 0) std::this_thread::yield();
  CHECK(server->stats().requests_total < 64);
  CHECK(client.AwaitClose());
}

TEST_CASE("HttpServer limits: pipelined requests without an answer are bounded", "[net]") {
  constexpr std::size_t kPipelined = 4;
  Inbox inbox;
  const auto server = StartServer({.max_pipelined = kPipelined},
                                  [&](HttpRequest& request, HttpResponder responder) {
                                    inbox.Put(request, std::move(responder));
                                  });
  RawHttpClient client(server->port());
  std::string bytes;
  for (int i = 0; i < 20; ++i) bytes += Get("/" + std::to_string(i));
  REQUIRE(client.Send(bytes));
  for (std::size_t i = 0; i < 20; ++i) {
    Inbox::Item item = inbox.Take();
    CHECK(inbox.size() < kPipelined);
    CHECK(server->stats().requests_total <= i + kPipelined);
    item.responder.Send(Text(std::string(item.request.target())));
    CHECK(client.Receive()->body == "/" + std::to_string(i));
  }
}

TEST_CASE("HttpServer limits: one connection too many is refused until another ends", "[net]") {
  const auto server = StartServer({.max_connections = 2}, Echo);
  RawHttpClient first(server->port());
  RawHttpClient second(server->port());
  REQUIRE(first.Send(Get("/")));
  REQUIRE(second.Send(Get("/")));
  CHECK(first.Receive()->status == 200);
  CHECK(second.Receive()->status == 200);
  {
    RawHttpClient third(server->port());
    CHECK(third.Receive()->status == 503);
    CHECK(third.AwaitClose());
  }
  CHECK(server->stats().connections_refused_total == 1);
  first.Abort();
  while (server->stats().connections_open == 2) std::this_thread::yield();
  RawHttpClient fourth(server->port());
  REQUIRE(fourth.Send(Get("/")));
  CHECK(fourth.Receive()->status == 200);
}

TEST_CASE("HttpServer drain: what has begun is finished and nothing else is taken", "[net]") {
  Inbox inbox;
  const auto server =
      StartServer({.thread_count = 2}, [&](HttpRequest& request, HttpResponder responder) {
        inbox.Put(request, std::move(responder));
      });
  RawHttpClient waiting(server->port());
  REQUIRE(waiting.Send(Get("/1") + Get("/2")));
  Inbox::Item first = inbox.Take();
  Inbox::Item second = inbox.Take();
  RawHttpClient half(server->port());
  REQUIRE(half.Send(Get("/3") + "POST /4 HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nab"));
  Inbox::Item third = inbox.Take();
  third.responder.Send(Text("three"));
  CHECK(half.Receive()->body == "three");
  // Threads take connections in turn: each of the two has one that is idle.
  RawHttpClient idle(server->port());
  RawHttpClient another_idle(server->port());
  while (server->stats().connections_open != 4) std::this_thread::yield();

  bool finished = false;
  std::thread draining([&] { finished = server->Drain(absl::Seconds(20)); });
  // Closed: the drain has begun on both threads.
  CHECK_FALSE(idle.Receive());
  CHECK_FALSE(another_idle.Receive());
  first.responder.Send(Text("one"));
  second.responder.Send(Text("two"));
  const auto one = waiting.Receive();
  REQUIRE(one);
  CHECK(one->body == "one");
  const auto two = waiting.Receive();
  REQUIRE(two);
  CHECK(two->body == "two");
  CHECK(two->Header("Connection") == "close");
  CHECK_FALSE(waiting.Receive());
  REQUIRE(half.Send("cd"));
  Inbox::Item fourth = inbox.Take();
  CHECK(fourth.request.body() == "abcd");
  fourth.responder.Send(Text("four"));
  const auto four = half.Receive();
  REQUIRE(four);
  CHECK(four->body == "four");
  CHECK(four->Header("Connection") == "close");
  // The answers are complete; the clients close as a client does after Connection: close.
  waiting.FinishSending();
  half.FinishSending();
  draining.join();
  CHECK(finished);
  CHECK(server->stats().connections_open == 0);
}

TEST_CASE("HttpServer drain: what is not done in time is cut off", "[net]") {
  Inbox inbox;
  const auto server = StartServer({}, [&](HttpRequest& request, HttpResponder responder) {
    inbox.Put(request, std::move(responder));
  });
  RawHttpClient client(server->port());
  REQUIRE(client.Send(Get("/never")));
  Inbox::Item item = inbox.Take();
  CHECK_FALSE(server->Drain(absl::Milliseconds(50)));
  CHECK_FALSE(client.Receive());
  item.responder.Send(Text("late"));
}

TEST_CASE("HttpServer: hostile bytes never stop it from serving others", "[net]") {
  std::mt19937_64 random(evx::testing::TestSeed("HttpServer"));
  const auto below = [&](std::size_t bound) { return static_cast<std::size_t>(random() % bound); };
  const auto server = StartServer({.max_header_bytes = 2048,
                                   .max_body_bytes = 2048,
                                   .header_timeout = kShort,
                                   .body_timeout = kShort,
                                   .idle_timeout = kShort},
                                  Echo);
  const std::vector<std::string> valid = {
      Get("/trade-api/v2/markets?status=open"),
      "POST /o HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
      "POST /o HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
      "POST /o HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\nx"};
  constexpr int kConnections = 400;
  for (int i = 0; i < kConnections; ++i) {
    RawHttpClient hostile(server->port());
    std::string bytes;
    for (std::size_t k = 1 + below(3); k > 0; --k) bytes += valid[below(valid.size())];
    for (std::size_t edits = 1 + below(6); edits > 0; --edits) {
      bytes[below(bytes.size())] = static_cast<char>(random());
    }
    while (!bytes.empty()) {
      const std::size_t piece = 1 + below(bytes.size());
      if (!hostile.Send(std::string_view(bytes).substr(0, piece))) break;
      bytes.erase(0, piece);
    }
    switch (below(4)) {
      case 0:
        hostile.Abort();
        break;
      case 1:
        hostile.FinishSending();
        CHECK(hostile.AwaitClose());
        break;
      case 2:
        CHECK(hostile.AwaitClose());
        break;
      case 3:
        break;
    }
    REQUIRE(Answered(server->port(), Get("/alive")).response->body == "GET /alive ");
  }
  CHECK(server->Drain(absl::Seconds(20)));
}

TEST_CASE("HttpServer: two thousand connections are served at once", "[net]") {
  const int connections = AllowConnections(2000);
  const auto server = StartServer({.thread_count = 2}, Echo);
  std::vector<RawHttpClient> clients;
  clients.reserve(static_cast<std::size_t>(connections));
  for (int i = 0; i < connections; ++i) clients.emplace_back(server->port());
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < connections; ++i) {
      REQUIRE(clients[static_cast<std::size_t>(i)].Send(Get("/" + std::to_string(i))));
    }
    for (int i = 0; i < connections; ++i) {
      const auto response = clients[static_cast<std::size_t>(i)].Receive();
      REQUIRE(response);
      REQUIRE(response->body == "GET /" + std::to_string(i) + " ");
    }
  }
  CHECK(server->stats().connections_open == static_cast<std::uint64_t>(connections));
  CHECK(server->Drain(absl::Seconds(20)));
}

}  // namespace evx::net
