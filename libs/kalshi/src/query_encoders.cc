#include <string>
#include <string_view>
#include <vector>

#include "evx/kalshi/queries.h"
#include "evx/kalshi/query.h"

namespace evx::kalshi {
namespace {

class QueryWriter {
 public:
  void Text(std::string_view name, std::string_view value) {
    if (value.empty()) return;
    if (!out_.empty()) out_.push_back('&');
    out_.append(name).append("=").append(EncodeUrl(value));
  }
  void Integer(std::string_view name, std::int64_t value) { Text(name, std::to_string(value)); }
  template <class T>
  void IntegerIf(std::string_view name, const std::optional<T>& value) {
    if (value) Integer(name, *value);
  }
  void Seconds(std::string_view name, Timestamp value) {
    if (value) Integer(name, value.seconds());
  }
  void Flag(std::string_view name, bool value) {
    if (value) Text(name, "true");
  }
  void List(std::string_view name, const std::vector<std::string>& values) {
    std::string joined;
    for (const std::string& value : values) {
      if (!joined.empty()) joined.push_back(',');
      joined += value;
    }
    Text(name, joined);
  }
  template <class E>
  void WordIf(std::string_view name, const std::optional<E>& value) {
    if (value) Text(name, ToWire(*value));
  }
  void AddPage(const Page& page) {
    if (page.limit != Page().limit) Integer("limit", page.limit);
    Text("cursor", page.cursor);
  }
  std::string Take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace

std::string EncodeQuery(const MarketsQuery& query) {
  QueryWriter writer;
  writer.AddPage(query.page);
  writer.Text("event_ticker", query.event_ticker);
  writer.Text("series_ticker", query.series_ticker);
  writer.WordIf("status", query.status);
  writer.List("tickers", query.tickers);
  writer.WordIf("mve_filter", query.mve_filter);
  writer.Seconds("min_created_ts", query.min_created_time);
  writer.Seconds("max_created_ts", query.max_created_time);
  writer.Seconds("min_updated_ts", query.min_updated_time);
  writer.Seconds("min_close_ts", query.min_close_time);
  writer.Seconds("max_close_ts", query.max_close_time);
  writer.Seconds("min_settled_ts", query.min_settled_time);
  writer.Seconds("max_settled_ts", query.max_settled_time);
  return writer.Take();
}

std::string EncodeQuery(const EventsQuery& query) {
  QueryWriter writer;
  writer.AddPage(query.page);
  writer.Flag("with_nested_markets", query.with_nested_markets);
  writer.Flag("with_milestones", query.with_milestones);
  writer.WordIf("status", query.status);
  writer.Text("series_ticker", query.series_ticker);
  writer.List("tickers", query.tickers);
  writer.Seconds("min_close_ts", query.min_close_time);
  writer.Seconds("min_updated_ts", query.min_updated_time);
  return writer.Take();
}

std::string EncodeQuery(const OrderBookQuery& query) {
  QueryWriter writer;
  if (query.depth > 0) writer.Integer("depth", query.depth);
  return writer.Take();
}

std::string EncodeQuery(const TradesQuery& query) {
  QueryWriter writer;
  writer.AddPage(query.page);
  writer.Text("ticker", query.ticker);
  writer.Seconds("min_ts", query.min_time);
  writer.Seconds("max_ts", query.max_time);
  if (query.is_block_trade) writer.Text("is_block_trade", *query.is_block_trade ? "true" : "false");
  return writer.Take();
}

std::string EncodeQuery(const OrdersQuery& query) {
  QueryWriter writer;
  writer.AddPage(query.page);
  writer.Text("ticker", query.ticker);
  writer.List("event_ticker", query.event_tickers);
  writer.Seconds("min_ts", query.min_time);
  writer.Seconds("max_ts", query.max_time);
  writer.WordIf("status", query.status);
  writer.IntegerIf("subaccount", query.subaccount);
  writer.IntegerIf("exchange_index", query.exchange_index);
  return writer.Take();
}

std::string EncodeQuery(const FillsQuery& query) {
  QueryWriter writer;
  writer.AddPage(query.page);
  writer.List("ticker", query.tickers);
  writer.Text("order_id", query.order_id);
  writer.Seconds("min_ts", query.min_time);
  writer.Seconds("max_ts", query.max_time);
  writer.IntegerIf("subaccount", query.subaccount);
  writer.IntegerIf("exchange_index", query.exchange_index);
  return writer.Take();
}

std::string EncodeQuery(const PositionsQuery& query) {
  QueryWriter writer;
  writer.AddPage(query.page);
  writer.Text("ticker", query.ticker);
  writer.Text("event_ticker", query.event_ticker);
  std::vector<std::string> counts;
  if (query.with_position) counts.emplace_back("position");
  if (query.with_total_traded) counts.emplace_back("total_traded");
  writer.List("count_filter", counts);
  if (query.settlement_status != SettlementStatusFilter::kUnsettled) {
    writer.Text("settlement_status", ToWire(query.settlement_status));
  }
  writer.IntegerIf("subaccount", query.subaccount);
  writer.IntegerIf("exchange_index", query.exchange_index);
  return writer.Take();
}

std::string EncodeQuery(const SettlementsQuery& query) {
  QueryWriter writer;
  writer.AddPage(query.page);
  writer.Text("ticker", query.ticker);
  writer.Text("event_ticker", query.event_ticker);
  writer.Seconds("min_ts", query.min_time);
  writer.Seconds("max_ts", query.max_time);
  writer.IntegerIf("subaccount", query.subaccount);
  return writer.Take();
}

std::string EncodeQuery(const ScopeQuery& query) {
  QueryWriter writer;
  writer.IntegerIf("subaccount", query.subaccount);
  writer.IntegerIf("exchange_index", query.exchange_index);
  writer.Text("market_ticker", query.market_ticker);
  return writer.Take();
}

}  // namespace evx::kalshi
