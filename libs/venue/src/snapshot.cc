#include "snapshot.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_format.h"
#include "evx/core/bytes.h"
#include "evx/core/check.h"
#include "state_io.h"

// What a snapshot holds, in this order: header; schedule, if one applies; accounts, keys,
// transfers; series, events, markets, fee changes; order groups with their windows; the ledger;
// resting orders by market in order of priority; client order ids; busted trades. Each list is
// preceded by its length.

namespace evx::venue {
namespace {

// Version 2 added the schedule. Version 3 always has it, and has the client order ids in order of
// arrival; they were in order of their hash before.
constexpr std::uint32_t kSnapshotVersionWithoutSchedule = 1;
constexpr std::uint32_t kSnapshotVersionOfSortedIds = 2;
constexpr std::uint32_t kSnapshotVersion = 3;
constexpr std::size_t kLedgerPieceSize = 64 * 1024;

struct Header {
  std::uint32_t version = kSnapshotVersion;
  SequenceNumber sequence_number;
  Timestamp time;
  OrderId last_order_id;
  TradeId last_trade_id;
  OrderGroupId last_order_group_id;
  TransferId last_transfer_id;
  std::uint64_t last_fee_change_id = 0;
  bool exchange_active = true;
  bool trading_enabled = true;
  bool in_maintenance = false;
  EVX_FIELDS(version, sequence_number, time, last_order_id, last_trade_id, last_order_group_id,
             last_transfer_id, last_fee_change_id, exchange_active, trading_enabled, in_maintenance)
};

// Follows the header from version 2 on.
struct SavedSchedule {
  Schedule schedule = Schedule::kAlways;
  EVX_FIELDS(schedule)
};

struct Count {
  std::uint64_t count = 0;
  EVX_FIELDS(count)
};

struct SavedAccount {
  InlineString<64> name;
  std::int64_t balance_unit_micros = 100;
  UsageTier tier = UsageTier::kBasic;
  bool disabled = false;
  std::string target_allocation_json;
  EVX_FIELDS(name, balance_unit_micros, tier, disabled, target_allocation_json)
};

struct SavedTransfer {
  Timestamp time;
  AccountId account;
  std::string client_transfer_id;
  EVX_FIELDS(time, account, client_transfer_id)
};

struct SavedMarket {
  MarketPut definition;
  MarketStatus status = MarketStatus::kInitialized;
  bool is_archived = false;
  Quantity volume;
  Price last_price;
  Timestamp last_trade_time;
  MarketResult result = MarketResult::kNone;
  Price settlement_value;
  InlineString<128> expiration_value;
  Timestamp settlement_time;
  Timestamp create_time;
  Timestamp update_time;
  Timestamp determination_time;
  Timestamp payment_time;
  EVX_FIELDS(definition, status, is_archived, volume, last_price, last_trade_time, result,
             settlement_value, expiration_value, settlement_time, create_time, update_time,
             determination_time, payment_time)
};

struct SavedGroup {
  OrderGroupId id;
  AccountId account;
  SubaccountNumber subaccount = 0;
  bool triggered = false;
  Quantity limit;
  EVX_FIELDS(id, account, subaccount, triggered, limit)
};

struct SavedMatched {
  std::int64_t step = 0;
  Quantity quantity;
  EVX_FIELDS(step, quantity)
};

struct LedgerPiece {
  std::string bytes;
  EVX_FIELDS(bytes)
};

struct SavedOrder {
  OrderId order_id;
  AccountId account;
  SubaccountNumber subaccount = 0;
  BookSide side = BookSide::kBid;
  SelfTradePrevention self_trade_prevention = SelfTradePrevention::kTakerAtCross;
  bool post_only = false;
  bool cancel_on_pause = false;
  Price price;
  Quantity quantity;
  Quantity filled;
  Quantity taker_filled;
  Timestamp expiration;
  Timestamp create_time;
  Timestamp last_update_time;
  OrderGroupId order_group;
  ClientOrderId client_order_id;
  std::string reserve;  // As the ledger writes it.
  EVX_FIELDS(order_id, account, subaccount, side, self_trade_prevention, post_only, cancel_on_pause,
             price, quantity, filled, taker_filled, expiration, create_time, last_update_time,
             order_group, client_order_id, reserve)
};

struct SavedClientOrderId {
  std::uint64_t high = 0;
  std::uint64_t low = 0;
  OrderId order_id;
  MarketId market;
  EVX_FIELDS(high, low, order_id, market)
};

struct SavedBust {
  TradeId trade_id;
  MarketId market;
  EVX_FIELDS(trade_id, market)
};

// --- Save ---------------------------------------------------------------------------------------

void SaveAccounts(const ExchangeState& state, StateWriter& out) {
  out.Add(Count{state.accounts.count()});
  for (const AccountRecord& account : state.accounts.accounts()) {
    out.Add(SavedAccount{.name = account.name,
                         .balance_unit_micros = account.balance_unit_micros,
                         .tier = account.tier,
                         .disabled = account.disabled,
                         .target_allocation_json = account.target_allocation_json});
  }
  out.Add(Count{state.accounts.keys().size()});
  for (const auto& [id, key] : state.accounts.keys()) out.Add(key);
  out.Add(Count{state.accounts.transfers().size()});
  for (const Accounts::TransferKey& transfer : state.accounts.transfers()) {
    out.Add(SavedTransfer{transfer.time, transfer.account, transfer.client_transfer_id});
  }
}

void SaveCatalogue(const ExchangeState& state, StateWriter& out) {
  out.Add(Count{state.catalogue.series().size()});
  for (const SeriesRecord& series : state.catalogue.series()) out.Add(series.definition);
  out.Add(Count{state.catalogue.events().size()});
  for (const EventRecord& event : state.catalogue.events()) out.Add(event.definition);
  out.Add(Count{state.catalogue.markets().size()});
  for (const MarketRecord& market : state.catalogue.markets()) {
    out.Add(SavedMarket{.definition = market.definition,
                        .status = market.status,
                        .is_archived = market.is_archived,
                        .volume = market.volume,
                        .last_price = market.last_price,
                        .last_trade_time = market.last_trade_time,
                        .result = market.result,
                        .settlement_value = market.settlement_value,
                        .expiration_value = market.expiration_value,
                        .settlement_time = market.settlement_time,
                        .create_time = market.create_time,
                        .update_time = market.update_time,
                        .determination_time = market.determination_time,
                        .payment_time = market.payment_time});
  }
  out.Add(Count{state.catalogue.fee_changes().size()});
  for (const auto& [id, change] : state.catalogue.fee_changes()) out.Add(change);
}

void SaveGroups(const ExchangeState& state, StateWriter& out) {
  out.Add(Count{state.order_groups.size()});
  state.order_groups.Visit([&out](OrderGroupId id, const OrderGroups::Group& group) {
    out.Add(SavedGroup{id, group.account, group.subaccount, group.triggered, group.limit});
    out.Add(Count{group.window.size()});
    for (const OrderGroups::Matched& matched : group.window) {
      out.Add(SavedMatched{matched.step, matched.quantity});
    }
  });
}

void SaveLedger(const ExchangeState& state, StateWriter& out) {
  std::string bytes;
  ByteWriter writer(bytes);
  state.ledger.Save(writer);
  out.Add(Count{bytes.size()});
  for (std::size_t at = 0; at < bytes.size(); at += kLedgerPieceSize) {
    out.Add(LedgerPiece{bytes.substr(at, kLedgerPieceSize)});
  }
}

void SaveOrders(const ExchangeState& state, StateWriter& out) {
  SavedOrder saved;
  const auto save = [&](const matching::RestingOrder& resting) {
    const OrderRecord& order = state.orders[resting.slot];
    saved.order_id = order.order_id;
    saved.account = order.account;
    saved.subaccount = order.subaccount();
    saved.side = order.side();
    saved.self_trade_prevention = order.self_trade_prevention();
    saved.post_only = order.post_only != 0;
    saved.cancel_on_pause = order.cancel_on_pause != 0;
    saved.price = order.price();
    saved.quantity = order.quantity;
    saved.filled = order.filled;
    saved.taker_filled = order.taker_filled();
    saved.expiration = resting.expiration;
    saved.create_time = order.create_time;
    saved.last_update_time = order.last_update_time;
    saved.order_group = OrderGroupId(order.order_group);
    saved.client_order_id = ClientOrderId(state.orders.client_order_id(order));
    saved.reserve.clear();
    ByteWriter writer(saved.reserve);
    ledger::Save(order.reserve, writer);
    out.Add(saved);
  };
  for (const MarketRecord& market : state.catalogue.markets()) {
    if (!market.HasBook()) continue;
    std::uint64_t count = 0;
    for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
      state.engine.VisitLevels(market.book, side, [&count](const matching::DepthLevel& level) {
        count += level.order_count;
        return true;
      });
    }
    out.Add(Count{count});
    state.engine.VisitOrders(market.book, BookSide::kBid, save);
    state.engine.VisitOrders(market.book, BookSide::kAsk, save);
  }
}

void SaveClientOrderIds(const ExchangeState& state, StateWriter& out) {
  // An order id of 0 ends the list, whose length is not known before.
  state.client_order_ids.Visit([&out](const Hash128& key, OrderId order, MarketId market) {
    out.Add(SavedClientOrderId{key.high, key.low, order, market});
  });
  out.Add(SavedClientOrderId{});
}

// --- Load ---------------------------------------------------------------------------------------

// Calls `load` as often as the next Count says, until the reader fails.
template <class Load>
void LoadEach(StateReader& in, Load&& load) {
  const std::uint64_t count = in.Read<Count>().count;
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) load();
}

