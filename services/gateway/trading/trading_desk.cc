#include "trading/trading_desk.h"

#include <chrono>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"
#include "probe.h"
#include "trading/history_reads.h"

namespace evx::gateway {
namespace {

constexpr auto kIdleCheckInterval = std::chrono::seconds(5);
constexpr std::string_view kTooBusy = "TooManyRequests";

}  // namespace

TradingDesk::TradingDesk(const TradingParts& parts, OperatorCalls* operator_calls)
    : parts_(parts),
      operator_calls_(operator_calls),
      readers_({.thread_count = kReaderCount, .waiting_max = kReadsWaitingMax}),
      thread_([this] { Run(); }) {}

TradingDesk::~TradingDesk() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  stopping_.notify_all();
  thread_.join();
}

bool TradingDesk::Takes(const v1::ClientMessage& request) {
  return CommandKindOf(request).has_value() || IsOwnHistory(request) || request.has_call_operator();
}

void TradingDesk::Handle(const Session& session, const v1::ClientMessage& request,
                         AnswerFunction answer) {
  if (const auto kind = CommandKindOf(request)) {
    return HandleCommand(session, request, *kind, std::move(answer));
  }
  if (!Takes(request)) return answer(RefusalOf("UnknownRequest", "there is no such request"));
  const Role needed = request.has_call_operator() ? Role::kAdmin : Role::kTrader;
  if (!MayActAs(session.role, needed)) {
    return answer(
        RefusalOf("RoleRequired", absl::StrFormat("this needs the role %s, yours is %s",
                                                  ToString(needed), ToString(session.role))));
  }
  if (request.has_call_operator()) {
    if (operator_calls_ == nullptr) {
      return answer(RefusalOf("OperatorAbsent", "this gateway has no key of the operator"));
    }
    const bool is_taken = readers_.Add([this, session, call = request.call_operator(), answer] {
      answer(operator_calls_->Call(session, call));
    });
    if (!is_taken) answer(RefusalOf(kTooBusy, "too many requests wait", true));
    return;
  }
  auto trader = FindOrMake(session);
  if (trader == nullptr) {
    return answer(RefusalOf("TooManyTraders", "too many users trade at the moment", true));
  }
  const bool is_taken = readers_.Add([this, trader = std::move(trader), request, answer] {
    auto signer = trader->signer().Get();
    v1::ServerMessage read;
    if (signer.ok()) read = ReadOwnHistory(request, parts_.link, **signer);
    if (read.refusal().reason() == kKeyRefused) {
      trader->signer().Forget();
      signer = trader->signer().Get();
      if (signer.ok()) read = ReadOwnHistory(request, parts_.link, **signer);
    }
    if (!signer.ok()) read = RefusalOf("ExchangeUnavailable", MessageOf(signer.status()), true);
    answer(std::move(read));
  });
  if (!is_taken) answer(RefusalOf(kTooBusy, "too many requests wait", true));
}

void TradingDesk::HandleCommand(const Session& session, const v1::ClientMessage& request,
                                const CommandKind& kind, AnswerFunction answer) {
  const std::string id(CommandIdOf(request));
  if (auto wrong = CheckCommand(request)) {
    return Refuse(session, request, kind, *std::move(wrong), answer);
  }
  if (!MayActAs(session.role, kind.needed)) {
    return Refuse(session, request, kind,
                  RefusedResult(id, "RoleRequired",
                                absl::StrFormat("%s needs the role %s, yours is %s", kind.action,
                                                ToString(kind.needed), ToString(session.role))),
                  answer);
  }
  if (!kind.absent_service.empty()) {
    return Refuse(session, request, kind,
                  RefusedResult(id, "ServiceAbsent",
                                absl::StrFormat("%s is carried out by the service %s, which this "
                                                "stack does not have",
                                                kind.action, kind.absent_service)),
                  answer);
  }
  const auto trader = FindOrMake(session);
  if (trader == nullptr) {
    return answer(
        AnswerOf(RefusedResult(id, "TooManyTraders", "too many users trade at the moment", true)));
  }
  trader->Submit(session, request, std::move(answer));
}

