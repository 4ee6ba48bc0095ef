#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/kalshi/market_messages.h"
#include "evx/kalshi/messages.h"
#include "evx/kalshi/terms.h"

// What /trade-api/ws/v2 sends: the `msg` objects of its channels. Encoded and decoded as
// messages.h says; the envelope around them (type, sid, seq) differs by connection and is made by
// the door.

namespace evx::kalshi {

// orderbook_snapshot: both sides ascending; a side without levels is absent.
struct OrderbookSnapshot {
  std::string market_ticker;
  std::string market_id;
  OrderBook book;
  friend bool operator==(const OrderbookSnapshot&, const OrderbookSnapshot&) = default;
};

// orderbook_delta: one level changed by a signed count.
struct OrderbookDelta {
  std::string market_ticker;
  std::string market_id;
  // Of its own side: a NO bid at 0.48 is 0.48, or 0.52 for a subscription with use_yes_price.
  Price price;
  Quantity delta;
  ContractSide side = ContractSide::kYes;
  // For the account that caused the change only.
  std::optional<std::string> client_order_id;
  std::optional<SubaccountNumber> subaccount;
  Timestamp time;
  friend bool operator==(const OrderbookDelta&, const OrderbookDelta&) = default;
};

// ticker
struct TickerUpdate {
  std::string market_ticker;
  std::string market_id;
  Price last_price;  // $0 when never traded.
  Price yes_bid;     // $0 and $1 where a side is empty.
  Price yes_ask;
  Quantity yes_bid_size;
  Quantity yes_ask_size;
  Quantity last_trade_size;
  Quantity volume;
  Quantity open_interest;
  std::int64_t dollar_volume = 0;         // Whole dollars.
  std::int64_t dollar_open_interest = 0;  // Whole dollars.
  Timestamp time;
  friend bool operator==(const TickerUpdate&, const TickerUpdate&) = default;
};

// trade
struct TradeUpdate {
  std::string trade_id;
  std::string market_ticker;
  Price yes_price;
  Quantity count;
  BookSide taker_side = BookSide::kBid;
  bool is_block_trade = false;
  Timestamp time;
  friend bool operator==(const TradeUpdate&, const TradeUpdate&) = default;
};

// fill
struct FillUpdate {
  std::string trade_id;
  std::string order_id;
  std::string market_ticker;
  std::int32_t exchange_index = 0;
  bool is_taker = false;
  BookSide book_side = BookSide::kBid;
  // In whose words the deprecated side and action are written.
  OrderAction action = OrderAction::kBuy;
  Price yes_price;
  Quantity count;
  Money fee_cost;
  std::optional<std::string> client_order_id;
  // Signed net position after this fill.
  Quantity post_position;
  std::optional<SubaccountNumber> subaccount;
  Timestamp time;
  friend bool operator==(const FillUpdate&, const FillUpdate&) = default;
};

// market_position
struct MarketPositionUpdate {
  std::string user_id;
  std::string market_ticker;
  Quantity position;  // Negative: NO contracts.
  Money position_cost;
  Money realized_pnl;
  Money fees_paid;
  Money position_fee_cost;
  Quantity volume;
  std::optional<SubaccountNumber> subaccount;
  friend bool operator==(const MarketPositionUpdate&, const MarketPositionUpdate&) = default;
};

enum class LastUpdateReason : std::uint8_t {
  kDecrease,
  kAmend,
  kMarginCancel,
  kSelfTradeCancel,
  kExpiryCancel,
  kCloseCancel,
  kHaltCancel,
  kTrade,
  kPostOnlyCrossCancel,
  kReduceOnlyCancel,
  kSettlementBoundsCancel,
};
template <>
struct WireNames<LastUpdateReason> {
  static constexpr std::string_view kNames[] = {"Decrease",
                                                "Amend",
                                                "MarginCancel",
                                                "SelfTradeCancel",
                                                "ExpiryCancel",
                                                "CloseCancel",
                                                "HaltCancel",
                                                "Trade",
                                                "PostOnlyCrossCancel",
                                                "ReduceOnlyCancel",
                                                "SettlementBoundsCancel"};
};

// user_order
struct UserOrderUpdate {
  std::string order_id;
  std::string user_id;
  std::string ticker;
  OrderStatus status = OrderStatus::kResting;
  BookSide book_side = BookSide::kBid;
  Price yes_price;
  Quantity fill_count;
  Quantity remaining_count;
  Quantity initial_count;
  Money taker_fill_cost;
  Money maker_fill_cost;
  Money taker_fees;
  Money maker_fees;
  std::string client_order_id;
  std::optional<std::string> order_group_id;
  std::optional<SelfTradePrevention> self_trade_prevention;
  Timestamp created_time;
  Timestamp last_update_time;
  Timestamp expiration_time;
  // Absent when the order was created.
  std::optional<LastUpdateReason> last_update_reason;
  std::optional<SubaccountNumber> subaccount_number;
  std::int32_t exchange_index = 0;
  friend bool operator==(const UserOrderUpdate&, const UserOrderUpdate&) = default;
};

enum class OrderGroupEvent : std::uint8_t { kCreated, kTriggered, kReset, kDeleted, kLimitUpdated };
template <>
struct WireNames<OrderGroupEvent> {
  static constexpr std::string_view kNames[] = {"created", "triggered", "reset", "deleted",
                                                "limit_updated"};
};

// order_group_updates
struct OrderGroupUpdate {
  OrderGroupEvent event_type = OrderGroupEvent::kCreated;
  std::string order_group_id;
  std::optional<Quantity> contracts_limit;  // kCreated and kLimitUpdated only.
  Timestamp time;
  friend bool operator==(const OrderGroupUpdate&, const OrderGroupUpdate&) = default;
};

enum class MarketLifecycleEvent : std::uint8_t {
  kCreated,
  kActivated,
  kDeactivated,
  kCloseDateUpdated,
  kDetermined,
  kSettled,
  kPriceLevelStructureUpdated,
  kMetadataUpdated,
};
template <>
struct WireNames<MarketLifecycleEvent> {
  static constexpr std::string_view kNames[] = {"created",
                                                "activated",
                                                "deactivated",
                                                "close_date_updated",
                                                "determined",
                                                "settled",
                                                "price_level_structure_updated",
                                                "metadata_updated"};
};

// What `created` tells beside the members of the message itself.
struct MarketCreationMetadata {
  std::string name;
  std::string title;
  std::string yes_sub_title;
  std::string no_sub_title;
  std::string rules_primary;
  std::string rules_secondary;
  bool can_close_early = false;
  std::string event_ticker;
  Timestamp expected_expiration_time;
  std::optional<StrikeType> strike_type;
  std::optional<std::int64_t> floor_strike_micros;
  std::optional<std::int64_t> cap_strike_micros;
  std::string custom_strike_json;
  friend bool operator==(const MarketCreationMetadata&, const MarketCreationMetadata&) = default;
};

// market_lifecycle_v2 and multivariate_market_lifecycle: each event sets its own members.
struct MarketLifecycleUpdate {
  MarketLifecycleEvent event_type = MarketLifecycleEvent::kCreated;
  std::string market_ticker;
  std::optional<std::int32_t> exchange_index;
  Timestamp open_time;
  Timestamp close_time;
  std::optional<std::string> result;
  Timestamp determination_time;
  std::optional<Price> settlement_value;
  Timestamp settled_time;
  std::optional<bool> is_deactivated;
  std::optional<std::string> price_level_structure;
  std::vector<PriceRange> price_ranges;
  std::optional<StrikeType> strike_type;
  std::optional<std::int64_t> floor_strike_micros;
  std::optional<std::int64_t> cap_strike_micros;
  std::string custom_strike_json;
  std::optional<std::string> yes_sub_title;
  std::optional<MarketCreationMetadata> additional_metadata;
  friend bool operator==(const MarketLifecycleUpdate&, const MarketLifecycleUpdate&) = default;
};

// event_lifecycle
struct EventLifecycleUpdate {
  std::string event_ticker;
  std::int32_t exchange_index = 0;
  std::string title;
  std::string subtitle;
  std::string collateral_return_type;  // "MECNET", "DIRECNET" or "".
  std::string series_ticker;
  Timestamp strike_date;
  std::optional<std::string> strike_period;
  friend bool operator==(const EventLifecycleUpdate&, const EventLifecycleUpdate&) = default;
};

// event_fee_update: both null when the override was cleared.
struct EventFeeUpdate {
  std::string event_ticker;
  std::optional<FeeType> fee_type_override;
  std::optional<std::int64_t> fee_multiplier_override_micros;
  friend bool operator==(const EventFeeUpdate&, const EventFeeUpdate&) = default;
};

}  // namespace evx::kalshi
