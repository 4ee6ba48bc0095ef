#include "rpc/replay_service.h"

#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "evx/core/clock.h"
#include "evx/core/status.h"
#include "evx/rpc/status.h"
#include "evx/rpc/wire_time.h"
#include "replay/replay_player.h"

namespace evx::order_book_rebuilder {
namespace {

namespace pb = rebuild::v1;
using grpc::CallbackServerContext;
using grpc::ServerUnaryReactor;

constexpr int kMarketTickersMax = 10'000;
// Longer texts are no speeds and no tickers, and are not repeated in messages.
constexpr std::size_t kSpeedBytesMax = 16;
constexpr std::size_t kTickerBytesMax = 128;

// ---- Requests

absl::StatusOr<ReplaySpeed> ReadSpeed(const std::string& text) {
  if (text.size() > kSpeedBytesMax) {
    return InvalidArgument(
        absl::StrCat("speed of ", text.size(), " bytes is longer than ", kSpeedBytesMax));
  }
  return ReplaySpeed::Parse(text);
}

struct Film {
  ReplayRange range;  // Its folder is that of the film before.
  ReplaySpeed speed;
  ReplayHub::Showing showing;
};

absl::StatusOr<Film> ReadFilm(const pb::OpenReplayRequest& request) {
  Film film;
  if (request.market_tickers_size() > kMarketTickersMax) {
    return InvalidArgument(absl::StrCat(request.market_tickers_size(),
                                        " market_tickers are more than ", kMarketTickersMax));
  }
  for (const std::string& ticker : request.market_tickers()) {
    if (ticker.empty() || ticker.size() > kTickerBytesMax) {
      return InvalidArgument(absl::StrCat("one of market_tickers has ", ticker.size(),
                                          " bytes, not 1 to ", kTickerBytesMax));
    }
    film.range.market_tickers.push_back(ticker);
  }
  if (request.has_from_time()) {
    EVX_ASSIGN_OR_RETURN(film.range.from, rpc::ReadTime("from_time", request.from_time()));
  }
  if (request.has_until_time()) {
    EVX_ASSIGN_OR_RETURN(film.range.until, rpc::ReadTime("until_time", request.until_time()));
  }
  if (film.range.until <= film.range.from) {
    return InvalidArgument(absl::StrCat("until_time ", FormatRfc3339(film.range.until),
                                        " is not after from_time ",
                                        FormatRfc3339(film.range.from)));
  }
  if (!request.speed().empty()) {
    EVX_ASSIGN_OR_RETURN(film.speed, ReadSpeed(request.speed()));
  }
  film.showing.is_paused = request.is_paused();
  film.showing.into_topics = request.into_topics();
  return film;
}

// ---- The film as it is

pb::ReplayState StateOf(const ReplayHub& hub) {
  if (!hub.has_begun()) return pb::REPLAY_STATE_WAITING;
  if (hub.player().is_at_end()) return pb::REPLAY_STATE_ENDED;
  return hub.is_playing() ? pb::REPLAY_STATE_PLAYING : pb::REPLAY_STATE_PAUSED;
}

// Before there is a film, the one that will be opened.
void FillFilm(const ReplayHub& hub, Timestamp recording_first, std::int64_t now, pb::Replay& out) {
  const bool is_open = hub.has_film();
  const ReplayRange& range = is_open ? hub.player().range() : hub.options().range;
  const ReplaySpeed speed = is_open ? hub.player().speed() : hub.options().speed;
  out.set_speed(speed.ToString());
  out.mutable_market_tickers()->Assign(range.market_tickers.begin(), range.market_tickers.end());
  if (range.from) rpc::SetTime(range.from, *out.mutable_from_time());
  if (is_open) {
    rpc::SetTime(hub.player().position(now), *out.mutable_position_time());
    rpc::SetTime(hub.player().until(), *out.mutable_until_time());
    out.set_played_frame_count(static_cast<std::int64_t>(hub.player().next_number()));
    return;
  }
  rpc::SetTime(std::max(range.from, recording_first), *out.mutable_position_time());
  if (range.until != ReplayRange().until) rpc::SetTime(range.until, *out.mutable_until_time());
}

absl::Status Fill(ReplayHub& hub, std::int64_t now, pb::Replay& out) {
  const auto& extent = hub.Recorded(now);
  // A film goes on when its recording has gone.
  if (!extent.ok() && !hub.has_film()) return extent.status();
  const recording::RecordingSpan recorded = extent.ok() ? extent->span : hub.player().recorded();
  out.set_replay_id(hub.options().replay_id);
  out.set_state(StateOf(hub));
  FillFilm(hub, recorded.first, now, out);
  out.set_sent_frame_count(static_cast<std::int64_t>(hub.counters().frames_sent.load()));
  out.set_client_count(static_cast<std::int32_t>(hub.counters().client_count.load()));
  rpc::SetTime(recorded.first, *out.mutable_recording_first_time());
  rpc::SetTime(recorded.last, *out.mutable_recording_last_time());
  out.set_goes_into_topics(hub.goes_into_topics());
  out.set_published_message_count(
      static_cast<std::int64_t>(hub.counters().messages_published.load()));
  if (hub.topics() == nullptr) return absl::OkStatus();
  out.set_waiting_message_count(static_cast<std::int64_t>(hub.topics()->waiting_count()));
  if (const absl::Status status = hub.topics()->status(); !status.ok()) {
    out.set_topics_error(std::string(MessageOf(status)));
  }
  return absl::OkStatus();
}

// ---- Calls

// A recording is called by its name: whoever presses the buttons knows nothing of the folders of
// this machine.
absl::Status WithoutFolders(const absl::Status& status, const std::string& recording) {
  if (status.ok() || recording.empty()) return status;
  const std::string name = std::filesystem::path(recording + "/").parent_path().filename();
  return absl::Status(status.code(), absl::StrReplaceAll(status.message(), {{recording, name}}));
}

// A call that waits for the film's thread. One that goes without having got there is UNAVAILABLE.
class WaitingCall {
 public:
  explicit WaitingCall(ServerUnaryReactor& reactor) : reactor_(&reactor) {}
  WaitingCall(const WaitingCall&) = delete;
  WaitingCall& operator=(const WaitingCall&) = delete;
  ~WaitingCall() {
    if (reactor_ != nullptr) Finish(Unavailable("the replay is stopping"));
  }
  void Finish(const absl::Status& status) {
    std::exchange(reactor_, nullptr)->Finish(rpc::ToGrpc(status));
  }