// A command that was refused before it was begun. Its id is not used up.
void TradingDesk::Refuse(const Session& session, const v1::ClientMessage& request,
                         const CommandKind& kind, v1::CommandResult result,
                         const AnswerFunction& answer) {
  AuditEntry entry;
  entry.time = parts_.clock.Now();
  entry.user_id = session.user_id;
  entry.user_name = session.user_name;
  entry.session_id = session.id;
  entry.action = std::string(kind.action);
  entry.detail_json = ToDetailJson(request, AuditLog::kDetailBytesMax);
  entry.refusal_reason = result.refusal_reason();
  if (const absl::Status status = parts_.audit.Write(std::move(entry)); !status.ok()) {
    telemetry::Log(telemetry::kError, "A refused command is not in the audit log.",
                   {{"user_id", session.user_id}, {"status", status.ToString()}});
  }
  parts_.probe.CommandEnded(kind.action, /*is_done=*/false, absl::ZeroDuration());
  answer(AnswerOf(result));
}

std::shared_ptr<Trader> TradingDesk::FindOrMake(const Session& session) {
  const std::lock_guard lock(mutex_);
  const auto found = traders_.find(session.user_id);
  if (found != traders_.end()) return found->second;
  if (traders_.size() >= kTradersMax && !DisplaceOne()) return nullptr;
  auto trader = std::make_shared<Trader>(session, parts_);
  traders_[session.user_id] = trader;
  parts_.probe.SetTraders(traders_.size());
  return trader;
}

bool TradingDesk::DisplaceOne() {
  for (auto entry = traders_.begin(); entry != traders_.end(); ++entry) {
    if (entry->second.use_count() != 1 || !entry->second->IsIdleFor(absl::ZeroDuration())) continue;
    displaced_.push_back(std::move(entry->second));
    traders_.erase(entry);
    stopping_.notify_all();
    return true;
  }
  return false;
}

absl::Status TradingDesk::Open(const Session& session) {
  const auto trader = FindOrMake(session);
  if (trader == nullptr) {
    return Unavailable(
        absl::StrFormat("%d users trade or look at their accounts, more cannot", kTradersMax));
  }
  trader->SetWatched(session, true);
  return absl::OkStatus();
}

void TradingDesk::Close(std::int64_t user_id) {
  std::shared_ptr<Trader> trader;
  {
    const std::lock_guard lock(mutex_);
    const auto found = traders_.find(user_id);
    if (found == traders_.end()) return;
    trader = found->second;
  }
  Session session;
  session.user_id = user_id;
  trader->SetWatched(session, false);
}

std::size_t TradingDesk::trader_count() const {
  const std::lock_guard lock(mutex_);
  return traders_.size();
}

// Traders are ended here, since that waits for their calls.
void TradingDesk::Run() {
  for (bool is_last = false; !is_last;) {
    std::vector<std::shared_ptr<Trader>> gone;
    {
      std::unique_lock lock(mutex_);
      stopping_.wait_for(lock, kIdleCheckInterval,
                         [this] { return is_stopped_ || !displaced_.empty(); });
      is_last = is_stopped_;
      gone.swap(displaced_);
      for (auto entry = traders_.begin(); entry != traders_.end();) {
        // One that somebody is about to use stays.
        const bool is_idle =
            entry->second.use_count() == 1 && entry->second->IsIdleFor(kIdleTimeout);
        if (is_last || is_idle) {
          gone.push_back(std::move(entry->second));
          entry = traders_.erase(entry);
        } else {
          ++entry;
        }
      }
      parts_.probe.SetTraders(traders_.size());
    }
  }
}

}  // namespace evx::gateway
