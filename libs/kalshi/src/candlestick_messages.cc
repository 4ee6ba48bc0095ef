#include "evx/kalshi/candlestick_messages.h"

#include "message_archive.h"

namespace evx::kalshi {

template <class Archive, Is<QuoteCandle> M>
void Members(Archive& a, M& m) {
  a.DollarPrice("open_dollars", m.open);
  a.DollarPrice("low_dollars", m.low);
  a.DollarPrice("high_dollars", m.high);
  a.DollarPrice("close_dollars", m.close);
}

template <class Archive, Is<TradeCandle> M>
void Members(Archive& a, M& m) {
  a.DollarPriceIf("open_dollars", m.open);
  a.DollarPriceIf("low_dollars", m.low);
  a.DollarPriceIf("high_dollars", m.high);
  a.DollarPriceIf("close_dollars", m.close);
  a.Money4If("mean_dollars", m.mean);
  a.DollarPriceIf("previous_dollars", m.previous);
  a.DollarPriceIf("min_dollars", m.min);
  a.DollarPriceIf("max_dollars", m.max);
}

template <class Archive, Is<Candlestick> M>
void Members(Archive& a, M& m) {
  a.Seconds("end_period_ts", m.end_period);
  a.Object("yes_bid", m.yes_bid);
  a.Object("yes_ask", m.yes_ask);
  a.Object("price", m.price);
  a.Count("volume_fp", m.volume);
  a.Count("open_interest_fp", m.open_interest);
}

template <class Archive, Is<MarketCandlesticksResponse> M>
void Members(Archive& a, M& m) {
  a.Text("ticker", m.ticker);
  a.List("candlesticks", m.candlesticks);
}

template <class Archive, Is<BatchCandlesticks> M>
void Members(Archive& a, M& m) {
  a.Text("market_ticker", m.market_ticker);
  a.List("candlesticks", m.candlesticks);
}

template <class Archive, Is<BatchCandlesticksResponse> M>
void Members(Archive& a, M& m) {
  a.List("markets", m.markets);
}

EVX_KALSHI_MESSAGE(MarketCandlesticksResponse);
EVX_KALSHI_MESSAGE(BatchCandlesticksResponse);

namespace {

void WriteHistorical(MessageWriter& a, const QuoteCandle& m) {
  a.DollarPrice("open", m.open);
  a.DollarPrice("low", m.low);
  a.DollarPrice("high", m.high);
  a.DollarPrice("close", m.close);
}

void WriteHistorical(MessageWriter& a, const TradeCandle& m) {
  a.DollarPriceOrNull("open", m.open);
  a.DollarPriceOrNull("low", m.low);
  a.DollarPriceOrNull("high", m.high);
  a.DollarPriceOrNull("close", m.close);
  a.Money4OrNull("mean", m.mean);
  a.DollarPriceOrNull("previous", m.previous);
}

void WriteHistorical(JsonWriter& json, const Candlestick& m) {
  MessageWriter a(json);
  const auto object = [&](std::string_view name, const auto& value) {
    json.Key(name);
    json.BeginObject();
    WriteHistorical(a, value);
    json.EndObject();
  };
  json.BeginObject();
  a.Seconds("end_period_ts", m.end_period);
  object("yes_bid", m.yes_bid);
  object("yes_ask", m.yes_ask);
  object("price", m.price);
  a.Count("volume", m.volume);
  a.Count("open_interest", m.open_interest);
  json.EndObject();
}

}  // namespace

// Written only: nothing of ours reads these two.
template <>
void AppendJson<HistoricalCandlesticksResponse>(std::string& out,
                                                const HistoricalCandlesticksResponse& m) {
  JsonWriter json(out);
  json.BeginObject();
  json.String("ticker", m.ticker);
  json.Array("candlesticks", m.candlesticks,
             [&](const Candlestick& candle) { WriteHistorical(json, candle); });
  json.EndObject();
}

template <>
void AppendJson<EventCandlesticksResponse>(std::string& out, const EventCandlesticksResponse& m) {
  JsonWriter json(out);
  MessageWriter a(json);
  json.BeginObject();
  a.Texts("market_tickers", m.market_tickers);
  json.Array("market_candlesticks", m.market_candlesticks,
             [&](const std::vector<Candlestick>& candles) {
               json.BeginArray();
               for (const Candlestick& candle : candles) {
                 json.Item();
                 a.Value(candle);
               }
               json.EndArray();
             });
  a.Seconds("adjusted_end_ts", m.adjusted_end);
  json.EndObject();
}

}  // namespace evx::kalshi
