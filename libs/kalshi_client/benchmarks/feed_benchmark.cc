// Frames per second of CPU time of one feed thread: first the session alone (decode, number check,
// listener), then with a WebSocket of this process in front. Deltas of about 230 bytes.

#include <time.h>

#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <string>
#include <vector>

#include "evx/core/check.h"
#include "evx/kalshi_client/feed_client.h"
#include "evx/net/http_server.h"

namespace evx::kalshi_client {
namespace {

constexpr std::uint64_t kFrameCount = 500'000;

double ThreadCpuSeconds() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

std::string DeltaFrame(std::uint64_t seq) {
  return R"({"type":"orderbook_delta","sid":1,"seq":)" + std::to_string(seq) +
         R"(,"sending_ts_ms":1781159489960,"msg":{"market_ticker":"KXBTCD-26JUN1106-T104999.99",)"
         R"("market_id":"7a1b2c3d-0000-4000-8000-000000000000","price_dollars":"0.4700",)"
         R"("delta_fp":"-3.00","side":"yes","ts":"2026-06-11T06:31:29.957Z",)"
         R"("ts_ms":1781159489957}})";
}

// Counts; takes CPU time at the first and the last frame.
class Counter final : public FeedListener {
 public:
  void OnSnapshot(const FeedPosition&, const kalshi::OrderbookSnapshot&) override {}
  void OnTicker(const FeedPosition&, const kalshi::TickerUpdate&) override {}
  void OnTrade(const FeedPosition&, const kalshi::TradeUpdate&) override {}
  void OnGapBegan(const FeedGap&) override { ++gaps; }
  void OnGapEnded(const FeedGap&) override {}
  void OnDelta(const FeedPosition&, const kalshi::OrderbookDelta&) override {
    if (deltas++ == 0) begin_ = ThreadCpuSeconds();
    if (deltas != kFrameCount) return;
    const std::lock_guard lock(mutex_);
    seconds_ = ThreadCpuSeconds() - begin_;
    done_.notify_all();
  }
  double Await() {
    std::unique_lock lock(mutex_);
    EVX_CHECK(done_.wait_for(lock, std::chrono::minutes(2), [&] { return seconds_ > 0; }));
    return seconds_;
  }

  std::uint64_t deltas = 0;
  std::uint64_t gaps = 0;

 private:
  double begin_ = 0;
  std::mutex mutex_;
  std::condition_variable done_;
  double seconds_ = 0;
};

class NoLink final : public FeedLink {
 public:
  bool Send(std::string_view) override { return true; }
  void Restart(std::string_view) override { EVX_CHECK(false); }
};

constexpr char kSubscribed[] =
    R"({"type":"subscribed","id":1,"msg":{"channel":"orderbook_delta","sid":1}})";

double SessionSeconds() {
  std::vector<std::string> frames;
  for (std::uint64_t seq = 1; seq <= kFrameCount; ++seq) frames.push_back(DeltaFrame(seq));
  const FeedSessionOptions options{.channels = {kalshi::Channel::kOrderbookDelta}};
  const SystemClock clock;
  Counter counter;
  NoLink link;
  FeedSession session(0, false, options, clock, counter, link);
  session.AddMarkets({"KXBTCD-26JUN1106-T104999.99"});
  session.OnOpen(0);
  session.OnFrame(kSubscribed);
  for (const std::string& frame : frames) session.OnFrame(frame);
  EVX_CHECK(counter.gaps == 0);
  return counter.Await();
}

// Sends all deltas, as fast as they are taken.
class Firehose final : public net::WebSocketSession {
 public:
  void OnOpen(net::WebSocket& socket) override { socket_ = &socket; }
  void OnMessage(std::string_view, bool) override {
    if (std::exchange(is_running_, true)) return;
    socket_->SendText(kSubscribed);
    Pour();
  }
  void OnTick() override {
    if (is_running_) Pour();
  }
  void OnClose() override {}

 private:
  void Pour() {
    while (seq_ < kFrameCount && socket_->SendText(DeltaFrame(seq_ + 1))) ++seq_;
  }
  net::WebSocket* socket_ = nullptr;
  bool is_running_ = false;
  std::uint64_t seq_ = 0;
};

double ClientSeconds() {
  net::HttpServer::Options server_options;
  server_options.websocket.unsent_bytes_max = std::size_t{256} << 20;
  const auto server =
      net::HttpServer::Start(server_options, [](net::HttpRequest& request, auto responder) {
        responder.Accept(request, std::make_unique<Firehose>());
      });
  EVX_CHECK(server.ok());
  const SystemClock clock;
  Counter counter;
  FeedClient::Options options;
  options.url = "ws://127.0.0.1:" + std::to_string((*server)->port()) + "/";
  options.session.channels = {kalshi::Channel::kOrderbookDelta};
  const auto client = FeedClient::Start(options, clock, counter);
  EVX_CHECK(client.ok());
  EVX_CHECK((*client)->AddMarkets({"KXBTCD-26JUN1106-T104999.99"}).ok());
  return counter.Await();
}

}  // namespace
}  // namespace evx::kalshi_client

int main() {
  using namespace evx::kalshi_client;
  const double frames = static_cast<double>(kFrameCount);
  std::printf("feed session alone: %.0f frames/s\n", frames / SessionSeconds());
  std::printf("feed over a WebSocket: %.0f frames/s\n", frames / ClientSeconds());
}
