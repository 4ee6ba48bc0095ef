#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"
#include "evx/venue/types.h"

// What is finished: orders that left the book, fills, trades, settlements, transfers, candles.
//
// Rows are kept newest first by a key that never changes (order id, trade id, ...), so a page
// boundary is "older than key K" and stays right while rows are added. Two stores have this
// interface: a bounded one in memory (all there is with --ephemeral, otherwise what PostgreSQL has
// not stored yet) and PostgreSQL; MergedHistory reads both, so a client always sees its own writes.

namespace evx::mock_kalshi {

enum class OrderStatus : std::uint8_t { kResting, kExecuted, kCanceled };

// An order with everything that happened to it so far.
struct OrderRow {
  OrderId order_id;
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  BookSide side = BookSide::kBid;
  venue::TimeInForce time_in_force = venue::TimeInForce::kGoodTillCanceled;
  venue::SelfTradePrevention self_trade_prevention = venue::SelfTradePrevention::kTakerAtCross;
  bool post_only = false;
  bool reduce_only = false;
  bool cancel_on_pause = false;
  OrderStatus status = OrderStatus::kResting;
  venue::CancelReason cancel_reason = venue::CancelReason::kUser;  // Only when canceled.
  Price price;
  Quantity initial_quantity;  // After an amend: filled plus the new remainder.
  Quantity filled;
  Quantity remaining;  // 0 once executed or canceled.
  Money taker_fill_cost;
  Money maker_fill_cost;
  Money taker_fees;
  Money maker_fees;
  Timestamp expiration;
  OrderGroupId order_group;
  venue::ClientOrderId client_order_id;
  Timestamp create_time;
  Timestamp update_time;
  SequenceNumber sequence_number;  // Of the last change.
};

struct FillRow {
  TradeId trade_id;
  OrderId order_id;
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  BookSide side = BookSide::kBid;
  bool is_taker = false;
  Price price;
  Quantity quantity;
  Money fee;
  Timestamp time;
  SequenceNumber sequence_number;
};

struct TradeRow {
  TradeId trade_id;
  MarketId market;
  Price price;
  Quantity quantity;
  BookSide taker_side = BookSide::kBid;
  OrderId taker_order_id;
  OrderId maker_order_id;
  bool busted = false;
  Timestamp time;
  SequenceNumber sequence_number;
};

struct SettlementRow {
  std::uint64_t settlement_id =
      0;  // Rises with time: sequence number * 2^20 + index in the record.
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  venue::MarketResult result = venue::MarketResult::kNone;
  Price settlement_value;
  Quantity position;
  Money yes_cost;
  Money no_cost;
  Money revenue;
  Money fee;
  Timestamp time;
  SequenceNumber sequence_number;
};

// Cash and position value (at best bid) of a subaccount at the end of a minute in which one of them
// changed.
struct MarkRow {
  Timestamp time;
  Money cash;
  Money position_value;
};

enum class TransferKind : std::uint8_t { kDeposit, kWithdrawal, kBetweenSubaccounts };

struct TransferRow {
  TransferId transfer;
  TransferKind kind = TransferKind::kDeposit;
  AccountId account;
  SubaccountNumber from_subaccount = 0;
  SubaccountNumber to_subaccount = 0;
  Money amount;
  venue::UuidText client_transfer_id;
  Timestamp time;
  SequenceNumber sequence_number;
};

// A position as its subaccount last held it in a finalized market.
struct ClosedPositionRow {
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  Money realized_pnl;
  Money fees_paid;
  Money total_traded;
  Timestamp time;
  SequenceNumber sequence_number;
};

// Open, high, low, close of one quantity; nothing when it never had a value in the period.
struct Ohlc {
  Price open;
  Price high;
  Price low;
  Price close;
};

// One period of one market. Quotes are the best bid and ask (an empty side counts as $0 and $1);
// they always have values. `trade` and `mean` are empty when nothing traded in the period.
struct CandleRow {
  MarketId market;
  std::int64_t end_period_seconds = 0;  // Inclusive end, Unix seconds, a multiple of the period.
  Ohlc yes_bid;
  Ohlc yes_ask;
  std::optional<Ohlc> trade;
  Money trade_value;              // Sum of price x quantity: mean = value / volume.
  std::optional<Price> previous;  // Last trade before the period.
  Quantity volume;
  Quantity open_interest;  // At its end.
};

// A market's volume or its quotes of one hour.
struct MarketHour {
  MarketId market;
  Timestamp end;  // Inclusive.
  Quantity volume;
  bool has_quote = false;
  Price bid;  // As the hour closed; empty sides count as in candles.
  Price ask;
  Price last_price;  // 0: never traded.
};

// Filters: what is not set does not filter. Times are inclusive. `before` is the key of the last
// row of the page before. Rows come newest first; `limit` is 1..10,000.
struct OrderQuery {
  AccountId account;
  std::optional<SubaccountNumber> subaccount;
  std::vector<MarketId> markets;
  std::optional<OrderStatus> status;  // kExecuted or kCanceled; nothing: both.
  std::optional<Timestamp> min_time;  // Creation.
  std::optional<Timestamp> max_time;
  std::optional<Timestamp> min_finish_time;  // Execution or cancellation.
  std::optional<Timestamp> max_finish_time;
  std::optional<OrderId> before;
  std::uint32_t limit = 100;
};

struct FillQuery {
  AccountId account;  // 0: of all accounts, of each trade the taker's first.
  std::optional<SubaccountNumber> subaccount;
  std::vector<MarketId> markets;
  std::optional<OrderId> order_id;
  std::optional<Timestamp> min_time;
  std::optional<Timestamp> max_time;
  // A trade of an account with itself cannot happen, so (trade id) is the key of its fills.
  std::optional<TradeId> before;
  std::uint32_t limit = 100;
};

struct TradeQuery {
  std::vector<MarketId> markets;
  std::optional<Timestamp> min_time;
  std::optional<Timestamp> max_time;
  std::optional<TradeId> before;
  std::uint32_t limit = 100;
};

struct SettlementQuery {
  AccountId account;
  std::optional<SubaccountNumber> subaccount;
  std::vector<MarketId> markets;
  std::optional<Timestamp> min_time;
  std::optional<Timestamp> max_time;
  std::optional<std::uint64_t> before;
  std::uint32_t limit = 100;
};

// Oldest first. With `after` (a page behind the first) only marks behind it; without, the first one
// is that which stood at `min_time`.
struct MarkQuery {
  AccountId account;
  SubaccountNumber subaccount = 0;
  Timestamp min_time;
  std::optional<Timestamp> max_time;
  std::optional<Timestamp> after;
  std::uint32_t limit = 1'000;
};

struct TransferQuery {
  AccountId account;
  TransferKind kind = TransferKind::kDeposit;
  std::optional<TransferId> before;
  std::uint32_t limit = 100;
};

// Positions are archived by whole events. Those of a market that was settled before `cutoff` are
// archived, but for `kept`: markets of an event that has others which are not.
struct PositionArchive {
  bool archived = false;  // Which side is wanted.
  Timestamp cutoff;
  std::vector<MarketId> kept;
};

struct ClosedPositionQuery {
  AccountId account;
  std::optional<SubaccountNumber> subaccount;
  std::vector<MarketId> markets;
  std::optional<PositionArchive> archive;
  std::optional<std::pair<MarketId, SubaccountNumber>> before;
  std::uint32_t limit = 100;
};

struct CandleQuery {
  MarketId market;
  std::int64_t period_minutes = 1;  // 1, 60 or 1440.
  std::int64_t min_end_seconds = 0;
  std::int64_t max_end_seconds = 0;
  std::uint32_t limit = 10'000;
};

// Thread-safe. Errors: Unavailable when the store cannot be asked; the message names the cause.
class History {
 public:
  virtual ~History() = default;
  // Nothing for an order of another account.
  virtual absl::StatusOr<std::optional<OrderRow>> FindOrder(AccountId account,
                                                            OrderId order_id) const = 0;
  virtual absl::StatusOr<std::optional<TradeRow>> FindTrade(TradeId trade_id) const = 0;
  virtual absl::StatusOr<std::vector<FillRow>> FindFills(TradeId trade_id) const = 0;
  virtual absl::StatusOr<std::vector<OrderRow>> ListOrders(const OrderQuery& query) const = 0;
  virtual absl::StatusOr<std::vector<FillRow>> ListFills(const FillQuery& query) const = 0;
  virtual absl::StatusOr<std::vector<TradeRow>> ListTrades(const TradeQuery& query) const = 0;
  virtual absl::StatusOr<std::vector<SettlementRow>> ListSettlements(
      const SettlementQuery& query) const = 0;
  virtual absl::StatusOr<std::vector<TransferRow>> ListTransfers(
      const TransferQuery& query) const = 0;
  virtual absl::StatusOr<std::vector<ClosedPositionRow>> ListClosedPositions(
      const ClosedPositionQuery& query) const = 0;
  // Marks are made by the PostgreSQL writer, no other store has them.
  virtual absl::StatusOr<std::vector<MarkRow>> ListMarks(const MarkQuery& query) const = 0;
};

// Candles of all markets. Thread-safe; errors as History.
class CandleHistory {
 public:
  virtual ~CandleHistory() = default;
  // Oldest first. Periods in which nothing changed have a candle too, from the first quote on.
  virtual absl::StatusOr<std::vector<CandleRow>> ListCandles(const CandleQuery& query) const = 0;
};

}  // namespace evx::mock_kalshi
