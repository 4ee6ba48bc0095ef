#include "websocket/feed_encoder.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "catalogue/catalogue_view.h"
#include "conversions.h"
#include "evx/core/check.h"
#include "evx/venue/codec.h"
#include "websocket/feed_conversions.h"

namespace evx::mock_kalshi {
namespace {

constexpr std::string_view kMultivariatePrefix = "KXMVE";
constexpr std::string_view kTailHead = R"(,"msg":)";
// Rows of a record that are searched one by one.
constexpr std::size_t kLinearSearchMax = 16;
// Memory that stays after a record that changed very many orders.
constexpr std::size_t kRowsKept = 4'096;

bool IsMultivariate(std::string_view ticker) { return ticker.starts_with(kMultivariatePrefix); }

}  // namespace

void FeedEncoder::Connect(Sources sources, Publish publish) {
  EVX_CHECK(!sources_);
  publish_ = std::move(publish);
  sources_.emplace(sources);
}

FeedBatch& FeedEncoder::batch() {
  if (batch_ == nullptr) batch_ = std::make_unique<FeedBatch>();
  return *batch_;
}

template <class Message>
TextRange FeedEncoder::Encode(const Message& message) {
  std::string& text = batch().text;
  const auto begin = static_cast<std::uint32_t>(text.size());
  text.append(kTailHead);
  kalshi::AppendJson(text, message);
  text.push_back('}');
  return {begin, static_cast<std::uint32_t>(text.size() - begin)};
}

kalshi::OrderbookDelta& FeedEncoder::DeltaOf(const MarketState& market) {
  const auto [found, is_new] = deltas_.try_emplace(market.market);
  if (is_new) {
    found->second.market_ticker = market.ticker;
    found->second.market_id = sources_->wire_ids.Encode(market.market);
  }
  return found->second;
}

void FeedEncoder::OnRecordBegins(SequenceNumber) {
  // Decided once a record: its orders and its events go together.
  is_wanted_ = demand_.sessions.load(std::memory_order_acquire) > 0;
  orders_.clear();
  positions_.clear();
  if (orders_.capacity() > kRowsKept) orders_.shrink_to_fit();
}

void FeedEncoder::OnOrderChanged(const OrderRow& order) {
  if (is_wanted_) orders_.push_back(order);
}

void FeedEncoder::OnPositionChanged(const PositionState& position) {
  if (is_wanted_) positions_.push_back(position);
}

// Translates the events of one record.
class FeedEncoder::Visitor {
 public:
  Visitor(FeedEncoder& encoder, const ReadModel::State& state, const ReleasedRecord& record)
      : encoder_(encoder),
        demand_(encoder.demand_),
        wire_ids_(encoder.sources_->wire_ids),
        state_(state),
        record_(record) {}

  template <class Event>
  void operator()(const Event&) {}

  void operator()(const venue::OrderAccepted& e) { AddOrder(e.order_id, std::nullopt); }
  void operator()(const venue::OrderCanceled& e) { AddOrder(e.order_id, ReasonOf(e.reason)); }
  void operator()(const venue::OrderDecreased& e) {
    AddOrder(e.order_id, kalshi::LastUpdateReason::kDecrease);
  }
  void operator()(const venue::OrderAmended& e) {
    AddOrder(e.order_id, kalshi::LastUpdateReason::kAmend);
  }
  void operator()(const venue::OrderFilled& e) {
    const OrderRow* order = AddOrder(e.order_id, kalshi::LastUpdateReason::kTrade);
    if (!demand_.accounts.Wants(e.account.value())) return;
    kalshi::FillUpdate& fill = fill_.emplace();
    fill.trade_id = wire_ids_.Encode(e.trade_id);
    fill.order_id = wire_ids_.Encode(e.order_id);
    fill.market_ticker = state_.At(e.market).ticker;
    fill.is_taker = e.is_taker;
    fill.book_side = e.side;
    fill.yes_price = e.price;
    fill.count = e.quantity;
    fill.fee_cost = e.fee;
    if (order != nullptr && !order->client_order_id.empty()) {
      fill.client_order_id = std::string(order->client_order_id.view());
    }
    fill.subaccount = e.subaccount;
    fill.time = record_.time;
  }
  // Every fill is followed by the position that it made.
  void operator()(const venue::PositionChanged& e) {
    if (!demand_.accounts.Wants(e.account.value())) {
      SkipPosition(e);
      return;
    }
    if (fill_) {
      fill_->post_position = e.position;
      AddPrivate(FeedKind::kFill, e.account, e.subaccount, e.market, *fill_);
      fill_.reset();
    }
    if (const PositionState* position = SkipPosition(e)) {
      AddPrivate(FeedKind::kMarketPosition, e.account, e.subaccount, e.market,
                 ToUpdate(*position, state_.At(e.market).ticker, wire_ids_));
    }
  }

