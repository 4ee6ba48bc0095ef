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

namespace evx::order_book_rebuilder {

// One connection that speaks as the venue's WebSocket does: reads commands, answers them, and keeps
// its subscriptions with their numbers: `sid` counts the subscriptions of the connection, `seq` the
// messages of a subscription, replies included. What the books are and when they change is known to
// the derived class.
//
// What waits for the client is bounded by kUnsentBytesMax; when a message does not fit, its
// subscription ends with error 25, and the connection is cut unless the client has taken all that
// waited within kSlowConsumerNanos.
//
// No key is asked for: what is shown was public. Lives on the I/O thread of its connection.
class VenueSession : public net::WebSocketSession {
 public:
  static constexpr std::string_view kPath = "/trade-api/ws/v2";
  static constexpr std::size_t kUnsentBytesMax = std::size_t{4} << 20;
  // Beyond that, for replies and errors.
  static constexpr std::size_t kReplyBytesMax = std::size_t{1} << 20;
  static constexpr std::int64_t kSlowConsumerNanos = 10'000'000'000;
  static constexpr std::size_t kCommandBytesMax = std::size_t{16} << 20;
  static constexpr std::size_t kSubscriptionMarketsMax = 200'000;

  ~VenueSession() override;

  // net::WebSocketSession
  void OnOpen(net::WebSocket& socket) override;
  void OnMessage(std::string_view message, bool is_text) override;
  void OnTick() override;
  void OnClose() override;

 protected:
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

  // ---- What the derived class knows

  // Why a channel that is known to the venue cannot be subscribed to; nothing: it can.
  virtual std::optional<Code> CheckChannel(kalshi::Channel channel) const = 0;
  // Somebody watches this channel now.
  virtual void OnSubscribed(kalshi::Channel channel) = 0;
  // Markets that a subscription may name.
  virtual std::size_t markets_max() const { return kSubscriptionMarketsMax; }
  // There is a book of the market that can be shown now.
  virtual bool KnowsBook(const std::string& ticker) const = 0;
  // Shows a book from its snapshot on, as soon as there is one; with a command's id, the snapshot
  // answers it. May end the subscription.
  virtual void ShowBook(const std::string& ticker, std::int64_t command_id) = 0;
  // The book is no longer to be shown.
  virtual void HideBook(const std::string& /*ticker*/) {}
  // Last touch to an answer, a whole frame.
  virtual void Mark(std::string& /*reply*/) const {}

  // ---- For the derived class

  net::WebSocket* socket() const { return socket_; }  // Null unless open.
  std::optional<Subscription>& SlotOf(kalshi::Channel channel) {
    return subscriptions_[static_cast<std::size_t>(channel)];
  }
  bool has_subscription() const;
  // One message, the concatenation of its parts. False when it does not fit; the subscription of
  // the channel has ended then.
  bool SendData(kalshi::Channel channel, std::string_view head, std::string_view tail);
  // Ends the subscription with an error.
  void End(kalshi::Channel channel, Code code);
  // The same because the client is too slow.
  void Overflow(kalshi::Channel channel);
  void ReplyError(std::int64_t id, Code code, Subscription* subscription = nullptr);

 private:
  void Execute(std::int64_t id, const kalshi::RefusedCommand& command);
  void Execute(std::int64_t id, const kalshi::SubscribeCommand& command);
  void Execute(std::int64_t id, const kalshi::UnsubscribeCommand& command);
  void Execute(std::int64_t id, const kalshi::UpdateSubscriptionCommand& command);
  void Execute(std::int64_t id, const kalshi::ListSubscriptionsCommand& command);

  std::optional<Code> Check(kalshi::Channel channel, const kalshi::MarketSelection& markets) const;
  void Subscribe(std::int64_t id, kalshi::Channel channel, const kalshi::SubscribeCommand& command);
  void GetSnapshots(std::int64_t id, Subscription& subscription,
                    const std::vector<std::string>& tickers);
  void DeleteMarkets(Subscription& subscription, const std::vector<std::string>& tickers);
  // Those that were not there yet.
  static std::vector<std::string> AddMarkets(Subscription& subscription,
                                             const std::vector<std::string>& tickers);
  bool FitsLimit(const Subscription* subscription, const kalshi::MarketSelection& markets) const;
  void HideBooks(const Subscription& subscription);
  Subscription* FindSid(std::int64_t sid);

  void ReplyOk(std::int64_t id, Subscription& subscription);
  void Reply(std::string text);

  net::WebSocket* socket_ = nullptr;  // While open.
  std::array<std::optional<Subscription>, kalshi::kChannelCount> subscriptions_;
  std::int64_t last_sid_ = 0;
  std::optional<std::int64_t> overflow_nanos_;  // Since when a subscription has overflowed.
};

}  // namespace evx::order_book_rebuilder