void LoadAccounts(StateReader& in, ExchangeState& state) {
  LoadEach(in, [&] {
    const SavedAccount saved = in.Read<SavedAccount>();
    AccountRecord& account = state.accounts.Add();
    account.name = saved.name;
    account.balance_unit_micros = saved.balance_unit_micros;
    account.tier = saved.tier;
    account.disabled = saved.disabled;
    account.target_allocation_json = saved.target_allocation_json;
  });
  LoadEach(in, [&] {
    KeyRegistered key = in.Read<KeyRegistered>();
    AccountRecord* const account = state.accounts.Find(key.account);
    if (account == nullptr) return in.Fail("a key of an unknown account");
    ++account->key_count;
    std::string id(key.key_id.view());
    state.accounts.keys().emplace(std::move(id), std::move(key));
  });
  LoadEach(in, [&] {
    const SavedTransfer saved = in.Read<SavedTransfer>();
    if (in.ok()) state.accounts.AddTransfer({saved.time, saved.account, saved.client_transfer_id});
  });
}

void LoadMarket(StateReader& in, ExchangeState& state) {
  const SavedMarket saved = in.Read<SavedMarket>();
  if (state.catalogue.Find(saved.definition.event) == nullptr ||
      state.catalogue.Grid(saved.definition.price_level_structure.view()) == nullptr) {
    return in.Fail("a market without its event or grid");
  }
  MarketRecord& market = state.catalogue.Add(saved.definition);
  market.status = saved.status;
  market.is_archived = saved.is_archived;
  market.volume = saved.volume;
  market.last_price = saved.last_price;
  market.last_trade_time = saved.last_trade_time;
  market.result = saved.result;
  market.settlement_value = saved.settlement_value;
  market.expiration_value = saved.expiration_value;
  market.settlement_time = saved.settlement_time;
  market.create_time = saved.create_time;
  market.update_time = saved.update_time;
  market.determination_time = saved.determination_time;
  market.payment_time = saved.payment_time;
  if (market.status == MarketStatus::kFinalized) {
    state.catalogue.MarketFinalized();
  } else if (state.engine.book_count() >= state.options.market_count_max) {
    return in.Fail("more markets than market_count_max allows");
  } else {
    market.book = state.engine.AddBook(market.grid->tick_count());
  }
  if (market.is_archived) state.client_order_ids.ForgetMarket(market.id());
}

