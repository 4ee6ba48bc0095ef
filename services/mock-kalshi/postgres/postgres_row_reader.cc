#include "postgres/postgres_row_reader.h"

#include "read_model/candles.h"

namespace evx::mock_kalshi {

OrderRow ReadOrder(PostgresRowReader& reader) {
  OrderRow row;
  row.order_id = reader.Number<OrderId>();
  row.account = reader.Number<AccountId>();
  row.subaccount = reader.Subaccount();
  row.market = reader.Number<MarketId>();
  row.side = reader.Enumerator(BookSide::kAsk);
  row.time_in_force = reader.Enumerator(venue::TimeInForce::kFillOrKill);
  row.self_trade_prevention = reader.Enumerator(venue::SelfTradePrevention::kMaker);
  row.post_only = reader.Flag();
  row.reduce_only = reader.Flag();
  row.cancel_on_pause = reader.Flag();
  row.status = reader.Enumerator(OrderStatus::kCanceled);
  row.cancel_reason = reader.Enumerator(venue::CancelReason::kPriceGridChanged);
  row.price = reader.YesPrice();
  row.initial_quantity = reader.Contracts();
  row.filled = reader.Contracts();
  row.remaining = reader.Contracts();
  row.taker_fill_cost = reader.Amount();
  row.maker_fill_cost = reader.Amount();
  row.taker_fees = reader.Amount();
  row.maker_fees = reader.Amount();
  row.expiration = reader.Time();
  row.order_group = reader.Number<OrderGroupId>();
  row.client_order_id = reader.ShortText<venue::ClientOrderId>();
  row.create_time = reader.Time();
  row.update_time = reader.Time();
  row.sequence_number = reader.Number<SequenceNumber>();
  return row;
}

FillRow ReadFill(PostgresRowReader& reader) {
  FillRow row;
  row.trade_id = reader.Number<TradeId>();
  row.is_taker = reader.Flag();
  row.order_id = reader.Number<OrderId>();
  row.account = reader.Number<AccountId>();
  row.subaccount = reader.Subaccount();
  row.market = reader.Number<MarketId>();
  row.side = reader.Enumerator(BookSide::kAsk);
  row.price = reader.YesPrice();
  row.quantity = reader.Contracts();
  row.fee = reader.Amount();
  row.time = reader.Time();
  row.sequence_number = reader.Number<SequenceNumber>();
  return row;
}

TradeRow ReadTrade(PostgresRowReader& reader) {
  TradeRow row;
  row.trade_id = reader.Number<TradeId>();
  row.market = reader.Number<MarketId>();
  row.price = reader.YesPrice();
  row.quantity = reader.Contracts();
  row.taker_side = reader.Enumerator(BookSide::kAsk);
  row.taker_order_id = reader.Number<OrderId>();
  row.maker_order_id = reader.Number<OrderId>();
  row.busted = reader.Flag();
  row.time = reader.Time();
  row.sequence_number = reader.Number<SequenceNumber>();
  return row;
}

SettlementRow ReadSettlement(PostgresRowReader& reader) {
  SettlementRow row;
  row.settlement_id = static_cast<std::uint64_t>(reader.Integer(0, INT64_MAX));
  row.account = reader.Number<AccountId>();
  row.subaccount = reader.Subaccount();
  row.market = reader.Number<MarketId>();
  row.result = reader.Enumerator(venue::MarketResult::kScalar);
  row.settlement_value = reader.YesPrice();
  row.position = reader.Contracts();
  row.yes_cost = reader.Amount();
  row.no_cost = reader.Amount();
  row.revenue = reader.Amount();
  row.fee = reader.Amount();
  row.time = reader.Time();
  row.sequence_number = reader.Number<SequenceNumber>();
  return row;
}

MarkRow ReadMark(PostgresRowReader& reader) {
  MarkRow row;
  row.time = reader.Time();
  row.cash = reader.Amount();
  row.position_value = reader.Amount();
  return row;
}

TransferRow ReadTransfer(PostgresRowReader& reader) {
  TransferRow row;
  row.transfer = reader.Number<TransferId>();
  row.kind = reader.Enumerator(TransferKind::kBetweenSubaccounts);
  row.account = reader.Number<AccountId>();
  row.from_subaccount = reader.Subaccount();
  row.to_subaccount = reader.Subaccount();
  row.amount = reader.Amount();
  row.client_transfer_id = reader.ShortText<venue::UuidText>();
  row.time = reader.Time();
  row.sequence_number = reader.Number<SequenceNumber>();
  return row;
}

ClosedPositionRow ReadClosedPosition(PostgresRowReader& reader) {
  ClosedPositionRow row;
  row.account = reader.Number<AccountId>();
  row.subaccount = reader.Subaccount();
  row.market = reader.Number<MarketId>();
  row.realized_pnl = reader.Amount();
  row.fees_paid = reader.Amount();
  row.total_traded = reader.Amount();
  row.time = reader.Time();
  row.sequence_number = reader.Number<SequenceNumber>();
  return row;
}

PeriodCandle ReadCandle(PostgresRowReader& reader) {
  PeriodCandle candle;
  candle.period_minutes = reader.Integer(1, 1440);
  CandleRow& row = candle.row;
  row.market = reader.Number<MarketId>();
  row.end_period_seconds = reader.Integer(1, INT32_MAX * std::int64_t{1000});
  row.yes_bid = reader.Prices();
  row.yes_ask = reader.Prices();
  row.trade = reader.OptionalPrices();
  row.trade_value = reader.Amount();
  row.previous = reader.OptionalPrice();
  row.volume = reader.Contracts();
  row.open_interest = reader.Contracts();
  return candle;
}

}  // namespace evx::mock_kalshi
