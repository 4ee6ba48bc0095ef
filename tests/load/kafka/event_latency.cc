// Orders over one FIX session at a fixed rate, and when their book changes arrive at a consumer of
// evx.exchange.events.v1: from the exchange time of the order. Against messages of the same rate
// and size between a bare producer and a bare consumer on the same Kafka. The two take turns, so
// that a Kafka that warms up and a machine that does other work meanwhile meet both, and of the
// rounds the median counts: one stall of the machine is longer than all that is measured here.
// Prints JSON lines for scripts/bench.
//
//   event_latency BROKERS FIX_PORT CREDENTIALS TICKER REFERENCE_TOPIC
//
// Both topics hold nothing at the start and have equally many partitions.

#include <sys/prctl.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "core/measure.h"
#include "doors/fix_connection.h"
#include "doors/trader.h"
#include "evx/core/check.h"
#include "evx/core/clock.h"
#include "evx/events/v1/exchange_messages.pb.h"
#include "evx/fix/tags.h"
#include "evx/kafka/consumer.h"
#include "evx/kafka/producer.h"

namespace evx::load {
namespace {

constexpr const char* kTopic = "evx.exchange.events.v1";
constexpr int kOrdersPerSecond = 2'000;
constexpr std::int64_t kIntervalNanos = 1'000'000'000 / kOrdersPerSecond;
// The first round warms up, and so do the first orders of each.
constexpr int kRounds = 1 + 11;
constexpr int kWarmUpOrders = kOrdersPerSecond / 4;
constexpr int kRoundOrders = kWarmUpOrders + kOrdersPerSecond;
// An order changes its account and its market: two keys, two messages.
constexpr std::string_view kAccountKey = "account:1";
constexpr std::int64_t kStartNanos = 10'000'000;
constexpr std::size_t kPollCount = 1'000;
constexpr absl::Duration kPollWait = absl::Milliseconds(100);
constexpr absl::Duration kFlushWait = absl::Seconds(30);

struct Arguments {
  std::string brokers;
  std::uint16_t fix_port = 0;
  std::string credentials;
  std::string ticker;
  std::string reference_topic;
};

std::int64_t WallNanos() { return SystemClock().Now().nanos(); }

// Calls `send(i)` for each of kRoundOrders when it is due, and for those that are late at once;
// `flush` after each wake-up.
template <class Send, class Flush>
void Pace(const Send& send, const Flush& flush) {
  prctl(PR_SET_TIMERSLACK, 1);
  const std::int64_t start = NowNanos() + kStartNanos;
  for (int i = 0; i < kRoundOrders;) {
    SleepUntilNanos(start + i * kIntervalNanos);
    const std::int64_t now = NowNanos();
    for (; i < kRoundOrders && start + i * kIntervalNanos <= now; ++i) send(i);
    flush();
  }
}

std::unique_ptr<kafka::Consumer> OpenConsumer(const Arguments& arguments, const char* topic) {
  auto consumer = kafka::Consumer::Open({.brokers = arguments.brokers, .topics = {topic}});
  EVX_CHECK(consumer.ok());
  return *std::move(consumer);
}

// Reads until kRoundOrders messages of the market's key were seen; `sent` says when one was sent,
// by wall clock, or 0 when it is none to count. Returns the mean size of a message.
template <class Sent>
std::size_t ReadMessages(kafka::Consumer& consumer, std::string_view key, Latencies& latencies,
                         const Sent& sent) {
  std::size_t bytes = 0, count = 0;
  for (int seen = 0; seen < kRoundOrders;) {
    const auto batch = consumer.Poll(kPollCount, kPollWait);
    EVX_CHECK(batch.ok());
    const std::int64_t now = WallNanos();
    for (std::size_t i = 0; i < batch->size(); ++i) {
      const kafka::RecordView record = (*batch)[i];
      bytes += record.payload.size();
      ++count;
      if (record.key != key) continue;
      const std::int64_t time = sent(record.payload);
      if (time == 0) continue;
      if (seen++ >= kWarmUpOrders) latencies.Add(now - time);
    }
  }
  return bytes / count;
}

class Exchange {
 public:
  explicit Exchange(const Arguments& arguments)
      : ticker_(arguments.ticker),
        trader_(ReadTrader(arguments.credentials)),
        session_(arguments.fix_port, trader_, clock_),
        consumer_(OpenConsumer(arguments, kTopic)) {}

