#include "door/socket_door.h"

#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "accounts/sessions.h"
#include "door/client_request.h"
#include "door/handshake.h"
#include "door/token_bucket.h"
#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/service/version.h"

namespace evx::gateway {
namespace {

constexpr absl::Duration kPingInterval = absl::Seconds(10);
constexpr absl::Duration kSilenceTimeout = absl::Seconds(30);
// A client that was cut for its slowness may still read why.
constexpr absl::Duration kCloseTimeout = absl::Seconds(10);
constexpr std::size_t kCookieBytesMax = 256;
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

net::HttpResponse HttpRefusal(int status, std::string_view reason, std::string_view message) {
  return {.status = status,
          .body = absl::StrFormat(R"({"error":{"reason":"%s","message":"%s"}})", reason, message)};
}

v1::Role ToWire(Role role) {
  switch (role) {
    case Role::kViewer:
      return v1::ROLE_VIEWER;
    case Role::kTrader:
      return v1::ROLE_TRADER;
    case Role::kAdmin:
      return v1::ROLE_ADMIN;
  }
  EVX_CHECK(false);
}

std::string_view ReasonOf(const absl::Status& status, std::string_view stream) {
  if (absl::IsPermissionDenied(status)) return "RoleRequired";
  if (absl::IsResourceExhausted(status)) return "TooManyStreams";
  if (absl::IsUnavailable(status)) {
    return stream == kPortfolioStream ? "TooManyTraders" : "MarketsUnknown";
  }
  return ParseStreamName(stream) && ShownStreamName(stream) == stream ? "UnknownMarket"
                                                                      : "UnknownStream";
}

}  // namespace

// One connection; lives on the I/O thread.
class SocketDoor::Socket final : public net::WebSocketSession, public StreamSink {
 public:
  Socket(SocketDoor& door, SocketId id, std::string token, SocketQuery query)
      : door_(door), id_(id), token_(std::move(token)), query_(query) {
    door_.sockets_.emplace(id_, this);
    ++door_.counters_.sockets_open;
  }

  // net::WebSocketSession
  void OnOpen(net::WebSocket& socket) override;
  void OnMessage(std::string_view message, bool is_text) override;
  void OnInput(std::size_t byte_count, std::size_t control_count) override;
  void OnTick() override;
  void OnClose() override;

  // StreamSink
  bool Send(const Frame& frame) override;
  std::size_t unsent_bytes() const override { return socket_->unsent_bytes(); }
  void Cut(std::string_view reason) override {
    ++door_.counters_.slow_closed;
    Close(net::WebSocketCloseCode::kTryAgainLater, reason);
  }

  void Begin(Session session);
  void SendMessage(v1::ServerMessage message);
  void Close(net::WebSocketCloseCode code, std::string_view reason);
  void Answered() { --outstanding_; }
  const std::optional<Session>& session() const { return session_; }

 private:
  struct Held {
    std::string message;
    bool is_text;
  };

  // SocketDoor::OnSession follows.
  void AskForSession();
  void Execute(const v1::ClientMessage& request, std::int64_t now);
  void Subscribe(const v1::ClientMessage& request, std::int64_t now);
  // The stream's name inside the gateway; an error: it is not given, and why.
  absl::StatusOr<std::string> InnerName(std::string_view name) const;
  void SubscribeTo(const v1::StreamName& wanted, std::int64_t now);
  // Too many faults end the connection.
  void Refuse(const v1::ClientMessage& request, std::string_view reason, std::string_view message,
              bool is_retryable);
  // A client that sends more than it may.
  void CloseFlood(std::string_view reason);
  // Counts the message; false: it came too soon after the others.
  bool IsInRate(std::int64_t now);
  void AnswerDone(std::int64_t request_id);

