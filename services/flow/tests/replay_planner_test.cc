#include "replay_planner.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <random>
#include <utility>
#include <vector>

namespace evx::flow {
namespace {

using Kind = PlannedCommand::Kind;

// A slow book that does what an exchange would do with the commands.
class ReferenceBook {
 public:
  void Apply(const PlannedCommand& command) {
    auto& own = levels_[command.level];
    switch (command.kind) {
      case Kind::kRest:
        CHECK_FALSE(WouldMatch(command.level));
        own.push_back({command.handle, command.quantity_centis});
        break;
      case Kind::kCancel:
        std::erase_if(own, [&](const auto& order) { return order.first == command.handle; });
        break;
      case Kind::kDecrease:
        for (auto& [handle, quantity] : own) {
          if (handle == command.handle) quantity = command.quantity_centis;
        }
        break;
      case Kind::kTake:
        Match(command);
        break;
    }
    std::erase_if(levels_, [](const auto& entry) { return entry.second.empty(); });
  }

  std::map<LevelKey, std::int64_t> Totals() const {
    std::map<LevelKey, std::int64_t> totals;
    for (const auto& [level, orders] : levels_) {
      for (const auto& [handle, quantity] : orders) totals[level] += quantity;
    }
    return totals;
  }
  std::vector<TradeFrame> trades;

 private:
  bool WouldMatch(const LevelKey& level) const {
    for (const auto& [other, orders] : levels_) {
      if (orders.empty() || other.side == level.side) continue;
      if (level.side == BookSide::kBid ? other.price_micros <= level.price_micros
                                       : other.price_micros >= level.price_micros) {
        return true;
      }
    }
    return false;
  }
  void Match(const PlannedCommand& take) {
    std::int64_t left = take.quantity_centis;
    while (left > 0 && WouldMatch(take.level)) {
      const BookSide maker = Opposite(take.level.side);
      auto best = levels_.end();
      for (auto level = levels_.begin(); level != levels_.end(); ++level) {
        if (level->first.side != maker || level->second.empty()) continue;
        const bool better =
            best == levels_.end() ||
            (maker == BookSide::kBid ? level->first.price_micros > best->first.price_micros
                                     : level->first.price_micros < best->first.price_micros);
        if (better) best = level;
      }
      auto& front = best->second.front();
      const std::int64_t quantity = std::min(left, front.second);
      trades.push_back({take.level.side, best->first.price_micros, quantity});
      left -= quantity;
      front.second -= quantity;
      if (front.second == 0) best->second.pop_front();
    }
    CHECK(left == 0);
  }

