#include "read_model/memory_history.h"

#include <algorithm>
#include <utility>

#include "evx/core/status.h"

namespace evx::mock_kalshi {
namespace {

bool Contains(const std::vector<MarketId>& markets, MarketId market) {
  return markets.empty() || std::find(markets.begin(), markets.end(), market) != markets.end();
}

bool IsWithin(Timestamp time, const std::optional<Timestamp>& min_time,
              const std::optional<Timestamp>& max_time) {
  return (!min_time || time >= *min_time) && (!max_time || time <= *max_time);
}

template <class T>
bool Matches(const std::optional<T>& wanted, const T& value) {
  return !wanted || *wanted == value;
}

bool IsOnSide(const std::optional<PositionArchive>& archive, const ClosedPositionRow& row) {
  if (!archive) return true;
  const auto& kept = archive->kept;
  const bool archived =
      row.time < archive->cutoff && std::find(kept.begin(), kept.end(), row.market) == kept.end();
  return archived == archive->archived;
}

// The newest fills of all that are shown to it, of each trade the taker's first.
class NewestFills {
 public:
  explicit NewestFills(std::uint32_t limit) : limit_(limit) {}

  // False: the row and all older ones are of no interest.
  bool MayTake(const FillRow& row) const { return row.trade_id >= oldest_; }
  void Add(const FillRow& row) {
    rows_.push_back(row);
    if (rows_.size() >= kSlack * limit_) Trim();
  }
  std::vector<FillRow> Take() {
    Trim();
    return std::move(rows_);
  }

 private:
  static constexpr std::size_t kSlack = 4;  // Limits that are collected before they are sorted.

  void Trim() {
    std::sort(rows_.begin(), rows_.end(), [](const FillRow& a, const FillRow& b) {
      return std::pair(a.trade_id, a.is_taker) > std::pair(b.trade_id, b.is_taker);
    });
    if (rows_.size() < limit_) return;
    rows_.resize(limit_);
    oldest_ = rows_.back().trade_id;
  }

