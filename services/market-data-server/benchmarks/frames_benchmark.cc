// From a WebSocket's frames to messages that Kafka has acknowledged: frames per second of processor
// time of the whole process, whose reader, pipeline, publisher and Kafka client are in it, against
// the same payloads given to librdkafka as fast as it takes them. The venue is another process, and
// Kafka a real one. Without arguments; FRAMES as the first one.

#include <librdkafka/rdkafka.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "evx/core/check.h"
#include "evx/core/clock.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/testing/benchmark.h"
#include "evx/kafka/testing/kafka_server.h"
#include "evx/kalshi_client/feed_client.h"
#include "evx/market_data/market_pipeline.h"
#include "evx/net/http_server.h"
#include "evx/telemetry/metrics.h"
#include "feed/committed_markets.h"
#include "pipeline/output_queue.h"
#include "pipeline/topics.h"
#include "probe.h"
#include "publisher/publisher.h"

namespace evx::market_data {
namespace {

constexpr int kMarketCount = 200;
constexpr int kPartitionCount = 8;
constexpr std::uint64_t kFrameCountDefault = 500'000;
constexpr std::uint64_t kSeed = 20'261'121;
constexpr std::chrono::minutes kPatience(5);

double ProcessCpuSeconds() {
  rusage usage{};
  EVX_CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::string Ticker(int market) { return "KXBTCD-26JUN1106-T" + std::to_string(100'000 + market); }

// The venue's frames of an ordinary day: changes near the top of many books.
class Frames {
 public:
  std::string Subscribed() const {
    return R"({"type":"subscribed","id":1,"msg":{"channel":"orderbook_delta","sid":1}})";
  }
  std::string Snapshot(int market) {
    return Head("orderbook_snapshot") + R"("market_ticker":")" + Ticker(market) +
           R"(","market_id":"7a1b2c3d-0000-4000-8000-000000000000",)"
           R"("yes_dollars_fp":[["0.3000","1000.00"]],"no_dollars_fp":[["0.5000","1000.00"]]}})";
  }
  std::string Delta() {
    const int market = static_cast<int>(random_.Below(kMarketCount));
    const bool is_yes = random_.Below(2) == 0;
    const int cents = (is_yes ? 31 : 51) + static_cast<int>(random_.Below(10));
    int& rests = rests_[{market, is_yes ? cents : -cents}];
    const int change =
        rests > 0 && random_.Below(2) == 0 ? -rests : 1 + static_cast<int>(random_.Below(500));
    rests += change;
    return Head("orderbook_delta") + R"("market_ticker":")" + Ticker(market) +
           R"(","market_id":"7a1b2c3d-0000-4000-8000-000000000000","price_dollars":"0.)" +
           std::to_string(cents) + R"(00","delta_fp":")" + std::to_string(change) +
           R"(.00","side":")" + (is_yes ? "yes" : "no") +
           R"(","ts":"2026-06-11T06:31:29.957Z","ts_ms":1781159489957}})";
  }

 private:
  std::string Head(std::string_view type) {
    return R"({"type":")" + std::string(type) + R"(","sid":1,"seq":)" + std::to_string(++seq_) +
           R"(,"sending_ts_ms":1781159489960,"msg":{)";
  }
  testing::SplitMix64 random_{kSeed};
  std::map<std::pair<int, int>, int> rests_;
  std::uint64_t seq_ = 0;
};

std::vector<std::string> AllFrames(std::uint64_t count) {
  Frames frames;
  std::vector<std::string> all = {frames.Subscribed()};
  for (int market = 0; market < kMarketCount; ++market) all.push_back(frames.Snapshot(market));
  for (std::uint64_t i = 0; i < count; ++i) all.push_back(frames.Delta());
  return all;
}

// Sends all frames, as fast as they are taken.
class Firehose final : public net::WebSocketSession {
 public:
  explicit Firehose(const std::vector<std::string>& frames) : frames_(frames) {}
  void OnOpen(net::WebSocket& socket) override { socket_ = &socket; }
  void OnMessage(std::string_view, bool) override {
    is_running_ = true;
    Pour();
  }
  void OnTick() override {
    if (is_running_) Pour();
  }
  void OnClose() override {}

