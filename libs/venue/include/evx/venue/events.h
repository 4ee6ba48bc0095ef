#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "evx/core/clock.h"
#include "evx/core/fields.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"
#include "evx/venue/reject_reason.h"
#include "evx/venue/types.h"

// What happened, in order, as a consequence of one command. Sequence number and time are the
// command's and are kept once per record. An event carries the state after it where a follower
// would otherwise have to keep state of its own. Events are never re-executed; they are the truth
// for read model, PostgreSQL, streams and Kafka.
//
// The variant index is the type on disk: alternatives are only ever added at the end.

namespace evx::venue {

// The command was refused; no other event of the record changes state but timers that came due.
struct CommandRejected {
  RejectReason reason = RejectReason::kExchangePaused;
  EVX_FIELDS(reason)
};

struct ExchangeStatusChanged {
  bool exchange_active = true;
  bool trading_active = true;
  EVX_FIELDS(exchange_active, trading_active)
};

// --- Accounts -----------------------------------------------------------------------------------

struct AccountOpened {
  AccountId account;
  InlineString<64> name;
  std::int64_t balance_unit_micros = 100;
  UsageTier tier = UsageTier::kBasic;
  EVX_FIELDS(account, name, balance_unit_micros, tier)
};

struct AccountUpdated {
  AccountId account;
  UsageTier tier = UsageTier::kBasic;
  bool disabled = false;
  EVX_FIELDS(account, tier, disabled)
};

struct SubaccountOpened {
  AccountId account;
  SubaccountNumber subaccount = 0;
  bool netting_enabled = false;
  EVX_FIELDS(account, subaccount, netting_enabled)
};

struct KeyRegistered {
  AccountId account;
  UuidText key_id;
  InlineString<128> name;
  std::string public_key_pem;
  std::uint16_t scopes = 0;
  std::int8_t subaccount = -1;
  EVX_FIELDS(account, key_id, name, public_key_pem, scopes, subaccount)
};

struct KeyRevoked {
  AccountId account;
  UuidText key_id;
  EVX_FIELDS(account, key_id)
};

struct FundsDeposited {
  TransferId transfer;
  AccountId account;
  SubaccountNumber subaccount = 0;
  Money amount;
  EVX_FIELDS(transfer, account, subaccount, amount)
};

struct FundsWithdrawn {
  TransferId transfer;
  AccountId account;
  SubaccountNumber subaccount = 0;
  Money amount;
  EVX_FIELDS(transfer, account, subaccount, amount)
};

struct FundsTransferred {
  TransferId transfer;
  AccountId account;
  SubaccountNumber from_subaccount = 0;
  SubaccountNumber to_subaccount = 0;
  Money amount;
  UuidText client_transfer_id;
  EVX_FIELDS(transfer, account, from_subaccount, to_subaccount, amount, client_transfer_id)
};

struct NettingChanged {
  AccountId account;
  SubaccountNumber subaccount = 0;
  bool enabled = false;
  EVX_FIELDS(account, subaccount, enabled)
};

struct TargetBalanceAllocationChanged {
  AccountId account;
  std::string allocation_json;
  EVX_FIELDS(account, allocation_json)
};

// One movement of cash; the sum of a subaccount's postings is its cash.
struct CashPosted {
  AccountId account;
  SubaccountNumber subaccount = 0;
  PostingKind kind = PostingKind::kDeposit;
  Money amount;
  Money cash_after;
  MarketId market;              // 0: none.
  std::uint64_t reference = 0;  // Trade id or transfer id; 0: none.
  EVX_FIELDS(account, subaccount, kind, amount, cash_after, market, reference)
};

// Once per command and touched subaccount, after everything else. The balance shown to the owner is
// cash - hold.
struct BalanceChanged {
  AccountId account;
  SubaccountNumber subaccount = 0;
  Money cash;
  Money hold;  // Reserved for resting orders, fees included.
  EVX_FIELDS(account, subaccount, cash, hold)
};

// --- Orders -------------------------------------------------------------------------------------

struct OrderAccepted {
  OrderId order_id;
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  BookSide side = BookSide::kBid;
  TimeInForce time_in_force = TimeInForce::kGoodTillCanceled;
  SelfTradePrevention self_trade_prevention = SelfTradePrevention::kTakerAtCross;
  bool post_only = false;
  bool reduce_only = false;
  bool cancel_on_pause = false;
  Price price;
  Quantity quantity;
  Timestamp expiration;
  OrderGroupId order_group;
  ClientOrderId client_order_id;
  EVX_FIELDS(order_id, account, subaccount, market, side, time_in_force, self_trade_prevention,
             post_only, reduce_only, cancel_on_pause, price, quantity, expiration, order_group,
             client_order_id)
};

// One match of two orders. Followed by the fill of the maker and the fill of the taker.
struct TradeExecuted {
  TradeId trade_id;
  MarketId market;
  Price price;  // YES price.
  Quantity quantity;
  BookSide taker_side = BookSide::kBid;
  OrderId taker_order_id;
  OrderId maker_order_id;
  Quantity open_interest_after;
  EVX_FIELDS(trade_id, market, price, quantity, taker_side, taker_order_id, maker_order_id,
             open_interest_after)
};

struct OrderFilled {
  OrderId order_id;
  TradeId trade_id;
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  BookSide side = BookSide::kBid;
  bool is_taker = false;
  Price price;  // YES price.
  Quantity quantity;
  Quantity remaining_after;
  Money fee;  // fee_cost of the venue: trade fee + rounding - rebate, >= 0.
  EVX_FIELDS(order_id, trade_id, account, subaccount, market, side, is_taker, price, quantity,
             remaining_after, fee)
};

struct OrderCanceled {
  OrderId order_id;
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  CancelReason reason = CancelReason::kUser;
  Quantity canceled_quantity;
  EVX_FIELDS(order_id, account, subaccount, market, reason, canceled_quantity)
};

struct OrderDecreased {
  OrderId order_id;
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  Quantity remaining_after;
  EVX_FIELDS(order_id, account, subaccount, market, remaining_after)
};

// Before any fill that the amend causes.
struct OrderAmended {
  OrderId order_id;
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  Price price;
  Quantity remaining_after;  // Resting quantity asked for.
  Timestamp expiration;
  ClientOrderId client_order_id;  // After the amend.
  bool kept_priority = false;
  EVX_FIELDS(order_id, account, subaccount, market, price, remaining_after, expiration,
             client_order_id, kept_priority)
};

// A level of the book has a new total. One per cause, so that the owner's client order id can be
// attached for the owner.
struct BookChanged {
  MarketId market;
  BookSide side = BookSide::kBid;
  Price price;
  Quantity delta;
  Quantity quantity_after;
  OrderId order_id;
  EVX_FIELDS(market, side, price, delta, quantity_after, order_id)
};

// Every level is gone at once (close): stands for the BookChanged events of its cancels.
struct BookCleared {
  MarketId market;
  EVX_FIELDS(market)
};

// Position of a subaccount after a fill, settlement or reversal.
struct PositionChanged {
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  Quantity position;  // YES positive, NO negative.
  Money exposure;     // Cost of the open position.
  Money realized_pnl;
  Money fees_paid;
  Money total_traded;
  EVX_FIELDS(account, subaccount, market, position, exposure, realized_pnl, fees_paid, total_traded)
};

// --- Order groups -------------------------------------------------------------------------------

struct OrderGroupCreated {
  OrderGroupId order_group;
  AccountId account;
  SubaccountNumber subaccount = 0;
  Quantity limit;
  EVX_FIELDS(order_group, account, subaccount, limit)
};

struct OrderGroupLimitUpdated {
  OrderGroupId order_group;
  AccountId account;
  Quantity limit;
  EVX_FIELDS(order_group, account, limit)
};

struct OrderGroupTriggered {
  OrderGroupId order_group;
  AccountId account;
  EVX_FIELDS(order_group, account)
};

struct OrderGroupReset {
  OrderGroupId order_group;
  AccountId account;
  EVX_FIELDS(order_group, account)
};

struct OrderGroupDeleted {
  OrderGroupId order_group;
  AccountId account;
  EVX_FIELDS(order_group, account)
};

// --- Catalogue and lifecycle --------------------------------------------------------------------

struct SeriesPut {
  SeriesId series;
  Ticker ticker;
  FeeTerms fee_terms;
  std::string facts_json;
  EVX_FIELDS(series, ticker, fee_terms, facts_json)
};

struct EventPut {
  EventId event;
  Ticker ticker;
  SeriesId series;
  bool mutually_exclusive = false;
  CollateralReturn collateral_return = CollateralReturn::kNone;
  bool has_fee_override = false;
  FeeTerms fee_override;
  std::string facts_json;
  EVX_FIELDS(event, ticker, series, mutually_exclusive, collateral_return, has_fee_override,
             fee_override, facts_json)
};

struct MarketPut {
  MarketId market;
  Ticker ticker;
  EventId event;
  InlineString<40> price_level_structure;
  Timestamp open_time;
  Timestamp close_time;
  std::int64_t settlement_timer_seconds = 0;
  bool can_close_early = true;
  Timestamp fee_waiver_expiration;
  bool is_new = false;
  std::string facts_json;
  EVX_FIELDS(market, ticker, event, price_level_structure, open_time, close_time,
             settlement_timer_seconds, can_close_early, fee_waiver_expiration, is_new, facts_json)
};

struct MarketStatusChanged {
  MarketId market;
  MarketStatus status = MarketStatus::kInitialized;
  EVX_FIELDS(market, status)
};

struct MarketCloseTimeChanged {
  MarketId market;
  Timestamp close_time;
  EVX_FIELDS(market, close_time)
};

struct PriceGridChanged {
  MarketId market;
  InlineString<40> price_level_structure;
  EVX_FIELDS(market, price_level_structure)
};

struct MarketDetermined {
  MarketId market;
  MarketResult result = MarketResult::kNone;
  Price settlement_value;
  InlineString<128> expiration_value;
  Timestamp settlement_time;  // When the timer will settle it.
  EVX_FIELDS(market, result, settlement_value, expiration_value, settlement_time)
};

// One subaccount was paid. Its PositionChanged and CashPosted are separate events.
struct PositionSettled {
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  Quantity position;  // Held at settlement, YES positive.
  Money yes_cost;     // Cost of the YES contracts held.
  Money no_cost;
  Money revenue;
  Money fee;  // Rounding of a scalar settlement.
  EVX_FIELDS(account, subaccount, market, position, yes_cost, no_cost, revenue, fee)
};

// All positions are paid; follows the last PositionSettled.
struct MarketSettled {
  MarketId market;
  MarketResult result = MarketResult::kNone;
  Price settlement_value;
  EVX_FIELDS(market, result, settlement_value)
};

struct FeeChangeScheduled {
  std::uint64_t id = 0;
  SeriesId series;
  EventId event;
  bool clear_override = false;
  FeeTerms fee_terms;
  Timestamp effective_time;
  EVX_FIELDS(id, series, event, clear_override, fee_terms, effective_time)
};

struct FeeTermsChanged {
  SeriesId series;
  EventId event;
  bool clear_override = false;
  FeeTerms fee_terms;
  EVX_FIELDS(series, event, clear_override, fee_terms)
};

struct TradeBusted {
  TradeId trade_id;
  MarketId market;
  Quantity open_interest_after;
  EVX_FIELDS(trade_id, market, open_interest_after)
};

// A resting order as it stands, right after an OrderAccepted with its original terms; only in what
// Exchange::Describe writes. OrderAccepted.price is the present one (after amends).
struct OrderRestored {
  OrderId order_id;
  Quantity filled;
  Quantity remaining;
  // Sums of price x quantity of its fills: the YES price for a bid, the NO price for an ask.
  Money maker_fill_cost;
  Money taker_fill_cost;
  Money maker_fees;
  Money taker_fees;
  Timestamp create_time;
  Timestamp last_update_time;
  EVX_FIELDS(order_id, filled, remaining, maker_fill_cost, taker_fill_cost, maker_fees, taker_fees,
             create_time, last_update_time)
};

// Only from Exchange::Describe: what trades and the lifecycle have made of a market so far.
struct MarketStatisticsRestored {
  MarketId market;
  bool has_last_price = false;
  Price last_price;
  Quantity volume;
  Quantity open_interest;
  Timestamp create_time;
  Timestamp update_time;         // Last change of status or definition.
  Timestamp determination_time;  // 0: not determined.
  Timestamp settlement_time;     // When it was paid; 0: not yet.
  EVX_FIELDS(market, has_last_price, last_price, volume, open_interest, create_time, update_time,
             determination_time, settlement_time)
};

using Event = std::variant<
    CommandRejected, ExchangeStatusChanged, AccountOpened, AccountUpdated, SubaccountOpened,
    KeyRegistered, KeyRevoked, FundsDeposited, FundsWithdrawn, FundsTransferred, NettingChanged,
    TargetBalanceAllocationChanged, CashPosted, BalanceChanged, OrderAccepted, TradeExecuted,
    OrderFilled, OrderCanceled, OrderDecreased, OrderAmended, BookChanged, BookCleared,
    PositionChanged, OrderGroupCreated, OrderGroupLimitUpdated, OrderGroupTriggered,
    OrderGroupReset, OrderGroupDeleted, SeriesPut, EventPut, MarketPut, MarketStatusChanged,
    MarketCloseTimeChanged, PriceGridChanged, MarketDetermined, PositionSettled, MarketSettled,
    FeeChangeScheduled, FeeTermsChanged, TradeBusted, OrderRestored, MarketStatisticsRestored>;

}  // namespace evx::venue
