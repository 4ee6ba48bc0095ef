#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "door/request_handler.h"
#include "rest/work_queue.h"
#include "trading/operator_calls.h"
#include "trading/trader.h"
#include "trading/trading_parts.h"

namespace evx::gateway {

// What users do at the exchange: their commands, portfolios and history, and for administrators
// the calls of its operator. Checks the role of each request.
//
// There is one Trader for each user who trades or looks at the own account, at most kTradersMax;
// it goes when nothing was asked of it for kIdleTimeout, or, when there are that many, as soon as
// nothing is under way and nobody looks.
//
// Thread-safe; Handle, Open and Close return at once.
class TradingDesk final : public RequestHandler, public PortfolioSource {
 public:
  static constexpr std::size_t kTradersMax = 256;
  static constexpr absl::Duration kIdleTimeout = absl::Minutes(5);
  // Requests for history and operator calls.
  static constexpr int kReaderCount = 4;
  static constexpr std::size_t kReadsWaitingMax = 256;

  // `operator_calls` may be null: then there is no operator here. All must outlive it.
  TradingDesk(const TradingParts& parts, OperatorCalls* operator_calls);
  // Answers what is under way, as far as that is quick.
  ~TradingDesk() override;
  TradingDesk(const TradingDesk&) = delete;
  TradingDesk& operator=(const TradingDesk&) = delete;

  // Whether requests of this kind are for the desk.
  static bool Takes(const v1::ClientMessage& request);

  void Handle(const Session& session, const v1::ClientMessage& request,
              AnswerFunction answer) override;
  absl::Status Open(const Session& session) override;
  void Close(std::int64_t user_id) override;

  std::size_t trader_count() const;

 private:
  // Null: there are too many.
  std::shared_ptr<Trader> FindOrMake(const Session& session);
  void HandleCommand(const Session& session, const v1::ClientMessage& request,
                     const CommandKind& kind, AnswerFunction answer);
  void Refuse(const Session& session, const v1::ClientMessage& request, const CommandKind& kind,
              v1::CommandResult result, const AnswerFunction& answer);
  // False: all of them are needed.
  bool DisplaceOne() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Run();

  const TradingParts parts_;
  OperatorCalls* const operator_calls_;

  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  std::map<std::int64_t, std::shared_ptr<Trader>> traders_ ABSL_GUARDED_BY(mutex_);
  // Those whose place was taken; ended by the thread.
  std::vector<std::shared_ptr<Trader>> displaced_ ABSL_GUARDED_BY(mutex_);

  WorkQueue readers_;
  std::thread thread_;
};

}  // namespace evx::gateway
