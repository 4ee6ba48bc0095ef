#include "postgres/postgres_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/postgres/migrations.h"
#include "postgres/postgres_row_reader.h"
#include "postgres/postgres_schema.h"

namespace evx::mock_kalshi {
namespace {

using postgres::CopyBuffer;
using postgres::Parameters;
using postgres::Result;
using postgres::Transaction;

// Changes of rows that are there already travel through these; they are never written to the WAL.
constexpr const char* kSessionSql = R"sql(
CREATE TEMP TABLE stage_orders (
  order_id BIGINT, filled_quantity_centis BIGINT, remaining_quantity_centis BIGINT,
  initial_quantity_centis BIGINT, taker_fill_cost_micros BIGINT, maker_fill_cost_micros BIGINT,
  taker_fees_micros BIGINT, maker_fees_micros BIGINT, price_micros BIGINT,
  expiration_time_ns BIGINT, client_order_id TEXT, order_status SMALLINT, cancel_reason SMALLINT,
  update_time_ns BIGINT, sequence_number BIGINT) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_order_groups (
  order_group_id BIGINT, limit_centis BIGINT, triggered BOOLEAN, delete_time_ns BIGINT,
  update_time_ns BIGINT, sequence_number BIGINT) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_positions (
  account_id INTEGER, market_id INTEGER, subaccount SMALLINT, position_centis BIGINT,
  exposure_micros BIGINT, realized_pnl_micros BIGINT, fees_paid_micros BIGINT,
  total_traded_micros BIGINT, update_time_ns BIGINT) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_balances (
  account_id INTEGER, subaccount SMALLINT, cash_micros BIGINT, hold_micros BIGINT,
  update_time_ns BIGINT) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_candles (LIKE exchange.candles) ON COMMIT DELETE ROWS;
CREATE TEMP TABLE stage_quotes (
  market_id INTEGER, bid_micros BIGINT, ask_micros BIGINT) ON COMMIT DELETE ROWS;
)sql";

// NULL: not changed.
constexpr const char* kUpdateOrders = R"sql(
UPDATE exchange.orders o SET
  initial_quantity_centis = COALESCE(o.filled_quantity_centis + s.initial_quantity_centis,
                                     o.initial_quantity_centis),
  filled_quantity_centis = o.filled_quantity_centis + s.filled_quantity_centis,
  remaining_quantity_centis = COALESCE(s.remaining_quantity_centis, o.remaining_quantity_centis),
  taker_fill_cost_micros = o.taker_fill_cost_micros + s.taker_fill_cost_micros,
  maker_fill_cost_micros = o.maker_fill_cost_micros + s.maker_fill_cost_micros,
  taker_fees_micros = o.taker_fees_micros + s.taker_fees_micros,
  maker_fees_micros = o.maker_fees_micros + s.maker_fees_micros,
  price_micros = COALESCE(s.price_micros, o.price_micros),
  expiration_time_ns = COALESCE(s.expiration_time_ns, o.expiration_time_ns),
  client_order_id = COALESCE(s.client_order_id, o.client_order_id),
  order_status = s.order_status, cancel_reason = s.cancel_reason,
  update_time_ns = s.update_time_ns, sequence_number = s.sequence_number
FROM stage_orders s WHERE o.order_id = s.order_id)sql";

constexpr const char* kUpdateOrderGroups = R"sql(
UPDATE exchange.order_groups g SET
  limit_centis = COALESCE(s.limit_centis, g.limit_centis),
  triggered = COALESCE(s.triggered, g.triggered), delete_time_ns = s.delete_time_ns,
  update_time_ns = s.update_time_ns, sequence_number = s.sequence_number
FROM stage_order_groups s WHERE g.order_group_id = s.order_group_id)sql";

constexpr const char* kUpsertPositions = R"sql(
INSERT INTO exchange.positions (account_id, market_id, subaccount, position_centis,
  exposure_micros, realized_pnl_micros, fees_paid_micros, total_traded_micros, update_time_ns)
