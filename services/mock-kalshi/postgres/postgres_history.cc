#include "postgres/postgres_history.h"

#include <span>
#include <string>
#include <utility>

#include "evx/core/status.h"
#include "postgres/postgres_row_reader.h"
#include "read_model/candles.h"

namespace evx::mock_kalshi {
namespace {

using postgres::Connection;
using postgres::Parameters;
using postgres::Result;

constexpr std::int64_t kHourMinutes = 60;

// Hours end on multiples of 3,600 seconds and include their end.
constexpr const char* kHourVolumes = R"sql(
SELECT t.market_id, (t.time_ns + 3599999999999) / 3600000000000 * 3600 AS end_seconds,
       sum(t.quantity_centis)::BIGINT
FROM exchange.trades t JOIN exchange.markets m USING (market_id)
WHERE m.settlement_time_ns = 0 AND t.time_ns > $1 AND t.time_ns <= $2 AND t.sequence_number <= $3
GROUP BY 1, 2)sql";
constexpr const char* kHourQuotes = R"sql(
SELECT c.market_id, c.end_period_seconds, c.bid_close_micros, c.ask_close_micros,
       COALESCE(c.trade_close_micros, c.previous_micros, 0)
FROM exchange.markets m CROSS JOIN LATERAL (
  (SELECT * FROM exchange.candles WHERE market_id = m.market_id AND period_minutes = 60
     AND end_period_seconds > $1 AND end_period_seconds <= $2)
  UNION ALL
  (SELECT * FROM exchange.candles WHERE market_id = m.market_id AND period_minutes = 60
     AND end_period_seconds <= $1 ORDER BY end_period_seconds DESC LIMIT 1)) c
WHERE m.settlement_time_ns = 0)sql";

// SELECT columns FROM exchange.table WHERE ... ORDER BY ... LIMIT ..., with the values apart. The
// number of different texts is small: each condition is there or not.
class Select {
 public:
  Select(const char* columns, const char* table, const char* condition)
      : table_(table),
        sql_(std::string("SELECT ") + columns + " FROM exchange." + table + " WHERE " + condition) {
  }

  Select& And(const char* before, std::int64_t value, const char* after = "") {
    parameters_.Add(value);
    return AndLast(before, after);
  }
  Select& AndMarkets(const std::vector<MarketId>& markets) {
    if (markets.empty()) return *this;
    if (markets.size() == 1) return And("market_id = ", markets.front().value());
    std::vector<std::int64_t> ids;
    for (const MarketId market : markets) ids.push_back(market.value());
    parameters_.AddArray(ids);
    return AndLast("market_id = ANY(", "::INTEGER[])");
  }
  Select& AndSide(const PositionArchive& archive) {
    std::vector<std::int64_t> kept;
    for (const MarketId market : archive.kept) kept.push_back(market.value());
    And(archive.archived ? "(close_time_ns < " : "(close_time_ns >= ", archive.cutoff.nanos());
    parameters_.AddArray(kept);
    sql_.append(archive.archived ? " AND market_id <> ALL($" : " OR market_id = ANY($");
    sql_.append(std::to_string(parameters_.size())).append("::INTEGER[]))");
    return *this;
  }
  Select& AndSubaccount(const std::optional<SubaccountNumber>& subaccount) {
    return subaccount ? And("subaccount = ", *subaccount) : *this;
  }
  // Also the mark that stood then; the first two values are account and subaccount.
  Select& AndFromMark(Timestamp time) {
    return And(
        "time_ns >= COALESCE((SELECT max(time_ns) FROM exchange.marks WHERE account_id = $1 "
        "AND subaccount = $2 AND time_ns <= ",
        time.nanos(), "), 0)");
  }
  Select& AndTimes(const char* from, const std::optional<Timestamp>& min_time, const char* to,
                   const std::optional<Timestamp>& max_time) {
    if (min_time) And(from, min_time->nanos());
    if (max_time) And(to, max_time->nanos());
    return *this;
  }
  template <class Key>
  Select& AndBefore(const char* comparison, const std::optional<Key>& before) {
    return before ? And(comparison, static_cast<std::int64_t>(before->value())) : *this;
  }
  Select& Ordered(const char* order, std::uint32_t limit) {
    parameters_.Add(limit);
    sql_.append(" ORDER BY ").append(order).append(" LIMIT $");
    sql_.append(std::to_string(parameters_.size()));
    return *this;
  }