  void operator()(const venue::BookChanged& e) {
    Touch(e.market);
    if (!demand_.books.Wants(e.market.value())) return;
    const MarketState& market = state_.At(e.market);
    const bool is_ask = e.side == BookSide::kAsk;
    kalshi::OrderbookDelta& delta = encoder_.DeltaOf(market);
    delta.price = is_ask ? e.price.Complement() : e.price;
    delta.delta = e.delta;
    delta.side = is_ask ? ContractSide::kNo : ContractSide::kYes;
    delta.time = record_.time;
    FeedMessage message = NewMessage(FeedKind::kOrderbookDelta, e.market);
    message.tail = message.yes_tail = encoder_.Encode(delta);
    if (is_ask && demand_.yes_prices.load(std::memory_order_relaxed) > 0) {
      delta.price = e.price;
      message.yes_tail = encoder_.Encode(delta);
    }
    if (const OrderRow* order = FindOrder(e.order_id)) {
      message.account = order->account;
      message.subaccount = order->subaccount;
      if (demand_.owners.Wants(order->account.value())) {
        message.own_members = AppendOwnMembers(*order);
      }
    }
    Add(message);
  }
  void operator()(const venue::BookCleared& e) {
    Touch(e.market);
    AddEmptyBook(e.market);
  }

  void operator()(const venue::TradeExecuted& e) {
    Touch(e.market);
    if (!demand_.trades.Wants(e.market.value())) return;
    kalshi::TradeUpdate trade;
    trade.trade_id = wire_ids_.Encode(e.trade_id);
    trade.market_ticker = state_.At(e.market).ticker;
    trade.yes_price = e.price;
    trade.count = e.quantity;
    trade.taker_side = e.taker_side;
    trade.time = record_.time;
    FeedMessage message = NewMessage(FeedKind::kTrade, e.market);
    message.tail = encoder_.Encode(trade);
    Add(message);
  }
  void operator()(const venue::TradeBusted& e) { Touch(e.market); }

  void operator()(const venue::OrderGroupCreated& e) {
    AddGroup(e.account, e.order_group, kalshi::OrderGroupEvent::kCreated, e.limit);
  }
  void operator()(const venue::OrderGroupLimitUpdated& e) {
    AddGroup(e.account, e.order_group, kalshi::OrderGroupEvent::kLimitUpdated, e.limit);
  }
  void operator()(const venue::OrderGroupTriggered& e) {
    AddGroup(e.account, e.order_group, kalshi::OrderGroupEvent::kTriggered, std::nullopt);
  }
  void operator()(const venue::OrderGroupReset& e) {
    AddGroup(e.account, e.order_group, kalshi::OrderGroupEvent::kReset, std::nullopt);
  }
  void operator()(const venue::OrderGroupDeleted& e) {
    AddGroup(e.account, e.order_group, kalshi::OrderGroupEvent::kDeleted, std::nullopt);
  }

