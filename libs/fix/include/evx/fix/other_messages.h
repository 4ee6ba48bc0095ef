#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"
#include "evx/fix/dictionary.h"
#include "evx/fix/message.h"
#include "evx/fix/order_messages.h"

// Order groups, drop copy, settlement and market data as plain structs; as order_messages.h.
// Source: the venue's FIX notes, sections 5 to 8.

namespace evx::fix {

// --- Order groups --------------------------------------------------------------------------------

enum class OrderGroupAction : std::uint8_t {
  kCreate = 1,
  kReset = 2,
  kDelete = 3,
  kTrigger = 4,
  kUpdate = 5,
};

struct OrderGroupRequest {
  OrderGroupAction action = OrderGroupAction::kCreate;
  std::string_view order_group_id;
  std::optional<Quantity> limit;
  std::optional<std::int64_t> alloc_account;
  std::optional<std::int64_t> ex_destination;
};
// Also checks that the group id is a UUID and that the fields of the action are there.
std::optional<SessionReject> Decode(const Message& message, OrderGroupRequest& out);

struct OrderGroupResponse {
  std::string_view order_group_id;
  std::optional<Quantity> limit;
  std::optional<std::int64_t> alloc_account;
};
void Encode(const OrderGroupResponse& response, BodyWriter& out);

// --- Drop copy -----------------------------------------------------------------------------------

// "clock;event", or "clock;event;shard" on other shards than 0.
struct ExecId {
  std::uint64_t clock = 0;
  std::uint64_t event = 0;
  friend auto operator<=>(const ExecId&, const ExecId&) = default;
};
std::string FormatExecId(ExecId id);
std::optional<ExecId> ParseExecId(std::string_view text);

struct EventResendRequest {
  ExecId begin;
  std::optional<ExecId> end;
};
std::optional<SessionReject> Decode(const Message& message, EventResendRequest& out);

enum class EventResendRejectReason : std::uint8_t {
  kTooManyRequests = 1,
  kServerError = 2,
  kBeginTooSmall = 3,
  kEndTooLarge = 4,
  kNotEnabled = 5,
};

// --- Settlement ----------------------------------------------------------------------------------

struct MarketSettlementReport {
  std::string_view report_id;
  std::string_view symbol;
  std::string_view clearing_date;  // YYYYMMDD.
  std::string_view result;         // yes, no or scalar.
  Price settlement_price;          // YES value.
  std::int64_t total_count = 1;
  bool is_last = true;
  struct Party {
    std::string_view party_id;
    Quantity position;  // YES positive.
    Money payout;       // Net of the fee.
    Money fee;
  };
  std::vector<Party> parties;
};
void Encode(const MarketSettlementReport& report, BodyWriter& out);

// --- Market data ---------------------------------------------------------------------------------

inline constexpr std::size_t kSymbolCountMax = 1'000;

struct MarketDataRequest {
  std::string_view request_id;  // Echoed where it was sent.
  char type = '0';              // 0 snapshot, 1 snapshot and updates, 2 unsubscribe.
  std::vector<std::string_view> symbols;
};
MarketDataRequest DecodeMarketDataRequest(const Message& message);

struct BookLevel {
  BookSide side = BookSide::kBid;
  Price price;  // YES price on both sides.
  Quantity quantity;
};

struct MarketDataSnapshot {
  std::string_view request_id;
  std::string_view symbol;
  std::vector<BookLevel> levels;
  Timestamp time;
};
void Encode(const MarketDataSnapshot& snapshot, BodyWriter& out);

struct MarketDataEntry {
  char action = '0';  // 0 new, 1 change, 2 delete.
  char type = '0';    // 0 bid, 1 offer, 2 trade.
  Price price;
  Quantity quantity;
  std::string_view trade_id;  // Trades only, as the next one.
  BookSide aggressor = BookSide::kBid;
  std::string_view own_cl_ord_id;  // The order of the receiver that changed the level.
  std::optional<std::int64_t> own_alloc_account;
};
struct MarketDataIncremental {
  std::string_view request_id;
  std::string_view symbol;
  Timestamp time;
  std::vector<MarketDataEntry> entries;
};
void Encode(const MarketDataIncremental& update, BodyWriter& out);

enum class SecurityTradingStatus : int {
  kHalt = 2,
  kResume = 3,
  kDetermined = 100,
  kSettled = 101,
};

}  // namespace evx::fix
