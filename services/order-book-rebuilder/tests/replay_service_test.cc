#include "rpc/replay_service.h"

#include <grpcpp/client_context.h>

#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>

#include "evx/core/check.h"
#include "evx/core/clock.h"
#include "evx/net/testing/raw_websocket_client.h"
#include "evx/recording/testing/temporary_folder.h"
#include "evx/rpc/testing/served.h"
#include "tests/recorded_film.h"

// The service over a real channel, with the film's threads.

namespace evx::order_book_rebuilder {
namespace {

namespace pb = rebuild::v1;
using net::testing::RawWebSocketClient;
using nlohmann::json;
using Stub = pb::ReplayService::Stub;

constexpr int kFrameCount = 10;  // A second apart.
constexpr std::int64_t kBeginSeconds = kBegin / kSecond;

// These films do not go into topics.
constexpr const char* kNoKafka = "";

// The service at a port of its own.
class Listener {
 public:
  explicit Listener(ReplayDoor* door) : served_(MakeReplayService(door)) {}

  // The film goes into `replay` when the call has succeeded.
  template <class Request, class Response>
  grpc::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, pb::Replay* replay = nullptr) {
    grpc::ClientContext call;
    rpc::SetDeadline(call, absl::Seconds(20));
    Response response;
    grpc::Status status = (served_.stub().*method)(&call, request, &response);
    if (replay != nullptr) *replay = response.replay();
    return status;
  }
  template <class Request, class Response>
  pb::Replay Press(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request = Request()) {
    pb::Replay replay;
    const grpc::Status status = Call(method, request, &replay);
    INFO(status.error_message());
    REQUIRE(status.ok());
    return replay;
  }

 private:
  rpc::testing::Served<pb::ReplayService> served_;
};

class Film {
 public:
  Film() {
    ReplayConfig config;
    config.recording_dir = recorded_.folder();
    config.replay_port = 0;
    auto started = ReplayDoor::Start(config, kNoKafka, clock_, counters);
    EVX_CHECK(started.ok());
    door = *std::move(started);
    listener.emplace(door.get());
  }

  // What a recorder adds, a second apart.
  void Record(int seq_first, int seq_last) {
    recorded_.Append(CountingDeltas(seq_first, seq_last));
  }
  void Seal() { recorded_.Seal(); }
  pb::Replay Get() { return listener->Press(&Stub::GetReplay); }
  pb::Replay Seek(int second) {
    pb::SeekReplayRequest request;
    request.mutable_time()->set_seconds(kBeginSeconds + second);
    return listener->Press(&Stub::SeekReplay, request);
  }
  pb::Replay SetSpeed(const std::string& speed) {
    pb::SetReplaySpeedRequest request;
    request.set_speed(speed);
    return listener->Press(&Stub::SetReplaySpeed, request);
  }

 private:
  RecordedFilm recorded_{CountingFrames(kFrameCount - 1)};
  const SystemClock clock_;

 public:
  ReplayCounters counters;
  std::unique_ptr<ReplayDoor> door;
  std::optional<Listener> listener;
};

// The second of the film that it stands at.
std::int64_t SecondOf(const pb::Replay& replay) {
  return replay.position_time().seconds() - kBeginSeconds;
}

// A client of the film that watches its book.
class Watcher {
 public:
  explicit Watcher(Film& film) : socket_(film.door->port()) {
    REQUIRE(socket_.Handshake("/trade-api/ws/v2")->status == 101);
    socket_.SendText(R"({"id":1,"cmd":"subscribe","params":{"channels":["orderbook_delta"],)"
                     R"("market_ticker":"A"}})");
    REQUIRE(Next()["type"] == "subscribed");
  }

  json Next() {
    while (const auto frame = socket_.Receive()) {
      if (frame->opcode == RawWebSocketClient::Opcode::kText) return json::parse(frame->payload);
    }
    FAIL("the connection has ended");
    return {};
  }

 private:
  RawWebSocketClient socket_;
};

// Contracts in the book of a snapshot.
std::string ContractsOf(const json& snapshot) {
  REQUIRE(snapshot["type"] == "orderbook_snapshot");
  const json& msg = snapshot["msg"];
  return msg.contains("yes_dollars_fp") ? msg["yes_dollars_fp"][0][1] : json("none");
}

}  // namespace

