#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/kalshi/decoded.h"
#include "evx/kalshi/terms.h"

// Parameters of every operation that has any, with the limits and defaults of openapi.yaml. Each
// function takes the query behind the '?' and gives the venue's form 3 error for what is out of
// range. Text that is absent is empty, time that is absent is the zero timestamp. Times bound
// inclusively.

namespace evx::kalshi {

inline constexpr std::size_t kTickerListMax = 1'000;
inline constexpr std::size_t kEventTickerListMax = 10;
inline constexpr std::size_t kFillTickerListMax = 100;
inline constexpr std::size_t kBatchTickersMax = 100;
inline constexpr std::size_t kStructuredTargetIdsMax = 2'000;
inline constexpr int kOrderBookDepthMax = 100;

// One page of a list. The cursor is as the client sent it; see cursor.h.
struct Page {
  int limit = 100;
  std::string cursor;
};

// Catalogue.

struct EventsQuery {
  Page page;
  bool with_nested_markets = false;
  bool with_milestones = false;
  std::optional<MarketStatusFilter> status;
  std::string series_ticker;
  std::vector<std::string> tickers;
  Timestamp min_close_time;
  Timestamp min_updated_time;
};
Decoded<EventsQuery> DecodeEventsQuery(std::string_view query);

struct MultivariateEventsQuery {
  Page page;
  std::string series_ticker;
  std::string collection_ticker;
  bool with_nested_markets = false;
};
Decoded<MultivariateEventsQuery> DecodeMultivariateEventsQuery(std::string_view query);

struct EventQuery {
  bool with_nested_markets = false;
};
Decoded<EventQuery> DecodeEventQuery(std::string_view query);

// GET /markets. Created times go with status unopened, open or none; close times with closed or
// none; settled times with settled or none; min_updated_time stands alone, but for mve_filter
// exclude, and series_ticker together with that.
struct MarketsQuery {
  Page page;
  std::string event_ticker;
  std::string series_ticker;
  std::optional<MarketStatusFilter> status;
  std::vector<std::string> tickers;
  std::optional<MveFilter> mve_filter;
  Timestamp min_created_time;
  Timestamp max_created_time;
  Timestamp min_updated_time;
  Timestamp min_close_time;
  Timestamp max_close_time;
  Timestamp min_settled_time;
  Timestamp max_settled_time;
};
Decoded<MarketsQuery> DecodeMarketsQuery(std::string_view query);
// GET /historical/markets: tickers, event, series and mve_filter only.
Decoded<MarketsQuery> DecodeHistoricalMarketsQuery(std::string_view query);

struct OrderBookQuery {
  // Levels a side, the best ones; 0 is all.
  int depth = 0;
};
Decoded<OrderBookQuery> DecodeOrderBookQuery(std::string_view query);

struct OrderBooksQuery {
  // At least one.
  std::vector<std::string> tickers;
};
Decoded<OrderBooksQuery> DecodeOrderBooksQuery(std::string_view query);

struct TradesQuery {
  Page page;
  std::string ticker;
  Timestamp min_time;
  Timestamp max_time;
  // Only block trades, or only others.
  std::optional<bool> is_block_trade;
};
// `operation`: GetTrades or GetTradesHistorical.
Decoded<TradesQuery> DecodeTradesQuery(std::string_view operation, std::string_view query);

enum class CandlePeriod : std::int32_t { kMinute = 1, kHour = 60, kDay = 1440 };

struct CandlesticksQuery {
  // Bound the end of a candle.
  Timestamp start_time;
  Timestamp end_time;
  CandlePeriod period = CandlePeriod::kMinute;
  bool include_latest_before_start = false;
  // GET /markets/candlesticks only, where it is required.
  std::vector<std::string> market_tickers;
};
// `operation`: GetMarketCandlesticks, GetMarketCandlesticksByEvent, GetMarketCandlesticksHistorical
// or BatchGetMarketCandlesticks.
Decoded<CandlesticksQuery> DecodeCandlesticksQuery(std::string_view operation,
                                                   std::string_view query);

struct SeriesListQuery {
  std::string category;
  std::vector<std::string> tags;
  bool include_product_metadata = false;
  bool include_volume = false;
  Timestamp min_updated_time;
};
Decoded<SeriesListQuery> DecodeSeriesListQuery(std::string_view query);

struct SeriesQuery {
  bool include_volume = false;
};
Decoded<SeriesQuery> DecodeSeriesQuery(std::string_view query);

struct SeriesFeeChangesQuery {
  std::string series_ticker;
  bool show_historical = false;
};
Decoded<SeriesFeeChangesQuery> DecodeSeriesFeeChangesQuery(std::string_view query);

struct EventFeeChangesQuery {
  Page page;
  std::string event_ticker;
};
Decoded<EventFeeChangesQuery> DecodeEventFeeChangesQuery(std::string_view query);

struct IncentiveProgramsQuery {
  Page page;
  IncentiveStatusFilter status = IncentiveStatusFilter::kAll;
  IncentiveTypeFilter type = IncentiveTypeFilter::kAll;
  std::string incentive_description;
};
Decoded<IncentiveProgramsQuery> DecodeIncentiveProgramsQuery(std::string_view query);

struct MilestonesQuery {
  Page page;
  Timestamp minimum_start_date;
  Timestamp min_updated_time;
  std::string category;
  std::string competition;
  std::string source_id;
  std::string type;
  std::string related_event_ticker;
};
Decoded<MilestonesQuery> DecodeMilestonesQuery(std::string_view query);

struct StructuredTargetsQuery {
  Page page;
  std::vector<std::string> ids;
  std::string type;
  std::string competition;
};
Decoded<StructuredTargetsQuery> DecodeStructuredTargetsQuery(std::string_view query);

// Portfolio. A subaccount that is absent means all of them for orders, fills and settlements, and
// the primary one for the rest.

struct OrdersQuery {
  Page page;
  std::string ticker;
  std::vector<std::string> event_tickers;
  Timestamp min_time;
  Timestamp max_time;
  std::optional<OrderStatus> status;
  std::optional<SubaccountNumber> subaccount;
  std::optional<std::int32_t> exchange_index;
};
// `operation`: GetOrders or GetHistoricalOrders.
Decoded<OrdersQuery> DecodeOrdersQuery(std::string_view operation, std::string_view query);

struct FillsQuery {
  Page page;
  std::vector<std::string> tickers;
  std::string order_id;
  Timestamp min_time;
  Timestamp max_time;
  std::optional<SubaccountNumber> subaccount;
  std::optional<std::int32_t> exchange_index;
};
// `operation`: GetFills or GetFillsHistorical.
Decoded<FillsQuery> DecodeFillsQuery(std::string_view operation, std::string_view query);

struct PositionsQuery {
  Page page;
  std::string ticker;
  std::string event_ticker;
  // count_filter: keep only what has one of the named values not zero.
  bool with_position = false;
  bool with_total_traded = false;
  SettlementStatusFilter settlement_status = SettlementStatusFilter::kUnsettled;
  std::optional<SubaccountNumber> subaccount;
  std::optional<std::int32_t> exchange_index;
};
// `operation`: GetPositions or GetHistoricalPositions.
Decoded<PositionsQuery> DecodePositionsQuery(std::string_view operation, std::string_view query);

struct SettlementsQuery {
  Page page;
  std::string ticker;
  std::string event_ticker;
  Timestamp min_time;
  Timestamp max_time;
  std::optional<SubaccountNumber> subaccount;
};
Decoded<SettlementsQuery> DecodeSettlementsQuery(std::string_view query);

struct QueuePositionsQuery {
  std::vector<std::string> market_tickers;
  std::string event_ticker;
  std::optional<SubaccountNumber> subaccount;
};
Decoded<QueuePositionsQuery> DecodeQueuePositionsQuery(std::string_view query);

// Which subaccount and shard an operation is for: balance, cancel, cancel all, amend, decrease,
// and the order groups.
struct ScopeQuery {
  std::optional<SubaccountNumber> subaccount;
  // -1 asks for routing by market_ticker.
  std::optional<std::int32_t> exchange_index;
  std::string market_ticker;
};
Decoded<ScopeQuery> DecodeScopeQuery(std::string_view operation, std::string_view query);

// Lists with nothing but pages: GetDeposits, GetWithdrawals and GetIntraExchangeInstanceTransfers
// (limit_max 500), GetSubaccountTransfers (1000).
Decoded<Page> DecodePageQuery(std::string_view operation, std::string_view query, int limit_max);

// The queries as a client sends them, without the '?'; decoding gives the query back. What has its
// default is left out.
std::string EncodeQuery(const MarketsQuery& query);
std::string EncodeQuery(const EventsQuery& query);
std::string EncodeQuery(const OrderBookQuery& query);
std::string EncodeQuery(const TradesQuery& query);
std::string EncodeQuery(const OrdersQuery& query);
std::string EncodeQuery(const FillsQuery& query);
std::string EncodeQuery(const PositionsQuery& query);
std::string EncodeQuery(const SettlementsQuery& query);
std::string EncodeQuery(const ScopeQuery& query);

}  // namespace evx::kalshi