  Select& Then(const char* text) {
    sql_.append(text);
    return *this;
  }

  // All rows, each read by `read`.
  template <class Row>
  absl::StatusOr<std::vector<Row>> Run(postgres::Pool& pool,
                                       Row (*read)(PostgresRowReader&)) const {
    absl::StatusOr<Result> result =
        pool.Run([this](Connection& connection) { return connection.Query(sql_, parameters_); });
    if (!result.ok()) return Unavailable("the history is away: " + MessageOf(result.status()));
    std::vector<Row> rows;
    rows.reserve(static_cast<std::size_t>(result->row_count()));
    for (int i = 0; i < result->row_count(); ++i) {
      PostgresRowReader reader(*result, i, table_);
      rows.push_back(read(reader));
      if (!reader.status().ok()) return Unavailable(MessageOf(reader.status()));
    }
    return rows;
  }

 private:
  Select& AndLast(const char* before, const char* after) {
    sql_.append(" AND ").append(before).append("$").append(std::to_string(parameters_.size()));
    sql_.append(after);
    return *this;
  }

  const char* table_;
  std::string sql_;
  Parameters parameters_;
};

template <class Row>
absl::StatusOr<std::optional<Row>> First(absl::StatusOr<std::vector<Row>> rows) {
  if (!rows.ok()) return rows.status();
  return rows->empty() ? std::optional<Row>() : std::optional<Row>(std::move(rows->front()));
}

}  // namespace

absl::StatusOr<std::optional<OrderRow>> PostgresHistory::FindOrder(AccountId account,
                                                                   OrderId order_id) const {
  return First(Select(kOrderColumns, "orders", "order_status <> 0")
                   .And("order_id = ", static_cast<std::int64_t>(order_id.value()))
                   .And("account_id = ", account.value())
                   .Run(pool_, ReadOrder));
}

absl::StatusOr<std::optional<TradeRow>> PostgresHistory::FindTrade(TradeId trade_id) const {
  return First(Select(kTradeColumns, "trades", "TRUE")
                   .And("trade_id = ", static_cast<std::int64_t>(trade_id.value()))
                   .Run(pool_, ReadTrade));
}

absl::StatusOr<std::vector<FillRow>> PostgresHistory::FindFills(TradeId trade_id) const {
  return Select(kFillColumns, "fills", "TRUE")
      .And("trade_id = ", static_cast<std::int64_t>(trade_id.value()))
      .Run(pool_, ReadFill);
}

absl::StatusOr<std::vector<OrderRow>> PostgresHistory::ListOrders(const OrderQuery& query) const {
  Select select(kOrderColumns, "orders", "order_status <> 0");
  select.And("account_id = ", query.account.value())
      .AndSubaccount(query.subaccount)
      .AndMarkets(query.markets)
      .AndTimes("create_time_ns >= ", query.min_time, "create_time_ns <= ", query.max_time)
      .AndTimes("update_time_ns >= ", query.min_finish_time,
                "update_time_ns <= ", query.max_finish_time)
      .AndBefore("order_id < ", query.before);
  if (query.status) select.And("order_status = ", static_cast<std::int64_t>(*query.status));
  return select.Ordered("order_id DESC", query.limit).Run(pool_, ReadOrder);
}

