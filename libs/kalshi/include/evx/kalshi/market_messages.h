#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "evx/core/price_grid.h"
#include "evx/kalshi/messages.h"
#include "evx/kalshi/terms.h"

// The catalogue: series, events, markets; and what everybody sees of a market: order book, trades.
// Encoded and decoded as messages.h says. Timestamps that are zero are absent.

namespace evx::kalshi {

struct PriceRange {
  Price start;
  Price end;
  Price step;
  friend bool operator==(const PriceRange&, const PriceRange&) = default;
};
std::vector<PriceRange> ToPriceRanges(const PriceGrid& grid);
absl::StatusOr<PriceGrid> ToPriceGrid(const std::vector<PriceRange>& ranges);

// A leg of a combination market.
struct MveSelectedLeg {
  std::string event_ticker;
  std::string market_ticker;
  std::string side;
  friend bool operator==(const MveSelectedLeg&, const MveSelectedLeg&) = default;
};

struct Market {
  std::string ticker;
  std::string event_ticker;
  MarketType market_type = MarketType::kBinary;
  // Deprecated.
  std::string title;
  std::string subtitle;
  std::string yes_sub_title;
  std::string no_sub_title;
  Timestamp created_time;
  Timestamp updated_time;
  Timestamp open_time;
  Timestamp close_time;
  Timestamp expected_expiration_time;
  // Also written as the deprecated expiration_time.
  Timestamp latest_expiration_time;
  std::int64_t settlement_timer_seconds = 0;
  MarketStatus status = MarketStatus::kInitialized;
  // Best prices; $0 bid and $1 ask where a side is empty. NO prices are written as their
  // complements.
  Price yes_bid;
  Quantity yes_bid_size;
  Price yes_ask = Price::FromMicros(Price::kDollarMicros);
  Quantity yes_ask_size;
  // $0 when never traded.
  Price last_price;
  Quantity volume;
  Quantity volume_24h;
  MarketResult result = MarketResult::kNone;
  bool can_close_early = false;
  Quantity open_interest;
  Money notional_value = Money::FromDollars(1);
  // A day ago.
  Price previous_yes_bid;
  Price previous_yes_ask;
  Price previous_price;
  // Of YES, from determination on.
  std::optional<Price> settlement_value;
  Timestamp settlement_time;
  std::string expiration_value;
  Timestamp occurrence_time;
  Timestamp fee_waiver_expiration_time;
  std::optional<std::string> early_close_condition;
  std::optional<StrikeType> strike_type;
  // Micro units: 97249.99 is 97249990000.
  std::optional<std::int64_t> floor_strike_micros;
  std::optional<std::int64_t> cap_strike_micros;
  std::optional<std::string> functional_strike;
  // A JSON object; left out when empty.
  std::string custom_strike_json;
  std::string rules_primary;
  std::string rules_secondary;
  std::optional<std::string> mve_collection_ticker;
  std::vector<MveSelectedLeg> mve_selected_legs;
  std::optional<std::string> primary_participant_key;
  std::string price_level_structure = "linear_cent";
  std::vector<PriceRange> price_ranges;
  bool is_provisional = false;
  std::int32_t exchange_index = 0;
  SettlementBounds settlement_bounds = SettlementBounds::kDefault;
  std::optional<Price> settlement_floor;
  friend bool operator==(const Market&, const Market&) = default;
};

struct MarketResponse {
  Market market;
  friend bool operator==(const MarketResponse&, const MarketResponse&) = default;
};

struct MarketsResponse {
  std::vector<Market> markets;
  std::string cursor;
  friend bool operator==(const MarketsResponse&, const MarketsResponse&) = default;
};

struct SettlementSource {
  std::string name;
  std::string url;
  friend bool operator==(const SettlementSource&, const SettlementSource&) = default;
};

struct Event {
  std::string event_ticker;
  std::string series_ticker;
  std::string sub_title;
  std::string title;
  // "MECNET", "DIRECNET" or empty.
  std::string collateral_return_type;
  bool mutually_exclusive = false;
  // Deprecated.
  std::string category;
  Timestamp strike_date;
  std::optional<std::string> strike_period;
  // Written only where the client asked for nested markets, so never empty then.
  std::vector<Market> markets;
  std::string product_metadata_json;
  std::vector<SettlementSource> settlement_sources;
  Timestamp last_updated_time;
  std::optional<FeeType> fee_type_override;
  std::optional<std::int64_t> fee_multiplier_override_micros;
  std::int32_t exchange_index = 0;
  friend bool operator==(const Event&, const Event&) = default;
};

struct EventResponse {
  Event event;
  // Deprecated but always written: empty where the markets are nested.
  std::vector<Market> markets;
  friend bool operator==(const EventResponse&, const EventResponse&) = default;
};

struct Milestone {
  std::string id;
  std::string category;
  std::string type;
  Timestamp start_date;
  Timestamp end_date;
  std::vector<std::string> related_event_tickers;
  std::string title;
  std::string notification_message;
  std::optional<std::string> source_id;
  // A JSON object; {} when empty.
  std::string details_json;
  std::vector<std::string> primary_event_tickers;
  Timestamp last_updated_time;
  friend bool operator==(const Milestone&, const Milestone&) = default;
};

struct MilestoneResponse {
  Milestone milestone;
  friend bool operator==(const MilestoneResponse&, const MilestoneResponse&) = default;
};

struct MilestonesResponse {
  std::vector<Milestone> milestones;
  std::string cursor;
  friend bool operator==(const MilestonesResponse&, const MilestonesResponse&) = default;
};

// GET /events and GET /events/multivariate.
struct EventsResponse {
  std::vector<Event> events;
  // Left out when empty.
  std::vector<Milestone> milestones;
  std::string cursor;
  friend bool operator==(const EventsResponse&, const EventsResponse&) = default;
};

struct MarketMetadata {
  std::string market_ticker;
  std::string image_url;
  std::string color_code;
  friend bool operator==(const MarketMetadata&, const MarketMetadata&) = default;
};

struct EventMetadataResponse {
  std::string image_url;
  std::optional<std::string> featured_image_url;
  std::vector<MarketMetadata> market_details;
  std::vector<SettlementSource> settlement_sources;
  std::optional<std::string> competition;
  std::optional<std::string> competition_scope;
  friend bool operator==(const EventMetadataResponse&, const EventMetadataResponse&) = default;
};

struct Series {
  std::string ticker;
  std::string frequency;
  std::string title;
  std::string category;
  std::vector<std::string> tags;
  std::vector<SettlementSource> settlement_sources;
  std::string contract_url;
  std::string contract_terms_url;
  // Left out when empty.
  std::string product_metadata_json;
  FeeType fee_type = FeeType::kQuadratic;
  std::int64_t fee_multiplier_micros = 1'000'000;
  std::vector<std::string> additional_prohibitions;
  // Only where the client asked for it.
  std::optional<Quantity> volume;
  Timestamp last_updated_time;
  std::int32_t exchange_index = 0;
  std::vector<std::string> categories;
  friend bool operator==(const Series&, const Series&) = default;
};

struct SeriesResponse {
  Series series;
  friend bool operator==(const SeriesResponse&, const SeriesResponse&) = default;
};

struct SeriesListResponse {
  std::vector<Series> series;
  friend bool operator==(const SeriesListResponse&, const SeriesListResponse&) = default;
};

struct SeriesFeeChange {
  std::string id;
  std::string series_ticker;
  FeeType fee_type = FeeType::kQuadratic;
  std::int64_t fee_multiplier_micros = 1'000'000;
  Timestamp scheduled_time;
  friend bool operator==(const SeriesFeeChange&, const SeriesFeeChange&) = default;
};

struct SeriesFeeChangesResponse {
  std::vector<SeriesFeeChange> changes;
  friend bool operator==(const SeriesFeeChangesResponse&,
                         const SeriesFeeChangesResponse&) = default;
};

struct EventFeeChange {
  std::string id;
  std::string event_ticker;
  std::string series_ticker;
  // Both absent: the override is taken back.
  std::optional<FeeType> fee_type_override;
  std::optional<std::int64_t> fee_multiplier_override_micros;
  Timestamp scheduled_time;
  friend bool operator==(const EventFeeChange&, const EventFeeChange&) = default;
};

struct EventFeeChangesResponse {
  std::vector<EventFeeChange> event_fee_changes;
  std::string cursor;
  friend bool operator==(const EventFeeChangesResponse&, const EventFeeChangesResponse&) = default;
};

// A price of its own side (YES prices for YES, NO prices for NO) and what rests at it.
struct BookLevel {
  Price price;
  Quantity count;
  friend bool operator==(const BookLevel&, const BookLevel&) = default;
};

// Bids only, each side ascending, the best price last: a YES ask at p is a NO bid at $1 - p.
struct OrderBook {
  std::vector<BookLevel> yes;
  std::vector<BookLevel> no;
  friend bool operator==(const OrderBook&, const OrderBook&) = default;
};

struct OrderBookResponse {
  OrderBook book;
  friend bool operator==(const OrderBookResponse&, const OrderBookResponse&) = default;
};

struct MarketOrderBook {
  std::string ticker;
  OrderBook book;
  friend bool operator==(const MarketOrderBook&, const MarketOrderBook&) = default;
};

struct OrderBooksResponse {
  std::vector<MarketOrderBook> orderbooks;
  friend bool operator==(const OrderBooksResponse&, const OrderBooksResponse&) = default;
};

struct Trade {
  std::string trade_id;
  std::string ticker;
  Quantity count;
  Price yes_price;
  BookSide taker_side = BookSide::kBid;
  Timestamp created_time;
  bool is_block_trade = false;
  friend bool operator==(const Trade&, const Trade&) = default;
};

// Newest first.
struct TradesResponse {
  std::vector<Trade> trades;
  std::string cursor;
  friend bool operator==(const TradesResponse&, const TradesResponse&) = default;
};

}  // namespace evx::kalshi
