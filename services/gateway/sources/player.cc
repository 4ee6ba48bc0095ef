#include "sources/player.h"

#include <chrono>
#include <utility>

#include "evx/core/status.h"
#include "evx/rebuild/v1/replay_service.grpc.pb.h"
#include "evx/rpc/channel.h"
#include "evx/rpc/status.h"
#include "sources/wire_time.h"
#include "stream/stream_name.h"

namespace evx::gateway {
namespace {

namespace rb = rebuild::v1;

constexpr auto kInterval = std::chrono::milliseconds(250);
constexpr absl::Duration kAskTimeout = absl::Seconds(2);
// A long way through a recording takes seconds.
constexpr absl::Duration kMoveTimeout = absl::Seconds(60);

v1::PlayerState ToState(rb::ReplayState state) {
  switch (state) {
    case rb::REPLAY_STATE_PLAYING:
      return v1::PLAYER_STATE_PLAYING;
    case rb::REPLAY_STATE_WAITING:
    case rb::REPLAY_STATE_PAUSED:
      return v1::PLAYER_STATE_PAUSED;
    case rb::REPLAY_STATE_ENDED:
      return v1::PLAYER_STATE_ENDED;
    default:
      return v1::PLAYER_STATE_CLOSED;
  }
}

}  // namespace

struct ReplayControl::Stub {
  std::unique_ptr<rb::ReplayService::Stub> replay;

