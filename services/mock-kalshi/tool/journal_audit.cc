#include "tool/journal_audit.h"

#include <algorithm>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "evx/core/status.h"
#include "evx/journal/tool.h"
#include "postgres/postgres_row_reader.h"
#include "postgres/postgres_rows.h"
#include "postgres/postgres_writer.h"
#include "tool/journal_replay.h"

namespace evx::mock_kalshi {
namespace {

using postgres::Connection;
using postgres::Parameters;
using postgres::Result;

// Records compared at a time.
constexpr std::uint64_t kPieceRecordCount = 5'000;
constexpr std::uint64_t kSettlementIdsPerRecord = 1 << 20;

constexpr const char* kLedgerColumns =
    "sequence_number, line, ledger_account_id, posting_kind, amount_micros, market_id, reference, "
    "time_ns";
constexpr const char* kCatalogueColumns =
    "sequence_number, line, time_ns, change, series_id, event_id, market_id, details";
constexpr const char* kOrderGroupColumns =
    "order_group_id, account_id, subaccount, limit_centis, triggered, create_time_ns, "
    "update_time_ns, delete_time_ns, sequence_number";
constexpr const char* kOrderGroupHistoryColumns =
    "sequence_number, line, time_ns, change, order_group_id, account_id, details";
constexpr const char* kPositionColumns =
    "account_id, market_id, subaccount, position_centis, exposure_micros, realized_pnl_micros, "
    "fees_paid_micros, total_traded_micros, update_time_ns";
constexpr const char* kBalanceColumns = "account_id, subaccount, cash_micros, hold_micros";

// A row as PostgreSQL writes its columns.
class Columns {
 public:
  template <class Integer>
  Columns& Number(Integer value) {
    values_.push_back(std::to_string(value));
    return *this;
  }
  Columns& Flag(bool value) { return Text(value ? "t" : "f"); }
  Columns& Text(std::string_view value) {
    values_.emplace_back(value);
    return *this;
  }
  const std::vector<std::string>& values() const { return values_; }

