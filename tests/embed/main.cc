// A book, an offer, and a bid that takes half of it.

#include <cstdio>

#include "evx/matching/matching_engine.h"

int main() {
  using namespace evx::matching;
  MatchingEngine engine({.book_count_max = 1, .order_count_max = 1'000});
  CreateOrder offer;
  offer.order_id = evx::OrderId(1);
  offer.book = engine.AddBook(/*tick_count=*/99);
  offer.side = evx::BookSide::kAsk;
  offer.tick = 55;
  offer.quantity = evx::Quantity::FromContracts(10);
  engine.Apply(offer);

  CreateOrder bid = offer;
  bid.order_id = evx::OrderId(2);
  bid.side = evx::BookSide::kBid;
  bid.quantity = evx::Quantity::FromContracts(5);
  const Execution execution = engine.Apply(bid);
  for (const MatchStep& step : execution.steps) {
    std::printf("order %llu sold %lld contracts at tick %u\n",
                static_cast<unsigned long long>(step.maker_order_id.value()),
                static_cast<long long>(step.quantity.centis() / 100), step.tick);
  }
  return execution.filled == bid.quantity ? 0 : 1;
}
