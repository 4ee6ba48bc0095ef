#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "live/live_hub.h"
#include "venue/venue_session.h"

namespace evx::order_book_rebuilder {

// One connection to the present books in the venue's form. The one channel is orderbook_delta;
// those that books do not tell are answered with error 8, those of an account with error 9.
//
// A subscription tells no doubt, so a market in doubt or in transit is not shown: its first
// snapshot comes when there is a certain book. When a market that was shown cannot be shown any
// more, the subscription ends with error 10; who subscribes again gets the others at once.
class LiveVenueSession final : public VenueSession, public LiveReader {
 public:
  static constexpr std::size_t kMarketsMax = 30'000;
  // Snapshots of one market that are asked for and not yet given; more get error 27.
  static constexpr std::size_t kWaitingSnapshotsMax = 16;

  // `books` and `hub` outlive the session. `turn` lets the hub tell what is due.
  LiveVenueSession(const RebuiltBooks& books, LiveHub& hub, std::function<void()> turn)
      : books_(books), hub_(hub), turn_(std::move(turn)) {}

  // net::WebSocketSession
  void OnOpen(net::WebSocket& socket) override;
  void OnMessage(std::string_view message, bool is_text) override;
  void OnTick() override;
  void OnClose() override;

  // LiveReader
  void Tell(BookNews& news, NewsDetail detail) override;
  std::size_t unsent_bytes() const override;
  bool conflates() const override { return false; }
  void OnTooSlow() override {}  // Error 25 comes first.

 private:
  // VenueSession
  std::optional<Code> CheckChannel(kalshi::Channel channel) const override;
  void OnSubscribed(kalshi::Channel) override {}
  std::size_t markets_max() const override { return kMarketsMax; }
  bool KnowsBook(const std::string& ticker) const override;
  void ShowBook(const std::string& ticker, std::int64_t command_id) override;
  void HideBook(const std::string& ticker) override;

  void TellState(BookNews& news);
  // False: the subscription has ended.
  bool SendNumbered(std::string_view type, std::int64_t id, BookNews& news);

  const RebuiltBooks& books_;
  LiveHub& hub_;
  const std::function<void()> turn_;
  // Commands that wait for a snapshot, by market.
  TextMap<std::vector<std::int64_t>> waiting_;
};

}  // namespace evx::order_book_rebuilder
