// From a WebSocket's frames to messages that Kafka has acknowledged: frames per second of processor
// time of the whole process, whose reader, pipeline, publisher and Kafka client are in it, against
// the same payloads given to librdkafka as fast as it takes them. The venue is another process, and
// Kafka a real one.
//
// usage: market_data_frames_benchmark FOLDER
// FOLDER has recorded frames of the venue, a folder a market.

#include <librdkafka/rdkafka.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "evx/core/check.h"
#include "evx/core/clock.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/testing/child_process.h"
#include "evx/kafka/testing/kafka_server.h"
#include "evx/kalshi_client/feed_client.h"
#include "evx/market_data/market_pipeline.h"
#include "evx/net/http_server.h"
#include "evx/recording/frame_log.h"
#include "evx/telemetry/metrics.h"
#include "feed/committed_markets.h"
#include "pipeline/output_queue.h"
#include "pipeline/topics.h"
#include "probe.h"
#include "publisher/publisher.h"

namespace evx::market_data {
namespace {

constexpr int kPartitionCount = 8;
constexpr std::chrono::minutes kPatience(5);
const kalshi_client::FeedSessionOptions kSession{
    .channels = {kalshi::Channel::kOrderbookDelta, kalshi::Channel::kTrade}};

double ProcessCpuSeconds() {
  rusage usage{};
  EVX_CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// What the venue sends: the recorded frames file by file, over one connection.
struct Recorded {
  std::vector<std::string> frames;
  std::vector<std::string> tickers;
  std::uint64_t byte_count = 0;
};

// Where the number of a member begins and how long it is, in a frame as the venue writes it.
std::pair<std::size_t, std::size_t> NumberOf(std::string_view frame, std::string_view member) {
  const std::size_t at = frame.find(member);
  EVX_CHECK(at != std::string_view::npos);
  const std::size_t begin = at + member.size();
  return {begin, frame.find_first_not_of("0123456789", begin) - begin};
}

// The recorder's connection had more markets than were kept: what is left of it is numbered anew.
std::string Renumbered(std::string_view frame, std::map<std::string, std::uint64_t>& numbers) {
  const auto [sid, sid_length] = NumberOf(frame, R"("sid":)");
  const auto [seq, seq_length] = NumberOf(frame, R"("seq":)");
  std::string text(frame);
  const std::uint64_t number = ++numbers[text.substr(sid, sid_length)];
  return text.replace(seq, seq_length, std::to_string(number));
}

Recorded ReadRecorded(const std::string& folder) {
  Recorded all;
  for (const int sid : {1, 2}) {
    all.frames.push_back(R"({"type":"subscribed","id":1,"msg":{"channel":")" +
                         std::string(sid == 1 ? "orderbook_delta" : "trade") + R"(","sid":)" +
                         std::to_string(sid) + "}}");
  }
  std::map<std::string, std::uint64_t> numbers;
  for (const std::string& path : recording::FindFrameLogs(folder)) {
    const std::string ticker = std::filesystem::path(path).parent_path().filename().string();
    if (all.tickers.empty() || all.tickers.back() != ticker) all.tickers.push_back(ticker);
    auto reader = recording::FrameLogReader::Open(path);
    EVX_CHECK(reader.ok());
    for (auto logged = reader->Next(); logged.ok() && *logged; logged = reader->Next()) {
      all.frames.push_back(Renumbered((*logged)->frame.bytes, numbers));
      all.byte_count += all.frames.back().size();
    }
  }
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

// The venue in a process of its own.
struct Venue {
  pid_t pid = 0;
  std::uint16_t port = 0;
};

Venue StartVenue(const std::vector<std::string>& frames) {
  std::array<int, 2> ends{};
  EVX_CHECK(pipe(ends.data()) == 0);
  Venue venue;
  const pid_t parent = getpid();
  venue.pid = fork();
  EVX_CHECK(venue.pid >= 0);
  if (venue.pid == 0) {
    evx::testing::EndWithParent(parent);
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
double ServerRate(const std::string& brokers, const Venue& venue, const Recorded& recorded,
                  std::size_t message_count) {
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
  kalshi_client::FeedClient::Options options;
  options.url = "ws://127.0.0.1:" + std::to_string(venue.port) + "/";
  options.session = kSession;
  pipeline.AddMarkets(recorded.tickers);
  const double begin = ProcessCpuSeconds();
  const std::int64_t start = MonotonicNanos();
  const auto feed = kalshi_client::FeedClient::Start(options, clock, pipeline);
  EVX_CHECK(feed.ok() && (*feed)->AddMarkets(recorded.tickers).ok());
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (probe.committed() < message_count) {
    EVX_CHECK(std::chrono::steady_clock::now() < deadline);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  const double seconds = ProcessCpuSeconds() - begin;
  EVX_CHECK(probe.book_messages(BookKind::kGap) == 0);
  std::printf("server: %.2f s of processor time, %.2f s by the clock\n", seconds,
              1e-9 * static_cast<double>(MonotonicNanos() - start));
  (*publisher)->Stop(absl::Seconds(10));
  const double before = ProcessCpuSeconds();
  const auto found = LookBack(brokers, [] { return false; });
  EVX_CHECK(found.ok());
  std::printf("look back: %llu records, %.2f s of processor time\n",
              static_cast<unsigned long long>(found->record_count), ProcessCpuSeconds() - before);
  return static_cast<double>(recorded.frames.size()) / seconds;
}

// What the server sends, without sending it.
MessageBatch Payloads(const Recorded& recorded) {
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
  kalshi_client::FeedSession session(0, false, kSession, clock, pipeline, link);
  pipeline.AddMarkets(recorded.tickers);
  session.AddMarkets(recorded.tickers);
  session.OnOpen(0);
  for (const std::string& frame : recorded.frames) session.OnFrame(frame);
  return std::move(keeper.batch);
}

// Frames per second of processor time of a program that does nothing but send the same messages.
double BareRate(const std::string& brokers, const MessageBatch& batch, std::size_t frame_count) {
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
  const std::int64_t start = MonotonicNanos();
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
  std::printf("bare producer: %.2f s of processor time, %.2f s by the clock\n", seconds,
              1e-9 * static_cast<double>(MonotonicNanos() - start));
  rd_kafka_topic_destroy(topic);
  rd_kafka_destroy(client);
  return static_cast<double>(frame_count) / seconds;
}

void Run(const Recorded& recorded) {
  const Venue venue = StartVenue(recorded.frames);
  const MessageBatch payloads = Payloads(recorded);
  std::printf("%zu frames, %.0f MB; %zu messages\n", recorded.frames.size(),
              1e-6 * static_cast<double>(recorded.byte_count), payloads.size());
  kafka::testing::KafkaServer kafka;
  for (const Topic topic :
       {Topic::kBook, Topic::kTrades, Topic::kTickers, Topic::kErrors, Topic::kNumbers}) {
    kafka.CreateTopic(TopicName(topic), kPartitionCount);
  }
  kafka.CreateTopic("bare", kPartitionCount);
  const double server = ServerRate(kafka.brokers(), venue, recorded, payloads.size());
  EVX_CHECK(kill(venue.pid, SIGKILL) == 0 && waitpid(venue.pid, nullptr, 0) == venue.pid);
  const double bare = BareRate(kafka.brokers(), payloads, recorded.frames.size());
  std::printf("frames to Kafka: %.0f frames/s a core, bare producer %.0f\n", server, bare);
  std::printf(
      "{\"row\":\"md_frames\",\"measured\":%.0f,\"reference\":%.0f,\"unit\":\"frames/s\"}\n",
      server, bare);
}

}  // namespace
}  // namespace evx::market_data

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
    return 2;
  }
  const evx::market_data::Recorded recorded = evx::market_data::ReadRecorded(argv[1]);
  if (recorded.tickers.empty()) {
    std::fprintf(stderr, "there are no recordings in %s\n", argv[1]);
    return 1;
  }
  evx::market_data::Run(recorded);
}
