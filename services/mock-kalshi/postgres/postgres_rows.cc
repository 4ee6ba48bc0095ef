#include "postgres/postgres_rows.h"

#include <type_traits>

#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/venue/codec.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::uint64_t kSettlementIdsPerRecord = 1 << 20;

template <class Enum>
std::int64_t Number(Enum value) {
  return static_cast<std::int64_t>(value);
}

}  // namespace

// One record's events, in order.
class RowFold::Visitor {
 public:
  Visitor(RowFold& fold, RowBatch& batch, SequenceNumber sequence_number, Timestamp time,
          bool is_base)
      : fold_(fold),
        batch_(batch),
        sequence_number_(sequence_number),
        time_(time),
        is_base_(is_base),
        ledger_line_(is_base ? fold.base_ledger_line_ : 0),
        catalogue_line_(is_base ? fold.base_catalogue_line_ : 0),
        order_group_line_(is_base ? fold.base_order_group_line_ : 0) {}

  void Done() {
    if (!is_base_) return;
    fold_.base_ledger_line_ = ledger_line_;
    fold_.base_catalogue_line_ = catalogue_line_;
    fold_.base_order_group_line_ = order_group_line_;
  }

  template <class Event>
  void Visit(const Event& event) {
    if (is_base_) {
      RestoreCandles(event);
    } else {
      fold_.candles_.OnEvent(event);
    }
    (*this)(event);
  }

  void operator()(const venue::CommandRejected&) {}
  void operator()(const venue::ExchangeStatusChanged& e) { AddChange(e, {}, {}, {}); }

  // --- Accounts ---
  void operator()(const venue::AccountOpened& e) {
    Run("INSERT INTO exchange.accounts (account_id, name, balance_unit_micros, usage_tier, "
        "open_time_ns, update_time_ns) VALUES ($1, $2, $3, $4, $5, $5)",
        Values()
            .Add(e.account.value())
            .Add(e.name.view())
            .Add(e.balance_unit_micros)
            .Add(Number(e.tier))
            .Add(time_.nanos()));
    OpenSubaccount(e.account, 0, false);
  }

  void operator()(const venue::AccountUpdated& e) {
    Run("UPDATE exchange.accounts SET usage_tier = $2, disabled = $3, update_time_ns = $4 "
        "WHERE account_id = $1",
        Values().Add(e.account.value()).Add(Number(e.tier)).Add(e.disabled).Add(time_.nanos()));
  }

  void operator()(const venue::SubaccountOpened& e) {
    OpenSubaccount(e.account, e.subaccount, e.netting_enabled);
  }

  void operator()(const venue::KeyRegistered& e) {
    Run("INSERT INTO exchange.api_keys (key_id, account_id, name, public_key_pem, scopes, "
        "subaccount, register_time_ns) VALUES ($1, $2, $3, $4, $5, $6, $7) "
        "ON CONFLICT (key_id) DO UPDATE SET account_id = EXCLUDED.account_id, "
        "name = EXCLUDED.name, public_key_pem = EXCLUDED.public_key_pem, "
        "scopes = EXCLUDED.scopes, subaccount = EXCLUDED.subaccount, "
        "register_time_ns = EXCLUDED.register_time_ns, revoke_time_ns = 0",
        Values()
            .Add(e.key_id.view())
            .Add(e.account.value())
            .Add(e.name.view())
            .Add(e.public_key_pem)
            .Add(e.scopes)
            .Add(e.subaccount)
            .Add(time_.nanos()));
  }

  void operator()(const venue::KeyRevoked& e) {
    Run("UPDATE exchange.api_keys SET revoke_time_ns = $2 WHERE key_id = $1",
        Values().Add(e.key_id.view()).Add(time_.nanos()));
  }

  void operator()(const venue::FundsDeposited& e) {
    AddTransfer({e.transfer,
                 TransferKind::kDeposit,
                 e.account,
                 e.subaccount,
                 e.subaccount,
                 e.amount,
                 {},
                 time_,
                 sequence_number_});
  }

  void operator()(const venue::FundsWithdrawn& e) {
    AddTransfer({e.transfer,
                 TransferKind::kWithdrawal,
                 e.account,
                 e.subaccount,
                 e.subaccount,
                 e.amount,
                 {},
                 time_,
                 sequence_number_});
  }