TEST_CASE("ReplayService: without a recording every call names the option that is missing",
          "[replay]") {
  Listener listener(nullptr);
  const auto check = [](const grpc::Status& status) {
    CHECK(status.error_code() == grpc::StatusCode::FAILED_PRECONDITION);
    CHECK(status.error_message() == "there is no recording to play; --recording_dir names one");
  };
  check(listener.Call(&Stub::OpenReplay, pb::OpenReplayRequest()));
  check(listener.Call(&Stub::PlayReplay, pb::PlayReplayRequest()));
  check(listener.Call(&Stub::PauseReplay, pb::PauseReplayRequest()));
  pb::SeekReplayRequest seek;
  seek.mutable_time();
  check(listener.Call(&Stub::SeekReplay, seek));
  pb::SetReplaySpeedRequest speed;
  speed.set_speed("1");
  check(listener.Call(&Stub::SetReplaySpeed, speed));
  check(listener.Call(&Stub::GetReplay, pb::GetReplayRequest()));
}

TEST_CASE(
    "ReplayService: without a frame every call names the recording, and finds one that comes later",
    "[replay]") {
  const recording::testing::TemporaryFolder parent;
  ReplayConfig config;
  config.recording_dir = parent.path() + "/later";
  config.replay_port = 0;
  const SystemClock clock;
  ReplayCounters counters;
  const auto door = ReplayDoor::Start(config, kNoKafka, clock, counters);
  REQUIRE(door.ok());
  Listener listener(door->get());
  const auto check = [](const grpc::Status& status, const std::string& message) {
    CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
    CHECK(status.error_message() == message);
  };
  const std::string missing = "there is no recording later";
  check(listener.Call(&Stub::GetReplay, pb::GetReplayRequest()), missing);
  check(listener.Call(&Stub::OpenReplay, pb::OpenReplayRequest()), missing);
  check(listener.Call(&Stub::PlayReplay, pb::PlayReplayRequest()), missing);
  check(listener.Call(&Stub::PauseReplay, pb::PauseReplayRequest()), missing);
  pb::SeekReplayRequest seek;
  seek.mutable_time();
  check(listener.Call(&Stub::SeekReplay, seek), missing);
  pb::SetReplaySpeedRequest speed;
  speed.set_speed("1");
  check(listener.Call(&Stub::SetReplaySpeed, speed), missing);

  const RecordedFilm none({}, kSecond, config.recording_dir);
  const std::string empty = "recording later has no frame yet";
  check(listener.Call(&Stub::OpenReplay, pb::OpenReplayRequest()), empty);
  // Segments that cannot be read are none.
  recording::testing::Store(config.recording_dir + "/2099-01-01T00.evxseg", "EVXRECS1");
  check(listener.Call(&Stub::OpenReplay, pb::OpenReplayRequest()), empty);
}

