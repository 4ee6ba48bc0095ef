#include "live/orderbook_session.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "fold/book_message.h"

namespace evx::order_book_rebuilder {
namespace {

constexpr std::int64_t kSecond = 1'000'000'000;

// The order of the channels is that of their bits.
const feed::Grammar& TheGrammar() {
  static const feed::Grammar grammar = {
      .channels = {"book", "top"}, .default_channels = kBookChannel, .takes_prefixes = true};
  return grammar;
}

std::string_view CodeOf(const absl::Status& status) {
  if (absl::IsNotFound(status)) return "unknown_market";
  if (absl::IsResourceExhausted(status)) return "too_many";
  return "bad_command";
}

}  // namespace

// ---- net::WebSocketSession

void OrderbookSession::OnOpen(net::WebSocket& socket) {
  socket_ = &socket;
  hub_.Add(*this);
}

void OrderbookSession::OnClose() {
  if (socket_ != nullptr) hub_.Remove(*this);
  socket_ = nullptr;
}

void OrderbookSession::OnTick() {
  if (socket_ == nullptr) return;
  hub_.Tick(*this, MonotonicNanos());
  turn_();
}

void OrderbookSession::OnMessage(std::string_view message, bool is_text) {
  if (socket_ == nullptr) return;
  if (IsTooOften(MonotonicNanos())) {
    socket_->Close(net::WebSocketCloseCode::kPolicyViolation,
                   absl::StrFormat("more than %d commands within a second", kCommandsPerSecondMax));
    return;
  }
  if (!is_text) return AnswerError(0, InvalidArgument("message is binary; it must be a text"));
  const feed::DecodedCommand decoded = feed::DecodeCommand(TheGrammar(), message);
  if (!decoded.command.ok()) return AnswerError(decoded.id, decoded.command.status());
  Execute(decoded.id, *decoded.command);
  turn_();
}

bool OrderbookSession::IsTooOften(std::int64_t now) {
  if (now - command_second_ >= kSecond) {
    command_second_ = now;
    commands_in_second_ = 0;
  }
  return ++commands_in_second_ > kCommandsPerSecondMax;
}

// ---- Commands

void OrderbookSession::Execute(std::int64_t id, const feed::Command& command) {
  switch (command.verb) {
    case feed::Verb::kList:
      return AnswerList(id);
    case feed::Verb::kUnsubscribe:
      for (const feed::Subject& subject : command.subjects) hub_.Unsubscribe(*this, subject);
      return AnswerCount("unsubscribed", id);
    case feed::Verb::kSubscribe:
      break;
  }
  const absl::Status status = CheckSubjects(command.subjects);
  if (!status.ok()) return AnswerError(id, status);
  // States are told in the hub's next turn, so the answer comes before them.
  for (const feed::Subject& subject : command.subjects) hub_.Subscribe(*this, subject);
  AnswerCount("subscribed", id);
}

absl::Status OrderbookSession::CheckSubjects(const std::vector<feed::Subject>& subjects) const {
  std::size_t named_count = hub_.NamedCount(*this);
  std::size_t prefix_count = hub_.PrefixCount(*this);
  for (std::size_t i = 0; i < subjects.size(); ++i) {
    const feed::Subject& subject = subjects[i];
    if (!subject.ticker.empty() && !IsTicker(subject.ticker)) {
      return NotFound(absl::StrFormat("subjects[%d] is %s, which cannot be a market", i,
                                      feed::Shown(subject.ticker)));
    }
    if (hub_.HasSubject(*this, subject)) continue;
    ++(subject.is_prefix ? prefix_count : named_count);
    if (named_count > kNamedMax || prefix_count > kPrefixesMax) {
      return ResourceExhausted(
          absl::StrFormat("subjects[%d] is %s; a client may name %d markets and %d prefixes", i,
                          feed::Shown(subject.ticker), kNamedMax, kPrefixesMax));
    }
  }
  return absl::OkStatus();
}

void OrderbookSession::AnswerCount(std::string_view type, std::int64_t id) {
  Answer(absl::StrCat(R"({"type":")", ToAbsl(type), R"(","id":)", id, R"(,"named_count":)",
                      hub_.NamedCount(*this), "}"));
}

void OrderbookSession::AnswerList(std::int64_t id) {
  std::string text = absl::StrCat(R"({"type":"subscriptions","id":)", id, R"(,"subjects":[)");
  bool is_first = true;
  for (const feed::Subject& subject : hub_.SubjectsOf(*this)) {
    for (const std::string& name : feed::NamesOf(TheGrammar(), subject)) {
      if (!std::exchange(is_first, false)) text += ',';
      feed::AppendJsonText(text, name);
    }
  }
  text += "]}";
  Answer(text);
}

void OrderbookSession::AnswerError(std::int64_t id, const absl::Status& status) {
  std::string text = absl::StrCat(R"({"type":"error","id":)", id, R"(,"code":")",
                                  ToAbsl(CodeOf(status)), R"(","message":)");
  feed::AppendJsonText(text, MessageOf(status));
  text += '}';
  Answer(text);
}

void OrderbookSession::Answer(const std::string& text) {
  if (socket_->SendText(text)) return;
  socket_->Close(net::WebSocketCloseCode::kPolicyViolation, "answers are not taken");
}

// ---- LiveReader

void OrderbookSession::Tell(BookNews& news, NewsDetail detail) {
  // A message that does not fit is of a connection that is ending: the hub stops far before.
  if (format_ == LiveFormat::kJson) {
    static_cast<void>(socket_->SendText(news.Json(detail)));
  } else {
    static_cast<void>(socket_->SendBinary(news.Binary(detail)));
  }
}

std::size_t OrderbookSession::unsent_bytes() const { return socket_->unsent_bytes(); }

void OrderbookSession::OnTooSlow() {
  socket_->Close(
      net::WebSocketCloseCode::kPolicyViolation,
      absl::StrFormat("too slow: more than %d bytes waited for %d s", feed::SendGate::kResumeBytes,
                      feed::SendGate::kFullNanosMax / kSecond));
}

}  // namespace evx::order_book_rebuilder
