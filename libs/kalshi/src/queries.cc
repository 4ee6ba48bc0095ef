#include "evx/kalshi/queries.h"

#include "evx/kalshi/query.h"
#include "evx/kalshi/requests.h"

namespace evx::kalshi {
namespace {

// Page sizes: the usual largest, that of money movements, and the default.
constexpr int kLimitMax = 1'000;
constexpr int kLimitDefault = 100;

Page ReadPage(ParameterReader& reader, int limit_min, int limit_max,
              int otherwise = kLimitDefault) {
  Page page;
  page.limit = reader.Limit(limit_min, limit_max, otherwise);
  page.cursor = reader.Text("cursor");
  return page;
}

// Decodes `query` with `read`, which makes a T from a ParameterReader.
template <class T, class Read>
Decoded<T> Decode(std::string_view operation, std::string_view query, Read read) {
  const QueryString parsed = QueryString::Parse(query);
  ParameterReader reader(operation, parsed);
  T value = read(reader);
  if (reader.error()) return *reader.error();
  return value;
}

// Refuses time filters that do not go with the status asked for, or with each other.
void CheckTimesAgainstStatus(ParameterReader& reader, const MarketsQuery& markets) {
  using Status = MarketStatusFilter;
  const auto require = [&](std::string_view name, std::initializer_list<Status> allowed) {
    if (!reader.Has(name) || !markets.status) return;
    for (const Status status : allowed) {
      if (markets.status == status) return;
    }
    reader.Fail(name, "cannot be combined with status " + std::string(ToWire(*markets.status)));
  };
  std::string_view other;  // A filter by another time.
  const auto family = [&](std::initializer_list<std::string_view> names,
                          std::initializer_list<Status> allowed) {
    std::string_view sent;
    for (const std::string_view name : names) {
      require(name, allowed);
      if (reader.Has(name)) sent = name;
    }
    if (sent.empty()) return;
    if (!other.empty()) reader.Fail(sent, "cannot be combined with " + std::string(other));
    other = sent;
  };
  family({"min_created_ts", "max_created_ts"}, {Status::kUnopened, Status::kOpen});
  family({"min_close_ts", "max_close_ts"}, {Status::kClosed});
  family({"min_settled_ts", "max_settled_ts"}, {Status::kSettled});
  if (!markets.min_updated_time) return;
  for (const std::string_view name :
       {"status", "event_ticker", "tickers", "min_created_ts", "max_created_ts", "min_close_ts",
        "max_close_ts", "min_settled_ts", "max_settled_ts"}) {
    if (reader.Has(name)) reader.Fail("min_updated_ts", "cannot be combined with other filters");
  }
  const bool excludes_mve = markets.mve_filter == MveFilter::kExclude;
  if ((markets.mve_filter || !markets.series_ticker.empty()) && !excludes_mve) {
    reader.Fail("min_updated_ts", "can be combined with mve_filter=exclude only");
  }
}

MarketsQuery ReadMarkets(ParameterReader& reader) {
  MarketsQuery markets;
  markets.page = ReadPage(reader, 0, kLimitMax);
  markets.event_ticker = reader.Text("event_ticker");
  markets.series_ticker = reader.Text("series_ticker");
  markets.tickers = reader.List("tickers", kTickerListMax);
  markets.mve_filter = reader.Word<MveFilter>("mve_filter");
  return markets;
}

std::optional<CandlePeriod> ReadPeriod(ParameterReader& reader) {
  const auto minutes = reader.Integer("period_interval", 1, 1440);
  if (!minutes) return std::nullopt;
  for (const CandlePeriod period :
       {CandlePeriod::kMinute, CandlePeriod::kHour, CandlePeriod::kDay}) {
    if (*minutes == static_cast<std::int64_t>(period)) return period;
  }
  return std::nullopt;
}

void ReadCountFilter(ParameterReader& reader, PositionsQuery& positions) {
  for (const std::string& word : reader.List("count_filter", kTickerListMax)) {
    if (word == "position") {
      positions.with_position = true;
    } else if (word == "total_traded") {
      positions.with_total_traded = true;
    } else {
      reader.Fail("count_filter", "has no meaning here: " + word);
    }
  }
}

}  // namespace

Decoded<EventsQuery> DecodeEventsQuery(std::string_view query) {
  return Decode<EventsQuery>("GetEvents", query, [](ParameterReader& reader) {
    constexpr int kEventsLimitMax = 200;
    EventsQuery events;
    events.page = ReadPage(reader, 1, kEventsLimitMax, kEventsLimitMax);
    events.with_nested_markets = reader.Flag("with_nested_markets");
    events.with_milestones = reader.Flag("with_milestones");
    events.status = reader.Word<MarketStatusFilter>("status");
    if (events.status == MarketStatusFilter::kPaused) reader.Fail("status", "cannot be paused");
    events.series_ticker = reader.Text("series_ticker");
    events.tickers = reader.List("tickers", kTickerListMax);
    events.min_close_time = reader.Seconds("min_close_ts");
    events.min_updated_time = reader.Seconds("min_updated_ts");
    return events;
  });
}

Decoded<MultivariateEventsQuery> DecodeMultivariateEventsQuery(std::string_view query) {
  return Decode<MultivariateEventsQuery>(
      "GetMultivariateEvents", query, [](ParameterReader& reader) {
        MultivariateEventsQuery events;
        events.page = ReadPage(reader, 1, 200);
        events.series_ticker = reader.Text("series_ticker");
        events.collection_ticker = reader.Text("collection_ticker");
        events.with_nested_markets = reader.Flag("with_nested_markets");
        if (!events.series_ticker.empty() && !events.collection_ticker.empty()) {
          reader.Fail("collection_ticker", "cannot be combined with series_ticker");
        }
        return events;
      });
}

Decoded<EventQuery> DecodeEventQuery(std::string_view query) {
  return Decode<EventQuery>("GetEvent", query, [](ParameterReader& reader) {
    return EventQuery{reader.Flag("with_nested_markets")};
  });
}

Decoded<MarketsQuery> DecodeMarketsQuery(std::string_view query) {
  return Decode<MarketsQuery>("GetMarkets", query, [](ParameterReader& reader) {
    MarketsQuery markets = ReadMarkets(reader);
    markets.status = reader.Word<MarketStatusFilter>("status");
    markets.min_created_time = reader.Seconds("min_created_ts");
    markets.max_created_time = reader.Seconds("max_created_ts");
    markets.min_updated_time = reader.Seconds("min_updated_ts");
    markets.min_close_time = reader.Seconds("min_close_ts");
    markets.max_close_time = reader.Seconds("max_close_ts");
    markets.min_settled_time = reader.Seconds("min_settled_ts");
    markets.max_settled_time = reader.Seconds("max_settled_ts");
    CheckTimesAgainstStatus(reader, markets);
    return markets;
  });
}

Decoded<MarketsQuery> DecodeHistoricalMarketsQuery(std::string_view query) {
  return Decode<MarketsQuery>("GetHistoricalMarkets", query, ReadMarkets);
}

Decoded<OrderBookQuery> DecodeOrderBookQuery(std::string_view query) {
  return Decode<OrderBookQuery>("GetMarketOrderbook", query, [](ParameterReader& reader) {
    // Below 0 means all levels too.
    const auto depth = reader.Integer("depth", INT32_MIN, kOrderBookDepthMax).value_or(0);
    return OrderBookQuery{depth > 0 ? static_cast<int>(depth) : 0};
  });
}

Decoded<OrderBooksQuery> DecodeOrderBooksQuery(std::string_view query) {
  return Decode<OrderBooksQuery>("GetMarketOrderbooks", query, [](ParameterReader& reader) {
    OrderBooksQuery books{reader.Repeated("tickers", kBatchTickersMax)};
    if (books.tickers.empty()) reader.Fail("tickers", "is required");
    return books;
  });
}

Decoded<TradesQuery> DecodeTradesQuery(std::string_view operation, std::string_view query) {
  return Decode<TradesQuery>(operation, query, [](ParameterReader& reader) {
    TradesQuery trades;
    trades.page = ReadPage(reader, 0, kLimitMax);
    trades.ticker = reader.Text("ticker");
    trades.min_time = reader.Seconds("min_ts");
    trades.max_time = reader.Seconds("max_ts");
    trades.is_block_trade = reader.OptionalFlag("is_block_trade");
    return trades;
  });
}

Decoded<CandlesticksQuery> DecodeCandlesticksQuery(std::string_view operation,
                                                   std::string_view query) {
  return Decode<CandlesticksQuery>(operation, query, [&](ParameterReader& reader) {
    CandlesticksQuery candles;
    if (operation == "BatchGetMarketCandlesticks") {
      candles.market_tickers = reader.List("market_tickers", kBatchTickersMax);
      if (candles.market_tickers.empty()) reader.Fail("market_tickers", "is required");
    }
    candles.start_time = reader.RequiredSeconds("start_ts");
    candles.end_time = reader.RequiredSeconds("end_ts");
    if (candles.end_time < candles.start_time) reader.Fail("end_ts", "is before start_ts");
    const auto period = ReadPeriod(reader);
    if (!period) reader.Fail("period_interval", "must be 1, 60 or 1440");
    candles.period = period.value_or(CandlePeriod::kMinute);
    candles.include_latest_before_start = reader.Flag("include_latest_before_start");
    return candles;
  });
}

Decoded<SeriesListQuery> DecodeSeriesListQuery(std::string_view query) {
  return Decode<SeriesListQuery>("GetSeriesList", query, [](ParameterReader& reader) {
    SeriesListQuery series;
    series.category = reader.Text("category");
    series.tags = reader.List("tags", kTickerListMax);
    series.include_product_metadata = reader.Flag("include_product_metadata");
    series.include_volume = reader.Flag("include_volume");
    series.min_updated_time = reader.Seconds("min_updated_ts");
    return series;
  });
}

Decoded<SeriesQuery> DecodeSeriesQuery(std::string_view query) {
  return Decode<SeriesQuery>("GetSeries", query, [](ParameterReader& reader) {
    return SeriesQuery{reader.Flag("include_volume")};
  });
}

Decoded<SeriesFeeChangesQuery> DecodeSeriesFeeChangesQuery(std::string_view query) {
  return Decode<SeriesFeeChangesQuery>("GetSeriesFeeChanges", query, [](ParameterReader& reader) {
    return SeriesFeeChangesQuery{reader.Text("series_ticker"), reader.Flag("show_historical")};
  });
}

Decoded<EventFeeChangesQuery> DecodeEventFeeChangesQuery(std::string_view query) {
  return Decode<EventFeeChangesQuery>("GetEventFeeChanges", query, [](ParameterReader& reader) {
    return EventFeeChangesQuery{ReadPage(reader, 1, kLimitMax), reader.Text("event_ticker")};
  });
}

Decoded<IncentiveProgramsQuery> DecodeIncentiveProgramsQuery(std::string_view query) {
  return Decode<IncentiveProgramsQuery>("GetIncentivePrograms", query, [](ParameterReader& reader) {
    IncentiveProgramsQuery programs;
    programs.page = ReadPage(reader, 1, 10'000);
    programs.status = reader.Word<IncentiveStatusFilter>("status").value_or(programs.status);
    programs.type = reader.Word<IncentiveTypeFilter>("type").value_or(programs.type);
    programs.incentive_description = reader.Text("incentive_description");
    return programs;
  });
}

Decoded<MilestonesQuery> DecodeMilestonesQuery(std::string_view query) {
  return Decode<MilestonesQuery>("GetMilestones", query, [](ParameterReader& reader) {
    MilestonesQuery milestones;
    if (!reader.Has("limit")) reader.Fail("limit", "is required");
    milestones.page = ReadPage(reader, 1, 500);
    if (const std::string date = reader.Text("minimum_start_date"); !date.empty()) {
      const auto time = ParseRfc3339(date);
      if (!time.ok()) reader.Fail("minimum_start_date", "must be an RFC 3339 time");
      milestones.minimum_start_date = time.ok() ? *time : Timestamp();
    }
    milestones.min_updated_time = reader.Seconds("min_updated_ts");
    milestones.category = reader.Text("category");
    milestones.competition = reader.Text("competition");
    milestones.source_id = reader.Text("source_id");
    milestones.type = reader.Text("type");
    milestones.related_event_ticker = reader.Text("related_event_ticker");
    return milestones;
  });
}

Decoded<StructuredTargetsQuery> DecodeStructuredTargetsQuery(std::string_view query) {
  return Decode<StructuredTargetsQuery>("GetStructuredTargets", query, [](ParameterReader& reader) {
    StructuredTargetsQuery targets;
    const auto size = reader.Integer("page_size", 1, 2'000);
    targets.page = {static_cast<int>(size.value_or(kLimitDefault)), reader.Text("cursor")};
    targets.ids = reader.Repeated("ids", kStructuredTargetIdsMax);
    targets.type = reader.Text("type");
    targets.competition = reader.Text("competition");
    return targets;
  });
}

Decoded<OrdersQuery> DecodeOrdersQuery(std::string_view operation, std::string_view query) {
  return Decode<OrdersQuery>(operation, query, [](ParameterReader& reader) {
    OrdersQuery orders;
    orders.page = ReadPage(reader, 1, kLimitMax);
    orders.ticker = reader.Text("ticker");
    orders.event_tickers = reader.List("event_ticker", kEventTickerListMax);
    orders.min_time = reader.Seconds("min_ts");
    orders.max_time = reader.Seconds("max_ts");
    orders.status = reader.Word<OrderStatus>("status");
    orders.subaccount = reader.Subaccount();
    orders.exchange_index = reader.ExchangeIndex(0);
    return orders;
  });
}

Decoded<FillsQuery> DecodeFillsQuery(std::string_view operation, std::string_view query) {
  return Decode<FillsQuery>(operation, query, [](ParameterReader& reader) {
    FillsQuery fills;
    fills.page = ReadPage(reader, 1, kLimitMax);
    fills.tickers = reader.List("ticker", kFillTickerListMax);
    fills.order_id = reader.Text("order_id");
    fills.min_time = reader.Seconds("min_ts");
    fills.max_time = reader.Seconds("max_ts");
    fills.subaccount = reader.Subaccount();
    fills.exchange_index = reader.ExchangeIndex(0);
    return fills;
  });
}

Decoded<PositionsQuery> DecodePositionsQuery(std::string_view operation, std::string_view query) {
  return Decode<PositionsQuery>(operation, query, [](ParameterReader& reader) {
    PositionsQuery positions;
    positions.page = ReadPage(reader, 1, kLimitMax);
    positions.ticker = reader.Text("ticker");
    positions.event_ticker = reader.Text("event_ticker");
    ReadCountFilter(reader, positions);
    positions.settlement_status = reader.Word<SettlementStatusFilter>("settlement_status")
                                      .value_or(SettlementStatusFilter::kUnsettled);
    positions.subaccount = reader.Subaccount();
    positions.exchange_index = reader.ExchangeIndex(0);
    return positions;
  });
}

Decoded<SettlementsQuery> DecodeSettlementsQuery(std::string_view query) {
  return Decode<SettlementsQuery>("GetSettlements", query, [](ParameterReader& reader) {
    SettlementsQuery settlements;
    settlements.page = ReadPage(reader, 1, kLimitMax);
    settlements.ticker = reader.Text("ticker");
    settlements.event_ticker = reader.Text("event_ticker");
    settlements.min_time = reader.Seconds("min_ts");
    settlements.max_time = reader.Seconds("max_ts");
    settlements.subaccount = reader.Subaccount();
    return settlements;
  });
}

Decoded<QueuePositionsQuery> DecodeQueuePositionsQuery(std::string_view query) {
  return Decode<QueuePositionsQuery>("GetOrderQueuePositions", query, [](ParameterReader& reader) {
    QueuePositionsQuery positions;
    positions.market_tickers = reader.List("market_tickers", kTickerListMax);
    positions.event_ticker = reader.Text("event_ticker");
    positions.subaccount = reader.Subaccount();
    return positions;
  });
}

Decoded<ScopeQuery> DecodeScopeQuery(std::string_view operation, std::string_view query) {
  return Decode<ScopeQuery>(operation, query, [](ParameterReader& reader) {
    ScopeQuery scope;
    scope.subaccount = reader.Subaccount();
    scope.exchange_index = reader.ExchangeIndex(kExchangeIndexAuto);
    scope.market_ticker = reader.Text("market_ticker");
    return scope;
  });
}

Decoded<Page> DecodePageQuery(std::string_view operation, std::string_view query, int limit_max) {
  return Decode<Page>(operation, query, [limit_max](ParameterReader& reader) {
    return ReadPage(reader, 1, limit_max);
  });
}

}  // namespace evx::kalshi
