// What clients of /ws/market-data cost, in processor time of one thread and without a network: to
// take in a committed message, and to give one to each of 1,000 clients.

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/check.h"
#include "evx/core/testing/benchmark.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "evx/net/websocket.h"
#include "evx/telemetry/metrics.h"
#include "feed/committed_markets.h"
#include "feed/feed_hub.h"
#include "pipeline/output_queue.h"
#include "probe.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

constexpr int kClientCount = 1'000;
constexpr int kMarketCount = 100;
constexpr int kMessageCount = 20'000;
constexpr int kBatchSize = 100;

// Copies into an output as a connection does, and has it taken at once.
class Output final : public net::WebSocket {
 public:
  bool SendText(std::string_view head, std::string_view tail) override {
    bytes_.append(head).append(tail);
    if (bytes_.size() >= kSendBytes) bytes_.clear();
    ++count_;
    return true;
  }
  bool SendBinary(std::string_view head, std::string_view tail) override {
    return SendText(head, tail);
  }
  void Close(net::WebSocketCloseCode, std::string_view) override { EVX_CHECK(false); }
  void Cut() override { EVX_CHECK(false); }
  std::size_t unsent_bytes() const override { return bytes_.size(); }
  bool is_compressed() const override { return false; }
  long count() const { return count_; }

 private:
  static constexpr std::size_t kSendBytes = 16 * 1024;
  std::string bytes_;
  long count_ = 0;
};

std::string Ticker(int market) { return "BENCHMARK-" + std::to_string(market); }

void FillHead(int market, std::int64_t sequence, pb::BookMessage& message) {
  message.set_market_ticker(Ticker(market));
  pb::Envelope& envelope = *message.mutable_envelope();
  envelope.set_source("benchmark");
  envelope.set_schema_version(1);
  envelope.set_sequence(sequence);
  envelope.set_received_ns(1'800'000'000'000'000'000);
  envelope.set_published_ns(1'800'000'000'000'000'000);
  envelope.set_trace_id("0123456789abcdef0123456789abcdef");
}

// A book for each market, then a quantity that grows, market after market.
MessageBatch Messages() {
  MessageBatch batch;
  for (int i = 0; i < kMarketCount + kMessageCount; ++i) {
    const int market = i % kMarketCount;
    const std::int64_t sequence = i / kMarketCount + 1;
    pb::BookMessage message;
    FillHead(market, sequence, message);
    if (sequence == 1) {
      message.mutable_snapshot()->set_cause(pb::SNAPSHOT_CAUSE_VENUE);
    } else {
      pb::BookDelta& delta = *message.mutable_delta();
      delta.set_side(common::v1::BOOK_SIDE_BID);
      delta.set_price_micros(500'000);
      delta.set_delta_centis(100);
      delta.set_quantity_centis(100 * (sequence - 1));
    }
    batch.Append(Topic::kBook, Ticker(market), sequence, message);
  }
  return batch;
}

void Run(FeedFormat format, const char* name) {
  telemetry::Registry registry;
  Probe probe(registry);
  CommittedMarkets markets;
  FeedHub hub(
      markets, [](std::string_view) { return true; }, probe);
  std::vector<std::unique_ptr<Output>> outputs;
  std::vector<FeedClient*> clients;
  for (int i = 0; i < kClientCount; ++i) {
    outputs.push_back(std::make_unique<Output>());
    clients.push_back(&hub.Add(*outputs.back(), format));
    hub.OnMessage(*clients.back(), R"({"command":"subscribe","subjects":["all"]})", true, 0);
  }
  const MessageBatch messages = Messages();
  double commit_seconds = 0;
  double deliver_seconds = 0;
  for (std::size_t i = 0; i < messages.size(); i += kBatchSize) {
    const double start = testing::ThreadCpuSeconds();
    const auto batch =
        markets.Commit(messages, i, std::min(messages.size(), i + std::size_t{kBatchSize}));
    const double committed = testing::ThreadCpuSeconds();
    hub.Deliver(*batch, 0);
    commit_seconds += committed - start;
    deliver_seconds += testing::ThreadCpuSeconds() - committed;
  }
  long count = 0;
  for (const auto& output : outputs) count += output->count();
  for (FeedClient* const client : clients) hub.Remove(*client);
  std::printf("%s: %.0f ns to take in a message, %.0f ns to give it to a client\n", name,
              commit_seconds * 1e9 / static_cast<double>(messages.size()),
              deliver_seconds * 1e9 / static_cast<double>(count));
}

}  // namespace
}  // namespace evx::market_data

int main() {
  evx::market_data::Run(evx::market_data::FeedFormat::kJson, "JSON");
  evx::market_data::Run(evx::market_data::FeedFormat::kProtobuf, "protobuf");
  return 0;
}
