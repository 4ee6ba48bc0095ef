#include "synthetic_agents.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

namespace evx::flow {
namespace {

// Best prices of the quotes of a step.
MarketView ViewOf(const MarketAgents::Step& step, MarketView view) {
  if (!step.requotes) return view;
  view = {};
  for (const AgentOrder& order : step.orders) {
    if (order.is_immediate) continue;
    if (order.side == BookSide::kBid) {
      view.best_bid_micros = std::max(view.best_bid_micros, order.price_micros);
    } else if (view.best_ask_micros == 0 || order.price_micros < view.best_ask_micros) {
      view.best_ask_micros = order.price_micros;
    }
  }
  return view;
}

}  // namespace

TEST_CASE("MarketAgents: books are two-sided with spread and depth of recorded markets",
          "[synthetic]") {
  double spread_sum = 0;
  double depth_sum = 0;
  int count = 0;
  bool taker_seen[4] = {};
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    INFO("seed " << seed);
    MarketAgents agents(seed);
    MarketView view;
    for (int i = 0; i < 600; ++i) {
      const auto step = agents.Next(view);
      view = ViewOf(step, view);
      for (const AgentOrder& order : step.orders) {
        CHECK(order.quantity_centis > 0);
        CHECK(order.price_micros % 10'000 == 0);
        CHECK(order.price_micros >= 10'000);
        CHECK(order.price_micros <= 990'000);
        taker_seen[static_cast<int>(order.agent)] = true;
        const bool is_best = !order.is_immediate && (order.price_micros == view.best_bid_micros ||
                                                     order.price_micros == view.best_ask_micros);
        if (is_best) {
          depth_sum += static_cast<double>(order.quantity_centis) / 100;
          spread_sum += static_cast<double>(view.best_ask_micros - view.best_bid_micros) / 10'000;
          ++count;
        }
      }
      REQUIRE(view.best_bid_micros > 0);
      REQUIRE(view.best_bid_micros < view.best_ask_micros);
    }
  }
  // Recorded: 2.0 to 7.2 cents by decile, 1,600 to 2,250 contracts at the best price.
  CHECK(spread_sum / count > 2.0);
  CHECK(spread_sum / count < 7.2);
  CHECK(depth_sum / count > 1'600);
  CHECK(depth_sum / count < 2'250);
  for (const bool seen : taker_seen) CHECK(seen);
}

TEST_CASE("MarketAgents: the same seed gives the same orders", "[synthetic]") {
  MarketAgents a(42);
  MarketAgents b(42);
  for (int i = 0; i < 100; ++i) {
    const MarketView view{450'000, 480'000};
    const auto x = a.Next(view);
    const auto y = b.Next(view);
    REQUIRE(x.orders.size() == y.orders.size());
    for (std::size_t j = 0; j < x.orders.size(); ++j) {
      CHECK(x.orders[j].price_micros == y.orders[j].price_micros);
      CHECK(x.orders[j].quantity_centis == y.orders[j].quantity_centis);
    }
  }
}

TEST_CASE("MarketAgents: markets that opened together are not quoted together for ever",
          "[synthetic]") {
  constexpr int kMarketCount = 250;
  std::vector<MarketAgents> markets;
  for (int i = 0; i < kMarketCount; ++i) markets.emplace_back(i);
  for (int step = 0; step < 60; ++step) {
    const auto quoted = std::count_if(markets.begin(), markets.end(), [](MarketAgents& agents) {
      return agents.Next({450'000, 480'000}).requotes;
    });
    if (step == 0) CHECK(quoted == kMarketCount);
    if (step > 0) CHECK(quoted < kMarketCount / 2);
  }
}

}  // namespace evx::flow