 private:
  ServerUnaryReactor* reactor_;
};

ServerUnaryReactor* Refuse(CallbackServerContext* context, const absl::Status& status) {
  ServerUnaryReactor* const reactor = context->DefaultReactor();
  reactor->Finish(rpc::ToGrpc(status));
  return reactor;
}

class ReplayService final : public pb::ReplayService::CallbackService {
 public:
  explicit ReplayService(ReplayDoor* door) : door_(door) {}

  ServerUnaryReactor* OpenReplay(CallbackServerContext* context,
                                 const pb::OpenReplayRequest* request,
                                 pb::OpenReplayResponse* response) override {
    absl::StatusOr<Film> film = ReadFilm(*request);
    if (!film.ok()) return Refuse(context, film.status());
    const auto open = [film = *std::move(film)](ReplayHub& hub, std::int64_t now) -> absl::Status {
      ReplayRange range = film.range;
      range.folder = hub.options().range.folder;
      EVX_ASSIGN_OR_RETURN(auto player, ReplayPlayer::Open(std::move(range)));
      player->SetSpeed(film.speed, now);
      return hub.Show(std::move(player), film.showing);
    };
    return Run(context, response, open);
  }
  ServerUnaryReactor* PlayReplay(CallbackServerContext* context, const pb::PlayReplayRequest*,
                                 pb::PlayReplayResponse* response) override {
    return Press(context, response, [](ReplayHub& hub, std::int64_t now) {
      hub.Play(now);
      return absl::OkStatus();
    });
  }
  ServerUnaryReactor* PauseReplay(CallbackServerContext* context, const pb::PauseReplayRequest*,
                                  pb::PauseReplayResponse* response) override {
    return Press(context, response, [](ReplayHub& hub, std::int64_t now) {
      hub.Pause(now);
      return absl::OkStatus();
    });
  }
  ServerUnaryReactor* SeekReplay(CallbackServerContext* context,
                                 const pb::SeekReplayRequest* request,
                                 pb::SeekReplayResponse* response) override {
    if (!request->has_time()) return Refuse(context, InvalidArgument("time is not set"));
    const absl::StatusOr<Timestamp> target = rpc::ReadTime("time", request->time());
    if (!target.ok()) return Refuse(context, target.status());
    return Press(context, response, [target = *target](ReplayHub& hub, std::int64_t now) {
      return hub.Seek(target, now);
    });
  }
  ServerUnaryReactor* SetReplaySpeed(CallbackServerContext* context,
                                     const pb::SetReplaySpeedRequest* request,
                                     pb::SetReplaySpeedResponse* response) override {
    const absl::StatusOr<ReplaySpeed> speed = ReadSpeed(request->speed());
    if (!speed.ok()) return Refuse(context, speed.status());
    return Press(context, response, [speed = *speed](ReplayHub& hub, std::int64_t now) {
      hub.SetSpeed(speed, now);
      return absl::OkStatus();
    });
  }
  ServerUnaryReactor* GetReplay(CallbackServerContext* context, const pb::GetReplayRequest*,
                                pb::GetReplayResponse* response) override {
    return Run(context, response, [](ReplayHub&, std::int64_t) { return absl::OkStatus(); });
  }

 private:
  // As Run, for a button of a film that is there.
  template <class Response, class Button>
  ServerUnaryReactor* Press(CallbackServerContext* context, Response* response, Button button) {
    return Run(context, response,
               [button = std::move(button)](ReplayHub& hub, std::int64_t now) -> absl::Status {
                 EVX_RETURN_IF_ERROR(hub.NeedFilm(now));
                 return button(hub, now);
               });
  }
  // `button` is pressed on the film's thread, (hub, now) to status; the answer has the film as it
  // is then.
  template <class Response, class Button>
  ServerUnaryReactor* Run(CallbackServerContext* context, Response* response, Button button) {
    if (door_ == nullptr) {
      return Refuse(context,
                    FailedPrecondition("there is no recording to play; --recording_dir names one"));
    }
    ServerUnaryReactor* const reactor = context->DefaultReactor();
    const auto call = std::make_shared<WaitingCall>(*reactor);
    const absl::Status posted =
        door_->Post([call, response, button = std::move(button)](ReplayHub& hub, std::int64_t now) {
          absl::Status done = button(hub, now);
          if (done.ok()) done = Fill(hub, now, *response->mutable_replay());
          call->Finish(WithoutFolders(done, hub.options().range.folder));
        });
    if (!posted.ok()) call->Finish(posted);
    return reactor;
  }

  ReplayDoor* const door_;
};

}  // namespace

std::unique_ptr<grpc::Service> MakeReplayService(ReplayDoor* door) {
  return std::make_unique<ReplayService>(door);
}

}  // namespace evx::order_book_rebuilder
