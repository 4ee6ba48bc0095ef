#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/text_map.h"
#include "evx/kalshi/websocket_commands.h"
#include "evx/net/websocket.h"
#include "replay/replay_hub.h"

namespace evx::order_book_rebuilder {

// One connection to a replay: reads commands as the venue's server does, answers them, and sends
// what its subscriptions get. Channels are orderbook_delta, trade and ticker; those of lifecycles
// are open and silent, the others are answered with error 9.
//
// Its own numbers: `sid` counts the subscriptions of the connection, `seq` the messages of a
// subscription, replies included, as the venue's do; those of the recording stand beside them.
//
// A book begins with a snapshot, as of now, whenever it is subscribed to; where it is not known,
// with the next one that was recorded. The same holds after a seek.
//
// What waits for the client is bounded by kUnsentBytesMax; when a message does not fit, its
// subscription ends with error 25, and the connection is cut unless the client has taken all that
// waited within kSlowConsumerTime.
class ReplaySession final : public net::WebSocketSession {
 public:
  static constexpr std::size_t kUnsentBytesMax = std::size_t{4} << 20;
  // Beyond that, for replies and errors.
  static constexpr std::size_t kReplyBytesMax = std::size_t{1} << 20;
  static constexpr std::int64_t kSlowConsumerNanos = 10'000'000'000;
  static constexpr std::size_t kCommandBytesMax = std::size_t{16} << 20;
  static constexpr std::size_t kSubscriptionMarketsMax = 200'000;

  explicit ReplaySession(ReplayHub& hub) : hub_(hub) {}
  ~ReplaySession() override;

  // For the hub.
  void Send(const ReplayFrame& frame, std::string_view msg);
  // The books of the next frames do not follow: with or without snapshots of those known now.
  void OnNewEpoch();
  void ForgetBooks();
  // Whether the film waits for this client. Ends its subscriptions where that takes too long.
  bool HoldsUp(std::int64_t now);

  // net::WebSocketSession
  void OnOpen(net::WebSocket& socket) override;
  void OnMessage(std::string_view message, bool is_text) override;
  void OnTick() override;
  void OnClose() override;

 private:
  using Code = kalshi::WebSocketErrorCode;

  struct Subscription {
    std::int64_t sid = 0;
    kalshi::Channel channel = kalshi::Channel::kOrderbookDelta;
    std::uint64_t seq = 0;         // The last number given.
    std::uint64_t data_count = 0;  // Deltas and trades, those left out included.
    bool every_market = false;
    bool use_yes_price = false;
    bool skip_ticker_ack = false;
    // Those named, and of books whether the client has a snapshot.
    TextMap<bool> markets;
  };

  void Execute(std::int64_t id, const kalshi::RefusedCommand& command);
  void Execute(std::int64_t id, const kalshi::SubscribeCommand& command);
  void Execute(std::int64_t id, const kalshi::UnsubscribeCommand& command);
  void Execute(std::int64_t id, const kalshi::UpdateSubscriptionCommand& command);
  void Execute(std::int64_t id, const kalshi::ListSubscriptionsCommand& command);

  static std::optional<Code> CheckChannel(kalshi::Channel channel,
                                          const kalshi::MarketSelection& markets);
  void Subscribe(std::int64_t id, kalshi::Channel channel, const kalshi::SubscribeCommand& command);
  // Those that were not there yet.
  static std::vector<std::string> AddMarkets(Subscription& subscription,
                                             const std::vector<std::string>& tickers);
  static bool FitsLimit(const Subscription* subscription, const kalshi::MarketSelection& markets);

  std::optional<Subscription>& SlotOf(kalshi::Channel channel) {
    return subscriptions_[static_cast<std::size_t>(channel)];
  }
  Subscription* FindSid(std::int64_t sid);

  // These may end the subscription; its slot is empty then.
  void SendBook(const ReplayFrame& frame, std::string_view msg);
  void SendSnapshot(const std::string& ticker, std::int64_t command_id);
  void SendData(kalshi::Channel channel, ReplayEnvelope envelope, std::string_view msg);
  void Overflow(kalshi::Channel channel);

  void ReplyOk(std::int64_t id, Subscription& subscription);
  void ReplyError(std::int64_t id, Code code, Subscription* subscription = nullptr);
  void Reply(std::string text);

  ReplayHub& hub_;
  net::WebSocket* socket_ = nullptr;  // While open.
  std::array<std::optional<Subscription>, kalshi::kChannelCount> subscriptions_;
  std::int64_t last_sid_ = 0;
  // Since when, on the clock of the hub's turns: a subscription has overflowed, nothing was taken.
  std::optional<std::int64_t> overflow_nanos_;
  std::optional<std::int64_t> full_nanos_;
  std::string head_;  // Scratch.
};

}  // namespace evx::order_book_rebuilder