SELECT * FROM stage_positions
ON CONFLICT (account_id, market_id, subaccount) DO UPDATE SET
  position_centis = EXCLUDED.position_centis, exposure_micros = EXCLUDED.exposure_micros,
  realized_pnl_micros = EXCLUDED.realized_pnl_micros,
  fees_paid_micros = EXCLUDED.fees_paid_micros,
  total_traded_micros = EXCLUDED.total_traded_micros,
  update_time_ns = EXCLUDED.update_time_ns)sql";

constexpr const char* kUpdateBalances = R"sql(
UPDATE exchange.subaccounts a SET cash_micros = s.cash_micros, hold_micros = s.hold_micros,
  update_time_ns = s.update_time_ns
FROM stage_balances s WHERE a.account_id = s.account_id AND a.subaccount = s.subaccount)sql";

constexpr const char* kUpsertCandles = R"sql(
INSERT INTO exchange.candles SELECT * FROM stage_candles
ON CONFLICT (market_id, period_minutes, end_period_seconds) DO UPDATE SET
  bid_open_micros = EXCLUDED.bid_open_micros, bid_high_micros = EXCLUDED.bid_high_micros,
  bid_low_micros = EXCLUDED.bid_low_micros, bid_close_micros = EXCLUDED.bid_close_micros,
  ask_open_micros = EXCLUDED.ask_open_micros, ask_high_micros = EXCLUDED.ask_high_micros,
  ask_low_micros = EXCLUDED.ask_low_micros, ask_close_micros = EXCLUDED.ask_close_micros,
  trade_open_micros = EXCLUDED.trade_open_micros, trade_high_micros = EXCLUDED.trade_high_micros,
  trade_low_micros = EXCLUDED.trade_low_micros, trade_close_micros = EXCLUDED.trade_close_micros,
  trade_value_micros = EXCLUDED.trade_value_micros, previous_micros = EXCLUDED.previous_micros,
  volume_centis = EXCLUDED.volume_centis,
  open_interest_centis = EXCLUDED.open_interest_centis)sql";

// A NO position is worth what its contracts' best bid, $1 minus the best YES ask, pays.
constexpr const char* kInsertMarks = R"sql(
WITH value AS (
  SELECT p.account_id, p.subaccount, sum(
    CASE WHEN p.position_centis > 0 THEN p.position_centis * (q.bid_micros / 100)
         ELSE -p.position_centis * ((1000000 - q.ask_micros) / 100) END)::BIGINT AS micros
  FROM stage_quotes q
  JOIN exchange.positions p ON p.market_id = q.market_id AND p.close_time_ns = 0
  WHERE p.position_centis <> 0 GROUP BY p.account_id, p.subaccount),
present AS (
  SELECT a.account_id, a.subaccount, a.cash_micros, COALESCE(v.micros, 0) AS micros
  FROM exchange.subaccounts a LEFT JOIN value v USING (account_id, subaccount)),
changed AS (
  UPDATE exchange.subaccounts s
  SET mark_cash_micros = n.cash_micros, mark_position_value_micros = n.micros
  FROM present n
  WHERE s.account_id = n.account_id AND s.subaccount = n.subaccount
    AND (s.mark_cash_micros <> n.cash_micros OR s.mark_position_value_micros <> n.micros)
  RETURNING s.account_id, s.subaccount, n.cash_micros, n.micros)
INSERT INTO exchange.marks (account_id, subaccount, time_ns, cash_micros, position_value_micros)
SELECT account_id, subaccount, $1::BIGINT, cash_micros, micros FROM changed)sql";

// Rows to change are found by key, whatever the planner thinks of a table without statistics.
constexpr const char* kJoinByKey =
    "SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off";
constexpr const char* kCommitSoon = "SET LOCAL synchronous_commit = off";
constexpr const char* kJoinFreely =
    "SET LOCAL enable_hashjoin = on; SET LOCAL enable_mergejoin = on";

template <class Enum>
std::int16_t Number(Enum value) {
  return static_cast<std::int16_t>(value);
}
template <class Tag>
std::int32_t Int(Id<Tag, std::uint32_t> id) {
  return static_cast<std::int32_t>(id.value());
}
template <class Tag>
std::int64_t Big(Id<Tag, std::uint64_t> id) {
  return static_cast<std::int64_t>(id.value());
}

