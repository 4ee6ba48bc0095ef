#include "evx/core/check.h"
#include "snapshot.h"

// The live state as the events that would build it, and the checks of that state.

namespace evx::venue {
namespace {

// Hands the events out whenever they have grown to a piece.
class Out {
 public:
  static constexpr std::size_t kPieceSize = 64 * 1024;

  Out(EventBuffer& events, const std::function<void()>& flush) : events_(events), flush_(flush) {}
  template <class E>
  void Emit(const E& event) {
    events_.Add(event);
    if (events_.size() >= kPieceSize) flush_();
  }
  void Finish() {
    if (!events_.empty()) flush_();
  }

 private:
  EventBuffer& events_;
  const std::function<void()>& flush_;
};

void DescribeAccounts(const ExchangeState& state, Out& out) {
  for (const AccountRecord& account : state.accounts.accounts()) {
    out.Emit(AccountOpened{.account = account.id,
                           .name = account.name,
                           .balance_unit_micros = account.balance_unit_micros,
                           .tier = account.tier});
    if (account.disabled) {
      out.Emit(AccountUpdated{.account = account.id, .tier = account.tier, .disabled = true});
    }
    for (int i = 0; i < state.ledger.subaccount_count(account.id); ++i) {
      const auto number = static_cast<SubaccountNumber>(i);
      const bool netting = state.ledger.netting(state.ledger.FindSubaccount(account.id, number));
      if (number > 0) {
        out.Emit(SubaccountOpened{
            .account = account.id, .subaccount = number, .netting_enabled = netting});
      } else if (netting) {
        out.Emit(NettingChanged{.account = account.id, .subaccount = number, .enabled = true});
      }
    }
    if (!account.target_allocation_json.empty()) {
      out.Emit(TargetBalanceAllocationChanged{.account = account.id,
                                              .allocation_json = account.target_allocation_json});
    }
  }
  for (const auto& [id, key] : state.accounts.keys()) out.Emit(key);
}

void DescribeMarket(const ExchangeState& state, const MarketRecord& market, Out& out) {
  MarketPut definition = market.definition;
  definition.is_new = true;
  out.Emit(definition);
  const bool is_finalized = market.status == MarketStatus::kFinalized;
  const bool has_result = market.result != MarketResult::kNone;
  if (has_result) {
    out.Emit(MarketDetermined{.market = market.id(),
                              .result = market.result,
                              .settlement_value = market.settlement_value,
                              .expiration_value = market.expiration_value,
                              .settlement_time = market.settlement_time});
  }
  if (is_finalized) {
    out.Emit(MarketSettled{.market = market.id(),
                           .result = market.result,
                           .settlement_value = market.settlement_value});
  }
  out.Emit(MarketStatusChanged{.market = market.id(), .status = market.status});
  out.Emit(MarketStatisticsRestored{.market = market.id(),
                                    .has_last_price = static_cast<bool>(market.last_trade_time),
                                    .last_price = market.last_price,
                                    .volume = market.volume,
                                    .open_interest = state.ledger.open_interest(market.id()),
                                    .create_time = market.create_time,
                                    .update_time = market.update_time,
                                    .determination_time = market.determination_time,
                                    .settlement_time = market.payment_time});
}

void DescribeCatalogue(const ExchangeState& state, Out& out) {
  for (const SeriesRecord& series : state.catalogue.series()) out.Emit(series.definition);
  for (const EventRecord& event : state.catalogue.events()) out.Emit(event.definition);
  for (const MarketRecord& market : state.catalogue.markets()) {
    if (!market.is_archived) DescribeMarket(state, market, out);
  }
  for (const auto& [id, change] : state.catalogue.fee_changes()) out.Emit(change);
}

// Sums of the price on the order's own side: of NO for an ask.
Money OwnCost(const OrderRecord& order, Money yes_cost, Quantity quantity) {
  return order.side() == BookSide::kBid ? yes_cost : FaceValue(quantity) - yes_cost;
}

void DescribeOrder(const ExchangeState& state, const matching::RestingOrder& resting, Out& out) {
  const OrderRecord& order = state.orders[resting.slot];
  out.Emit(OrderAccepted{.order_id = order.order_id,
                         .account = order.account,
                         .subaccount = order.subaccount(),
                         .market = order.market,
                         .side = order.side(),
                         .self_trade_prevention = order.self_trade_prevention(),
                         .post_only = order.post_only != 0,
                         .cancel_on_pause = order.cancel_on_pause != 0,
                         .price = order.price(),
                         .quantity = order.quantity,
                         .expiration = resting.expiration,
                         .order_group = OrderGroupId(order.order_group),
                         .client_order_id = ClientOrderId(state.orders.client_order_id(order))});
  out.Emit(OrderRestored{
      .order_id = order.order_id,
      .filled = order.filled,
      .remaining = order.remaining(),
      .maker_fill_cost =
          OwnCost(order, order.reserve.maker_cost, order.filled - order.taker_filled()),
      .taker_fill_cost = OwnCost(order, order.reserve.taker_cost, order.taker_filled()),
      .maker_fees = order.reserve.maker_fees,
      .taker_fees = order.reserve.taker_fees,
      .create_time = order.create_time,
      .last_update_time = order.last_update_time});
}

void DescribeBook(const ExchangeState& state, const MarketRecord& market, Out& out) {
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    state.engine.VisitOrders(market.book, side, [&](const matching::RestingOrder& order) {
      DescribeOrder(state, order, out);
    });
    state.engine.VisitLevels(market.book, side, [&](const matching::DepthLevel& level) {
      out.Emit(BookChanged{.market = market.id(),
                           .side = side,
                           .price = market.grid->PriceAt(level.tick),
                           .delta = level.quantity,
                           .quantity_after = level.quantity});
      return true;
    });
  }
}

void DescribeMoney(const ExchangeState& state, Out& out) {
  for (const AccountRecord& account : state.accounts.accounts()) {
    for (int i = 0; i < state.ledger.subaccount_count(account.id); ++i) {
      const auto number = static_cast<SubaccountNumber>(i);
      const auto subaccount = state.ledger.FindSubaccount(account.id, number);
      state.ledger.VisitPositions(subaccount, [&](const ledger::Position& position) {
        const bool was_traded = position.net != Quantity() || position.total_traded != Money() ||
                                position.fees_paid != Money() || position.realized_pnl != Money();
        if (!was_traded) return;  // Only orders rest on it.
        out.Emit(PositionChanged{.account = account.id,
                                 .subaccount = number,
                                 .market = position.market,
                                 .position = position.net,
                                 .exposure = position.cost,
                                 .realized_pnl = position.realized_pnl,
                                 .fees_paid = position.fees_paid,
                                 .total_traded = position.total_traded});
      });
      out.Emit(BalanceChanged{.account = account.id,
                              .subaccount = number,
                              .cash = state.ledger.cash(subaccount),
                              .hold = state.ledger.holds(subaccount)});
    }
  }
}

absl::Status CheckBook(const ExchangeState& state, const MarketRecord& market,
                       std::uint64_t& order_count) {
  const auto bid = state.engine.BestTick(market.book, BookSide::kBid);
  const auto ask = state.engine.BestTick(market.book, BookSide::kAsk);
  if (bid && ask && *bid >= *ask) {
    return FailedPrecondition("the book of market " + std::to_string(market.id().value()) +
                              " is crossed");
  }
  std::string fault;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    state.engine.VisitOrders(market.book, side, [&](const matching::RestingOrder& resting) {
      const OrderRecord& order = state.orders[resting.slot];
      ++order_count;
      if (order.order_id != resting.order_id || order.remaining() != resting.remaining ||
          order.market != market.id() || order.side() != side ||
          order.price() != market.grid->PriceAt(resting.tick)) {
        fault = "order " + std::to_string(resting.order_id.value()) +
                " differs between the book and its record";
      }
    });
  }
  return fault.empty() ? absl::OkStatus() : FailedPrecondition(fault);
}

}  // namespace