void LoadCatalogue(StateReader& in, ExchangeState& state) {
  LoadEach(in, [&] { state.catalogue.Add(in.Read<SeriesPut>()); });
  LoadEach(in, [&] {
    const EventPut definition = in.Read<EventPut>();
    if (state.catalogue.Find(definition.series) == nullptr) {
      return in.Fail("an event without its series");
    }
    state.catalogue.Add(definition);
  });
  LoadEach(in, [&] { LoadMarket(in, state); });
  LoadEach(in, [&] {
    const FeeChangeScheduled change = in.Read<FeeChangeScheduled>();
    state.catalogue.fee_changes().emplace(change.id, change);
  });
}

void LoadGroups(StateReader& in, ExchangeState& state) {
  LoadEach(in, [&] {
    const SavedGroup saved = in.Read<SavedGroup>();
    AccountRecord* const account = state.accounts.Find(saved.account);
    if (account == nullptr) return in.Fail("an order group of an unknown account");
    ++account->order_group_count;
    OrderGroups::Group& group = state.order_groups.Add(saved.id);
    group.account = saved.account;
    group.subaccount = saved.subaccount;
    group.triggered = saved.triggered;
    group.limit = saved.limit;
    LoadEach(in, [&] {
      const SavedMatched matched = in.Read<SavedMatched>();
      group.window.push_back({matched.step, matched.quantity});
      group.sum += matched.quantity;
    });
  });
}