  const std::size_t limit_;
  std::vector<FillRow> rows_;
  TradeId oldest_;  // Of the rows that stay; zero: all may.
};

// Collects up to `limit` rows that pass `keep`, newest first.
template <class Row, class Store, class Owner, class Key, class Keep>
std::vector<Row> Collect(const Store& store, Owner owner, const std::optional<Key>& before,
                         std::uint32_t limit, Keep&& keep) {
  std::vector<Row> rows;
  store.Visit(owner, before, [&](const Row& row) {
    if (keep(row)) rows.push_back(row);
    return rows.size() < limit;
  });
  return rows;
}

}  // namespace

MemoryHistory::MemoryHistory(std::size_t row_count_max)
    : orders_(row_count_max),
      fills_(row_count_max),
      trades_(2 * row_count_max),
      settlements_(row_count_max),
      transfers_(row_count_max),
      closed_positions_(row_count_max) {}

void MemoryHistory::StartBehind(SequenceNumber base, Timestamp time) {
  const std::unique_lock lock(mutex_);
  const SequenceNumber first(base.value() + 1);
  base_time_ = time;
  orders_.StartIncomplete(first);
  fills_.StartIncomplete(first);
  trades_.StartIncomplete(first);
  settlements_.StartIncomplete(first);
  transfers_.StartIncomplete(first);
  closed_positions_.StartIncomplete(first);
}

void MemoryHistory::Add(const FinishedRows& rows) {
  const std::unique_lock lock(mutex_);
  for (const OrderRow& row : rows.orders) {
    // Order ids rise as orders are accepted, not as they finish.
    if (row.create_time > base_time_) orders_.SetCompleteAbove(row.order_id);
    orders_.Add(row.account, row.order_id, row);
  }
  for (const FillRow& row : rows.fills) {
    fills_.SetCompleteAbove(row.trade_id);
    fills_.Add(row.account, row.trade_id, row);
  }
  for (const TradeRow& row : rows.trades) {
    trades_.SetCompleteAbove(row.trade_id);
    trades_.Add(row.market, row.trade_id, row);
    trades_.Add(kAllMarkets, row.trade_id, row);
  }
  for (const SettlementRow& row : rows.settlements) {
    settlements_.SetCompleteAbove(row.settlement_id);
    settlements_.Add(row.account, row.settlement_id, row);
  }
  for (const TransferRow& row : rows.transfers) {
    transfers_.SetCompleteAbove(row.transfer);
    transfers_.Add(row.account, row.transfer, row);
  }
  for (const ClosedPositionRow& row : rows.closed_positions) {
    closed_positions_.Add(row.account, {row.market, row.subaccount}, row);
  }
  for (const TradeId trade_id : rows.busted_trades) {
    TradeRow* trade = trades_.Find(kAllMarkets, trade_id);
    if (trade == nullptr) continue;
    trade->busted = true;
    if (TradeRow* by_market = trades_.Find(trade->market, trade_id)) by_market->busted = true;
  }
}

void MemoryHistory::ForgetThrough(SequenceNumber stored) {
  const std::unique_lock lock(mutex_);
  orders_.ForgetThrough(stored, kKeptRowCount);
  fills_.ForgetThrough(stored, kKeptRowCount);
  trades_.ForgetThrough(stored, 2 * kKeptRowCount);
  settlements_.ForgetThrough(stored, kKeptRowCount);
  transfers_.ForgetThrough(stored, kKeptRowCount);
  closed_positions_.ForgetThrough(stored, kKeptRowCount);
}

SequenceNumber MemoryHistory::complete_since() const {
  const std::shared_lock lock(mutex_);
  return std::max({orders_.complete_since(), fills_.complete_since(), trades_.complete_since(),
                   settlements_.complete_since(), transfers_.complete_since(),
                   closed_positions_.complete_since()});
}

Coverage<OrderId> MemoryHistory::order_coverage() const {
  const std::shared_lock lock(mutex_);
  return orders_.coverage();
}

Coverage<TradeId> MemoryHistory::fill_coverage() const {
  const std::shared_lock lock(mutex_);
  return fills_.coverage();
}

Coverage<TradeId> MemoryHistory::trade_coverage() const {
  const std::shared_lock lock(mutex_);
  return trades_.coverage();
}

Coverage<std::uint64_t> MemoryHistory::settlement_coverage() const {
  const std::shared_lock lock(mutex_);
  return settlements_.coverage();
}

Coverage<TransferId> MemoryHistory::transfer_coverage() const {
  const std::shared_lock lock(mutex_);
  return transfers_.coverage();
}

Coverage<std::pair<MarketId, SubaccountNumber>> MemoryHistory::closed_position_coverage() const {
  const std::shared_lock lock(mutex_);
  // Its keys do not rise with time: all or nothing.
  const auto coverage = closed_positions_.coverage();
  return coverage.everything() ? coverage : Coverage<std::pair<MarketId, SubaccountNumber>>();
}

absl::StatusOr<std::optional<OrderRow>> MemoryHistory::FindOrder(AccountId account,
                                                                 OrderId order_id) const {
  const std::shared_lock lock(mutex_);
  const OrderRow* row = orders_.Find(account, order_id);
  return row == nullptr ? std::nullopt : std::optional(*row);
}

absl::StatusOr<std::optional<TradeRow>> MemoryHistory::FindTrade(TradeId trade_id) const {
  const std::shared_lock lock(mutex_);
  const TradeRow* row = trades_.Find(kAllMarkets, trade_id);
  return row == nullptr ? std::nullopt : std::optional(*row);
}

absl::StatusOr<std::vector<FillRow>> MemoryHistory::FindFills(TradeId trade_id) const {
  const std::shared_lock lock(mutex_);
  std::vector<FillRow> fills;
  fills_.VisitOwners([&](AccountId account) {
    if (const FillRow* row = fills_.Find(account, trade_id)) fills.push_back(*row);
  });
  return fills;
}

absl::StatusOr<std::vector<OrderRow>> MemoryHistory::ListOrders(const OrderQuery& query) const {
  const std::shared_lock lock(mutex_);
  return Collect<OrderRow>(
      orders_, query.account, query.before, query.limit, [&query](const OrderRow& row) {
        return Matches(query.subaccount, row.subaccount) && Matches(query.status, row.status) &&
               Contains(query.markets, row.market) &&
               IsWithin(row.create_time, query.min_time, query.max_time) &&
               IsWithin(row.update_time, query.min_finish_time, query.max_finish_time);
      });
}

absl::StatusOr<std::vector<FillRow>> MemoryHistory::ListFills(const FillQuery& query) const {
  const std::shared_lock lock(mutex_);
  const auto keep = [&query](const FillRow& row) {
    return Matches(query.subaccount, row.subaccount) && Matches(query.order_id, row.order_id) &&
           Contains(query.markets, row.market) &&
           IsWithin(row.time, query.min_time, query.max_time);
  };
  if (query.account) {
    return Collect<FillRow>(fills_, query.account, query.before, query.limit, keep);
  }
  NewestFills newest(query.limit);
  fills_.VisitOwners([&](AccountId account) {
    fills_.Visit(account, query.before, [&](const FillRow& row) {
      if (!newest.MayTake(row)) return false;
      if (keep(row)) newest.Add(row);
      return true;
    });
  });
  return newest.Take();
}

absl::StatusOr<std::vector<TradeRow>> MemoryHistory::ListTrades(const TradeQuery& query) const {
  const std::shared_lock lock(mutex_);
  const MarketId owner = query.markets.size() == 1 ? query.markets.front() : kAllMarkets;
  return Collect<TradeRow>(trades_, owner, query.before, query.limit,
                           [&query](const TradeRow& row) {
                             return Contains(query.markets, row.market) &&
                                    IsWithin(row.time, query.min_time, query.max_time);
                           });
}

absl::StatusOr<std::vector<SettlementRow>> MemoryHistory::ListSettlements(
    const SettlementQuery& query) const {
  const std::shared_lock lock(mutex_);
  return Collect<SettlementRow>(
      settlements_, query.account, query.before, query.limit, [&query](const SettlementRow& row) {
        return Matches(query.subaccount, row.subaccount) && Contains(query.markets, row.market) &&
               IsWithin(row.time, query.min_time, query.max_time);
      });
}

absl::StatusOr<std::vector<TransferRow>> MemoryHistory::ListTransfers(
    const TransferQuery& query) const {
  const std::shared_lock lock(mutex_);
  return Collect<TransferRow>(transfers_, query.account, query.before, query.limit,
                              [&query](const TransferRow& row) { return row.kind == query.kind; });
}

absl::StatusOr<std::vector<ClosedPositionRow>> MemoryHistory::ListClosedPositions(
    const ClosedPositionQuery& query) const {
  const std::shared_lock lock(mutex_);
  return Collect<ClosedPositionRow>(closed_positions_, query.account, query.before, query.limit,
                                    [&query](const ClosedPositionRow& row) {
                                      return Matches(query.subaccount, row.subaccount) &&
                                             Contains(query.markets, row.market) &&
                                             IsOnSide(query.archive, row);
                                    });
}

absl::StatusOr<std::vector<MarkRow>> MemoryHistory::ListMarks(const MarkQuery&) const {
  return Unavailable(
      "marks are kept in PostgreSQL, which this exchange has not: --postgres_url_file names one");
}

}  // namespace evx::mock_kalshi