  void operator()(const venue::FundsTransferred& e) {
    AddTransfer({e.transfer, TransferKind::kBetweenSubaccounts, e.account, e.from_subaccount,
                 e.to_subaccount, e.amount, e.client_transfer_id, time_, sequence_number_});
  }

  void operator()(const venue::NettingChanged& e) {
    Run("UPDATE exchange.subaccounts SET netting_enabled = $3 "
        "WHERE account_id = $1 AND subaccount = $2",
        Values().Add(e.account.value()).Add(e.subaccount).Add(e.enabled));
  }

  void operator()(const venue::TargetBalanceAllocationChanged& e) {
    Run("UPDATE exchange.accounts SET target_balance_allocation = $2 WHERE account_id = $1",
        Values().Add(e.account.value()).Add(e.allocation_json));
  }

  void operator()(const venue::CashPosted& e) {
    if (is_base_) return;  // The balance says it all.
    Post(CashLedgerAccount(e.account, e.subaccount), CounterLedgerAccount(e),
         static_cast<std::int16_t>(e.kind), e.amount, e.market, e.reference);
  }

  void operator()(const venue::BalanceChanged& e) {
    batch_.balances[{e.account, e.subaccount}] = {e.account, e.subaccount, e.cash, e.hold, time_};
    if (is_base_ && e.cash != Money()) {
      Post(CashLedgerAccount(e.account, e.subaccount), kOpeningLedgerAccount, kOpeningPostingKind,
           e.cash, MarketId(), 0);
    }
  }

  // --- Orders ---
  void operator()(const venue::OrderAccepted& e) {
    batch_.order_index[e.order_id] = batch_.orders.size();
    OrderChange& change = batch_.orders.emplace_back();
    change.is_new = true;
    OrderRow& row = change.row;
    row.order_id = e.order_id;
    row.account = e.account;
    row.subaccount = e.subaccount;
    row.market = e.market;
    row.side = e.side;
    row.time_in_force = e.time_in_force;
    row.self_trade_prevention = e.self_trade_prevention;
    row.post_only = e.post_only;
    row.reduce_only = e.reduce_only;
    row.cancel_on_pause = e.cancel_on_pause;
    row.price = e.price;
    row.initial_quantity = e.quantity;
    row.remaining = e.quantity;
    row.expiration = e.expiration;
    row.order_group = e.order_group;
    row.client_order_id = e.client_order_id;
    row.create_time = time_;
    row.update_time = time_;
    row.sequence_number = sequence_number_;
  }

  void operator()(const venue::OrderRestored& e) {
    OrderRow& row = Order(e.order_id).row;
    row.filled = e.filled;
    row.remaining = e.remaining;
    row.taker_fill_cost = e.taker_fill_cost;
    row.maker_fill_cost = e.maker_fill_cost;
    row.taker_fees = e.taker_fees;
    row.maker_fees = e.maker_fees;
    row.create_time = e.create_time;
    row.update_time = e.last_update_time;
  }

  void operator()(const venue::TradeExecuted& e) {
    batch_.trades.push_back({e.trade_id, e.market, e.price, e.quantity, e.taker_side,
                             e.taker_order_id, e.maker_order_id, false, time_, sequence_number_});
  }

  void operator()(const venue::OrderFilled& e) {
    batch_.fills.push_back({e.trade_id, e.order_id, e.account, e.subaccount, e.market, e.side,
                            e.is_taker, e.price, e.quantity, e.fee, time_, sequence_number_});
    OrderChange& change = Order(e.order_id);
    OrderRow& row = change.row;
    row.filled += e.quantity;
    // What the contracts of this side cost: the NO price for an ask.
    const Price paid = e.side == BookSide::kBid ? e.price : e.price.Complement();
    (e.is_taker ? row.taker_fill_cost : row.maker_fill_cost) += paid * e.quantity;
    (e.is_taker ? row.taker_fees : row.maker_fees) += e.fee;
    SetRemaining(change, e.remaining_after);
    if (e.remaining_after.is_zero()) row.status = OrderStatus::kExecuted;
  }

  void operator()(const venue::OrderCanceled& e) {
    OrderChange& change = Order(e.order_id);
    SetRemaining(change, Quantity());
    change.row.status = OrderStatus::kCanceled;
    change.row.cancel_reason = e.reason;
  }