 private:
  void Pour() {
    while (next_ < frames_.size() && socket_->SendText(frames_[next_])) ++next_;
  }
  const std::vector<std::string>& frames_;
  net::WebSocket* socket_ = nullptr;
  bool is_running_ = false;
  std::size_t next_ = 0;
};

// The venue in a process of its own; ends with `pid`.
struct Venue {
  pid_t pid = 0;
  std::uint16_t port = 0;
};

Venue StartVenue(std::uint64_t frame_count) {
  std::array<int, 2> ends{};
  EVX_CHECK(pipe(ends.data()) == 0);
  Venue venue;
  venue.pid = fork();
  EVX_CHECK(venue.pid >= 0);
  if (venue.pid == 0) {
    const std::vector<std::string> frames = AllFrames(frame_count);
    net::HttpServer::Options options;
    options.websocket.unsent_bytes_max = std::size_t{512} << 20;
    const auto server = net::HttpServer::Start(
        options, [&frames](net::HttpRequest& request, net::HttpResponder responder) {
          responder.Accept(request, std::make_unique<Firehose>(frames));
        });
    EVX_CHECK(server.ok());
    const std::uint16_t port = (*server)->port();
    EVX_CHECK(write(ends[1], &port, sizeof port) == sizeof port);
    while (true) pause();
  }
  EVX_CHECK(read(ends[0], &venue.port, sizeof venue.port) == sizeof venue.port);
  return venue;
}