void AddOhlc(CopyBuffer& rows, const Ohlc& ohlc) {
  rows.Int64(ohlc.open.micros()).Int64(ohlc.high.micros());
  rows.Int64(ohlc.low.micros()).Int64(ohlc.close.micros());
}

void AddOrder(CopyBuffer& rows, const OrderRow& row) {
  rows.Row().Int64(Big(row.order_id)).Int32(Int(row.account)).Int16(row.subaccount);
  rows.Int32(Int(row.market)).Int16(Number(row.side)).Int16(Number(row.time_in_force));
  rows.Int16(Number(row.self_trade_prevention)).Bool(row.post_only).Bool(row.reduce_only);
  rows.Bool(row.cancel_on_pause).Int16(Number(row.status)).Int16(Number(row.cancel_reason));
  rows.Int64(row.price.micros()).Int64(row.initial_quantity.centis());
  rows.Int64(row.filled.centis()).Int64(row.remaining.centis());
  rows.Int64(row.taker_fill_cost.micros()).Int64(row.maker_fill_cost.micros());
  rows.Int64(row.taker_fees.micros()).Int64(row.maker_fees.micros());
  rows.Int64(row.expiration.nanos()).Int64(Big(row.order_group));
  rows.Text(row.client_order_id.view()).Int64(row.create_time.nanos());
  rows.Int64(row.update_time.nanos()).Int64(Big(row.sequence_number));
}

void AddOrderChange(CopyBuffer& rows, const OrderChange& change) {
  const auto optional = [&rows](bool is_set, std::int64_t value) {
    is_set ? rows.Int64(value) : rows.Null();
  };
  const OrderRow& row = change.row;
  rows.Row().Int64(Big(row.order_id)).Int64(row.filled.centis());
  optional(change.has_remaining, row.remaining.centis());
  optional(change.resized, row.initial_quantity.centis());
  rows.Int64(row.taker_fill_cost.micros()).Int64(row.maker_fill_cost.micros());
  rows.Int64(row.taker_fees.micros()).Int64(row.maker_fees.micros());
  optional(change.amended, row.price.micros());
  optional(change.amended, row.expiration.nanos());
  change.amended ? rows.Text(row.client_order_id.view()) : rows.Null();
  rows.Int16(Number(row.status)).Int16(Number(row.cancel_reason));
  rows.Int64(row.update_time.nanos()).Int64(Big(row.sequence_number));
}

}  // namespace

