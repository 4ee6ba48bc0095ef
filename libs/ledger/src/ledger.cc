#include "evx/ledger/ledger.h"

#include <algorithm>

#include "ledger_impl.h"

namespace evx::ledger {

std::uint32_t PositionStore::Append() {
  EVX_CHECK(end_ != UINT32_MAX);
  EnsureCapacity(end_);
  return end_++;
}

void PositionStore::EnsureCapacity(std::uint32_t last) {
  while ((last >> kBlockBits) >= blocks_.size()) {
    blocks_.push_back(std::make_unique<Position[]>(std::size_t{1} << kBlockBits));
  }
}

std::uint32_t Ledger::Impl::AddRow(SubaccountIndex subaccount, MarketId market) {
  std::uint32_t index = 0;
  if (free_rows.empty()) {
    index = rows.Append();
  } else {
    index = free_rows.back();
    free_rows.pop_back();
  }
  Position& row = rows[index];
  row.subaccount = subaccount;
  row.market = market;
  LinkRow(index);
  if (At(subaccount).netting && At(market).exclusive) JoinPool(index);
  return index;
}

void Ledger::Impl::LinkRow(std::uint32_t index) {
  Position& row = rows[index];
  row_table.Insert(IndexTable::Key(row.subaccount.value(), row.market.value()), index);

  std::uint32_t& market_first = At(row.market).first_row;
  row.market_next = market_first;
  if (market_first != 0) rows[market_first].market_previous = index;
  market_first = index;

  std::uint32_t& subaccount_first = At(row.subaccount).first_row;
  row.subaccount_next = subaccount_first;
  if (subaccount_first != 0) rows[subaccount_first].subaccount_previous = index;
  subaccount_first = index;
}

void Ledger::Impl::FreeRowIfEmpty(std::uint32_t index) {
  const Position& row = rows[index];
  const bool has_orders = !row.sides[0].quantity.is_zero() || !row.sides[1].quantity.is_zero();
  const bool has_history =
      row.total_traded != Money() || row.realized_pnl != Money() || row.fees_paid != Money();
  if (row.net.is_zero() && !has_orders && !has_history) FreeRow(index);
}

void Ledger::Impl::FreeRow(std::uint32_t index) {
  Position& row = rows[index];
  EVX_CHECK(row.net.is_zero() && row.hold == Money());
  EVX_CHECK(row.sides[0].quantity.is_zero() && row.sides[1].quantity.is_zero());
  if (row.netting_pool != 0) LeavePool(index);

  if (row.market_next != 0) rows[row.market_next].market_previous = row.market_previous;
  if (row.market_previous != 0) {
    rows[row.market_previous].market_next = row.market_next;
  } else {
    At(row.market).first_row = row.market_next;
  }
  if (row.subaccount_next != 0) {
    rows[row.subaccount_next].subaccount_previous = row.subaccount_previous;
  }
  if (row.subaccount_previous != 0) {
    rows[row.subaccount_previous].subaccount_next = row.subaccount_next;
  } else {
    At(row.subaccount).first_row = row.subaccount_next;
  }
  row_table.Erase(IndexTable::Key(row.subaccount.value(), row.market.value()));
  row = Position();
  free_rows.push_back(index);
}

std::vector<std::uint32_t> Ledger::Impl::SortedRows(MarketId market) const {
  std::vector<std::uint32_t> result;
  for (std::uint32_t i = At(market).first_row; i != 0; i = rows[i].market_next) {
    result.push_back(i);
  }
  std::sort(result.begin(), result.end(), [this](std::uint32_t a, std::uint32_t b) {
    const Subaccount& left = At(rows[a].subaccount);
    const Subaccount& right = At(rows[b].subaccount);
    if (left.account != right.account) return left.account < right.account;
    return left.number < right.number;
  });
  return result;
}

std::vector<std::uint32_t> Ledger::Impl::SortedRows(SubaccountIndex subaccount) const {
  std::vector<std::uint32_t> result;
  for (std::uint32_t i = At(subaccount).first_row; i != 0; i = rows[i].subaccount_next) {
    result.push_back(i);
  }
  std::sort(result.begin(), result.end(),
            [this](std::uint32_t a, std::uint32_t b) { return rows[a].market < rows[b].market; });
  return result;
}

Money Ledger::Impl::SideHold(const Position& row, BookSide side) const {
  const Position::Side& orders = row.side(side);
  const Money need = orders.cost + orders.fee_hold;
  // Closing NO may take back returned collateral, so it earns no credit.
  if (side == BookSide::kBid && row.netting_pool != 0) return need;
  const Quantity opposite = side == BookSide::kBid ? row.no_quantity() : row.yes_quantity();
  const Money credit = FaceValue(Min(orders.quantity, opposite));
  return need > credit ? need - credit : Money();
}

void Ledger::Impl::RefreshHold(Position& row, Subaccount& subaccount) {
  const Money hold = SideHold(row, BookSide::kBid) + SideHold(row, BookSide::kAsk);
  subaccount.hold += hold - row.hold;
  row.hold = hold;
}

Ledger::Impl::Move Ledger::Impl::MovePosition(Position& row, BookSide side, Price price,
                                              Quantity quantity) {
  const Price buying_price = BuyingPrice(side, price);
  const Quantity opposite = side == BookSide::kBid ? row.no_quantity() : row.yes_quantity();
  const Quantity no_before = row.no_quantity();
  const Quantity closes = Min(quantity, opposite);
  const Quantity opens = quantity - closes;

  Move move;
  move.revenue = FaceValue(closes) - buying_price * quantity;
  if (!closes.is_zero()) {
    const Money cost_of_closed = ShareOf(row.cost, closes, opposite);
    move.realized_pnl = buying_price.Complement() * closes - cost_of_closed;
    row.cost -= cost_of_closed;
    row.realized_pnl = SaturatingAdd(row.realized_pnl, move.realized_pnl);
  }
  if (!opens.is_zero()) {
    const Money spent = buying_price * opens;
    row.cost += spent;
    row.total_traded = SaturatingAdd(row.total_traded, spent);
  }
  row.net += side == BookSide::kBid ? quantity : -quantity;
  At(row.market).pool -= move.revenue;
  if (row.netting_pool != 0) {
    move.collateral_returned = UpdatePool(pools[row.netting_pool], no_before, row.no_quantity());
  }
  return move;
}

Money Ledger::Impl::JoinPool(std::uint32_t row_index) {
  Position& row = rows[row_index];
  const EventId event = At(row.market).event;
  const std::uint64_t key = IndexTable::Key(row.subaccount.value(), event.value());
  std::uint32_t index = pool_table.Find(key);
  if (index == 0) {
    if (free_pools.empty()) {
      index = static_cast<std::uint32_t>(pools.size());
      pools.emplace_back();
    } else {
      index = free_pools.back();
      free_pools.pop_back();
    }
    pools[index].subaccount = row.subaccount;
    pools[index].event = event;
    pool_table.Insert(key, index);
    LinkPool(index);
  }
  row.netting_pool = index;
  ++pools[index].row_count;
  return UpdatePool(pools[index], Quantity(), row.no_quantity());
}

Money Ledger::Impl::LeavePool(std::uint32_t row_index) {
  Position& row = rows[row_index];
  const std::uint32_t index = row.netting_pool;
  NettingPool& pool = pools[index];
  row.netting_pool = 0;
  const Money change = UpdatePool(pool, row.no_quantity(), Quantity());
  if (--pool.row_count == 0) FreePool(index);
  return change;
}

Money Ledger::Impl::UpdatePool(NettingPool& pool, Quantity no_before, Quantity no_after) {
  if (no_before == no_after) return Money();
  pool.no_sum += no_after - no_before;
  if (no_after >= pool.no_max) {
    pool.no_max = no_after;
  } else if (no_before == pool.no_max) {
    pool.no_max = LargestNo(pool);
  }
  const Money before = pool.returned;
  pool.returned = GuaranteedPayout(pool);
  return pool.returned - before;
}

Money Ledger::Impl::GuaranteedPayout(const NettingPool& pool) const {
  return FaceValue(pool.no_sum) - At(pool.event).settled_value.Complement() * pool.no_max;
}

Quantity Ledger::Impl::LargestNo(const NettingPool& pool) const {
  Quantity largest;
  for (const MarketId market : At(pool.event).markets) {
    const std::uint32_t row = FindRow(pool.subaccount, market);
    if (row != 0 && rows[row].netting_pool != 0) {
      largest = std::max(largest, rows[row].no_quantity());
    }
  }
  return largest;
}

void Ledger::Impl::LinkPool(std::uint32_t index) {
  std::uint32_t& first = At(pools[index].event).first_pool;
  pools[index].event_next = first;
  if (first != 0) pools[first].event_previous = index;
  first = index;
}

void Ledger::Impl::FreePool(std::uint32_t index) {
  NettingPool& pool = pools[index];
  EVX_CHECK(pool.no_sum.is_zero() && pool.returned == Money());
  if (pool.event_next != 0) pools[pool.event_next].event_previous = pool.event_previous;
  if (pool.event_previous != 0) {
    pools[pool.event_previous].event_next = pool.event_next;
  } else {
    At(pool.event).first_pool = pool.event_next;
  }
  pool_table.Erase(IndexTable::Key(pool.subaccount.value(), pool.event.value()));
  pool = NettingPool();
  free_pools.push_back(index);
}

void Ledger::Impl::Post(Subaccount& subaccount, PostingKind kind, MarketId market, EventId event,
                        Money amount, std::uint64_t reference, std::vector<Posting>& postings) {
  if (amount == Money()) return;
  subaccount.cash += amount;
  postings.push_back({.account = subaccount.account,
                      .subaccount = subaccount.number,
                      .kind = kind,
                      .market = market,
                      .event = event,
                      .amount = amount,
                      .cash_after = subaccount.cash,
                      .reference = reference});
}

Ledger::Ledger() : impl_(std::make_unique<Impl>()) {}
Ledger::~Ledger() = default;

void Ledger::AddEvent(EventId event, bool exclusive) {
  EVX_CHECK(static_cast<bool>(event));
  if (event.value() >= impl_->events.size()) impl_->events.resize(event.value() + 1);
  Impl::Event& record = impl_->events[event.value()];
  EVX_CHECK(!record.known);
  record.known = true;
  record.exclusive = exclusive;
}

bool Ledger::AddMarket(MarketId market, EventId event) {
  EVX_CHECK(static_cast<bool>(market));
  Impl::Event& record = impl_->At(event);
  if (record.exclusive) {
    if (record.markets.size() >= kExclusiveMarketCountMax) return false;
    record.markets.push_back(market);
  }
  if (market.value() >= impl_->markets.size()) impl_->markets.resize(market.value() + 1);
  Impl::Market& added = impl_->markets[market.value()];
  EVX_CHECK(!added.event);
  added.event = event;
  added.exclusive = record.exclusive;
  return true;
}

bool Ledger::is_settled(MarketId market) const { return impl_->At(market).settled; }

const Position* Ledger::FindPosition(SubaccountIndex subaccount, MarketId market) const {
  const std::uint32_t row = impl_->FindRow(subaccount, market);
  return row == 0 ? nullptr : &impl_->rows[row];
}

const Position& Ledger::position(PositionIndex index) const { return impl_->At(index); }

void Ledger::PrefetchKey(SubaccountIndex subaccount, MarketId market) const {
  impl_->row_table.Prefetch(IndexTable::Key(subaccount.value(), market.value()));
}

void Ledger::PrefetchRow(SubaccountIndex subaccount, MarketId market) const {
  const std::uint32_t row = impl_->FindRow(subaccount, market);
  if (row != 0) PrefetchRow(PositionIndex(row));
}

void Ledger::PrefetchRow(PositionIndex position) const {
  const auto* const bytes = reinterpret_cast<const char*>(&impl_->At(position));
  __builtin_prefetch(bytes, 1);
  __builtin_prefetch(bytes + 64, 1);
}

Quantity Ledger::Reducible(SubaccountIndex subaccount, MarketId market, BookSide side) const {
  const Position* row = FindPosition(subaccount, market);
  if (row == nullptr) return Quantity();
  return side == BookSide::kBid ? row->no_quantity() : row->yes_quantity();
}

void Ledger::VisitPositions(SubaccountIndex subaccount,
                            const std::function<void(const Position&)>& visit) const {
  for (const std::uint32_t row : impl_->SortedRows(subaccount)) visit(impl_->rows[row]);
}

void Ledger::VisitPositions(MarketId market,
                            const std::function<void(const Position&)>& visit) const {
  for (const std::uint32_t row : impl_->SortedRows(market)) visit(impl_->rows[row]);
}

Quantity Ledger::open_interest(MarketId market) const {
  return Quantity::FromCentis(impl_->At(market).pool.micros() /
                              FaceValue(Quantity::FromCentis(1)).micros());
}

Money Ledger::collateral_returned(SubaccountIndex subaccount, EventId event) const {
  const std::uint32_t pool =
      impl_->pool_table.Find(IndexTable::Key(subaccount.value(), event.value()));
  return pool == 0 ? Money() : impl_->pools[pool].returned;
}

Money Ledger::fees_collected() const { return impl_->fees_collected; }
Money Ledger::deposits_minus_withdrawals() const { return impl_->external_funds; }
std::uint32_t Ledger::position_count() const {
  return static_cast<std::uint32_t>(impl_->row_table.size());
}

void Ledger::ReserveRows(std::uint32_t count) {
  EVX_CHECK(count < UINT32_MAX);
  impl_->rows.EnsureCapacity(count);
  impl_->row_table.Reserve(count);
  impl_->free_rows.reserve(count);
}

std::size_t Ledger::memory_bytes() const {
  const Impl& impl = *impl_;
  std::size_t bytes = impl.rows.memory_bytes() + impl.row_table.memory_bytes() +
                      impl.pool_table.memory_bytes() +
                      impl.subaccounts.capacity() * sizeof(Impl::Subaccount) +
                      impl.markets.capacity() * sizeof(Impl::Market) +
                      impl.events.capacity() * sizeof(Impl::Event) +
                      impl.accounts.capacity() * sizeof(Impl::Account) +
                      impl.pools.capacity() * sizeof(Impl::NettingPool) +
                      (impl.free_rows.capacity() + impl.free_pools.capacity()) * 4;
  for (const Impl::Account& account : impl.accounts) {
    bytes += account.subaccounts.capacity() * sizeof(SubaccountIndex);
  }
  for (const Impl::Event& event : impl.events) {
    bytes += event.markets.capacity() * sizeof(MarketId);
  }
  return bytes;
}

}  // namespace evx::ledger
