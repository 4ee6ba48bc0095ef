#include "exchange_state.h"

namespace evx::venue {
namespace {

PostingKind KindOf(const ledger::Posting& posting) {
  switch (posting.kind) {
    case ledger::PostingKind::kDeposit:
      return PostingKind::kDeposit;
    case ledger::PostingKind::kWithdrawal:
      return PostingKind::kWithdrawal;
    case ledger::PostingKind::kTransfer:
      return posting.amount > Money() ? PostingKind::kTransferIn : PostingKind::kTransferOut;
    case ledger::PostingKind::kTrade:
      return PostingKind::kTrade;
    case ledger::PostingKind::kFee:
    case ledger::PostingKind::kSettlementFee:
    case ledger::PostingKind::kFeeBust:
      return PostingKind::kFee;
    case ledger::PostingKind::kCollateralReturn:
      return PostingKind::kCollateralReturn;
    case ledger::PostingKind::kSettlement:
      return PostingKind::kSettlement;
    case ledger::PostingKind::kTradeBust:
      return PostingKind::kReversal;
  }
  return PostingKind::kDeposit;
}

}  // namespace

void Turn::EmitPosition(const ledger::Position& position) {
  Emit(PositionChanged{.account = state_.ledger.account_of(position.subaccount),
                       .subaccount = state_.ledger.number_of(position.subaccount),
                       .market = position.market,
                       .position = position.net,
                       .exposure = position.cost,
                       .realized_pnl = position.realized_pnl,
                       .fees_paid = position.fees_paid,
                       .total_traded = position.total_traded});
}

void Turn::EmitPosting(const ledger::Posting& posting) {
  Emit(CashPosted{.account = posting.account,
                  .subaccount = posting.subaccount,
                  .kind = KindOf(posting),
                  .amount = posting.amount,
                  .cash_after = posting.cash_after,
                  .market = posting.market,
                  .reference = posting.reference});
}

void Turn::EmitPostings() {
  for (const ledger::Posting& posting : postings) EmitPosting(posting);
  postings.clear();
}

void Turn::Touch(ledger::SubaccountIndex subaccount) {
  const std::size_t index = subaccount.value();
  if (touched_in_.size() <= index) touched_in_.resize(index + 1);
  if (touched_in_[index] == number_) return;
  touched_in_[index] = number_;
  touched_.push_back(subaccount);
}

void Turn::EmitBalances() {
  for (const ledger::SubaccountIndex subaccount : touched_) {
    Emit(BalanceChanged{.account = state_.ledger.account_of(subaccount),
                        .subaccount = state_.ledger.number_of(subaccount),
                        .cash = state_.ledger.cash(subaccount),
                        .hold = state_.ledger.holds(subaccount)});
  }
  touched_.clear();
}

}  // namespace evx::venue