  SocketDoor& door_;
  const SocketId id_;
  const std::string token_;
  const SocketQuery query_;
  net::WebSocket* socket_ = nullptr;
  std::optional<Session> session_;
  StreamClient* client_ = nullptr;
  bool is_closing_ = false;
  std::vector<Held> held_;
  std::size_t held_bytes_ = 0;
  v1::ClientMessage request_;
  int outstanding_ = 0;
  int fault_count_ = 0;
  // Messages since second_begin_, for those who are told that they were too many.
  std::int64_t second_begin_ = 0;
  int second_count_ = 0;
  TokenBucket messages_{kMessagesPerSecond, kMessageBurst};
  TokenBucket stops_{kStopsPerSecond, kStopBurst};
  TokenBucket input_bytes_{kInputBytesPerSecond, kInputBurstBytes};
  TokenBucket controls_{kControlsPerSecond, kControlBurst};
};

void SocketDoor::Socket::OnOpen(net::WebSocket& socket) {
  socket_ = &socket;
  AskForSession();
}

void SocketDoor::Socket::AskForSession() {
  const auto mailbox = door_.mailbox_;
  const auto done = [mailbox, door = &door_, id = id_](absl::StatusOr<Session> session) {
    mailbox->Post([door, id, session = std::move(session)] { door->OnSession(id, session); });
  };
  if (!door_.sessions_.Ask(token_, done)) {
    Close(net::WebSocketCloseCode::kTryAgainLater, "too many begin at once");
  }
}

void SocketDoor::Socket::Begin(Session session) {
  // The second time, it is still there: nobody ended it while the first answer was on its way here.
  if (is_closing_ || session_) return;
  int& count = door_.sockets_of_user_[session.user_id];
  if (count >= kSocketsPerUserMax) {
    return Close(net::WebSocketCloseCode::kPolicyViolation,
                 absl::StrFormat("this user has %d sockets, the most there may be", count));
  }
  ++count;
  session_ = std::move(session);
  AskForSession();
  client_ = &door_.hub_.Add(*this);
  v1::ServerMessage message;
  v1::Welcome& welcome = *message.mutable_welcome();
  welcome.mutable_user()->set_user_name(session_->user_name);
  welcome.mutable_user()->set_role(ToWire(session_->role));
  welcome.set_mode(door_.options_.mode);
  welcome.set_venue(door_.options_.venue);
  welcome.set_version(std::string(service::Version()));
  welcome.set_time_ns(door_.clock_.Now().nanos());
  SendMessage(std::move(message));
  if (query_.subscribes_at_once) {
    v1::StreamName wanted;
    for (const std::string_view name : {kMarketsStream, kPortfolioStream, kHealthStream}) {
      if (name == kPortfolioStream && !MayActAs(session_->role, Role::kTrader)) continue;
      wanted.set_stream(std::string(name));
      SubscribeTo(wanted, MonotonicNanos());
    }
  }
  const std::vector<Held> held = std::exchange(held_, {});
  for (const Held& message_before : held) OnMessage(message_before.message, message_before.is_text);
}

void SocketDoor::Socket::OnMessage(std::string_view message, bool is_text) {
  if (is_closing_) return;
  if (!session_) {
    held_bytes_ += message.size() + sizeof(Held);
    if (held_bytes_ > kHeldBytesMax) {
      return CloseFlood(
          absl::StrFormat("more than %d bytes before the session was found", kHeldBytesMax));
    }
    held_.push_back({std::string(message), is_text});
    return;
  }
  const std::int64_t now = MonotonicNanos();
  ++door_.counters_.requests;
  const bool is_in_rate = IsInRate(now);
  if (!is_in_rate && fault_count_ >= kFaultsMax) {
    return CloseFlood(absl::StrFormat("%d refusals and more than %d messages a second", kFaultsMax,
                                      kMessagesPerSecond));
  }
  const absl::Status status = ReadClientMessage(message, is_text, request_);
  if (!status.ok()) {
    ++door_.counters_.requests_malformed;
    return Refuse(request_, "BadRequest", MessageOf(status), false);
  }
  const bool may_pass = is_in_rate || (request_.has_emergency_stop() && stops_.Take(now));
  if (!may_pass) {
    ++door_.counters_.requests_limited;
    return Refuse(
        request_, "TooManyRequests",
        absl::StrFormat("%d messages within a second over this connection; it takes %d a second, "
                        "%d at once",
                        second_count_, kMessagesPerSecond, kMessageBurst),
        true);
  }
  Execute(request_, now);
  door_.Turn();
}

void SocketDoor::Socket::OnInput(std::size_t byte_count, std::size_t control_count) {
  const std::int64_t now = MonotonicNanos();
  if (!controls_.Take(now, static_cast<std::int64_t>(control_count))) {
    CloseFlood(absl::StrFormat("more than %d pings a second, %d at once", kControlsPerSecond,
                               kControlBurst));
  } else if (!input_bytes_.Take(now, static_cast<std::int64_t>(byte_count))) {
    CloseFlood(absl::StrFormat("more than %d bytes a second, %d at once", kInputBytesPerSecond,
                               kInputBurstBytes));
  }
}

void SocketDoor::Socket::CloseFlood(std::string_view reason) {
  if (is_closing_) return;
  ++door_.counters_.floods_closed;
  Close(net::WebSocketCloseCode::kPolicyViolation, reason);
}

bool SocketDoor::Socket::IsInRate(std::int64_t now) {
  if (now - second_begin_ >= kNanosPerSecond) {
    second_begin_ = now;
    second_count_ = 0;
  }
  ++second_count_;
  return messages_.Take(now);
}

void SocketDoor::Socket::Execute(const v1::ClientMessage& request, std::int64_t now) {
  switch (request.payload_case()) {
    case v1::ClientMessage::kSubscribe:
      return Subscribe(request, now);
    case v1::ClientMessage::kUnsubscribe:
      if (request.unsubscribe().streams_size() > kNamesMax) break;
      for (const std::string& name : request.unsubscribe().streams()) {
        const auto inner = InnerName(name);
        if (inner.ok()) door_.hub_.Unsubscribe(*client_, *inner, now);
      }
      return AnswerDone(request.request_id());
    case v1::ClientMessage::kPing:
      return AnswerDone(request.request_id());
    default: {
      // Whoever waits for a slow exchange must still be able to stop.
      const bool may_begin =
          outstanding_ < kOutstandingMax || (request.has_emergency_stop() && stops_.Take(now));
      if (!may_begin) {
        ++door_.counters_.requests_limited;
        return Refuse(request, "TooManyRequests",
                      absl::StrFormat("%d requests of this connection wait for their answers; "
                                      "it may have %d",
                                      outstanding_, kOutstandingMax),
                      true);
      }
      ++outstanding_;
      const auto mailbox = door_.mailbox_;
      door_.requests_.Handle(*session_, request,
                             [mailbox, door = &door_, id = id_,
                              request_id = request.request_id()](v1::ServerMessage answer) {
                               mailbox->Post([door, id, request_id, answer = std::move(answer)] {
                                 door->Answer(id, request_id, answer);
                               });
                             });
      return;
    }
  }
  Refuse(request, "BadRequest",
         absl::StrFormat("%d streams in one message, it takes %d",
                         request.unsubscribe().streams_size(), kNamesMax),
         false);
}

void SocketDoor::Socket::Subscribe(const v1::ClientMessage& request, std::int64_t now) {
  const v1::Subscribe& subscribe = request.subscribe();
  if (subscribe.streams_size() > kNamesMax) {
    return Refuse(request, "BadRequest",
                  absl::StrFormat("%d streams in one message, it takes %d",
                                  subscribe.streams_size(), kNamesMax),
                  false);
  }
  for (const v1::StreamName& wanted : subscribe.streams()) SubscribeTo(wanted, now);
  AnswerDone(request.request_id());
}

absl::StatusOr<std::string> SocketDoor::Socket::InnerName(std::string_view name) const {
  if (name == kPortfolioStream) {
    if (!MayActAs(session_->role, Role::kTrader)) {
      return PermissionDenied("a viewer has no portfolio");
    }
    return PortfolioStream(session_->user_id);
  }
  // A name of the gateway's own is none of a client's.
  if (ShownStreamName(name) != name) return NotFound("there is no such stream");
  return std::string(name);
}

void SocketDoor::Socket::SubscribeTo(const v1::StreamName& wanted, std::int64_t now) {
  if (is_closing_) return;
  const auto inner = InnerName(wanted.stream());
  absl::Status status = inner.status();
  // Before the subscription: a state that is published at once reaches it.
  if (status.ok() && wanted.stream() == kPortfolioStream) {
    status = door_.portfolios_.Open(*session_);
  }
  if (status.ok()) {
    status = door_.hub_.Subscribe(*client_, *inner, wanted.epoch(), wanted.sequence(), now);
  }
  if (status.ok()) return;
  v1::ServerMessage message =
      RefusalOf(ReasonOf(status, wanted.stream()), MessageOf(status), absl::IsUnavailable(status));
  message.mutable_refusal()->set_stream(wanted.stream());
  SendMessage(std::move(message));
}

void SocketDoor::Socket::Refuse(const v1::ClientMessage& request, std::string_view reason,
                                std::string_view message, bool is_retryable) {
  if (++fault_count_ > kFaultsMax) {
    return CloseFlood(absl::StrFormat("more than %d messages had to be refused", kFaultsMax));
  }
  v1::ServerMessage answer = RefusalTo(request, reason, message, is_retryable);
  answer.set_request_id(request.request_id());
  SendMessage(std::move(answer));
}

void SocketDoor::Socket::AnswerDone(std::int64_t request_id) {
  v1::ServerMessage answer;
  answer.set_request_id(request_id);
  answer.mutable_done()->set_time_ns(door_.clock_.Now().nanos());
  SendMessage(std::move(answer));
}

bool SocketDoor::Socket::Send(const Frame& frame) {
  if (is_closing_) return false;
  return query_.is_json ? socket_->SendText(frame.Json()) : socket_->SendBinary(frame.binary());
}

void SocketDoor::Socket::SendMessage(v1::ServerMessage message) {
  if (!is_closing_ && !Send(Frame(message))) Cut("too slow");
}

void SocketDoor::Socket::Close(net::WebSocketCloseCode code, std::string_view reason) {
  if (std::exchange(is_closing_, true)) return;
  if (client_ != nullptr) client_->is_cut = true;
  socket_->Close(code, reason);
}

void SocketDoor::Socket::OnTick() {
  if (client_ != nullptr && !is_closing_) door_.hub_.OnTick(*client_, MonotonicNanos());
  door_.Turn();
}

void SocketDoor::Socket::OnClose() {
  is_closing_ = true;
  if (client_ != nullptr) door_.hub_.Remove(*client_, MonotonicNanos());
  client_ = nullptr;
  if (session_ && --door_.sockets_of_user_[session_->user_id] == 0) {
    door_.sockets_of_user_.erase(session_->user_id);
  }
  door_.sockets_.erase(id_);
  --door_.counters_.sockets_open;
  door_.Turn();
}

// ---- SocketDoor

SocketDoor::SocketDoor(Options options, SessionLookup::Find find_session, RequestHandler& requests,
                       PortfolioSource& portfolios, const Clock& clock, DoorCounters& counters)
    : options_(std::move(options)),
      requests_(requests),
      portfolios_(portfolios),
      clock_(clock),
      counters_(counters),
      hub_({.epoch = options_.epoch,
            .knows = options_.knows,
            .on_wanted =
                [this](const std::string& stream) {
                  if (ShownStreamName(stream) != kPortfolioStream) options_.on_wanted(stream);
                },
            .on_unwanted = [this](const std::string& stream) { OnUnwanted(stream); }}),
      timer_([this] { mailbox_->Post([this] { Turn(); }); }),
      sessions_(std::move(find_session)) {}

SocketDoor::~SocketDoor() { Detach(); }

net::WebSocketOptions SocketDoor::SessionOptions() {
  net::WebSocketOptions options;
  options.message_bytes_max = kMessageBytesMax;
  options.unsent_bytes_max = kUnsentBytesMax;
  options.ping_interval = kPingInterval;
  options.silence_timeout = kSilenceTimeout;
  options.close_timeout = kCloseTimeout;
  // Frames are encoded once for all; compressing them for each client would cost more than
  // everything else.
  options.compression = false;
  return options;
}

void SocketDoor::Attach(net::HttpServer& server) {
  mailbox_->Attach(server);
  // News that came before are waiting.
  mailbox_->Post([this] { TakeNews(); });
}

void SocketDoor::Detach() {
  mailbox_->Detach();
  const std::lock_guard lock(mutex_);
  is_detached_ = true;
  has_room_.notify_all();
}

void SocketDoor::Accept(net::HttpRequest& request, net::HttpResponder responder) {
  const auto refuse = [this, &responder](int status, std::string_view reason,
                                         std::string_view message) {
    ++counters_.handshakes_refused;
    responder.Send(HttpRefusal(status, reason, message));
  };
  if (request.upgrade() != "websocket") {
    return refuse(426, "UpgradeRequired", "this path is a WebSocket");
  }
  if (!IsOriginAllowed(request, options_.allowed_origins)) {
    return refuse(403, "ForeignOrigin", "pages of this origin may not use the gateway");
  }
  const auto query = ParseSocketQuery(request.query());
  if (!query.ok()) {
    return refuse(400, "BadRequest", "there are format=protobuf, format=json and subscribe=none");
  }
  const std::string_view token = CookieOf(request, kSessionCookie);
  if (token.empty() || token.size() > kCookieBytesMax) {
    return refuse(401, "NoSession", "sign in first");
  }
  if (sockets_.size() >= options_.clients_max) {
    return refuse(503, "TooManyClients",
                  absl::StrFormat("%d clients are connected, as many as --clients_max allows",
                                  options_.clients_max));
  }
  responder.Accept(request,
                   std::make_unique<Socket>(*this, ++last_id_, std::string(token), *query));
}

void SocketDoor::OnSession(SocketId id, absl::StatusOr<Session> session) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  Socket& socket = *found->second;
  if (session.ok()) {
    socket.Begin(*std::move(session));
    return Turn();
  }
  ++counters_.sessions_missing;
  if (absl::IsUnauthenticated(session.status())) {
    return socket.Close(net::WebSocketCloseCode::kPolicyViolation, "no session");
  }
  socket.Close(net::WebSocketCloseCode::kTryAgainLater, "the session cannot be looked up");
}

