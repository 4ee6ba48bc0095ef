#include "trading/trader.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"
#include "probe.h"
#include "trading/retry_pause.h"

namespace evx::gateway {
namespace {

namespace pb = exchange::v1;

constexpr auto kTurn = std::chrono::milliseconds(500);
constexpr absl::Duration kPauseFirst = absl::Milliseconds(20);
constexpr absl::Duration kPauseMax = absl::Milliseconds(500);

}  // namespace

Trader::Trader(const Session& session, const TradingParts& parts)
    : parts_(parts),
      user_id_(session.user_id),
      signer_(session, parts_),
      used_nanos_(MonotonicNanos()),
      thread_([this] { Run(); }) {}

Trader::~Trader() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool Trader::is_stopped() const {
  const std::lock_guard lock(mutex_);
  return is_stopped_;
}

bool Trader::IsIdleFor(absl::Duration duration) const {
  const std::lock_guard lock(mutex_);
  return under_way_count_ == 0 && !is_watched_ &&
         absl::Nanoseconds(MonotonicNanos() - used_nanos_) > duration;
}

void Trader::SetWatched(const Session& session, bool is_watched) {
  {
    const std::lock_guard lock(mutex_);
    if (is_watched_ == is_watched) return;
    is_watched_ = is_watched;
    used_nanos_ = MonotonicNanos();
  }
  Post({[this, session, is_watched] {
          if (is_watched) {
            feed_ = std::make_unique<PortfolioFeed>(session, signer_, parts_);
          } else {
            feed_.reset();
          }
        },
        nullptr});
}

void Trader::Post(Job job) {
  {
    const std::lock_guard lock(mutex_);
    jobs_.push_back(std::move(job));
  }
  changed_.notify_all();
}

void Trader::Run() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex_);
      changed_.wait_for(lock, kTurn, [this] { return is_stopped_ || !jobs_.empty(); });
      if (is_stopped_) break;
      if (!jobs_.empty()) {
        job = std::move(jobs_.front());
        jobs_.pop_front();
      }
    }
    if (job.run != nullptr) job.run();
    if (link_ != nullptr) link_->Expire();
  }
  feed_.reset();
  link_.reset();  // What is under way posts that it is lost.
  // Of commands that wait or were sent: they end quickly now, since Insist gives up.
  for (;;) {
    Job job;
    {
      const std::lock_guard lock(mutex_);
      if (jobs_.empty()) return;
      job = std::move(jobs_.front());
      jobs_.pop_front();
    }
    job.run();
  }
}

void Trader::Submit(const Session& session, const v1::ClientMessage& request,
                    AnswerFunction answer) {
  auto command = std::make_shared<Command>();
  command->session = session;
  command->request = request;
  command->id = std::string(CommandIdOf(request));
  command->action = CommandKindOf(request)->action;
  command->asked_at = parts_.clock.Now();
  command->begun_nanos = MonotonicNanos();
  const bool is_stop = request.has_emergency_stop() || request.has_liquidate_all();
  std::vector<CommandPtr> dropped;
  CommandMemory::Seen seen;
  bool is_full = false;
  {
    const std::lock_guard lock(mutex_);
    used_nanos_ = command->begun_nanos;
    is_full = !is_stop && jobs_.size() >= kQueueMax;
    if (!is_full) {
      seen = memory_.Begin(command->id, FingerprintOf(request), answer);
      if (seen == CommandMemory::Seen::kNew) ++under_way_count_;
      if (seen == CommandMemory::Seen::kNew && is_stop) {
        for (const Job& job : jobs_) {
          if (job.droppable != nullptr) dropped.push_back(job.droppable);
        }
        std::erase_if(jobs_, [](const Job& job) { return job.droppable != nullptr; });
      }
    }
  }
  if (is_full || seen == CommandMemory::Seen::kCrowded) {
    answer(AnswerOf(RefusedResult(command->id, "TooManyCommands",
                                  absl::StrFormat("%d commands wait already", kQueueMax), true)));
    return;
  }
  if (seen == CommandMemory::Seen::kOther) {
    WriteDown(*command, ReusedIdResult(command->id));
    parts_.probe.CommandEnded(command->action, /*is_done=*/false, absl::ZeroDuration());
    return answer(AnswerOf(ReusedIdResult(command->id)));
  }
  if (seen != CommandMemory::Seen::kNew) return;
  for (const CommandPtr& old : dropped) {
    Finish(old, RefusedResult(old->id, "Stopped", "an emergency stop came before it was sent"));
  }
  const bool is_order = request.has_create_order() || request.has_amend_order();
  CommandPtr shared = std::move(command);
  Post({[this, shared] { Begin(shared); }, is_order ? shared : nullptr});
}

void Trader::Begin(const CommandPtr& command) {
  if (is_stopped()) {
    return Finish(command, RefusedResult(command->id, "GatewayStopping",
                                         "the gateway is stopping; send the command again", true));
  }
  const v1::ClientMessage& request = command->request;
  // Taking orders out is never refused for want of a log.
  if (!request.has_cancel_orders() && !request.has_emergency_stop()) {
    if (const absl::Status status = parts_.audit.CanWrite(); !status.ok()) {
      return Finish(command,
                    RefusedResult(command->id, "AuditUnavailable", MessageOf(status), true));
    }
    if (AnswerFromAudit(command)) return;
  }
  if (!EnsureLink(command)) return;
  if (request.has_create_order()) return Create(command);
  if (request.has_amend_order()) return Amend(command);
  if (request.has_cancel_orders()) return Cancel(command);
  if (request.has_emergency_stop()) return EmergencyStop(command);
  if (request.has_create_order_group()) return CreateGroup(command);
  if (request.has_reset_order_group()) return ResetGroup(command);
  LiquidateAll(command);
}