  std::map<LevelKey, std::deque<std::pair<std::int64_t, std::int64_t>>> levels_;
};

LevelKey Bid(std::int64_t cents) { return {BookSide::kBid, cents * 10'000}; }
LevelKey Ask(std::int64_t cents) { return {BookSide::kAsk, cents * 10'000}; }

Millisecond Start(std::vector<std::pair<LevelKey, std::int64_t>> levels) {
  Millisecond millisecond;
  millisecond.is_resync = true;
  millisecond.snapshot.levels = std::move(levels);
  return millisecond;
}

// Plans, applies, and checks that the book is the recorded one and the trades are the recorded
// ones, each with one maker.
void Play(ReplayPlanner& planner, ReferenceBook& book, const Millisecond& millisecond) {
  book.trades.clear();
  const auto commands = planner.Plan(millisecond);
  std::map<std::int64_t, int> epochs;  // Of the orders placed in this millisecond.
  for (const PlannedCommand& command : commands) {
    if (command.kind == Kind::kRest) epochs[command.handle] = command.epoch;
    const bool names_order = command.kind == Kind::kCancel || command.kind == Kind::kDecrease;
    if (names_order && epochs.contains(command.handle)) {
      CHECK(epochs[command.handle] < command.epoch);
    }
    book.Apply(command);
  }
  CHECK(book.Totals() == planner.recorded_book());
  auto expected = millisecond.trades;
  std::sort(expected.begin(), expected.end());
  std::sort(book.trades.begin(), book.trades.end());
  CHECK(book.trades == expected);
}

}  // namespace

TEST_CASE("ReplayPlanner: a taker that sweeps two levels and rests", "[planner]") {
  ReplayPlanner planner;
  ReferenceBook book;
  Play(planner, book, Start({{Bid(40), 500}, {Ask(42), 300}, {Ask(43), 700}}));
  Millisecond sweep;
  sweep.deltas = {{Ask(42), -300}, {Ask(43), -700}, {Bid(43), 200}};
  sweep.trades = {{BookSide::kBid, 420'000, 300}, {BookSide::kBid, 430'000, 700}};
  Play(planner, book, sweep);
  CHECK(planner.counters().forced_trade_count == 0);
  CHECK(planner.counters().unplaced_count == 0);
}

TEST_CASE("ReplayPlanner: a trade that is larger than the first order meets one maker",
          "[planner]") {
  ReplayPlanner planner;
  ReferenceBook book;
  Play(planner, book, Start({{Bid(40), 100}}));
  Millisecond more;
  more.deltas = {{Bid(40), 900}};
  Play(planner, book, more);
  Millisecond trade;
  trade.deltas = {{Bid(40), -950}};
  trade.trades = {{BookSide::kAsk, 400'000, 950}};
  Play(planner, book, trade);
  CHECK(planner.counters().replaced_order_count == 2);
}

TEST_CASE("ReplayPlanner: what is added and traded in one millisecond", "[planner]") {
  ReplayPlanner planner;
  ReferenceBook book;
  Play(planner, book, Start({{Bid(40), 100}, {Ask(45), 100}}));
  Millisecond both;
  both.deltas = {{Bid(44), 600}, {Bid(44), -600}};
  both.trades = {{BookSide::kAsk, 440'000, 600}};
  Play(planner, book, both);
}

TEST_CASE("ReplayPlanner: a better level that stays comes back after the trade", "[planner]") {
  ReplayPlanner planner;
  ReferenceBook book;
  Play(planner, book, Start({{Bid(40), 100}, {Bid(39), 500}}));
  Millisecond trade;
  trade.deltas = {{Bid(39), -200}};
  trade.trades = {{BookSide::kAsk, 390'000, 200}};
  Play(planner, book, trade);
  CHECK(planner.counters().forced_trade_count == 1);
}

TEST_CASE("ReplayPlanner: an order of the same millisecond is named once it was answered",
          "[planner]") {
  ReplayPlanner planner;
  ReferenceBook book;
  Play(planner, book, Start({{Bid(40), 50}, {Ask(45), 100}}));
  // Thirty more, then one trade that needs both orders: they become one.
  Millisecond both;
  both.deltas = {{Bid(40), 30}, {Bid(40), -70}};
  both.trades = {{BookSide::kAsk, 400'000, 70}};
  Play(planner, book, both);
  CHECK(planner.counters().replaced_order_count == 2);
}

TEST_CASE("ReplayPlanner: a snapshot in the middle is a counted resync", "[planner]") {
  ReplayPlanner planner;
  ReferenceBook book;
  Play(planner, book, Start({{Bid(40), 100}, {Ask(41), 100}}));
  Play(planner, book, Start({{Bid(45), 70}, {Ask(46), 100}}));
  CHECK(planner.counters().resync_count == 1);
}

TEST_CASE("ReplayPlanner: any uncrossed session ends equal after every millisecond", "[planner]") {
  const std::uint64_t seed = 20'260'805;
  INFO("seed " << seed);
  std::mt19937_64 random(seed);
  ReplayPlanner planner;
  ReferenceBook book;
  Play(planner, book, Start({{Bid(40), 1'000}, {Ask(60), 1'000}}));
  for (int step = 0; step < 3'000; ++step) {
    const auto before = planner.recorded_book();
    std::map<LevelKey, std::int64_t> after = before;
    Millisecond millisecond;
    // One taker that sweeps, then changes that leave the book uncrossed.
    if (random() % 4 == 0) {
      const BookSide taker = random() % 2 == 0 ? BookSide::kBid : BookSide::kAsk;
      std::int64_t left = 100 + static_cast<std::int64_t>(random() % 2'000);
      while (left > 0) {
        const LevelKey* best = nullptr;
        for (const auto& [level, quantity] : after) {
          if (level.side == taker) continue;
          if (best == nullptr ||
              (taker == BookSide::kBid ? level.price_micros < best->price_micros
                                       : level.price_micros > best->price_micros)) {
            best = &level;
          }
        }
        if (best == nullptr) break;
        const LevelKey level = *best;
        const std::int64_t quantity = std::min(left, after[level]);
        millisecond.trades.push_back({taker, level.price_micros, quantity});
        millisecond.deltas.push_back({level, -quantity});
        left -= quantity;
        if ((after[level] -= quantity) == 0) after.erase(level);
      }
    }
    for (int change = 0; change < 3; ++change) {
      const LevelKey level = random() % 2 == 0 ? Bid(1 + static_cast<std::int64_t>(random() % 98))
                                               : Ask(1 + static_cast<std::int64_t>(random() % 98));
      const std::int64_t have = after.contains(level) ? after[level] : 0;
      const auto delta = static_cast<std::int64_t>(random() % 800) - (have > 0 ? 600 : 0);
      const bool crosses = std::any_of(after.begin(), after.end(), [&level](const auto& entry) {
        return entry.first.side != level.side &&
               (level.side == BookSide::kBid ? entry.first.price_micros <= level.price_micros
                                             : entry.first.price_micros >= level.price_micros);
      });
      if (delta == 0 || have + delta < 0 || (delta > 0 && crosses)) continue;
      millisecond.deltas.push_back({level, delta});
      if (have + delta == 0) {
        after.erase(level);
      } else {
        after[level] = have + delta;
      }
    }
    Play(planner, book, millisecond);
  }
  CHECK(planner.counters().unplaced_count == 0);
  CHECK(planner.counters().missing_quantity_count == 0);
}

}  // namespace evx::flow
