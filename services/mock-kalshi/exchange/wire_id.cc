#include "exchange/wire_id.h"

#include <cstring>

namespace evx::mock_kalshi {
namespace {

constexpr int kRoundCount = 4;
constexpr std::uint64_t kHalfMask = (1ULL << 61) - 1;
constexpr int kKindShift = 53;  // Left half: kind (8), shard (8), upper 45 bits of the number.
constexpr int kShardShift = 45;
constexpr int kNumberLowBits = 19;  // Right half: lower 19 bits of the number, 42 zero bits.
constexpr int kCheckBits = 42;

constexpr std::uint64_t RotateLeft(std::uint64_t x, int bits) {
  return (x << bits) | (x >> (64 - bits));
}

struct SipState {
  std::uint64_t v0, v1, v2, v3;
  void Mix() {
    v0 += v1;
    v1 = RotateLeft(v1, 13) ^ v0;
    v0 = RotateLeft(v0, 32);
    v2 += v3;
    v3 = RotateLeft(v3, 16) ^ v2;
    v0 += v3;
    v3 = RotateLeft(v3, 21) ^ v0;
    v2 += v1;
    v1 = RotateLeft(v1, 17) ^ v2;
    v2 = RotateLeft(v2, 32);
  }
};

// SipHash-2-4 of one 64-bit word (Aumasson and Bernstein, 2012).
std::uint64_t SipHash(std::uint64_t k0, std::uint64_t k1, std::uint64_t word) {
  SipState s{k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL, k0 ^ 0x6c7967656e657261ULL,
             k1 ^ 0x7465646279746573ULL};
  const auto absorb = [&s](std::uint64_t m) {
    s.v3 ^= m;
    s.Mix();
    s.Mix();
    s.v0 ^= m;
  };
  absorb(word);
  absorb(8ULL << 56);
  s.v2 ^= 0xff;
  for (int i = 0; i < 4; ++i) s.Mix();
  return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

int HexValue(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

constexpr std::size_t kTextSize = 36;
constexpr bool IsDash(std::size_t i) { return i == 8 || i == 13 || i == 18 || i == 23; }

}  // namespace

WireIdCodec::WireIdCodec(const Key& key, std::uint8_t shard) : shard_(shard) {
  std::memcpy(key_.data(), key.data(), key.size());
}

std::uint64_t WireIdCodec::Round(int round, std::uint64_t half) const {
  return SipHash(key_[0] ^ key_[2], key_[1] ^ key_[3] ^ static_cast<std::uint64_t>(round), half) &
         kHalfMask;
}

WireIdCodec::Halves WireIdCodec::Permute(Halves h) const {
  for (int round = 0; round < kRoundCount; ++round) {
    h = {h.right, h.left ^ Round(round, h.right)};
  }
  return h;
}

WireIdCodec::Halves WireIdCodec::Unpermute(Halves h) const {
  for (int round = kRoundCount; round-- > 0;) {
    h = {h.right ^ Round(round, h.left), h.left};
  }
  return h;
}

std::string WireIdCodec::Encode(WireIdKind kind, std::uint64_t number) const {
  const Halves h =
      Permute({static_cast<std::uint64_t>(kind) << kKindShift |
                   static_cast<std::uint64_t>(shard_) << kShardShift | number >> kNumberLowBits,
               (number & ((1ULL << kNumberLowBits) - 1)) << kCheckBits});
  // 48 bits, version 8, 12 bits, variant 10, 62 bits: 48 + 12 + 1 of left, then 61 of right.
  const std::uint64_t high = (h.left >> 13) << 16 | 0x8000 | ((h.left >> 1) & 0xfff);
  const std::uint64_t low = 2ULL << 62 | (h.left & 1) << 61 | h.right;
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string text(kTextSize, '-');
  int nibble = 0;
  for (std::size_t i = 0; i < kTextSize; ++i) {
    if (IsDash(i)) continue;
    const std::uint64_t word = nibble < 16 ? high : low;
    text[i] = kDigits[word >> (60 - 4 * (nibble % 16)) & 0xf];
    ++nibble;
  }
  return text;
}

std::optional<std::uint64_t> WireIdCodec::Decode(WireIdKind kind, std::string_view text) const {
  if (text.size() != kTextSize) return std::nullopt;
  std::uint64_t words[2] = {0, 0};
  int nibble = 0;
  for (std::size_t i = 0; i < kTextSize; ++i) {
    if (IsDash(i)) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int value = HexValue(text[i]);
    if (value < 0) return std::nullopt;
    words[nibble / 16] = words[nibble / 16] << 4 | static_cast<std::uint64_t>(value);
    ++nibble;
  }
  if ((words[0] >> 12 & 0xf) != 8 || words[1] >> 62 != 2) return std::nullopt;
  const std::uint64_t left =
      (words[0] >> 16) << 13 | (words[0] & 0xfff) << 1 | (words[1] >> 61 & 1);
  const Halves h = Unpermute({left, words[1] & kHalfMask});
  if ((h.right & ((1ULL << kCheckBits) - 1)) != 0) return std::nullopt;
  if (h.left >> kKindShift != static_cast<std::uint64_t>(kind)) return std::nullopt;
  if ((h.left >> kShardShift & 0xff) != shard_) return std::nullopt;
  return (h.left & ((1ULL << kShardShift) - 1)) << kNumberLowBits | h.right >> kCheckBits;
}

std::optional<OrderId> WireIdCodec::DecodeOrder(std::string_view text) const {
  const auto number = Decode(WireIdKind::kOrder, text);
  return number ? std::optional(OrderId(*number)) : std::nullopt;
}

std::optional<TradeId> WireIdCodec::DecodeTrade(std::string_view text) const {
  const auto number = Decode(WireIdKind::kTrade, text);
  return number ? std::optional(TradeId(*number)) : std::nullopt;
}

std::optional<OrderGroupId> WireIdCodec::DecodeOrderGroup(std::string_view text) const {
  const auto number = Decode(WireIdKind::kOrderGroup, text);
  return number ? std::optional(OrderGroupId(*number)) : std::nullopt;
}

}  // namespace evx::mock_kalshi
