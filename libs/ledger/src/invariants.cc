#include <string>

#include "absl/strings/str_cat.h"
#include "evx/core/status.h"
#include "evx/ledger/ledger.h"
#include "ledger_impl.h"

namespace evx::ledger {
namespace {

absl::Status Broken(const std::string& what) { return Internal(what); }

}  // namespace

absl::Status Ledger::CheckInvariants() const {
  EVX_RETURN_IF_ERROR(impl_->CheckRows());
  EVX_RETURN_IF_ERROR(impl_->CheckPools());
  return impl_->CheckConservation();
}

absl::Status Ledger::Impl::CheckRows() const {
  std::vector<Money> holds(subaccounts.size());
  std::vector<__int128> yes(markets.size());  // Hundredths of a contract.
  std::vector<__int128> no(markets.size());
  std::size_t live = 0;
  for (std::uint32_t i = 1; i < rows.end(); ++i) {
    const Position& row = rows[i];
    if (!row.market) continue;
    ++live;
    const Subaccount& subaccount = At(row.subaccount);
    const auto here = [&](std::string_view what) {
      return Broken(absl::StrCat("row ", i, " of account ", subaccount.account.value(),
                                 " subaccount ", subaccount.number, " in market ",
                                 row.market.value(), ": ", ToAbsl(what)));
    };
    if (FindRow(row.subaccount, row.market) != i) return here("not found by its key");
    if (At(row.market).settled) return here("is in a settled market");
    if (row.hold != SideHold(row, BookSide::kBid) + SideHold(row, BookSide::kAsk)) {
      return here("hold does not follow from its orders");
    }
    for (const Position::Side& side : row.sides) {
      if (side.quantity < Quantity() || side.cost < Money() || side.fee_hold < Money()) {
        return here("orders sum below zero");
      }
      if (side.quantity.is_zero() && (side.cost != Money() || side.fee_hold != Money())) {
        return here("reserves money without orders");
      }
    }
    if (row.cost < Money() || (row.net.is_zero() && row.cost != Money())) {
      return here("cost does not fit the quantity");
    }
    if ((row.netting_pool != 0) != (subaccount.netting && At(row.market).exclusive)) {
      return here("netting pool does not fit the netting flag");
    }
    holds[row.subaccount.value()] += row.hold;
    yes[row.market.value()] += row.yes_quantity().centis();
    no[row.market.value()] += row.no_quantity().centis();
  }
  if (live != row_table.size()) return Broken("row table has keys without rows");

  for (std::size_t i = 1; i < subaccounts.size(); ++i) {
    const Subaccount& subaccount = subaccounts[i];
    const std::string name =
        absl::StrCat("account ", subaccount.account.value(), " subaccount ", subaccount.number);
    if (subaccount.hold != holds[i]) return Broken(name + ": holds are not the sum of its rows");
    if (subaccount.cash < Money()) return Broken(name + ": cash is below zero");
    if (Overdrawn(subaccount)) return Broken(name + ": available funds are below zero");
  }
  for (std::size_t i = 1; i < markets.size(); ++i) {
    const __int128 pool = markets[i].pool.micros();
    if (yes[i] != no[i] || pool != yes[i] * FaceValue(Quantity::FromCentis(1)).micros()) {
      return Broken(absl::StrCat("market ", i, ": YES, NO and collateral pool differ; pool ",
                                 markets[i].pool.micros(), " micro-dollars"));
    }
  }
  return absl::OkStatus();
}

absl::Status Ledger::Impl::CheckPools() const {
  struct Sums {
    Quantity no_sum;
    Quantity no_max;
    std::uint32_t row_count = 0;
  };
  std::vector<Sums> sums(pools.size());
  for (std::uint32_t i = 1; i < rows.end(); ++i) {
    const Position& row = rows[i];
    if (!row.market || row.netting_pool == 0) continue;
    Sums& sum = sums[row.netting_pool];
    sum.no_sum += row.no_quantity();
    if (row.no_quantity() > sum.no_max) sum.no_max = row.no_quantity();
    ++sum.row_count;
  }
  for (std::size_t i = 1; i < pools.size(); ++i) {
    const NettingPool& pool = pools[i];
    if (!pool.event) continue;
    if (pool.no_sum != sums[i].no_sum || pool.no_max != sums[i].no_max ||
        pool.row_count != sums[i].row_count || pool.returned != GuaranteedPayout(pool)) {
      return Broken(absl::StrCat("collateral return of subaccount ", pool.subaccount.value(),
                                 " in event ", pool.event.value(),
                                 " does not follow from its positions"));
    }
  }
  return absl::OkStatus();
}

absl::Status Ledger::Impl::CheckConservation() const {
  __int128 total = fees_collected.micros();
  for (std::size_t i = 1; i < subaccounts.size(); ++i) total += subaccounts[i].cash.micros();
  for (std::size_t i = 1; i < markets.size(); ++i) total += markets[i].pool.micros();
  for (std::size_t i = 1; i < pools.size(); ++i) total -= pools[i].returned.micros();
  const __int128 difference = total - external_funds.micros();
  if (difference != 0) {
    return Broken(absl::StrCat("cash + pools - returned + fees differ from deposits - withdrawals ",
                               "by ", static_cast<std::int64_t>(difference), " micro-dollars"));
  }
  return absl::OkStatus();
}

}  // namespace evx::ledger
