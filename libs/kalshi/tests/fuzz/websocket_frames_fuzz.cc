// Any bytes as a frame of the venue's WebSocket: the answer is a frame or an error.

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include "evx/core/check.h"
#include "evx/kalshi/websocket_frames.h"

namespace evx::kalshi {
namespace {

void Check(const WebSocketFrame& frame) {
  EVX_CHECK(frame.sid >= 0);
  if (const auto* delta = std::get_if<OrderbookDelta>(&frame.body)) {
    EVX_CHECK(!delta->market_ticker.empty());
  } else if (const auto* snapshot = std::get_if<OrderbookSnapshot>(&frame.body)) {
    EVX_CHECK(!snapshot->market_ticker.empty());
  } else if (const auto* unreadable = std::get_if<UnreadableBody>(&frame.body)) {
    EVX_CHECK(!unreadable->type.empty() && !unreadable->fault.empty());
  }
}

}  // namespace
}  // namespace evx::kalshi

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto frame = evx::kalshi::DecodeWebSocketFrame({reinterpret_cast<const char*>(data), size});
  if (frame.ok()) evx::kalshi::Check(*frame);
  return 0;
}