std::function<void(const Session&)> SocketDoor::SessionEndListener() {
  return [mailbox = mailbox_, this](const Session& session) {
    mailbox->Post([this, id = session.id] { EndSession(id); });
  };
}

void SocketDoor::EndSession(const std::string& session_id) {
  std::vector<Socket*> ended;
  for (const auto& [id, socket] : sockets_) {
    if (socket->session() && socket->session()->id == session_id) ended.push_back(socket);
  }
  counters_.sessions_ended += ended.size();
  for (Socket* const socket : ended) {
    socket->Close(net::WebSocketCloseCode::kPolicyViolation, "the session is over");
  }
}

void SocketDoor::Answer(SocketId id, std::int64_t request_id, v1::ServerMessage message) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  message.set_request_id(request_id);
  found->second->Answered();
  found->second->SendMessage(std::move(message));
}

void SocketDoor::OnUnwanted(const std::string& stream) {
  if (ShownStreamName(stream) != kPortfolioStream) return options_.on_unwanted(stream);
  std::int64_t user_id = 0;
  EVX_CHECK(absl::SimpleAtoi(stream.substr(kPortfolioStream.size() + 1), &user_id));
  portfolios_.Close(user_id);
}

// ---- News

void SocketDoor::Publish(std::vector<StreamNews> news) {
  if (news.empty()) return;
  std::unique_lock lock(mutex_);
  has_room_.wait(lock, [this] {
    // The thread that makes room cannot wait for it.
    return is_detached_ || backlog_count_ < kBacklogMax || net::HttpServer::CurrentThread() >= 0;
  });
  if (is_detached_) return;
  backlog_count_ += news.size();
  counters_.backlog = backlog_count_;
  backlog_.push_back(std::move(news));
  if (is_take_posted_) return;
  is_take_posted_ = mailbox_->Post([this] { TakeNews(); });
}

void SocketDoor::TakeNews() {
  const std::int64_t now = MonotonicNanos();
  std::size_t taken = 0;
  std::unique_lock lock(mutex_);
  while (!backlog_.empty() && taken < kNewsPerTurn) {
    const std::vector<StreamNews> news = std::move(backlog_.front());
    backlog_.pop_front();
    backlog_count_ -= news.size();
    lock.unlock();
    taken += news.size();
    hub_.Publish(news, now);
    lock.lock();
  }
  counters_.backlog = backlog_count_;
  is_take_posted_ = !backlog_.empty() && mailbox_->Post([this] { TakeNews(); });
  lock.unlock();
  has_room_.notify_all();
  Turn();
}

void SocketDoor::Turn() {
  hub_.Turn(MonotonicNanos());
  counters_.streams = hub_.stream_count();
  counters_.subscriptions = hub_.subscription_count();
  if (const auto due = hub_.next_due()) timer_.Set(*due);
}

}  // namespace evx::gateway
