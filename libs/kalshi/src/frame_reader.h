#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "evx/kalshi/websocket_frames.h"

// The two ways in which DecodeWebSocketFrame reads a frame.

namespace evx::kalshi {

// Reads an orderbook_delta in the form in which the venue writes it: no blanks, ASCII without
// escapes, every member known and there once, in any order. That takes a fraction of the time of
// ReadJsonFrame, which makes a document of the text first. False, and something in `frame`, for any
// other bytes: those, good or bad, are for ReadJsonFrame.
//
// True means that ReadJsonFrame reads the same from these bytes.
bool ReadPlainDelta(std::string_view text, WebSocketFrame& frame);

// Any frame; as DecodeWebSocketFrame.
absl::StatusOr<WebSocketFrame> ReadJsonFrame(std::string_view text);

}  // namespace evx::kalshi