PostgresWriter::PostgresWriter(std::unique_ptr<postgres::Connection> connection)
    : connection_(std::move(connection)),
      orders_("exchange.orders", {"order_id",
                                  "account_id",
                                  "subaccount",
                                  "market_id",
                                  "book_side",
                                  "time_in_force",
                                  "self_trade_prevention",
                                  "post_only",
                                  "reduce_only",
                                  "cancel_on_pause",
                                  "order_status",
                                  "cancel_reason",
                                  "price_micros",
                                  "initial_quantity_centis",
                                  "filled_quantity_centis",
                                  "remaining_quantity_centis",
                                  "taker_fill_cost_micros",
                                  "maker_fill_cost_micros",
                                  "taker_fees_micros",
                                  "maker_fees_micros",
                                  "expiration_time_ns",
                                  "order_group_id",
                                  "client_order_id",
                                  "create_time_ns",
                                  "update_time_ns",
                                  "sequence_number"}),
      order_changes_("stage_orders",
                     {"order_id", "filled_quantity_centis", "remaining_quantity_centis",
                      "initial_quantity_centis", "taker_fill_cost_micros", "maker_fill_cost_micros",
                      "taker_fees_micros", "maker_fees_micros", "price_micros",
                      "expiration_time_ns", "client_order_id", "order_status", "cancel_reason",
                      "update_time_ns", "sequence_number"}),
      order_groups_("exchange.order_groups",
                    {"order_group_id", "account_id", "subaccount", "limit_centis", "triggered",
                     "create_time_ns", "update_time_ns", "delete_time_ns", "sequence_number"}),
      order_group_changes_("stage_order_groups",
                           {"order_group_id", "limit_centis", "triggered", "delete_time_ns",
                            "update_time_ns", "sequence_number"}),
      order_group_history_("exchange.order_group_history",
                           {"sequence_number", "line", "time_ns", "change", "order_group_id",
                            "account_id", "details"}),
      fills_("exchange.fills", {"trade_id", "is_taker", "order_id", "account_id", "subaccount",
                                "market_id", "book_side", "price_micros", "quantity_centis",
                                "fee_micros", "time_ns", "sequence_number"}),
      trades_("exchange.trades",
              {"trade_id", "market_id", "price_micros", "quantity_centis", "taker_side",
               "taker_order_id", "maker_order_id", "busted", "time_ns", "sequence_number"}),
      settlements_(
          "exchange.settlements",
          {"settlement_id", "account_id", "subaccount", "market_id", "market_result",
           "settlement_value_micros", "position_centis", "yes_cost_micros", "no_cost_micros",
           "revenue_micros", "fee_micros", "time_ns", "sequence_number"}),
      transfers_("exchange.transfers",
                 {"transfer_id", "transfer_kind", "account_id", "from_subaccount", "to_subaccount",
                  "amount_micros", "client_transfer_id", "time_ns", "sequence_number"}),
      ledger_entries_("exchange.ledger_entries",
                      {"sequence_number", "line", "ledger_account_id", "posting_kind",
                       "amount_micros", "market_id", "reference", "time_ns"}),
      catalogue_history_("exchange.catalogue_history",
                         {"sequence_number", "line", "time_ns", "change", "series_id", "event_id",
                          "market_id", "details"}),
      positions_("stage_positions", {"account_id", "market_id", "subaccount", "position_centis",
                                     "exposure_micros", "realized_pnl_micros", "fees_paid_micros",
                                     "total_traded_micros", "update_time_ns"}),
      balances_("stage_balances",
                {"account_id", "subaccount", "cash_micros", "hold_micros", "update_time_ns"}),
      candles_("stage_candles",
               {"market_id", "period_minutes", "end_period_seconds", "bid_open_micros",
                "bid_high_micros", "bid_low_micros", "bid_close_micros", "ask_open_micros",
                "ask_high_micros", "ask_low_micros", "ask_close_micros", "trade_open_micros",
                "trade_high_micros", "trade_low_micros", "trade_close_micros", "trade_value_micros",
                "previous_micros", "volume_centis", "open_interest_centis"}),
      quotes_("stage_quotes", {"market_id", "bid_micros", "ask_micros"}) {}

absl::StatusOr<std::unique_ptr<PostgresWriter>> PostgresWriter::Open(
    const postgres::ConnectOptions& options) {
  EVX_ASSIGN_OR_RETURN(auto connection, postgres::Connection::Connect(options));
  EVX_RETURN_IF_ERROR(
      postgres::Migrate(*connection, kExchangeSchema, ExchangeMigrations()).status());
  EVX_RETURN_IF_ERROR(connection->Execute(kSessionSql));
  return std::unique_ptr<PostgresWriter>(new PostgresWriter(std::move(connection)));
}

absl::StatusOr<std::optional<FollowerPlace>> PostgresWriter::ReadPlace() {
  EVX_ASSIGN_OR_RETURN(
      const Result rows,
      connection_->Query("SELECT journal_id, sequence_number, time_ns, base_sequence_number, "
                         "mark_time_ns FROM exchange.follower WHERE name = $1",
                         Parameters().Add(kFollowerName)));
  if (rows.row_count() == 0) return std::nullopt;
  FollowerPlace place;
  place.journal_id = rows.Integer(0, 0).value_or(0);
  place.stored = SequenceNumber(static_cast<std::uint64_t>(rows.Integer(0, 1).value_or(0)));
  place.time = Timestamp::FromNanos(rows.Integer(0, 2).value_or(0));
  place.base = SequenceNumber(static_cast<std::uint64_t>(rows.Integer(0, 3).value_or(0)));
  place.mark_time = Timestamp::FromNanos(rows.Integer(0, 4).value_or(0));
  return std::optional(place);
}

