// From a source to the sockets of 500 pages: 2,000 updates/s of 50 markets, half of them trades,
// to 500 WebSockets that follow the table of markets, a book and its trades each, on one
// I/O thread. Measured is the time from Publish to a page having the frame: of trades, and of the
// first book change of a window. The pages are one thread more; on a machine with other work wall
// time is theirs too.

#include <poll.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "door/socket_door.h"
#include "evx/core/check.h"
#include "evx/core/clock.h"
#include "evx/core/monotonic_clock.h"
#include "evx/net/testing/raw_websocket_client.h"
#include "tests/frame_reader.h"

namespace evx::gateway {
namespace {

using net::testing::RawWebSocketClient;

constexpr int kPageCount = 500;
constexpr int kMarketCount = 50;
constexpr int kUpdatesPerSecond = 2'000;
constexpr int kSeconds = 10;
constexpr std::int64_t kWindowNanos = 50'000'000;

class NoRequests final : public RequestHandler, public PortfolioSource {
 public:
  void Handle(const Session&, const v1::ClientMessage&, AnswerFunction) override {}
  absl::Status Open(const Session&) override { return absl::OkStatus(); }
  void Close(std::int64_t) override {}
};

std::string Ticker(int market) { return "BENCHMARK-" + std::to_string(market); }

// Each page is another user.
absl::StatusOr<Session> FindSession(std::string_view token) {
  Session session;
  session.id = token;
  session.user_name = token;
  session.user_id = std::stoll(std::string(token));
  return session;
}

struct Page {
  Page(std::uint16_t port, int number) : client(port) {
    const std::string cookie = "Cookie: evx_session=" + std::to_string(number + 1) + "\r\n";
    EVX_CHECK(client.Handshake("/ws?subscribe=none", cookie)->status == 101);
    v1::ClientMessage message;
    message.set_request_id(1);
    const std::string ticker = Ticker(number % kMarketCount);
    for (const std::string& name :
         {std::string(kMarketsStream), BookStream(ticker), TradesStream(ticker)}) {
      message.mutable_subscribe()->add_streams()->set_stream(name);
    }
    EVX_CHECK(client.Send(RawWebSocketClient::Opcode::kBinary, message.SerializeAsString()));
    v1::ServerMessage answer;
    while (answer.request_id() == 0) {
      EVX_CHECK(answer.ParseFromString(client.Receive()->payload));
    }
  }

