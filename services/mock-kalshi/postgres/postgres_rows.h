#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/postgres/connection.h"
#include "evx/venue/events.h"
#include "evx/venue/types.h"
#include "exchange/record.h"
#include "read_model/candles.h"
#include "read_model/history.h"

// What records of the journal become in PostgreSQL. Pure: the follower writes the rows, the audit
// compares them with what is stored.

namespace evx::mock_kalshi {

// --- Ledger accounts
// ------------------------------------------------------------------------------ Numbers of the
// double-entry ledger: a subaccount's cash is positive, everything else negative.

inline constexpr std::int64_t kFeesLedgerAccount = -1;
inline constexpr std::int64_t kOutsideLedgerAccount = -2;
inline constexpr std::int64_t kTransitLedgerAccount = -3;
inline constexpr std::int64_t kCollateralReturnLedgerAccount = -4;
inline constexpr std::int64_t kOpeningLedgerAccount = -5;

constexpr std::int64_t CashLedgerAccount(AccountId account, SubaccountNumber subaccount) {
  return (static_cast<std::int64_t>(account.value()) << 6) | subaccount;
}
constexpr std::int64_t EscrowLedgerAccount(MarketId market) {
  return -(std::int64_t{1} << 20) - static_cast<std::int64_t>(market.value());
}

// Counter account of a posting.
std::int64_t CounterLedgerAccount(const venue::CashPosted& posting);

// posting_kind of the cash that was there before the history starts.
inline constexpr std::int16_t kOpeningPostingKind = 100;

// --- Rows ----------------------------------------------------------------------------------------

struct LedgerEntry {
  SequenceNumber sequence_number;
  std::int32_t line = 0;  // Two lines a posting: 2k and 2k + 1.
  std::int64_t ledger_account = 0;
  std::int16_t posting_kind = 0;
  Money amount;
  MarketId market;
  std::uint64_t reference = 0;
  Timestamp time;
  friend bool operator==(const LedgerEntry&, const LedgerEntry&) = default;
};

// What a batch does to one order. For an order that was accepted in it, `row` is the whole row.
// For an older one the quantity filled, the fill costs and the fees are what is added.
struct OrderChange {
  bool is_new = false;
  OrderRow row;
  bool has_remaining = false;  // row.remaining is its new value.
  bool resized = false;        // row.initial_quantity is added to what was filled before the batch.
  bool amended = false;        // row.price, expiration and client_order_id are new.
};

struct PositionRow {
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  Quantity position;
  Money exposure;
  Money realized_pnl;
  Money fees_paid;
  Money total_traded;
  Timestamp update_time;
};

struct BalanceRow {
  AccountId account;
  SubaccountNumber subaccount = 0;
  Money cash;
  Money hold;
  Timestamp update_time;
};

struct OrderGroupRow {
  OrderGroupId order_group;
  AccountId account;
  SubaccountNumber subaccount = 0;
  Quantity limit;
  bool triggered = false;
  Timestamp create_time;
  Timestamp update_time;
  Timestamp delete_time;  // 0: not deleted.
  SequenceNumber sequence_number;
};

// What a batch does to one order group. For one that was created in it, `row` is the whole row.
struct OrderGroupChange {
  bool is_new = false;
  OrderGroupRow row;
  bool has_limit = false;      // row.limit is new.
  bool has_triggered = false;  // row.triggered is new.
};

// A line of an order group's history.
struct OrderGroupEvent {
  SequenceNumber sequence_number;
  std::int32_t line = 0;
  Timestamp time;
  std::string_view change;  // Name of the event; static.
  OrderGroupId order_group;
  AccountId account;
  std::string details;
};

struct CatalogueChange {
  SequenceNumber sequence_number;
  std::int32_t line = 0;
  Timestamp time;
  std::string_view change;  // Name of the event; static.
  SeriesId series;
  EventId event;
  MarketId market;
  std::string details;
};

struct MarketClose {
  MarketId market;
  Timestamp time;
  SequenceNumber sequence_number;
};

// Best quotes of a market, for marks.
struct MarketQuote {
  MarketId market;
  Price bid;
  Price ask;
};

// A statement for what happens rarely: accounts, keys, catalogue.
struct RowStatement {
  const char* sql;  // Static.
  postgres::Parameters parameters;
};

// The rows of some records that follow one another.
struct RowBatch {
  SequenceNumber first;  // Records first..last.
  SequenceNumber last;
  Timestamp last_time;
  std::uint64_t record_count = 0;
  std::size_t event_bytes = 0;
  bool is_full = false;  // More may follow at once.

  std::vector<RowStatement> statements;
  std::vector<OrderChange> orders;
  absl::flat_hash_map<OrderId, std::size_t> order_index;
  std::vector<OrderGroupChange> order_groups;
  absl::flat_hash_map<OrderGroupId, std::size_t> order_group_index;
  std::vector<OrderGroupEvent> order_group_events;
  std::vector<FillRow> fills;
  std::vector<TradeRow> trades;
  std::vector<TradeId> busted_trades;
  std::vector<SettlementRow> settlements;
  std::vector<TransferRow> transfers;
  std::vector<LedgerEntry> ledger_entries;
  std::vector<CatalogueChange> catalogue_changes;
  std::vector<MarketClose> market_closes;
  std::vector<PositionRow> positions;
  absl::flat_hash_map<std::pair<std::uint64_t, MarketId>, std::size_t> position_index;
  absl::btree_map<std::pair<AccountId, SubaccountNumber>, BalanceRow> balances;
  absl::btree_map<std::pair<std::pair<MarketId, std::int64_t>, std::int64_t>, CandleRow> candles;
  // The minute that ends with the last record: subaccounts are marked with these quotes.
  std::optional<Timestamp> mark_time;
  std::vector<MarketQuote> quotes;

  bool empty() const { return record_count == 0; }
  // Keeps the memory.
  void Clear();
  // Orders and positions by key, so that what lies side by side in PostgreSQL is changed together.
  // Nothing can be added after that.
  void Sort();
  std::uint64_t RowCount() const;
};

// Folds records into rows. Keeps the state that candles need between batches and nothing else:
// whatever a row adds to is in PostgreSQL. Not thread-safe.
class RowFold {
 public:
  RowFold();

  // For restoring what stands before the first record.
  CandleBuilder& candles() { return candles_; }

  // Adds a record to the batch. DATA_LOSS when its events cannot be decoded.
  absl::Status Add(const ReleasedRecord& record, RowBatch& batch);
  // Adds events of venue::Exchange::Describe: the start of a history that cannot be complete.
  absl::Status AddBase(std::string_view events, SequenceNumber sequence_number, Timestamp time,
                       RowBatch& batch);
  // Adds the candles that changed and sorts; once, when the batch is complete.
  void Finish(RowBatch& batch);

 private:
  class Visitor;

  absl::Status Visit(std::string_view events, SequenceNumber sequence_number, Timestamp time,
                     bool is_base, RowBatch& batch);

  RowBatch* batch_ = nullptr;  // Where finished candles go.
  // Record of the command to which the present record belongs; 0 when it came before this fold.
  SequenceNumber first_of_command_;
  CandleBuilder candles_;
  // Line numbers of the base, which comes in pieces.
  std::int32_t base_ledger_line_ = 0;
  std::int32_t base_catalogue_line_ = 0;
  std::int32_t base_order_group_line_ = 0;
};

}  // namespace evx::mock_kalshi
