// With a real Redis.

#include "cache/value_cache.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "absl/time/clock.h"
#include "evx/redis/testing/redis_server.h"
#include "feed_fixture.h"

namespace evx::market_data {
namespace {

using nlohmann::json;

constexpr absl::Duration kPatience = absl::Seconds(30);

// Markets A and B with books; what they are told goes to the cache.
class CacheFixture : public FeedFixture {
 public:
  CacheFixture() {
    options.redis.address = server.address();
    options.redis.retry_interval_max = absl::Milliseconds(50);
    options.interval = absl::Milliseconds(5);
    options.time_to_live = absl::Hours(1);
    pipeline.AddMarkets({"A", "B"});
    Snapshot("A", {{40, 100}}, {{50, 200}});
    Snapshot("B", {{10, 100}}, {});
    Ticker("A", 1);
  }

  void Start() {
    cache = std::make_unique<ValueCache>(
        options, markets, [this](std::string_view) { return vouches.load(); }, probe);
    Tell();
  }
  void Tell() { cache->OnCommitted(*Commit()); }

  // Nothing: there is no such key, or no Redis.
  std::optional<json> Read(const std::string& key) {
    const auto value = client().Get(key);
    if (!value.ok() || !*value) return std::nullopt;
    return json::parse(**value);
  }
  void Lose(const std::string& key) { REQUIRE(client().Delete(key).ok()); }
  // Polls until the condition holds.
  template <class Condition>
  static void WaitUntil(Condition condition) {
    const absl::Time deadline = absl::Now() + kPatience;
    while (!condition()) {
      if (absl::Now() >= deadline) FAIL("waited too long");
    }
  }
  void WaitForTop(const std::string& ticker, int bid_cents) {
    WaitUntil([&] {
      const auto top = Read("evx:md:top:" + ticker);
      return top && top->value("bid_price_micros", -1) == bid_cents * 10'000;
    });
  }

  redis::testing::RedisServer server;
  ValueCache::Options options;
  std::atomic<bool> vouches = true;
  std::unique_ptr<ValueCache> cache;

