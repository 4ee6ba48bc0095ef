#include <algorithm>
#include <array>
#include <catch2/catch.hpp>
#include <cstdint>
#include <random>
#include <vector>

#include "evx/core/testing/literals.h"
#include "evx/matching/matching_engine.h"
#include "evx/matching/testing/reference_book.h"

// Random commands go to the engine, to the slow reference book, and mirrored (bids become asks,
// tick t becomes last - t, as YES and NO see one market) to a second engine. All three must agree
// at every step.

namespace evx::matching::testing {
namespace {

constexpr std::array<std::uint32_t, 7> kTickCounts = {2, 99, 999, 9'999, 1'000'000, 64, 4'097};
constexpr int kOwnerCount = 6;

bool operator==(const RestingOrder& a, const RestingOrder& b) {
  return a.order_id == b.order_id && a.book == b.book && a.owner == b.owner && a.side == b.side &&
         a.self_trade_prevention == b.self_trade_prevention && a.post_only == b.post_only &&
         a.tick == b.tick && a.remaining == b.remaining && a.expiration == b.expiration;
}

class Comparison {
 public:
  explicit Comparison(std::uint64_t seed) : random_(seed) {
    for (std::uint32_t tick_count : kTickCounts) {
      engine_.AddBook(tick_count);
      mirror_.AddBook(tick_count);
      reference_.AddBook(tick_count);
      centers_.push_back(tick_count / 2);
    }
  }

  void Step() {
    switch (Below(16)) {
      case 0:
      case 1:
      case 2:
        return Amend();
      case 3:
      case 4:
      case 5:
        return Cancel();
      case 6:
        return Decrease();
      case 7:
        return Below(20) == 0 ? Expire() : Cancel();
      default:
        return Create();
    }
  }

  void CompareBooks() {
    for (std::uint32_t b = 0; b < kTickCounts.size(); ++b) {
      for (BookSide side : {BookSide::kBid, BookSide::kAsk}) CompareSide(BookIndex(b), side);
    }
    REQUIRE(engine_.order_count() == reference_.order_count());
    REQUIRE(mirror_.order_count() == reference_.order_count());
  }

  std::uint64_t fill_count() const { return fill_count_; }

 private:
  std::uint32_t Below(std::uint32_t bound) {
    return static_cast<std::uint32_t>((random_() >> 32) * bound >> 32);
  }

  Tick RandomTick(std::uint32_t book) {
    const std::uint32_t tick_count = kTickCounts[book];
    Tick& center = centers_[book];
    if (Below(32) == 0) center = Below(tick_count);
    if (Below(200) == 0) return tick_count + Below(3);  // Out of range.
    const std::int64_t spread = Below(8) == 0 ? 200 : 6;
    const std::int64_t offset = Below(static_cast<std::uint32_t>(2 * spread)) - spread;
    return static_cast<Tick>(
        std::clamp<std::int64_t>(center + offset, 0, std::int64_t{tick_count} - 1));
  }

