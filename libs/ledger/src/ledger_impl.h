#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <vector>

#include "evx/core/check.h"
#include "evx/ledger/ledger.h"
#include "index_table.h"

namespace evx::ledger {

// The largest or smallest value of 64 bits instead of an overflow: for lifetime statistics only.
inline Money SaturatingAdd(Money a, Money b) {
  std::int64_t sum = 0;
  if (!__builtin_add_overflow(a.micros(), b.micros(), &sum)) return Money::FromMicros(sum);
  return Money::FromMicros(b < Money() ? INT64_MIN : INT64_MAX);
}

// value * part / whole, rounded down; 0 <= part <= whole, whole above 0, value not negative.
inline Money ShareOf(Money value, Quantity part, Quantity whole) {
  if (part == whole) return value;
  const auto product =
      static_cast<unsigned __int128>(value.micros()) * static_cast<std::uint64_t>(part.centis());
  return Money::FromMicros(
      static_cast<std::int64_t>(product / static_cast<std::uint64_t>(whole.centis())));
}

inline Quantity Min(Quantity a, Quantity b) { return a < b ? a : b; }
inline Money Min(Money a, Money b) { return a < b ? a : b; }

// What a side pays for one contract of those it buys: a bid buys YES, an ask buys NO.
inline Price BuyingPrice(BookSide side, Price yes_price) {
  return side == BookSide::kBid ? yes_price : yes_price.Complement();
}

// Rows in blocks that never move, so that growing copies nothing.
class PositionStore {
 public:
  // Indexes below this were handed out at least once; 0 is never used.
  std::uint32_t end() const { return end_; }
  Position& operator[](std::uint32_t index) {
    return blocks_[index >> kBlockBits][index & kBlockMask];
  }
  const Position& operator[](std::uint32_t index) const {
    return blocks_[index >> kBlockBits][index & kBlockMask];
  }
  // A default row at the end.
  std::uint32_t Append();
  // Blocks for every index up to `last`, zeroed and thereby resident.
  void EnsureCapacity(std::uint32_t last);
  std::size_t memory_bytes() const { return blocks_.size() * sizeof(Position) << kBlockBits; }

 private:
  static constexpr std::uint32_t kBlockBits = 10;
  static constexpr std::uint32_t kBlockMask = (1 << kBlockBits) - 1;
  std::vector<std::unique_ptr<Position[]>> blocks_;
  std::uint32_t end_ = 1;
};

// Data and the steps shared by the operations, which are spread over the .cc files by subject.
class Ledger::Impl {
 public:
  struct Account {
    BalanceUnit unit = BalanceUnit::kCentiCent;
    std::vector<SubaccountIndex> subaccounts;  // By number.
  };
  struct Subaccount {
    Money cash;
    Money hold;
    Money unit;
    AccountId account;
    std::uint32_t first_row = 0;
    SubaccountNumber number = 0;
    bool netting = false;
  };
  struct Event {
    bool known = false;
    bool exclusive = false;
    Price settled_value;  // Sum of the settled YES values of an exclusive event.
    std::uint32_t first_pool = 0;
    std::vector<MarketId> markets;  // Of an exclusive event.
  };
  struct Market {
    EventId event;  // 0: unknown market.
    std::uint32_t first_row = 0;
    Money pool;
    Price value;
    bool settled = false;
    bool exclusive = false;
  };
  // Collateral return of one subaccount in one exclusive event; exists while it has rows there.
  struct NettingPool {
    SubaccountIndex subaccount;
    EventId event;
    Quantity no_sum;
    Quantity no_max;
    Money returned;
    std::uint32_t row_count = 0;
    std::uint32_t event_next = 0;
    std::uint32_t event_previous = 0;
  };

  Impl() : subaccounts(1), markets(1), events(1), accounts(1), pools(1) {}

