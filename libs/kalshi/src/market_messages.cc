#include "evx/kalshi/market_messages.h"

#include "market_members.h"
#include "message_archive.h"

namespace evx::kalshi {

template <class Archive, Is<MveSelectedLeg> M>
void Members(Archive& a, M& m) {
  a.Text("event_ticker", m.event_ticker);
  a.Text("market_ticker", m.market_ticker);
  a.Text("side", m.side);
}

template <class Archive, class M>
void QuoteMembers(Archive& a, M& m) {
  a.DollarPrice("yes_bid_dollars", m.yes_bid);
  a.CountOrZero("yes_bid_size_fp", m.yes_bid_size);
  a.DollarPrice("yes_ask_dollars", m.yes_ask);
  a.CountOrZero("yes_ask_size_fp", m.yes_ask_size);
  a.EchoPrice("no_bid_dollars", m.yes_ask.Complement());
  a.EchoPrice("no_ask_dollars", m.yes_bid.Complement());
  a.DollarPrice("last_price_dollars", m.last_price);
  a.Count("volume_fp", m.volume);
  a.Count("volume_24h_fp", m.volume_24h);
  a.Count("open_interest_fp", m.open_interest);
  a.Money4("notional_value_dollars", m.notional_value);
  a.DollarPrice("previous_yes_bid_dollars", m.previous_yes_bid);
  a.DollarPrice("previous_yes_ask_dollars", m.previous_yes_ask);
  a.DollarPrice("previous_price_dollars", m.previous_price);
}

template <class Archive, class M>
void StrikeMembers(Archive& a, M& m) {
  a.WordIf("strike_type", m.strike_type);
  a.MicrosIf("floor_strike", m.floor_strike_micros);
  a.MicrosIf("cap_strike", m.cap_strike_micros);
  a.TextIf("functional_strike", m.functional_strike);
  a.JsonIf("custom_strike", m.custom_strike_json);
  a.Text("rules_primary", m.rules_primary);
  a.Text("rules_secondary", m.rules_secondary);
  a.TextIf("mve_collection_ticker", m.mve_collection_ticker);
  a.ListIf("mve_selected_legs", m.mve_selected_legs);
  a.TextIf("primary_participant_key", m.primary_participant_key);
}

template <class Archive, Is<Market> M>
void Members(Archive& a, M& m) {
  a.Text("ticker", m.ticker);
  a.Text("event_ticker", m.event_ticker);
  a.Word("market_type", m.market_type);
  a.Text("title", m.title);
  a.Text("subtitle", m.subtitle);
  a.Text("yes_sub_title", m.yes_sub_title);
  a.Text("no_sub_title", m.no_sub_title);
  a.Time("created_time", m.created_time);
  a.Time("updated_time", m.updated_time);
  a.Time("open_time", m.open_time);
  a.Time("close_time", m.close_time);
  a.TimeIf("expected_expiration_time", m.expected_expiration_time);
  a.EchoTime("expiration_time", m.latest_expiration_time);
  a.Time("latest_expiration_time", m.latest_expiration_time);
  a.Int("settlement_timer_seconds", m.settlement_timer_seconds);
  a.Word("status", m.status);
  a.Word("result", m.result);
  a.Bool("can_close_early", m.can_close_early);
  QuoteMembers(a, m);
  a.DollarPriceIf("settlement_value_dollars", m.settlement_value);
  a.TimeIf("settlement_ts", m.settlement_time);
  a.Text("expiration_value", m.expiration_value);
  a.TimeOrNull("occurrence_datetime", m.occurrence_time);
  a.TimeIf("fee_waiver_expiration_time", m.fee_waiver_expiration_time);
  a.TextIf("early_close_condition", m.early_close_condition);
  StrikeMembers(a, m);
  a.Text("price_level_structure", m.price_level_structure);
  a.List("price_ranges", m.price_ranges);
  a.BoolIf("is_provisional", m.is_provisional);
  a.Int("exchange_index", m.exchange_index);
  a.Word("settlement_bounds_type", m.settlement_bounds);
  a.DollarPriceOrNull("settlement_floor_dollars", m.settlement_floor);
}

template <class Archive, Is<MarketResponse> M>
void Members(Archive& a, M& m) {
  a.Object("market", m.market);
}

template <class Archive, Is<MarketsResponse> M>
void Members(Archive& a, M& m) {
  a.List("markets", m.markets);
  a.Text("cursor", m.cursor);
}

template <class Archive, Is<SettlementSource> M>
void Members(Archive& a, M& m) {
  a.Text("name", m.name);
  a.Text("url", m.url);
}

template <class Archive, Is<Event> M>
void Members(Archive& a, M& m) {
  a.Text("event_ticker", m.event_ticker);
  a.Text("series_ticker", m.series_ticker);
  a.Text("sub_title", m.sub_title);
  a.Text("title", m.title);
  a.Text("collateral_return_type", m.collateral_return_type);
  a.Bool("mutually_exclusive", m.mutually_exclusive);
  a.Text("category", m.category);
  a.TimeIf("strike_date", m.strike_date);
  a.TextIf("strike_period", m.strike_period);
  a.ListIf("markets", m.markets);
  a.JsonIf("product_metadata", m.product_metadata_json);
  a.List("settlement_sources", m.settlement_sources);
  a.TimeIf("last_updated_ts", m.last_updated_time);
  a.WordIf("fee_type_override", m.fee_type_override);
  a.MicrosIf("fee_multiplier_override", m.fee_multiplier_override_micros);
  a.Int("exchange_index", m.exchange_index);
}

template <class Archive, Is<EventResponse> M>
void Members(Archive& a, M& m) {
  a.Object("event", m.event);
  a.List("markets", m.markets);
}

template <class Archive, Is<Milestone> M>
void Members(Archive& a, M& m) {
  a.Text("id", m.id);
  a.Text("category", m.category);
  a.Text("type", m.type);
  a.Time("start_date", m.start_date);
  a.TimeOrNull("end_date", m.end_date);
  a.Texts("related_event_tickers", m.related_event_tickers);
  a.Text("title", m.title);
  a.Text("notification_message", m.notification_message);
  a.TextOrNull("source_id", m.source_id);
  a.Json("details", m.details_json);
  a.Texts("primary_event_tickers", m.primary_event_tickers);
  a.Time("last_updated_ts", m.last_updated_time);
}

template <class Archive, Is<MilestoneResponse> M>
void Members(Archive& a, M& m) {
  a.Object("milestone", m.milestone);
}

template <class Archive, Is<MilestonesResponse> M>
void Members(Archive& a, M& m) {
  a.List("milestones", m.milestones);
  a.Text("cursor", m.cursor);
}

template <class Archive, Is<EventsResponse> M>
void Members(Archive& a, M& m) {
  a.List("events", m.events);
  a.ListIf("milestones", m.milestones);
  a.Text("cursor", m.cursor);
}

template <class Archive, Is<MarketMetadata> M>
void Members(Archive& a, M& m) {
  a.Text("market_ticker", m.market_ticker);
  a.Text("image_url", m.image_url);
  a.Text("color_code", m.color_code);
}

template <class Archive, Is<EventMetadataResponse> M>
void Members(Archive& a, M& m) {
  a.Text("image_url", m.image_url);
  a.TextIf("featured_image_url", m.featured_image_url);
  a.List("market_details", m.market_details);
  a.List("settlement_sources", m.settlement_sources);
  a.TextIf("competition", m.competition);
  a.TextIf("competition_scope", m.competition_scope);
}

template <class Archive, Is<Series> M>
void Members(Archive& a, M& m) {
  a.Text("ticker", m.ticker);
  a.Text("frequency", m.frequency);
  a.Text("title", m.title);
  a.Text("category", m.category);
  a.Texts("tags", m.tags);
  a.List("settlement_sources", m.settlement_sources);
  a.Text("contract_url", m.contract_url);
  a.Text("contract_terms_url", m.contract_terms_url);
  a.JsonIf("product_metadata", m.product_metadata_json);
  a.Word("fee_type", m.fee_type);
  a.Micros("fee_multiplier", m.fee_multiplier_micros);
  a.Texts("additional_prohibitions", m.additional_prohibitions);
  a.CountIf("volume_fp", m.volume);
  a.TimeIf("last_updated_ts", m.last_updated_time);
  a.Int("exchange_index", m.exchange_index);
  // Optional in the schema, but the venue's own Python client fails without it.
  a.Texts("categories", m.categories);
}

template <class Archive, Is<SeriesResponse> M>
void Members(Archive& a, M& m) {
  a.Object("series", m.series);
}

template <class Archive, Is<SeriesListResponse> M>
void Members(Archive& a, M& m) {
  a.List("series", m.series);
}

template <class Archive, Is<SeriesFeeChange> M>
void Members(Archive& a, M& m) {
  a.Text("id", m.id);
  a.Text("series_ticker", m.series_ticker);
  a.Word("fee_type", m.fee_type);
  a.Micros("fee_multiplier", m.fee_multiplier_micros);
  a.Time("scheduled_ts", m.scheduled_time);
}

template <class Archive, Is<SeriesFeeChangesResponse> M>
void Members(Archive& a, M& m) {
  a.List("series_fee_change_arr", m.changes);
}

template <class Archive, Is<EventFeeChange> M>
void Members(Archive& a, M& m) {
  a.Text("id", m.id);
  a.Text("event_ticker", m.event_ticker);
  a.Text("series_ticker", m.series_ticker);
  a.WordOrNull("fee_type_override", m.fee_type_override);
  a.MicrosOrNull("fee_multiplier_override", m.fee_multiplier_override_micros);
  a.Time("scheduled_ts", m.scheduled_time);
}

template <class Archive, Is<EventFeeChangesResponse> M>
void Members(Archive& a, M& m) {
  a.List("event_fee_changes", m.event_fee_changes);
  a.Text("cursor", m.cursor);
}

template <class Archive, Is<OrderBook> M>
void Members(Archive& a, M& m) {
  Levels(a, "yes_dollars", m.yes);
  Levels(a, "no_dollars", m.no);
}

template <class Archive, Is<OrderBookResponse> M>
void Members(Archive& a, M& m) {
  a.Object("orderbook_fp", m.book);
}

template <class Archive, Is<MarketOrderBook> M>
void Members(Archive& a, M& m) {
  a.Text("ticker", m.ticker);
  a.Object("orderbook_fp", m.book);
}

template <class Archive, Is<OrderBooksResponse> M>
void Members(Archive& a, M& m) {
  a.List("orderbooks", m.orderbooks);
}

// Early bodies name the outcome that the taker is positioned for, and not its side of the book.
void ReadOlderTakerSide(ObjectReader& object, BookSide& side) {
  if (object.Has("taker_book_side")) return;
  if (const auto outcome = object.Enum<ContractSide>("taker_side")) {
    side = ToBookSide(OrderAction::kBuy, *outcome);
  }
}

template <class Archive, Is<Trade> M>
void Members(Archive& a, M& m) {
  a.Text("trade_id", m.trade_id);
  a.Text("ticker", m.ticker);
  a.Count("count_fp", m.count);
  a.DollarPrice("yes_price_dollars", m.yes_price);
  a.EchoPrice("no_price_dollars", m.yes_price.Complement());
  a.EchoWord("taker_side", OutcomeSide(m.taker_side));
  a.EchoWord("taker_outcome_side", OutcomeSide(m.taker_side));
  a.Word("taker_book_side", m.taker_side);
  if constexpr (!std::is_const_v<M>) ReadOlderTakerSide(a.object(), m.taker_side);
  a.Time("created_time", m.created_time);
  a.Bool("is_block_trade", m.is_block_trade);
}

template <class Archive, Is<TradesResponse> M>
void Members(Archive& a, M& m) {
  a.List("trades", m.trades);
  a.Text("cursor", m.cursor);
}

EVX_KALSHI_MESSAGE(Market);
EVX_KALSHI_MESSAGE(MarketResponse);
EVX_KALSHI_MESSAGE(MarketsResponse);
EVX_KALSHI_MESSAGE(Event);
EVX_KALSHI_MESSAGE(EventResponse);
EVX_KALSHI_MESSAGE(EventsResponse);
EVX_KALSHI_MESSAGE(EventMetadataResponse);
EVX_KALSHI_MESSAGE(MilestoneResponse);
EVX_KALSHI_MESSAGE(MilestonesResponse);
EVX_KALSHI_MESSAGE(Series);
EVX_KALSHI_MESSAGE(SeriesResponse);
EVX_KALSHI_MESSAGE(SeriesListResponse);
EVX_KALSHI_MESSAGE(SeriesFeeChangesResponse);
EVX_KALSHI_MESSAGE(EventFeeChangesResponse);
EVX_KALSHI_MESSAGE(OrderBookResponse);
EVX_KALSHI_MESSAGE(OrderBooksResponse);
EVX_KALSHI_MESSAGE(Trade);
EVX_KALSHI_MESSAGE(TradesResponse);

std::vector<PriceRange> ToPriceRanges(const PriceGrid& grid) {
  std::vector<PriceRange> ranges;
  for (const PriceBand& band : grid.bands()) ranges.push_back({band.start, band.end, band.step});
  return ranges;
}

absl::StatusOr<PriceGrid> ToPriceGrid(const std::vector<PriceRange>& ranges) {
  std::vector<PriceBand> bands;
  for (const PriceRange& range : ranges) bands.push_back({range.start, range.end, range.step});
  return PriceGrid::FromBands(bands);
}

}  // namespace evx::kalshi