  // One call; `method` of the stub.
  template <class Method, class Request, class Response>
  absl::Status Call(Method method, const Request& request, Response& response,
                    absl::Duration timeout) const {
    grpc::ClientContext context;
    rpc::SetDeadline(context, timeout);
    return rpc::FromGrpc(((*replay).*method)(&context, request, &response));
  }
};

v1::Player ToPlayer(const rb::Replay& replay) {
  v1::Player player;
  // A film that does not go into the topics of replays is none of the gateway's.
  player.set_state(replay.goes_into_topics() ? ToState(replay.state()) : v1::PLAYER_STATE_CLOSED);
  player.set_replay_id(replay.replay_id());
  for (const std::string& ticker : replay.market_tickers()) player.add_market_tickers(ticker);
  player.set_recording_first_time_ns(ToNanos(replay.recording_first_time()));
  player.set_recording_last_time_ns(ToNanos(replay.recording_last_time()));
  player.set_position_time_ns(ToNanos(replay.position_time()));
  player.set_from_time_ns(replay.has_from_time() ? ToNanos(replay.from_time())
                                                 : player.recording_first_time_ns());
  player.set_until_time_ns(replay.has_until_time() ? ToNanos(replay.until_time())
                                                   : player.recording_last_time_ns());
  player.set_speed(replay.speed());
  player.set_detail(replay.topics_error());
  return player;
}

absl::StatusOr<std::unique_ptr<ReplayControl>> ReplayControl::Start(const std::string& books_addr,
                                                                    StreamPublisher& publisher,
                                                                    OnMoved on_moved) {
  EVX_ASSIGN_OR_RETURN(const auto channel, rpc::MakeChannel({.address = books_addr}));
  auto stub = std::make_unique<Stub>();
  stub->replay = rb::ReplayService::NewStub(channel);
  return std::unique_ptr<ReplayControl>(
      new ReplayControl(std::move(stub), publisher, std::move(on_moved)));
}

ReplayControl::ReplayControl(std::unique_ptr<Stub> stub, StreamPublisher& publisher,
                             OnMoved on_moved)
    : stub_(std::move(stub)),
      publisher_(publisher),
      on_moved_(std::move(on_moved)),
      thread_([this] { Run(); }) {}

ReplayControl::~ReplayControl() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void ReplayControl::Run() {
  std::unique_lock lock(mutex_);
  while (!is_stopped_) {
    const std::uint64_t press_count = press_count_;
    lock.unlock();
    const v1::Player player = Ask();
    lock.lock();
    // What was asked before a press may be older than what the press told.
    if (press_count == press_count_) TellIfChanged(player);
    changed_.wait_for(lock, kInterval, [this] { return is_stopped_; });
  }
}

v1::Player ReplayControl::Ask() {
  rb::GetReplayResponse response;
  const absl::Status status = stub_->Call(&rb::ReplayService::Stub::GetReplay,
                                          rb::GetReplayRequest(), response, kAskTimeout);
  if (status.ok()) return ToPlayer(response.replay());
  v1::Player player;
  player.set_state(v1::PLAYER_STATE_CLOSED);
  // As long as nothing was recorded, nothing is wrong.
  if (!absl::IsNotFound(status)) {
    player.set_detail(absl::IsFailedPrecondition(status) ? "no recordings are kept"
                                                         : "the player does not answer");
  }
  return player;
}

void ReplayControl::Tell(const v1::Player& player) {
  const std::lock_guard lock(mutex_);
  ++press_count_;
  TellIfChanged(player);
}

void ReplayControl::TellIfChanged(const v1::Player& player) {
  std::string text = player.SerializeAsString();
  if (text == told_) return;
  told_ = std::move(text);
  v1::ServerMessage change;
  *change.mutable_player() = player;
  publisher_.Change(std::string(kPlayerStream), std::move(change));
}

absl::StatusOr<v1::Player> ReplayControl::Open(const v1::OpenReplay& request) {
  rb::OpenReplayRequest open;
  for (const std::string& ticker : request.market_tickers()) open.add_market_tickers(ticker);
  if (request.from_time_ns() != 0) *open.mutable_from_time() = ToWireTime(request.from_time_ns());
  if (request.until_time_ns() != 0) {
    *open.mutable_until_time() = ToWireTime(request.until_time_ns());
  }
  open.set_speed(request.speed());
  open.set_is_paused(request.is_paused());
  open.set_into_topics(true);
  // Before the call: whatever the topics hold of the new film comes behind it.
  on_moved_();
  rb::OpenReplayResponse response;
  const absl::Status opened =
      stub_->Call(&rb::ReplayService::Stub::OpenReplay, open, response, kMoveTimeout);
  if (!opened.ok()) {
    ShowAgain();
    return opened;
  }
  const v1::Player player = ToPlayer(response.replay());
  Tell(player);
  return player;
}

void ReplayControl::ShowAgain() {
  using Service = rb::ReplayService::Stub;
  rb::GetReplayResponse film;
  const absl::Status asked =
      stub_->Call(&Service::GetReplay, rb::GetReplayRequest(), film, kAskTimeout);
  // A film that nobody has opened yet would be by a press.
  if (!asked.ok() || !film.replay().goes_into_topics()) return;
  rb::SeekReplayRequest seek;
  *seek.mutable_time() = film.replay().position_time();
  rb::SeekReplayResponse response;
  stub_->Call(&Service::SeekReplay, seek, response, kMoveTimeout).IgnoreError();
}

absl::StatusOr<v1::Player> ReplayControl::Control(const v1::ControlReplay& request) {
  using Service = rb::ReplayService::Stub;
  rb::Replay replay;
  const auto call = [&](auto method, const auto& message, auto response) -> absl::Status {
    EVX_RETURN_IF_ERROR(stub_->Call(method, message, response, kMoveTimeout));
    replay = response.replay();
    return absl::OkStatus();
  };
  switch (request.control_case()) {
    case v1::ControlReplay::kIsPlaying:
      if (request.is_playing()) {
        EVX_RETURN_IF_ERROR(
            call(&Service::PlayReplay, rb::PlayReplayRequest(), rb::PlayReplayResponse()));
      } else {
        EVX_RETURN_IF_ERROR(
            call(&Service::PauseReplay, rb::PauseReplayRequest(), rb::PauseReplayResponse()));
      }
      break;
    case v1::ControlReplay::kSeekTimeNs: {
      rb::SeekReplayRequest seek;
      *seek.mutable_time() = ToWireTime(request.seek_time_ns());
      on_moved_();
      const absl::Status sought = call(&Service::SeekReplay, seek, rb::SeekReplayResponse());
      if (!sought.ok()) {
        ShowAgain();
        return sought;
      }
      break;
    }
    case v1::ControlReplay::kSpeed: {
      rb::SetReplaySpeedRequest speed;
      speed.set_speed(request.speed());
      EVX_RETURN_IF_ERROR(call(&Service::SetReplaySpeed, speed, rb::SetReplaySpeedResponse()));
      break;
    }
    case v1::ControlReplay::CONTROL_NOT_SET:
      return InvalidArgument("control must be is_playing, seek_time_ns or speed");
  }
  const v1::Player player = ToPlayer(replay);
  Tell(player);
  return player;
}

}  // namespace evx::gateway
