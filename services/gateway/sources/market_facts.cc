#include "sources/market_facts.h"

#include <string>

#include "evx/core/check.h"
#include "evx/kalshi/terms.h"

namespace evx::gateway {
namespace {

namespace common = evx::common::v1;

common::MarketStatus ToWireStatus(kalshi::MarketStatus status) {
  switch (status) {
    case kalshi::MarketStatus::kInitialized:
      return common::MARKET_STATUS_INITIALIZED;
    case kalshi::MarketStatus::kInactive:
      return common::MARKET_STATUS_INACTIVE;
    case kalshi::MarketStatus::kActive:
      return common::MARKET_STATUS_ACTIVE;
    case kalshi::MarketStatus::kClosed:
      return common::MARKET_STATUS_CLOSED;
    case kalshi::MarketStatus::kDetermined:
      return common::MARKET_STATUS_DETERMINED;
    case kalshi::MarketStatus::kDisputed:
      return common::MARKET_STATUS_DISPUTED;
    case kalshi::MarketStatus::kAmended:
      return common::MARKET_STATUS_AMENDED;
    case kalshi::MarketStatus::kFinalized:
      return common::MARKET_STATUS_FINALIZED;
  }
  EVX_CHECK(false);
}

common::MarketResult ToWireResult(kalshi::MarketResult result) {
  switch (result) {
    case kalshi::MarketResult::kNone:
      return common::MARKET_RESULT_UNSPECIFIED;
    case kalshi::MarketResult::kYes:
      return common::MARKET_RESULT_YES;
    case kalshi::MarketResult::kNo:
      return common::MARKET_RESULT_NO;
    case kalshi::MarketResult::kScalar:
      return common::MARKET_RESULT_SCALAR;
  }
  EVX_CHECK(false);
}

void SetFees(const kalshi::Event* event, const kalshi::Series* series, v1::FeeTerms& terms) {
  if (series != nullptr) {
    terms.set_fee_type(std::string(kalshi::ToWire(series->fee_type)));
    terms.set_multiplier_millionths(series->fee_multiplier_micros);
  }
  if (event == nullptr || !event->fee_type_override) return;
  terms.set_fee_type(std::string(kalshi::ToWire(*event->fee_type_override)));
  if (event->fee_multiplier_override_micros) {
    terms.set_multiplier_millionths(*event->fee_multiplier_override_micros);
  }
}

}  // namespace

v1::Market ToMarket(const kalshi::Market& market, const kalshi::Event* event,
                    const kalshi::Series* series) {
  v1::Market result;
  result.set_market_ticker(market.ticker);
  result.set_event_ticker(market.event_ticker);
  result.set_title(event != nullptr && !event->title.empty() ? event->title : market.title);
  result.set_subtitle(market.yes_sub_title.empty() ? market.subtitle : market.yes_sub_title);
  if (event != nullptr) {
    result.set_series_ticker(event->series_ticker);
    result.set_mutually_exclusive(event->mutually_exclusive);
    result.set_category(event->category);
  }
  if (series != nullptr && !series->category.empty()) result.set_category(series->category);
  result.set_status(ToWireStatus(market.status));
  result.set_open_time_ns(market.open_time.nanos());
  result.set_close_time_ns(market.close_time.nanos());
  for (const kalshi::PriceRange& range : market.price_ranges) {
    v1::PriceBand& band = *result.add_price_bands();
    band.set_start_micros(range.start.micros());
    band.set_end_micros(range.end.micros());
    band.set_step_micros(range.step.micros());
  }
  SetFees(event, series, *result.mutable_fee_terms());
  result.set_result(ToWireResult(market.result));
  if (market.settlement_value) {
    result.set_settlement_value_micros(market.settlement_value->micros());
  }
  return result;
}

v1::MarketTicker ToTicker(const kalshi::Market& market) {
  v1::MarketTicker ticker;
  ticker.set_market_ticker(market.ticker);
  ticker.set_last_price_micros(market.last_price.micros());
  ticker.set_bid_price_micros(market.yes_bid.micros());
  ticker.set_bid_size_centis(market.yes_bid_size.centis());
  ticker.set_ask_price_micros(market.yes_ask.micros());
  ticker.set_ask_size_centis(market.yes_ask_size.centis());
  ticker.set_volume_centis(market.volume.centis());
  ticker.set_open_interest_centis(market.open_interest.centis());
  return ticker;
}

v1::Trade ToTrade(const kalshi::Trade& trade) {
  v1::Trade result;
  result.set_market_ticker(trade.ticker);
  result.set_trade_id(trade.trade_id);
  result.set_price_micros(trade.yes_price.micros());
  result.set_quantity_centis(trade.count.centis());
  result.set_taker_side(trade.taker_side == BookSide::kBid ? common::BOOK_SIDE_BID
                                                           : common::BOOK_SIDE_ASK);
  result.set_event_time_ns(trade.created_time.nanos());
  return result;
}

}  // namespace evx::gateway