TEST_CASE("ReplayService: what is recorded is known within a second, and of the next film",
          "[replay]") {
  Film film;
  pb::OpenReplayRequest open;
  open.set_speed("max");
  CHECK(film.Get().recording_last_time().seconds() == kBeginSeconds + 9);
  pb::Replay replay = film.listener->Press(&Stub::OpenReplay, open);
  CHECK(replay.until_time().seconds() == kBeginSeconds + 9);
  CHECK(replay.until_time().nanos() == 1);

  int seq = kFrameCount;
  for (const bool is_sealed : {false, true, false}) {
    film.Record(seq + 1, seq + 5);
    seq += 5;
    if (is_sealed) film.Seal();
    do {
      replay = film.Get();
    } while (replay.recording_last_time().seconds() != kBeginSeconds + seq - 1);
    // The film that is shown stays as it is, wherever it is sought.
    CHECK(replay.until_time().seconds() == kBeginSeconds + 9);
    CHECK(film.Seek(1'000).played_frame_count() == kFrameCount);
    CHECK(film.Seek(0).played_frame_count() == 0);
    CHECK(film.Seek(1'000).played_frame_count() == kFrameCount);
  }
  film.listener->Press(&Stub::OpenReplay, open);
  CHECK(film.Seek(1'000).played_frame_count() == seq);
  // What no look has seen yet can be opened at once.
  film.Record(seq + 1, seq + 1);
  open.mutable_from_time()->set_seconds(kBeginSeconds + seq);
  CHECK(film.listener->Press(&Stub::OpenReplay, open).until_time().seconds() ==
        kBeginSeconds + seq);
}

TEST_CASE("ReplayService: a film waits, is sought, plays to its end and begins again", "[replay]") {
  Film film;
  pb::Replay replay = film.Get();
  CHECK(replay.state() == pb::REPLAY_STATE_WAITING);
  CHECK(replay.replay_id().starts_with("replay-"));
  CHECK(SecondOf(replay) == 0);
  CHECK(replay.speed() == "1");
  CHECK(replay.market_tickers_size() == 0);
  CHECK_FALSE(replay.has_from_time());
  CHECK_FALSE(replay.has_until_time());
  CHECK(replay.client_count() == 0);
  CHECK(replay.recording_first_time().seconds() == kBeginSeconds);
  CHECK(replay.recording_last_time().seconds() == kBeginSeconds + kFrameCount - 1);

  // The first button opens it.
  replay = film.Seek(4);
  CHECK(replay.state() == pb::REPLAY_STATE_WAITING);
  CHECK(SecondOf(replay) == 4);
  CHECK(replay.played_frame_count() == 4);
  CHECK(film.listener->Press(&Stub::PauseReplay).state() == pb::REPLAY_STATE_PAUSED);
  CHECK(film.SetSpeed("max").speed() == "max");
  CHECK(film.Get().state() == pb::REPLAY_STATE_PAUSED);
  CHECK(film.Get().played_frame_count() == 4);

  film.listener->Press(&Stub::PlayReplay);
  do {
    replay = film.Get();
    CHECK(replay.state() != pb::REPLAY_STATE_PAUSED);
  } while (replay.state() != pb::REPLAY_STATE_ENDED);
  CHECK(SecondOf(replay) == kFrameCount - 1);
  CHECK(replay.played_frame_count() == kFrameCount);
  CHECK(film.counters.position_nanos ==
        Timestamp::FromSeconds(kBeginSeconds + kFrameCount - 1).nanos());
  CHECK(film.SetSpeed("12.50").speed() == "12.5");
  replay = film.Seek(-1'000);
  CHECK(replay.state() == pb::REPLAY_STATE_PLAYING);
  CHECK(SecondOf(replay) == 0);
  CHECK(film.listener->Press(&Stub::PauseReplay).state() == pb::REPLAY_STATE_PAUSED);
  CHECK(film.Seek(1'000).state() == pb::REPLAY_STATE_ENDED);
}

TEST_CASE("ReplayService: who is connected sees the new place and the new film", "[replay]") {
  Film film;
  film.listener->Press(&Stub::PauseReplay);
  film.Seek(3);
  Watcher watcher(film);
  CHECK(ContractsOf(watcher.Next()) == "2.00");
  CHECK(film.Get().client_count() == 1);
  film.Seek(6);
  CHECK(ContractsOf(watcher.Next()) == "5.00");
  film.Seek(1);
  CHECK(ContractsOf(watcher.Next()) == "none");

  pb::OpenReplayRequest open;
  open.add_market_tickers("A");
  open.mutable_from_time()->set_seconds(kBeginSeconds + 4);
  open.mutable_until_time()->set_seconds(kBeginSeconds + 8);
  open.set_speed("max");
  open.set_is_paused(true);
  pb::Replay replay = film.listener->Press(&Stub::OpenReplay, open);
  CHECK(replay.state() == pb::REPLAY_STATE_PAUSED);
  CHECK(SecondOf(replay) == 4);
  CHECK(replay.market_tickers(0) == "A");
  CHECK(replay.from_time().seconds() == kBeginSeconds + 4);
  CHECK(replay.until_time().seconds() == kBeginSeconds + 8);
  CHECK(replay.speed() == "max");
  CHECK(replay.played_frame_count() == 0);
  json message = watcher.Next();
  CHECK(ContractsOf(message) == "3.00");
  CHECK(message["seq"] == 4);
  film.listener->Press(&Stub::PlayReplay);
  for (int i = 5; i <= 8; ++i) {
    message = watcher.Next();
    CHECK(message["type"] == "orderbook_delta");
    CHECK(message["seq"] == i);
    CHECK(message["recorded_seq"] == i);
  }
  // The last delta may be on its way before its turn is over.
  do {
    replay = film.Get();
  } while (replay.state() != pb::REPLAY_STATE_ENDED);
  CHECK(replay.sent_frame_count() == 8);

  // It plays at once unless it is told to stand, and from the begin where none is named.
  open.Clear();
  replay = film.listener->Press(&Stub::OpenReplay, open);
  CHECK(replay.state() == pb::REPLAY_STATE_PLAYING);
  CHECK(replay.speed() == "1");
  message = watcher.Next();
  CHECK(message["type"] == "orderbook_snapshot");
  CHECK(message["recorded_seq"] == 1);
  CHECK(message["seq"] == 9);
}

TEST_CASE("ReplayService: a film without frames leaves the one that is shown", "[replay]") {
  Film film;
  film.Seek(4);
  pb::OpenReplayRequest open;
  open.add_market_tickers("NONE");
  const grpc::Status status = film.listener->Call(&Stub::OpenReplay, open);
  CHECK(status.error_code() == grpc::StatusCode::NOT_FOUND);
  const pb::Replay replay = film.Get();
  CHECK(SecondOf(replay) == 4);
  CHECK(replay.market_tickers_size() == 0);
}

TEST_CASE("ReplayService: what is refused is named with its value and its limit", "[replay]") {
  Film film;
  const auto check = [](const grpc::Status& status, const std::string& message) {
    CHECK(status.error_code() == grpc::StatusCode::INVALID_ARGUMENT);
    CHECK(status.error_message() == message);
  };
  const auto seek = [&](std::int64_t seconds, std::int32_t nanos) {
    pb::SeekReplayRequest request;
    request.mutable_time()->set_seconds(seconds);
    request.mutable_time()->set_nanos(nanos);
    return film.listener->Call(&Stub::SeekReplay, request);
  };
  check(film.listener->Call(&Stub::SeekReplay, pb::SeekReplayRequest()), "time is not set");
  check(seek(-1, 0), "time.seconds -1 is not between 0 and 9223372035");
  check(seek(9'223'372'036, 0), "time.seconds 9223372036 is not between 0 and 9223372035");
  check(seek(1, -1), "time.nanos -1 is not between 0 and 999999999");
  check(seek(1, 1'000'000'000), "time.nanos 1000000000 is not between 0 and 999999999");
  CHECK(seek(0, 0).ok());
  CHECK(seek(9'223'372'035, 999'999'999).ok());

  const auto set_speed = [&](const std::string& speed) {
    pb::SetReplaySpeedRequest request;
    request.set_speed(speed);
    return film.listener->Call(&Stub::SetReplaySpeed, request);
  };
  for (const char* speed : {"", "0", "0.09", "1000.01", "fast", "-1", "1.001"}) {
    check(set_speed(speed), std::string("speed ") + speed +
                                " is neither max nor between 0.1 and 1000 with two digits");
  }
  check(set_speed(std::string(1'000'000, '1')), "speed of 1000000 bytes is longer than 16");
  CHECK(set_speed("0.1").ok());
  CHECK(set_speed("1000").ok());

  pb::OpenReplayRequest open;
  const auto check_open = [&](const std::string& message) {
    check(film.listener->Call(&Stub::OpenReplay, open), message);
  };
  open.set_speed("2000");
  check_open("speed 2000 is neither max nor between 0.1 and 1000 with two digits");
  open.mutable_from_time()->set_seconds(kBeginSeconds);
  open.mutable_until_time()->set_seconds(kBeginSeconds);
  check_open(
      "until_time 2026-08-01T16:00:00.000000Z is not after from_time "
      "2026-08-01T16:00:00.000000Z");
  open.mutable_until_time()->set_nanos(-1);
  check_open("until_time.nanos -1 is not between 0 and 999999999");
  open.mutable_from_time()->set_seconds(-7);
  check_open("from_time.seconds -7 is not between 0 and 9223372035");
  open.add_market_tickers("");
  check_open("one of market_tickers has 0 bytes, not 1 to 128");
  open.set_market_tickers(0, std::string(129, 'A'));
  check_open("one of market_tickers has 129 bytes, not 1 to 128");
  for (int i = 1; i <= 10'000; ++i) open.add_market_tickers("A");
  check_open("10001 market_tickers are more than 10000");
  CHECK(film.Get().state() == pb::REPLAY_STATE_WAITING);
}

TEST_CASE("ReplayService: a call that the end of the film overtakes is answered", "[replay]") {
  Film film;
  std::promise<void> holds;
  std::promise<void> goes_on;
  REQUIRE(film.door
              ->Post([&](ReplayHub&, std::int64_t) {
                holds.set_value();
                goes_on.get_future().wait();
              })
              .ok());
  holds.get_future().wait();
  auto waiting = std::async(std::launch::async, [&] {
    return film.listener->Call(&Stub::GetReplay, pb::GetReplayRequest());
  });
  auto stopped = std::async(std::launch::async, [&] { film.door->Stop(); });
  // Once the door has stopped, nothing is taken any more.
  while (film.door->Post([](ReplayHub&, std::int64_t) {}).code() !=
         absl::StatusCode::kUnavailable) {
  }
  goes_on.set_value();
  stopped.get();
  const grpc::Status status = waiting.get();
  // The last of them where it came when those above had taken every place.
  CHECK((status.ok() || status.error_code() == grpc::StatusCode::UNAVAILABLE ||
         status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED));
  const grpc::Status late = film.listener->Call(&Stub::PlayReplay, pb::PlayReplayRequest());
  CHECK(late.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(late.error_message() == "the replay is stopping");
}

}  // namespace evx::order_book_rebuilder
