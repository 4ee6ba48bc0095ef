#include "evx/net/http_server.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "evx/core/testing/seed.h"
#include "evx/net/testing/raw_http_client.h"
#include "server_fixture.h"

namespace evx::net {
namespace {

using testing::RawHttpClient;

constexpr char kHost[] = "Host: test\r\n";

std::string Get(const std::string& target) {
  return "GET " + target + " HTTP/1.1\r\n" + kHost + "\r\n";
}

std::string Post(const std::string& target, const std::string& body,
                 const std::string& headers = "") {
  return "POST " + target + " HTTP/1.1\r\n" + kHost + headers +
         "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

}  // namespace

TEST_CASE("HttpServer: requests of one connection are answered one after the other", "[net]") {
  const auto server = StartServer({}, Echo);
  RawHttpClient client(server->port());
  for (int i = 0; i < 3; ++i) {
    REQUIRE(client.Send(Post("/a?b=c", "hello")));
    const auto response = client.Receive();
    REQUIRE(response);
    CHECK(response->status == 200);
    CHECK(response->body == "POST /a?b=c hello");
    CHECK(response->Header("Content-Type") == "text/plain");
    CHECK(response->Header("Date").size() == std::string("Sun, 06 Nov 1994 08:49:37 GMT").size());
    CHECK(response->Header("Connection").empty());
  }
  CHECK(server->stats().requests_total == 3);
  CHECK(server->stats().connections_accepted_total == 1);
}

TEST_CASE("HttpServer: a chunked body arrives decoded", "[net]") {
  const auto server = StartServer({}, Echo);
  RawHttpClient client(server->port());
  REQUIRE(
      client.Send("PUT /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n"));
  REQUIRE(client.Send("2\r\nde\r\n0\r\n\r\n"));
  CHECK(client.Receive()->body == "PUT /c abcde");
}

TEST_CASE("HttpServer: pipelined answers leave in the order of the requests", "[net]") {
  std::mt19937_64 random(evx::testing::TestSeed("HttpServer"));
  constexpr int kRequests = 100;
  Inbox inbox;
  // One in three is answered at once, the others later in a random order.
  const auto server = StartServer({.thread_count = 2, .max_pipelined = kRequests},
                                  [&](HttpRequest& request, HttpResponder responder) {
                                    if (request.path() == "/now") {
                                      Echo(request, std::move(responder));
                                    } else {
                                      inbox.Put(request, std::move(responder));
                                    }
                                  });
  RawHttpClient client(server->port());
  std::string bytes;
  int later = 0;
  for (int i = 0; i < kRequests; ++i) {
    const bool now = i % 3 == 0;
    later += now ? 0 : 1;
    bytes += Get((now ? "/now?" : "/later?") + std::to_string(i));
  }
  REQUIRE(client.Send(bytes));
  std::vector<Inbox::Item> items;
  for (int i = 0; i < later; ++i) items.push_back(inbox.Take());
  std::shuffle(items.begin(), items.end(), random);
  std::thread releasing([&] {
    HttpResponseBatch batch;
    for (std::size_t i = 0; i < items.size(); ++i) {
      HttpResponse response = Text("GET " + std::string(items[i].request.target()) + " ");
      if (i % 2 == 0) {
        items[i].responder.Send(std::move(response));
      } else {
        batch.Add(std::move(items[i].responder), std::move(response));
      }
    }
  });
  for (int i = 0; i < kRequests; ++i) {
    const auto response = client.Receive();
    REQUIRE(response);
    CHECK(response->body == (i % 3 == 0 ? "GET /now?" : "GET /later?") + std::to_string(i) + " ");
  }
  releasing.join();
}

TEST_CASE("HttpServer: answers of many connections from many threads find their requests",
          "[net]") {
  constexpr int kConnections = 200;
  constexpr int kRequestsEach = 5;
  constexpr int kThreads = 4;
  Inbox inbox;
  const auto server =
      StartServer({.thread_count = 2}, [&](HttpRequest& request, HttpResponder responder) {
        inbox.Put(request, std::move(responder));
      });
  std::vector<RawHttpClient> clients;
  clients.reserve(kConnections);
  for (int c = 0; c < kConnections; ++c) clients.emplace_back(server->port());
  for (int c = 0; c < kConnections; ++c) {
    for (int i = 0; i < kRequestsEach; ++i) {
      REQUIRE(clients[c].SendGet("/" + std::to_string(c) + "/" + std::to_string(i)));
    }
  }
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < kConnections * kRequestsEach / kThreads; ++i) {
        Inbox::Item item = inbox.Take();
        item.responder.Send(Text(std::string(item.request.target())));
      }
    });
  }
  for (int c = 0; c < kConnections; ++c) {
    for (int i = 0; i < kRequestsEach; ++i) {
      CHECK(clients[c].Receive()->body == "/" + std::to_string(c) + "/" + std::to_string(i));
    }
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(server->stats().connections_open == kConnections);
}