absl::StatusOr<std::vector<FillRow>> PostgresHistory::ListFills(const FillQuery& query) const {
  Select select(kFillColumns, "fills", "TRUE");
  if (query.account) {
    select.And("account_id = ", query.account.value());
  } else if (!query.markets.empty() && !query.order_id && !query.subaccount) {
    // Fills have no index by market, their trades do.
    select.Then(" AND trade_id IN (SELECT trade_id FROM exchange.trades WHERE TRUE")
        .AndMarkets(query.markets)
        .AndTimes("time_ns >= ", query.min_time, "time_ns <= ", query.max_time)
        .AndBefore("trade_id < ", query.before)
        .Ordered("trade_id DESC", query.limit)
        .Then(")");
  }
  select.AndSubaccount(query.subaccount)
      .AndMarkets(query.markets)
      .AndTimes("time_ns >= ", query.min_time, "time_ns <= ", query.max_time)
      .AndBefore("trade_id < ", query.before);
  if (query.order_id) {
    select.And("order_id = ", static_cast<std::int64_t>(query.order_id->value()));
  }
  const char* const order = query.account ? "trade_id DESC" : "trade_id DESC, is_taker DESC";
  return select.Ordered(order, query.limit).Run(pool_, ReadFill);
}

absl::StatusOr<std::vector<TradeRow>> PostgresHistory::ListTrades(const TradeQuery& query) const {
  return Select(kTradeColumns, "trades", "TRUE")
      .AndMarkets(query.markets)
      .AndTimes("time_ns >= ", query.min_time, "time_ns <= ", query.max_time)
      .AndBefore("trade_id < ", query.before)
      .Ordered("trade_id DESC", query.limit)
      .Run(pool_, ReadTrade);
}

absl::StatusOr<std::vector<SettlementRow>> PostgresHistory::ListSettlements(
    const SettlementQuery& query) const {
  Select select(kSettlementColumns, "settlements", "TRUE");
  select.And("account_id = ", query.account.value())
      .AndSubaccount(query.subaccount)
      .AndMarkets(query.markets)
      .AndTimes("time_ns >= ", query.min_time, "time_ns <= ", query.max_time);
  if (query.before) select.And("settlement_id < ", static_cast<std::int64_t>(*query.before));
  return select.Ordered("settlement_id DESC", query.limit).Run(pool_, ReadSettlement);
}

absl::StatusOr<std::vector<TransferRow>> PostgresHistory::ListTransfers(
    const TransferQuery& query) const {
  return Select(kTransferColumns, "transfers", "TRUE")
      .And("account_id = ", query.account.value())
      .And("transfer_kind = ", static_cast<std::int64_t>(query.kind))
      .AndBefore("transfer_id < ", query.before)
      .Ordered("transfer_id DESC", query.limit)
      .Run(pool_, ReadTransfer);
}

absl::StatusOr<std::vector<ClosedPositionRow>> PostgresHistory::ListClosedPositions(
    const ClosedPositionQuery& query) const {
  Select select(kClosedPositionColumns, "positions", "close_time_ns <> 0");
  select.And("account_id = ", query.account.value())
      .AndSubaccount(query.subaccount)
      .AndMarkets(query.markets);
  if (query.archive) select.AndSide(*query.archive);
  if (query.before) {
    // One number orders as (market, subaccount) does.
    select.And("market_id <= ", query.before->first.value())
        .And("(market_id::BIGINT << 6) + subaccount < ",
             (static_cast<std::int64_t>(query.before->first.value()) << 6) + query.before->second);
  }
  return select.Ordered("market_id DESC, subaccount DESC", query.limit)
      .Run(pool_, ReadClosedPosition);
}

absl::StatusOr<std::vector<MarkRow>> PostgresHistory::ListMarks(const MarkQuery& query) const {
  Select select(kMarkColumns, "marks", "TRUE");
  select.And("account_id = ", query.account.value()).And("subaccount = ", query.subaccount);
  if (query.after) {
    select.And("time_ns > ", query.after->nanos());
  } else {
    select.AndFromMark(query.min_time);
  }
  if (query.max_time) select.And("time_ns <= ", query.max_time->nanos());
  return select.Ordered("time_ns", query.limit).Run(pool_, ReadMark);
}