absl::Status PostgresWriter::RestoreCandles(CandleBuilder& candles) {
  EVX_ASSIGN_OR_RETURN(
      const Result levels,
      connection_->Query("SELECT market_id, book_side, price_micros, "
                         "sum(remaining_quantity_centis)::BIGINT FROM exchange.orders "
                         "WHERE order_status = 0 GROUP BY market_id, book_side, price_micros"));
  for (int i = 0; i < levels.row_count(); ++i) {
    PostgresRowReader reader(levels, i, "orders");
    const MarketId market = reader.Number<MarketId>();
    const BookSide side = reader.Enumerator(BookSide::kAsk);
    const Price price = reader.YesPrice();
    const Quantity quantity = reader.Contracts();
    EVX_RETURN_IF_ERROR(reader.status());
    candles.RestoreLevel(market, side, price, quantity);
  }
  EVX_ASSIGN_OR_RETURN(
      const Result last,
      connection_->Query(absl::StrFormat(
          "SELECT %s FROM (SELECT last.* FROM exchange.markets m "
          "CROSS JOIN (VALUES (1), (60), (1440)) AS p (minutes) "
          "CROSS JOIN LATERAL (SELECT * FROM exchange.candles c WHERE c.market_id = m.market_id "
          "AND c.period_minutes = p.minutes ORDER BY c.end_period_seconds DESC LIMIT 1) last "
          "WHERE m.settlement_time_ns = 0) candle",
          kCandleColumns)));
  for (int i = 0; i < last.row_count(); ++i) {
    PostgresRowReader reader(last, i, "candles");
    const PeriodCandle candle = ReadCandle(reader);
    EVX_RETURN_IF_ERROR(reader.status());
    if (CandlePeriodIndex(candle.period_minutes)) candles.RestoreCandle(candle);
  }
  candles.RestoreQuotes(std::nullopt);
  return absl::OkStatus();
}

absl::Status PostgresWriter::WriteOrders(const RowBatch& batch) {
  orders_.Clear();
  order_changes_.Clear();
  for (const OrderChange& change : batch.orders) {
    if (change.is_new) {
      AddOrder(orders_, change.row);
    } else {
      AddOrderChange(order_changes_, change);
    }
  }
  EVX_RETURN_IF_ERROR(connection_->Copy(orders_).status());
  if (order_changes_.empty()) return absl::OkStatus();
  EVX_RETURN_IF_ERROR(connection_->Copy(order_changes_).status());
  EVX_ASSIGN_OR_RETURN(const Result updated, connection_->Query(kUpdateOrders));
  if (updated.affected_row_count() == order_changes_.row_count()) return absl::OkStatus();
  return DataLoss(absl::StrFormat(
      "postgres: records %d to %d change %d orders, but only %d of them are in exchange.orders; "
      "drop the schema exchange and let it be filled again",
      batch.first.value(), batch.last.value(), order_changes_.row_count(),
      updated.affected_row_count()));
}

absl::Status PostgresWriter::WriteOrderGroups(const RowBatch& batch) {
  if (batch.order_group_events.empty()) return absl::OkStatus();
  order_groups_.Clear();
  order_group_changes_.Clear();
  for (const OrderGroupChange& change : batch.order_groups) {
    const OrderGroupRow& row = change.row;
    if (change.is_new) {
      order_groups_.Row().Int64(Big(row.order_group)).Int32(Int(row.account));
      order_groups_.Int16(row.subaccount).Int64(row.limit.centis()).Bool(row.triggered);
      order_groups_.Int64(row.create_time.nanos()).Int64(row.update_time.nanos());
      order_groups_.Int64(row.delete_time.nanos()).Int64(Big(row.sequence_number));
    } else {
      CopyBuffer& rows = order_group_changes_;
      rows.Row().Int64(Big(row.order_group));
      change.has_limit ? rows.Int64(row.limit.centis()) : rows.Null();
      change.has_triggered ? rows.Bool(row.triggered) : rows.Null();
      rows.Int64(row.delete_time.nanos()).Int64(row.update_time.nanos());
      rows.Int64(Big(row.sequence_number));
    }
  }
  EVX_RETURN_IF_ERROR(connection_->Copy(order_groups_).status());
  order_group_history_.Clear();
  for (const OrderGroupEvent& row : batch.order_group_events) {
    order_group_history_.Row().Int64(Big(row.sequence_number)).Int32(row.line);
    order_group_history_.Int64(row.time.nanos()).Text(row.change).Int64(Big(row.order_group));
    order_group_history_.Int32(Int(row.account)).Text(row.details);
  }
  EVX_RETURN_IF_ERROR(connection_->Copy(order_group_history_).status());
  if (order_group_changes_.empty()) return absl::OkStatus();
  EVX_RETURN_IF_ERROR(connection_->Copy(order_group_changes_).status());
  return connection_->Query(kUpdateOrderGroups).status();
}