// True: it is answered. What may have been done before, and would be done twice, is not
// done again.
bool Trader::AnswerFromAudit(const CommandPtr& command) {
  const auto found = parts_.audit.Find(user_id_, command->id);
  if (!found.ok()) {
    if (!command->request.has_amend_order() && !command->request.has_create_order_group()) {
      return false;
    }
    Finish(command,
           RefusedResult(command->id, "AuditUnavailable", MessageOf(found.status()), true));
    return true;
  }
  if (!found->has_value()) return false;
  v1::CommandResult result;
  const bool is_same =
      (*found)->action == command->action &&
      (*found)->detail_json == ToDetailJson(command->request, AuditLog::kDetailBytesMax) &&
      !(*found)->result.empty() && result.ParseFromString((*found)->result);
  if (!is_same) {
    Finish(command, ReusedIdResult(command->id));
    return true;
  }
  result.set_is_repeated(true);
  Finish(command, std::move(result), /*is_written=*/true);
  return true;
}

bool Trader::EnsureLink(const CommandPtr& command) {
  const auto signer = signer_.Get();
  if (!signer.ok()) {
    Finish(command,
           RefusedResult(command->id, "ExchangeUnavailable", MessageOf(signer.status()), true));
    return false;
  }
  if (link_ == nullptr || link_signer_ != *signer) {
    link_.reset();
    link_signer_ = *signer;
    link_ = std::make_unique<OrderLink>(*parts_.link.exchange, *link_signer_);
  }
  return true;
}

grpc::Status Trader::Insist(const CommandPtr& command, const std::string& method, const Call& call,
                            bool despite_limits) {
  const std::int64_t end = command->begun_nanos + absl::ToInt64Nanoseconds(parts_.resolve_timeout);
  RetryPause pause(kPauseFirst, kPauseMax, static_cast<std::uint64_t>(end));
  for (bool was_key_refused = false;;) {
    const auto signer = signer_.Get();
    grpc::Status status(grpc::StatusCode::UNAVAILABLE, "the exchange is away");
    if (signer.ok()) {
      grpc::ClientContext context;
      (*signer)->Prepare(context, method);
      status = call(*parts_.link.exchange, &context);
    }
    const grpc::StatusCode code = status.error_code();
    // A refusal with a reason is the exchange's last word.
    const bool is_away =
        code == grpc::StatusCode::UNAVAILABLE || code == grpc::StatusCode::UNKNOWN ||
        code == grpc::StatusCode::DEADLINE_EXCEEDED || code == grpc::StatusCode::CANCELLED;
    pb::Refusal refusal;
    const bool is_final =
        refusal.ParseFromString(status.error_details()) && !refusal.reason().empty();
    const bool is_limited = code == grpc::StatusCode::RESOURCE_EXHAUSTED && despite_limits;
    if (code == grpc::StatusCode::UNAUTHENTICATED) {
      signer_.Forget();
      // Nothing was done. An exchange that has forgotten the key is told it anew.
      if (!std::exchange(was_key_refused, true)) continue;
    }
    if (!(is_away && !is_final) && !is_limited) return status;
    std::unique_lock lock(mutex_);
    const auto wait = absl::ToChronoNanoseconds(pause.Next());
    changed_.wait_for(lock, wait, [this] { return is_stopped_; });
    if (is_stopped_ || MonotonicNanos() > end) return status;
  }
}

grpc::Status Trader::FindOrder(const CommandPtr& command, const std::string& order_id,
                               pb::Order& order) {
  pb::GetOrderRequest request;
  request.set_order_id(order_id);
  pb::GetOrderResponse response;
  const grpc::Status status = Insist(command, "GetOrder", [&](auto& exchange, auto* call) {
    return exchange.GetOrder(call, request, &response);
  });
  order = response.order();
  return status;
}

void Trader::WriteDown(const Command& command, const v1::CommandResult& result) {
  AuditEntry entry;
  entry.time = command.asked_at;
  entry.user_id = command.session.user_id;
  entry.user_name = command.session.user_name;
  entry.session_id = command.session.id;
  entry.action = std::string(command.action);
  if (IsEnd(result)) {
    entry.command_id = command.id;
    entry.result = result.SerializeAsString();
    if (entry.result.size() > AuditLog::kResultBytesMax) {
      // Of a liquidation of very many positions: what it did as a whole.
      v1::CommandResult shortened = result;
      shortened.clear_orders();
      entry.result = shortened.SerializeAsString();
    }
  }
  entry.detail_json = ToDetailJson(command.request, AuditLog::kDetailBytesMax);
  entry.refusal_reason = result.refusal_reason();
  if (const absl::Status status = parts_.audit.Write(std::move(entry)); !status.ok()) {
    telemetry::Log(telemetry::kError, "A command is not in the audit log.",
                   {{"user_id", user_id_}, {"status", status.ToString()}});
  }
}

void Trader::Finish(const CommandPtr& command, v1::CommandResult result, bool is_written) {
  if (!is_written) WriteDown(*command, result);
  std::vector<AnswerFunction> waiting;
  {
    const std::lock_guard lock(mutex_);
    waiting = memory_.Finish(result);
    if (under_way_count_ > 0) --under_way_count_;
    used_nanos_ = MonotonicNanos();
  }
  parts_.probe.CommandEnded(command->action, result.refusal_reason().empty(),
                            absl::Nanoseconds(MonotonicNanos() - command->begun_nanos));
  for (AnswerFunction& answer : waiting) {
    answer(AnswerOf(result));
    result.set_is_repeated(true);
  }
}

}  // namespace evx::gateway
