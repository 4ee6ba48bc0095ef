#include "fold/market_fold.h"

#include <catch2/catch.hpp>

#include "tests/update_builder.h"

namespace evx::order_book_rebuilder {
namespace {

constexpr Price k40 = Price::FromCents(40);
constexpr Price k41 = Price::FromCents(41);

// A fold that has seen a snapshot with 10 contracts bid at 40 cents, and two deltas.
MarketFold AFold() {
  MarketFold fold(kTestTicker);
  fold.Apply(VenueSnapshot(1, {{k40, Quantity::FromContracts(10)}}, {}), nullptr);
  fold.Apply(Delta(2, BookSide::kBid, k40, 5, 15), nullptr);
  fold.Apply(Delta(3, BookSide::kAsk, k41, 7, 7), nullptr);
  return fold;
}

std::int64_t ContractsAt(const MarketFold& fold, BookSide side, Price price) {
  return fold.book().levels().QuantityAt(side, price).centis() / 100;
}

TEST_CASE("MarketFold: a level tells when it changed last and how", "[rebuilder]") {
  MarketFold fold = AFold();
  CHECK(fold.doubt() == Doubt::kNone);
  CHECK(fold.book_sequence() == 3);
  CHECK(ContractsAt(fold, BookSide::kBid, k40) == 15);
  CHECK(fold.book().LastChange(BookSide::kBid, k40) ==
        LevelChange{LevelChangeKind::kIncreased, EventTimeOf(2)});
  CHECK(fold.book().LastChange(BookSide::kAsk, k41) ==
        LevelChange{LevelChangeKind::kAdded, EventTimeOf(3)});
  fold.Apply(Delta(4, BookSide::kBid, k40, -1, 14), nullptr);
  CHECK(fold.book().LastChange(BookSide::kBid, k40)->kind == LevelChangeKind::kDecreased);
  fold.Apply(Delta(5, BookSide::kBid, k40, -14, 0), nullptr);
  CHECK_FALSE(fold.book().LastChange(BookSide::kBid, k40).has_value());
}

TEST_CASE("MarketFold: a snapshot changes the time of those levels only that it changes",
          "[rebuilder]") {
  MarketFold fold = AFold();
  fold.Apply(
      VenueSnapshot(4, {{k40, Quantity::FromContracts(15)}}, {{k41, Quantity::FromContracts(3)}}),
      nullptr);
  CHECK(fold.book().LastChange(BookSide::kBid, k40) ==
        LevelChange{LevelChangeKind::kIncreased, EventTimeOf(2)});
  CHECK(fold.book().LastChange(BookSide::kAsk, k41) ==
        LevelChange{LevelChangeKind::kDecreased, EventTimeOf(4)});
}

TEST_CASE("MarketFold: doubles are dropped and counted", "[rebuilder]") {
  MarketFold fold = AFold();
  fold.Apply(Delta(2, BookSide::kBid, k40, 5, 15), nullptr);
  fold.Apply(VenueSnapshot(1, {}, {}), nullptr);
  CHECK(fold.counters().duplicates == 2);
  CHECK(fold.counters().deltas == 2);
  CHECK(ContractsAt(fold, BookSide::kBid, k40) == 15);
}

TEST_CASE("MarketFold: numbers that change places are put in order", "[rebuilder]") {
  MarketFold fold = AFold();
  fold.Apply(Delta(5, BookSide::kBid, k40, 1, 17), nullptr);
  CHECK(fold.doubt() == Doubt::kWaiting);
  CHECK(fold.book_sequence() == 3);
  fold.Apply(Delta(4, BookSide::kBid, k40, 1, 16), nullptr);
  CHECK(fold.doubt() == Doubt::kNone);
  CHECK(fold.book_sequence() == 5);
  CHECK(ContractsAt(fold, BookSide::kBid, k40) == 17);
  CHECK(fold.counters().reordered == 1);
  CHECK(fold.counters().holes == 0);
}

TEST_CASE("MarketFold: a number that never comes is a hole, and the next snapshot ends it",
          "[rebuilder]") {
  MarketFold fold = AFold();
  std::int64_t sequence = 4;
  for (std::size_t i = 0; i < MarketFold::kHeldCountMax; ++i) {
    ++sequence;
    const auto now = static_cast<std::int64_t>(15 + i + 1);
    fold.Apply(Delta(sequence, BookSide::kBid, k40, 1, now), nullptr);
  }
  CHECK(fold.doubt() == Doubt::kHole);
  CHECK(fold.held_count() == 0);
  CHECK(fold.counters().holes == 1);
  CHECK(fold.book_sequence() == 3);
  CHECK(ContractsAt(fold, BookSide::kBid, k40) == 15);
  fold.Apply(PeriodicSnapshot(sequence, {{k40, Quantity::FromContracts(2)}}, {}), nullptr);
  CHECK(fold.doubt() == Doubt::kNone);
  CHECK(fold.book_sequence() == sequence);
  CHECK(ContractsAt(fold, BookSide::kBid, k40) == 2);
}

TEST_CASE("MarketFold: gap, unfitting delta and unreadable message leave the last good book",
          "[rebuilder]") {
  MarketFold fold = AFold();
  SECTION("gap") {
    fold.Apply(Gap(4), nullptr);
    CHECK(fold.doubt() == Doubt::kGap);
    CHECK(fold.counters().gaps == 1);
  }
  SECTION("delta") {
    fold.Apply(Delta(4, BookSide::kBid, k40, 1, 17), nullptr);
    CHECK(fold.doubt() == Doubt::kInconsistent);
    CHECK(fold.counters().inconsistent == 1);
  }
  SECTION("level below nothing") {
    fold.Apply(Delta(4, BookSide::kBid, k40, -16, 0), nullptr);
    CHECK(fold.doubt() == Doubt::kInconsistent);
  }
  SECTION("unreadable") {
    fold.Apply(Unreadable(4), nullptr);
    CHECK(fold.doubt() == Doubt::kUnreadable);
  }
  SECTION("unreadable proof") {
    fold.Apply(Unreadable(3), nullptr);
    CHECK(fold.doubt() == Doubt::kUnreadable);
    CHECK(fold.last_sequence() == 3);
  }
  const std::int64_t next = fold.last_sequence() + 1;
  fold.Apply(Delta(next, BookSide::kBid, k40, 1, 18), nullptr);
  CHECK(fold.book_sequence() == 3);
  CHECK(ContractsAt(fold, BookSide::kBid, k40) == 15);
  fold.Apply(VenueSnapshot(next + 1, {}, {}), nullptr);
  CHECK(fold.doubt() == Doubt::kNone);
  CHECK(fold.book().levels() == book::Book());
}

TEST_CASE("MarketFold: a proof that fails is counted, and its book taken", "[rebuilder]") {
  MarketFold fold = AFold();
  fold.Apply(PeriodicSnapshot(3, {{k40, Quantity::FromContracts(16)}},
                              {{k41, Quantity::FromContracts(7)}}),
             nullptr);
  CHECK(fold.counters().hash_mismatches == 1);
  CHECK(fold.doubt() == Doubt::kNone);
  CHECK(ContractsAt(fold, BookSide::kBid, k40) == 16);
}

TEST_CASE("MarketFold: a stream met in its middle has no book and no hole", "[rebuilder]") {
  MarketFold fold(kTestTicker);
  for (std::int64_t sequence = 100; sequence < 130; ++sequence) {
    fold.Apply(Delta(sequence, BookSide::kBid, k40, 1, sequence), nullptr);
  }
  CHECK(fold.doubt() == Doubt::kNoSnapshot);
  CHECK(fold.counters().holes == 0);
  fold.Apply(PeriodicSnapshot(129, {{k40, Quantity::FromContracts(1)}}, {}), nullptr);
  CHECK(fold.doubt() == Doubt::kNone);
}

TEST_CASE("MarketFold: a crossed book is kept", "[rebuilder]") {
  MarketFold fold = AFold();
  fold.Apply(Delta(4, BookSide::kAsk, k40, 1, 1), nullptr);
  CHECK(fold.doubt() == Doubt::kNone);
  CHECK(fold.book().levels().is_crossed());
}

}  // namespace
}  // namespace evx::order_book_rebuilder