  void operator()(const venue::EventPut& e) {
    const EventState& event = state_.At(e.event);
    // Only a new event is told of.
    if (!WantsLifecycles() || event.create_sequence_number != record_.sequence_number) return;
    AddLifecycle(IsMultivariate(event.ticker) ? FeedKind::kMultivariateEventLifecycle
                                              : FeedKind::kEventLifecycle,
                 MarketId(), ToLifecycle(state_, event, encoder_.sources_->facts));
  }
  void operator()(const venue::MarketPut& e) {
    if (!WantsLifecycles()) return;
    const MarketState& market = state_.At(e.market);
    if (!e.is_new && IsMultivariate(market.ticker)) return;
    AddMarketLifecycle(e.market, e.is_new ? ToCreated(state_, market, encoder_.sources_->facts)
                                          : ToMetadataUpdated(market, encoder_.sources_->facts));
  }
  // Markets open and close by the clock without a word.
  void operator()(const venue::MarketStatusChanged& e) {
    if (e.status == venue::MarketStatus::kClosed) closed_.push_back(e.market);
    if (!WantsLifecycles()) return;
    const venue::MarketStatus before = state_.At(e.market).previous_status;
    const bool is_deactivated = e.status == venue::MarketStatus::kInactive;
    const bool is_activated =
        e.status == venue::MarketStatus::kActive && before != venue::MarketStatus::kInitialized;
    if (!is_deactivated && !is_activated) return;
    kalshi::MarketLifecycleUpdate update;
    update.event_type = is_deactivated ? kalshi::MarketLifecycleEvent::kDeactivated
                                       : kalshi::MarketLifecycleEvent::kActivated;
    update.is_deactivated = is_deactivated;
    AddMarketLifecycle(e.market, std::move(update));
  }
  void operator()(const venue::MarketCloseTimeChanged& e) {
    if (!WantsLifecycles()) return;
    kalshi::MarketLifecycleUpdate update;
    update.event_type = kalshi::MarketLifecycleEvent::kCloseDateUpdated;
    update.close_time = e.close_time;
    AddMarketLifecycle(e.market, std::move(update));
  }
  void operator()(const venue::PriceGridChanged& e) {
    if (!WantsLifecycles()) return;
    kalshi::MarketLifecycleUpdate update;
    update.event_type = kalshi::MarketLifecycleEvent::kPriceLevelStructureUpdated;
    update.price_level_structure = std::string(e.price_level_structure.view());
    update.price_ranges = kalshi::ToPriceRanges(state_.At(e.market).grid);
    AddMarketLifecycle(e.market, std::move(update));
  }
  void operator()(const venue::MarketDetermined& e) {
    if (!WantsLifecycles()) return;
    kalshi::MarketLifecycleUpdate update;
    update.event_type = kalshi::MarketLifecycleEvent::kDetermined;
    update.result = std::string(kalshi::ToWire(ToKalshi(e.result)));
    update.determination_time = record_.time;
    update.settlement_value = e.settlement_value;
    AddMarketLifecycle(e.market, std::move(update));
  }
  void operator()(const venue::MarketSettled& e) {
    Touch(e.market);
    encoder_.deltas_.erase(e.market);
    if (!WantsLifecycles()) return;
    kalshi::MarketLifecycleUpdate update;
    update.event_type = kalshi::MarketLifecycleEvent::kSettled;
    update.settled_time = record_.time;
    AddMarketLifecycle(e.market, std::move(update));
  }
  void operator()(const venue::FeeTermsChanged& e) {
    if (!WantsLifecycles() || !e.event) return;
    kalshi::EventFeeUpdate update;
    update.event_ticker = state_.At(e.event).ticker;
    if (!e.clear_override) {
      update.fee_type_override = ToKalshi(e.fee_terms.fee_type);
      update.fee_multiplier_override_micros = e.fee_terms.multiplier_millionths;
    }
    AddLifecycle(FeedKind::kEventFeeUpdate, MarketId(), update);
  }

  void operator()(const venue::KeyRevoked& e) {
    FeedMessage message = NewMessage(FeedKind::kKeyRevoked, MarketId());
    message.account = e.account;
    message.tail = AppendText(e.key_id.view());
    Add(message);
  }
  void operator()(const venue::AccountUpdated& e) {
    if (!e.disabled) return;
    FeedMessage message = NewMessage(FeedKind::kAccountDisabled, MarketId());
    message.account = e.account;
    Add(message);
  }

  // What the record as a whole has changed.
  void Finish() {
    const std::vector<MarketId>& cleared = encoder_.cleared_;
    for (const MarketId market : closed_) {
      if (std::find(cleared.begin(), cleared.end(), market) == cleared.end()) AddEmptyBook(market);
    }
    std::sort(touched_.begin(), touched_.end());
    touched_.erase(std::unique(touched_.begin(), touched_.end()), touched_.end());
    for (const MarketId market : touched_) AddTicker(state_.At(market));
  }

 private:
  bool WantsLifecycles() const { return demand_.lifecycles.load(std::memory_order_relaxed) > 0; }

