#include <catch2/catch.hpp>
#include <chrono>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include "catalogue/catalogue_facts.h"
#include "catalogue/catalogue_plan.h"
#include "catalogue/catalogue_roller.h"
#include "catalogue/eastern_time.h"
#include "evx/core/price_grid.h"
#include "exchange/exchange_host.h"

using namespace evx;
using namespace evx::mock_kalshi;

namespace {

Timestamp At(std::string_view text) { return *ParseRfc3339(text); }

// An exchange in memory with a virtual clock and the rolling catalogue.
struct Exchange {
  explicit Exchange(std::string start) : clock(At(start)) {
    config.ephemeral = true;
    config.clock = ExchangeClock::Mode::kVirtual;
    config.clock_start = std::move(start);
    host = *ExchangeHost::Start(config, {clock, [](const absl::Status&) {}, {}}, {&roller});
    REQUIRE(roller.Start(host->context()).ok());
  }
  ~Exchange() {
    roller.Stop();
    host->Stop();
  }
  void AdvanceTo(Timestamp time) {
    host->clock().AdvanceTo(time);
    host->sequencer().Execute(venue::AdvanceTime{});
  }
  // Waits until the market is in that state; the roller works on its own thread.
  bool Becomes(std::string_view ticker, venue::MarketStatus status) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    while (std::chrono::steady_clock::now() < deadline) {
      const bool is = host->read_model().Read([&](const ReadModel::State& state) {
        const MarketState* market = state.FindMarket(ticker);
        return market != nullptr && market->status == status;
      });
      if (is) return true;
      std::this_thread::yield();
    }
    return false;
  }

  MockKalshiConfig config;
  ManualClock clock;
  CatalogueRoller roller;
  std::unique_ptr<ExchangeHost> host;
};

}  // namespace

TEST_CASE("EasternTime: daylight saving begins and ends at the venue's hours", "[mock_kalshi]") {
  REQUIRE_FALSE(IsEasternDaylight(At("2026-03-08T06:59:59Z")));
  REQUIRE(IsEasternDaylight(At("2026-03-08T07:00:00Z")));
  REQUIRE(IsEasternDaylight(At("2026-11-01T05:59:59Z")));
  REQUIRE_FALSE(IsEasternDaylight(At("2026-11-01T06:00:00Z")));
  REQUIRE(TickerDay(ToEastern(At("2026-08-05T03:59:00Z"))) == "26AUG04");
  REQUIRE(EasternClock(At("2026-08-05T04:00:00Z")) == "12:00AM EDT");
  REQUIRE(EasternClock(At("2026-12-05T17:05:00Z")) == "12:05PM EST");
}

TEST_CASE("CataloguePlan: windows have the venue's tickers, strikes and results", "[mock_kalshi]") {
  const auto series = StandardRollingSeries();
  const RollingSeries& gold = *series.front();
  const std::int64_t window = gold.FirstOpenAt(At("2026-08-05T03:50:00Z"));
  REQUIRE(gold.CloseTime(window) == At("2026-08-05T04:00:00Z"));
  const PlannedEvent event = gold.Plan(window).front();
  REQUIRE(event.put.ticker.view() == "KXGOLD15M-26AUG050000");
  const PlannedMarket& market = event.markets.front();
  REQUIRE(market.put.ticker.view() == "KXGOLD15M-26AUG050000-00");
  REQUIRE(market.put.open_time == At("2026-08-05T03:45:00Z"));

  CatalogueFacts facts;
  const auto text = std::make_shared<const std::string>(market.put.facts_json);
  const auto decoded = facts.OfMarket(text);
  REQUIRE(decoded->market.floor_strike_micros.has_value());
  const double strike = static_cast<double>(*decoded->market.floor_strike_micros) / 1e6;
  REQUIRE((std::stod(market.expiration_value) >= strike) ==
          (market.result == venue::MarketResult::kYes));
  REQUIRE(decoded->catalogue_window == window);
  REQUIRE(facts.OfMarket(text) == decoded);
}

TEST_CASE("CataloguePlan: every day is complete, unique and exclusive", "[mock_kalshi]") {
  CatalogueFacts facts;
  std::set<std::string> structures;
  for (const auto& series : StandardRollingSeries()) {
    REQUIRE(CheckSeriesFacts(series->series().facts_json).ok());
    std::set<std::string> tickers;
    const std::int64_t first = series->FirstOpenAt(At("2026-11-21T12:00:00Z"));
    for (std::int64_t window = first; window < first + 60; ++window) {
      REQUIRE(series->ListTime(window) <= series->CloseTime(window));
      REQUIRE(series->CloseTime(window - 1) < series->CloseTime(window));
      for (const PlannedEvent& event : series->Plan(window)) {
        REQUIRE(CheckEventFacts(event.put.facts_json).ok());
        REQUIRE(tickers.emplace(event.put.ticker.view()).second);
        int yes_count = 0;
        for (const PlannedMarket& market : event.markets) {
          INFO(market.put.ticker.view());
          REQUIRE(CheckMarketFacts(market.put.facts_json).ok());
          REQUIRE(tickers.emplace(market.put.ticker.view()).second);
          REQUIRE(market.put.open_time < market.put.close_time);
          REQUIRE(market.put.close_time <= market.determine_time);
          structures.emplace(market.put.price_level_structure.view());
          yes_count += market.result == venue::MarketResult::kYes ? 1 : 0;
        }
        if (event.put.mutually_exclusive) REQUIRE(yes_count == 1);
      }
    }
  }
  REQUIRE(structures.size() == PriceLevelStructureNames().size());
}