  Quantity RandomQuantity() {
    switch (Below(200)) {
      case 0:
        return Quantity();
      case 1:
        return Quantity::FromCentis(-1);
      case 2:
        return kQuantityMax + Quantity::FromCentis(1);
      case 3:
        return kQuantityMax;
      default:
        return Quantity::FromCentis(1 + Below(1'000));
    }
  }

  Timestamp RandomExpiration() {
    return Below(5) == 0 ? Timestamp::FromNanos(now_ + Below(2'000)) : Timestamp();
  }

  OrderId KnownOrder() {
    if (ids_.empty()) return OrderId(1);
    const auto window = std::min<std::size_t>(ids_.size(), 120);
    return ids_[ids_.size() - 1 - Below(static_cast<std::uint32_t>(window))];
  }

  static Tick Mirror(std::uint32_t book, Tick tick) {
    // Out of range stays out of range.
    return tick < kTickCounts[book] ? kTickCounts[book] - 1 - tick : tick;
  }

  void Create() {
    CreateOrder command;
    const std::uint32_t book =
        Below(300) == 0 ? std::uint32_t{kTickCounts.size()} : Below(kTickCounts.size());
    command.book = BookIndex(book);
    command.order_id = Below(100) == 0 ? KnownOrder() : OrderId(++last_id_ * 3 - Below(2));
    command.owner = OwnerId(Below(kOwnerCount));
    command.side = static_cast<BookSide>(Below(2));
    command.tick = RandomTick(book % kTickCounts.size());
    command.quantity = RandomQuantity();
    command.self_trade_prevention = static_cast<SelfTradePrevention>(Below(2));
    command.time_in_force =
        Below(4) != 0 ? TimeInForce::kGoodTillCanceled : static_cast<TimeInForce>(1 + Below(2));
    command.post_only = Below(10) == 0;
    command.reduce_only = Below(10) == 0;
    command.reducible = Quantity::FromCentis(std::int64_t{Below(500)} - 50);
    command.expiration = RandomExpiration();
    ids_.push_back(command.order_id);

    CreateOrder mirrored = command;
    mirrored.side = Opposite(command.side);
    mirrored.tick = Mirror(book % kTickCounts.size(), command.tick);
    Compare(engine_.Apply(command), mirror_.Apply(mirrored), reference_.Apply(command), book);
    if (book < kTickCounts.size()) CompareTick(command.book, command.side, command.tick);
  }

  void Amend() {
    AmendOrder command;
    command.order_id = KnownOrder();
    const auto resting = engine_.Find(command.order_id);
    const std::uint32_t book = resting ? resting->book.value() : 0;
    command.tick = resting && Below(3) == 0 ? resting->tick : RandomTick(book);
    command.remaining = resting && Below(5) == 0 ? resting->remaining : RandomQuantity();
    command.expiration = RandomExpiration();
    AmendOrder mirrored = command;
    mirrored.tick = Mirror(book, command.tick);
    Compare(engine_.Apply(command), mirror_.Apply(mirrored), reference_.Apply(command), book);
    if (resting) CompareTick(resting->book, resting->side, resting->tick);
  }

  void Cancel() {
    const CancelOrder command{KnownOrder()};
    Compare(engine_.Apply(command), mirror_.Apply(command), reference_.Apply(command));
  }

  void Decrease() {
    const DecreaseOrder command{KnownOrder(), RandomQuantity()};
    Compare(engine_.Apply(command), mirror_.Apply(command), reference_.Apply(command));
  }

  void Expire() {
    now_ += 200;
    const auto now = Timestamp::FromNanos(now_);
    const auto expected = reference_.ExpireOrders(now);
    const auto actual = engine_.ExpireOrders(now);
    const auto mirrored = mirror_.ExpireOrders(now);
    REQUIRE(actual.size() == expected.size());
    REQUIRE(mirrored.size() == expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      Compare(actual[i], mirrored[i], expected[i]);
    }
  }

  void Compare(const Execution& actual, const Execution& mirrored, const Outcome& expected,
               std::uint32_t book) {
    const bool equal = OutcomeOf(actual) == expected;
    REQUIRE(equal);
    Outcome turned = OutcomeOf(mirrored);
    for (Trade& trade : turned.trades) trade.tick = Mirror(book, trade.tick);
    const bool mirror_equal = turned == expected;
    REQUIRE(mirror_equal);
    fill_count_ += expected.trades.size();
  }

  static void Compare(const Reduction& actual, const Reduction& mirrored,
                      const Reduction& expected) {
    for (const Reduction* reduction : {&actual, &mirrored}) {
      const bool equal = reduction->reject == expected.reject &&
                         reduction->order_id == expected.order_id &&
                         reduction->reduced_by == expected.reduced_by &&
                         reduction->remaining == expected.remaining;
      REQUIRE(equal);
    }
  }

  void CompareTick(BookIndex book, BookSide side, Tick tick) {
    const Quantity quantity = engine_.QuantityAt(book, side, tick);
    REQUIRE((quantity == reference_.QuantityAt(book, side, tick)));
    const auto bid = engine_.BestTick(book, BookSide::kBid);
    const auto ask = engine_.BestTick(book, BookSide::kAsk);
    REQUIRE((!bid || !ask || *bid < *ask));
    const auto mirrored = mirror_.BestTick(book, Opposite(side));
    const auto best = side == BookSide::kBid ? bid : ask;
    REQUIRE(best.has_value() == mirrored.has_value());
    if (best) REQUIRE(*best == Mirror(book.value(), *mirrored));
  }

  void CompareSide(BookIndex book, BookSide side) {
    std::vector<RestingOrder> actual;
    engine_.VisitOrders(book, side, [&](const RestingOrder& o) { actual.push_back(o); });
    std::vector<RestingOrder> mirrored;
    mirror_.VisitOrders(book, Opposite(side),
                        [&](const RestingOrder& o) { mirrored.push_back(o); });
    const std::vector<RestingOrder> expected = reference_.OrdersOf(book, side);
    REQUIRE(actual.size() == expected.size());
    REQUIRE(mirrored.size() == expected.size());
    std::vector<DepthLevel> levels;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      REQUIRE((actual[i] == expected[i]));
      RestingOrder turned = mirrored[i];
      turned.side = side;
      turned.tick = Mirror(book.value(), turned.tick);
      REQUIRE((turned == expected[i]));
      if (levels.empty() || levels.back().tick != expected[i].tick) {
        levels.push_back({expected[i].tick, Quantity(), 0});
      }
      levels.back().quantity += expected[i].remaining;
      ++levels.back().order_count;
    }
    std::size_t next = 0;
    engine_.VisitLevels(book, side, [&](const DepthLevel& level) {
      REQUIRE(next < levels.size());
      REQUIRE(level.tick == levels[next].tick);
      REQUIRE((level.quantity == levels[next].quantity));
      REQUIRE(level.order_count == levels[next].order_count);
      ++next;
      return true;
    });
    REQUIRE(next == levels.size());
  }

  std::mt19937_64 random_;
  MatchingEngine engine_{{.book_count_max = kTickCounts.size(), .order_count_max = 100'000}};
  MatchingEngine mirror_{{.book_count_max = kTickCounts.size(), .order_count_max = 100'000}};
  ReferenceBook reference_;
  std::vector<Tick> centers_;
  std::vector<OrderId> ids_;
  std::uint64_t last_id_ = 0;
  std::int64_t now_ = 1'000;
  std::uint64_t fill_count_ = 0;
};

TEST_CASE(
    "MatchingEngine: a million random commands give what the reference book and the mirror give",
    "[matching]") {
  const std::uint64_t seed = 20260101 + Catch::rngSeed();
  INFO("seed (20260101 + --rng-seed): " << seed);
  Comparison comparison(seed);
  for (int i = 0; i < 1'000'000; ++i) {
    comparison.Step();
    if (i % 5'000 == 0) comparison.CompareBooks();
  }
  comparison.CompareBooks();
  REQUIRE(comparison.fill_count() > 100'000);
}

}  // namespace
}  // namespace evx::matching::testing
