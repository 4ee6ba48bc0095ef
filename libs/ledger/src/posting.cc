#include "evx/ledger/posting.h"

#include "absl/strings/str_cat.h"
#include "evx/core/status.h"

namespace evx::ledger {

std::string_view Name(PostingKind kind) {
  switch (kind) {
    case PostingKind::kDeposit:
      return "Deposit";
    case PostingKind::kWithdrawal:
      return "Withdrawal";
    case PostingKind::kTransfer:
      return "Transfer";
    case PostingKind::kTrade:
      return "Trade";
    case PostingKind::kFee:
      return "Fee";
    case PostingKind::kCollateralReturn:
      return "CollateralReturn";
    case PostingKind::kSettlement:
      return "Settlement";
    case PostingKind::kSettlementFee:
      return "SettlementFee";
    case PostingKind::kTradeBust:
      return "TradeBust";
    case PostingKind::kFeeBust:
      return "FeeBust";
  }
  return "";
}

absl::StatusOr<Statement> Statement::FromPostings(AccountId account, SubaccountNumber subaccount,
                                                  Money opening,
                                                  std::span<const Posting> postings) {
  Statement statement;
  statement.account_ = account;
  statement.subaccount_ = subaccount;
  statement.opening_ = opening;
  statement.closing_ = opening;
  for (std::size_t i = 0; i < postings.size(); ++i) {
    const Posting& posting = postings[i];
    if (posting.account != account || posting.subaccount != subaccount) {
      return DataLoss(absl::StrCat("posting ", i, " belongs to account ", posting.account.value(),
                                   " subaccount ", posting.subaccount, ", not to account ",
                                   account.value(), " subaccount ", subaccount));
    }
    statement.closing_ += posting.amount;
    if (posting.cash_after != statement.closing_) {
      return DataLoss(absl::StrCat("posting ", i, " leaves ", posting.cash_after.micros(),
                                   " micro-dollars, the entries before it give ",
                                   statement.closing_.micros()));
    }
    statement.totals_[static_cast<std::size_t>(posting.kind)] += posting.amount;
  }
  statement.entries_.assign(postings.begin(), postings.end());
  return statement;
}

}  // namespace evx::ledger