TEST_CASE("HttpServer: a request that is never answered is answered 500", "[net]") {
  const auto server = StartServer({}, [](HttpRequest& request, HttpResponder responder) {
    if (request.path() == "/ok") Echo(request, std::move(responder));
    if (request.path() == "/throw") throw std::runtime_error("handler");
  });
  RawHttpClient client(server->port());
  REQUIRE(client.Send(Get("/drop") + Get("/ok") + Get("/throw") + Get("/ok")));
  CHECK(client.Receive()->status == 500);
  CHECK(client.Receive()->status == 200);
  CHECK(client.Receive()->status == 500);
  CHECK(client.Receive()->status == 200);
}

TEST_CASE("HttpServer: a withheld answer ends the connection behind the answers before it",
          "[net]") {
  const auto server = StartServer({}, [](HttpRequest& request, HttpResponder responder) {
    if (request.path() == "/ok") return Echo(request, std::move(responder));
    HttpResponse response;
    response.withheld = true;
    responder.Send(std::move(response));
  });
  RawHttpClient client(server->port());
  REQUIRE(client.Send(Get("/ok") + Get("/cut") + Get("/ok")));
  CHECK(client.Receive()->status == 200);
  CHECK_FALSE(client.Receive());
}

TEST_CASE("HttpServer: a responder outlives its connection and its server", "[net]") {
  Inbox inbox;
  auto server = StartServer({}, [&](HttpRequest& request, HttpResponder responder) {
    inbox.Put(request, std::move(responder));
  });
  RawHttpClient gone(server->port());
  REQUIRE(gone.SendGet("/1"));
  Inbox::Item first = inbox.Take();
  gone.Abort();
  RawHttpClient client(server->port());
  REQUIRE(client.SendGet("/2"));
  Inbox::Item second = inbox.Take();
  REQUIRE(client.SendGet("/3"));
  Inbox::Item third = inbox.Take();
  first.responder.Send(Text("nobody reads this"));
  second.responder.Send(Text("two"));
  CHECK(client.Receive()->body == "two");
  server.reset();
  third.responder.Send(Text("too late"));
  CHECK_FALSE(client.Receive());
}

TEST_CASE("HttpServer: HEAD gets the length and no body", "[net]") {
  const auto server = StartServer({}, Echo);
  RawHttpClient client(server->port());
  REQUIRE(client.Send("HEAD /h HTTP/1.1\r\nHost: a\r\n\r\n" + Get("/g")));
  const auto head = client.Receive(/*is_head=*/true);
  REQUIRE(head);
  CHECK(head->Header("Content-Length") == std::to_string(std::string("HEAD /h ").size()));
  CHECK(client.Receive()->body == "GET /g ");
}