  RawWebSocketClient client;
  testing::FrameReader frames;
  std::int64_t next_trade = 0;
};

struct Latencies {
  std::vector<std::int64_t> trades;
  std::vector<std::int64_t> first_changes;
  std::int64_t frame_count = 0;
  std::int64_t lost_trades = 0;
};

// The moment of an update travels as its event time; a change that is not the first of its window
// has a gap_count.
void Take(std::string_view payload, Page& page, std::int64_t now, Latencies& latencies) {
  ++latencies.frame_count;
  v1::ServerMessage message;
  EVX_CHECK(message.ParseFromArray(payload.data(), static_cast<int>(payload.size())));
  for (const v1::Trade& trade : message.trades().trades()) {
    const std::int64_t number = std::stoll(trade.trade_id());
    if (page.next_trade != 0 && number != page.next_trade) ++latencies.lost_trades;
    page.next_trade = number + 1;
    latencies.trades.push_back(now - trade.event_time_ns());
  }
  const v1::BookUpdate& update = message.book_update();
  if (update.levels_size() == 1 && update.health().gap_count() == 0 &&
      update.health().event_time_ns() != 0) {
    latencies.first_changes.push_back(now - update.health().event_time_ns());
  }
}

void ReadPage(Page& page, Latencies& latencies) {
  page.frames.Read(page.client.http().fd(),
                   [&](RawWebSocketClient::Opcode opcode, std::string_view payload) {
                     if (opcode == RawWebSocketClient::Opcode::kBinary) {
                       Take(payload, page, MonotonicNanos(), latencies);
                     }
                   });
}

void ReadPages(std::vector<std::unique_ptr<Page>>& pages, const std::atomic<bool>& is_over,
               Latencies& latencies) {
  std::vector<pollfd> sockets;
  for (const auto& page : pages) sockets.push_back({page->client.http().fd(), POLLIN, 0});
  while (!is_over) {
    if (poll(sockets.data(), sockets.size(), 10) <= 0) continue;
    for (std::size_t i = 0; i < pages.size(); ++i) {
      if (sockets[i].revents != 0) ReadPage(*pages[i], latencies);
    }
  }
}

StreamNews TradeOf(int market, std::int64_t number) {
  v1::ServerMessage message;
  v1::Trade& trade = *message.mutable_trades()->add_trades();
  trade.set_trade_id(std::to_string(number));
  trade.set_market_ticker(Ticker(market));
  trade.set_price_micros(500'000);
  trade.set_quantity_centis(100);
  trade.set_event_time_ns(MonotonicNanos());
  return {TradesStream(Ticker(market)), std::move(message)};
}

StreamNews ChangeOf(int market, int step, bool is_first) {
  v1::ServerMessage message;
  v1::BookUpdate& update = *message.mutable_book_update();
  v1::BookLevel& level = *update.add_levels();
  level.set_side(common::v1::BOOK_SIDE_BID);
  level.set_price_micros(10'000 * (1 + step % 40));
  level.set_quantity_centis(100 + step);
  update.mutable_health()->set_state(v1::BOOK_STATE_LIVE);
  update.mutable_health()->set_gap_count(is_first ? 0 : 1);
  update.mutable_health()->set_event_time_ns(MonotonicNanos());
  return {BookStream(Ticker(market)), std::move(message)};
}

// In turn over the markets. What comes more than two windows behind a change is a first change.
void Publish(SocketDoor& door) {
  std::vector<std::int64_t> told(kMarketCount, 0);
  std::vector<std::int64_t> trade_numbers(kMarketCount, 0);
  const std::int64_t begin = MonotonicNanos();
  for (int i = 0; i < kUpdatesPerSecond * kSeconds; ++i) {
    const std::int64_t due =
        begin + static_cast<std::int64_t>(i) * 1'000'000'000 / kUpdatesPerSecond;
    while (MonotonicNanos() < due) std::this_thread::sleep_for(std::chrono::microseconds(50));
    const int market = i % kMarketCount;
    std::vector<StreamNews> news;
    // A market has four changes of its book, then four trades: the windows end meanwhile.
    const bool is_trade = (i / kMarketCount) % 8 >= 4;
    if (is_trade) {
      news.push_back(TradeOf(market, ++trade_numbers[static_cast<std::size_t>(market)]));
    } else {
      std::int64_t& last = told[static_cast<std::size_t>(market)];
      const std::int64_t now = MonotonicNanos();
      const bool is_first = now - last > 2 * kWindowNanos;
      last = now;
      news.push_back(ChangeOf(market, i, is_first));
    }
    door.Publish(std::move(news));
  }
}

double Percentile(std::vector<std::int64_t>& nanos, double share) {
  EVX_CHECK(!nanos.empty());
  const auto index = static_cast<std::size_t>(share * static_cast<double>(nanos.size() - 1));
  std::nth_element(nanos.begin(), nanos.begin() + static_cast<std::ptrdiff_t>(index), nanos.end());
  return static_cast<double>(nanos[index]) * 1e-6;
}

int Main() {
  SystemClock clock;
  NoRequests nothing;
  DoorCounters counters;
  SocketDoor::Options options;
  options.knows = [](std::string_view) { return true; };
  SocketDoor door(options, FindSession, nothing, nothing, clock, counters);
  net::HttpServer::Options http;
  http.websocket = SocketDoor::SessionOptions();
  auto server = net::HttpServer::Start(
      http, [&door](net::HttpRequest& request, net::HttpResponder responder) {
        door.Accept(request, std::move(responder));
      });
  EVX_CHECK(server.ok());
  door.Attach(**server);
  for (int market = 0; market < kMarketCount; ++market) {
    v1::InitialState state;
    state.mutable_trades();
    door.SetState(TradesStream(Ticker(market)), std::move(state));
  }
  v1::InitialState table;
  table.mutable_markets();
  door.SetState(std::string(kMarketsStream), std::move(table));
  std::vector<std::unique_ptr<Page>> pages;
  for (int i = 0; i < kPageCount; ++i) {
    pages.push_back(std::make_unique<Page>((*server)->port(), i));
  }
  Latencies latencies;
  std::atomic<bool> is_over = false;
  std::thread reader([&] { ReadPages(pages, is_over, latencies); });
  Publish(door);
  std::this_thread::sleep_for(std::chrono::seconds(1));  // What is still under way.
  is_over = true;
  reader.join();
  EVX_CHECK(latencies.lost_trades == 0);
  EVX_CHECK(door.hub_counters().cut == 0 && door.hub_counters().frames_spared == 0);
  const double trade_p99 = Percentile(latencies.trades, 0.99);
  const double change_p99 = Percentile(latencies.first_changes, 0.99);
  std::printf(
      "%d pages, %d updates/s: %.0f frames/s to pages; trades p50 %.2f ms p99 %.2f ms, "
      "first changes p50 %.2f ms p99 %.2f ms (%zu, %zu), no trade lost\n",
      kPageCount, kUpdatesPerSecond, static_cast<double>(latencies.frame_count) / kSeconds,
      Percentile(latencies.trades, 0.5), trade_p99, Percentile(latencies.first_changes, 0.5),
      change_p99, latencies.trades.size(), latencies.first_changes.size());
  std::printf("{\"row\":\"gateway_trade_p99\",\"measured\":%.3f,\"unit\":\"ms\"}\n", trade_p99);
  std::printf("{\"row\":\"gateway_book_p99\",\"measured\":%.3f,\"unit\":\"ms\"}\n", change_p99);
  door.Detach();
  server->reset();
  return 0;
}

}  // namespace
}  // namespace evx::gateway

int main() { return evx::gateway::Main(); }