  void operator()(const venue::OrderDecreased& e) {
    OrderChange& change = Order(e.order_id);
    SetRemaining(change, e.remaining_after);
    change.row.initial_quantity = change.row.filled + e.remaining_after;
    change.resized = true;
  }

  void operator()(const venue::OrderAmended& e) {
    OrderChange& change = Order(e.order_id);
    SetRemaining(change, e.remaining_after);
    change.row.initial_quantity = change.row.filled + e.remaining_after;
    change.resized = true;
    change.row.price = e.price;
    change.row.expiration = e.expiration;
    change.row.client_order_id = e.client_order_id;
    change.amended = true;
  }

  void operator()(const venue::BookChanged&) {}
  void operator()(const venue::BookCleared&) {}

  void operator()(const venue::PositionChanged& e) {
    const std::pair key(static_cast<std::uint64_t>(CashLedgerAccount(e.account, e.subaccount)),
                        e.market);
    const auto [place, is_new] = batch_.position_index.try_emplace(key, batch_.positions.size());
    if (is_new) batch_.positions.emplace_back();
    batch_.positions[place->second] = {e.account,   e.subaccount,   e.market,
                                       e.position,  e.exposure,     e.realized_pnl,
                                       e.fees_paid, e.total_traded, time_};
  }

  // --- Order groups ---
  void operator()(const venue::OrderGroupCreated& e) {
    batch_.order_group_index[e.order_group] = batch_.order_groups.size();
    OrderGroupChange& change = batch_.order_groups.emplace_back();
    change.is_new = true;
    change.row = {.order_group = e.order_group,
                  .account = e.account,
                  .subaccount = e.subaccount,
                  .limit = e.limit,
                  .create_time = time_};
    Touch(e);
  }

  void operator()(const venue::OrderGroupLimitUpdated& e) {
    OrderGroupChange& change = Touch(e);
    change.row.limit = e.limit;
    change.has_limit = true;
  }

  void operator()(const venue::OrderGroupTriggered& e) { SetTriggered(Touch(e), true); }
  void operator()(const venue::OrderGroupReset& e) { SetTriggered(Touch(e), false); }
  void operator()(const venue::OrderGroupDeleted& e) { Touch(e).row.delete_time = time_; }

  // --- Catalogue and lifecycle ---
  void operator()(const venue::SeriesPut& e) {
    Run("INSERT INTO exchange.series (series_id, ticker, fee_type, fee_multiplier_millionths, "
        "facts, update_time_ns) VALUES ($1, $2, $3, $4, $5, $6) "
        "ON CONFLICT (series_id) DO UPDATE SET fee_type = EXCLUDED.fee_type, "
        "fee_multiplier_millionths = EXCLUDED.fee_multiplier_millionths, "
        "facts = EXCLUDED.facts, update_time_ns = EXCLUDED.update_time_ns",
        Values()
            .Add(e.series.value())
            .Add(e.ticker.view())
            .Add(Number(e.fee_terms.fee_type))
            .Add(e.fee_terms.multiplier_millionths)
            .Add(e.facts_json)
            .Add(time_.nanos()));
    AddChange(e, e.series, {}, {});
  }

  void operator()(const venue::EventPut& e) {
    postgres::Parameters values = Values()
                                      .Add(e.event.value())
                                      .Add(e.ticker.view())
                                      .Add(e.series.value())
                                      .Add(e.mutually_exclusive)
                                      .Add(Number(e.collateral_return));
    AddFeeTerms(e.has_fee_override, e.fee_override, values);
    Run("INSERT INTO exchange.events (event_id, ticker, series_id, mutually_exclusive, "
        "collateral_return, fee_override_type, fee_override_multiplier_millionths, facts, "
        "update_time_ns) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) "
        "ON CONFLICT (event_id) DO UPDATE SET mutually_exclusive = EXCLUDED.mutually_exclusive, "
        "collateral_return = EXCLUDED.collateral_return, "
        "fee_override_type = EXCLUDED.fee_override_type, "
        "fee_override_multiplier_millionths = EXCLUDED.fee_override_multiplier_millionths, "
        "facts = EXCLUDED.facts, update_time_ns = EXCLUDED.update_time_ns",
        values.Add(e.facts_json).Add(time_.nanos()));
    AddChange(e, e.series, e.event, {});
  }

