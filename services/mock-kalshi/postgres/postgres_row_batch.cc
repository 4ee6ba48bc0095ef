#include <algorithm>
#include <tuple>

#include "postgres/postgres_rows.h"

namespace evx::mock_kalshi {

std::int64_t CounterLedgerAccount(const venue::CashPosted& posting) {
  switch (posting.kind) {
    case venue::PostingKind::kDeposit:
    case venue::PostingKind::kWithdrawal:
      return kOutsideLedgerAccount;
    case venue::PostingKind::kTransferIn:
    case venue::PostingKind::kTransferOut:
      return kTransitLedgerAccount;
    case venue::PostingKind::kFee:
      return kFeesLedgerAccount;
    case venue::PostingKind::kCollateralReturn:
      return kCollateralReturnLedgerAccount;
    case venue::PostingKind::kTrade:
    case venue::PostingKind::kSettlement:
    case venue::PostingKind::kReversal:
      return EscrowLedgerAccount(posting.market);
  }
  return kOutsideLedgerAccount;
}

void RowBatch::Clear() {
  first = last = SequenceNumber();
  last_time = Timestamp();
  record_count = 0;
  event_bytes = 0;
  is_full = false;
  statements.clear();
  orders.clear();
  order_index.clear();
  order_groups.clear();
  order_group_index.clear();
  order_group_events.clear();
  fills.clear();
  trades.clear();
  busted_trades.clear();
  settlements.clear();
  transfers.clear();
  ledger_entries.clear();
  catalogue_changes.clear();
  market_closes.clear();
  positions.clear();
  position_index.clear();
  balances.clear();
  candles.clear();
  mark_time.reset();
  quotes.clear();
}

std::uint64_t RowBatch::RowCount() const {
  return statements.size() + orders.size() + order_groups.size() + order_group_events.size() +
         fills.size() + trades.size() + busted_trades.size() + settlements.size() +
         transfers.size() + ledger_entries.size() + catalogue_changes.size() + positions.size() +
         balances.size() + candles.size();
}

void RowBatch::Sort() {
  order_index.clear();
  std::sort(orders.begin(), orders.end(), [](const OrderChange& a, const OrderChange& b) {
    return a.row.order_id < b.row.order_id;
  });
  position_index.clear();
  std::sort(positions.begin(), positions.end(), [](const PositionRow& a, const PositionRow& b) {
    return std::tie(a.account, a.market, a.subaccount) <
           std::tie(b.account, b.market, b.subaccount);
  });
}

}  // namespace evx::mock_kalshi
