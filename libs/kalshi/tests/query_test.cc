#include "evx/kalshi/query.h"

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "evx/core/testing/seed.h"
#include "evx/kalshi/cursor.h"
#include "evx/kalshi/queries.h"

namespace evx::kalshi {
namespace {

TEST_CASE("QueryString: names and values are percent-decoded", "[kalshi]") {
  const auto query = QueryString::Parse("a=1&b=x%20y+z&c=%C3%A9&a=2&empty=&flag&%64=4");
  CHECK(query.Get("a") == "1");
  CHECK(query.GetAll("a") == std::vector<std::string_view>{"1", "2"});
  CHECK(query.Get("b") == "x y z");
  CHECK(query.Get("c") == "\xc3\xa9");
  CHECK(query.Get("d") == "4");
  CHECK_FALSE(query.Get("empty").has_value());
  CHECK_FALSE(query.Get("flag").has_value());
  CHECK_FALSE(query.Get("none").has_value());
}

TEST_CASE("QueryString: broken pairs are dropped, the rest is kept", "[kalshi]") {
  const auto query = QueryString::Parse("&&=&a=%&b=%2&c=%zz&d=%41&==&e=1=2");
  CHECK_FALSE(query.Get("a").has_value());
  CHECK_FALSE(query.Get("b").has_value());
  CHECK_FALSE(query.Get("c").has_value());
  CHECK(query.Get("d") == "A");
  CHECK(query.Get("e") == "1=2");
}

TEST_CASE("QueryString: encoding gives the text back", "[kalshi]") {
  std::string all;
  for (int c = 0; c < 256; ++c) all.push_back(static_cast<char>(c));
  CHECK(DecodePathSegment(EncodeUrl(all)) == all);
  CHECK(EncodeUrl("KX-1.5_~") == "KX-1.5_~");
  CHECK(EncodeUrl("a b/c") == "a%20b%2Fc");
  CHECK(SplitTarget("/a/b?c=d?e").path == "/a/b");
  CHECK(SplitTarget("/a/b?c=d?e").query == "c=d?e");
  CHECK(SplitTarget("/a/b").query.empty());
}

TEST_CASE("Queries: limits are checked, not clamped", "[kalshi]") {
  CHECK(DecodeMarketsQuery("")->page.limit == 100);
  CHECK(DecodeMarketsQuery("limit=0")->page.limit == 100);
  CHECK(DecodeMarketsQuery("limit=1000")->page.limit == 1000);
  const auto fault = DecodeMarketsQuery("limit=1001");
  REQUIRE_FALSE(fault.ok());
  CHECK(
      ErrorBody(fault.error()) ==
      R"({"msg":"Parameter validation failed for GetMarkets: limit is 1001, outside 0 to 1000"})");
  CHECK(DecodeOrdersQuery("GetOrders", "limit=0").error().form == ErrorForm::kParameter);
  CHECK_FALSE(DecodeMarketsQuery("limit=-1").ok());
  CHECK_FALSE(DecodeMarketsQuery("limit=ten").ok());
  CHECK_FALSE(DecodeMarketsQuery("limit=1.5").ok());
  CHECK_FALSE(DecodeMarketsQuery("limit=99999999999999999999").ok());
  CHECK(DecodeEventsQuery("")->page.limit == 200);
  CHECK_FALSE(DecodeEventsQuery("limit=201").ok());
  CHECK_FALSE(DecodePageQuery("GetDeposits", "limit=501", 500).ok());
}

TEST_CASE("Queries: GET /markets filters that cannot be combined are refused", "[kalshi]") {
  for (const char* query :
       {"status=open&min_created_ts=1", "status=unopened&max_created_ts=1", "min_close_ts=1",
        "status=closed&max_close_ts=1", "status=settled&min_settled_ts=1", "min_updated_ts=1",
        "min_updated_ts=1&mve_filter=exclude",
        "min_updated_ts=1&mve_filter=exclude&series_ticker=S", "status=paused&tickers=A,B"}) {
    INFO(query);
    CHECK(DecodeMarketsQuery(query).ok());
  }
  for (const char* query :
       {"status=closed&min_created_ts=1", "status=open&max_close_ts=1",
        "status=closed&min_settled_ts=1", "min_updated_ts=1&status=open",
        "min_updated_ts=1&series_ticker=S", "min_updated_ts=1&mve_filter=only",
        "min_updated_ts=1&min_close_ts=5", "status=open,closed", "status=active", "mve_filter=yes",
        "min_created_ts=1&max_close_ts=2", "min_close_ts=1&min_settled_ts=1"}) {
    INFO(query);
    CHECK_FALSE(DecodeMarketsQuery(query).ok());
  }
  CHECK(DecodeMarketsQuery("tickers=A,,B,")->tickers == std::vector<std::string>{"A", "B"});
}

TEST_CASE("Queries: candlesticks need their bounds and a known period", "[kalshi]") {
  const auto candles = DecodeCandlesticksQuery(
      "GetMarketCandlesticks",
      "start_ts=60&end_ts=120&period_interval=60&include_latest_before_start=true");
  REQUIRE(candles.ok());
  CHECK(candles->period == CandlePeriod::kHour);
  CHECK(candles->start_time == Timestamp::FromSeconds(60));
  CHECK(candles->include_latest_before_start);
  for (const char* query :
       {"", "start_ts=1&end_ts=2", "start_ts=1&period_interval=1",
        "start_ts=1&end_ts=2&period_interval=5", "start_ts=3&end_ts=2&period_interval=1",
        "start_ts=a&end_ts=2&period_interval=1"}) {
    INFO(query);
    CHECK_FALSE(DecodeCandlesticksQuery("GetMarketCandlesticks", query).ok());
  }
  CHECK_FALSE(
      DecodeCandlesticksQuery("BatchGetMarketCandlesticks", "start_ts=1&end_ts=2&period_interval=1")
          .ok());
}

TEST_CASE("Queries: portfolio filters", "[kalshi]") {
  const auto orders = DecodeOrdersQuery(
      "GetOrders", "status=resting&event_ticker=A,B&subaccount=0&exchange_index=0&cursor=xyz");
  REQUIRE(orders.ok());
  CHECK(orders->status == OrderStatus::kResting);
  CHECK(orders->event_tickers.size() == 2);
  CHECK(orders->subaccount == SubaccountNumber{0});
  CHECK(orders->page.cursor == "xyz");
  CHECK_FALSE(DecodeOrdersQuery("GetOrders", "event_ticker=1,2,3,4,5,6,7,8,9,10,11").ok());
  CHECK_FALSE(DecodeOrdersQuery("GetOrders", "subaccount=64").ok());
  CHECK_FALSE(DecodeOrdersQuery("GetOrders", "exchange_index=-1").ok());
  CHECK(DecodeScopeQuery("CancelOrderV2", "exchange_index=-1&market_ticker=T")->exchange_index ==
        -1);
  const auto positions = DecodePositionsQuery("GetPositions", "count_filter=position,total_traded");
  REQUIRE(positions.ok());
  CHECK(positions->with_position);
  CHECK(positions->with_total_traded);
  CHECK_FALSE(DecodePositionsQuery("GetPositions", "count_filter=resting").ok());
  CHECK(DecodeOrderBookQuery("depth=-3")->depth == 0);
  CHECK_FALSE(DecodeOrderBookQuery("depth=101").ok());
  CHECK(DecodeOrderBooksQuery("tickers=A&tickers=B")->tickers.size() == 2);
  CHECK_FALSE(DecodeOrderBooksQuery("").ok());
  CHECK(DecodeTradesQuery("GetTrades", "is_block_trade=false")->is_block_trade == false);
  CHECK_FALSE(DecodeTradesQuery("GetTrades", "is_block_trade=maybe").ok());
  CHECK_FALSE(DecodeMilestonesQuery("").ok());
  CHECK(DecodeMilestonesQuery("limit=5&minimum_start_date=2026-01-01T00:00:00Z").ok());
}

TEST_CASE("Queries: what a client encodes is decoded to the same", "[kalshi]") {
  const auto reencode = [](const auto& decoded) {
    REQUIRE(decoded.ok());
    return EncodeQuery(*decoded);
  };
  for (const std::string query :
       {"", "limit=5&cursor=abc&status=open&tickers=A%2CB&min_created_ts=5",
        "event_ticker=E&series_ticker=S&mve_filter=only&min_close_ts=1&max_close_ts=2"}) {
    CHECK(reencode(DecodeMarketsQuery(query)) == query);
  }
  std::string query =
      "limit=7&ticker=T&event_ticker=A%2CB&min_ts=1&max_ts=2&status=resting&subaccount=3"
      "&exchange_index=0";
  CHECK(reencode(DecodeOrdersQuery("GetOrders", query)) == query);
  query = "cursor=c&ticker=A%2CB&order_id=o&min_ts=1&max_ts=2&subaccount=0";
  CHECK(reencode(DecodeFillsQuery("GetFills", query)) == query);
  query = "ticker=T&event_ticker=E&count_filter=position%2Ctotal_traded&settlement_status=all";
  CHECK(reencode(DecodePositionsQuery("GetPositions", query)) == query);
  query = "ticker=T&min_ts=1&is_block_trade=false";
  CHECK(reencode(DecodeTradesQuery("GetTrades", query)) == query);
  query = "subaccount=3&exchange_index=-1&market_ticker=a%20b";
  CHECK(reencode(DecodeScopeQuery("CancelOrderV2", query)) == query);
  CHECK(reencode(DecodeOrderBookQuery("depth=5")) == "depth=5");
  query = "ticker=T&event_ticker=E&min_ts=1&max_ts=2&subaccount=1";
  CHECK(reencode(DecodeSettlementsQuery(query)) == query);
}

TEST_CASE("Queries: more parameters than allowed are refused", "[kalshi]") {
  std::string query;
  for (std::size_t i = 0; i <= QueryString::kParameterCountMax; ++i) query += "a=1&";
  CHECK(QueryString::Parse(query).too_long());
  CHECK_FALSE(DecodeMarketsQuery(query).ok());
}

TEST_CASE("Queries: random bytes parse or are refused, never more", "[kalshi]") {
  std::mt19937 random(evx::testing::TestSeed("Queries"));
  const std::string_view pieces[] = {
      "&",        "=", "%",       "%41", "limit=", "cursor=", "status=open",
      "tickers=", ",", "min_ts=", "9",   "-",      "+",       "\xff"};
  for (int i = 0; i < 20'000; ++i) {
    std::string query;
    for (std::size_t n = random() % 20; n > 0; --n) {
      if (random() % 4 == 0) {
        query.push_back(static_cast<char>(random()));
      } else {
        query += pieces[random() % std::size(pieces)];
      }
    }
    const auto markets = DecodeMarketsQuery(query);
    if (markets.ok()) {
      CHECK((markets->page.limit >= 1 && markets->page.limit <= 1000));
      CHECK_FALSE(ParseCursor(markets->page.cursor, 1).has_value());
    } else {
      CHECK(markets.error().form == ErrorForm::kParameter);
    }
  }
}

TEST_CASE("Cursor: survives the way through a client", "[kalshi]") {
  std::mt19937_64 random(evx::testing::TestSeed("Cursor"));
  for (int i = 0; i < 1'000; ++i) {
    Cursor cursor{.kind = static_cast<std::uint8_t>(random()),
                  .position = static_cast<std::int64_t>(random()),
                  .second_position = static_cast<std::int64_t>(random())};
    for (std::size_t n = random() % (Cursor::kKeyBytesMax + 1); n > 0; --n) {
      cursor.key.push_back(static_cast<char>(random()));
    }
    const std::string text = FormatCursor(cursor);
    CHECK(EncodeUrl(text) == text);
    CHECK(ParseCursor(text, cursor.kind) == cursor);
    CHECK_FALSE(ParseCursor(text, static_cast<std::uint8_t>(cursor.kind + 1)).has_value());
    std::string broken = text;
    broken[random() % broken.size()] ^= 1;
    CHECK_FALSE(ParseCursor(broken, cursor.kind).has_value());
  }
}

TEST_CASE("Cursor: foreign text is no cursor", "[kalshi]") {
  for (const std::string& text :
       {std::string(), std::string("abc"), std::string("!!!"),
        std::string("CgYI8JHtswkSDktYRVJVUFRTVVBFUi0w"), std::string(100'000, 'A')}) {
    CHECK_FALSE(ParseCursor(text, 0).has_value());
  }
}

}  // namespace
}  // namespace evx::kalshi