TEST_CASE("CataloguePlan: hundreds of markets are open at any hour", "[mock_kalshi]") {
  const auto series = StandardRollingSeries();
  for (const char* text : {"2026-11-21T00:05:00Z", "2026-11-21T04:05:00Z", "2026-11-21T12:05:00Z",
                           "2026-11-21T18:05:00Z", "2027-07-20T12:05:00Z"}) {
    INFO(text);
    const Timestamp now = At(text);
    int open_count = 0;
    for (const auto& rolling : series) {
      for (std::int64_t window = rolling->FirstOpenAt(now); rolling->ListTime(window) <= now;
           ++window) {
        for (const PlannedEvent& event : rolling->Plan(window)) {
          for (const PlannedMarket& market : event.markets) {
            const bool is_open = market.put.open_time <= now && now < market.put.close_time;
            open_count += is_open ? 1 : 0;
          }
        }
      }
    }
    REQUIRE(open_count >= 200);
    REQUIRE(open_count <= 300);
  }
}

TEST_CASE("CatalogueRoller: markets open, close, settle and make room for the next",
          "[mock_kalshi]") {
  Exchange exchange("2026-11-21T12:05:00Z");
  REQUIRE(exchange.Becomes("KXGOLD15M-26NOV210715-15", venue::MarketStatus::kActive));
  REQUIRE(exchange.Becomes("KXGOLD15M-26NOV210730-30", venue::MarketStatus::kInitialized));
  REQUIRE(exchange.Becomes("KXMENWORLDCUP-27-ES", venue::MarketStatus::kActive));

  exchange.AdvanceTo(At("2026-11-21T12:15:00Z"));
  REQUIRE(exchange.Becomes("KXGOLD15M-26NOV210715-15", venue::MarketStatus::kDetermined));
  REQUIRE(exchange.Becomes("KXGOLD15M-26NOV210730-30", venue::MarketStatus::kActive));
  exchange.AdvanceTo(At("2026-11-21T12:15:02Z"));
  REQUIRE(exchange.Becomes("KXGOLD15M-26NOV210715-15", venue::MarketStatus::kFinalized));
}

TEST_CASE("CatalogueRoller: a jump of the clock lists the present only", "[mock_kalshi]") {
  Exchange exchange("2026-11-21T12:05:00Z");
  const auto count = [&] {
    return exchange.host->read_model().Read(
        [](const ReadModel::State& state) { return state.markets.size(); });
  };
  const std::size_t before = count();
  exchange.AdvanceTo(At("2027-03-01T12:05:00Z"));
  REQUIRE(exchange.Becomes("KXBTC15M-27MAR010715-15", venue::MarketStatus::kActive));
  REQUIRE(exchange.Becomes("KXGOLD15M-26NOV210715-15", venue::MarketStatus::kDetermined));
  exchange.roller.Stop();
  REQUIRE(count() <= 2 * before);
}

TEST_CASE("CatalogueRoller: a market that somebody else has listed is left alone",
          "[mock_kalshi]") {
  Exchange exchange("2026-11-21T12:05:00Z");
  const auto ids = exchange.host->read_model().Read([](const ReadModel::State& state) {
    const MarketState* market = state.FindMarket("KXGOLD15M-26NOV210715-15");
    return std::pair(market->event, market->open_time);
  });
  venue::PutMarket put;
  put.ticker = venue::Ticker("KXGOLD15M-26NOV210715-15");
  put.event = ids.first;
  put.price_level_structure = InlineString<40>("linear_cent");
  put.open_time = ids.second;
  put.close_time = At("2026-11-21T12:15:00Z");
  put.facts_json = R"({"title":"a replay"})";
  REQUIRE_FALSE(exchange.host->sequencer().Execute(put).result.reject.has_value());
  exchange.AdvanceTo(At("2026-11-21T12:15:00Z"));
  REQUIRE(exchange.Becomes("KXBTC15M-26NOV210715-15", venue::MarketStatus::kDetermined));
  REQUIRE(exchange.Becomes("KXGOLD15M-26NOV210715-15", venue::MarketStatus::kClosed));
}