  void Touch(MarketId market) {
    if (!demand_.tickers.Wants(market.value())) {
      if (!encoder_.tickers_.empty()) encoder_.tickers_.erase(market);
      return;
    }
    if (touched_.empty() || touched_.back() != market) touched_.push_back(market);
  }

  FeedMessage NewMessage(FeedKind kind, MarketId market) const {
    FeedMessage message;
    message.kind = kind;
    message.sequence_number = record_.sequence_number;
    message.market = market;
    return message;
  }
  void Add(const FeedMessage& message) { encoder_.batch().messages.push_back(message); }

  TextRange AppendText(std::string_view piece) {
    std::string& text = encoder_.batch().text;
    const auto begin = static_cast<std::uint32_t>(text.size());
    text.append(piece);
    return {begin, static_cast<std::uint32_t>(piece.size())};
  }
  // Client order ids have no character that JSON would escape.
  TextRange AppendOwnMembers(const OrderRow& order) {
    std::string& text = encoder_.batch().text;
    const auto begin = static_cast<std::uint32_t>(text.size());
    if (!order.client_order_id.empty()) {
      text.append(R"(,"client_order_id":")").append(order.client_order_id.view()).push_back('"');
    }
    text.append(R"(,"subaccount":)").append(std::to_string(order.subaccount));
    return {begin, static_cast<std::uint32_t>(text.size() - begin)};
  }

  // The row of the event under way, which the read model reported in the same order.
  const OrderRow* AddOrder(OrderId order_id, std::optional<kalshi::LastUpdateReason> reason) {
    if (next_order_ == encoder_.orders_.size()) return nullptr;
    const OrderRow& order = encoder_.orders_[next_order_];
    if (order.order_id != order_id) return nullptr;
    ++next_order_;
    if (demand_.accounts.Wants(order.account.value())) {
      AddPrivate(FeedKind::kUserOrder, order.account, order.subaccount, order.market,
                 ToUpdate(order, state_.At(order.market).ticker, wire_ids_, reason));
    }
    return &order;
  }
  const OrderRow* FindOrder(OrderId order_id) {
    const std::vector<OrderRow>& orders = encoder_.orders_;
    if (next_order_ > 0 && orders[next_order_ - 1].order_id == order_id) {
      return &orders[next_order_ - 1];
    }
    if (orders.size() <= kLinearSearchMax) {
      const auto found = std::find_if(orders.begin(), orders.end(), [&](const OrderRow& order) {
        return order.order_id == order_id;
      });
      return found == orders.end() ? nullptr : &*found;
    }
    if (orders_by_id_.empty()) {
      for (const OrderRow& order : orders) orders_by_id_.insert_or_assign(order.order_id, &order);
    }
    const auto found = orders_by_id_.find(order_id);
    return found == orders_by_id_.end() ? nullptr : found->second;
  }
  const PositionState* SkipPosition(const venue::PositionChanged& e) {
    if (next_position_ == encoder_.positions_.size()) return nullptr;
    const PositionState& position = encoder_.positions_[next_position_];
    if (position.account != e.account || position.market != e.market) return nullptr;
    ++next_position_;
    return &position;
  }

  template <class Update>
  void AddPrivate(FeedKind kind, AccountId account, SubaccountNumber subaccount, MarketId market,
                  const Update& update) {
    FeedMessage message = NewMessage(kind, market);
    message.account = account;
    message.subaccount = subaccount;
    message.tail = encoder_.Encode(update);
    Add(message);
  }

  void AddGroup(AccountId account, OrderGroupId group, kalshi::OrderGroupEvent event,
                std::optional<Quantity> limit) {
    if (!demand_.accounts.Wants(account.value())) return;
    kalshi::OrderGroupUpdate update;
    update.event_type = event;
    update.order_group_id = wire_ids_.Encode(group);
    update.contracts_limit = limit;
    update.time = record_.time;
    FeedMessage message = NewMessage(FeedKind::kOrderGroupUpdate, MarketId());
    message.account = account;
    message.subaccount = SubaccountOf(account, group);
    message.tail = encoder_.Encode(update);
    Add(message);
  }
  // A deleted group's is not known any more: only keys of the whole account are told.
  std::int16_t SubaccountOf(AccountId account, OrderGroupId group) const {
    const AccountState* owner = state_.FindAccount(account);
    if (owner == nullptr) return FeedMessage::kNoSubaccount;
    const auto found = owner->order_groups.find(group);
    return found == owner->order_groups.end() ? FeedMessage::kNoSubaccount
                                              : std::int16_t{found->second.subaccount};
  }

