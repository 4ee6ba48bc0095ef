#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/postgres/pool.h"
#include "read_model/candle_store.h"
#include "read_model/history.h"

namespace evx::mock_kalshi {

// The history as the follower has stored it. Pages go by key over an index, so a page costs its
// rows however long the history is, and stays right while rows are added. Thread-safe: each call
// takes a session of the pool. Errors are UNAVAILABLE whatever the cause; the message names it.
class PostgresHistory final : public History {
 public:
  // `pool` must outlive this.
  explicit PostgresHistory(postgres::Pool& pool) : pool_(pool) {}

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

  // Candles as stored, without the gaps filled.
  // What the unsettled markets did up to record `base` in the day and two hours before `time`, and
  // their last quotes from before that.
  absl::StatusOr<std::vector<MarketHour>> ReadHours(SequenceNumber base, Timestamp time) const;

  absl::StatusOr<KnownCandles> ReadCandles(const CandleQuery& query) const;

 private:
  postgres::Pool& pool_;
};

}  // namespace evx::mock_kalshi
