// What candles cost, in processor time of one thread: to take in a message of a topic, and to give
// a page of 1,000.

#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

#include "candles/candle_store.h"
#include "evx/core/check.h"
#include "evx/core/testing/benchmark.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

constexpr int kMarketCount = 5'000;
// Two thousand a second, over all markets.
constexpr int kMessageCount = 2'000'000;
constexpr std::int64_t kInterval = 500'000;
constexpr std::int64_t kStart = 1'785'934'800'000'000'000;
constexpr int kPages = 1'000;

std::string TickerOf(int market) { return "BENCHMARK-" + std::to_string(market); }

void Run() {
  CandleStore store({});
  evx::testing::SplitMix64 random(7);
  std::vector<std::int64_t> sequences(kMarketCount, 0);
  std::vector<std::string> payloads;
  double fold_seconds = 0;
  for (int i = 0; i < kMessageCount;) {
    payloads.clear();
    for (int k = 0; k < 10'000; ++k, ++i) {
      const auto market = static_cast<int>(random.Next() % kMarketCount);
      pb::TickerMessage message;
      message.mutable_envelope()->set_source("benchmark");
      message.mutable_envelope()->set_sequence(++sequences[static_cast<std::size_t>(market)]);
      message.mutable_envelope()->set_trace_id("0123456789abcdef0123456789abcdef");
      message.set_market_ticker(TickerOf(market));
      message.set_bid_price_micros(static_cast<std::int64_t>(random.Next() % 50) * 10'000);
      message.set_ask_price_micros(600'000);
      message.set_event_time_ns(kStart + i * kInterval);
      payloads.push_back(message.SerializeAsString());
    }
    const double start = testing::ThreadCpuSeconds();
    for (const std::string& payload : payloads) store.OnMessage(Topic::kTickers, payload);
    fold_seconds += testing::ThreadCpuSeconds() - start;
  }
  std::printf("%.0f ns to take in a message, %zu periods in memory\n",
              fold_seconds * 1e9 / kMessageCount, store.period_count());
  for (const std::int64_t length : {1, 60}) {
    const double start = testing::ThreadCpuSeconds();
    std::size_t count = 0;
    for (int i = 0; i < kPages; ++i) {
      const std::string ticker = TickerOf(i);
      const auto list = store.List({.market_ticker = ticker, .period_seconds = length});
      EVX_CHECK(list.has_value());
      count += list->candles.size();
    }
    std::printf("%.0f us for a page of %zu candles of %d s\n",
                (testing::ThreadCpuSeconds() - start) * 1e6 / kPages, count / kPages,
                static_cast<int>(length));
  }
}

}  // namespace
}  // namespace evx::market_data

int main() {
  evx::market_data::Run();
  return 0;
}
