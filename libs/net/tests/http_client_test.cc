#include "evx/net/http_client.h"

#include <catch2/catch.hpp>
#include <string>
#include <thread>
#include <vector>

#include "evx/net/http_server.h"
#include "evx/net/testing/raw_http_client.h"
#include "evx/net/testing/test_certificate.h"
#include "server_fixture.h"

namespace evx::net {
namespace {

std::string UrlOf(const HttpServer& server, const std::string& scheme = "http") {
  return scheme + "://127.0.0.1:" + std::to_string(server.port());
}

std::unique_ptr<HttpClient> ConnectTo(HttpClient::Options options) {
  auto client = HttpClient::Create(std::move(options));
  EVX_CHECK(client.ok());
  return *std::move(client);
}

}  // namespace

TEST_CASE("HttpClient: every method carries target, headers and body unchanged", "[net]") {
  const auto server = StartServer({}, [](HttpRequest& request, HttpResponder responder) {
    std::string body(request.method_text());
    body.append(" ").append(request.target()).append(" ").append(request.Header("X-Key"));
    body.append(" ").append(request.body());
    responder.Send({.status = 201, .body = std::move(body), .headers = {{"X-Answer", "42"}}});
  });
  const auto client = ConnectTo({.base_url = UrlOf(*server)});
  for (const HttpMethod method : {HttpMethod::kGet, HttpMethod::kPost, HttpMethod::kPut,
                                  HttpMethod::kDelete, HttpMethod::kPatch}) {
    const std::string body = method == HttpMethod::kGet ? "" : "{}";
    const auto response = client->Send({.method = method,
                                        .target = "/a%2Fb?c=d%20e&f=",
                                        .headers = {{"X-Key", "k"}},
                                        .body = body});
    REQUIRE(response.ok());
    CHECK(response->status == 201);
    CHECK(response->body == std::string(ToString(method)) + " /a%2Fb?c=d%20e&f= k " + body);
    CHECK(response->Header("x-answer") == "42");
  }
  CHECK(server->stats().connections_accepted_total == 1);
}

TEST_CASE("HttpClient: calls of many threads do not wait for each other", "[net]") {
  constexpr int kThreads = 4;
  Inbox inbox;
  const auto server = StartServer({}, [&](HttpRequest& request, HttpResponder responder) {
    inbox.Put(request, std::move(responder));
  });
  const auto client = ConnectTo({.base_url = UrlOf(*server)});
  std::vector<std::thread> threads;
  std::vector<std::string> answers(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      const auto response = client->Get("/" + std::to_string(t));
      if (response.ok()) answers[static_cast<std::size_t>(t)] = response->body;
    });
  }
  std::vector<Inbox::Item> items;
  for (int t = 0; t < kThreads; ++t) items.push_back(inbox.Take());  // All wait at once.
  for (Inbox::Item& item : items) {
    item.responder.Send(Text(std::string(item.request.target())));
  }
  for (std::thread& thread : threads) thread.join();
  for (int t = 0; t < kThreads; ++t) {
    CHECK(answers[static_cast<std::size_t>(t)] == "/" + std::to_string(t));
  }
}

TEST_CASE("HttpClient: failures say whether the request may have been executed", "[net]") {
  Inbox inbox;
  auto server = StartServer({}, [&](HttpRequest& request, HttpResponder responder) {
    if (request.path() == "/now") {
      Echo(request, std::move(responder));
    } else {
      inbox.Put(request, std::move(responder));
    }
  });
  const auto impatient =
      ConnectTo({.base_url = UrlOf(*server), .read_timeout = absl::Milliseconds(50)});
  CHECK(impatient->Post("/late", "{}").status().code() == absl::StatusCode::kDeadlineExceeded);
  const auto client = ConnectTo({.base_url = UrlOf(*server)});
  CHECK(client->Get("/now").ok());
  inbox.Take();
  server.reset();
  CHECK(client->Post("/gone", "{}").status().code() == absl::StatusCode::kUnavailable);
}

