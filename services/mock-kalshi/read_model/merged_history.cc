#include "read_model/merged_history.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::mock_kalshi {
namespace {

// Both newest first; where both have a key, `memory` wins.
template <class Key, class Row>
std::vector<Row> MergeRows(std::vector<Row> memory, std::vector<Row> stored, std::size_t limit,
                           Key (*key_of)(const Row&)) {
  std::vector<Row> rows;
  auto a = memory.begin();
  auto b = stored.begin();
  while (rows.size() < limit && (a != memory.end() || b != stored.end())) {
    if (b == stored.end() || (a != memory.end() && key_of(*a) >= key_of(*b))) {
      if (b != stored.end() && key_of(*a) == key_of(*b)) ++b;
      rows.push_back(std::move(*a++));
    } else {
      rows.push_back(std::move(*b++));
    }
  }
  return rows;
}

// One page of both, or why there is none: then memory does when it has all of the page.
template <class Key, class Row, class IsCovered>
absl::StatusOr<std::vector<Row>> MergeWithStored(std::vector<Row> memory,
                                                 absl::StatusOr<std::vector<Row>> stored,
                                                 const absl::Status& gap, std::size_t limit,
                                                 Key (*key_of)(const Row&), IsCovered is_covered) {
  if (stored.ok() && gap.ok()) {
    return MergeRows(std::move(memory), *std::move(stored), limit, key_of);
  }
  const auto end = std::find_if_not(memory.begin(), memory.end(), is_covered);
  if (static_cast<std::size_t>(end - memory.begin()) >= limit) return memory;
  return stored.ok() ? gap : stored.status();
}

OrderId KeyOf(const OrderRow& row) { return row.order_id; }
TradeId KeyOf(const FillRow& row) { return row.trade_id; }
// Of all accounts a trade has two.
std::pair<TradeId, bool> KeyOfAny(const FillRow& row) { return {row.trade_id, row.is_taker}; }
TradeId KeyOf(const TradeRow& row) { return row.trade_id; }
std::uint64_t KeyOf(const SettlementRow& row) { return row.settlement_id; }
TransferId KeyOf(const TransferRow& row) { return row.transfer; }
std::pair<MarketId, SubaccountNumber> KeyOf(const ClosedPositionRow& row) {
  return {row.market, row.subaccount};
}

}  // namespace

absl::Status MergedHistory::CheckNoGap(SequenceNumber stored_before) const {
  const SequenceNumber since = memory_.complete_since();
  if (since.value() <= stored_before.value() + 1) return absl::OkStatus();
  return Unavailable(absl::StrFormat(
      "the history is incomplete: PostgreSQL has stored records up to %d, memory begins at %d",
      stored_before.value(), since.value()));
}

template <class Key, class Row, class Query>
absl::StatusOr<std::vector<Row>> MergedHistory::Merge(
    const Query& query, absl::StatusOr<std::vector<Row>> (History::*list)(const Query&) const,
    Coverage<Key> (MemoryHistory::*coverage)() const, Key (*key_of)(const Row&)) const {
  const SequenceNumber stored_before = stored_();
  EVX_ASSIGN_OR_RETURN(std::vector<Row> memory, (memory_.*list)(query));
  // Coverage only shrinks: what it includes now was there when the rows were read.
  const Coverage<Key> covered = (memory_.*coverage)();
  if (covered.everything()) return memory;
  const absl::Status gap = CheckNoGap(stored_before);
  return MergeWithStored(std::move(memory), (postgres_.*list)(query), gap, query.limit, key_of,
                         [&](const Row& row) { return covered.Includes(key_of(row)); });
}

absl::StatusOr<std::optional<OrderRow>> MergedHistory::FindOrder(AccountId account,
                                                                 OrderId order_id) const {
  const SequenceNumber stored_before = stored_();
  EVX_ASSIGN_OR_RETURN(std::optional<OrderRow> row, memory_.FindOrder(account, order_id));
  if (row || memory_.order_coverage().Includes(order_id)) return row;
  EVX_ASSIGN_OR_RETURN(row, postgres_.FindOrder(account, order_id));
  if (!row) EVX_RETURN_IF_ERROR(CheckNoGap(stored_before));
  return row;
}

absl::StatusOr<std::optional<TradeRow>> MergedHistory::FindTrade(TradeId trade_id) const {
  const SequenceNumber stored_before = stored_();
  EVX_ASSIGN_OR_RETURN(std::optional<TradeRow> row, memory_.FindTrade(trade_id));
  if (row || memory_.trade_coverage().Includes(trade_id)) return row;
  EVX_ASSIGN_OR_RETURN(row, postgres_.FindTrade(trade_id));
  if (!row) EVX_RETURN_IF_ERROR(CheckNoGap(stored_before));
  return row;
}

