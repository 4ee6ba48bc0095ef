#pragma once

#include <grpcpp/client_context.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "accounts/session.h"
#include "trading/portfolio_state.h"
#include "trading/trading_parts.h"

namespace evx::gateway {

// Keeps the stream of one user's portfolio while it lives: reads the lists of the account, then
// follows its events and its places in the queue.
//
// A stream that breaks is opened again, with pauses that grow to kPauseMax, from the record on that
// is wanted next; when the exchange does not remember that far back, the account is read anew. Of
// more than 1,000 resting orders the exchange tells no places.
//
// Two threads; the destructor ends their calls and joins them.
class PortfolioFeed {
 public:
  static constexpr absl::Duration kPauseFirst = absl::Milliseconds(50);
  static constexpr absl::Duration kPauseMax = absl::Seconds(2);

  // All must outlive it.
  PortfolioFeed(const Session& session, UserSigner& signer, const TradingParts& parts);
  ~PortfolioFeed();
  PortfolioFeed(const PortfolioFeed&) = delete;
  PortfolioFeed& operator=(const PortfolioFeed&) = delete;

 private:
  using Step = absl::Status (PortfolioFeed::*)();

  // Runs `step` again and again until the end, with pauses after failures.
  void Repeat(Step step);
  absl::Status FollowEvents();
  absl::Status FollowPlaces();
  absl::Status Load(const CallSigner& signer);
  void Take(const CallSigner& signer, const exchange::v1::StreamEventsResponse& response);
  void AddOutcomes(const CallSigner& signer, v1::PortfolioUpdate& update);
  void Publish(v1::PortfolioUpdate update) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Registers a call that the destructor is to end; false: it has begun already.
  bool Enter(std::optional<grpc::ClientContext>& slot);

  const std::string stream_;
  const std::int64_t user_id_;
  UserSigner& signer_;
  const TradingParts& parts_;

  std::mutex mutex_;
  std::condition_variable stopping_;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  // Of the streams that are open; set and reset under the lock.
  std::optional<grpc::ClientContext> events_call_;
  std::optional<grpc::ClientContext> places_call_;
  std::optional<PortfolioState> state_ ABSL_GUARDED_BY(mutex_);

  std::shared_ptr<const CallSigner> loaded_with_;  // Of the events' thread.

  std::thread events_thread_;
  std::thread places_thread_;
};

}  // namespace evx::gateway
