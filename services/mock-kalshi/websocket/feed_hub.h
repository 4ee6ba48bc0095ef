#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "evx/core/ids.h"
#include "exchange/exchange_context.h"
#include "websocket/envelope.h"
#include "websocket/feed_batch.h"
#include "websocket/feed_demand.h"
#include "websocket/subscription.h"

namespace evx::mock_kalshi {

class FeedSession;

// Counts of one thread, read by any.
struct FeedCounters {
  std::atomic<std::int64_t> subscriptions = 0;
  std::atomic<std::uint64_t> messages = 0;            // Put into the queues of connections.
  std::atomic<std::uint64_t> overflows = 0;           // Subscriptions ended with error 25.
  std::atomic<std::uint64_t> slow_consumers_cut = 0;  // Connections.
};

// The sessions and subscriptions of one I/O thread: who gets which message. Everything but the
// counters belongs to that thread.
class FeedHub {
 public:
  struct Services {
    const ExchangeContext& context;
    FeedDemand& demand;
    // Runs a task on this hub's thread, in a turn of its own.
    std::function<void(std::function<void()>)> post;
    // False when the exchange does not take the question now.
    std::function<bool(const SnapshotTarget&, std::vector<MarketId>)> ask_snapshots;
  };

  FeedHub(int thread, Services services) : thread_(thread), services_(std::move(services)) {}
  FeedHub(const FeedHub&) = delete;
  FeedHub& operator=(const FeedHub&) = delete;

  int thread() const { return thread_; }
  Services& services() { return services_; }
  const ExchangeContext& context() const { return services_.context; }
  FeedCounters& counters() { return counters_; }
  const FeedCounters& counters() const { return counters_; }

  // Returns the session's id.
  std::uint64_t Add(FeedSession& session);
  void Remove(FeedSession& session, std::uint64_t id);

  // Counts the demand and lists the subscription. Markets are added one by one.
  void Add(FeedSession& session, Subscription& subscription);
  void Remove(FeedSession& session, Subscription& subscription);
  // Messages of records after `from` come. False: the market was there already.
  bool AddMarket(FeedSession& session, Subscription& subscription, MarketId market,
                 SequenceNumber from);
  bool RemoveMarket(Subscription& subscription, MarketId market);
  // A subscription to named markets becomes one to all; messages come after its `every_from`.
  void CoverEveryMarket(FeedSession& session, Subscription& subscription);
  void SetFrom(const Subscription& subscription, MarketId market, SequenceNumber from);

  void Deliver(const FeedBatch& batch);
  // Messages were lost: every subscription of this thread ends.
  void EndAll();

  // What is queued now leaves with this time. Brought up to date at the start of whatever sends.
  const SendingTime& sending_time() const { return sending_time_; }
  void UpdateSendingTime() { sending_time_.Set(services_.context.wall.Now()); }

  // The session has first values to send; they go out in slices so that nobody waits for them.
  void QueueFirstValues(FeedSession& session);
  // A subscription of the session has ended in the middle of a delivery.
  void QueueEnded(FeedSession& session) { ended_.push_back(&session); }

  // For sessions with faults; nothing happens when the session has gone.
  void SendHeld(std::uint64_t session_id);
  void Cut(std::uint64_t session_id);

 private:
  struct Subscriber {
    FeedSession* session = nullptr;
    Subscription* subscription = nullptr;
    SequenceNumber from;
  };
  using Subscribers = std::vector<Subscriber>;
  struct ChannelSubscribers {
    absl::flat_hash_map<MarketId, Subscribers> by_market;
    Subscribers every_market;
  };

  ChannelSubscribers* ListsOf(kalshi::Channel channel);
  DemandFilter* DemandOf(kalshi::Channel channel);
  Subscribers* EveryMarketOf(kalshi::Channel channel);

  void DeliverDelta(const FeedBatch& batch, const FeedMessage& message);
  void DeliverToMarket(const FeedBatch& batch, const FeedMessage& message,
                       const ChannelSubscribers& lists);
  void DeliverToEvery(const Subscribers& subscribers, const FeedBatch& batch,
                      const FeedMessage& message);
  void DeliverToAccount(const FeedBatch& batch, const FeedMessage& message,
                        kalshi::Channel channel);
  void DeliverTo(const Subscribers& subscribers, const FeedBatch& batch,
                 const FeedMessage& message);
  void DeliverSnapshotReply(const FeedBatch& batch, const FeedMessage& message);
  void EndAccess(const FeedBatch& batch, const FeedMessage& message);
  void RemoveEnded();
  void SendFirstValues();

  const int thread_;
  Services services_;
  FeedCounters counters_;
  std::uint64_t last_session_id_ = 0;
  absl::flat_hash_map<std::uint64_t, FeedSession*> sessions_;
  absl::flat_hash_map<AccountId, std::vector<FeedSession*>> accounts_;
  ChannelSubscribers books_;
  ChannelSubscribers tickers_;
  ChannelSubscribers trades_;
  Subscribers lifecycles_;
  Subscribers multivariate_lifecycles_;
  std::vector<FeedSession*> ended_;
  std::deque<std::uint64_t> first_values_;  // Sessions that have some to send.
  bool first_values_posted_ = false;
  SendingTime sending_time_;
  std::string own_tail_;  // Scratch.
};

}  // namespace evx::mock_kalshi