absl::Status PostgresWriter::WriteTrading(const RowBatch& batch) {
  trades_.Clear();
  for (const TradeRow& row : batch.trades) {
    trades_.Row().Int64(Big(row.trade_id)).Int32(Int(row.market)).Int64(row.price.micros());
    trades_.Int64(row.quantity.centis()).Int16(Number(row.taker_side));
    trades_.Int64(Big(row.taker_order_id)).Int64(Big(row.maker_order_id)).Bool(row.busted);
    trades_.Int64(row.time.nanos()).Int64(Big(row.sequence_number));
  }
  EVX_RETURN_IF_ERROR(connection_->Copy(trades_).status());
  fills_.Clear();
  for (const FillRow& row : batch.fills) {
    fills_.Row().Int64(Big(row.trade_id)).Bool(row.is_taker).Int64(Big(row.order_id));
    fills_.Int32(Int(row.account)).Int16(row.subaccount).Int32(Int(row.market));
    fills_.Int16(Number(row.side)).Int64(row.price.micros()).Int64(row.quantity.centis());
    fills_.Int64(row.fee.micros()).Int64(row.time.nanos()).Int64(Big(row.sequence_number));
  }
  EVX_RETURN_IF_ERROR(connection_->Copy(fills_).status());
  if (batch.busted_trades.empty()) return absl::OkStatus();
  std::vector<std::int64_t> busted;
  for (const TradeId trade_id : batch.busted_trades) busted.push_back(Big(trade_id));
  return connection_
      ->Query("UPDATE exchange.trades SET busted = TRUE WHERE trade_id = ANY($1::BIGINT[])",
              Parameters().AddArray(busted))
      .status();
}

absl::Status PostgresWriter::WriteMoney(const RowBatch& batch) {
  ledger_entries_.Clear();
  for (const LedgerEntry& row : batch.ledger_entries) {
    ledger_entries_.Row().Int64(Big(row.sequence_number)).Int32(row.line);
    ledger_entries_.Int64(row.ledger_account).Int16(row.posting_kind).Int64(row.amount.micros());
    ledger_entries_.Int32(Int(row.market)).Int64(static_cast<std::int64_t>(row.reference));
    ledger_entries_.Int64(row.time.nanos());
  }
  EVX_RETURN_IF_ERROR(connection_->Copy(ledger_entries_).status());
  transfers_.Clear();
  for (const TransferRow& row : batch.transfers) {
    transfers_.Row().Int64(Big(row.transfer)).Int16(Number(row.kind)).Int32(Int(row.account));
    transfers_.Int16(row.from_subaccount).Int16(row.to_subaccount).Int64(row.amount.micros());
    transfers_.Text(row.client_transfer_id.view()).Int64(row.time.nanos());
    transfers_.Int64(Big(row.sequence_number));
  }
  EVX_RETURN_IF_ERROR(connection_->Copy(transfers_).status());
  if (batch.balances.empty()) return absl::OkStatus();
  balances_.Clear();
  for (const auto& [key, row] : batch.balances) {
    balances_.Row().Int32(Int(row.account)).Int16(row.subaccount).Int64(row.cash.micros());
    balances_.Int64(row.hold.micros()).Int64(row.update_time.nanos());
  }
  EVX_RETURN_IF_ERROR(connection_->Copy(balances_).status());
  return connection_->Query(kUpdateBalances).status();
}