  void operator()(const venue::MarketPut& e) {
    Run("WITH market AS ("
        "INSERT INTO exchange.markets (market_id, ticker, event_id, price_level_structure, "
        "market_status, open_time_ns, close_time_ns, settlement_timer_seconds, can_close_early, "
        "fee_waiver_expiration_time_ns, facts, create_time_ns, update_time_ns) "
        "VALUES ($1, $2, $3, $4, 0, $5, $6, $7, $8, $9, $10, $11, $11) "
        "ON CONFLICT (market_id) DO UPDATE SET "
        "price_level_structure = EXCLUDED.price_level_structure, "
        "open_time_ns = EXCLUDED.open_time_ns, close_time_ns = EXCLUDED.close_time_ns, "
        "settlement_timer_seconds = EXCLUDED.settlement_timer_seconds, "
        "can_close_early = EXCLUDED.can_close_early, "
        "fee_waiver_expiration_time_ns = EXCLUDED.fee_waiver_expiration_time_ns, "
        "facts = EXCLUDED.facts, update_time_ns = EXCLUDED.update_time_ns) "
        "INSERT INTO exchange.ledger_accounts (ledger_account_id, kind, market_id) "
        "VALUES ($12, 'escrow', $1) ON CONFLICT DO NOTHING",
        Values()
            .Add(e.market.value())
            .Add(e.ticker.view())
            .Add(e.event.value())
            .Add(e.price_level_structure.view())
            .Add(e.open_time.nanos())
            .Add(e.close_time.nanos())
            .Add(e.settlement_timer_seconds)
            .Add(e.can_close_early)
            .Add(e.fee_waiver_expiration.nanos())
            .Add(e.facts_json)
            .Add(time_.nanos())
            .Add(EscrowLedgerAccount(e.market)));
    AddChange(e, {}, e.event, e.market);
  }

  void operator()(const venue::MarketStatusChanged& e) {
    Run("UPDATE exchange.markets SET market_status = $2, update_time_ns = $3 WHERE market_id = $1",
        Values().Add(e.market.value()).Add(Number(e.status)).Add(time_.nanos()));
    AddChange(e, {}, {}, e.market);
  }

  void operator()(const venue::MarketCloseTimeChanged& e) {
    Run("UPDATE exchange.markets SET close_time_ns = $2, update_time_ns = $3 WHERE market_id = $1",
        Values().Add(e.market.value()).Add(e.close_time.nanos()).Add(time_.nanos()));
    AddChange(e, {}, {}, e.market);
  }

  void operator()(const venue::PriceGridChanged& e) {
    Run("UPDATE exchange.markets SET price_level_structure = $2, update_time_ns = $3 "
        "WHERE market_id = $1",
        Values().Add(e.market.value()).Add(e.price_level_structure.view()).Add(time_.nanos()));
    AddChange(e, {}, {}, e.market);
  }

  void operator()(const venue::MarketDetermined& e) {
    Run("UPDATE exchange.markets SET market_result = $2, settlement_value_micros = $3, "
        "expiration_value = $4, determination_time_ns = $5, update_time_ns = $5 "
        "WHERE market_id = $1",
        Values()
            .Add(e.market.value())
            .Add(Number(e.result))
            .Add(e.settlement_value.micros())
            .Add(e.expiration_value.view())
            .Add(time_.nanos()));
    AddChange(e, {}, {}, e.market);
  }

  void operator()(const venue::PositionSettled& e) {
    batch_.settlements.push_back(
        {sequence_number_.value() * kSettlementIdsPerRecord + settlement_count_++, e.account,
         e.subaccount, e.market, venue::MarketResult::kNone, Price(), e.position, e.yes_cost,
         e.no_cost, e.revenue, e.fee, time_, sequence_number_});
  }

