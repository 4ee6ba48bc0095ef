#include "evx/kalshi_client/kalshi_client.h"

#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <deque>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "evx/core/status.h"
#include "evx/core/testing/literals.h"
#include "evx/kalshi/error_body.h"
#include "evx/net/http_server.h"

namespace evx::kalshi_client {
namespace {

using evx::testing::operator""_c;
using evx::testing::operator""_x;
using Answer = absl::StatusOr<net::HttpClientResponse>;

// Gives the answers in order and keeps the requests.
class FakeTransport final : public Transport {
 public:
  Answer Send(const net::HttpClientRequest& request) override {
    requests.push_back(request);
    if (answers.empty()) return Unavailable("no answer is left");
    Answer answer = std::move(answers.front());
    answers.pop_front();
    return answer;
  }
  std::deque<Answer> answers;
  std::vector<net::HttpClientRequest> requests;
};

Answer Ok(std::string body, int status = 200) {
  return net::HttpClientResponse{.status = status, .headers = {}, .body = std::move(body)};
}

Answer Refusal(const kalshi::ErrorCode& code) {
  return Ok(kalshi::ErrorBody(kalshi::MakeError(code)), code.http_status);
}

// A client over a FakeTransport, with its sleeps written down.
struct Bench {
  explicit Bench(std::vector<Answer> answers, std::optional<kalshi::PrivateKey> key = std::nullopt)
      : transport(new FakeTransport),
        clock(Timestamp::FromMillis(1'785'000'000'123)),
        client(std::unique_ptr<Transport>(transport), "/trade-api/v2", key ? "key-1" : "", key,
               RetryPolicy{}, clock, [this](absl::Duration pause) {
                 sleeps.push_back(pause);
                 clock.AdvanceBy(pause);
               }) {
    for (auto& answer : answers) transport->answers.push_back(std::move(answer));
  }
  const net::HttpClientRequest& request(std::size_t i = 0) { return transport->requests.at(i); }

