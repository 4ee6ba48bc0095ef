#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_format.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/inline_string.h"
#include "evx/core/money.h"
#include "evx/core/status.h"
#include "evx/postgres/connection.h"
#include "read_model/history.h"

namespace evx::mock_kalshi {

// Takes the columns of a result's row one after the other, and checks each on the way in: what is
// in a database may have been changed by anybody. The first value that does not fit makes status()
// DATA_LOSS and the rest zero.
class PostgresRowReader {
 public:
  // `what` names the table; static.
  PostgresRowReader(const postgres::Result& result, int row, const char* what)
      : result_(result), row_(row), what_(what) {}

  std::int64_t Integer(std::int64_t min, std::int64_t max) {
    const auto value = result_.Integer(row_, column_++);
    if (value && *value >= min && *value <= max) return *value;
    is_faulty_ = true;
    return 0;
  }
  std::int64_t Integer() { return Integer(INT64_MIN, INT64_MAX); }
  bool Flag() { return result_.Bool(row_, column_++); }
  template <class IdType>
  IdType Number() {
    constexpr std::int64_t kMax = sizeof(typename IdType::Value) == 4 ? INT32_MAX : INT64_MAX;
    return IdType(static_cast<typename IdType::Value>(Integer(0, kMax)));
  }
  // `last` is the last enumerator.
  template <class Enum>
  Enum Enumerator(Enum last) {
    return static_cast<Enum>(Integer(0, static_cast<std::int64_t>(last)));
  }
  SubaccountNumber Subaccount() {
    return static_cast<SubaccountNumber>(Integer(0, kSubaccountNumberMax));
  }
  Price YesPrice() {
    const std::int64_t micros = Integer();
    if (Price::IsValid(micros)) return Price::FromMicros(micros);
    is_faulty_ = true;
    return Price();
  }
  std::optional<Price> OptionalPrice() {
    if (!result_.IsNull(row_, column_)) return YesPrice();
    ++column_;
    return std::nullopt;
  }
  Quantity Contracts() { return Quantity::FromCentis(Integer()); }
  Money Amount() { return Money::FromMicros(Integer()); }
  Timestamp Time() { return Timestamp::FromNanos(Integer()); }
  std::string_view Text() { return result_.Text(row_, column_++); }
  template <class Inline>
  Inline ShortText() {
    const std::string_view text = Text();
    if (text.size() <= Inline::kMaxSize) return Inline(text);
    is_faulty_ = true;
    return Inline();
  }
  Ohlc Prices() {
    Ohlc ohlc;
    ohlc.open = YesPrice();
    ohlc.high = YesPrice();
    ohlc.low = YesPrice();
    ohlc.close = YesPrice();
    return ohlc;
  }
  std::optional<Ohlc> OptionalPrices() {
    if (!result_.IsNull(row_, column_)) return Prices();
    column_ += 4;
    return std::nullopt;
  }

  absl::Status status() const {
    if (!is_faulty_) return absl::OkStatus();
    return DataLoss(
        absl::StrFormat("postgres: a row of exchange.%s holds a value out of range", what_));
  }

 private:
  const postgres::Result& result_;
  const int row_;
  const char* const what_;
  int column_ = 0;
  bool is_faulty_ = false;
};

// Column lists in the order in which the readers below take them.
inline constexpr const char* kOrderColumns =
    "order_id, account_id, subaccount, market_id, book_side, time_in_force, "
    "self_trade_prevention, post_only, reduce_only, cancel_on_pause, order_status, cancel_reason, "
    "price_micros, initial_quantity_centis, filled_quantity_centis, remaining_quantity_centis, "
    "taker_fill_cost_micros, maker_fill_cost_micros, taker_fees_micros, maker_fees_micros, "
    "expiration_time_ns, order_group_id, client_order_id, create_time_ns, update_time_ns, "
    "sequence_number";
inline constexpr const char* kFillColumns =
    "trade_id, is_taker, order_id, account_id, subaccount, market_id, book_side, price_micros, "
    "quantity_centis, fee_micros, time_ns, sequence_number";
inline constexpr const char* kTradeColumns =
    "trade_id, market_id, price_micros, quantity_centis, taker_side, taker_order_id, "
    "maker_order_id, busted, time_ns, sequence_number";
inline constexpr const char* kSettlementColumns =
    "settlement_id, account_id, subaccount, market_id, market_result, settlement_value_micros, "
    "position_centis, yes_cost_micros, no_cost_micros, revenue_micros, fee_micros, time_ns, "
    "sequence_number";
inline constexpr const char* kMarkColumns = "time_ns, cash_micros, position_value_micros";
inline constexpr const char* kTransferColumns =
    "transfer_id, transfer_kind, account_id, from_subaccount, to_subaccount, amount_micros, "
    "client_transfer_id, time_ns, sequence_number";
inline constexpr const char* kClosedPositionColumns =
    "account_id, subaccount, market_id, realized_pnl_micros, fees_paid_micros, "
    "total_traded_micros, close_time_ns, close_sequence_number";
inline constexpr const char* kCandleColumns =
    "period_minutes, market_id, end_period_seconds, bid_open_micros, bid_high_micros, "
    "bid_low_micros, bid_close_micros, ask_open_micros, ask_high_micros, ask_low_micros, "
    "ask_close_micros, trade_open_micros, trade_high_micros, trade_low_micros, "
    "trade_close_micros, trade_value_micros, previous_micros, volume_centis, "
    "open_interest_centis";

struct PeriodCandle;

OrderRow ReadOrder(PostgresRowReader& reader);
FillRow ReadFill(PostgresRowReader& reader);
TradeRow ReadTrade(PostgresRowReader& reader);
SettlementRow ReadSettlement(PostgresRowReader& reader);
MarkRow ReadMark(PostgresRowReader& reader);
TransferRow ReadTransfer(PostgresRowReader& reader);
ClosedPositionRow ReadClosedPosition(PostgresRowReader& reader);
PeriodCandle ReadCandle(PostgresRowReader& reader);

}  // namespace evx::mock_kalshi