absl::Status PostgresWriter::WritePositions(const RowBatch& batch) {
  settlements_.Clear();
  for (const SettlementRow& row : batch.settlements) {
    settlements_.Row().Int64(static_cast<std::int64_t>(row.settlement_id));
    settlements_.Int32(Int(row.account)).Int16(row.subaccount).Int32(Int(row.market));
    settlements_.Int16(Number(row.result)).Int64(row.settlement_value.micros());
    settlements_.Int64(row.position.centis()).Int64(row.yes_cost.micros());
    settlements_.Int64(row.no_cost.micros()).Int64(row.revenue.micros());
    settlements_.Int64(row.fee.micros()).Int64(row.time.nanos());
    settlements_.Int64(Big(row.sequence_number));
  }
  EVX_RETURN_IF_ERROR(connection_->Copy(settlements_).status());
  if (!batch.positions.empty()) {
    positions_.Clear();
    for (const PositionRow& row : batch.positions) {
      positions_.Row().Int32(Int(row.account)).Int32(Int(row.market)).Int16(row.subaccount);
      positions_.Int64(row.position.centis()).Int64(row.exposure.micros());
      positions_.Int64(row.realized_pnl.micros()).Int64(row.fees_paid.micros());
      positions_.Int64(row.total_traded.micros()).Int64(row.update_time.nanos());
    }
    EVX_RETURN_IF_ERROR(connection_->Copy(positions_).status());
    EVX_RETURN_IF_ERROR(connection_->Query(kUpsertPositions).status());
  }
  for (const MarketClose& close : batch.market_closes) {
    EVX_RETURN_IF_ERROR(
        connection_
            ->Query("UPDATE exchange.positions SET close_time_ns = $2, close_sequence_number = $3 "
                    "WHERE market_id = $1 AND close_time_ns = 0",
                    Parameters()
                        .Add(close.market.value())
                        .Add(close.time.nanos())
                        .Add(close.sequence_number.value()))
            .status());
  }
  return absl::OkStatus();
}

absl::Status PostgresWriter::WriteCandles(const RowBatch& batch) {
  if (batch.candles.empty()) return absl::OkStatus();
  candles_.Clear();
  for (const auto& [key, row] : batch.candles) {
    candles_.Row().Int32(Int(row.market)).Int32(static_cast<std::int32_t>(key.first.second));
    candles_.Int64(row.end_period_seconds);
    AddOhlc(candles_, row.yes_bid);
    AddOhlc(candles_, row.yes_ask);
    if (row.trade) {
      AddOhlc(candles_, *row.trade);
    } else {
      candles_.Null().Null().Null().Null();
    }
    candles_.Int64(row.trade_value.micros());
    row.previous ? candles_.Int64(row.previous->micros()) : candles_.Null();
    candles_.Int64(row.volume.centis()).Int64(row.open_interest.centis());
  }
  EVX_RETURN_IF_ERROR(connection_->Copy(candles_).status());
  return connection_->Query(kUpsertCandles).status();
}

absl::Status PostgresWriter::WriteRows(const RowBatch& batch) {
  for (const RowStatement& statement : batch.statements) {
    EVX_RETURN_IF_ERROR(connection_->Query(statement.sql, statement.parameters).status());
  }
  catalogue_history_.Clear();
  for (const CatalogueChange& row : batch.catalogue_changes) {
    catalogue_history_.Row().Int64(Big(row.sequence_number)).Int32(row.line);
    catalogue_history_.Int64(row.time.nanos()).Text(row.change).Int32(Int(row.series));
    catalogue_history_.Int32(Int(row.event)).Int32(Int(row.market)).Text(row.details);
  }
  EVX_RETURN_IF_ERROR(connection_->Copy(catalogue_history_).status());
  EVX_RETURN_IF_ERROR(WriteOrders(batch));
  EVX_RETURN_IF_ERROR(WriteOrderGroups(batch));
  EVX_RETURN_IF_ERROR(WriteTrading(batch));
  EVX_RETURN_IF_ERROR(WriteMoney(batch));
  EVX_RETURN_IF_ERROR(WritePositions(batch));
  return WriteCandles(batch);
}