  FakeTransport* transport;
  ManualClock clock;
  std::vector<absl::Duration> sleeps;
  KalshiClient client;
};

const kalshi::CreateOrderRequest kOrder{
    .ticker = "T", .client_order_id = "c", .side = BookSide::kBid, .price = 56_c, .count = 10_x};
constexpr char kCreated[] =
    R"({"order_id":"o","fill_count":"0.00","remaining_count":"10.00","ts_ms":5})";

TEST_CASE("KalshiClient: a request is signed over time, method and path without query",
          "[kalshi_client]") {
  const auto key = kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
  REQUIRE(key.ok());
  Bench bench({Ok(R"({"orders":[],"cursor":""})")}, *key);
  kalshi::OrdersQuery query;
  query.ticker = "T";
  REQUIRE(bench.client.GetOrders(query).ok());
  const auto& request = bench.request();
  CHECK(request.target == "/trade-api/v2/portfolio/orders?ticker=T");
  REQUIRE(request.headers.size() == 3);
  CHECK(request.headers[0].value == "key-1");
  CHECK(request.headers[1].value == "1785000000123");
  CHECK(kalshi::VerifyRequest(key->public_key(), request.headers[1].value, "GET",
                              "/trade-api/v2/portfolio/orders", request.headers[2].value));
}

TEST_CASE("KalshiClient: a retry is signed anew", "[kalshi_client]") {
  const auto key = kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
  Bench bench({Refusal(kalshi::error::kTooManyRequests), Ok(kCreated, 201)}, *key);
  REQUIRE(bench.client.CreateOrder(kOrder).ok());
  CHECK(bench.request(0).headers[1].value == "1785000000123");
  const auto& retry = bench.request(1);
  CHECK(retry.headers[1].value == "1785000000223");
  CHECK(kalshi::VerifyRequest(key->public_key(), retry.headers[1].value, "POST", retry.target,
                              retry.headers[2].value));
}

TEST_CASE("KalshiClient: creating an order sends the venue's body", "[kalshi_client]") {
  Bench bench({Ok(kCreated, 201)});
  const auto created = bench.client.CreateOrder(kOrder);
  REQUIRE(created.ok());
  CHECK(created->order_id == "o");
  CHECK(created->remaining_count == 10_x);
  CHECK(bench.request().method == net::HttpMethod::kPost);
  CHECK(bench.request().target == "/trade-api/v2/portfolio/events/orders");
  CHECK(*kalshi::DecodeCreateOrder(bench.request().body) == kOrder);
}

TEST_CASE("KalshiClient: every verb has its method, path and query", "[kalshi_client]") {
  kalshi::ScopeQuery scope;
  scope.subaccount = SubaccountNumber{2};
  const std::string canceled = R"({"order_id":"a/b","reduced_by":"1.00","ts_ms":5})";
  const std::string none;
  Bench bench({Ok(canceled), Ok(R"({"orders":[]})"), Ok(none, 204), Ok("{}"), Ok("{}"), Ok("{}"),
               Ok(R"({"order_id":"o","remaining_count":"1.00","ts_ms":5})"),
               Ok(R"({"order_id":"o","ts_ms":5})")});
  CHECK(bench.client
            .CancelOrder({.order_id = "a/b",
                          .subaccount = SubaccountNumber{2},
                          .exchange_index = -1,
                          .market_ticker = "T"})
            .ok());
  CHECK(bench.client.BatchCancelOrders({{.order_id = "a"}}).ok());
  CHECK(bench.client.CancelAllOrders(SubaccountNumber{2}).ok());
  CHECK(bench.client.TriggerOrderGroup("g", scope).ok());
  CHECK(bench.client.DeleteOrderGroup("g").ok());
  CHECK(bench.client.UpdateOrderGroupLimit("g", 5_x).ok());
  CHECK(bench.client.DecreaseOrder("o", {.reduce_to = 1_x}).ok());
  CHECK(bench.client.AmendOrder("o", {.ticker = "T", .price = 1_c, .count = 1_x}).ok());
  const std::pair<net::HttpMethod, std::string> expected[] = {
      {net::HttpMethod::kDelete,
       "/portfolio/events/orders/a%2Fb?subaccount=2&exchange_index=-1&market_ticker=T"},
      {net::HttpMethod::kDelete, "/portfolio/events/orders/batched"},
      {net::HttpMethod::kDelete, "/portfolio/events/orders?subaccount=2"},
      {net::HttpMethod::kPut, "/portfolio/order_groups/g/trigger?subaccount=2"},
      {net::HttpMethod::kDelete, "/portfolio/order_groups/g"},
      {net::HttpMethod::kPut, "/portfolio/order_groups/g/limit"},
      {net::HttpMethod::kPost, "/portfolio/events/orders/o/decrease"},
      {net::HttpMethod::kPost, "/portfolio/events/orders/o/amend"}};
  for (std::size_t i = 0; i < std::size(expected); ++i) {
    CHECK(bench.request(i).method == expected[i].first);
    CHECK(bench.request(i).target == "/trade-api/v2" + expected[i].second);
  }
}

TEST_CASE("KalshiClient: a definite refusal is given at once with the venue's code",
          "[kalshi_client]") {
  for (const auto& code : {kalshi::error::kInvalidOrder, kalshi::error::kPermissionDenied,
                           kalshi::error::kNotFound, kalshi::error::kOrderAlreadyExists,
                           kalshi::error::kTradingIsPaused, kalshi::error::kDeprecatedV1Order}) {
    Bench bench({Refusal(code)});
    const auto created = bench.client.CreateOrder(kOrder);
    REQUIRE_FALSE(created.ok());
    CHECK(kalshi::VenueCode(created.status()) == code.code);
    CHECK_FALSE(IsOutcomeUnknown(created.status()));
    CHECK(bench.transport->requests.size() == 1);
    CHECK(bench.sleeps.empty());
  }
}

TEST_CASE("KalshiClient: what cannot have happened is sent again with growing pauses",
          "[kalshi_client]") {
  Bench bench(
      {Unavailable("refused"), Refusal(kalshi::error::kTooManyRequests), Ok(kCreated, 201)});
  CHECK(bench.client.CreateOrder(kOrder).ok());
  CHECK(bench.sleeps ==
        std::vector<absl::Duration>{absl::Milliseconds(100), absl::Milliseconds(200)});

  Bench given_up({Refusal(kalshi::error::kTooManyRequests),
                  Refusal(kalshi::error::kTooManyRequests),
                  Refusal(kalshi::error::kTooManyRequests), Ok(kCreated, 201)});
  const auto created = given_up.client.CreateOrder(kOrder);
  CHECK(created.status().code() == absl::StatusCode::kResourceExhausted);
  CHECK(given_up.transport->requests.size() == 3);
}

TEST_CASE("KalshiClient: a write whose outcome is unknown is not sent again", "[kalshi_client]") {
  const std::vector<Answer> answers = {Answer(absl::DeadlineExceededError("no answer")),
                                       Answer(absl::UnknownError("broken")),
                                       Ok("", 408),
                                       Ok("<html>", 502),
                                       Refusal(kalshi::error::kServiceUnavailable),
                                       Ok("not json", 201)};
  for (const Answer& answer : answers) {
    Bench bench({answer});
    const auto created = bench.client.CreateOrder(kOrder);
    CHECK(IsOutcomeUnknown(created.status()));
    CHECK(bench.transport->requests.size() == 1);
  }
}

TEST_CASE("KalshiClient: a read is sent again whatever went wrong on the way", "[kalshi_client]") {
  const std::string balance =
      R"({"balance":1234,"balance_dollars":"12.3456","portfolio_value":0,"updated_ts":5})";
  Bench bench({Ok("<html>", 502), absl::DeadlineExceededError("no answer"), Ok(balance)});
  const auto response = bench.client.GetBalance();
  REQUIRE(response.ok());
  CHECK(response->balance == Money::FromMicros(12'345'600));
  CHECK(bench.transport->requests.size() == 3);
}

TEST_CASE("KalshiClient: lists are read page by page to the end", "[kalshi_client]") {
  const auto page = [](std::vector<kalshi::Order> orders, std::string cursor) {
    return Ok(kalshi::EncodeJson(kalshi::OrdersResponse{std::move(orders), std::move(cursor)}));
  };
  const kalshi::Order order{.created_time = Timestamp::FromSeconds(1)};
  Bench bench({page({order, order}, "next"), page({order}, "")});
  const auto all = bench.client.GetAllOrders({}, 10);
  REQUIRE(all.ok());
  CHECK(all->size() == 3);
  CHECK(bench.request(0).target == "/trade-api/v2/portfolio/orders?limit=1000");
  CHECK(bench.request(1).target == "/trade-api/v2/portfolio/orders?limit=1000&cursor=next");

  Bench endless({page({}, "next")});
  CHECK(endless.client.GetAllOrders({}, 10)->empty());
  Bench too_many({page({order, order}, "next")});
  CHECK(too_many.client.GetAllOrders({}, 1).status().code() ==
        absl::StatusCode::kResourceExhausted);
}

TEST_CASE("KalshiClient: options that make no client are refused by name", "[kalshi_client]") {
  const SystemClock clock;
  const auto message = [&](KalshiClient::Options options) {
    return MessageOf(KalshiClient::Create(std::move(options), clock).status());
  };
  const std::string url = "http://127.0.0.1:1/trade-api/v2";
  CHECK(message({.base_url = "127.0.0.1"}).find("base_url") != std::string::npos);
  CHECK(message({.base_url = url, .key_id = "k"}).find("private_key_file") != std::string::npos);
  CHECK(message({.base_url = url, .key_id = "k", .private_key_file = "/does/not/exist"})
            .find("cannot be read") != std::string::npos);

  char directory[] = "/tmp/evx-kalshi-client-XXXXXX";
  REQUIRE(mkdtemp(directory) != nullptr);
  const std::string file = std::string(directory) + "/key.pem";
  std::ofstream(file) << "not a key";
  CHECK(message({.base_url = url, .key_id = "k", .private_key_file = file}).find("PEM") !=
        std::string::npos);
  std::ofstream(file) << kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519)->ToPem();
  CHECK(
      KalshiClient::Create({.base_url = url + "/", .key_id = "k", .private_key_file = file}, clock)
          .ok());
  std::filesystem::remove_all(directory);
}

TEST_CASE("KalshiClient: works over a real connection", "[kalshi_client]") {
  const auto key = kalshi::PrivateKey::Generate(kalshi::ApiKeyType::kEd25519);
  const kalshi::PublicKey public_key = key->public_key();
  char directory[] = "/tmp/evx-kalshi-client-XXXXXX";
  REQUIRE(mkdtemp(directory) != nullptr);
  const std::string file = std::string(directory) + "/key.pem";
  std::ofstream(file) << key->ToPem();

  auto server =
      net::HttpServer::Start({}, [&](net::HttpRequest& request, net::HttpResponder responder) {
        const bool signed_well = kalshi::VerifyRequest(
            public_key, request.Header(kalshi::kAccessTimestampHeader), request.method_text(),
            request.path(), request.Header(kalshi::kAccessSignatureHeader));
        const auto order = kalshi::DecodeCreateOrder(request.body());
        if (signed_well && order.ok()) {
          responder.Send({.status = 201, .body = kCreated});
        } else {
          const auto code =
              signed_well ? kalshi::error::kNotFound : kalshi::error::kAuthenticationError;
          responder.Send(
              {.status = code.http_status, .body = kalshi::ErrorBody(kalshi::MakeError(code))});
        }
      });
  REQUIRE(server.ok());
  const SystemClock clock;
  const std::string host = "http://127.0.0.1:" + std::to_string((*server)->port());
  auto client = KalshiClient::Create(
      {.base_url = host + "/trade-api/v2", .key_id = kalshi::NewKeyId(), .private_key_file = file},
      clock);
  std::filesystem::remove_all(directory);
  REQUIRE(client.ok());
  CHECK((*client)->CreateOrder(kOrder).ok());
  CHECK(kalshi::VenueCode((*client)->CancelOrder({.order_id = "o"}).status()) == "not_found");
  CHECK(kalshi::VenueCode((*client)->GetBalance().status()) == "not_found");
}

TEST_CASE("KalshiClient: the clock of our exchange lies beside the API", "[kalshi_client]") {
  Bench bench({Ok(R"({"mode":"virtual","exchange_time":"2030-01-02T03:04:05.000000Z","speed":1})"),
               Refusal(kalshi::error::kNotFound)});
  const auto clock = bench.client.GetClock();
  REQUIRE(clock.ok());
  CHECK(bench.request().target == "/evx/v1/clock");
  CHECK(clock->mode == "virtual");
  CHECK(FormatRfc3339(clock->exchange_time) == "2030-01-02T03:04:05.000000Z");
  CHECK(bench.client.GetClock().status().code() == absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace evx::kalshi_client
