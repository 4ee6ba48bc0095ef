#pragma once

#include <cstdint>

#include "evx/matching/matching_engine.h"
#include "kx1/driver.hpp"

// The two engines that run KX-1: ours and the workload's own reference book.

namespace evx::matching {

// Drives MatchingEngine through its public interface as a venue would. Every order has an owner of
// its own, so that self-trade prevention looks at each fill and never strikes.
class Kx1Engine {
 public:
  Kx1Engine(std::uint32_t markets, std::uint32_t id_max, kx1::Sink& sink)
      : engine_({.book_count_max = markets, .order_count_max = id_max}), sink_(sink) {
    for (std::uint32_t i = 0; i < markets; ++i) engine_.AddBook(kTickCount);
  }

  void add(std::uint32_t market, std::uint32_t id, int side, int price, std::uint32_t contracts) {
    CreateOrder command;
    command.order_id = OrderId(id);
    command.book = BookIndex(market);
    command.owner = OwnerId(id);
    command.side = static_cast<BookSide>(side);
    command.tick = static_cast<Tick>(price - 1);
    command.quantity = Quantity::FromContracts(contracts);
    const Execution execution = engine_.Apply(command);
    for (const MatchStep& step : execution.steps) {
      sink_.trade(step.maker_order_id.value(), id, step.tick + 1,
                  static_cast<std::uint32_t>(step.quantity.centis() / 100));
    }
  }
  void cancel(std::uint32_t, std::uint32_t id, int, int) {
    engine_.Apply(CancelOrder{OrderId(id)});
  }

  const MatchingEngine& engine() const { return engine_; }

 private:
  static constexpr std::uint32_t kTickCount = 99;
  static_assert(static_cast<int>(BookSide::kBid) == kx1::BUY);
  static_assert(static_cast<int>(BookSide::kAsk) == kx1::SELL);

  MatchingEngine engine_;
  kx1::Sink& sink_;
};

class Kx1Reference {
 public:
  Kx1Reference(std::uint32_t markets, std::uint32_t id_max, kx1::Sink& sink)
      : books_(markets, id_max, OnTrade{&sink}, OnDone{}) {}
  void add(std::uint32_t market, std::uint32_t id, int side, int price, std::uint32_t contracts) {
    books_.add(market, id, side, price, contracts);
  }
  void cancel(std::uint32_t, std::uint32_t id, int, int) { books_.cancel(id); }

 private:
  struct OnTrade {
    kx1::Sink* sink;
    void operator()(std::uint32_t, std::uint32_t maker, std::uint32_t taker, int price,
                    std::uint32_t contracts) {
      sink->trade(maker, taker, static_cast<std::uint32_t>(price), contracts);
    }
  };
  struct OnDone {
    void operator()(std::uint32_t, std::uint32_t) {}
  };
  kx1::RefBooks<OnTrade, OnDone> books_;
};

}  // namespace evx::matching