  Subaccount& At(SubaccountIndex index) {
    EVX_CHECK(index && index.value() < subaccounts.size());
    return subaccounts[index.value()];
  }
  const Subaccount& At(SubaccountIndex index) const { return const_cast<Impl*>(this)->At(index); }
  Account& At(AccountId id) {
    EVX_CHECK(id && id.value() < accounts.size());
    return accounts[id.value()];
  }
  const Account& At(AccountId id) const { return const_cast<Impl*>(this)->At(id); }
  Market& At(MarketId id) {
    EVX_CHECK(id.value() < markets.size() && markets[id.value()].event);
    return markets[id.value()];
  }
  const Market& At(MarketId id) const { return const_cast<Impl*>(this)->At(id); }
  Event& At(EventId id) {
    EVX_CHECK(id.value() < events.size() && events[id.value()].known);
    return events[id.value()];
  }
  const Event& At(EventId id) const { return const_cast<Impl*>(this)->At(id); }
  Position& At(PositionIndex index) {
    EVX_CHECK(index && index.value() < rows.end());
    return rows[index.value()];
  }
  const Position& At(PositionIndex index) const { return const_cast<Impl*>(this)->At(index); }

  std::uint32_t FindRow(SubaccountIndex subaccount, MarketId market) const {
    return row_table.Find(IndexTable::Key(subaccount.value(), market.value()));
  }
  std::uint32_t AddRow(SubaccountIndex subaccount, MarketId market);
  void LinkRow(std::uint32_t index);
  // Frees the row when it has neither quantity, orders nor history.
  void FreeRowIfEmpty(std::uint32_t index);
  void FreeRow(std::uint32_t index);
  std::vector<std::uint32_t> SortedRows(MarketId market) const;
  std::vector<std::uint32_t> SortedRows(SubaccountIndex subaccount) const;

  // The hold of one side as the class comment of Ledger defines it.
  Money SideHold(const Position& row, BookSide side) const;
  // Brings the hold of a row, and with it the subaccount's, up to date.
  void RefreshHold(Position& row, Subaccount& subaccount);
  bool Overdrawn(const Subaccount& subaccount) const { return subaccount.cash < subaccount.hold; }

  struct Move {
    Money revenue;              // Cash before fees.
    Money collateral_returned;  // Cash from the netting pool.
    Money realized_pnl;
  };
  // Changes the position as a buy of `quantity` by `side` at `price` does, and the market's pool
  // and the netting pool with it; not the cash, not the hold.
  Move MovePosition(Position& row, BookSide side, Price price, Quantity quantity);

  // Netting pools. Each returns the change of the returned collateral.
  Money JoinPool(std::uint32_t row_index);
  Money LeavePool(std::uint32_t row_index);
  Money UpdatePool(NettingPool& pool, Quantity no_before, Quantity no_after);
  Money GuaranteedPayout(const NettingPool& pool) const;
  Money RefreshReturn(NettingPool& pool) const;
  Quantity LargestNo(const NettingPool& pool) const;
  void LinkPool(std::uint32_t index);
  void FreePool(std::uint32_t index);

  // Settlement: one row; then every pool of the market's event.
  SettlementEntry SettleRow(std::uint32_t index, MarketId market_id,
                            std::vector<Posting>& postings);
  void RaiseReturns(MarketId market_id, std::vector<SettlementEntry>& entries,
                    std::vector<Posting>& postings);

  // Changes the cash and appends the posting; nothing for an amount of 0.
  void Post(Subaccount& subaccount, PostingKind kind, MarketId market, EventId event, Money amount,
            std::uint64_t reference, std::vector<Posting>& postings);

  absl::Status CheckRows() const;
  absl::Status CheckPools() const;
  absl::Status CheckConservation() const;

  absl::Status LoadAccounts(ByteReader& reader);
  absl::Status LoadMarkets(ByteReader& reader);
  absl::Status LoadRows(ByteReader& reader);

  // The hot tables first.
  std::vector<Subaccount> subaccounts;  // From 1.
  std::vector<Market> markets;          // By id.
  PositionStore rows;
  IndexTable row_table;                  // (subaccount, market) to row.
  std::vector<std::uint32_t> free_rows;  // Last freed is next used.
  Money fees_collected;
  Money external_funds;  // Deposits minus withdrawals.

  std::vector<Event> events;       // By id.
  std::vector<Account> accounts;   // From 1.
  std::vector<NettingPool> pools;  // From 1.
  std::vector<std::uint32_t> free_pools;
  IndexTable pool_table;  // (subaccount, event) to pool.
};

}  // namespace evx::ledger
