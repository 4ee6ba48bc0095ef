#pragma once

#include <cstddef>

#include "evx/net/websocket.h"

namespace evx::feed {

// What waits for a client: what SendGate lets through, and answers and one book behind that.
inline constexpr std::size_t kUnsentBytesMax = std::size_t{8} << 20;

// How a door's connections are kept: a client is cut after 30 s of silence, and who was closed for
// being too slow has 10 s to read why. Nothing is compressed, since messages are encoded once for
// all clients.
net::WebSocketOptions DoorOptions(std::size_t command_bytes_max);

}  // namespace evx::feed
