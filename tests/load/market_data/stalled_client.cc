// 5,000 markets and 1,000 clients of /ws/market-data, one of which takes nothing: how late messages
// are at the others, from the moment at which the publisher hands them over until they are read.
// Two servers run beside each other with the same messages and clients, so that the machine's other
// work delays both, and one has the stalled client: it becomes full at once, and the measurement
// ends when it has been cut. Prints a JSON line for scripts/bench: the p99 with it, against that
// without.
//
// Everything is as in the server but for Kafka, whose commits would hide what is looked for.

#include <sys/prctl.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "core/measure.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/core/testing/benchmark.h"
#include "evx/market_data/message_batch.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "evx/net/http_server.h"
#include "evx/telemetry/metrics.h"
#include "feed/committed_markets.h"
#include "feed/feed_door.h"
#include "probe.h"
#include "websocket/feed_connections.h"

namespace evx::load {
namespace {

namespace pb = marketdata::v1;
using market_data::CommittedMarkets;
using market_data::FeedDoor;
using market_data::MessageBatch;
using market_data::Probe;
using market_data::Topic;

constexpr int kMarketCount = 5'000;
constexpr std::size_t kClientCount = 1'000;
constexpr int kMarketsPerClient = 50;  // Whose books it follows, besides the trades of all.
constexpr int kLevels = 10;            // A side.
// A transaction every 100 ms: 2,000 changes of books and 100 trades a second, which are 120,000
// messages to clients.
constexpr std::int64_t kBatchInterval = 100'000'000;
constexpr int kDeltasPerBatch = 200;
constexpr int kTradesPerBatch = 10;
// It is full for ten seconds first.
constexpr std::int64_t kCutMax = 60'000'000'000;
constexpr std::int64_t kLook = 100'000'000;
constexpr std::int64_t kWarmUp = 3'000'000'000;
constexpr int kStalledReceiveBytes = 4'096;

std::string TickerOf(int market) { return absl::StrCat("SYNTHETIC-", market); }

// The messages of all markets, as the pipeline makes them.
class Markets {
 public:
  Markets() : books_(kMarketCount), random_(7) {}