  // Rows of the same command may be in records before this one, and so in the table already.
  void operator()(const venue::MarketSettled& e) {
    const SequenceNumber first = fold_.first_of_command_;
    for (auto row = batch_.settlements.rbegin();
         row != batch_.settlements.rend() && row->sequence_number >= first; ++row) {
      if (row->market != e.market) continue;
      row->result = e.result;
      row->settlement_value = e.settlement_value;
    }
    if (first != sequence_number_) {
      Run("UPDATE exchange.settlements SET market_result = $2, settlement_value_micros = $3 "
          "WHERE market_id = $1",
          Values().Add(e.market.value()).Add(Number(e.result)).Add(e.settlement_value.micros()));
    }
    batch_.market_closes.push_back({e.market, time_, sequence_number_});
    Run("UPDATE exchange.markets SET market_result = $2, settlement_value_micros = $3, "
        "settlement_time_ns = $4, update_time_ns = $4 WHERE market_id = $1",
        Values()
            .Add(e.market.value())
            .Add(Number(e.result))
            .Add(e.settlement_value.micros())
            .Add(time_.nanos()));
    AddChange(e, {}, {}, e.market);
  }

  void operator()(const venue::FeeChangeScheduled& e) { AddChange(e, e.series, e.event, {}); }

  void operator()(const venue::FeeTermsChanged& e) {
    if (e.series) {
      Run("UPDATE exchange.series SET fee_type = $2, fee_multiplier_millionths = $3, "
          "update_time_ns = $4 WHERE series_id = $1",
          Values()
              .Add(e.series.value())
              .Add(Number(e.fee_terms.fee_type))
              .Add(e.fee_terms.multiplier_millionths)
              .Add(time_.nanos()));
    } else {
      postgres::Parameters values = Values().Add(e.event.value());
      AddFeeTerms(!e.clear_override, e.fee_terms, values);
      Run("UPDATE exchange.events SET fee_override_type = $2, "
          "fee_override_multiplier_millionths = $3, update_time_ns = $4 WHERE event_id = $1",
          values.Add(time_.nanos()));
    }
    AddChange(e, e.series, e.event, {});
  }

  void operator()(const venue::TradeBusted& e) { batch_.busted_trades.push_back(e.trade_id); }

  void operator()(const venue::MarketStatisticsRestored& e) {
    Run("UPDATE exchange.markets SET create_time_ns = $2, update_time_ns = $3, "
        "determination_time_ns = $4, settlement_time_ns = $5 WHERE market_id = $1",
        Values()
            .Add(e.market.value())
            .Add(e.create_time.nanos())
            .Add(e.update_time.nanos())
            .Add(e.determination_time.nanos())
            .Add(e.settlement_time.nanos()));
  }

 private:
  static postgres::Parameters Values() { return {}; }

  void Run(const char* sql, postgres::Parameters& values) {
    batch_.statements.push_back({sql, std::move(values)});
  }
  void Run(const char* sql, postgres::Parameters&& values) { Run(sql, values); }

  // Only the levels and the statistics of a base say where a market stands.
  template <class Event>
  void RestoreCandles(const Event& event) {
    if constexpr (std::is_same_v<Event, venue::BookChanged>) {
      fold_.candles_.RestoreLevel(event.market, event.side, event.price, event.quantity_after);
    } else if constexpr (std::is_same_v<Event, venue::MarketStatisticsRestored>) {
      fold_.candles_.OnEvent(event);
    }
  }

  static void AddFeeTerms(bool is_set, const venue::FeeTerms& terms, postgres::Parameters& values) {
    if (is_set) {
      values.Add(Number(terms.fee_type)).Add(terms.multiplier_millionths);
    } else {
      values.AddNull().AddNull();
    }
  }

  void OpenSubaccount(AccountId account, SubaccountNumber subaccount, bool netting_enabled) {
    Run("WITH opened AS ("
        "INSERT INTO exchange.subaccounts (account_id, subaccount, netting_enabled, "
        "update_time_ns) VALUES ($1, $2, $3, $4) "
        "ON CONFLICT (account_id, subaccount) DO UPDATE "
        "SET netting_enabled = EXCLUDED.netting_enabled) "
        "INSERT INTO exchange.ledger_accounts (ledger_account_id, kind, account_id, subaccount) "
        "VALUES ($5, 'cash', $1, $2) ON CONFLICT DO NOTHING",
        Values()
            .Add(account.value())
            .Add(subaccount)
            .Add(netting_enabled)
            .Add(time_.nanos())
            .Add(CashLedgerAccount(account, subaccount)));
  }

  void AddTransfer(const TransferRow& row) {
    if (!is_base_) batch_.transfers.push_back(row);
  }