absl::Status LoadLedger(StateReader& in, ExchangeState& state) {
  const std::uint64_t size = in.Read<Count>().count;
  std::string bytes;
  while (in.ok() && bytes.size() < size) bytes += in.Read<LedgerPiece>().bytes;
  if (in.ok() && bytes.size() != size) in.Fail("the ledger has another size");
  EVX_RETURN_IF_ERROR(in.status());
  ByteReader reader(bytes);
  return state.ledger.Load(reader);
}

void LoadOrder(StateReader& in, const MarketRecord& market, ExchangeState& state,
               std::vector<std::pair<OrderId, OrderSlot>>& orders) {
  const SavedOrder saved = in.Read<SavedOrder>();
  if (!in.ok()) return;
  ByteReader reader(saved.reserve);
  OrderRecord order;
  order.reserve = ledger::LoadOrderReserve(reader);
  const auto tick = market.grid->IndexOf(saved.price);
  const bool is_sound =
      reader.AtEnd() && tick && state.accounts.Find(saved.account) != nullptr &&
      order.remaining() > Quantity() && order.remaining() <= matching::kQuantityMax &&
      order.reserve.limit_micros == saved.price.micros() && saved.order_id &&
      saved.order_id <= state.last_order_id && !state.engine.Find(saved.order_id) &&
      state.engine.order_count() < state.options.order_count_max &&
      (!saved.order_group || state.order_groups.Find(saved.order_group) != nullptr);
  if (!is_sound) return in.Fail("an order does not fit the rest of the state");
  order.order_id = saved.order_id;
  order.create_time = saved.create_time;
  order.last_update_time = saved.last_update_time;
  order.quantity = saved.quantity;
  order.filled = saved.filled;
  order.tick = *tick;
  order.taker_filled_centis = static_cast<std::uint64_t>(saved.taker_filled.centis());
  order.account = saved.account;
  order.market = market.id();
  order.order_group = static_cast<std::uint32_t>(saved.order_group.value());
  order.client_order_id = state.orders.texts().Add(saved.client_order_id.view());
  order.subaccount_number = saved.subaccount;
  order.cancels_maker = saved.self_trade_prevention == SelfTradePrevention::kMaker;
  order.post_only = saved.post_only;
  order.cancel_on_pause = saved.cancel_on_pause;
  const OrderSlot slot =
      state.engine.Restore({.order_id = order.order_id,
                            .book = market.book,
                            .owner = matching::OwnerId(order.account.value()),
                            .side = saved.side,
                            .self_trade_prevention = order.self_trade_prevention(),
                            .post_only = order.post_only != 0,
                            .tick = *tick,
                            .remaining = order.remaining(),
                            .expiration = saved.expiration});
  state.orders[slot] = order;
  if (order.cancel_on_pause) ++state.cancel_on_pause_count;
  orders.emplace_back(order.order_id, slot);
}

void LoadOrders(StateReader& in, ExchangeState& state) {
  std::vector<std::pair<OrderId, OrderSlot>> orders;
  for (const MarketRecord& market : state.catalogue.markets()) {
    if (!market.HasBook()) continue;
    LoadEach(in, [&] { LoadOrder(in, market, state, orders); });
  }
  if (!in.ok()) return;
  std::sort(orders.begin(), orders.end());
  for (const auto& [id, slot] : orders) {
    const OrderRecord& order = state.orders[slot];
    OrderGroups::Group* const group =
        order.order_group == 0 ? nullptr : state.order_groups.Find(OrderGroupId(order.order_group));
    state.orders.Link(slot, state.accounts.Find(order.account)->orders,
                      group == nullptr ? nullptr : &group->orders);
  }
}