absl::StatusOr<std::vector<MarketHour>> PostgresHistory::ReadHours(SequenceNumber base,
                                                                   Timestamp time) const {
  constexpr absl::Duration kKept = absl::Hours(26);
  const Timestamp from = Timestamp::FromSeconds(PeriodEnd(time + -kKept, kHourMinutes));
  const auto read = [&](Connection& connection) -> absl::StatusOr<std::vector<MarketHour>> {
    std::vector<MarketHour> hours;
    EVX_ASSIGN_OR_RETURN(
        const Result volumes,
        connection.Query(kHourVolumes,
                         Parameters().Add(from.nanos()).Add(time.nanos()).Add(base.value())));
    for (int i = 0; i < volumes.row_count(); ++i) {
      PostgresRowReader reader(volumes, i, "trades");
      MarketHour& hour = hours.emplace_back();
      hour.market = reader.Number<MarketId>();
      hour.end = Timestamp::FromSeconds(reader.Integer());
      hour.volume = reader.Contracts();
      EVX_RETURN_IF_ERROR(reader.status());
    }
    EVX_ASSIGN_OR_RETURN(
        const Result quotes,
        connection.Query(kHourQuotes,
                         Parameters().Add(from.seconds()).Add(PeriodEnd(time, kHourMinutes))));
    for (int i = 0; i < quotes.row_count(); ++i) {
      PostgresRowReader reader(quotes, i, "candles");
      MarketHour& hour = hours.emplace_back();
      hour.market = reader.Number<MarketId>();
      hour.end = Timestamp::FromSeconds(reader.Integer());
      hour.has_quote = true;
      hour.bid = reader.YesPrice();
      hour.ask = reader.YesPrice();
      hour.last_price = reader.YesPrice();
      EVX_RETURN_IF_ERROR(reader.status());
    }
    return hours;
  };
  auto hours = pool_.Run(read);
  if (hours.ok()) return hours;
  return Unavailable("the history is away: " + MessageOf(hours.status()));
}

absl::StatusOr<KnownCandles> PostgresHistory::ReadCandles(const CandleQuery& query) const {
  const std::string rows_sql =
      std::string("SELECT ") + kCandleColumns +
      " FROM exchange.candles WHERE market_id = $1 AND period_minutes = $2 "
      "AND end_period_seconds <= $4 AND end_period_seconds >= COALESCE((SELECT "
      "max(end_period_seconds) FROM exchange.candles WHERE market_id = $1 "
      "AND period_minutes = $2 AND end_period_seconds <= $3), 0) "
      "ORDER BY end_period_seconds LIMIT $5";
  const Parameters values = Parameters()
                                .Add(query.market.value())
                                .Add(query.period_minutes)
                                .Add(query.min_end_seconds)
                                .Add(query.max_end_seconds)
                                .Add(query.limit + 1);
  const auto read = [&](Connection& connection) -> absl::StatusOr<KnownCandles> {
    KnownCandles known;
    EVX_ASSIGN_OR_RETURN(const Result rows, connection.Query(rows_sql, values));
    for (int i = 0; i < rows.row_count(); ++i) {
      PostgresRowReader reader(rows, i, "candles");
      known.rows.push_back(ReadCandle(reader).row);
      EVX_RETURN_IF_ERROR(reader.status());
    }
    EVX_ASSIGN_OR_RETURN(const Result times,
                         connection.Query("SELECT COALESCE(m.settlement_time_ns, 0), f.time_ns "
                                          "FROM exchange.follower f "
                                          "LEFT JOIN exchange.markets m ON m.market_id = $1",
                                          Parameters().Add(query.market.value())));
    if (times.row_count() == 0) return known;
    const Timestamp settled = Timestamp::FromNanos(times.Integer(0, 0).value_or(0));
    known.settled = static_cast<bool>(settled);
    known.until = settled ? settled : Timestamp::FromNanos(times.Integer(0, 1).value_or(0));
    return known;
  };
  absl::StatusOr<KnownCandles> known = pool_.Run(read);
  if (known.ok()) return known;
  return Unavailable("the history is away: " + MessageOf(known.status()));
}

}  // namespace evx::mock_kalshi
