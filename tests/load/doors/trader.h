#pragma once

#include <string>

#include "evx/kalshi/signing.h"

namespace evx::load {

// A key and the account it trades for.
struct Trader {
  std::string key_id;
  kalshi::PrivateKey key;
};

// From a credentials file; ends the program when it cannot be read.
Trader ReadTrader(const std::string& credentials_path);

// Of a handshake at the venue's WebSocket, signed now: the first line and the access headers.
std::string SignedWebSocketHead(const Trader& trader);

}  // namespace evx::load
