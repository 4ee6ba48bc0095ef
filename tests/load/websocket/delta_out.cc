// Orders over one FIX session at a fixed rate, and when their deltas arrive at WebSocket
// connections that subscribe to the book: from the moment at which an order should have been sent.
// Every pair of order and connection counts. Prints JSON lines for scripts/bench, against fdatasync
// on the file system of the exchange.
//
//   delta_out HTTP_PORT FIX_PORT CREDENTIALS TICKER DIRECTORY
//
// The market's book is empty at the start. DIRECTORY is on the disk of the exchange's journal.

#include <sys/prctl.h>

#include <cstdio>
#include <cstdlib>
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
#include "evx/core/decimal.h"
#include "evx/fix/tags.h"
#include "websocket/feed_connections.h"

namespace evx::load {
namespace {

constexpr std::size_t kConnections = 100;
constexpr std::int64_t kOrdersPerSecond = 2'000;
constexpr std::int64_t kIntervalNanos = 1'000'000'000 / kOrdersPerSecond;
constexpr int kWarmUpOrders = 2 * kOrdersPerSecond;
constexpr int kOrders = kWarmUpOrders + 10 * kOrdersPerSecond;
constexpr int kSyncCount = 2'000;
constexpr std::int64_t kStartNanos = 10'000'000;

// The orders differ from their neighbors, and so do their deltas.
constexpr int PriceCents(std::int64_t order) { return static_cast<int>(1 + order % 20); }
constexpr int Contracts(std::int64_t order) { return static_cast<int>(1 + order % 97); }

struct Arguments {
  std::uint16_t http_port = 0;
  std::uint16_t fix_port = 0;
  std::string credentials;
  std::string ticker;
  std::string directory;
};

// Sends the orders, each when it is due, and those that are late at once.
void SendOrders(FixConnection& session, const std::string& ticker, std::int64_t start) {
  prctl(PR_SET_TIMERSLACK, 1);
  for (int i = 0; i < kOrders;) {
    // Without looking ahead: the processor is the exchange's, and to be late counts against it.
    SleepUntilNanos(start + i * kIntervalNanos);
    const std::int64_t now = NowNanos();
    for (; i < kOrders && start + i * kIntervalNanos <= now; ++i) {
      session.AppendBid(absl::StrCat("d-", i), ticker, PriceCents(i), Contracts(i));
    }
    session.Flush();
  }
}

void ReadReports(FixConnection& session) {
  for (int i = 0; i < kOrders; ++i) {
    const fix::Message& message = session.Read();
    EVX_CHECK(message.type() == fix::msg_type::kExecutionReport &&
              message.Get(fix::tag::kOrdStatus) == "0");
  }
}

// Subscribes every connection to the market and waits for its book.
void Subscribe(FeedConnections& feed, const std::string& ticker) {
  feed.SendToAll(absl::StrCat(
      R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],"market_ticker":")",
      ticker, R"("}})"));
  std::size_t books = 0;
  while (books < feed.count()) {
    feed.Poll(absl::Seconds(1), [&](std::size_t, std::string_view text) {
      if (MemberOf(text, "\"type\":") == "orderbook_snapshot") ++books;
    });
  }
}

// Reads deltas until every connection has one for each order. The orders of one session reach the
// book in their order.
void ReadDeltas(FeedConnections& feed, std::int64_t start, Latencies& latencies) {
  std::vector<std::int64_t> next(feed.count(), 0);
  std::size_t done = 0;
  while (done < feed.count()) {
    feed.Poll(absl::Seconds(1), [&](std::size_t connection, std::string_view text) {
      const std::int64_t now = NowNanos();
      if (MemberOf(text, "\"type\":") != "orderbook_delta") return;
      const std::int64_t order = next[connection]++;
      EVX_CHECK(ParseDecimal(MemberOf(text, "\"delta_fp\":"), 0) == Contracts(order));
      if (order >= kWarmUpOrders) latencies.Add(now - start - order * kIntervalNanos);
      if (order == kOrders - 1) ++done;
    });
  }
}

void Measure(const Arguments& arguments) {
  Latencies syncs;
  MeasureFdatasync(arguments.directory, kSyncCount, syncs);
  const Trader trader = ReadTrader(arguments.credentials);
  FeedConnections feed({.port = arguments.http_port, .count = kConnections, .make_head = [&trader] {
                          return SignedWebSocketHead(trader);
                        }});
  Subscribe(feed, arguments.ticker);
  const SystemClock clock;
  FixConnection session(arguments.fix_port, trader, clock);

  Latencies latencies;
  latencies.Reserve(kConnections * (kOrders - kWarmUpOrders));
  const std::int64_t start = NowNanos() + kStartNanos;
  std::thread sender([&] { SendOrders(session, arguments.ticker, start); });
  std::thread reader([&] { ReadReports(session); });
  ReadDeltas(feed, start, latencies);
  sender.join();
  reader.join();
  // Before and after: the disk's mood changes.
  MeasureFdatasync(arguments.directory, kSyncCount, syncs);

  syncs.Print("fdatasync 4 KiB");
  latencies.Print("order in to delta out");
  PrintRow("delta_out_p50", latencies.Micros(0.5), syncs.Micros(0.5), "us");
  PrintRow("delta_out_p99", latencies.Micros(0.99), syncs.Micros(0.5), "us");
}

int Main(int argc, char** argv) {
  if (argc != 6) {
    std::fprintf(stderr, "usage: delta_out HTTP_PORT FIX_PORT CREDENTIALS TICKER DIRECTORY\n");
    return 2;
  }
  Measure({static_cast<std::uint16_t>(std::atoi(argv[1])),
           static_cast<std::uint16_t>(std::atoi(argv[2])), argv[3], argv[4], argv[5]});
  return 0;
}

}  // namespace
}  // namespace evx::load

int main(int argc, char** argv) { return evx::load::Main(argc, argv); }