  // A whole book and a ticker for each.
  MessageBatch Begin() {
    MessageBatch batch;
    for (int market = 0; market < kMarketCount; ++market) {
      pb::BookMessage book;
      FillHead(market, ++books_[Index(market)].sequence, book);
      pb::BookSnapshot& snapshot = *book.mutable_snapshot();
      snapshot.set_cause(pb::SNAPSHOT_CAUSE_VENUE);
      for (int i = 0; i < kLevels; ++i) {
        AddLevel(400'000 - 10'000 * i, *snapshot.add_bids());
        AddLevel(600'000 + 10'000 * i, *snapshot.add_asks());
      }
      batch.Append(Topic::kBook, TickerOf(market), book.envelope().sequence(), book);
      pb::TickerMessage ticker;
      FillHead(market, 1, ticker);
      ticker.set_bid_price_micros(400'000);
      ticker.set_ask_price_micros(600'000);
      batch.Append(Topic::kTickers, TickerOf(market), 1, ticker);
    }
    return batch;
  }

  MessageBatch Next() {
    MessageBatch batch;
    for (int i = 0; i < kDeltasPerBatch; ++i) AddDelta(DrawMarket(), batch);
    for (int i = 0; i < kTradesPerBatch; ++i) AddTrade(DrawMarket(), batch);
    return batch;
  }

 private:
  struct Book {
    std::int64_t sequence = 0;
    std::int64_t trade_sequence = 0;
    std::int64_t best_bid_centis = 10'000;
  };

  static std::size_t Index(int market) { return static_cast<std::size_t>(market); }
  int DrawMarket() { return static_cast<int>(random_.Next() % kMarketCount); }

  static void AddLevel(std::int64_t price_micros, common::v1::PriceLevel& level) {
    level.set_price_micros(price_micros);
    level.set_quantity_centis(10'000);
  }
  template <class Message>
  static void FillHead(int market, std::int64_t sequence, Message& message) {
    message.set_market_ticker(TickerOf(market));
    pb::Envelope& envelope = *message.mutable_envelope();
    envelope.set_source("synthetic");
    envelope.set_schema_version(1);
    envelope.set_sequence(sequence);
    envelope.set_source_subscription(1);
    envelope.set_source_sequence(sequence);
    envelope.set_published_ns(NowNanos());
    envelope.set_trace_id("0123456789abcdef0123456789abcdef");
  }
  void AddDelta(int market, MessageBatch& batch) {
    Book& book = books_[Index(market)];
    book.best_bid_centis += 100;
    pb::BookMessage message;
    FillHead(market, ++book.sequence, message);
    pb::BookDelta& delta = *message.mutable_delta();
    delta.set_side(common::v1::BOOK_SIDE_BID);
    delta.set_price_micros(400'000);
    delta.set_delta_centis(100);
    delta.set_quantity_centis(book.best_bid_centis);
    batch.Append(Topic::kBook, TickerOf(market), book.sequence, message);
  }
  void AddTrade(int market, MessageBatch& batch) {
    Book& book = books_[Index(market)];
    pb::TradeMessage message;
    FillHead(market, ++book.trade_sequence, message);
    message.set_trade_id("01234567-89ab-cdef-0123-456789abcdef");
    message.set_price_micros(500'000);
    message.set_quantity_centis(100);
    batch.Append(Topic::kTrades, TickerOf(market), book.trade_sequence, message);
  }

  std::vector<Book> books_;
  evx::testing::SplitMix64 random_;
};

// The part of the server that serves clients.
class Server {
 public:
  Server()
      : probe_(registry_),
        door_(
            2 * kClientCount, markets_, [](std::string_view) { return true; }, probe_) {
    net::HttpServer::Options options;
    options.websocket = FeedDoor::SessionOptions();
    auto started = net::HttpServer::Start(
        options, [this](net::HttpRequest& request, net::HttpResponder responder) {
          door_.Accept(request, std::move(responder));
        });
    EVX_CHECK(started.ok());
    server_ = *std::move(started);
    door_.Attach(*server_);
  }

  // As when Kafka has them.
  void Commit(const MessageBatch& batch) {
    door_.OnCommitted(markets_.Commit(batch, 0, batch.size()));
  }
  std::uint16_t port() const { return server_->port(); }
  const Probe& probe() const { return probe_; }

 private:
  telemetry::Registry registry_;
  Probe probe_;
  CommittedMarkets markets_;
  FeedDoor door_;
  std::unique_ptr<net::HttpServer> server_;
};

std::string Head() { return absl::StrCat("GET ", ToAbsl(FeedDoor::kPath), " HTTP/1.1\r\n"); }

// All trades and the books of some markets, for each client others.
void Subscribe(FeedConnections& clients) {
  for (std::size_t i = 0; i < clients.count(); ++i) {
    std::string command = R"({"id":1,"command":"subscribe","subjects":["all:trades")";
    for (int k = 0; k < kMarketsPerClient; ++k) {
      const int market = (static_cast<int>(i) * kMarketsPerClient + k) % kMarketCount;
      absl::StrAppend(&command, ",\"", TickerOf(market), ":book\"");
    }
    clients.Send(i, command + "]}");
  }
  std::size_t books = 0;
  while (books < clients.count() * kMarketsPerClient) {
    clients.Poll(absl::Seconds(1), [&](std::size_t, std::string_view text) {
      if (MemberOf(text, "\"type\":") == "book_snapshot") ++books;
    });
  }
}

// A server and the clients that take their data.
class Side {
 public:
  explicit Side(const MessageBatch& begin)
      : clients_({.port = server.port(), .count = kClientCount - 1, .make_head = Head}) {
    server.Commit(begin);
    Subscribe(clients_);
    latencies.Reserve(10'000'000);
    reader_ = std::thread([this] { Read(); });
  }
  // Ends the measurement.
  void Stop() {
    is_done_ = true;
    reader_.join();
  }

  Server server;
  std::atomic<bool> counts = false;
  Latencies latencies;  // Of what was received while it counts; the reader's until Stop.

 private:
  void Read() {
    while (!is_done_) {
      clients_.Poll(absl::Milliseconds(10), [&](std::size_t, std::string_view text) {
        if (!counts) return;
        std::int64_t published = 0;
        EVX_CHECK(absl::SimpleAtoi(ToAbsl(MemberOf(text, "\"published_ns\":")), &published));
        latencies.Add(NowNanos() - published);
      });
    }
  }

  FeedConnections clients_;
  std::atomic<bool> is_done_ = false;
  std::thread reader_;
};

// Gives both the same messages until `is_done`; who is first changes.
void Publish(Markets& markets, std::array<Side*, 2> sides, const std::atomic<bool>& is_done) {
  prctl(PR_SET_TIMERSLACK, 1);
  std::int64_t due = NowNanos();
  while (!is_done) {
    const MessageBatch batch = markets.Next();
    for (Side* const side : sides) side->server.Commit(batch);
    std::swap(sides[0], sides[1]);
    due += kBatchInterval;
    SleepUntilNanos(due);
  }
}

void WaitForCut(const Probe& probe) {
  const std::int64_t begin = NowNanos();
  while (probe.client_cuts(market_data::CutReason::kSlow) == 0) {
    if (NowNanos() - begin > kCutMax) {
      std::fprintf(stderr, "the servers do not keep up: nobody was cut within a minute\n");
      std::exit(1);
    }
    SleepUntilNanos(NowNanos() + kLook);
  }
}

void Measure() {
  Markets markets;
  const MessageBatch begin = markets.Begin();
  Side quiet(begin);
  Side disturbed(begin);
  std::atomic<bool> is_done = false;
  std::thread publisher([&] { Publish(markets, {&quiet, &disturbed}, is_done); });
  SleepUntilNanos(NowNanos() + kWarmUp);

  FeedConnections stalled(
      {.port = disturbed.server.port(), .make_head = Head, .receive_bytes = kStalledReceiveBytes});
  quiet.counts = disturbed.counts = true;
  stalled.Send(0, R"({"id":1,"command":"subscribe","subjects":["all"]})");
  WaitForCut(disturbed.server.probe());
  quiet.Stop();
  disturbed.Stop();
  is_done = true;
  publisher.join();

  quiet.latencies.Print("all take their data");
  disturbed.latencies.Print("one takes nothing");
  absl::PrintF("%d messages were left out for it\n", disturbed.server.probe().client_conflated());
  PrintRow("stalled_client_p99", disturbed.latencies.Micros(0.99), quiet.latencies.Micros(0.99),
           "us");
}

}  // namespace
}  // namespace evx::load

int main() {
  evx::load::Measure();
  return 0;
}