TEST_CASE("HttpClient: a kept connection that the server has closed is replaced", "[net]") {
  // Long enough for a request on a machine that is busy.
  const auto server = StartServer({.idle_timeout = absl::Seconds(2)}, Echo);
  const auto client = ConnectTo({.base_url = UrlOf(*server)});
  CHECK(client->Get("/1").ok());
  while (server->stats().connections_open > 0) std::this_thread::yield();
  CHECK(client->Get("/2").ok());
  while (server->stats().connections_open > 0) std::this_thread::yield();
  CHECK(client->Post("/3", "{}").ok());
}

TEST_CASE("HttpClient: an answer of the greatest size passes and one byte more does not", "[net]") {
  const auto server = StartServer({}, [](HttpRequest& request, HttpResponder responder) {
    responder.Send(Text(std::string(request.path() == "/fits" ? 1000 : 1001, 'x')));
  });
  const auto client = ConnectTo({.base_url = UrlOf(*server), .max_response_bytes = 1000});
  CHECK(client->Get("/fits").ok());
  CHECK(client->Get("/larger").status().code() == absl::StatusCode::kResourceExhausted);
  CHECK(client->Get("/fits").ok());
}

TEST_CASE("HttpClient: what cannot be sent safely is refused", "[net]") {
  CHECK(HttpClient::Create({.base_url = "ftp://host"}).status().code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK(HttpClient::Create({.base_url = "http://host/path"}).status().code() ==
        absl::StatusCode::kInvalidArgument);
  CHECK(HttpClient::Create({.base_url = ""}).status().code() == absl::StatusCode::kInvalidArgument);
  const auto client = ConnectTo({.base_url = "http://127.0.0.1:9"});
  for (const char* target : {"", "x", "/a b", "/a\r\nX: y"}) {
    CHECK(client->Get(target).status().code() == absl::StatusCode::kInvalidArgument);
  }
  CHECK(client->Get("/", {{"X", "a\r\nY: b"}}).status().code() ==
        absl::StatusCode::kInvalidArgument);
}

TEST_CASE("TLS: client and server speak TLS 1.3 and check the certificate", "[net]") {
  const testing::TestCertificate certificate;
  const auto server =
      StartServer({.tls = {certificate.certificate_file(), certificate.private_key_file()}}, Echo);
  const auto client = ConnectTo(
      {.base_url = UrlOf(*server, "https"), .ca_certificate_file = certificate.certificate_file()});
  for (int i = 0; i < 3; ++i) {
    const auto response = client->Post("/tls", "secret");
    REQUIRE(response.ok());
    CHECK(response->body == "POST /tls secret");
  }
  CHECK(server->stats().connections_accepted_total == 1);
  const std::string large(700'000, 'x');
  CHECK(client->Post("/large", large)->body == "POST /large " + large);

  const auto distrustful = ConnectTo({.base_url = UrlOf(*server, "https")});
  CHECK(distrustful->Get("/").status().code() == absl::StatusCode::kUnavailable);
}

TEST_CASE("TLS: bytes that are not TLS end the connection and nothing else", "[net]") {
  const testing::TestCertificate certificate;
  const auto server =
      StartServer({.header_timeout = absl::Milliseconds(100),
                   .tls = {certificate.certificate_file(), certificate.private_key_file()}},
                  Echo);
  testing::RawHttpClient plain(server->port());
  plain.SendGet("/");
  CHECK(plain.AwaitClose());
  testing::RawHttpClient silent(server->port());
  CHECK(silent.AwaitClose());  // No handshake within header_timeout.
  const auto client = ConnectTo(
      {.base_url = UrlOf(*server, "https"), .ca_certificate_file = certificate.certificate_file()});
  CHECK(client->Get("/").ok());
  CHECK(server->Drain(absl::Seconds(20)));
}

}  // namespace evx::net
