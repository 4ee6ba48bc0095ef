#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/core/ids.h"
#include "postgres/postgres_history.h"
#include "read_model/candle_store.h"
#include "read_model/history.h"
#include "read_model/memory_history.h"

namespace evx::mock_kalshi {

// The history a client sees: what is in memory, which includes everything that PostgreSQL has not
// stored yet, and PostgreSQL, without doubles. So a client always reads its own writes.
//
// Memory is read first: a row that leaves it meanwhile has already been stored. PostgreSQL away: a
// page that memory is known to hold completely is answered, any other is UNAVAILABLE naming the
// cause. The same when PostgreSQL is so far behind that unstored rows no longer fit in memory.
// Thread-safe.
class MergedHistory final : public History {
 public:
  // `stored` is the follower's last stored record. All must outlive this.
  MergedHistory(const MemoryHistory& memory, const PostgresHistory& postgres,
                std::function<SequenceNumber()> stored)
      : memory_(memory), postgres_(postgres), stored_(std::move(stored)) {}

  absl::StatusOr<std::optional<OrderRow>> FindOrder(AccountId account,
                                                    OrderId order_id) const override;
  absl::StatusOr<std::optional<TradeRow>> FindTrade(TradeId trade_id) const override;
  absl::StatusOr<std::vector<FillRow>> FindFills(TradeId trade_id) const override;
  absl::StatusOr<std::vector<OrderRow>> ListOrders(const OrderQuery& query) const override;
  absl::StatusOr<std::vector<FillRow>> ListFills(const FillQuery& query) const override;
  absl::StatusOr<std::vector<TradeRow>> ListTrades(const TradeQuery& query) const override;
  absl::StatusOr<std::vector<SettlementRow>> ListSettlements(
      const SettlementQuery& query) const override;
  absl::StatusOr<std::vector<TransferRow>> ListTransfers(const TransferQuery& query) const override;
  absl::StatusOr<std::vector<ClosedPositionRow>> ListClosedPositions(
      const ClosedPositionQuery& query) const override;
  absl::StatusOr<std::vector<MarkRow>> ListMarks(const MarkQuery& query) const override;

 private:
  // Rows that are in neither place lie between them.
  absl::Status CheckNoGap(SequenceNumber stored_before) const;
  template <class Key, class Row, class Query>
  absl::StatusOr<std::vector<Row>> Merge(
      const Query& query, absl::StatusOr<std::vector<Row>> (History::*list)(const Query&) const,
      Coverage<Key> (MemoryHistory::*coverage)() const, Key (*key_of)(const Row&)) const;

  const MemoryHistory& memory_;
  const PostgresHistory& postgres_;
  const std::function<SequenceNumber()> stored_;
};

// Candles from memory where it knows them exactly, from PostgreSQL before that. Thread-safe.
class MergedCandles final : public CandleHistory {
 public:
  MergedCandles(const CandleStore& memory, const PostgresHistory& postgres)
      : memory_(memory), postgres_(postgres) {}

  absl::StatusOr<std::vector<CandleRow>> ListCandles(const CandleQuery& query) const override;

 private:
  const CandleStore& memory_;
  const PostgresHistory& postgres_;
};

}  // namespace evx::mock_kalshi
