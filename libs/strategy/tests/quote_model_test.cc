#include "evx/strategy/quote_model.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <tuple>

namespace evx::strategy {
namespace {

PriceGrid Cents() { return *PriceGrid::FromStructure("linear_cent"); }

std::int64_t CentsOf(PriceGrid::TickIndex tick) { return Cents().PriceAt(tick).micros() / 10'000; }

TEST_CASE("QuoteModel: horizon quotes are those of the published vectors", "[strategy]") {
  struct Vector {
    double p, q, gamma, variance, kappa, mu;
    double reservation, half_spread;
    std::int64_t bid, ask;
  };
  const Vector v = GENERATE(Vector{.5, 0, .1, .04, 10, 0, 0, .101503309, 47, 53},
                            Vector{.5, 10, .1, .04, 10, 0, -.04, .101503309, 46, 52},
                            Vector{.65, -20, .05, .04, 8, .05, .659039208, .225694454, 60, 71},
                            Vector{.95, 50, .05, .01, 8, .05, 2.919438979, .224944454, 93, 96});
  const QuoteCenter center =
      HorizonQuote(LogOdds(v.p), v.q, v.variance, 0, {v.gamma, 0, v.kappa, v.mu});
  CHECK(center.reservation == Approx(v.reservation).margin(1e-9));
  CHECK(center.half_spread == Approx(v.half_spread).margin(1e-9));
  const TickQuotes quotes = ToTicks(center, TickThresholds(Cents()));
  REQUIRE((quotes.bid && quotes.ask));
  CHECK(CentsOf(*quotes.bid) == v.bid);
  CHECK(CentsOf(*quotes.ask) == v.ask);
}

TEST_CASE("QuoteModel: settlement prices are those of the published vectors", "[strategy]") {
  const IndifferencePrices flat = SettlementPrices(.5, 0, .01);
  CHECK(flat.bid == Approx(.498750005).margin(1e-9));
  CHECK(flat.ask == Approx(.501249995).margin(1e-9));
  const IndifferencePrices long_ten = SettlementPrices(.5, 10, .01);
  CHECK(long_ten.marginal == Approx(.475020813).margin(1e-9));
  CHECK(long_ten.bid == Approx(.473774145).margin(1e-9));
  CHECK(long_ten.ask == Approx(.476267895).margin(1e-9));
  CHECK(SettlementPrices(.8, -100, .01).marginal == Approx(.915776192).margin(1e-9));
  CHECK(SettlementWorstLoss(.01) == Approx(69.314718).margin(1e-6));
}

TEST_CASE("QuoteModel: the break-even spread against informed flow is that of the vectors",
          "[strategy]") {
  const double term = HorizonQuote(0, 0, 0, 0, {.05, 0, 8, .1}).half_spread -
                      HorizonQuote(0, 0, 0, 0, {.05, 0, 8, 0}).half_spread;
  CHECK(Logistic(LogOdds(.5) - term) == Approx(.45).margin(1e-9));
  CHECK(Logistic(LogOdds(.5) + term) == Approx(.55).margin(1e-9));
  CHECK(Logistic(LogOdds(.8) - term) == Approx(.765957447).margin(1e-9));
  CHECK(Logistic(LogOdds(.8) + term) == Approx(.830188679).margin(1e-9));
}

TEST_CASE("QuoteModel: thresholds are the vectors' floats", "[strategy]") {
  const auto [cents, bits] = GENERATE(std::pair(1, 0xc0930b39u), std::pair(25, 0xbf8c9f54u),
                                      std::pair(75, 0x3f8c9f54u), std::pair(99, 0x40930b39u));
  float threshold = 0;
  std::memcpy(&threshold, &bits, sizeof threshold);
  const TickThresholds table(Cents());
  // The tick's own threshold is at or below and at or above itself, so both searches give the tick.
  const auto tick = Cents().IndexOf(Price::FromCents(cents));
  CHECK(table.AtOrBelow(threshold) == tick);
  CHECK(table.AtOrAbove(threshold) == tick);
}

TEST_CASE("QuoteModel: a larger inventory lowers the center, risk and toxicity widen the spread",
          "[strategy]") {
  const double p = GENERATE(.03, .2, .5, .8, .97);
  const QuoteParameters base{.05, 0, 8, .05};
  const auto at = [&](double q, double variance, QuoteParameters parameters) {
    return HorizonQuote(LogOdds(p), q, variance, 0, parameters);
  };
  CHECK(at(10, .04, base).reservation < at(0, .04, base).reservation);
  CHECK(at(0, .08, base).half_spread > at(0, .04, base).half_spread);
  QuoteParameters toxic = base;
  toxic.informed_share = .1;
  CHECK(at(0, .04, toxic).half_spread > at(0, .04, base).half_spread);
}

TEST_CASE("QuoteModel: the mirror image of a situation gives the mirror image of its quotes",
          "[strategy]") {
  const double p = GENERATE(.05, .31, .5, .77);
  const double q = GENERATE(-40., 0., 25.);
  const QuoteParameters parameters{.05, .001, 8, .05};
  const TickThresholds table(Cents());
  const TickQuotes yes = ToTicks(HorizonQuote(LogOdds(p), q, .03, .5, parameters), table);
  const TickQuotes no = ToTicks(HorizonQuote(LogOdds(1 - p), -q, .03, .5, parameters), table);
  REQUIRE((yes.bid && yes.ask && no.bid && no.ask));
  CHECK(CentsOf(*yes.bid) == 100 - CentsOf(*no.ask));
  CHECK(CentsOf(*yes.ask) == 100 - CentsOf(*no.bid));
  CHECK(*yes.bid < *yes.ask);
}

TEST_CASE("QuoteModel: quotes keep their edge after the maker's fee", "[strategy]") {
  const PriceGrid cents;
  const auto tick = [&cents](int price) { return *cents.IndexOf(Price::FromCents(price)); };
  // The fee at 49 and 51 cents is 0.44 cents: one cent away is 0.56 cents of edge.
  const TickQuotes quotes = KeepEdge({tick(50), tick(50)}, cents, .5, .005);
  CHECK(quotes.bid == tick(49));
  CHECK(quotes.ask == tick(51));
  const TickQuotes wider = KeepEdge({tick(49), tick(51)}, cents, .5, .01);
  CHECK(wider.bid == tick(48));
  CHECK(wider.ask == tick(52));
  // What is far enough away stays, and what has nowhere to go is dropped.
  const TickQuotes far = KeepEdge({tick(30), tick(70)}, cents, .5, .01);
  CHECK(far.bid == tick(30));
  CHECK(far.ask == tick(70));
  CHECK_FALSE(KeepEdge({tick(1), std::nullopt}, cents, .012, .01).bid);
  CHECK_FALSE(KeepEdge({std::nullopt, tick(99)}, cents, .988, .01).ask);
}

TEST_CASE("QuoteModel: the size on the side of the inventory falls to zero at the cap",
          "[strategy]") {
  CHECK(SizeAtInventory(1'000, 0, 500, true) == 1'000);
  CHECK(SizeAtInventory(1'000, 250, 500, true) == 500);
  CHECK(SizeAtInventory(1'000, 500, 500, true) == 0);
  CHECK(SizeAtInventory(1'000, 500, 500, false) == 1'000);
  CHECK(SizeAtInventory(1'000, -250, 500, false) == 500);
}

TEST_CASE("BeliefVariance: a steady belief has no variance, a jump shows in standard deviations",
          "[strategy]") {
  BeliefVariance variance(absl::Seconds(10), 0.01);
  for (int i = 0; i < 1'000; ++i) variance.Observe(Timestamp::FromMillis(i * 100), 0.3);
  CHECK(variance.per_second() < 1e-4);
  variance.Observe(Timestamp::FromMillis(100'100), 1.3);
  CHECK(variance.last_move_sigmas() > 4);
}

TEST_CASE("Microprice: leans toward the thinner side", "[strategy]") {
  const Top top{Price::FromCents(40), Quantity::FromContracts(300), Price::FromCents(44),
                Quantity::FromContracts(100)};
  CHECK(Microprice(top) == Approx(.43));
}

}  // namespace
}  // namespace evx::strategy
