#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "evx/feed/command.h"
#include "evx/net/websocket.h"
#include "live/live_hub.h"

namespace evx::order_book_rebuilder {

enum class LiveFormat : std::uint8_t { kJson, kProtobuf };

// One connection to /ws/orderbook: commands as evx/feed/command.h has them, channels `book` (also
// without a channel) and `top`, prefixes; answers are JSON in either format.
//
//   {"type":"snapshot", the book as the REST API has it}
//   {"type":"delta","ticker":..,"sequence":..,"time":..,"event_time":..,"side":"bid" or "ask",
//    "price":..,"change":..,"quantity":..}
//   {"type":"top", the top as the REST API has it}
//   {"type":"unavailable","ticker":..,"code":"market_in_transit", "market_not_found" or "no_book"}
//
// In protobuf each of them is a binary evx.rebuild.v1.StreamBooksResponse. Lives on the I/O thread
// of its connection.
class OrderbookSession final : public net::WebSocketSession, public LiveReader {
 public:
  static constexpr std::size_t kNamedMax = 30'000;
  static constexpr std::size_t kPrefixesMax = 100;
  static constexpr int kCommandsPerSecondMax = 100;

  // `hub` outlives the session. `turn` lets the hub tell what is due.
  OrderbookSession(LiveHub& hub, LiveFormat format, std::function<void()> turn)
      : hub_(hub), format_(format), turn_(std::move(turn)) {}

  // net::WebSocketSession
  void OnOpen(net::WebSocket& socket) override;
  void OnMessage(std::string_view message, bool is_text) override;
  void OnTick() override;
  void OnClose() override;

  // LiveReader
  void Tell(BookNews& news, NewsDetail detail) override;
  std::size_t unsent_bytes() const override;
  void OnTooSlow() override;

 private:
  void Execute(std::int64_t id, const feed::Command& command);
  // NotFound or ResourceExhausted names the subject at fault.
  absl::Status CheckSubjects(const std::vector<feed::Subject>& subjects) const;
  bool IsTooOften(std::int64_t now);
  void AnswerCount(std::string_view type, std::int64_t id);
  void AnswerList(std::int64_t id);
  void AnswerError(std::int64_t id, const absl::Status& status);
  void Answer(const std::string& text);

  LiveHub& hub_;
  const LiveFormat format_;
  const std::function<void()> turn_;
  net::WebSocket* socket_ = nullptr;  // While open.
  std::int64_t command_second_ = 0;
  int commands_in_second_ = 0;
};

}  // namespace evx::order_book_rebuilder
