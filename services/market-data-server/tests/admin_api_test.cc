#include "admin_api.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evx/core/status.h"
#include "evx/service/health.h"
#include "pipeline_fixture.h"

namespace evx::market_data {
namespace {

using Json = nlohmann::json;
using net::HttpMethod;

struct ApiFixture : PipelineFixture {
  AdminSources Sources() {
    return {"test",
            [] {
              return kalshi_client::FeedStats{2, 3, 4};
            },
            [] { return Unavailable("kafka: away"); },
            [] { return absl::OkStatus(); },
            [] { return std::size_t{17}; },
            [this] { ++refresh_count; },
            [this] { return leadership; },
            errors};
  }
  net::HttpResponse Do(HttpMethod method, std::string_view target) {
    const service::OpsHandler ops("market-data-server", health, registry);
    const AdminApi api(Sources(), pipeline, probe, ops);
    return api.Handle(net::HttpRequest(method, target));
  }
  Json Get(std::string_view target) {
    const net::HttpResponse response = Do(HttpMethod::kGet, target);
    INFO(response.body);
    REQUIRE(response.status == 200);
    return Json::parse(response.body);
  }

  service::Health health;
  int refresh_count = 0;
  std::optional<LeadershipView> leadership;
  RecentErrors errors;
};

TEST_CASE("AdminApi: stats show every count and what is wrong", "[market_data]") {
  ApiFixture f;
  f.pipeline.AddMarkets({"A", "B"});
  f.Snapshot("A", {{40, 100}}, {});
  f.Delta("A", ContractSide::kYes, 41, 100);
  f.Gap({"A"});
  const Json stats = f.Get("/api/admin/stats");
  CHECK(stats["source"] == "test");
  CHECK(stats["messages"]["delta"] == 1);
  CHECK(stats["messages"]["venue_snapshot"] == 1);
  CHECK(stats["messages"]["gap"] == 1);
  CHECK(stats["gaps"]["sequence"] == 1);
  CHECK(stats["delta_share"].get<double>() == Approx(1.0 / 3));
  CHECK(stats["markets"] == Json({{"subscribed", 2}, {"proven", 0}, {"in_doubt", 2}}));
  CHECK(stats["connections"] == Json({{"open", 2}, {"attempts", 3}}));
  CHECK(stats["queue_bytes"] == 17);
  CHECK(stats["kafka"] == "kafka: away");
  CHECK(stats["market_list"] == "OK");
}

TEST_CASE("AdminApi: stats tell who leads", "[market_data]") {
  ApiFixture f;
  CHECK(f.Get("/api/admin/stats")["leadership"]["role"] == "leader");
  f.leadership = {false, "other/1", 3, Unavailable("postgres: away"), absl::OkStatus()};
  const Json leadership = f.Get("/api/admin/stats")["leadership"];
  CHECK(leadership == Json({{"role", "standby"},
                            {"leader", "other/1"},
                            {"epoch", 3},
                            {"lease", "postgres: away"},
                            {"standby", "OK"}}));
}

TEST_CASE("AdminApi: a proven book is shown, one in doubt is 503", "[market_data]") {
  ApiFixture f;
  f.pipeline.AddMarkets({"A"});
  CHECK(f.Do(HttpMethod::kGet, "/api/admin/orderbook/A").status == 503);
  f.Snapshot("A", {{40, 100}, {39, 200}}, {{55, 300}});
  const Json book = f.Get("/api/admin/orderbook/A?depth=1");
  CHECK(book["book_sequence"] == 1);
  CHECK(book["bids"] == Json::parse(R"([{"price_micros":400000,"quantity_centis":100}])"));
  CHECK(book["asks"] == Json::parse(R"([{"price_micros":450000,"quantity_centis":300}])"));
  CHECK(book["book_hash"].get<std::string>().size() == 16);
  const Json market = f.Get("/api/admin/markets/A");
  CHECK(market["book"] == "proven");
  CHECK(market["bid_count"] == 2);
  CHECK(market["best_ask"]["price_micros"] == 450'000);
}

TEST_CASE("AdminApi: markets come page by page", "[market_data]") {
  ApiFixture f;
  f.pipeline.AddMarkets({"C", "A", "B"});
  const Json first = f.Get("/api/admin/markets?limit=2");
  CHECK(first["markets"].size() == 2);
  CHECK(first["cursor"] == "B");
  const Json second = f.Get("/api/admin/markets?limit=2&cursor=B");
  CHECK(second["markets"].size() == 1);
  CHECK(second["cursor"] == "");
  CHECK(f.Get("/api/admin/markets/search?prefix=B")["markets"].size() == 1);
}

TEST_CASE("AdminApi: percent-encoded tickers and parameters are decoded", "[market_data]") {
  ApiFixture f;
  f.pipeline.AddMarkets({"A-1"});
  f.Snapshot("A-1", {{40, 100}}, {});
  CHECK(f.Get("/api/admin/markets/A%2D1")["ticker"] == "A-1");
  CHECK(f.Get("/api/admin/orderbook/A%2D1")["book_sequence"] == 1);
  CHECK(f.Get("/api/admin/markets/search?prefix=A%2d")["markets"].size() == 1);
  CHECK(f.Do(HttpMethod::kGet, "/api/admin/markets/A%2").status == 404);
  CHECK(f.Do(HttpMethod::kGet, "/api/admin/markets/%ff").status == 404);
}

TEST_CASE("AdminApi: a refresh is asked for by POST only", "[market_data]") {
  ApiFixture f;
  CHECK(f.Do(HttpMethod::kPost, "/api/admin/markets/refresh").status == 202);
  CHECK(f.refresh_count == 1);
  CHECK(f.Do(HttpMethod::kGet, "/api/admin/markets/refresh").status == 405);
  CHECK(f.refresh_count == 1);
}

TEST_CASE("AdminApi: what is wrong is refused with a reason", "[market_data]") {
  struct Case {
    HttpMethod method;
    const char* target;
    int status;
  };
  const auto bad = GENERATE(values<Case>({
      {HttpMethod::kGet, "/", 404},
      {HttpMethod::kGet, "/api/admin/nothing", 404},
      {HttpMethod::kGet, "/api/admin/markets/NONE", 404},
      {HttpMethod::kGet, "/api/admin/orderbook/NONE", 404},
      {HttpMethod::kGet, "/api/admin/markets?limit=0", 400},
      {HttpMethod::kGet, "/api/admin/markets?limit=1001", 400},
      {HttpMethod::kGet, "/api/admin/markets?limit=x", 400},
      {HttpMethod::kGet, "/api/admin/markets/search", 400},
      {HttpMethod::kGet, "/api/admin/orderbook/A?depth=-1", 400},
      {HttpMethod::kDelete, "/api/admin/markets", 405},
  }));
  ApiFixture f;
  const net::HttpResponse response = f.Do(bad.method, bad.target);
  CHECK(response.status == bad.status);
  CHECK(!Json::parse(response.body)["error"]["message"].get<std::string>().empty());
}

TEST_CASE("AdminApi: the last thousand errors are shown, the newest first", "[market_data]") {
  ApiFixture f;
  marketdata::v1::ErrorMessage error;
  error.set_payload(std::string(RecentErrors::kPayloadSizeMax + 1, 'x'));
  for (std::size_t i = 0; i <= RecentErrors::kCountMax; ++i) {
    error.set_time_ns(static_cast<std::int64_t>(i));
    error.set_kind("unreadable");
    f.errors.Add(error);
  }
  const Json errors = f.Get("/api/admin/errors?limit=1000")["errors"];
  REQUIRE(errors.size() == RecentErrors::kCountMax);
  CHECK(errors.front()["time_ns"] == RecentErrors::kCountMax);
  CHECK(errors.front()["kind"] == "unreadable");
  CHECK(errors.front()["payload"].get<std::string>().size() == RecentErrors::kPayloadSizeMax);
  CHECK(errors.back()["time_ns"] == 1);
  CHECK(f.Get("/api/admin/errors?limit=2")["errors"].size() == 2);
  CHECK(f.Do(HttpMethod::kGet, "/api/admin/errors?limit=1001").status == 400);
}

TEST_CASE("AdminApi: the ops endpoints are served too", "[market_data]") {
  ApiFixture f;
  CHECK(f.Do(HttpMethod::kGet, "/health").status == 200);
  CHECK(f.Do(HttpMethod::kGet, "/metrics").body.find("evx_market_data_frames_total") !=
        std::string::npos);
}

}  // namespace
}  // namespace evx::market_data
