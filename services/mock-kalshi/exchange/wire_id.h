#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "evx/core/ids.h"

// Ids as clients see them: UUIDv8, a keyed permutation of (shard, kind, number). Unique because it
// is a permutation, unguessable without the key in the journal header, equal on every replay, and
// decoded without a table. A UUID that was not made with this key, or names another kind or shard,
// decodes to nothing.
//
// The 122 free bits of a UUIDv8 hold kind (8), shard (8), number (64) and 42 zero bits, which are
// the check; a four-round Feistel network over two 61-bit halves with SipHash-2-4 as round function
// permutes them.

namespace evx::mock_kalshi {

enum class WireIdKind : std::uint8_t {
  kOrder = 1,
  kTrade = 2,
  kOrderGroup = 3,
  kTransfer = 4,
  kAccount = 5,
  kMarket = 6,
  kFeeChange = 7,
  kFixOperation = 8,  // Mass cancels, and orders that were refused.
};

// Immutable, thread-safe; about 100 ns a call.
class WireIdCodec {
 public:
  using Key = std::array<std::uint8_t, 32>;

  explicit WireIdCodec(const Key& key, std::uint8_t shard = 0);

  // 36 characters, lower case.
  std::string Encode(WireIdKind kind, std::uint64_t number) const;
  std::optional<std::uint64_t> Decode(WireIdKind kind, std::string_view text) const;

  std::string Encode(OrderId id) const { return Encode(WireIdKind::kOrder, id.value()); }
  std::string Encode(TradeId id) const { return Encode(WireIdKind::kTrade, id.value()); }
  std::string Encode(OrderGroupId id) const { return Encode(WireIdKind::kOrderGroup, id.value()); }
  std::string Encode(TransferId id) const { return Encode(WireIdKind::kTransfer, id.value()); }
  std::string Encode(AccountId id) const { return Encode(WireIdKind::kAccount, id.value()); }
  std::string Encode(MarketId id) const { return Encode(WireIdKind::kMarket, id.value()); }

  std::optional<OrderId> DecodeOrder(std::string_view text) const;
  std::optional<TradeId> DecodeTrade(std::string_view text) const;
  std::optional<OrderGroupId> DecodeOrderGroup(std::string_view text) const;

 private:
  struct Halves {
    std::uint64_t left = 0;
    std::uint64_t right = 0;
  };
  std::uint64_t Round(int round, std::uint64_t half) const;
  Halves Permute(Halves halves) const;
  Halves Unpermute(Halves halves) const;

  std::array<std::uint64_t, 4> key_{};
  std::uint8_t shard_;
};

}  // namespace evx::mock_kalshi