// Frames per second of processor time, from the first frame to the last commit.
double ServerRate(const std::string& brokers, const Venue& venue, std::uint64_t frame_count) {
  const SystemClock clock;
  telemetry::Registry registry;
  Probe probe(registry);
  OutputQueue queue(std::size_t{512} << 20);
  MarketPipeline pipeline({"benchmark", 10, 1}, queue, clock, probe);
  CommittedMarkets markets;
  const auto publisher = Publisher::Open({brokers, "benchmark", absl::Milliseconds(10)}, queue,
                                         clock, probe, [] { return false; });
  EVX_CHECK(publisher.ok());
  pipeline.Restore((*publisher)->found().places);
  (*publisher)
      ->Start([&pipeline] { pipeline.Restate(); },
              [&markets](const MessageBatch& batch, std::size_t begin, std::size_t end) {
                markets.Commit(batch, begin, end);
              });
  std::vector<std::string> tickers;
  for (int market = 0; market < kMarketCount; ++market) tickers.push_back(Ticker(market));
  kalshi_client::FeedClient::Options options;
  options.url = "ws://127.0.0.1:" + std::to_string(venue.port) + "/";
  options.session.channels = {kalshi::Channel::kOrderbookDelta};
  pipeline.AddMarkets(tickers);
  const double begin = ProcessCpuSeconds();
  const std::int64_t start = MonotonicNanos();
  const auto feed = kalshi_client::FeedClient::Start(options, clock, pipeline);
  EVX_CHECK(feed.ok() && (*feed)->AddMarkets(tickers).ok());
  const auto made = [&probe] {
    std::uint64_t count = 0;
    for (std::size_t i = 0; i < kBookKindCount; ++i) {
      count += probe.book_messages(static_cast<BookKind>(i));
    }
    return count;
  };
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (probe.book_messages(BookKind::kDelta) < frame_count || probe.committed() < made()) {
    EVX_CHECK(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const double seconds = ProcessCpuSeconds() - begin;
  EVX_CHECK(probe.book_messages(BookKind::kGap) == 0);
  std::printf("server: %.2f s of processor time, %.2f s by the clock, %llu messages\n", seconds,
              1e-9 * static_cast<double>(MonotonicNanos() - start),
              static_cast<unsigned long long>(probe.committed()));
  (*publisher)->Stop(absl::Seconds(10));
  const double before = ProcessCpuSeconds();
  const auto found = LookBack(brokers, [] { return false; });
  EVX_CHECK(found.ok());
  std::printf("look back: %llu records, %.2f s of processor time\n",
              static_cast<unsigned long long>(found->record_count), ProcessCpuSeconds() - before);
  return static_cast<double>(frame_count) / seconds;
}

// What the server sends, without sending it.
MessageBatch Payloads(std::uint64_t frame_count) {
  class Keeper final : public MessageSink {
   public:
    bool Publish(Topic topic, std::string_view key, std::int64_t sequence,
                 const google::protobuf::MessageLite& message, Timestamp) override {
      batch.Append(topic, key, sequence, message);
      return true;
    }
    MessageBatch batch;
  };
  const SystemClock clock;
  telemetry::Registry registry;
  Probe probe(registry);
  Keeper keeper;
  MarketPipeline pipeline({"benchmark", 10, 1}, keeper, clock, probe);
  class NoLink final : public kalshi_client::FeedLink {
   public:
    bool Send(std::string_view) override { return true; }
    void Restart(std::string_view) override { EVX_CHECK(false); }
  } link;
  const kalshi_client::FeedSessionOptions options{.channels = {kalshi::Channel::kOrderbookDelta}};
  kalshi_client::FeedSession session(0, false, options, clock, pipeline, link);
  std::vector<std::string> tickers;
  for (int market = 0; market < kMarketCount; ++market) tickers.push_back(Ticker(market));
  pipeline.AddMarkets(tickers);
  session.AddMarkets(tickers);
  session.OnOpen(0);
  for (const std::string& frame : AllFrames(frame_count)) session.OnFrame(frame);
  return std::move(keeper.batch);
}

// Frames per second of processor time of a program that does nothing but send the same messages.
double BareRate(const std::string& brokers, const MessageBatch& batch, std::uint64_t frame_count) {
  rd_kafka_conf_t* const settings = rd_kafka_conf_new();
  std::array<char, 512> reason{};
  const std::map<std::string, std::string> values = {{"bootstrap.servers", brokers},
                                                     {"enable.idempotence", "true"},
                                                     {"compression.type", "lz4"},
                                                     {"linger.ms", "2"},
                                                     {"partitioner", "murmur2_random"}};
  for (const auto& [name, value] : values) {
    EVX_CHECK(rd_kafka_conf_set(settings, name.c_str(), value.c_str(), reason.data(),
                                reason.size()) == RD_KAFKA_CONF_OK);
  }
  rd_kafka_t* const client =
      rd_kafka_new(RD_KAFKA_PRODUCER, settings, reason.data(), reason.size());
  EVX_CHECK(client != nullptr);
  rd_kafka_topic_t* const topic = rd_kafka_topic_new(client, "bare", nullptr);
  const double begin = ProcessCpuSeconds();
  for (std::size_t i = 0; i < batch.size(); ++i) {
    const OutputView message = batch[i];
    while (rd_kafka_produce(topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY,
                            const_cast<char*>(message.payload.data()), message.payload.size(),
                            message.key.data(), message.key.size(), nullptr) != 0) {
      EVX_CHECK(rd_kafka_last_error() == RD_KAFKA_RESP_ERR__QUEUE_FULL);
      rd_kafka_poll(client, 5);
    }
  }
  EVX_CHECK(rd_kafka_flush(client, 120'000) == RD_KAFKA_RESP_ERR_NO_ERROR);
  const double seconds = ProcessCpuSeconds() - begin;
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  return static_cast<double>(frame_count) / seconds;
}

void Run(std::uint64_t frame_count) {
  const Venue venue = StartVenue(frame_count);
  kafka::testing::KafkaServer kafka;
  for (const Topic topic :
       {Topic::kBook, Topic::kTrades, Topic::kTickers, Topic::kErrors, Topic::kNumbers}) {
    kafka.CreateTopic(TopicName(topic), kPartitionCount);
  }
  kafka.CreateTopic("bare", kPartitionCount);
  const double server = ServerRate(kafka.brokers(), venue, frame_count);
  EVX_CHECK(kill(venue.pid, SIGKILL) == 0 && waitpid(venue.pid, nullptr, 0) == venue.pid);
  const double bare = BareRate(kafka.brokers(), Payloads(frame_count), frame_count);
  std::printf("frames to Kafka: %.0f frames/s a core, bare producer %.0f\n", server, bare);
  std::printf(
      "{\"row\":\"md_frames\",\"measured\":%.0f,\"reference\":%.0f,\"unit\":\"frames/s\"}\n",
      server, bare);
}

}  // namespace
}  // namespace evx::market_data

int main(int argc, char** argv) {
  const std::uint64_t count =
      argc > 1 ? std::strtoull(argv[1], nullptr, 10) : evx::market_data::kFrameCountDefault;
  evx::market_data::Run(count);
}