absl::Status PostgresWriter::WriteMarks(const RowBatch& batch) {
  quotes_.Clear();
  for (const MarketQuote& quote : batch.quotes) {
    quotes_.Row().Int32(Int(quote.market)).Int64(quote.bid.micros()).Int64(quote.ask.micros());
  }
  EVX_RETURN_IF_ERROR(connection_->Execute(kJoinFreely));
  EVX_RETURN_IF_ERROR(connection_->Copy(quotes_).status());
  return connection_->Query(kInsertMarks, Parameters().Add(batch.mark_time->nanos())).status();
}

absl::Status PostgresWriter::MovePlace(const FollowerPlace& from, const FollowerPlace& to) {
  const bool is_first = from.stored == SequenceNumber();
  const Parameters values = Parameters()
                                .Add(kFollowerName)
                                .Add(to.journal_id)
                                .Add(to.stored.value())
                                .Add(to.time.nanos())
                                .Add(to.base.value())
                                .Add(to.mark_time.nanos());
  EVX_ASSIGN_OR_RETURN(
      const Result moved,
      is_first
          ? connection_->Query(
                "INSERT INTO exchange.follower (name, journal_id, sequence_number, time_ns, "
                "base_sequence_number, mark_time_ns) VALUES ($1, $2, $3, $4, $5, $6) "
                "ON CONFLICT DO NOTHING",
                values)
          : connection_->Query("UPDATE exchange.follower SET sequence_number = $3, time_ns = $4, "
                               "base_sequence_number = $5, mark_time_ns = $6 "
                               "WHERE name = $1 AND journal_id = $2 AND sequence_number = $7",
                               Parameters(values).Add(from.stored.value())));
  if (moved.affected_row_count() == 1) return absl::OkStatus();
  return FailedPrecondition(absl::StrFormat(
      "postgres: another writer has moved the place behind record %d", from.stored.value()));
}

absl::StatusOr<FollowerPlace> PostgresWriter::Write(const RowBatch& batch,
                                                    const FollowerPlace& place, CommitMode mode) {
  FollowerPlace next = place;
  if (!batch.empty()) {
    next.stored = batch.last;
    next.time = batch.last_time;
  }
  if (batch.mark_time) next.mark_time = *batch.mark_time;
  EVX_ASSIGN_OR_RETURN(Transaction transaction, Transaction::Begin(*connection_));
  // First, so that a second writer waits here and then finds that it is not its turn.
  EVX_RETURN_IF_ERROR(MovePlace(place, next));
  if (mode == CommitMode::kSoon) EVX_RETURN_IF_ERROR(connection_->Execute(kCommitSoon));
  if (!batch.empty()) {
    EVX_RETURN_IF_ERROR(connection_->Execute(kJoinByKey));
    EVX_RETURN_IF_ERROR(WriteRows(batch));
  }
  if (batch.mark_time) EVX_RETURN_IF_ERROR(WriteMarks(batch));
  EVX_RETURN_IF_ERROR(transaction.Commit());
  return next;
}

absl::StatusOr<Transaction> PostgresWriter::BeginBase() { return Transaction::Begin(*connection_); }

absl::Status PostgresWriter::WriteBase(const RowBatch& piece) {
  EVX_RETURN_IF_ERROR(connection_->Execute(kJoinByKey));
  EVX_RETURN_IF_ERROR(WriteRows(piece));
  return connection_->Execute(
      "TRUNCATE stage_orders, stage_order_groups, stage_positions, stage_balances, stage_candles");
}

absl::Status PostgresWriter::FinishBase(Transaction transaction, const FollowerPlace& place) {
  EVX_RETURN_IF_ERROR(MovePlace(FollowerPlace(), place));
  return transaction.Commit();
}

}  // namespace evx::mock_kalshi
