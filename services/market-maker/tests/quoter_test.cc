#include "quoter.h"

#include <catch2/catch.hpp>
#include <set>

namespace evx::market_maker {
namespace {

MarketView AView(Timestamp now = Timestamp::FromSeconds(1'000)) {
  MarketView view;
  view.now = now;
  view.close_time = Timestamp::FromSeconds(10'000);
  view.top = strategy::Top{Price::FromCents(48), Quantity::FromContracts(100), Price::FromCents(52),
                           Quantity::FromContracts(100)};
  return view;
}

TEST_CASE("TriangleQuoter: walks from 38 to 62 and back with the original settings",
          "[market-maker]") {
  TriangleQuoter quoter{MarketSettings{}};
  std::vector<std::int64_t> mids;
  for (int i = 0; i < 50; ++i) {
    const Quotes quotes = quoter.Next(AView());
    REQUIRE((quotes.bid && quotes.ask));
    CHECK(quotes.bid->price >= Price::FromCents(33));
    CHECK(quotes.ask->price <= Price::FromCents(67));
    CHECK(quotes.ask->price.micros() - quotes.bid->price.micros() == 100'000);
    mids.push_back((quotes.bid->price.micros() + quotes.ask->price.micros()) / 20'000);
  }
  CHECK(mids.front() == 38);
  CHECK(mids[24] == 62);
  CHECK(mids[48] == 38);
  for (std::size_t i = 1; i < mids.size(); ++i) CHECK(std::abs(mids[i] - mids[i - 1]) == 1);
}

TEST_CASE("TriangleQuoter: a range as wide as the spread stands still", "[market-maker]") {
  MarketSettings settings;
  settings.price_max = Price::FromCents(43);
  TriangleQuoter quoter(settings);
  const Quotes first = quoter.Next(AView());
  CHECK(quoter.Next(AView()) == first);
}

TEST_CASE("TriangleQuoter: nothing is quoted while the market is not active", "[market-maker]") {
  TriangleQuoter quoter{MarketSettings{}};
  MarketView view = AView();
  view.is_active = false;
  CHECK(quoter.Next(view) == Quotes{});
}

TEST_CASE("ModelQuoter: quotes lie around the microprice and lean against the position",
          "[market-maker]") {
  MarketSettings settings;
  settings.mode = QuoteMode::kModel;
  MarketView view = AView();
  const Quotes flat = ModelQuoter(settings).Next(view);
  REQUIRE((flat.bid && flat.ask));
  CHECK(flat.bid->price < Price::FromCents(50));
  CHECK(flat.ask->price > Price::FromCents(50));
  view.position = Quantity::FromContracts(500);
  view.close_time = view.now + absl::Seconds(90);
  const Quotes heavy = ModelQuoter(settings).Next(view);
  REQUIRE(heavy.ask);
  CHECK(heavy.ask->price < flat.ask->price);
  if (heavy.bid) CHECK(heavy.bid->quantity < flat.bid->quantity);
}

TEST_CASE("ModelQuoter: no quote gives up the edge it is asked to keep", "[market-maker]") {
  MarketSettings settings;
  settings.mode = QuoteMode::kModel;
  settings.min_edge_cents = 6;
  MarketView view = AView();
  view.position = Quantity::FromContracts(GENERATE(-900, 0, 900));
  view.close_time = view.now + absl::Seconds(90);
  const Quotes quotes = ModelQuoter(settings).Next(view);
  if (quotes.bid) CHECK(quotes.bid->price <= Price::FromCents(43));
  if (quotes.ask) CHECK(quotes.ask->price >= Price::FromCents(57));
  CHECK((quotes.bid || quotes.ask));
}

TEST_CASE("ModelQuoter: at the maximum position only the reducing side is quoted",
          "[market-maker]") {
  MarketSettings settings;
  settings.mode = QuoteMode::kModel;
  settings.position_max_contracts = 100;
  MarketView view = AView();
  view.position = Quantity::FromContracts(100);
  const Quotes quotes = ModelQuoter(settings).Next(view);
  CHECK_FALSE(quotes.bid);
  CHECK(quotes.ask);
}

TEST_CASE("ModelQuoter: stops before the close, without a reference and after a jump",
          "[market-maker]") {
  MarketSettings settings;
  settings.mode = QuoteMode::kModel;
  MarketView late = AView();
  late.close_time = late.now + absl::Seconds(10);
  CHECK(ModelQuoter(settings).Next(late) == Quotes{});
  MarketView blind = AView();
  blind.top.reset();
  CHECK(ModelQuoter(settings).Next(blind) == Quotes{});

  ModelQuoter quoter(settings);
  quoter.Next(AView());
  MarketView jumped = AView(Timestamp::FromSeconds(1'001));
  jumped.top->bid = Price::FromCents(78);
  jumped.top->ask = Price::FromCents(82);
  CHECK(quoter.Next(jumped) == Quotes{});
}

TEST_CASE("ModelQuoter: never crosses what others show", "[market-maker]") {
  MarketSettings settings;
  settings.mode = QuoteMode::kModel;
  const int bid = GENERATE(5, 20, 49, 80, 93);
  const int width = GENERATE(1, 2, 6);
  MarketView view = AView();
  view.top = strategy::Top{Price::FromCents(bid), Quantity::FromContracts(1),
                           Price::FromCents(bid + width), Quantity::FromContracts(900)};
  const Quotes quotes = ModelQuoter(settings).Next(view);
  if (quotes.bid) CHECK(quotes.bid->price < view.top->ask);
  if (quotes.ask) CHECK(quotes.ask->price > view.top->bid);
}

}  // namespace
}  // namespace evx::market_maker
