#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/ids.h"

// What released records mean to WebSocket clients, encoded once for all of them.

namespace evx::mock_kalshi {

enum class FeedKind : std::uint8_t {
  kOrderbookDelta,
  kOrderbookSnapshot,  // The empty book after all orders left at once.
  kSnapshotReply,      // Asked for by one session.
  kTicker,
  kTrade,
  kFill,
  kMarketPosition,
  kUserOrder,
  kOrderGroupUpdate,
  kMarketLifecycle,
  kMultivariateLifecycle,
  kEventLifecycle,
  kMultivariateEventLifecycle,
  kEventFeeUpdate,
  // Without text: sessions end.
  kKeyRevoked,
  kAccountDisabled,
};

// A piece of FeedBatch::text.
struct TextRange {
  std::uint32_t begin = 0;
  std::uint32_t size = 0;
};

// Names one subscription of one session for the answer to get_snapshot.
struct SnapshotTarget {
  int thread = 0;
  std::uint64_t session_id = 0;
  std::int64_t sid = 0;
  std::int64_t command_id = 0;
  bool use_yes_price = false;
};

struct FeedMessage {
  static constexpr std::int16_t kNoSubaccount = -1;

  FeedKind kind = FeedKind::kOrderbookDelta;
  std::int16_t subaccount = kNoSubaccount;
  SequenceNumber sequence_number;  // Of the record.
  MarketId market;                 // 0: none.
  // Whose it is: of a private message, of the order behind a delta; 0: nobody's.
  AccountId account;
  // `,"msg":{...}}`, what follows type, sid and seq; of kKeyRevoked the key's id.
  TextRange tail;
  // Of a delta: the same with prices of the YES leg, and `,"client_order_id":...` for the owner.
  TextRange yes_tail;
  TextRange own_members;
  std::uint32_t target = 0;  // Of kSnapshotReply: index in FeedBatch::targets.
};

// Messages in the order of the exchange's events; immutable once published.
struct FeedBatch {
  std::string text;
  std::vector<FeedMessage> messages;
  std::vector<SnapshotTarget> targets;

  std::string_view At(TextRange range) const {
    return std::string_view(text).substr(range.begin, range.size);
  }
  std::size_t bytes() const { return text.size() + messages.size() * sizeof(FeedMessage); }
};

}  // namespace evx::mock_kalshi