  // Returns the mean size of a message.
  std::size_t Round(Latencies& latencies) {
    std::thread sender([this] {
      Pace(
          [this](int i) {
            session_.AppendBid(absl::StrCat("e-", ++order_count_), ticker_, 1 + i % 20, 1 + i % 97);
          },
          [this] { session_.Flush(); });
    });
    std::thread reader([this] {
      for (int i = 0; i < kRoundOrders; ++i) {
        const fix::Message& message = session_.Read();
        EVX_CHECK(message.type() == fix::msg_type::kExecutionReport &&
                  message.Get(fix::tag::kOrdStatus) == "0");
      }
    });
    events::v1::ExchangeMessage message;
    const std::size_t size =
        ReadMessages(*consumer_, ticker_, latencies, [&message](std::string_view payload) {
          EVX_CHECK(message.ParseFromArray(payload.data(), static_cast<int>(payload.size())));
          if (!message.events(0).has_book_changed()) return std::int64_t{0};
          return message.create_time().seconds() * 1'000'000'000 + message.create_time().nanos();
        });
    sender.join();
    reader.join();
    return size;
  }

 private:
  const SystemClock clock_;
  const std::string ticker_;
  const Trader trader_;
  FixConnection session_;
  const std::unique_ptr<kafka::Consumer> consumer_;
  int order_count_ = 0;
};

// The time of a message is its payload's first line.
class Reference {
 public:
  explicit Reference(const Arguments& arguments)
      : topic_(arguments.reference_topic),
        key_(arguments.ticker),
        consumer_(OpenConsumer(arguments, topic_.c_str())) {
    auto producer = kafka::Producer::Open({.brokers = arguments.brokers});
    EVX_CHECK(producer.ok());
    producer_ = *std::move(producer);
  }

  void Round(std::size_t size, Latencies& latencies) {
    std::thread sender([this, size] {
      std::string payload;
      Pace(
          [&](int) {
            payload = absl::StrCat(WallNanos(), "\n");
            payload.resize(std::max(size, payload.size()), '.');
            for (const std::string_view key : {kAccountKey, std::string_view(key_)}) {
              EVX_CHECK(producer_->Produce({topic_, key, payload, {}, Timestamp()}).ok());
            }
          },
          [this] { producer_->Poll(absl::ZeroDuration()); });
      EVX_CHECK(producer_->Flush(kFlushWait).ok());
    });
    ReadMessages(*consumer_, key_, latencies,
                 [](std::string_view payload) { return std::atoll(payload.data()); });
    sender.join();
  }

 private:
  const std::string topic_;
  const std::string key_;
  const std::unique_ptr<kafka::Consumer> consumer_;
  std::unique_ptr<kafka::Producer> producer_;
};

// The rounds of one of the two.
struct Rounds {
  std::vector<double> p99s;  // In microseconds.

  void Add(Latencies& latencies) { p99s.push_back(latencies.Micros(0.99)); }
  double MedianP99() {
    std::sort(p99s.begin(), p99s.end());
    return p99s[p99s.size() / 2];
  }
  void Print(const char* name) {
    const double median = MedianP99();
    std::printf("%-28s p99 of a round: median %.0f us, least %.0f, most %.0f\n", name, median,
                p99s.front(), p99s.back());
  }
};

void Measure(const Arguments& arguments) {
  Exchange exchange(arguments);
  Reference reference(arguments);
  Rounds events, messages;
  for (int round = 0; round < kRounds; ++round) {
    Latencies of_events, of_messages;
    reference.Round(exchange.Round(of_events), of_messages);
    if (round == 0) continue;
    events.Add(of_events);
    messages.Add(of_messages);
  }
  messages.Print("produce to consume");
  events.Print("exchange event to consumer");
  PrintRow("kafka_event_p99", events.MedianP99(), messages.MedianP99(), "us");
}

int Main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr,
                 "usage: event_latency BROKERS FIX_PORT CREDENTIALS TICKER REFERENCE_TOPIC\n");
    return 2;
  }
  Measure({argv[1], static_cast<std::uint16_t>(std::atoi(argv[2])), argv[3], argv[4], argv[5]});
  return 0;
}

}  // namespace
}  // namespace evx::load

int main(int argc, char** argv) { return evx::load::Main(argc, argv); }