 private:
  std::vector<std::string> values_;
};

template <class Enum>
int Value(Enum value) {
  return static_cast<int>(value);
}

Columns Row(const OrderRow& r) {
  Columns c;
  c.Number(r.order_id.value()).Number(r.account.value()).Number(r.subaccount);
  c.Number(r.market.value()).Number(Value(r.side)).Number(Value(r.time_in_force));
  c.Number(Value(r.self_trade_prevention)).Flag(r.post_only).Flag(r.reduce_only);
  c.Flag(r.cancel_on_pause).Number(Value(r.status)).Number(Value(r.cancel_reason));
  c.Number(r.price.micros()).Number(r.initial_quantity.centis()).Number(r.filled.centis());
  c.Number(r.remaining.centis()).Number(r.taker_fill_cost.micros());
  c.Number(r.maker_fill_cost.micros()).Number(r.taker_fees.micros());
  c.Number(r.maker_fees.micros()).Number(r.expiration.nanos()).Number(r.order_group.value());
  c.Text(r.client_order_id.view()).Number(r.create_time.nanos()).Number(r.update_time.nanos());
  c.Number(r.sequence_number.value());
  return c;
}

Columns Row(const FillRow& r) {
  Columns c;
  c.Number(r.trade_id.value()).Flag(r.is_taker).Number(r.order_id.value());
  c.Number(r.account.value()).Number(r.subaccount).Number(r.market.value());
  c.Number(Value(r.side)).Number(r.price.micros()).Number(r.quantity.centis());
  c.Number(r.fee.micros()).Number(r.time.nanos()).Number(r.sequence_number.value());
  return c;
}

Columns Row(const TradeRow& r) {
  Columns c;
  c.Number(r.trade_id.value()).Number(r.market.value()).Number(r.price.micros());
  c.Number(r.quantity.centis()).Number(Value(r.taker_side)).Number(r.taker_order_id.value());
  c.Number(r.maker_order_id.value()).Number(r.time.nanos()).Number(r.sequence_number.value());
  return c;
}
// A bust may lie in a later piece: the flag is compared by number at the end.
constexpr const char* kTradeFacts =
    "trade_id, market_id, price_micros, quantity_centis, taker_side, taker_order_id, "
    "maker_order_id, time_ns, sequence_number";

Columns Row(const SettlementRow& r) {
  Columns c;
  c.Number(r.settlement_id).Number(r.account.value()).Number(r.subaccount);
  c.Number(r.market.value()).Number(Value(r.result)).Number(r.settlement_value.micros());
  c.Number(r.position.centis()).Number(r.yes_cost.micros()).Number(r.no_cost.micros());
  c.Number(r.revenue.micros()).Number(r.fee.micros()).Number(r.time.nanos());
  c.Number(r.sequence_number.value());
  return c;
}

Columns Row(const TransferRow& r) {
  Columns c;
  c.Number(r.transfer.value()).Number(Value(r.kind)).Number(r.account.value());
  c.Number(r.from_subaccount).Number(r.to_subaccount).Number(r.amount.micros());
  c.Text(r.client_transfer_id.view()).Number(r.time.nanos()).Number(r.sequence_number.value());
  return c;
}

Columns Row(const LedgerEntry& r) {
  Columns c;
  c.Number(r.sequence_number.value()).Number(r.line).Number(r.ledger_account);
  c.Number(r.posting_kind).Number(r.amount.micros()).Number(r.market.value());
  c.Number(r.reference).Number(r.time.nanos());
  return c;
}

Columns Row(const CatalogueChange& r) {
  Columns c;
  c.Number(r.sequence_number.value()).Number(r.line).Number(r.time.nanos()).Text(r.change);
  c.Number(r.series.value()).Number(r.event.value()).Number(r.market.value()).Text(r.details);
  return c;
}

Columns Row(const OrderGroupRow& r) {
  Columns c;
  c.Number(r.order_group.value()).Number(r.account.value()).Number(r.subaccount);
  c.Number(r.limit.centis()).Flag(r.triggered).Number(r.create_time.nanos());
  c.Number(r.update_time.nanos()).Number(r.delete_time.nanos());
  c.Number(r.sequence_number.value());
  return c;
}

Columns Row(const OrderGroupEvent& r) {
  Columns c;
  c.Number(r.sequence_number.value()).Number(r.line).Number(r.time.nanos()).Text(r.change);
  c.Number(r.order_group.value()).Number(r.account.value()).Text(r.details);
  return c;
}

Columns Row(const PositionRow& r) {
  Columns c;
  c.Number(r.account.value()).Number(r.market.value()).Number(r.subaccount);
  c.Number(r.position.centis()).Number(r.exposure.micros()).Number(r.realized_pnl.micros());
  c.Number(r.fees_paid.micros()).Number(r.total_traded.micros()).Number(r.update_time.nanos());
  return c;
}

Columns Row(const BalanceRow& r) {
  Columns c;
  c.Number(r.account.value()).Number(r.subaccount).Number(r.cash.micros());
  c.Number(r.hold.micros());
  return c;
}

void AddPrices(Columns& c, const Ohlc& ohlc) {
  c.Number(ohlc.open.micros()).Number(ohlc.high.micros());
  c.Number(ohlc.low.micros()).Number(ohlc.close.micros());
}

Columns Row(const PeriodCandle& candle) {
  const CandleRow& r = candle.row;
  Columns c;
  c.Number(candle.period_minutes).Number(r.market.value()).Number(r.end_period_seconds);
  AddPrices(c, r.yes_bid);
  AddPrices(c, r.yes_ask);
  if (r.trade) {
    AddPrices(c, *r.trade);
  } else {
    c.Text("").Text("").Text("").Text("");
  }
  c.Number(r.trade_value.micros()).Text(r.previous ? std::to_string(r.previous->micros()) : "");
  c.Number(r.volume.centis()).Number(r.open_interest.centis());
  return c;
}

absl::Status Difference(const std::string& what) {
  return FailedPrecondition("journal and PostgreSQL differ: " + what);
}

// The first columns of a row, enough to find it.
std::string NameOf(const char* table, const std::vector<std::string>& names,
                   const std::vector<std::string>& values) {
  return absl::StrFormat("exchange.%s, row %s=%s %s=%s", table, names[0], values[0], names[1],
                         values[1]);
}

// Rows of a piece, both in the order of their first columns.
absl::Status CompareRows(const char* table, const char* columns,
                         const std::vector<Columns>& expected, const Result& found) {
  const std::vector<std::string> names = absl::StrSplit(columns, ", ");
  const int count = std::min(found.row_count(), static_cast<int>(expected.size()));
  for (int row = 0; row < count; ++row) {
    const std::vector<std::string>& values = expected[static_cast<std::size_t>(row)].values();
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string_view text = found.Text(row, static_cast<int>(i));
      if (text == values[i]) continue;
      return Difference(absl::StrFormat("%s: %s is \"%s\" in PostgreSQL, \"%s\" in the journal",
                                        NameOf(table, names, values), names[i], std::string(text),
                                        values[i]));
    }
  }
  if (static_cast<int>(expected.size()) > count) {
    return Difference(NameOf(table, names, expected[static_cast<std::size_t>(count)].values()) +
                      " is missing in PostgreSQL");
  }
  if (found.row_count() > count) {
    std::vector<std::string> values;
    for (int i = 0; i < 2; ++i) values.emplace_back(found.Text(count, i));
    return Difference(NameOf(table, names, values) + " is in PostgreSQL alone");
  }
  return absl::OkStatus();
}

template <class Rows>
std::vector<Columns> AllRows(const Rows& rows) {
  std::vector<Columns> columns;
  for (const auto& row : rows) columns.push_back(Row(row));
  return columns;
}

// The orders, balances, positions and candles that are still to be compared, and the comparison.
class Audit {
 public:
  // Order groups are compared from the record behind `order_groups_since`.
  Audit(Connection& connection, bool is_complete, SequenceNumber order_groups_since)
      : connection_(connection),
        is_complete_(is_complete),
        order_groups_since_(order_groups_since) {}

