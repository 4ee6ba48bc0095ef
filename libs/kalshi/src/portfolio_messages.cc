#include "evx/kalshi/portfolio_messages.h"

#include "message_archive.h"

namespace evx::kalshi {

template <class Archive, Is<Fill> M>
void Members(Archive& a, M& m) {
  a.EchoText("fill_id", m.trade_id);
  a.Text("trade_id", m.trade_id);
  a.Text("order_id", m.order_id);
  a.Text("ticker", m.ticker);
  a.EchoText("market_ticker", m.ticker);
  a.EchoWord("side", ToContractSide(m.action, m.book_side));
  a.Word("action", m.action);
  a.EchoWord("outcome_side", OutcomeSide(m.book_side));
  a.Word("book_side", m.book_side);
  if constexpr (!std::is_const_v<M>) ReadOlderDirection(a.object(), m.action, m.book_side);
  a.Count("count_fp", m.count);
  a.DollarPrice("yes_price_dollars", m.yes_price);
  a.EchoPrice("no_price_dollars", m.yes_price.Complement());
  a.Bool("is_taker", m.is_taker);
  a.TimeIf("created_time", m.created_time);
  a.Money6OrZero("fee_cost", m.fee_cost);
  a.IntIf("subaccount_number", m.subaccount_number);
  a.EchoInt("ts", m.created_time.seconds());
  a.Int("exchange_index", m.exchange_index);
}

template <class Archive, Is<FillsResponse> M>
void Members(Archive& a, M& m) {
  a.List("fills", m.fills);
  a.Text("cursor", m.cursor);
}

template <class Archive, Is<MarketPosition> M>
void Members(Archive& a, M& m) {
  a.Text("ticker", m.ticker);
  a.Int("exchange_index", m.exchange_index);
  a.Money6("total_traded_dollars", m.total_traded);
  a.Count("position_fp", m.position);
  a.Money6("market_exposure_dollars", m.market_exposure);
  a.Money6("realized_pnl_dollars", m.realized_pnl);
  a.Money6("fees_paid_dollars", m.fees_paid);
  a.Time("last_updated_ts", m.last_updated_time);
}

template <class Archive, Is<EventPosition> M>
void Members(Archive& a, M& m) {
  a.Text("event_ticker", m.event_ticker);
  a.Money6("total_cost_dollars", m.total_cost);
  a.Count("total_cost_shares_fp", m.total_cost_shares);
  a.Money6("event_exposure_dollars", m.event_exposure);
  a.Money6("realized_pnl_dollars", m.realized_pnl);
  a.Money6("fees_paid_dollars", m.fees_paid);
}

template <class Archive, Is<PositionsResponse> M>
void Members(Archive& a, M& m) {
  a.List("market_positions", m.market_positions);
  a.List("event_positions", m.event_positions);
  a.Text("cursor", m.cursor);
}

template <class Archive, Is<Settlement> M>
void Members(Archive& a, M& m) {
  a.Text("ticker", m.ticker);
  a.Int("exchange_index", m.exchange_index);
  a.Text("event_ticker", m.event_ticker);
  a.Word("market_result", m.market_result);
  a.Count("yes_count_fp", m.yes_count);
  a.Money6("yes_total_cost_dollars", m.yes_total_cost);
  a.Count("no_count_fp", m.no_count);
  a.Money6("no_total_cost_dollars", m.no_total_cost);
  a.Cents("revenue", m.revenue);
  a.Time("settled_time", m.settled_time);
  a.Money6("fee_cost", m.fee_cost);
  a.CentsOrNull("value", m.value);
}

template <class Archive, Is<SettlementsResponse> M>
void Members(Archive& a, M& m) {
  a.List("settlements", m.settlements);
  a.Text("cursor", m.cursor);
}

template <class Archive, Is<IndexedBalance> M>
void Members(Archive& a, M& m) {
  a.Int("exchange_index", m.exchange_index);
  a.Money4("balance", m.balance);
}

template <class Archive, Is<BalanceResponse> M>
void Members(Archive& a, M& m) {
  a.EchoInt("balance", ToCentsTruncated(m.balance));
  a.Money4("balance_dollars", m.balance);
  a.Cents("portfolio_value", m.portfolio_value);
  a.Seconds("updated_ts", m.updated_time);
  a.ListIf("balance_breakdown", m.balance_breakdown);
}

template <class Archive, Is<RestingOrderValueResponse> M>
void Members(Archive& a, M& m) {
  a.Cents("total_resting_order_value", m.total);
  a.List("resting_order_value_breakdown", m.breakdown);
}

template <class Archive, Is<Payment> M>
void Members(Archive& a, M& m) {
  a.Text("id", m.id);
  a.Word("status", m.status);
  a.Word("type", m.type);
  a.Cents("amount_cents", m.amount);
  a.Cents("fee_cents", m.fee);
  a.Seconds("created_ts", m.created_time);
  a.SecondsOrNull("finalized_ts", m.finalized_time);
}

template <class Archive, Is<DepositsResponse> M>
void Members(Archive& a, M& m) {
  a.List("deposits", m.deposits);
  a.Text("cursor", m.cursor);
}

template <class Archive, Is<WithdrawalsResponse> M>
void Members(Archive& a, M& m) {
  a.List("withdrawals", m.withdrawals);
  a.Text("cursor", m.cursor);
}

template <class Archive, Is<CreateSubaccountResponse> M>
void Members(Archive& a, M& m) {
  a.Int("subaccount_number", m.subaccount_number);
}

template <class Archive, Is<SubaccountBalance> M>
void Members(Archive& a, M& m) {
  a.Int("subaccount_number", m.subaccount_number);
  a.Int("exchange_index", m.exchange_index);
  a.Money4("balance", m.balance);
  a.Seconds("updated_ts", m.updated_time);
}

template <class Archive, Is<SubaccountBalancesResponse> M>
void Members(Archive& a, M& m) {
  a.List("subaccount_balances", m.subaccount_balances);
}

template <class Archive, Is<SubaccountNetting> M>
void Members(Archive& a, M& m) {
  a.Int("subaccount_number", m.subaccount_number);
  a.Bool("enabled", m.enabled);
  a.Int("exchange_index", m.exchange_index);
}

template <class Archive, Is<SubaccountNettingResponse> M>
void Members(Archive& a, M& m) {
  a.List("netting_configs", m.netting_configs);
}

template <class Archive, Is<SubaccountTransfer> M>
void Members(Archive& a, M& m) {
  a.Text("transfer_id", m.transfer_id);
  a.Int("from_subaccount", m.from_subaccount);
  a.Int("to_subaccount", m.to_subaccount);
  a.Cents("amount_cents", m.amount);
  a.Seconds("created_ts", m.created_time);
  a.Int("exchange_index", m.exchange_index);
}

template <class Archive, Is<SubaccountTransfersResponse> M>
void Members(Archive& a, M& m) {
  a.List("transfers", m.transfers);
  a.Text("cursor", m.cursor);
}

template <class Archive, Is<SubaccountPositionTransferResponse> M>
void Members(Archive& a, M& m) {
  a.Text("position_transfer_id", m.position_transfer_id);
}

template <class Archive, Is<IntraExchangeTransfer> M>
void Members(Archive& a, M& m) {
  a.Text("transfer_id", m.transfer_id);
  a.Word("source", m.source);
  a.Word("destination", m.destination);
  a.Int("source_exchange_shard", m.source_exchange_shard);
  a.Int("destination_exchange_shard", m.destination_exchange_shard);
  a.Money4("amount", m.amount);
  a.Word("status", m.status);
  a.Seconds("created_ts", m.created_time);
}

template <class Archive, Is<CreateIntraExchangeTransferResponse> M>
void Members(Archive& a, M& m) {
  a.Text("transfer_id", m.transfer_id);
}

template <class Archive, Is<IntraExchangeTransferResponse> M>
void Members(Archive& a, M& m) {
  a.Object("transfer", m.transfer);
}

template <class Archive, Is<IntraExchangeTransfersResponse> M>
void Members(Archive& a, M& m) {
  a.List("transfers", m.transfers);
  a.Text("cursor", m.cursor);
}

template <class Archive, Is<BalanceAllocation> M>
void Members(Archive& a, M& m) {
  a.Int("exchange_index", m.exchange_index);
  a.Int("percent", m.percent);
}

template <class Archive, Is<BalanceAllocationResponse> M>
void Members(Archive& a, M& m) {
  a.List("allocations", m.allocations);
  a.WordIf("resting_margin_reservation", m.resting_margin_reservation);
}

EVX_KALSHI_MESSAGE(Fill);
EVX_KALSHI_MESSAGE(FillsResponse);
EVX_KALSHI_MESSAGE(PositionsResponse);
EVX_KALSHI_MESSAGE(SettlementsResponse);
EVX_KALSHI_MESSAGE(BalanceResponse);
EVX_KALSHI_MESSAGE(RestingOrderValueResponse);
EVX_KALSHI_MESSAGE(DepositsResponse);
EVX_KALSHI_MESSAGE(WithdrawalsResponse);
EVX_KALSHI_MESSAGE(CreateSubaccountResponse);
EVX_KALSHI_MESSAGE(SubaccountBalancesResponse);
EVX_KALSHI_MESSAGE(SubaccountNettingResponse);
EVX_KALSHI_MESSAGE(SubaccountTransfersResponse);
EVX_KALSHI_MESSAGE(SubaccountPositionTransferResponse);
EVX_KALSHI_MESSAGE(CreateIntraExchangeTransferResponse);
EVX_KALSHI_MESSAGE(IntraExchangeTransferResponse);
EVX_KALSHI_MESSAGE(IntraExchangeTransfersResponse);
EVX_KALSHI_MESSAGE(BalanceAllocationResponse);

}  // namespace evx::kalshi
