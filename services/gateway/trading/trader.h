#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "door/request_handler.h"
#include "trading/command_memory.h"
#include "trading/order_commands.h"
#include "trading/order_link.h"
#include "trading/portfolio_feed.h"
#include "trading/trading_parts.h"

namespace evx::gateway {

// One user at the exchange: carries out the user's commands and, while somebody looks, keeps the
// stream of the portfolio.
//
// Every command is answered once, after the exchange has answered: with what was done, or with the
// rule that refused it. It is written into the audit log before it is answered. A command that
// comes again gets the result of the first, which is looked for here and then in the audit log;
// should both not know, as after a kill between the exchange's answer and the log's, the exchange
// knows each order by its client order id, which is the command's id.
//
// What became of a command is not known when its stream breaks; it is then sent again as a call of
// its own, which changes nothing that was done already, for TradingParts::resolve_timeout at most.
// After that its result is "ExchangeUnknown", and the client sends it again.
//
// Commands are carried out in the order in which they came and without waiting for each other.
// EmergencyStop and LiquidateAll refuse the orders that were not sent yet.
//
// Submit and SetWatched return at once. Thread-safe; one thread of its own besides those of the
// streams. The destructor waits for the call that is under way.
class Trader {
 public:
  // Commands that wait; further ones are refused with "TooManyCommands".
  static constexpr std::size_t kQueueMax = 1'000;

  // `parts` must outlive it.
  Trader(const Session& session, const TradingParts& parts);
  ~Trader();
  Trader(const Trader&) = delete;
  Trader& operator=(const Trader&) = delete;

  // A request with a CommandKind that this service carries out, checked by CheckCommand.
  void Submit(const Session& session, const v1::ClientMessage& request, AnswerFunction answer);
  void SetWatched(const Session& session, bool is_watched);
  UserSigner& signer() { return signer_; }

  // Nothing is under way, nobody looks, and so it was for `duration`.
  bool IsIdleFor(absl::Duration duration) const;

 private:
  struct Command {
    Session session;
    v1::ClientMessage request;
    std::string id;
    std::string_view action;
    Timestamp asked_at;
    std::int64_t begun_nanos = 0;
  };
  using CommandPtr = std::shared_ptr<const Command>;
  struct Job {
    std::function<void()> run;
    CommandPtr droppable;  // An order that a stop refuses; null: not to be dropped.
  };
  struct Cancels;

  void Run();
  void Post(Job job);
  void Begin(const CommandPtr& command);
  bool AnswerFromAudit(const CommandPtr& command);
  void Create(const CommandPtr& command);
  void Amend(const CommandPtr& command);
  void Cancel(const CommandPtr& command);
  void EmergencyStop(const CommandPtr& command);
  void LiquidateAll(const CommandPtr& command);
  // trader_groups.cc. They wait for the exchange.
  void CreateGroup(const CommandPtr& command);
  void ResetGroup(const CommandPtr& command);

  // Of commands of which it is not known what became of them. They wait.
  // `was_told`: the exchange said that the order had come before.
  void ResolveCreate(const CommandPtr& command, bool was_told);
  void ResolveAmend(const CommandPtr& command);
  void ResolveCancel(const CommandPtr& command, int index, bool was_told,
                     const std::shared_ptr<Cancels>& cancels);
  void FinishCancels(const CommandPtr& command, Cancels& cancels);
  // Takes out all orders, behind those that were sent before, and then calls `done` on the thread.
  void CancelAll(const CommandPtr& command, std::function<void(v1::CommandResult result)> done);
  v1::CommandResult InsistOnCancelAll(const CommandPtr& command);
  void ClosePositions(const CommandPtr& command, v1::CommandResult result);
  v1::OrderOutcome ClosePosition(const CommandPtr& command, const exchange::v1::Position& position);
  // A call until it is answered, by a yes or a no, or TradingParts::resolve_timeout after the
  // command came.
  using Call = std::function<grpc::Status(exchange::v1::ExchangeService::StubInterface& exchange,
                                          grpc::ClientContext* call)>;
  grpc::Status Insist(const CommandPtr& command, const std::string& method, const Call& call,
                      bool despite_limits = false);
  grpc::Status FindOrder(const CommandPtr& command, const std::string& order_id,
                         exchange::v1::Order& order);

  void WriteDown(const Command& command, const v1::CommandResult& result);
  // Writes the end down, unless it is written down already, and tells it.
  void Finish(const CommandPtr& command, v1::CommandResult result, bool is_written = false);
  bool EnsureLink(const CommandPtr& command);
  bool is_stopped() const;

  const TradingParts parts_;
  const std::int64_t user_id_;
  UserSigner signer_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::deque<Job> jobs_ ABSL_GUARDED_BY(mutex_);
  CommandMemory memory_ ABSL_GUARDED_BY(mutex_);
  std::size_t under_way_count_ ABSL_GUARDED_BY(mutex_) = 0;
  bool is_watched_ ABSL_GUARDED_BY(mutex_) = false;
  std::int64_t used_nanos_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<PortfolioFeed> feed_;  // Of the thread.

  std::shared_ptr<const CallSigner> link_signer_;  // Of the thread, as the next.
  std::unique_ptr<OrderLink> link_;
  std::thread thread_;
};

}  // namespace evx::gateway
