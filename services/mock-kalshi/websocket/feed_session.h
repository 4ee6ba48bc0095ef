#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "access/authenticator.h"
#include "evx/kalshi/websocket_commands.h"
#include "evx/net/websocket.h"
#include "faults/fault_profile.h"
#include "websocket/feed_batch.h"
#include "websocket/feed_hub.h"
#include "websocket/subscription.h"

namespace evx::mock_kalshi {

// One connection: reads commands, answers them, and sends what its subscriptions get.
//
// A subscription has at most one sid per channel. What waits for the client is bounded by
// kUnsentBytesMax; when a message does not fit, its subscription ends with error 25, and the
// connection is cut unless the client has taken all that waited within kSlowConsumerTime.
class FeedSession final : public net::WebSocketSession {
 public:
  static constexpr std::size_t kUnsentBytesMax = std::size_t{4} << 20;
  // Beyond that, for replies and errors.
  static constexpr std::size_t kReplyBytesMax = std::size_t{1} << 20;
  static constexpr std::chrono::seconds kSlowConsumerTime{10};
  static constexpr std::size_t kCommandBytesMax = std::size_t{16} << 20;
  static constexpr std::size_t kSubscriptionMarketsMax = 200'000;
  static constexpr std::size_t kConnectionMarketsMax = 500'000;
  static constexpr std::uint32_t kCommandsPerSecondMax = 10'000;

  // `release` runs when the session has ended.
  FeedSession(FeedHub& hub, const Principal& principal, std::function<void()> release);
  ~FeedSession() override;

  std::uint64_t id() const { return id_; }
  AccountId account() const { return principal_.account; }
  std::string_view key_id() const { return principal_.key_id.view(); }
  bool MaySee(std::int16_t subaccount) const {
    return principal_.subaccount < 0 || principal_.subaccount == subaccount;
  }
  // Null when there is no subscription to it.
  Subscription* Find(kalshi::Channel channel) {
    return subscriptions_[static_cast<std::size_t>(channel)].get();
  }

  // For the hub. None of these removes a subscription before RemoveEnded.
  void Send(Subscription& subscription, FeedKind kind, std::string_view tail);
  void SendSnapshotReply(std::int64_t sid, std::int64_t command_id, std::string_view tail);
  // Up to `count` books or tickers that are due; true when there are more and room for them.
  bool SendFirstValues(std::size_t count);
  void EndSubscriptions();
  void RemoveEnded();
  void EndAccess();
  // Of the frames that faults hold, those whose time has come.
  void SendHeld();
  void Cut();

  // net::WebSocketSession
  void OnOpen(net::WebSocket& socket) override;
  void OnMessage(std::string_view message, bool is_text) override;
  void OnTick() override;
  void OnClose() override;

 private:
  using Code = kalshi::WebSocketErrorCode;

  void Execute(std::int64_t id, const kalshi::RefusedCommand& command);
  void Execute(std::int64_t id, const kalshi::SubscribeCommand& command);
  void Execute(std::int64_t id, const kalshi::UnsubscribeCommand& command);
  void Execute(std::int64_t id, const kalshi::UpdateSubscriptionCommand& command);
  void Execute(std::int64_t id, const kalshi::ListSubscriptionsCommand& command);

  // The subscription to the channel covers every market from now on. False: it did before.
  bool CoverEveryMarket(Subscription& subscription);
  std::optional<Code> CheckChannel(kalshi::Channel channel,
                                   const kalshi::MarketSelection& markets) const;
  void Subscribe(std::int64_t id, kalshi::Channel channel, const kalshi::SubscribeCommand& command,
                 const std::vector<MarketId>& markets);
  void AddMarkets(Subscription& subscription, const std::vector<MarketId>& markets,
                  bool send_first_values);
  bool FitsLimits(const Subscription* subscription, const std::vector<MarketId>& markets) const;
  SequenceNumber Present() const;
  void GetSnapshot(std::int64_t id, const Subscription& subscription,
                   std::vector<MarketId> markets);
  // Nothing when an id is malformed; unknown markets are left out.
  std::optional<std::vector<MarketId>> Resolve(const kalshi::MarketSelection& selection) const;
  Subscription* FindSid(std::int64_t sid);
  void Remove(Subscription& subscription);

  // A frame whose time has not come, with what is to become of it then.
  struct HeldFrame {
    std::chrono::steady_clock::time_point due;
    std::int64_t sid = 0;
    FeedKind kind{};
    std::int64_t command_id = 0;
    std::string tail;
    std::optional<FaultKind> fault;
  };

  // Numbers the frame and puts it into the connection's queue. `command_id` 0: none.
  void SendNow(Subscription& subscription, FeedKind kind, std::string_view tail,
               std::int64_t command_id);
  bool MayBeFaulty() const { return hub_.context().faults.active() || !held_.empty() || is_cut_; }
  void SendFaulty(Subscription& subscription, FeedKind kind, std::string_view tail,
                  std::int64_t command_id);
  void SendAsFault(Subscription& subscription, FeedKind kind, std::string_view tail,
                   std::int64_t command_id, std::optional<FaultKind> fault);
  void AwaitHeld();
  static std::uint64_t NextFaultConnection();

  bool SendBooks(Subscription& subscription, std::size_t count);
  bool SendTickers(Subscription& subscription, std::size_t count);
  void Overflow(Subscription& subscription);

  void ReplyOk(std::int64_t id, Subscription& subscription);
  void ReplyError(std::int64_t id, Code code, Subscription* subscription = nullptr);
  void Reply(std::string text);
  bool IsWithinCommandRate();

  FeedHub& hub_;
  const Principal principal_;
  const std::function<void()> release_;
  std::uint64_t id_ = 0;
  net::WebSocket* socket_ = nullptr;  // While open.
  std::array<std::unique_ptr<Subscription>, kalshi::kChannelCount> subscriptions_;
  std::int64_t last_sid_ = 0;
  std::size_t market_count_ = 0;  // Over all subscriptions.
  std::optional<std::chrono::steady_clock::time_point> overflow_time_;
  std::chrono::steady_clock::time_point command_second_;
  std::uint32_t commands_in_second_ = 0;

  const std::uint64_t fault_connection_ = NextFaultConnection();
  std::deque<HeldFrame> held_;
  std::size_t held_bytes_ = 0;
  bool is_cut_ = false;  // About to be: nothing is sent any more.
};

}  // namespace evx::mock_kalshi
