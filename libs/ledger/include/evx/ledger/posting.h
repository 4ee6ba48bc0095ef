#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"

namespace evx::ledger {

// Why the cash of a subaccount changed. Each kind has one counter account, so that a posting and
// its opposite there are a double entry.
enum class PostingKind : std::uint8_t {
  kDeposit,           // Counter: outside world.
  kWithdrawal,        // Counter: outside world.
  kTransfer,          // Counter: the other subaccount, whose posting has the same reference.
  kTrade,             // Price of a fill. Counter: collateral pool of the market.
  kFee,               // Fee of a fill, negative. Counter: fees.
  kCollateralReturn,  // Guaranteed payout given (or taken back). Counter: returned collateral.
  kSettlement,        // Payout. Counter: collateral pool of the market.
  kSettlementFee,     // Rounding of a scalar payout, negative. Counter: fees.
  kTradeBust,         // A kTrade reversed. Counter: collateral pool of the market.
  kFeeBust,           // A kFee reversed. Counter: fees.
};
inline constexpr int kPostingKindCount = 10;

// The enumerator without its k, for messages and logs.
std::string_view Name(PostingKind kind);

// One change of the cash of one subaccount. Operations append postings to a buffer of the caller in
// the order in which the cash changed; amounts of zero are not posted.
struct Posting {
  AccountId account;
  SubaccountNumber subaccount = 0;
  PostingKind kind = PostingKind::kDeposit;
  MarketId market;  // 0 for money that belongs to no market.
  EventId event;    // Of kCollateralReturn; else 0.
  Money amount;     // Signed: positive raises the cash.
  Money cash_after;
  std::uint64_t reference = 0;  // TransferId of deposits, withdrawals and transfers; TradeId of
                                // fills and busts; 0 otherwise.
  friend constexpr bool operator==(const Posting&, const Posting&) = default;
};

// The statement of one subaccount over a span of time, usually a day of the exchange:
// opening + entries = closing. The ledger has no clock; the caller selects the postings.
class Statement {
 public:
  // `postings` are all postings of one subaccount in the span, in order. DataLoss names the first
  // posting that belongs to another subaccount or whose cash_after does not follow from the cash
  // before it: a posting was lost, doubled or reordered.
  static absl::StatusOr<Statement> FromPostings(AccountId account, SubaccountNumber subaccount,
                                                Money opening, std::span<const Posting> postings);

  AccountId account() const { return account_; }
  SubaccountNumber subaccount() const { return subaccount_; }
  Money opening() const { return opening_; }
  Money closing() const { return closing_; }
  // Sum of the entries of one kind; the sums of all kinds are closing - opening.
  Money Total(PostingKind kind) const { return totals_[static_cast<std::size_t>(kind)]; }
  std::span<const Posting> entries() const { return entries_; }

 private:
  Statement() = default;

  AccountId account_;
  SubaccountNumber subaccount_ = 0;
  Money opening_;
  Money closing_;
  std::array<Money, kPostingKindCount> totals_{};
  std::vector<Posting> entries_;
};

}  // namespace evx::ledger