 private:
  redis::Client& client() {
    if (client_ == nullptr) client_ = std::make_unique<redis::Client>(options.redis);
    return *client_;
  }
  std::unique_ptr<redis::Client> client_;
};

TEST_CASE("ValueCache: Redis has the last top and the last ticker of each market",
          "[market_data]") {
  CacheFixture f;
  f.Start();
  f.WaitForTop("A", 40);
  f.WaitForTop("B", 10);
  f.WaitUntil([&] { return f.Read("evx:md:ticker:A").has_value(); });
  f.Delta("A", ContractSide::kYes, 41, 300);
  f.Ticker("A", 2);
  f.Tell();
  f.WaitForTop("A", 41);
  f.WaitUntil([&] { return (*f.Read("evx:md:ticker:A"))["volume_centis"] == 2; });
  const auto& envelope = f.sink.books.back().envelope();
  CHECK(*f.Read("evx:md:top:A") == json({{"type", "top"},
                                         {"market_ticker", "A"},
                                         {"sequence", 2},
                                         {"is_in_doubt", false},
                                         {"bid_price_micros", 410'000},
                                         {"bid_size_centis", 300},
                                         {"ask_price_micros", 500'000},
                                         {"ask_size_centis", 200},
                                         {"source", "test"},
                                         {"source_subscription", 3},
                                         {"source_sequence", envelope.source_sequence()},
                                         {"received_ns", envelope.received_ns()},
                                         {"published_ns", envelope.published_ns()},
                                         {"trace_id", envelope.trace_id()}}));
  CHECK((*f.Read("evx:md:top:B"))["ask_price_micros"] == 1'000'000);
  CHECK((*f.Read("evx:md:ticker:A"))["type"] == "ticker");
  CHECK(!f.Read("evx:md:ticker:B"));
}

TEST_CASE("ValueCache: a book in doubt has no top that could be taken for the present",
          "[market_data]") {
  CacheFixture f;
  f.Start();
  f.WaitForTop("A", 40);
  f.Gap({"A"});
  f.Tell();
  f.WaitUntil([&] { return (*f.Read("evx:md:top:A"))["is_in_doubt"] == true; });
  CHECK(!f.Read("evx:md:top:A")->contains("bid_price_micros"));
  f.Snapshot("A", {{39, 1}}, {});
  f.Tell();
  f.WaitForTop("A", 39);
}

TEST_CASE("ValueCache: a change below the top is not written", "[market_data]") {
  CacheFixture f;
  f.Start();
  f.WaitForTop("A", 40);
  f.WaitForTop("B", 10);
  f.WaitUntil([&] { return f.probe.cache_written() == 3; });
  f.Delta("A", ContractSide::kYes, 30, 300);
  f.Tell();
  f.Delta("B", ContractSide::kYes, 11, 300);
  f.Tell();
  f.WaitForTop("B", 11);
  f.WaitUntil([&] { return f.probe.cache_written() == 4; });
  CHECK((*f.Read("evx:md:top:A"))["sequence"] == 1);
}

TEST_CASE("ValueCache: values live as long as they are vouched for", "[market_data]") {
  CacheFixture f;
  f.options.time_to_live = absl::Seconds(1);
  f.Start();
  f.WaitForTop("A", 40);
  f.WaitForTop("B", 10);
  // Nothing is told of them, and those that are gone are there again.
  for (int i = 0; i < 3; ++i) {
    f.Lose("evx:md:top:A");
    f.Lose("evx:md:top:B");
    f.WaitForTop("A", 40);
    f.WaitForTop("B", 10);
  }
  f.vouches = false;
  f.WaitUntil([&] {
    return !f.Read("evx:md:top:A") && !f.Read("evx:md:top:B") && !f.Read("evx:md:ticker:A");
  });
}

TEST_CASE("ValueCache: killed, Redis loses what is told meanwhile, and has it all when it is back",
          "[market_data]") {
  CacheFixture f;
  f.Start();
  f.WaitForTop("A", 40);
  f.server.Kill();
  f.Delta("A", ContractSide::kYes, 45, 300);
  f.Tell();
  f.WaitUntil([&] { return f.probe.cache_dropped() > 0; });
  CHECK(absl::IsUnavailable(f.cache->status()));
  f.server.Start();
  f.WaitForTop("A", 45);  // Although nothing of it was told since.
  f.WaitUntil([&] { return f.cache->status().ok(); });
  f.Delta("B", ContractSide::kYes, 12, 300);
  f.Tell();
  f.WaitForTop("B", 12);
}

TEST_CASE("ValueCache: a Redis that hangs delays nobody, and gets the last values only",
          "[market_data]") {
  CacheFixture f;
  f.options.redis.call_timeout = absl::Milliseconds(100);
  f.Start();
  f.WaitForTop("A", 40);
  f.server.Pause();
  for (int i = 0; i < 20'000; ++i) {
    f.Delta("A", ContractSide::kYes, 41 + i % 2, i % 4 < 2 ? 100 : -100);
    f.Tell();
  }
  f.Delta("A", ContractSide::kYes, 44, 100);
  f.Tell();
  f.WaitUntil([&] { return !f.cache->status().ok(); });
  f.server.Resume();
  f.WaitForTop("A", 44);
  CHECK(f.probe.cache_written() + f.probe.cache_dropped() < 2'000);
}

TEST_CASE("ValueCache: a wrong password is told", "[market_data]") {
  CacheFixture f;
  f.options.redis.address.password = "guess";
  f.Start();
  f.WaitUntil([&] { return absl::IsUnauthenticated(f.cache->status()); });
  CHECK(f.probe.cache_written() == 0);
}

}  // namespace
}  // namespace evx::market_data
