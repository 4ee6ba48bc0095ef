#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <unordered_map>
#include <vector>

#include "read_model/history.h"
#include "read_model/read_model.h"
#include "read_model/row_store.h"

namespace evx::mock_kalshi {

// The bounded store of finished rows in memory: all the history there is without PostgreSQL, and
// with it the rows that PostgreSQL has not stored yet.
//
// Keeps at most `row_count_max` rows of each kind and drops the oldest beyond that. ForgetThrough
// drops what PostgreSQL holds, but for the newest kKeptRowCount rows of each kind, so that recent
// history can be read while PostgreSQL is away. complete_since() tells from which record on nothing
// is missing, the coverages of which keys.
// Thread-safe; written by the release thread.
class MemoryHistory final : public History {
 public:
  static constexpr std::size_t kKeptRowCount = 20'000;

  explicit MemoryHistory(std::size_t row_count_max);

  // The state was loaded as it stood at `time` after record `base`: older rows are missing.
  void StartBehind(SequenceNumber base, Timestamp time);

  // The sink of ReadModel::set_finished_sink.
  void Add(const FinishedRows& rows);

  void ForgetThrough(SequenceNumber stored);
  // Every row of this or a later record is here; 1 when nothing was ever dropped for want of room.
  SequenceNumber complete_since() const;

  Coverage<OrderId> order_coverage() const;
  Coverage<TradeId> fill_coverage() const;
  Coverage<TradeId> trade_coverage() const;
  Coverage<std::uint64_t> settlement_coverage() const;
  Coverage<TransferId> transfer_coverage() const;
  Coverage<std::pair<MarketId, SubaccountNumber>> closed_position_coverage() const;

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
  // Stands for every market: all trades are also kept under it.
  static constexpr MarketId kAllMarkets{0};

  mutable std::shared_mutex mutex_;
  Timestamp base_time_;
  RowStore<AccountId, OrderId, OrderRow> orders_;
  RowStore<AccountId, TradeId, FillRow> fills_;
  RowStore<MarketId, TradeId, TradeRow> trades_;
  RowStore<AccountId, std::uint64_t, SettlementRow> settlements_;
  RowStore<AccountId, TransferId, TransferRow> transfers_;
  RowStore<AccountId, std::pair<MarketId, SubaccountNumber>, ClosedPositionRow> closed_positions_;
};

}  // namespace evx::mock_kalshi
