#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"
#include "evx/fix/dictionary.h"
#include "evx/fix/message.h"

// Order entry as plain structs. Decoders take messages that Dictionary::Check allows and return
// the fault that remains; the views of a decoded message live as long as its bytes. Every order is
// a bid or an offer for YES, and every price a YES price. Source: the venue's FIX notes, section 4.

namespace evx::fix {

// The unit of prices on a session (UseDollars). Whole cents: a fraction in what comes in is cut
// off.
enum class PriceUnit : std::uint8_t { kCents, kDollars };

enum class TimeInForce : char {
  kDay = '0',
  kGoodTillCancel = '1',
  kImmediateOrCancel = '3',
  kFillOrKill = '4',
  kGoodTillDate = '6',
};

struct NewOrderSingle {
  std::string_view cl_ord_id;
  std::string_view symbol;
  BookSide side = BookSide::kBid;
  std::int64_t price_micros = 0;
  Quantity quantity;
  TimeInForce time_in_force = TimeInForce::kDay;
  Timestamp expire_time;  // 0: none.
  bool post_only = false;
  bool reduce_only = false;
  bool cancel_on_pause = false;
  bool maker_prevention = false;  // SelfTradePreventionType 2.
  std::optional<std::int64_t> alloc_account;
  std::optional<std::int64_t> ex_destination;
  std::string_view order_group_id;
  std::optional<Money> max_execution_cost;
  bool accepts_quote = false;  // QuoteID or RfqID is there.
  bool has_parties = false;
};

struct OrderCancelReplaceRequest {
  std::string_view cl_ord_id;
  std::string_view orig_cl_ord_id;
  std::string_view order_id;  // Empty: none.
  std::string_view symbol;
  BookSide side = BookSide::kBid;
  std::optional<std::int64_t> price_micros;
  Quantity quantity;  // Total: filled plus resting.
  std::optional<TimeInForce> time_in_force;
  Timestamp expire_time;
  std::optional<std::int64_t> alloc_account;
  std::optional<std::int64_t> ex_destination;
};

struct OrderCancelRequest {
  std::string_view cl_ord_id;
  std::string_view orig_cl_ord_id;
  std::string_view order_id;
  std::string_view symbol;
  BookSide side = BookSide::kBid;
  std::optional<std::int64_t> alloc_account;
  std::optional<std::int64_t> ex_destination;
};

std::optional<SessionReject> Decode(const Message& message, PriceUnit unit, NewOrderSingle& out);
std::optional<SessionReject> Decode(const Message& message, PriceUnit unit,
                                    OrderCancelReplaceRequest& out);
std::optional<SessionReject> Decode(const Message& message, OrderCancelRequest& out);

// 1..64 of letters, digits, - _ : + = /
bool IsClOrdId(std::string_view text);

namespace exec_type {
inline constexpr char kNew = '0';
inline constexpr char kCanceled = '4';
inline constexpr char kReplaced = '5';
inline constexpr char kPendingCancel = '6';
inline constexpr char kRejected = '8';
inline constexpr char kPendingNew = 'A';
inline constexpr char kExpired = 'C';
inline constexpr char kPendingReplace = 'E';
inline constexpr char kTrade = 'F';
}  // namespace exec_type

namespace ord_status {
inline constexpr char kNew = '0';
inline constexpr char kPartiallyFilled = '1';
inline constexpr char kFilled = '2';
inline constexpr char kCanceled = '4';
inline constexpr char kPendingCancel = '6';
inline constexpr char kRejected = '8';
inline constexpr char kPendingNew = 'A';
inline constexpr char kExpired = 'C';
inline constexpr char kPendingReplace = 'E';
}  // namespace ord_status

// One change of a direct member's money by a trade.
struct CollateralChange {
  Money amount;
  std::string_view type = "BALANCE";  // Or PAYOUT.
};

struct ExecutionReport {
  std::string_view order_id;
  std::string_view cl_ord_id;
  std::string_view orig_cl_ord_id;  // Replaced and Canceled; empty: none.
  std::string_view exec_id;
  char exec_type = exec_type::kNew;
  char ord_status = ord_status::kNew;
  std::string_view symbol;
  BookSide side = BookSide::kBid;
  Quantity order_quantity;
  Quantity cumulative_quantity;
  Quantity leaves_quantity;
  std::int64_t average_price_micros = 0;
  std::optional<std::int64_t> price_micros;
  std::optional<TimeInForce> time_in_force;
  Timestamp expire_time;
  Timestamp transact_time;
  std::string_view text;
  std::optional<int> reject_reason;
  std::optional<std::int64_t> alloc_account;
  bool has_last_market = false;

  struct Trade {
    Price price;  // YES price on both sides.
    Quantity quantity;
    Quantity position_after;  // YES positive.
    Money fee;
    std::string_view trade_id;
    bool is_aggressor = false;
    std::string_view clearing_date;  // YYYYMMDD.
    std::vector<CollateralChange> collateral;
    Money single_market_return;  // Written when not 0.
    Money ranged_market_return;
  };
  std::optional<Trade> trade;
};
void Encode(const ExecutionReport& report, PriceUnit unit, BodyWriter& out);

struct OrderCancelReject {
  std::string_view order_id = "NONE";
  std::string_view cl_ord_id;
  std::string_view orig_cl_ord_id;
  char ord_status = ord_status::kRejected;
  bool is_replace = false;
  std::optional<int> reason;
  std::string_view text;
};
void Encode(const OrderCancelReject& reject, BodyWriter& out);

struct OrderMassCancelReport {
  std::string_view cl_ord_id;
  std::string_view operation_id;
  bool is_accepted = true;
  std::optional<int> reject_reason;
  std::string_view text;
};
void Encode(const OrderMassCancelReport& report, BodyWriter& out);

// YES price in the session's unit: dollars with 4 decimals; cents without, or with as many as the
// market's grid needs.
void AddPrice(int tag, std::int64_t micros, PriceUnit unit, BodyWriter& out);
// Contracts with 2 decimals.
void AddQuantity(int tag, Quantity quantity, BodyWriter& out);
// Dollars with 4 decimals.
void AddMoney(int tag, Money amount, BodyWriter& out);
// One entry: dollars, type 4 (exchange fees), absolute.
void AddFee(Money fee, BodyWriter& out);

}  // namespace evx::fix
