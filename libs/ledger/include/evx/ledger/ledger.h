#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "absl/status/status.h"
#include "evx/core/bytes.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"
#include "evx/ledger/fees.h"
#include "evx/ledger/order_reserve.h"
#include "evx/ledger/position.h"
#include "evx/ledger/posting.h"
#include "evx/ledger/reject_reason.h"

namespace evx::ledger {

// Limits. Up to them no sum overflows 64 bits.
inline constexpr Quantity kPositionQuantityMax = Quantity::FromCentis(1'000'000'000'000);
inline constexpr Money kDepositMax = Money::FromDollars(10'000'000'000);
inline constexpr Money kExternalFundsMax = Money::FromDollars(100'000'000'000);
inline constexpr int kExclusiveMarketCountMax = 512;  // Markets of one exclusive event.

// The step in which an account's balance moves. Source: the venue's fee rounding page.
enum class BalanceUnit : std::uint8_t {
  kCentiCent,  // $0.0001, direct members.
  kCent,       // $0.01, everyone else.
};
constexpr Money UnitOf(BalanceUnit unit) {
  return Money::FromMicros(unit == BalanceUnit::kCentiCent ? 100 : 10'000);
}

struct ReserveRequest {
  SubaccountIndex subaccount;
  MarketId market;
  BookSide side = BookSide::kBid;
  Price limit;  // YES price, above $0 and below $1.
  Quantity quantity;
  // kMaker for an order that cannot take (post only): reserves the maker fee from the start.
  Liquidity liquidity = Liquidity::kTaker;
};

struct ReserveResult {
  Refusal refusal;
  Money shortfall;  // With kInsufficientFunds: what is missing.
  bool ok() const { return !refusal.has_value(); }
};

struct Fill {
  Price price;  // YES price; not worse than the order's limit.
  Quantity quantity;
  Liquidity liquidity = Liquidity::kTaker;
  TradeId trade;
};

// What one fill did. cash_delta = revenue + collateral_returned - fee.
struct FillOutcome {
  Money revenue;              // Before fees; negative when paying. The market's pool moves by the
                              // opposite amount.
  Money collateral_returned;  // Change of the event's guaranteed payout (netting subaccounts).
  Money trade_fee;            // The model fee, rounded up to one micro-dollar.
  Money rounding_fee;         // Aligns the cash to the account's unit.
  Money rebate;               // Given back from the order's accumulator.
  Money waived;               // Part of trade_fee + rounding_fee that the funds did not cover.
  Money fee;                  // trade_fee + rounding_fee - rebate - waived; never negative. The
                              // venue's fee_cost.
  Money cash_delta;
  Money cash_after;
  Money realized_pnl;       // Of this fill.
  Quantity position_after;  // Net, YES positive.
  Money position_cost_after;
};

struct BustSide {
  SubaccountIndex subaccount;
  Money fee;  // The fee of its fill, given back.
};

// One row of a settled market, or (market row absent) a subaccount whose collateral return grew.
struct SettlementEntry {
  SubaccountIndex subaccount;
  AccountId account;
  SubaccountNumber subaccount_number = 0;
  Quantity net;  // What settled; may be 0 for a row that only has history.
  Money cost;    // Average cost of it.
  Money payout;
  Money collateral_returned;  // Change of the event's guaranteed payout.
  Money fee;                  // Rounding of a scalar payout.
  Money realized_pnl;         // By the settlement alone.
  Money total_realized_pnl;   // Of the row's life, settlement included.
  Money total_fees_paid;
  Money total_traded;
  Money cash_after;
};

// Accounts, cash, positions and holds of one exchange.
//
// Money. Every subaccount has cash, which includes what its orders hold; available = cash - holds
// never falls below zero, so cash never does. A contract pair is backed by $1 in the collateral
// pool of its market. At every moment, exact to the micro-dollar:
//     sum of cash + collateral pools - returned collateral + fees == deposits - withdrawals
//
// Holds. In terms of the contract a side buys (bids buy YES at p, asks buy NO at $1 - p), let Q be
// the quantity of its orders, C their cost at the limits, F their fee holds, and O what the
// subaccount has of the opposite contract. Buying against O closes pairs, and each pair pays $1:
//     hold = max(0, C + F - $1 * min(Q, O))        of each side; both sides are summed.
// Why every sequence of fills stays affordable: a fill of q at its limit first closes c = min(q, O)
// and opens the rest. While it closes, Q and O both fall by c, cash moves by $1*c - cost - fee, and
// C + F - min(Q, O) moves by exactly the opposite; if the maximum had cut the hold at zero, the
// hold grows by less than the cash does. While it opens, O is 0, nothing is cut, and hold and cash
// fall alike. A fill on the other side only raises O, which only lowers this hold. A better price
// leaves more: price + fee rises with the price (see FeeMultiplier). So available never falls by a
// fill, except by roundings: see "Dust".
//
// Collateral return. In a subaccount with netting, exclusive markets of one event with NO positions
// N_i guarantee G = sum N_i - (1 - S) * max N_i dollars, S being the sum of the settled YES values
// of the event (an event may also end with no YES at all). G is paid into the cash at once and
// follows every fill and settlement. Closing NO may lower G by $1 a contract, so bids there get no
// credit for O. S is held at or below $1, which includes that two markets never settle YES;
// no settlement can then take cash away.
//
// Dust. Every fill may round up by less than one unit, and thousands of tiny fills of one order
// round up more than was reserved. Where the fee of a fill exceeds what is available, its rounding
// part, then its trade fee, is waived down to what is there; the cash then may lie off the unit
// until the next fill aligns it again. Fees are never negative.
//
// Life of an order: Reserve; ApplyFill with kTaker for each match on entry; then Rest if a part
// rests, or Release of what is left; ApplyFill with kMaker while resting; Release on decrease,
// cancel and expiry; Amend for a new price or quantity, followed by fills and Rest like an entry.
//
// Cost: Reserve one hash lookup, everything else on an order O(1) by index, no allocation once the
// tables have grown; with netting in an exclusive event a fill that shrinks the largest NO position
// visits the event's markets. Rows are freed when nothing is left to remember (never traded and no
// order) and when their market settles, so memory follows live positions and orders, not history.
//
// Deterministic: equal operations give equal bytes in Save. Not thread-safe: one writer. Market and
// account ids, subaccount indexes and order records that the ledger did not hand out abort.
class Ledger {
 public:
  Ledger();
  ~Ledger();
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  // --- Accounts ---------------------------------------------------------------------------------

  // Ids are dense from 1. The account starts with subaccount 0, no cash, netting off.
  AccountId CreateAccount(BalanceUnit unit);
  // The next number of the account, with the primary's netting flag; nothing at 64 subaccounts.
  std::optional<SubaccountNumber> CreateSubaccount(AccountId account);
  // 0 where it does not exist.
  SubaccountIndex FindSubaccount(AccountId account, SubaccountNumber number) const;
  std::uint32_t account_count() const;
  int subaccount_count(AccountId account) const;
  BalanceUnit balance_unit(AccountId account) const;
  AccountId account_of(SubaccountIndex subaccount) const;
  SubaccountNumber number_of(SubaccountIndex subaccount) const;

  // Amounts are positive multiples of the account's unit.
  Refusal Deposit(SubaccountIndex subaccount, Money amount, TransferId transfer,
                  std::vector<Posting>& postings);
  Refusal Withdraw(SubaccountIndex subaccount, Money amount, TransferId transfer,
                   std::vector<Posting>& postings);
  Refusal Transfer(SubaccountIndex from, SubaccountIndex to, Money amount, TransferId transfer,
                   std::vector<Posting>& postings);

  // Turning netting off needs the cash for what was returned; turning it on needs the funds for the
  // credit that bids lose. Cost: the subaccount's rows.
  Refusal SetNetting(SubaccountIndex subaccount, bool on, std::vector<Posting>& postings);
  bool netting(SubaccountIndex subaccount) const;

  Money cash(SubaccountIndex subaccount) const;       // Holds included.
  Money holds(SubaccountIndex subaccount) const;      // Resting orders and their fees.
  Money available(SubaccountIndex subaccount) const;  // cash - holds: the balance to report.

  // --- Markets ----------------------------------------------------------------------------------

  // Before the event's markets; ids in any order, each once. `exclusive`: at most one market of the
  // event pays YES (the venue's MECNET).
  void AddEvent(EventId event, bool exclusive);
  // False, and nothing added, when an exclusive event has kExclusiveMarketCountMax markets.
  bool AddMarket(MarketId market, EventId event);
  bool is_settled(MarketId market) const;

  // --- Orders -----------------------------------------------------------------------------------

  // Reserves the worst case of an order at its limit with its fee. On success `order` is set, else
  // untouched.
  ReserveResult Reserve(const ReserveRequest& request, const FeeTerms& fees, OrderReserve& order);

  // The quantity left after matching rests: from now on only the maker fee is held.
  void Rest(OrderReserve& order, const FeeTerms& fees);

  // 0 < fill.quantity <= order.open.
  FillOutcome ApplyFill(OrderReserve& order, const Fill& fill, const FeeTerms& fees,
                        std::vector<Posting>& postings);

  // Gives back the hold of `quantity`, 0 < quantity <= order.open: decrease, cancel, expiry.
  void Release(OrderReserve& order, Quantity quantity);

  // Replaces limit and open quantity (above 0) at once, reserving `liquidity`'s fee again; refused
  // as Reserve is, and then the order is unchanged.
  ReserveResult Amend(OrderReserve& order, Price limit, Quantity open, Liquidity liquidity,
                      const FeeTerms& fees);

  // --- Positions --------------------------------------------------------------------------------

  // Null where there is none. Valid until the next operation that changes the ledger.
  const Position* FindPosition(SubaccountIndex subaccount, MarketId market) const;
  const Position& position(PositionIndex index) const;
  // For a caller that knows its next commands: starts to load what Reserve will look up, first the
  // key, some commands later the row. They change nothing.
  void PrefetchKey(SubaccountIndex subaccount, MarketId market) const;
  void PrefetchRow(SubaccountIndex subaccount, MarketId market) const;
  void PrefetchRow(PositionIndex position) const;
  // What an order on `side` could reduce: the cap of reduce-only orders.
  Quantity Reducible(SubaccountIndex subaccount, MarketId market, BookSide side) const;
  // In order of market id. Cost: the subaccount's rows, sorted.
  void VisitPositions(SubaccountIndex subaccount,
                      const std::function<void(const Position&)>& visit) const;
  // In order of account and subaccount number. Cost: the market's rows, sorted.
  void VisitPositions(MarketId market, const std::function<void(const Position&)>& visit) const;
  // Contract pairs outstanding: the market's collateral pool in contracts.
  Quantity open_interest(MarketId market) const;
  Money collateral_returned(SubaccountIndex subaccount, EventId event) const;

  // --- Settlement and busts ---------------------------------------------------------------------

  // Pays YES q * value and NO q * ($1 - value) to every row, frees the rows, and appends one entry
  // per row in order of account and subaccount number, then one per other subaccount whose
  // collateral return changed. value: $1 for yes, $0 for no, between for scalar and void; only
  // between can there be a rounding fee. Refused with kMarketSettled, kRestingOrders or
  // kSettlementValuesAboveOne.
  Refusal Settle(MarketId market, Price value, std::vector<SettlementEntry>& entries,
                 std::vector<Posting>& postings);

  // Reverses a trade: both sides' quantities, prices and fees. To positions it is the opposite fill
  // at the same price without a fee. Refused with kMarketSettled, kPositionLimit or
  // kInsufficientFunds (an account could not pay back what it received, or would have to pay for
  // the opposite position that the reversal leaves it with).
  Refusal BustTrade(MarketId market, Price price, Quantity quantity, TradeId trade,
                    const BustSide& buyer, const BustSide& seller, std::vector<Posting>& postings);

  // --- Whole state ------------------------------------------------------------------------------

  Money fees_collected() const;
  Money deposits_minus_withdrawals() const;
  std::uint32_t position_count() const;
  // Takes the memory of this many rows now (some 170 bytes each), so that reaching them neither
  // grows the process nor pauses for a larger table.
  void ReserveRows(std::uint32_t count);
  std::size_t memory_bytes() const;

  // Everything the class comment promises, recomputed from the rows. Internal names the first
  // thing that does not hold. Valid between trades: after the fills of both sides. Cost: the rows.
  absl::Status CheckInvariants() const;

  // The complete state. Row indexes survive, so that orders saved by the caller stay valid.
  void Save(ByteWriter& writer) const;
  // Into a new ledger. DataLoss when the bytes are not a sound ledger; it is then unusable.
  absl::Status Load(ByteReader& reader);
  // XXH64 of what Save writes.
  std::uint64_t StateHash() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace evx::ledger
