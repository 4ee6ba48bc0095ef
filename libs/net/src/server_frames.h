#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace evx::net {

// Where the frames of a server begin and end in what a client has received (RFC 6455, 5.2).
//
// Most are messages of one frame, text or binary, that need nothing but to be found: those are the
// client's at once, for a fraction of the time. All others (fragments, control frames, whatever a
// server should not send), and before them the answer to the handshake, are for the library that
// knows the whole protocol, each from its first byte to its last, so that the next one begins where
// this class looks for it.
class ServerFrames {
 public:
  explicit ServerFrames(std::size_t message_bytes_max) : message_bytes_max_(message_bytes_max) {}

  // The handshake has succeeded: frames follow its answer.
  void Begin() { has_begun_ = true; }

  struct Message {
    bool is_whole = false;  // Else nothing else is said.
    bool is_text = false;
    std::string_view payload;
    std::size_t frame_bytes = 0;
  };

  // The message at the front of `input`, if it is there whole and plain. The caller consumes it.
  Message TakeMessage(std::string_view input) const {
    if (!has_begun_ || library_bytes_ > 0 || is_fragmented_) return {};
    const Header header = Read(input);
    if (!IsPlain(header) || input.size() - header.bytes < header.payload_bytes) return {};
    const std::string_view payload = input.substr(header.bytes, header.payload_bytes);
    const bool is_text = header.opcode == kText;
    // Other text is checked for being UTF-8 by the library.
    if (is_text && !IsAscii(payload)) return {};
    return {true, is_text, payload, header.bytes + payload.size()};
  }

  // How much of the front of `input`, where TakeMessage has nothing, is for the library now.
  // 0: that depends on bytes that are still to come.
  std::size_t ForLibrary(std::string_view input) {
    if (!has_begun_) {
      std::size_t matched = answer_matched_;
      return UpToAnswerEnd(input, matched);
    }
    if (library_bytes_ == 0) BeginFrame(input);
    return std::min<std::uint64_t>(library_bytes_, input.size());
  }
  // The library has taken this.
  void OnLibraryTook(std::string_view bytes) {
    if (has_begun_) {
      library_bytes_ -= bytes.size();
    } else {
      UpToAnswerEnd(bytes, answer_matched_);
    }
  }

 private:
  enum : std::uint8_t { kText = 1, kBinary = 2, kFirstControl = 8 };
  static constexpr std::string_view kAnswerEnd = "\r\n\r\n";
  // A longer message is not waited for: the library takes it as it comes.
  static constexpr std::size_t kWaitBytesMax = std::size_t{64} << 10;
  // That the protocol allows.
  static constexpr std::uint64_t kPayloadBytesMax = (std::uint64_t{1} << 63) - 1;

  struct Header {
    std::size_t bytes = 0;  // 0: not all of it is there.
    std::uint8_t opcode = 0;
    bool is_final = false;
    bool has_reserved_bits = false;
    bool is_masked = false;
    std::uint64_t payload_bytes = 0;
  };

  // The length of what belongs to the head of the answer; all, once that is over: a refusal has a
  // body. `matched`: so much of kAnswerEnd has come before, and then here.
  static std::size_t UpToAnswerEnd(std::string_view input, std::size_t& matched) {
    for (std::size_t i = 0; matched < kAnswerEnd.size() && i < input.size(); ++i) {
      matched = input[i] == kAnswerEnd[matched] ? matched + 1 : input[i] == '\r' ? 1 : 0;
      if (matched == kAnswerEnd.size()) return i + 1;
    }
    return input.size();
  }

  static Header Read(std::string_view input) {
    if (input.size() < 2) return {};
    const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(input[i]); };
    Header header;
    header.opcode = byte(0) & 0x0f;
    header.is_final = (byte(0) & 0x80) != 0;
    header.has_reserved_bits = (byte(0) & 0x70) != 0;
    header.is_masked = (byte(1) & 0x80) != 0;
    header.payload_bytes = byte(1) & 0x7f;
    const std::size_t length_bytes = header.payload_bytes == 126   ? 2
                                     : header.payload_bytes == 127 ? 8
                                                                   : 0;
    const std::size_t bytes = 2 + length_bytes + (header.is_masked ? 4 : 0);
    if (input.size() < bytes) return {};
    if (length_bytes > 0) header.payload_bytes = 0;
    for (std::size_t i = 0; i < length_bytes; ++i) {
      header.payload_bytes = header.payload_bytes << 8 | byte(2 + i);
    }
    header.bytes = bytes;
    return header;
  }

  bool IsPlain(const Header& header) const {
    return header.bytes > 0 && header.is_final && !header.has_reserved_bits && !header.is_masked &&
           (header.opcode == kText || header.opcode == kBinary) &&
           header.payload_bytes <= std::min(message_bytes_max_, kWaitBytesMax);
  }

  static bool IsAscii(std::string_view text) {
    // Without branches, so that the compiler looks at many characters at once.
    std::uint8_t all = 0;
    for (const char c : text) all |= static_cast<std::uint8_t>(c);
    return all < 0x80;
  }

  void BeginFrame(std::string_view input) {
    const Header header = Read(input);
    if (header.bytes == 0) return;
    const bool is_here = input.size() - header.bytes >= header.payload_bytes;
    if (!is_fragmented_ && IsPlain(header) && !is_here) return;
    library_bytes_ = header.bytes + std::min(header.payload_bytes, kPayloadBytesMax);
    if (header.opcode < kFirstControl) is_fragmented_ = !header.is_final;
  }

  const std::size_t message_bytes_max_;
  std::size_t answer_matched_ = 0;  // Of kAnswerEnd.
  bool has_begun_ = false;
  std::uint64_t library_bytes_ = 0;  // Of the frame at the front.
  bool is_fragmented_ = false;       // The last fragment of a message is still to come.
};

}  // namespace evx::net