void DescribeState(const ExchangeState& state, EventBuffer& events,
                   const std::function<void()>& flush) {
  Out out(events, flush);
  out.Emit(ExchangeStatusChanged{.exchange_active = state.exchange_active,
                                 .trading_active = state.trading_active()});
  DescribeAccounts(state, out);
  DescribeCatalogue(state, out);
  state.order_groups.Visit([&out](OrderGroupId id, const OrderGroups::Group& group) {
    out.Emit(OrderGroupCreated{.order_group = id,
                               .account = group.account,
                               .subaccount = group.subaccount,
                               .limit = group.limit});
    if (group.triggered) out.Emit(OrderGroupTriggered{.order_group = id, .account = group.account});
  });
  for (const MarketRecord& market : state.catalogue.markets()) {
    if (market.HasBook()) DescribeBook(state, market, out);
  }
  DescribeMoney(state, out);
  out.Finish();
}

absl::Status CheckState(const ExchangeState& state) {
  EVX_RETURN_IF_ERROR(state.ledger.CheckInvariants());
  std::uint64_t in_books = 0;
  for (const MarketRecord& market : state.catalogue.markets()) {
    if (market.HasBook()) EVX_RETURN_IF_ERROR(CheckBook(state, market, in_books));
  }
  std::uint64_t in_lists = 0;
  for (const AccountRecord& account : state.accounts.accounts()) in_lists += account.orders.count;
  if (in_books != in_lists || in_books != state.engine.order_count()) {
    return FailedPrecondition("books and accounts list different numbers of orders");
  }
  return absl::OkStatus();
}

}  // namespace evx::venue
