#include "live/live_door.h"

#include <catch2/catch.hpp>
#include <condition_variable>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "evx/core/clock.h"
#include "evx/kalshi_client/feed_client.h"
#include "evx/net/testing/raw_websocket_client.h"
#include "tests/live_server.h"

// The live doors over real sockets.

namespace evx::order_book_rebuilder {
namespace {

using net::testing::RawWebSocketClient;
using nlohmann::json;

constexpr Price k40 = Price::FromCents(40);
constexpr int kDeltaCount = 2'000;

// The next text, whatever else comes before it.
json ReceiveJson(RawWebSocketClient& client) {
  while (const auto frame = client.Receive()) {
    if (frame->opcode == RawWebSocketClient::Opcode::kText) return json::parse(frame->payload);
  }
  return {};
}

TEST_CASE("LiveDoor: clients on every thread get every change of a book", "[live]") {
  LiveServer server;
  server.Apply("A", VenueSnapshot(1, {{k40, Quantity::FromContracts(1)}}, {}));
  std::vector<std::unique_ptr<RawWebSocketClient>> clients;
  for (int i = 0; i < 2 * LiveServer::kThreadCount; ++i) {
    clients.push_back(std::make_unique<RawWebSocketClient>(server.port()));
    REQUIRE(clients.back()->Handshake("/ws/orderbook")->status == 101);
    clients.back()->SendText(R"({"id":1,"command":"subscribe","subjects":["A"]})");
    CHECK(ReceiveJson(*clients.back())["type"] == "subscribed");
    CHECK(ReceiveJson(*clients.back())["sequence"] == 1);
  }
  for (int i = 2; i <= kDeltaCount; ++i) {
    server.Apply("A", Delta(i, BookSide::kBid, k40, 1, i));
  }
  for (const auto& client : clients) {
    std::int64_t sequence = 1;
    while (sequence < kDeltaCount) {
      const json message = ReceiveJson(*client);
      REQUIRE(message.is_object());
      // What comes before the subscription is in the snapshot, what comes behind it is not lost.
      REQUIRE(message["sequence"] == ++sequence);
      REQUIRE(message["quantity"] == std::to_string(sequence) + ".00");
    }
  }
}

TEST_CASE("LiveDoor: what is no WebSocket of these paths is refused", "[live]") {
  LiveServer server;
  CHECK(RawWebSocketClient(server.port()).Handshake("/ws/orderbook?format=xml")->status == 400);
  CHECK(RawWebSocketClient(server.port()).Handshake("/ws/orderbook?format=protobuf")->status ==
        101);
  CHECK(RawWebSocketClient(server.port()).Handshake("/trade-api/ws/v2")->status == 101);
}

TEST_CASE("LiveDoor: a stop ends the connections, and later tasks are refused", "[live]") {
  LiveServer server;
  RawWebSocketClient client(server.port());
  REQUIRE(client.Handshake("/ws/orderbook")->status == 101);
  client.SendText(R"({"command":"subscribe","subjects":["all"]})");
  CHECK(ReceiveJson(client)["type"] == "subscribed");
  server.Stop();
  CHECK(ReceiveJson(client).is_null());
  CHECK_FALSE(server.live.Post([](LiveHub&) {}));
  server.Apply("A", VenueSnapshot(1, {}, {}));  // Nobody hears it.
}

// Folds what the library's client is told.
class Listener final : public kalshi_client::FeedListener {
 public:
  void OnSnapshot(const kalshi_client::FeedPosition&,
                  const kalshi::OrderbookSnapshot& snapshot) override {
    const std::lock_guard lock(mutex_);
    quantity_ = snapshot.book.yes.empty() ? Quantity() : snapshot.book.yes.back().count;
    ++snapshots_;
    changed_.notify_all();
  }
  void OnDelta(const kalshi_client::FeedPosition& position,
               const kalshi::OrderbookDelta& delta) override {
    const std::lock_guard lock(mutex_);
    if (!position.is_in_doubt) quantity_ = quantity_ + delta.delta;
    changed_.notify_all();
  }
  void OnTicker(const kalshi_client::FeedPosition&, const kalshi::TickerUpdate&) override {}
  void OnTrade(const kalshi_client::FeedPosition&, const kalshi::TradeUpdate&) override {}
  void OnGapBegan(const kalshi_client::FeedGap& gap) override {
    const std::lock_guard lock(mutex_);
    causes_.push_back(gap.cause);
    changed_.notify_all();
  }
  void OnGapEnded(const kalshi_client::FeedGap&) override {}

  template <class Condition>
  bool Wait(const Condition& condition) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(20), [&] { return condition(*this); });
  }

  Quantity quantity_;
  int snapshots_ = 0;
  std::vector<kalshi_client::GapCause> causes_;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

TEST_CASE("LiveDoor: the library's client of the venue reads the books, and sees what it misses",
          "[live]") {
  LiveServer server;
  server.Apply("A", VenueSnapshot(1, {{k40, Quantity::FromContracts(1)}}, {}));
  const SystemClock clock;
  Listener listener;
  kalshi_client::FeedClient::Options options;
  options.url = "ws://127.0.0.1:" + std::to_string(server.port()) + "/trade-api/ws/v2";
  options.session.channels = {kalshi::Channel::kOrderbookDelta};
  auto client = kalshi_client::FeedClient::Start(options, clock, listener);
  REQUIRE(client.ok());
  REQUIRE((*client)->AddMarkets({"A"}).ok());
  REQUIRE(listener.Wait([](const Listener& l) { return l.snapshots_ == 1; }));
  for (int i = 2; i <= 100; ++i) server.Apply("A", Delta(i, BookSide::kBid, k40, 1, i));
  REQUIRE(
      listener.Wait([](const Listener& l) { return l.quantity_ == Quantity::FromContracts(100); }));

  server.Close(LiveServer::NumberOf("A"));
  REQUIRE(listener.Wait([](const Listener& l) { return !l.causes_.empty(); }));
  CHECK(listener.causes_[0] == kalshi_client::GapCause::kEnded);
  server.Apply("A", Delta(101, BookSide::kBid, k40, 1, 101));
  server.Reopen(LiveServer::NumberOf("A"));
  server.Apply("A", Delta(102, BookSide::kBid, k40, 1, 102));
  REQUIRE(
      listener.Wait([](const Listener& l) { return l.quantity_ == Quantity::FromContracts(102); }));
  CHECK(listener.causes_.size() == 1);
}

}  // namespace
}  // namespace evx::order_book_rebuilder