TEST_CASE("HttpServer: 204 and 304 carry no body and no length", "[net]") {
  const int status = GENERATE(204, 304);
  const auto server = StartServer({}, [&](HttpRequest&, HttpResponder responder) {
    responder.Send({.status = status, .body = "left out"});
  });
  RawHttpClient client(server->port());
  REQUIRE(client.Send(Get("/") + Get("/")));
  for (int i = 0; i < 2; ++i) {
    const auto response = client.Receive();
    REQUIRE(response);
    CHECK(response->status == status);
    CHECK(response->Header("Content-Length").empty());
  }
}

TEST_CASE("HttpServer: a response header can not be forged by its value", "[net]") {
  const auto server = StartServer({}, [](HttpRequest&, HttpResponder responder) {
    responder.Send({.headers = {{"X-Good", "yes"},
                                {"X-Split", "a\r\nX-Forged: b"},
                                {"X Bad", "name"},
                                {"X-Nul", std::string("a\0b", 3)}}});
  });
  RawHttpClient client(server->port());
  REQUIRE(client.Send(Get("/")));
  const auto response = client.Receive();
  REQUIRE(response);
  CHECK(response->Header("X-Good") == "yes");
  CHECK(response->Header("X-Split").empty());
  CHECK(response->Header("X-Forged").empty());
  CHECK(response->Header("X-Nul").empty());
}

