#pragma once

#include <cstdint>
#include <string>
#include <variant>

#include "evx/core/clock.h"
#include "evx/core/fields.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"
#include "evx/venue/types.h"

// Everything that can change the exchange. Commands are plain values; the sequencer gives each a
// sequence number and a time and hands it to Exchange::Apply. Accounts, markets and orders are
// named by their dense ids: the doors translate tickers, key ids and wire ids before.
//
// The variant index is the type on disk: alternatives are only ever added at the end.

namespace evx::venue {

// --- Time and the exchange as a whole -----------------------------------------------------------

// Brings every timer up to the command's time: open, close, expiry, settlement, fee changes,
// order group windows. Every other command does the same before it is applied.
struct AdvanceTime {
  EVX_NO_FIELDS()
};

struct SetExchangeStatus {
  bool exchange_active = true;
  bool trading_active = true;
  EVX_FIELDS(exchange_active, trading_active)
};

// The schedule from now on; kAlways for a new exchange. A pause begins or ends with the command
// when the time asks for it.
struct SetSchedule {
  Schedule schedule = Schedule::kAlways;
  EVX_FIELDS(schedule)
};

// Does nothing: its record holds further events of the command before, which were too many for one
// record (TakeRecordEvents). Even time stands still.
struct ContinueEvents {
  EVX_NO_FIELDS()
};

// --- Accounts -----------------------------------------------------------------------------------

struct OpenAccount {
  InlineString<64> name;
  std::int64_t balance_unit_micros = 100;  // 100 (direct member) or 10,000.
  UsageTier tier = UsageTier::kBasic;
  EVX_FIELDS(name, balance_unit_micros, tier)
};

struct UpdateAccount {
  AccountId account;
  UsageTier tier = UsageTier::kBasic;
  bool disabled = false;
  EVX_FIELDS(account, tier, disabled)
};

struct OpenSubaccount {
  AccountId account;
  EVX_FIELDS(account)
};

struct RegisterKey {
  AccountId account;
  UuidText key_id;
  InlineString<128> name;
  std::string public_key_pem;
  std::uint16_t scopes = kScopeRead | kScopeWrite;
  std::int8_t subaccount = -1;  // Locked to this one; -1: not locked.
  EVX_FIELDS(account, key_id, name, public_key_pem, scopes, subaccount)
};

struct RevokeKey {
  AccountId account;
  UuidText key_id;
  EVX_FIELDS(account, key_id)
};

struct Deposit {
  AccountId account;
  SubaccountNumber subaccount = 0;
  Money amount;  // Positive, a multiple of the account's balance unit.
  EVX_FIELDS(account, subaccount, amount)
};

struct Withdraw {
  AccountId account;
  SubaccountNumber subaccount = 0;
  Money amount;
  EVX_FIELDS(account, subaccount, amount)
};

struct TransferFunds {
  AccountId account;
  SubaccountNumber from_subaccount = 0;
  SubaccountNumber to_subaccount = 0;
  Money amount;
  UuidText client_transfer_id;  // A repeat is kDuplicateTransfer.
  EVX_FIELDS(account, from_subaccount, to_subaccount, amount, client_transfer_id)
};

struct SetNetting {
  AccountId account;
  SubaccountNumber subaccount = 0;
  bool enabled = false;
  EVX_FIELDS(account, subaccount, enabled)
};

// Kept for the account and shown back; one shard has nothing to rebalance.
struct SetTargetBalanceAllocation {
  AccountId account;
  std::string allocation_json;  // At most 64 KiB.
  EVX_FIELDS(account, allocation_json)
};

// --- Orders -------------------------------------------------------------------------------------

struct CreateOrder {
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  BookSide side = BookSide::kBid;
  TimeInForce time_in_force = TimeInForce::kGoodTillCanceled;
  SelfTradePrevention self_trade_prevention = SelfTradePrevention::kTakerAtCross;
  bool post_only = false;
  bool reduce_only = false;
  bool cancel_on_pause = false;
  std::int64_t price_micros = 0;  // YES price as received; checked against the grid.
  Quantity quantity;
  Timestamp expiration;  // Good till canceled only; 0: none.
  OrderGroupId order_group;
  ClientOrderId client_order_id;
  EVX_FIELDS(account, subaccount, market, side, time_in_force, self_trade_prevention, post_only,
             reduce_only, cancel_on_pause, price_micros, quantity, expiration, order_group,
             client_order_id)
};

struct CancelOrder {
  AccountId account;
  OrderId order_id;
  // Cancels by the order's operator or guard may pass any subaccount; doors pass the key's lock.
  std::int8_t subaccount = -1;  // The order must be in this one; -1: any.
  EVX_FIELDS(account, order_id, subaccount)
};

// Cancels every resting order of the account.
struct CancelAllOrders {
  AccountId account;
  std::int8_t subaccount = -1;  // -1: all of them.
  MarketId market;              // 0: in every market.
  bool by_operator = false;
  EVX_FIELDS(account, subaccount, market, by_operator)
};

struct AmendOrder {
  AccountId account;
  std::int8_t subaccount = -1;
  OrderId order_id;
  MarketId market;                 // Must be the order's.
  BookSide side = BookSide::kBid;  // Must be the order's.
  std::int64_t price_micros = 0;
  Quantity total_quantity;  // Filled already plus the wanted resting remainder.
  enum class ExpirationChange : std::uint8_t { kKeep, kClear, kSet };
  ExpirationChange expiration_change = ExpirationChange::kKeep;
  Timestamp expiration;
  ClientOrderId client_order_id;          // When not empty, must be the order's.
  ClientOrderId updated_client_order_id;  // When not empty, the order's new one.
  EVX_FIELDS(account, subaccount, order_id, market, side, price_micros, total_quantity,
             expiration_change, expiration, client_order_id, updated_client_order_id)
};

// Exactly one of the two is set; a remainder of 0 cancels the order.
struct DecreaseOrder {
  AccountId account;
  std::int8_t subaccount = -1;
  OrderId order_id;
  bool is_reduce_to = false;
  Quantity quantity;  // Take this much away, or leave this much.
  EVX_FIELDS(account, subaccount, order_id, is_reduce_to, quantity)
};

// --- Order groups -------------------------------------------------------------------------------

struct CreateOrderGroup {
  AccountId account;
  SubaccountNumber subaccount = 0;
  Quantity limit;  // 1 .. 1,000,000 contracts matched in any 15 seconds.
  EVX_FIELDS(account, subaccount, limit)
};

struct UpdateOrderGroupLimit {
  AccountId account;
  OrderGroupId order_group;
  Quantity limit;
  EVX_FIELDS(account, order_group, limit)
};

struct ResetOrderGroup {
  AccountId account;
  OrderGroupId order_group;
  EVX_FIELDS(account, order_group)
};

struct TriggerOrderGroup {
  AccountId account;
  OrderGroupId order_group;
  EVX_FIELDS(account, order_group)
};

struct DeleteOrderGroup {
  AccountId account;
  OrderGroupId order_group;
  EVX_FIELDS(account, order_group)
};

// --- Catalogue ----------------------------------------------------------------------------------
// What trading depends on is typed; titles, rules, strikes and other descriptive facts travel as
// one JSON object that only the doors read (`facts_json`, at most 64 KiB).

struct PutSeries {
  Ticker ticker;
  FeeTerms fee_terms;
  std::string facts_json;
  EVX_FIELDS(ticker, fee_terms, facts_json)
};

struct PutEvent {
  Ticker ticker;
  SeriesId series;
  bool mutually_exclusive = false;
  CollateralReturn collateral_return = CollateralReturn::kNone;
  bool has_fee_override = false;
  FeeTerms fee_override;
  std::string facts_json;
  EVX_FIELDS(ticker, series, mutually_exclusive, collateral_return, has_fee_override, fee_override,
             facts_json)
};

// Creates a market (status initialized, or active when its open time has come) or edits the facts
// and times of one that is not closed.
struct PutMarket {
  Ticker ticker;
  EventId event;
  InlineString<40> price_level_structure;  // A name PriceGrid knows.
  Timestamp open_time;
  Timestamp close_time;
  std::int64_t settlement_timer_seconds = 0;
  bool can_close_early = true;
  Timestamp fee_waiver_expiration;  // 0: none. Fees are zero before it.
  std::string facts_json;
  EVX_FIELDS(ticker, event, price_level_structure, open_time, close_time, settlement_timer_seconds,
             can_close_early, fee_waiver_expiration, facts_json)
};

// Exactly one of series and event is set. A cleared override exists for events only.
struct ScheduleFeeChange {
  SeriesId series;
  EventId event;
  bool clear_override = false;
  FeeTerms fee_terms;
  Timestamp effective_time;
  EVX_FIELDS(series, event, clear_override, fee_terms, effective_time)
};

struct ChangePriceGrid {
  MarketId market;
  InlineString<40> price_level_structure;
  EVX_FIELDS(market, price_level_structure)
};

// --- Lifecycle ----------------------------------------------------------------------------------

// initialized or inactive -> active. On reactivation every resting order is canceled.
struct ActivateMarket {
  MarketId market;
  EVX_FIELDS(market)
};

// active -> inactive.
struct DeactivateMarket {
  MarketId market;
  EVX_FIELDS(market)
};

// Moves the close time: earlier needs can_close_early, a past time closes at once, a future one
// reopens a closed market.
struct SetMarketCloseTime {
  MarketId market;
  Timestamp close_time;
  EVX_FIELDS(market, close_time)
};

// closed -> determined, or disputed -> amended; starts the settlement timer.
struct DetermineMarket {
  MarketId market;
  MarketResult result = MarketResult::kNone;
  Price settlement_value;  // YES value: 1 for yes, 0 for no, between for scalar and void.
  InlineString<128> expiration_value;  // The observed fact, for people: "2417.35".
  EVX_FIELDS(market, result, settlement_value, expiration_value)
};

// determined -> disputed; the timer stops.
struct DisputeMarket {
  MarketId market;
  EVX_FIELDS(market)
};

// determined or amended -> finalized without waiting for the timer.
struct SettleMarket {
  MarketId market;
  EVX_FIELDS(market)
};

// Reverses a trade: positions, cash and fees of both sides. The exchange holds no history, so the
// command carries the facts of the trade; the door reads them from the history.
struct BustTrade {
  struct Party {
    AccountId account;
    SubaccountNumber subaccount = 0;
    BookSide side = BookSide::kBid;
    OrderId order_id;
    Money fee;
    EVX_FIELDS(account, subaccount, side, order_id, fee)
  };
  TradeId trade_id;
  MarketId market;
  Price price;
  Quantity quantity;
  Party taker;
  Party maker;
  EVX_FIELDS(trade_id, market, price, quantity, taker, maker)
};

using Command =
    std::variant<AdvanceTime, SetExchangeStatus, OpenAccount, UpdateAccount, OpenSubaccount,
                 RegisterKey, RevokeKey, Deposit, Withdraw, TransferFunds, SetNetting,
                 SetTargetBalanceAllocation, CreateOrder, CancelOrder, CancelAllOrders, AmendOrder,
                 DecreaseOrder, CreateOrderGroup, UpdateOrderGroupLimit, ResetOrderGroup,
                 TriggerOrderGroup, DeleteOrderGroup, PutSeries, PutEvent, PutMarket,
                 ScheduleFeeChange, ChangePriceGrid, ActivateMarket, DeactivateMarket,
                 SetMarketCloseTime, DetermineMarket, DisputeMarket, SettleMarket, BustTrade,
                 SetSchedule, ContinueEvents>;

}  // namespace evx::venue