absl::StatusOr<std::vector<FillRow>> MergedHistory::FindFills(TradeId trade_id) const {
  constexpr std::size_t kFillsPerTrade = 2;
  const SequenceNumber stored_before = stored_();
  EVX_ASSIGN_OR_RETURN(std::vector<FillRow> rows, memory_.FindFills(trade_id));
  if (rows.size() == kFillsPerTrade || memory_.fill_coverage().Includes(trade_id)) return rows;
  EVX_ASSIGN_OR_RETURN(rows, postgres_.FindFills(trade_id));
  if (rows.size() < kFillsPerTrade) EVX_RETURN_IF_ERROR(CheckNoGap(stored_before));
  return rows;
}

absl::StatusOr<std::vector<OrderRow>> MergedHistory::ListOrders(const OrderQuery& query) const {
  return Merge<OrderId, OrderRow>(query, &History::ListOrders, &MemoryHistory::order_coverage,
                                  KeyOf);
}

absl::StatusOr<std::vector<FillRow>> MergedHistory::ListFills(const FillQuery& query) const {
  if (query.account) {
    return Merge<TradeId, FillRow>(query, &History::ListFills, &MemoryHistory::fill_coverage,
                                   KeyOf);
  }
  // As Merge, where memory may have one of a trade's two fills only.
  const SequenceNumber stored_before = stored_();
  EVX_ASSIGN_OR_RETURN(std::vector<FillRow> memory, memory_.ListFills(query));
  const Coverage<TradeId> covered = memory_.fill_coverage();
  if (covered.everything()) return memory;
  const absl::Status gap = CheckNoGap(stored_before);
  return MergeWithStored(std::move(memory), postgres_.ListFills(query), gap, query.limit, KeyOfAny,
                         [&](const FillRow& row) { return covered.Includes(row.trade_id); });
}

absl::StatusOr<std::vector<TradeRow>> MergedHistory::ListTrades(const TradeQuery& query) const {
  return Merge<TradeId, TradeRow>(query, &History::ListTrades, &MemoryHistory::trade_coverage,
                                  KeyOf);
}

absl::StatusOr<std::vector<SettlementRow>> MergedHistory::ListSettlements(
    const SettlementQuery& query) const {
  return Merge<std::uint64_t, SettlementRow>(query, &History::ListSettlements,
                                             &MemoryHistory::settlement_coverage, KeyOf);
}

absl::StatusOr<std::vector<TransferRow>> MergedHistory::ListTransfers(
    const TransferQuery& query) const {
  return Merge<TransferId, TransferRow>(query, &History::ListTransfers,
                                        &MemoryHistory::transfer_coverage, KeyOf);
}

absl::StatusOr<std::vector<ClosedPositionRow>> MergedHistory::ListClosedPositions(
    const ClosedPositionQuery& query) const {
  return Merge<std::pair<MarketId, SubaccountNumber>, ClosedPositionRow>(
      query, &History::ListClosedPositions, &MemoryHistory::closed_position_coverage, KeyOf);
}

absl::StatusOr<std::vector<MarkRow>> MergedHistory::ListMarks(const MarkQuery& query) const {
  return postgres_.ListMarks(query);
}

absl::StatusOr<std::vector<CandleRow>> MergedCandles::ListCandles(const CandleQuery& query) const {
  KnownCandles memory = memory_.Read(query);
  if (memory.complete_from_seconds == 0) return FillCandles(query, memory.rows, memory.until);
  absl::StatusOr<KnownCandles> stored = postgres_.ReadCandles(query);
  if (!stored.ok()) {
    // Memory suffices when it has what stands at the start of the range.
    const bool suffices = query.min_end_seconds >= memory.complete_from_seconds &&
                          !memory.rows.empty() &&
                          memory.rows.front().end_period_seconds <= query.min_end_seconds;
    if (!suffices) return stored.status();
    return FillCandles(query, memory.rows, memory.until);
  }
  std::vector<CandleRow> rows;
  for (const CandleRow& row : stored->rows) {
    if (row.end_period_seconds < memory.complete_from_seconds) rows.push_back(row);
  }
  for (const CandleRow& row : memory.rows) {
    if (row.end_period_seconds >= memory.complete_from_seconds) rows.push_back(row);
  }
  const bool is_settled_in_store = stored->settled && !memory.settled;
  return FillCandles(query, rows, is_settled_in_store ? stored->until : memory.until);
}

}  // namespace evx::mock_kalshi
