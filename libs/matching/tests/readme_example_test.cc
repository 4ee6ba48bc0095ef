#include <catch2/catch.hpp>

// The example of README.md, compiled and run: what stands between the markers is equal to it.

// README begin
#include "evx/matching/matching_engine.h"

using namespace evx::matching;

evx::Quantity TradeOnce() {
  MatchingEngine engine({.book_count_max = 1, .order_count_max = 1'000});
  const BookIndex book = engine.AddBook(/*tick_count=*/99);

  CreateOrder offer;
  offer.order_id = evx::OrderId(1);
  offer.book = book;
  offer.side = evx::BookSide::kAsk;
  offer.tick = 55;
  offer.quantity = evx::Quantity::FromContracts(10);
  engine.Apply(offer);

  // A better price and more of it, under the same id.
  engine.Apply(AmendOrder{.order_id = evx::OrderId(1),
                          .tick = 52,
                          .remaining = evx::Quantity::FromContracts(20),
                          .expiration = {}});

  CreateOrder bid = offer;
  bid.order_id = evx::OrderId(2);
  bid.side = evx::BookSide::kBid;
  bid.time_in_force = TimeInForce::kImmediateOrCancel;
  const Execution execution = engine.Apply(bid);
  for (const MatchStep& step : execution.steps) {
    // Order step.maker_order_id sold step.quantity at step.tick.
    (void)step;
  }
  engine.Apply(CancelOrder{evx::OrderId(1)});
  return execution.filled;
}
// README end

TEST_CASE("README: the example trades ten contracts", "[matching]") {
  CHECK(TradeOnce() == evx::Quantity::FromContracts(10));
}