template <class Visitor>
void LoadEachClientOrderId(StateReader& in, Visitor&& visit) {
  while (in.ok()) {
    const SavedClientOrderId saved = in.Read<SavedClientOrderId>();
    if (!saved.order_id) return;
    if (saved.market.value() > ClientOrderIds::kMarketMax) {
      return in.Fail("a client order id of an impossible market");
    }
    visit(saved);
  }
}

void LoadClientOrderIds(StateReader& in, std::uint32_t version, ExchangeState& state) {
  const auto add = [&state](const SavedClientOrderId& saved) {
    state.client_order_ids.Add({.low = saved.low, .high = saved.high}, saved.order_id,
                               saved.market);
  };
  if (version > kSnapshotVersionOfSortedIds) return LoadEachClientOrderId(in, add);
  // Order ids rise, so their order is that of arrival; but for an id that came with an amend, which
  // lands beside the first one of its order.
  std::vector<SavedClientOrderId> ids;
  LoadEachClientOrderId(in, [&ids](const SavedClientOrderId& saved) { ids.push_back(saved); });
  std::ranges::stable_sort(ids, {}, &SavedClientOrderId::order_id);
  std::ranges::for_each(ids, add);
}

}  // namespace

void SaveState(const ExchangeState& state, const std::function<void(std::string_view)>& sink) {
  StateWriter out(sink);
  out.Add(Header{.sequence_number = state.sequence_number,
                 .time = state.time,
                 .last_order_id = state.last_order_id,
                 .last_trade_id = state.last_trade_id,
                 .last_order_group_id = state.last_order_group_id,
                 .last_transfer_id = state.last_transfer_id,
                 .last_fee_change_id = state.last_fee_change_id,
                 .exchange_active = state.exchange_active,
                 .trading_enabled = state.trading_enabled,
                 .in_maintenance = state.in_maintenance});
  out.Add(SavedSchedule{state.schedule});
  SaveAccounts(state, out);
  SaveCatalogue(state, out);
  SaveGroups(state, out);
  SaveLedger(state, out);
  SaveOrders(state, out);
  SaveClientOrderIds(state, out);
  out.Add(Count{state.busted_trades.size()});
  for (const auto& [trade_id, market] : state.busted_trades) out.Add(SavedBust{trade_id, market});
  out.Flush();
}

absl::Status LoadState(const std::function<std::size_t(char*, std::size_t)>& source,
                       ExchangeState& state) {
  EVX_CHECK(!state.sequence_number && state.accounts.count() == 0);
  StateReader in(source);
  const Header header = in.Read<Header>();
  EVX_RETURN_IF_ERROR(in.status());
  if (header.version < kSnapshotVersionWithoutSchedule || header.version > kSnapshotVersion) {
    return FailedPrecondition(
        absl::StrFormat("snapshot version %d is not known to this program", header.version));
  }
  state.sequence_number = header.sequence_number;
  state.time = header.time;
  state.last_order_id = header.last_order_id;
  state.last_trade_id = header.last_trade_id;
  state.last_order_group_id = header.last_order_group_id;
  state.last_transfer_id = header.last_transfer_id;
  state.last_fee_change_id = header.last_fee_change_id;
  state.exchange_active = header.exchange_active;
  state.trading_enabled = header.trading_enabled;
  state.in_maintenance = header.in_maintenance;
  if (header.version > kSnapshotVersionWithoutSchedule)
    state.schedule = in.Read<SavedSchedule>().schedule;
  LoadAccounts(in, state);
  EVX_RETURN_IF_ERROR(in.status());
  LoadCatalogue(in, state);
  EVX_RETURN_IF_ERROR(in.status());
  LoadGroups(in, state);
  EVX_RETURN_IF_ERROR(LoadLedger(in, state));
  LoadOrders(in, state);
  LoadClientOrderIds(in, header.version, state);
  LoadEach(in, [&] {
    const SavedBust saved = in.Read<SavedBust>();
    state.busted_trades.emplace(saved.trade_id, saved.market);
  });
  EVX_RETURN_IF_ERROR(in.status());
  if (!in.AtEnd()) return DataLoss("snapshot: bytes after the end");
  return absl::OkStatus();
}

}  // namespace evx::venue