  absl::Status ComparePiece(const RowBatch& batch);
  absl::Status CompareRest();
  std::uint64_t row_count() const { return row_count_; }

 private:
  absl::Status Compare(const char* table, const char* columns, const std::string& condition,
                       const char* order, const Parameters& values,
                       const std::vector<Columns>& expected);
  // Rows whose key lies behind the last one that was compared, up to `last`.
  absl::Status CompareBehind(const char* table, const char* columns, const char* key,
                             const char* order, std::uint64_t first, std::uint64_t last,
                             const std::vector<Columns>& expected);
  absl::Status CompareOrders(const RowBatch& batch);
  absl::Status CompareOrderGroups(const RowBatch& batch);
  absl::Status CompareCandles(Timestamp finished_before);
  void Remember(const RowBatch& batch);
  absl::StatusOr<std::int64_t> Count(const std::string& sql);

  Connection& connection_;
  const bool is_complete_;
  const SequenceNumber order_groups_since_;
  std::uint64_t row_count_ = 0;
  std::uint64_t last_trade_ = 0;
  std::uint64_t last_transfer_ = 0;
  std::uint64_t first_order_ = 0;
  std::int64_t order_count_ = 0;
  std::int64_t bust_count_ = 0;
  std::map<OrderId, OrderRow> open_orders_;
  std::map<OrderGroupId, OrderGroupRow> order_groups_;
  std::map<std::pair<AccountId, SubaccountNumber>, BalanceRow> balances_;
  std::map<std::tuple<AccountId, MarketId, SubaccountNumber>, PositionRow> positions_;
  std::map<std::tuple<MarketId, std::int64_t, std::int64_t>, PeriodCandle> candles_;
};

absl::Status Audit::Compare(const char* table, const char* columns, const std::string& condition,
                            const char* order, const Parameters& values,
                            const std::vector<Columns>& expected) {
  EVX_ASSIGN_OR_RETURN(
      const Result found,
      connection_.Query(absl::StrFormat("SELECT %s FROM exchange.%s WHERE %s ORDER BY %s", columns,
                                        table, condition, order),
                        values));
  row_count_ += expected.size();
  return CompareRows(table, columns, expected, found);
}

absl::Status Audit::CompareBehind(const char* table, const char* columns, const char* key,
                                  const char* order, std::uint64_t first, std::uint64_t last,
                                  const std::vector<Columns>& expected) {
  return Compare(table, columns, absl::StrFormat("%s BETWEEN $1 AND $2", key), order,
                 Parameters().Add(first).Add(last), expected);
}

absl::Status Audit::ComparePiece(const RowBatch& batch) {
  if (!batch.trades.empty()) {
    const std::uint64_t last = batch.trades.back().trade_id.value();
    const std::uint64_t first =
        last_trade_ == 0 ? batch.trades.front().trade_id.value() : last_trade_ + 1;
    EVX_RETURN_IF_ERROR(CompareBehind("trades", kTradeFacts, "trade_id", "trade_id", first, last,
                                      AllRows(batch.trades)));
    std::vector<FillRow> fills = batch.fills;
    std::sort(fills.begin(), fills.end(), [](const FillRow& a, const FillRow& b) {
      return std::pair(a.trade_id, a.is_taker) < std::pair(b.trade_id, b.is_taker);
    });
    EVX_RETURN_IF_ERROR(CompareBehind("fills", kFillColumns, "trade_id", "trade_id, is_taker",
                                      first, last, AllRows(fills)));
    last_trade_ = last;
  }
  if (!batch.transfers.empty()) {
    const std::uint64_t last = batch.transfers.back().transfer.value();
    const std::uint64_t first =
        last_transfer_ == 0 ? batch.transfers.front().transfer.value() : last_transfer_ + 1;
    EVX_RETURN_IF_ERROR(CompareBehind("transfers", kTransferColumns, "transfer_id", "transfer_id",
                                      first, last, AllRows(batch.transfers)));
    last_transfer_ = last;
  }
  EVX_RETURN_IF_ERROR(CompareBehind("settlements", kSettlementColumns, "settlement_id",
                                    "settlement_id", batch.first.value() * kSettlementIdsPerRecord,
                                    (batch.last.value() + 1) * kSettlementIdsPerRecord - 1,
                                    AllRows(batch.settlements)));
  EVX_RETURN_IF_ERROR(CompareBehind("ledger_entries", kLedgerColumns, "sequence_number",
                                    "sequence_number, line", batch.first.value(),
                                    batch.last.value(), AllRows(batch.ledger_entries)));
  EVX_RETURN_IF_ERROR(CompareBehind("catalogue_history", kCatalogueColumns, "sequence_number",
                                    "sequence_number, line", batch.first.value(),
                                    batch.last.value(), AllRows(batch.catalogue_changes)));
  EVX_RETURN_IF_ERROR(CompareOrders(batch));
  EVX_RETURN_IF_ERROR(CompareOrderGroups(batch));
  Remember(batch);
  return CompareCandles(batch.last_time);
}

// Brings the open orders up to date and compares those that are finished.
absl::Status Audit::CompareOrders(const RowBatch& batch) {
  std::map<OrderId, OrderRow> finished;
  for (const OrderChange& change : batch.orders) {
    const OrderRow& delta = change.row;
    if (change.is_new) {
      if (first_order_ == 0) first_order_ = delta.order_id.value();
      ++order_count_;
      open_orders_[delta.order_id] = delta;
    } else {
      const auto found = open_orders_.find(delta.order_id);
      if (found == open_orders_.end()) continue;  // From before the first record.
      OrderRow& row = found->second;
      if (change.resized) row.initial_quantity = row.filled + delta.initial_quantity;
      row.filled += delta.filled;
      if (change.has_remaining) row.remaining = delta.remaining;
      row.taker_fill_cost += delta.taker_fill_cost;
      row.maker_fill_cost += delta.maker_fill_cost;
      row.taker_fees += delta.taker_fees;
      row.maker_fees += delta.maker_fees;
      if (change.amended) {
        row.price = delta.price;
        row.expiration = delta.expiration;
        row.client_order_id = delta.client_order_id;
      }
      row.status = delta.status;
      row.cancel_reason = delta.cancel_reason;
      row.update_time = delta.update_time;
      row.sequence_number = delta.sequence_number;
    }
    if (delta.status == OrderStatus::kResting) continue;
    finished.insert(open_orders_.extract(delta.order_id));
  }
  if (finished.empty()) return absl::OkStatus();
  std::vector<std::int64_t> ids;
  std::vector<Columns> expected;
  for (const auto& [order_id, row] : finished) {
    ids.push_back(static_cast<std::int64_t>(order_id.value()));
    expected.push_back(Row(row));
  }
  return Compare("orders", kOrderColumns, "order_id = ANY($1::BIGINT[])", "order_id",
                 Parameters().AddArray(ids), expected);
}

// Compares the history and brings the groups up to date.
absl::Status Audit::CompareOrderGroups(const RowBatch& batch) {
  const SequenceNumber first =
      std::max(batch.first, SequenceNumber(order_groups_since_.value() + 1));
  if (first > batch.last) return absl::OkStatus();
  std::vector<Columns> expected;
  for (const OrderGroupEvent& event : batch.order_group_events) {
    if (event.sequence_number >= first) expected.push_back(Row(event));
  }
  for (const OrderGroupChange& change : batch.order_groups) {
    const OrderGroupRow& delta = change.row;
    if (change.is_new) {
      // Created while the tables were not there yet.
      if (order_groups_since_ >= batch.first) continue;
      order_groups_[delta.order_group] = delta;
      continue;
    }
    const auto found = order_groups_.find(delta.order_group);
    if (found == order_groups_.end()) continue;  // From before the first record.
    OrderGroupRow& row = found->second;
    if (change.has_limit) row.limit = delta.limit;
    if (change.has_triggered) row.triggered = delta.triggered;
    row.delete_time = delta.delete_time;
    row.update_time = delta.update_time;
    row.sequence_number = delta.sequence_number;
  }
  return CompareBehind("order_group_history", kOrderGroupHistoryColumns, "sequence_number",
                       "sequence_number, line", first.value(), batch.last.value(), expected);
}

void Audit::Remember(const RowBatch& batch) {
  bust_count_ += static_cast<std::int64_t>(batch.busted_trades.size());
  for (const auto& [key, row] : batch.balances) balances_[key] = row;
  for (const PositionRow& row : batch.positions) {
    positions_[{row.account, row.market, row.subaccount}] = row;
  }
  if (!is_complete_) return;
  for (const auto& [key, row] : batch.candles) {
    candles_[{key.first.first, key.first.second, key.second}] = {key.first.second, row};
  }
}

// Candles whose period is over do not change any more.
absl::Status Audit::CompareCandles(Timestamp finished_before) {
  for (auto next = candles_.begin(); next != candles_.end();) {
    const auto [market, period, end] = next->first;
    if (end >= finished_before.seconds()) {
      ++next;
      continue;
    }
    EVX_RETURN_IF_ERROR(Compare("candles", kCandleColumns,
                                "market_id = $1 AND period_minutes = $2 "
                                "AND end_period_seconds = $3",
                                "market_id", Parameters().Add(market.value()).Add(period).Add(end),
                                {Row(next->second)}));
    next = candles_.erase(next);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::int64_t> Audit::Count(const std::string& sql) {
  EVX_ASSIGN_OR_RETURN(const Result rows, connection_.Query(sql));
  return rows.Integer(0, 0).value_or(-1);
}

// What can only be compared once the last record was read.
absl::Status Audit::CompareRest() {
  EVX_RETURN_IF_ERROR(
      CompareCandles(Timestamp::FromNanos(std::numeric_limits<std::int64_t>::max())));
  std::vector<Columns> resting;
  for (const auto& [order_id, row] : open_orders_) resting.push_back(Row(row));
  EVX_RETURN_IF_ERROR(Compare("orders", kOrderColumns, "order_status = 0 AND order_id >= $1",
                              "order_id", Parameters().Add(first_order_), resting));
  for (const auto& [id, row] : order_groups_) {
    EVX_RETURN_IF_ERROR(Compare("order_groups", kOrderGroupColumns, "order_group_id = $1",
                                "order_group_id", Parameters().Add(id.value()), {Row(row)}));
  }
  const auto check = [this](const char* what, const std::string& sql,
                            std::int64_t expected) -> absl::Status {
    EVX_ASSIGN_OR_RETURN(const std::int64_t found, Count(sql));
    if (found == expected) return absl::OkStatus();
    return Difference(
        absl::StrFormat("%s: %d in PostgreSQL, %d in the journal", what, found, expected));
  };
  if (first_order_ != 0) {
    EVX_RETURN_IF_ERROR(check(
        "number of orders",
        absl::StrFormat("SELECT count(*) FROM exchange.orders WHERE order_id >= %d", first_order_),
        order_count_));
  }
  if (is_complete_ || last_trade_ != 0) {
    EVX_RETURN_IF_ERROR(check(
        "trades behind the last",
        absl::StrFormat("SELECT count(*) FROM exchange.trades WHERE trade_id > %d", last_trade_),
        0));
  }
  if (is_complete_) {
    EVX_RETURN_IF_ERROR(
        check("busted trades", "SELECT count(*) FROM exchange.trades WHERE busted", bust_count_));
  }
  for (const auto& [key, row] : balances_) {
    EVX_RETURN_IF_ERROR(
        Compare("subaccounts", kBalanceColumns, "account_id = $1 AND subaccount = $2", "account_id",
                Parameters().Add(row.account.value()).Add(row.subaccount), {Row(row)}));
  }
  for (const auto& [key, row] : positions_) {
    EVX_RETURN_IF_ERROR(
        Compare("positions", kPositionColumns,
                "account_id = $1 AND market_id = $2 AND subaccount = $3", "account_id",
                Parameters().Add(row.account.value()).Add(row.market.value()).Add(row.subaccount),
                {Row(row)}));
  }
  EVX_RETURN_IF_ERROR(check("sum of the ledger",
                            "SELECT COALESCE(sum(amount_micros), 0)::BIGINT "
                            "FROM exchange.ledger_entries",
                            0));
  return check("subaccounts whose cash is not the sum of their entries",
               "SELECT count(*) FROM exchange.subaccounts s WHERE s.cash_micros <> COALESCE(("
               "SELECT sum(e.amount_micros) FROM exchange.ledger_entries e "
               "WHERE e.ledger_account_id = (s.account_id::BIGINT << 6) + s.subaccount), 0)",
               0);
}

}  // namespace

absl::StatusOr<AuditReport> AuditPostgres(journal::FileSystem& file_system,
                                          const std::string& directory,
                                          const postgres::ConnectOptions& connect) {
  EVX_ASSIGN_OR_RETURN(const auto connection, Connection::Connect(connect));
  // One picture of the database, however long this takes.
  EVX_RETURN_IF_ERROR(
      connection->Execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY"));
  EVX_ASSIGN_OR_RETURN(
      const Result place,
      connection->Query("SELECT sequence_number, base_sequence_number, order_groups_since "
                        "FROM exchange.follower WHERE name = $1",
                        Parameters().Add(PostgresWriter::kFollowerName)));
  if (place.row_count() == 0) return FailedPrecondition("the database holds no record yet");
  AuditReport report;
  report.last = SequenceNumber(static_cast<std::uint64_t>(place.Integer(0, 0).value_or(0)));
  report.base = SequenceNumber(static_cast<std::uint64_t>(place.Integer(0, 1).value_or(0)));
  EVX_ASSIGN_OR_RETURN(const std::optional<SequenceNumber> oldest,
                       OldestRecord(file_system, directory));
  if (!oldest) return Difference("the journal is empty");
  report.first = std::max(*oldest, SequenceNumber(report.base.value() + 1));

  const SequenceNumber order_groups_since(
      static_cast<std::uint64_t>(place.Integer(0, 2).value_or(0)));
  Audit audit(*connection, report.first == SequenceNumber(1), order_groups_since);
  RowFold fold;
  RowBatch batch;
  SequenceNumber seen;
  absl::Status status;
  const auto compare = [&](const journal::RecordView& record, const std::string&, std::uint64_t) {
    seen = record.sequence;
    status =
        fold.Add({record.sequence, record.time, record.meta, record.command, record.events}, batch);
    if (status.ok() && (batch.record_count >= kPieceRecordCount || seen == report.last)) {
      fold.Finish(batch);
      status = audit.ComparePiece(batch);
      batch.Clear();
    }
    return status.ok();
  };
  EVX_RETURN_IF_ERROR(
      journal::VisitRecords(file_system, directory, report.first, report.last, compare));
  EVX_RETURN_IF_ERROR(status);
  if (seen < report.last) {
    return Difference(absl::StrFormat("PostgreSQL has stored record %d, the journal ends at %d",
                                      report.last.value(), seen.value()));
  }
  EVX_RETURN_IF_ERROR(audit.CompareRest());
  report.row_count = audit.row_count();
  return report;
}

}  // namespace evx::mock_kalshi
