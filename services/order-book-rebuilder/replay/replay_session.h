#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "replay/replay_hub.h"
#include "venue/venue_session.h"

namespace evx::order_book_rebuilder {

// One connection to a replay. Channels are orderbook_delta, trade and ticker; those of lifecycles
// are open and silent, the others are answered with error 9. The numbers of the recording stand
// beside those of the connection.
//
// A book begins with a snapshot, as of now, whenever it is subscribed to; where it is not known,
// with the next one that was recorded. The same holds after a seek.
class ReplaySession final : public VenueSession {
 public:
  explicit ReplaySession(ReplayHub& hub) : hub_(hub) {}

  // For the hub.
  void Send(const ReplayFrame& frame, std::string_view msg);
  // The books of the next frames do not follow: with or without snapshots of those known now.
  void OnNewEpoch();
  void ForgetBooks();
  // Whether the film waits for this client. Ends its subscriptions where that takes too long.
  bool HoldsUp(std::int64_t now);

  // net::WebSocketSession
  void OnOpen(net::WebSocket& socket) override;
  void OnClose() override;

 private:
  // VenueSession
  std::optional<Code> CheckChannel(kalshi::Channel channel) const override;
  void OnSubscribed(kalshi::Channel channel) override;
  bool KnowsBook(const std::string& ticker) const override;
  void ShowBook(const std::string& ticker, std::int64_t command_id) override;
  void Mark(std::string& reply) const override;

  // These may end the subscription; its slot is empty then.
  void SendBook(const ReplayFrame& frame, std::string_view msg);
  void SendNumbered(kalshi::Channel channel, ReplayEnvelope envelope, std::string_view msg);

  ReplayHub& hub_;
  // Since when, on the clock of the hub's turns, nothing was taken.
  std::optional<std::int64_t> full_nanos_;
  std::string head_;  // Scratch.
};

}  // namespace evx::order_book_rebuilder