  void Post(std::int64_t account, std::int64_t counter, std::int16_t kind, Money amount,
            MarketId market, std::uint64_t reference) {
    batch_.ledger_entries.push_back(
        {sequence_number_, ledger_line_++, account, kind, amount, market, reference, time_});
    batch_.ledger_entries.push_back(
        {sequence_number_, ledger_line_++, counter, kind, -amount, market, reference, time_});
  }

  template <class Event>
  void AddChange(const Event& event, SeriesId series, EventId event_id, MarketId market) {
    const venue::Event any(event);
    batch_.catalogue_changes.push_back({sequence_number_, catalogue_line_++, time_,
                                        venue::Name(any), series, event_id, market,
                                        venue::ToText(any)});
  }

  // The group that the event is about, with a line in its history.
  template <class Event>
  OrderGroupChange& Touch(const Event& event) {
    const venue::Event any(event);
    batch_.order_group_events.push_back({sequence_number_, order_group_line_++, time_,
                                         venue::Name(any), event.order_group, event.account,
                                         venue::ToText(any)});
    const auto [place, is_new] =
        batch_.order_group_index.try_emplace(event.order_group, batch_.order_groups.size());
    if (is_new) batch_.order_groups.emplace_back().row.order_group = event.order_group;
    OrderGroupChange& change = batch_.order_groups[place->second];
    change.row.update_time = time_;
    change.row.sequence_number = sequence_number_;
    return change;
  }

  static void SetTriggered(OrderGroupChange& change, bool triggered) {
    change.row.triggered = triggered;
    change.has_triggered = true;
  }

  OrderChange& Order(OrderId order_id) {
    const auto [place, is_new] = batch_.order_index.try_emplace(order_id, batch_.orders.size());
    if (is_new) {
      OrderChange& change = batch_.orders.emplace_back();
      change.row.order_id = order_id;
    }
    OrderChange& change = batch_.orders[place->second];
    if (!is_base_) {
      change.row.update_time = time_;
      change.row.sequence_number = sequence_number_;
    }
    return change;
  }

  static void SetRemaining(OrderChange& change, Quantity remaining) {
    change.row.remaining = remaining;
    change.has_remaining = true;
  }

  RowFold& fold_;
  RowBatch& batch_;
  const SequenceNumber sequence_number_;
  const Timestamp time_;
  const bool is_base_;
  std::int32_t ledger_line_;
  std::int32_t catalogue_line_;
  std::int32_t order_group_line_;
  std::uint64_t settlement_count_ = 0;
};

RowFold::RowFold()
    : candles_([this](const PeriodCandle& candle) {
        batch_
            ->candles[{{candle.row.market, candle.period_minutes}, candle.row.end_period_seconds}] =
            candle.row;
      }) {}

absl::Status RowFold::Visit(std::string_view events, SequenceNumber sequence_number, Timestamp time,
                            bool is_base, RowBatch& batch) {
  batch_ = &batch;
  Visitor visitor(*this, batch, sequence_number, time, is_base);
  const absl::Status status =
      venue::VisitEvents(events, [&visitor](const auto& event) { visitor.Visit(event); });
  visitor.Done();
  return status;
}

absl::Status RowFold::Add(const ReleasedRecord& record, RowBatch& batch) {
  if (batch.empty()) batch.first = record.sequence_number;
  batch.last = record.sequence_number;
  batch.last_time = record.time;
  ++batch.record_count;
  batch.event_bytes += record.events.size();
  if (!venue::IsContinueEvents(record.command)) first_of_command_ = record.sequence_number;
  candles_.BeginRecord(record.time);
  EVX_RETURN_IF_ERROR(
      Visit(record.events, record.sequence_number, record.time, /*is_base=*/false, batch));
  candles_.EndRecord();
  return absl::OkStatus();
}

absl::Status RowFold::AddBase(std::string_view events, SequenceNumber sequence_number,
                              Timestamp time, RowBatch& batch) {
  batch.first = batch.last = sequence_number;
  batch.last_time = time;
  batch.record_count = 1;
  return Visit(events, sequence_number, time, /*is_base=*/true, batch);
}

void RowFold::Finish(RowBatch& batch) {
  candles_.TakeChanged([&batch](const PeriodCandle& candle) {
    batch.candles[{{candle.row.market, candle.period_minutes}, candle.row.end_period_seconds}] =
        candle.row;
  });
  batch.Sort();
}

}  // namespace evx::mock_kalshi
