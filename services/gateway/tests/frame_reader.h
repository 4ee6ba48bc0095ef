#pragma once

#include <sys/socket.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "evx/net/testing/raw_websocket_client.h"

namespace evx::gateway::testing {

// The frames of a server that lie in a socket, for whoever reads many sockets by turns.
class FrameReader {
 public:
  using Opcode = net::testing::RawWebSocketClient::Opcode;

  // Calls take(opcode, payload) for each frame that is whole by now; waits for nothing.
  template <class Take>
  void Read(int socket, Take&& take) {
    std::array<char, 1 << 16> bytes;
    const ssize_t count = recv(socket, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count <= 0) return;
    unread_.append(bytes.data(), static_cast<std::size_t>(count));
    std::size_t place = 0;
    std::size_t head = 0;
    std::uint64_t size = 0;
    while (ReadHead(place, head, size) && unread_.size() - place >= head + size) {
      const auto opcode = static_cast<Opcode>(unread_[place] & 0x0f);
      take(opcode, std::string_view(unread_).substr(place + head, size));
      place += head + size;
    }
    unread_.erase(0, place);
  }

 private:
  // Of an unmasked frame: two bytes, and two or eight more from these lengths on.
  bool ReadHead(std::size_t place, std::size_t& head, std::uint64_t& size) const {
    constexpr std::uint64_t kTwoMore = 126;
    constexpr std::uint64_t kEightMore = 127;
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(unread_[place + i]); };
    if (unread_.size() - place < 2) return false;
    size = byte(1);
    head = 2;
    if (size < kTwoMore) return true;
    const std::size_t more = size == kEightMore ? 8 : 2;
    if (unread_.size() - place < 2 + more) return false;
    size = 0;
    for (; head < 2 + more; ++head) size = size << 8 | byte(head);
    return true;
  }

  std::string unread_;
};

}  // namespace evx::gateway::testing