  void AddEmptyBook(MarketId market) {
    encoder_.cleared_.push_back(market);
    if (!demand_.books.Wants(market.value())) return;
    kalshi::OrderbookSnapshot snapshot;
    snapshot.market_ticker = state_.At(market).ticker;
    snapshot.market_id = wire_ids_.Encode(market);
    FeedMessage message = NewMessage(FeedKind::kOrderbookSnapshot, market);
    message.tail = encoder_.Encode(snapshot);
    Add(message);
  }

  void AddTicker(const MarketState& market) {
    const TickerValues values = {
        market.last_price.value_or(Price()),
        market.BestBid().value_or(Price()),
        market.BestAsk().value_or(Price()),
        market.book.bids.empty() ? Quantity() : market.book.bids.begin()->second,
        market.book.asks.empty() ? Quantity() : market.book.asks.begin()->second,
        market.last_trade_size,
        market.volume,
        market.open_interest};
    const auto [known, is_new] = encoder_.tickers_.try_emplace(market.market, values);
    if (!is_new && known->second == values) return;
    known->second = values;
    if (market.settlement_time) encoder_.tickers_.erase(known);
    FeedMessage message = NewMessage(FeedKind::kTicker, market.market);
    message.tail = encoder_.Encode(ToTicker(market, wire_ids_, record_.time));
    Add(message);
  }

  void AddMarketLifecycle(MarketId market, kalshi::MarketLifecycleUpdate update) {
    update.market_ticker = state_.At(market).ticker;
    AddLifecycle(IsMultivariate(update.market_ticker) ? FeedKind::kMultivariateLifecycle
                                                      : FeedKind::kMarketLifecycle,
                 market, update);
  }
  template <class Update>
  void AddLifecycle(FeedKind kind, MarketId market, const Update& update) {
    FeedMessage message = NewMessage(kind, market);
    message.tail = encoder_.Encode(update);
    Add(message);
  }

  FeedEncoder& encoder_;
  const FeedDemand& demand_;
  const WireIdCodec& wire_ids_;
  const ReadModel::State& state_;
  const ReleasedRecord& record_;
  std::size_t next_order_ = 0;
  std::size_t next_position_ = 0;
  absl::flat_hash_map<OrderId, const OrderRow*> orders_by_id_;
  std::optional<kalshi::FillUpdate> fill_;
  std::vector<MarketId> touched_;
  std::vector<MarketId> closed_;
};

void FeedEncoder::OnRecord(const ReleasedRecord& record) {
  if (!venue::IsContinueEvents(record.command)) cleared_.clear();
  if (!is_wanted_) {
    tickers_.clear();
    return;
  }
  sources_->read_model.Read([&](const ReadModel::State& state) {
    Visitor visitor(*this, state, record);
    const absl::Status status = venue::VisitEvents(record.events, visitor);
    EVX_CHECK(status.ok());  // The bytes come from our own encoder.
    visitor.Finish();
  });
  if (batch_ != nullptr && batch_->bytes() >= kBatchBytes) Flush();
}

void FeedEncoder::AddSnapshots(const SnapshotTarget& target, const std::vector<MarketId>& markets) {
  FeedBatch& out = batch();
  out.targets.push_back(target);
  sources_->read_model.Read([&](const ReadModel::State& state) {
    for (const MarketId market : markets) {
      FeedMessage message;
      message.kind = FeedKind::kSnapshotReply;
      message.sequence_number = state.sequence_number;
      message.market = market;
      message.target = static_cast<std::uint32_t>(out.targets.size() - 1);
      message.tail = Encode(ToSnapshot(state.At(market), sources_->wire_ids, target.use_yes_price));
      out.messages.push_back(message);
    }
  });
}

void FeedEncoder::Flush() {
  if (batch_ == nullptr) return;
  const std::shared_ptr<const FeedBatch> batch = std::move(batch_);
  if (!batch->messages.empty()) publish_(batch);
}

}  // namespace evx::mock_kalshi
