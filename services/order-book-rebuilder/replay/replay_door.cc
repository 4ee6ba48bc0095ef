#include "replay/replay_door.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"
#include "replay/replay_session.h"

namespace evx::order_book_rebuilder {
namespace {

// Between two turns without anything due.
constexpr absl::Duration kIdleMax = absl::Seconds(1);

net::HttpResponse Refusal(int status, std::string_view code, std::string_view message) {
  net::HttpResponse response;
  response.status = status;
  response.body = absl::StrCat(R"({"error":{"code":")", ToAbsl(code), R"(","message":")",
                               ToAbsl(message), R"("}})");
  return response;
}

}  // namespace

ReplayDoor::ReplayDoor(ReplayHub::Options options, ReplayCounters& counters)
    : hub_(std::move(options), /*player=*/nullptr, counters, [this] { Wake(); }) {}

absl::StatusOr<std::unique_ptr<ReplayDoor>> ReplayDoor::Start(const ReplayConfig& config,
                                                              const std::string& kafka_brokers,
                                                              const Clock& clock,
                                                              ReplayCounters& counters) {
  ReplayHub::Options hub;
  EVX_ASSIGN_OR_RETURN(hub.range, config.Range());
  EVX_ASSIGN_OR_RETURN(hub.speed, ReplaySpeed::Parse(config.replay_speed));
  hub.replay_id = absl::StrCat("replay-", clock.Now().nanos());
  hub.gap_every = config.replay_gap_every;
  const std::string replay_id = hub.replay_id;
  hub.open_topics = [=, &clock, &counters] {
    return ReplayTopics::Open({kafka_brokers, replay_id}, clock, counters);
  };
  std::unique_ptr<ReplayDoor> door(new ReplayDoor(std::move(hub), counters));
  net::HttpServer::Options options;
  options.address = config.replay_host;
  options.port = config.replay_port;
  options.max_connections = kConnectionsMax;
  options.websocket.message_bytes_max = VenueSession::kCommandBytesMax;
  options.websocket.unsent_bytes_max = VenueSession::kUnsentBytesMax + VenueSession::kReplyBytesMax;
  EVX_ASSIGN_OR_RETURN(
      door->server_,
      net::HttpServer::Start(std::move(options), [door = door.get()](net::HttpRequest& request,
                                                                     net::HttpResponder responder) {
        door->Handle(request, std::move(responder));
      }));
  door->pump_ = std::thread([door = door.get()] { door->Pump(); });
  telemetry::Log(telemetry::kInfo, "Ready to show a recording.",
                 {{"replay_port", door->port()}, {"replay_id", replay_id}});
  return door;
}

ReplayDoor::~ReplayDoor() { Stop(); }

void ReplayDoor::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stops_ = true;
  }
  changed_.notify_all();
  if (pump_.joinable()) pump_.join();
  if (server_ != nullptr) server_->Drain(absl::ZeroDuration());
  if (const absl::Status flushed = hub_.FlushTopics(kFlushTimeout); !flushed.ok()) {
    telemetry::Log(telemetry::kWarning, "The end of the replay did not get into Kafka.",
                   {{"error", MessageOf(flushed)}});
  }
  std::deque<Command> overtaken;  // Destroyed without the lock.
  {
    const std::lock_guard lock(mutex_);
    overtaken.swap(commands_);
  }
}

absl::Status ReplayDoor::Post(Command command) {
  {
    const std::lock_guard lock(mutex_);
    if (stops_) return Unavailable("the replay is stopping");
    if (commands_.size() >= kCommandsWaitingMax) {
      return ResourceExhausted(
          absl::StrCat("more than ", kCommandsWaitingMax, " calls wait for the film"));
    }
    commands_.push_back(std::move(command));
    is_woken_ = true;
  }
  changed_.notify_all();
  return absl::OkStatus();
}

void ReplayDoor::Handle(net::HttpRequest& request, net::HttpResponder responder) {
  if (request.path() != VenueSession::kPath || request.upgrade() != "websocket") {
    return responder.Send(Refusal(404, "not_found", "not found"));
  }
  // On the film's thread, as every request.
  if (!hub_.NeedFilm(MonotonicNanos()).ok()) {
    return responder.Send(Refusal(503, "nothing_to_play", "there is nothing to play yet"));
  }
  responder.Accept(request, std::make_unique<ReplaySession>(hub_));
}

void ReplayDoor::Wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  changed_.notify_all();
}

void ReplayDoor::Pump() {
  std::unique_lock lock(mutex_);
  while (!stops_) {
    is_woken_ = is_turn_done_ = false;
    lock.unlock();
    server_->PostToThread(0, [this] { Turn(); });
    lock.lock();
    changed_.wait(lock, [this] { return is_turn_done_ || stops_; });
    changed_.wait_for(lock, absl::ToChronoNanoseconds(std::min(until_next_, kIdleMax)),
                      [this] { return is_woken_ || stops_; });
  }
}

// On the film's thread.
void ReplayDoor::Turn() {
  std::deque<Command> commands;
  {
    const std::lock_guard lock(mutex_);
    commands.swap(commands_);
  }
  for (Command& command : commands) std::exchange(command, nullptr)(hub_, MonotonicNanos());
  const absl::Duration until_next = hub_.Turn(MonotonicNanos());
  {
    const std::lock_guard lock(mutex_);
    until_next_ = until_next;
    is_turn_done_ = true;
  }
  changed_.notify_all();
}

}  // namespace evx::order_book_rebuilder
