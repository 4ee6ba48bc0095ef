#include <string>

#include "absl/strings/str_cat.h"
#include "evx/core/hash.h"
#include "evx/core/status.h"
#include "evx/ledger/ledger.h"
#include "ledger_impl.h"

// Only what cannot be derived is written: row lists, tables, holds and netting pools are rebuilt
// from the rows, so that their internal order never shows in the bytes.

namespace evx::ledger {
namespace {

constexpr std::uint32_t kVersion = 1;

absl::Status Damaged(std::string_view what) {
  return DataLoss(absl::StrCat("ledger snapshot: ", ToAbsl(what)));
}

// A count whose items take at least `size` bytes each cannot exceed what is left.
bool Plausible(std::uint32_t count, std::size_t size, const ByteReader& reader) {
  return reader.ok() && count <= reader.remaining() / size;
}

void SaveRow(const Position& row, ByteWriter& writer) {
  writer.Put(row.subaccount);
  writer.Put(row.market);
  writer.Put(row.net);
  for (const Position::Side& side : row.sides) {
    writer.Put(side.quantity);
    writer.Put(side.cost);
    writer.Put(side.fee_hold);
  }
  writer.Put(row.cost);
  writer.Put(row.realized_pnl);
  writer.Put(row.fees_paid);
  writer.Put(row.total_traded);
}

// False when a value is out of the range that every later sum relies on.
bool LoadRow(ByteReader& reader, Position& row) {
  const auto in_range = [](Quantity quantity) {
    return quantity >= -kPositionQuantityMax && quantity <= kPositionQuantityMax;
  };
  const Money money_max = kExternalFundsMax;
  reader.Get(row.subaccount);
  reader.Get(row.market);
  reader.Get(row.net);
  bool sound = in_range(row.net);
  for (Position::Side& side : row.sides) {
    reader.Get(side.quantity);
    reader.Get(side.cost);
    reader.Get(side.fee_hold);
    sound = sound && side.quantity >= Quantity() && in_range(side.quantity) &&
            side.cost >= Money() && side.cost <= money_max && side.fee_hold >= Money() &&
            side.fee_hold <= money_max;
  }
  reader.Get(row.cost);
  reader.Get(row.realized_pnl);
  reader.Get(row.fees_paid);
  reader.Get(row.total_traded);
  return sound && row.cost >= Money() && row.cost <= money_max && reader.ok();
}

}  // namespace

void Ledger::Save(ByteWriter& writer) const {
  const Impl& impl = *impl_;
  writer.U32(kVersion);
  writer.Put(impl.fees_collected);
  writer.Put(impl.external_funds);

  writer.U32(static_cast<std::uint32_t>(impl.accounts.size()));
  for (std::size_t i = 1; i < impl.accounts.size(); ++i) {
    writer.U8(static_cast<std::uint8_t>(impl.accounts[i].unit));
  }
  writer.U32(static_cast<std::uint32_t>(impl.subaccounts.size()));
  for (std::size_t i = 1; i < impl.subaccounts.size(); ++i) {
    writer.Put(impl.subaccounts[i].account);
    writer.Put(impl.subaccounts[i].cash);
    writer.Bool(impl.subaccounts[i].netting);
  }
  writer.U32(static_cast<std::uint32_t>(impl.events.size()));
  for (std::size_t i = 1; i < impl.events.size(); ++i) {
    writer.Bool(impl.events[i].known);
    writer.Bool(impl.events[i].exclusive);
    writer.Put(impl.events[i].settled_value);
  }
  writer.U32(static_cast<std::uint32_t>(impl.markets.size()));
  for (std::size_t i = 1; i < impl.markets.size(); ++i) {
    writer.Put(impl.markets[i].event);
    writer.Put(impl.markets[i].pool);
    writer.Put(impl.markets[i].value);
    writer.Bool(impl.markets[i].settled);
  }
  writer.U32(impl.rows.end());
  for (std::uint32_t i = 1; i < impl.rows.end(); ++i) {
    const bool live = static_cast<bool>(impl.rows[i].market);
    writer.Bool(live);
    if (live) SaveRow(impl.rows[i], writer);
  }
  for (const std::uint32_t row : impl.free_rows) writer.U32(row);
}

absl::Status Ledger::Load(ByteReader& reader) {
  Impl& impl = *impl_;
  EVX_CHECK(impl.accounts.size() == 1 && impl.markets.size() == 1 && impl.events.size() == 1);
  if (const std::uint32_t version = reader.U32(); version != kVersion) {
    return Damaged(absl::StrCat("version ", version, ", this program reads ", kVersion));
  }
  reader.Get(impl.fees_collected);
  reader.Get(impl.external_funds);
  if (impl.fees_collected < Money() || impl.fees_collected > kExternalFundsMax ||
      impl.external_funds < Money() || impl.external_funds > kExternalFundsMax) {
    return Damaged("totals");
  }
  EVX_RETURN_IF_ERROR(impl.LoadAccounts(reader));
  EVX_RETURN_IF_ERROR(impl.LoadMarkets(reader));
  EVX_RETURN_IF_ERROR(impl.LoadRows(reader));
  if (const absl::Status status = CheckInvariants(); !status.ok()) {
    return Damaged(MessageOf(status));
  }
  return absl::OkStatus();
}

absl::Status Ledger::Impl::LoadAccounts(ByteReader& reader) {
  const std::uint32_t account_count = reader.U32();
  if (account_count == 0 || !Plausible(account_count, 1, reader)) return Damaged("account count");
  for (std::uint32_t i = 1; i < account_count; ++i) {
    accounts.push_back({.unit = reader.Enum(BalanceUnit::kCent), .subaccounts = {}});
  }
  const std::uint32_t subaccount_count = reader.U32();
  if (subaccount_count == 0 || !Plausible(subaccount_count, 1, reader)) {
    return Damaged("subaccount count");
  }
  for (std::uint32_t i = 1; i < subaccount_count; ++i) {
    Subaccount subaccount;
    reader.Get(subaccount.account);
    reader.Get(subaccount.cash);
    subaccount.netting = reader.Bool();
    if (!subaccount.account || subaccount.account.value() >= account_count ||
        subaccount.cash < Money() || subaccount.cash > kExternalFundsMax) {
      return Damaged(absl::StrCat("account of subaccount ", i));
    }
    Account& owner = accounts[subaccount.account.value()];
    if (owner.subaccounts.size() > kSubaccountNumberMax) {
      return Damaged(absl::StrCat("too many subaccounts of account ", subaccount.account.value()));
    }
    subaccount.unit = UnitOf(owner.unit);
    subaccount.number = static_cast<SubaccountNumber>(owner.subaccounts.size());
    owner.subaccounts.emplace_back(i);
    subaccounts.push_back(subaccount);
  }
  for (std::uint32_t i = 1; i < account_count; ++i) {
    if (accounts[i].subaccounts.empty()) {
      return Damaged(absl::StrCat("account ", i, " has no primary subaccount"));
    }
  }
  return absl::OkStatus();
}

absl::Status Ledger::Impl::LoadMarkets(ByteReader& reader) {
  const std::uint32_t event_count = reader.U32();
  if (event_count == 0 || !Plausible(event_count, 1, reader)) return Damaged("event count");
  for (std::uint32_t i = 1; i < event_count; ++i) {
    Event event;
    event.known = reader.Bool();
    event.exclusive = reader.Bool();
    reader.Get(event.settled_value);
    events.push_back(std::move(event));
  }
  const std::uint32_t market_count = reader.U32();
  if (market_count == 0 || !Plausible(market_count, 1, reader)) return Damaged("market count");
  for (std::uint32_t i = 1; i < market_count; ++i) {
    Market market;
    reader.Get(market.event);
    reader.Get(market.pool);
    reader.Get(market.value);
    market.settled = reader.Bool();
    if (market.event) {
      if (market.event.value() >= event_count || !events[market.event.value()].known) {
        return Damaged(absl::StrCat("event of market ", i));
      }
      Event& event = events[market.event.value()];
      market.exclusive = event.exclusive;
      if (event.exclusive) event.markets.emplace_back(i);
      if (event.markets.size() > kExclusiveMarketCountMax) {
        return Damaged(absl::StrCat("too many markets in event ", market.event.value()));
      }
    }
    markets.push_back(market);
  }
  return reader.ok() ? absl::OkStatus() : Damaged("cut in the markets");
}

absl::Status Ledger::Impl::LoadRows(ByteReader& reader) {
  const std::uint32_t end = reader.U32();
  if (end == 0 || !Plausible(end - 1, 1, reader)) return Damaged("row count");
  std::uint32_t free_count = 0;
  for (std::uint32_t i = 1; i < end; ++i) {
    Position& row = rows[rows.Append()];
    if (!reader.Bool()) {
      ++free_count;
      continue;
    }
    if (!LoadRow(reader, row)) return Damaged(absl::StrCat("values of row ", i));
    const bool known = row.subaccount && row.subaccount.value() < subaccounts.size() &&
                       row.market && row.market.value() < markets.size() &&
                       markets[row.market.value()].event && !markets[row.market.value()].settled;
    if (!known || FindRow(row.subaccount, row.market) != 0) {
      return Damaged(absl::StrCat("owner of row ", i));
    }
    LinkRow(i);
    if (subaccounts[row.subaccount.value()].netting && At(row.market).exclusive) JoinPool(i);
    RefreshHold(row, At(row.subaccount));
    // Also bounds the sum.
    if (Overdrawn(At(row.subaccount))) return Damaged(absl::StrCat("hold of row ", i));
  }
  if (!Plausible(free_count, 4, reader)) return Damaged("cut in the free rows");
  std::vector<bool> seen(end);
  for (std::uint32_t i = 0; i < free_count; ++i) {
    const std::uint32_t row = reader.U32();
    if (row == 0 || row >= end || rows[row].market || seen[row]) {
      return Damaged(absl::StrCat("free row ", row));
    }
    seen[row] = true;
    free_rows.push_back(row);
  }
  return reader.ok() ? absl::OkStatus() : Damaged("cut in the rows");
}

std::uint64_t Ledger::StateHash() const {
  std::string bytes;
  ByteWriter writer(bytes);
  Save(writer);
  return Xxh64(bytes);
}

}  // namespace evx::ledger
