#include "evx/net/testing/raw_websocket_client.h"

#include <utility>

namespace evx::net::testing {
namespace {

constexpr std::string_view kMask = "\x11\x22\x33\x44";

std::uint64_t ReadBigEndian(std::string_view bytes) {
  std::uint64_t value = 0;
  for (const char byte : bytes) value = value << 8 | static_cast<unsigned char>(byte);
  return value;
}

void AppendBigEndian(std::uint64_t value, int byte_count, std::string& out) {
  for (int shift = 8 * (byte_count - 1); shift >= 0; shift -= 8) {
    out.push_back(static_cast<char>(value >> shift & 0xff));
  }
}

}  // namespace

std::uint16_t RawWebSocketClient::Frame::close_code() const {
  if (opcode != Opcode::kClose || payload.size() < 2) return 0;
  return static_cast<std::uint16_t>(ReadBigEndian(std::string_view(payload).substr(0, 2)));
}

std::optional<HttpClientResponse> RawWebSocketClient::Handshake(std::string_view target,
                                                                std::string_view headers) {
  std::string request = "GET ";
  request.append(target)
      .append(
          " HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
          "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n")
      .append(headers)
      .append("\r\n");
  if (!http_.Send(request)) return std::nullopt;
  return http_.Receive();
}

std::string RawWebSocketClient::Encode(Opcode opcode, std::string_view payload,
                                       FrameOptions options) {
  std::string frame;
  frame.push_back(static_cast<char>((options.is_final ? 0x80 : 0) | options.reserved_bits << 4 |
                                    static_cast<int>(opcode)));
  const int mask_bit = options.is_masked ? 0x80 : 0;
  if (payload.size() < 126) {
    frame.push_back(static_cast<char>(mask_bit | static_cast<int>(payload.size())));
  } else if (payload.size() <= 0xffff) {
    frame.push_back(static_cast<char>(mask_bit | 126));
    AppendBigEndian(payload.size(), 2, frame);
  } else {
    frame.push_back(static_cast<char>(mask_bit | 127));
    AppendBigEndian(payload.size(), 8, frame);
  }
  if (!options.is_masked) return frame.append(payload);
  frame.append(kMask);
  for (std::size_t i = 0; i < payload.size(); ++i) {
    frame.push_back(static_cast<char>(payload[i] ^ kMask[i % kMask.size()]));
  }
  return frame;
}

bool RawWebSocketClient::Send(Opcode opcode, std::string_view payload, FrameOptions options) {
  return http_.Send(Encode(opcode, payload, options));
}

std::optional<RawWebSocketClient::Frame> RawWebSocketClient::Receive() {
  const std::optional<std::string> head = http_.ReceiveBytes(2);
  if (!head) return std::nullopt;
  const auto first = static_cast<unsigned char>((*head)[0]);
  std::uint64_t size = static_cast<unsigned char>((*head)[1]) & 0x7f;
  if (size >= 126) {
    const std::optional<std::string> extended = http_.ReceiveBytes(size == 126 ? 2 : 8);
    if (!extended) return std::nullopt;
    size = ReadBigEndian(*extended);
  }
  std::optional<std::string> payload = http_.ReceiveBytes(size);
  if (!payload) return std::nullopt;
  return Frame{.opcode = static_cast<Opcode>(first & 0x0f),
               .is_final = (first & 0x80) != 0,
               .is_compressed = (first & 0x40) != 0,
               .payload = *std::move(payload)};
}

}  // namespace evx::net::testing
