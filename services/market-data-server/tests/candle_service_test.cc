// The service over a real channel.

#include "rpc/candle_service.h"

#include <grpcpp/client_context.h>

#include <catch2/catch.hpp>
#include <memory>
#include <string>
#include <utility>

#include "candle_messages.h"
#include "evx/rpc/testing/served.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

constexpr std::int64_t kStart = 1'785'934'800;

Timestamp At(std::int64_t seconds) { return Timestamp::FromSeconds(kStart + seconds); }

class ServiceFixture {
 public:
  ServiceFixture()
      : served_(MakeCandleService(
            store, [](std::string_view ticker) { return ticker == "A" || ticker == "QUIET"; })) {}

  grpc::Status Call(const pb::ListCandlesRequest& request, pb::ListCandlesResponse& response) {
    grpc::ClientContext call;
    rpc::SetDeadline(call, absl::Seconds(20));
    return served_.stub().ListCandles(&call, request, &response);
  }
  pb::ListCandlesResponse List(const pb::ListCandlesRequest& request) {
    pb::ListCandlesResponse response;
    const grpc::Status status = Call(request, response);
    INFO(status.error_message());
    REQUIRE(status.ok());
    return response;
  }

  CandleStore store{{}};

 private:
  rpc::testing::Served<pb::CandleService> served_;
};

pb::ListCandlesRequest Minutes(const std::string& ticker) {
  pb::ListCandlesRequest request;
  request.set_market_ticker(ticker);
  request.set_period_seconds(60);
  return request;
}

TEST_CASE("CandleService: every field of a candle arrives", "[market_data]") {
  ServiceFixture f;
  f.store.SetRestored();
  f.store.OnTrade(TradeAt("A", 1, At(1), 50, 2));
  f.store.OnTrade(TradeAt("A", 2, At(65), 40, 1));
  f.store.OnTrade(TradeAt("A", 3, At(66), 55, 2));
  f.store.OnTicker(TickerAt("A", 1, At(61), 39, 60, 5));
  const pb::ListCandlesResponse response = f.List(Minutes("A"));
  REQUIRE(response.candles_size() == 2);
  CHECK_FALSE(response.candles(0).has_bid());
  CHECK_FALSE(response.candles(0).has_ask());
  CHECK(response.candles(0).end_time().seconds() == kStart + 60);
  CHECK(response.candles(0).previous_trade_micros() == 0);
  CHECK(response.candles(1).ShortDebugString() ==
        "end_time { seconds: 1785934920 } "
        "bid { open_micros: 390000 high_micros: 390000 low_micros: 390000 close_micros: 390000 } "
        "ask { open_micros: 600000 high_micros: 600000 low_micros: 600000 close_micros: 600000 } "
        "trade { open_micros: 400000 high_micros: 550000 low_micros: 400000 close_micros: 550000 } "
        "mean_trade_micros: 500000 previous_trade_micros: 500000 volume_centis: 300 "
        "open_interest_centis: 500");
  CHECK(response.next_page_token().empty());
  CHECK_FALSE(response.has_complete_from_time());
}

TEST_CASE("CandleService: pages, and a range of times", "[market_data]") {
  ServiceFixture f;
  f.store.SetRestored();
  f.store.OnTicker(TickerAt("A", 8, At(1), 39, 60, 5));
  f.store.OnTicker(TickerAt("A", 9, At(300), 38, 60, 5));
  pb::ListCandlesRequest request = Minutes("A");
  request.set_page_size(2);
  request.mutable_start_time()->set_seconds(kStart + 60);
  request.mutable_start_time()->set_nanos(1);  // The candle of 60 has ended before.
  request.mutable_end_time()->set_seconds(kStart + 299);
  pb::ListCandlesResponse page = f.List(request);
  REQUIRE(page.candles_size() == 2);
  CHECK(page.candles(0).end_time().seconds() == kStart + 120);
  request.set_page_token(page.next_page_token());
  page = f.List(request);
  REQUIRE(page.candles_size() == 1);
  CHECK(page.candles(0).end_time().seconds() == kStart + 240);
  CHECK(page.next_page_token().empty());
  CHECK(f.List(Minutes("A")).complete_from_time().seconds() == kStart + 120);
}

TEST_CASE("CandleService: a bad request is refused with the field and its bounds",
          "[market_data]") {
  ServiceFixture f;
  f.store.SetRestored();
  const auto refusal = [&f](auto change) {
    pb::ListCandlesRequest request = Minutes("A");
    change(request);
    pb::ListCandlesResponse response;
    const grpc::Status status = f.Call(request, response);
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    return status.error_message();
  };
  CHECK(refusal([](auto& request) { request.clear_market_ticker(); }) ==
        "market_ticker has 0 bytes, not 1 to 128");
  CHECK(refusal([](auto& request) { request.set_market_ticker(std::string(129, 'A')); }) ==
        "market_ticker has 129 bytes, not 1 to 128");
  CHECK(refusal([](auto& request) { request.set_period_seconds(7); }) ==
        "period_seconds 7 is none of 1, 5, 15, 60, 300, 900, 3600, 14400, 86400");
  CHECK(refusal([](auto& request) { request.set_page_size(5'001); }) ==
        "page_size 5001 is not between 0 and 5000");
  CHECK(refusal([](auto& request) { request.set_page_size(-1); }) ==
        "page_size -1 is not between 0 and 5000");
  CHECK(refusal([](auto& request) { request.mutable_start_time()->set_seconds(-1); }) ==
        "start_time.seconds -1 is not between 0 and 9223372035");
  CHECK(refusal([](auto& request) { request.mutable_end_time()->set_nanos(1'000'000'000); }) ==
        "end_time.nanos 1000000000 is not between 0 and 999999999");
  CHECK(refusal([](auto& request) {
          request.mutable_start_time()->set_seconds(2);
          request.mutable_end_time()->set_seconds(1);
        }) == "end_time is before start_time");
  CHECK(refusal([](auto& request) { request.set_page_token("x"); }) ==
        "page_token is none that was given out");
}

TEST_CASE("CandleService: what nobody knows is not found, what is quiet so far is empty",
          "[market_data]") {
  ServiceFixture f;
  pb::ListCandlesResponse response;
  CHECK(f.Call(Minutes("A"), response).error_code() == grpc::StatusCode::UNAVAILABLE);
  f.store.SetRestored();
  CHECK(f.Call(Minutes("NONE"), response).error_code() == grpc::StatusCode::NOT_FOUND);
  CHECK(f.List(Minutes("QUIET")).candles_size() == 0);
}

}  // namespace
}  // namespace evx::market_data