TEST_CASE("HttpServer: the client decides whether the connection is kept", "[net]") {
  const auto server = StartServer({}, Echo);
  SECTION("Connection: close ends it after the answer") {
    RawHttpClient client(server->port());
    REQUIRE(client.Send("GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n" + Get("/unread")));
    CHECK(client.Receive()->Header("Connection") == "close");
    CHECK_FALSE(client.Receive());
  }
  SECTION("HTTP/1.0 ends it after the answer") {
    RawHttpClient client(server->port());
    REQUIRE(client.Send("GET / HTTP/1.0\r\n\r\n"));
    CHECK(client.Receive()->Header("Connection") == "close");
    CHECK_FALSE(client.Receive());
  }
  SECTION("HTTP/1.0 with keep-alive keeps it") {
    RawHttpClient client(server->port());
    for (int i = 0; i < 2; ++i) {
      REQUIRE(client.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"));
      CHECK(client.Receive()->Header("Connection") == "keep-alive");
    }
  }
}

TEST_CASE("HttpServer: a client that has finished sending still gets its answers", "[net]") {
  Inbox inbox;
  const auto server = StartServer({}, [&](HttpRequest& request, HttpResponder responder) {
    inbox.Put(request, std::move(responder));
  });
  RawHttpClient client(server->port());
  REQUIRE(client.Send(Get("/1") + Get("/2") + "GET /half"));
  client.FinishSending();
  for (int i = 0; i < 2; ++i) inbox.Take().responder.Send(Text("answer"));
  CHECK(client.Receive()->body == "answer");
  CHECK(client.Receive()->body == "answer");
  CHECK_FALSE(client.Receive());
}

TEST_CASE("HttpServer: 100 Continue is sent when its turn has come", "[net]") {
  Inbox inbox;
  const auto server = StartServer({}, [&](HttpRequest& request, HttpResponder responder) {
    if (request.path() == "/later") {
      inbox.Put(request, std::move(responder));
    } else {
      Echo(request, std::move(responder));
    }
  });
  RawHttpClient client(server->port());
  REQUIRE(client.Send(Get("/later") +
                      "POST /p HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
                      "2\r\n\r\n"));
  Inbox::Item item = inbox.Take();
  item.responder.Send(Text("first"));
  CHECK(client.Receive()->body == "first");
  CHECK(client.Receive()->status == 100);
  REQUIRE(client.Send("hi"));
  CHECK(client.Receive()->body == "POST /p hi");
}

TEST_CASE("HttpServer: a body that is too large is refused instead of continued", "[net]") {
  const auto server = StartServer({.max_body_bytes = 10}, Echo);
  RawHttpClient client(server->port());
  REQUIRE(client.Send(
      "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 11\r\n\r\n"));
  CHECK(client.Receive()->status == 413);
  CHECK(client.AwaitClose());
}

TEST_CASE("HttpServer: the request names its connection and its peer", "[net]") {
  const auto server = StartServer({}, [](HttpRequest& request, HttpResponder responder) {
    const HttpRequest moved = std::move(request);
    responder.Send(Text(std::string(moved.remote_address()) + " " +
                        std::to_string(static_cast<std::uint64_t>(moved.connection_id()))));
  });
  RawHttpClient first(server->port());
  REQUIRE(first.Send(Get("/") + Get("/")));
  const std::string answer = first.Receive()->body;
  CHECK(answer == "127.0.0.1 1");
  CHECK(first.Receive()->body == answer);
  RawHttpClient second(server->port());
  REQUIRE(second.Send(Get("/")));
  CHECK(second.Receive()->body == "127.0.0.1 2");
}

TEST_CASE("HttpServer: its own refusals take the form that was asked for", "[net]") {
  const auto server =
      StartServer({.error_response =
                       [](const HttpError& error) {
                         return HttpResponse{.body = "E" + std::to_string(error.status),
                                             .headers = {{"X-Reason", std::string(error.reason)}}};
                       }},
                  Echo);
  RawHttpClient client(server->port());
  REQUIRE(client.Send(Get("/fine") + "GET / HTTP/3.0\r\n\r\n"));
  CHECK(client.Receive()->status == 200);
  const auto response = client.Receive();
  REQUIRE(response);
  CHECK(response->status == 505);
  CHECK(response->body == "E505");
  CHECK(response->Header("X-Reason") == "HTTP version is neither 1.0 nor 1.1");
  CHECK(response->Header("Connection") == "close");
  CHECK(client.AwaitClose());
  CHECK(server->stats().errors_total == 1);
}

TEST_CASE("HttpServer: requests that stand in line at the same time are of one round", "[net]") {
  const auto server = StartServer({}, [](HttpRequest& request, HttpResponder responder) {
    responder.Send(Text(std::to_string(request.round())));
  });
  RawHttpClient client(server->port());
  const auto round = [&client] { return std::stoull(client.Receive()->body); };
  REQUIRE(client.Send(Get("/") + Get("/") + Get("/")));
  const auto first = round();
  CHECK(first > 0);
  CHECK(round() == first);
  CHECK(round() == first);
  REQUIRE(client.Send(Get("/")));
  CHECK(round() == first + 1);
}

TEST_CASE("HttpServer: large bodies pass both ways", "[net]") {
  const auto server = StartServer({.max_body_bytes = 8 << 20}, Echo);
  RawHttpClient client(server->port());
  std::string body(5 << 20, 'x');
  for (std::size_t i = 0; i < body.size(); i += 997) body[i] = static_cast<char>('a' + i % 26);
  for (int i = 0; i < 2; ++i) {
    REQUIRE(client.Send(Post("/big", body)));
    CHECK(client.Receive()->body == "POST /big " + body);
  }
}

TEST_CASE("HttpServer: faulty options are named", "[net]") {
  const auto start = [](HttpServer::Options options) {
    return HttpServer::Start(std::move(options), Echo).status();
  };
  CHECK(start({.address = "example.invalid"}).code() == absl::StatusCode::kInvalidArgument);
  CHECK(start({.thread_count = 0}).code() == absl::StatusCode::kInvalidArgument);
  CHECK(start({.max_header_bytes = 1}).code() == absl::StatusCode::kInvalidArgument);
  CHECK(start({.idle_timeout = absl::ZeroDuration()}).code() == absl::StatusCode::kInvalidArgument);
  CHECK(start({.tls = {.certificate_chain_file = "only.pem"}}).code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK(start({.tls = {"/nonexistent/a.pem", "/nonexistent/b.pem"}}).code() ==
        absl::StatusCode::kInvalidArgument);
  const auto server = StartServer({}, Echo);
  CHECK(start({.port = server->port()}).code() == absl::StatusCode::kUnavailable);
}

}  // namespace evx::net
