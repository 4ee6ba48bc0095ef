#include "replay/replay_door.h"

#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <string>

#include "evx/core/clock.h"
#include "evx/net/testing/raw_websocket_client.h"
#include "evx/recording/testing/temporary_folder.h"
#include "tests/recorded_film.h"

// A replay over a real socket, with its threads.

namespace evx::order_book_rebuilder {
namespace {

using net::testing::RawWebSocketClient;

constexpr int kDeltaCount = 20'000;

// The door of a film whose messages do not go into topics.
class ReplayFixture {
 public:
  explicit ReplayFixture(const std::string& speed = "1") {
    ReplayConfig config;
    config.recording_dir = recorded_.folder();
    config.replay_port = 0;
    config.replay_speed = speed;
    auto door = ReplayDoor::Start(config, /*kafka_brokers=*/"", clock_, counters_);
    REQUIRE(door.ok());
    door_ = *std::move(door);
  }
  ReplayDoor& door() { return *door_; }

 private:
  const RecordedFilm recorded_{CountingFrames(kDeltaCount), /*interval_nanos=*/1};
  const SystemClock clock_;
  ReplayCounters counters_;
  std::unique_ptr<ReplayDoor> door_;
};

// The next text, whatever else comes before it.
std::string ReceiveText(RawWebSocketClient& client) {
  while (const auto frame = client.Receive()) {
    if (frame->opcode == RawWebSocketClient::Opcode::kText) return frame->payload;
  }
  return {};
}

}  // namespace

TEST_CASE("ReplayDoor: a film is shown to all who watch, and stops in the middle", "[replay]") {
  ReplayFixture fixture("max");

  RawWebSocketClient first(fixture.door().port());
  RawWebSocketClient second(fixture.door().port());
  for (RawWebSocketClient* client : {&first, &second}) {
    REQUIRE(client->Handshake("/trade-api/ws/v2")->status == 101);
    client->SendText(R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],)"
                     R"("market_ticker":"A"}})");
    CHECK(ReceiveText(*client).starts_with(R"({"type":"subscribed")"));
    CHECK(ReceiveText(*client).find(R"("seq":1,)") != std::string::npos);
  }
  SECTION("to its end") {
    const std::string last = R"("recorded_seq":)" + std::to_string(kDeltaCount + 1) + ",";
    for (int i = 0; i < kDeltaCount - 1; ++i) REQUIRE_FALSE(ReceiveText(first).empty());
    CHECK(ReceiveText(first).find(last) != std::string::npos);
    std::string text;
    do {
      text = ReceiveText(second);
      REQUIRE_FALSE(text.empty());
    } while (text.find(last) == std::string::npos);
  }
  SECTION("which ends its connections") {
    fixture.door().Stop();
    while (!ReceiveText(first).empty()) {
    }
    CHECK_FALSE(first.Receive());
  }
}

TEST_CASE("ReplayDoor: commands are bounded, and one that a stop overtakes is destroyed",
          "[replay]") {
  ReplayFixture fixture;
  std::promise<void> holds;
  std::promise<void> goes_on;
  REQUIRE(fixture.door()
              .Post([&](ReplayHub&, std::int64_t) {
                holds.set_value();
                goes_on.get_future().wait();
              })
              .ok());
  holds.get_future().wait();
  const auto alive = std::make_shared<int>();
  const auto post = [&] { return fixture.door().Post([alive](ReplayHub&, std::int64_t) {}); };
  for (std::size_t i = 0; i < ReplayDoor::kCommandsWaitingMax; ++i) REQUIRE(post().ok());
  CHECK(post().code() == absl::StatusCode::kResourceExhausted);
  goes_on.set_value();
  fixture.door().Stop();
  CHECK(alive.use_count() == 1);
  CHECK(post().code() == absl::StatusCode::kUnavailable);
}

TEST_CASE("ReplayDoor: a recording that comes later is played then", "[replay]") {
  const recording::testing::TemporaryFolder folder;
  ReplayConfig config;
  config.recording_dir = folder.path() + "/later";
  config.replay_port = 0;
  const SystemClock clock;
  ReplayCounters counters;
  const auto door = ReplayDoor::Start(config, /*kafka_brokers=*/"", clock, counters);
  REQUIRE(door.ok());
  const auto handshake = [&](RawWebSocketClient& client) {
    return client.Handshake("/trade-api/ws/v2")->status;
  };
  RawWebSocketClient early((*door)->port());
  CHECK(handshake(early) == 503);
  const RecordedFilm recorded(CountingFrames(3), kSecond, config.recording_dir);
  RawWebSocketClient client((*door)->port());
  REQUIRE(handshake(client) == 101);
  client.SendText(R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],)"
                  R"("market_ticker":"A"}})");
  CHECK(ReceiveText(client).starts_with(R"({"type":"subscribed")"));
  CHECK(ReceiveText(client).find(R"("recorded_seq":1,)") != std::string::npos);
}

TEST_CASE("ReplayDoor: every other path is unknown", "[replay]") {
  ReplayFixture fixture;
  RawWebSocketClient client(fixture.door().port());
  CHECK(client.Handshake("/ws")->status == 404);
}

}  // namespace evx::order_book_rebuilder
