#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <string>

#include "evx/core/testing/seed.h"
#include "fold/market_fold.h"
#include "tests/update_builder.h"

// Random streams, spoilt at random, against a slow fold of maps and against the true book.

namespace evx::order_book_rebuilder {
namespace {

// A sanitizer looks at less of the same.
const int kStreamCount = std::getenv("EVX_SANITIZED") != nullptr ? 15 : 120;
constexpr int kMessagesPerStream = 600;

using Maps = std::array<std::map<Price, std::int64_t>, 2>;

std::vector<book::Level> LevelsOf(const Maps& maps, BookSide side) {
  std::vector<book::Level> levels;
  for (const auto& [price, centis] : maps[static_cast<std::size_t>(side)]) {
    levels.push_back({price, Quantity::FromCentis(centis)});
  }
  if (side == BookSide::kBid) std::reverse(levels.begin(), levels.end());
  return levels;
}

bool Equal(const book::Book& book, const Maps& maps) {
  book::Book other;
  REQUIRE(other.Reset(LevelsOf(maps, BookSide::kBid), LevelsOf(maps, BookSide::kAsk)).ok());
  return book == other;
}

// The rules in their plainest form: keep what is ahead in a map, search it after each message.
class ReferenceFold {
 public:
  void Apply(const BookUpdate& update) {
    const bool is_snapshot = update.is_snapshot();
    const bool may_repeat = is_snapshot || update.kind == BookUpdateKind::kUnreadable;
    if (update.sequence < last || (update.sequence == last && (!may_repeat || last == proven)) ||
        (!is_snapshot && ahead.count(update.sequence) != 0)) {
      ++duplicates;
      return;
    }
    if (is_snapshot) {
      Snapshot(update);
    } else {
      ahead[update.sequence] = update;
      if (update.sequence > last + 1 && ahead.size() >= MarketFold::kHeldCountMax) {
        if (last != 0) {
          ++holes;
          Distrust(Doubt::kHole);
        }
        last = ahead.begin()->first - 1;
      }
    }
    while (!ahead.empty() && ahead.begin()->first <= last + 1) {
      const BookUpdate next = ahead.begin()->second;
      ahead.erase(ahead.begin());
      last = next.sequence;
      Next(next);
    }
  }

  Doubt doubt() const {
    return doubt_ == Doubt::kNone && !ahead.empty() ? Doubt::kWaiting : doubt_;
  }

  Maps book;
  std::int64_t sequence = 0;
  std::int64_t last = 0;
  std::int64_t proven = 0;
  std::map<std::int64_t, BookUpdate> ahead;
  std::uint64_t duplicates = 0;
  std::uint64_t holes = 0;
  std::uint64_t mismatches = 0;

 private:
  void Distrust(Doubt doubt) {
    if (doubt_ == Doubt::kNone) doubt_ = doubt;
  }

  void Snapshot(const BookUpdate& update) {
    const std::int64_t first_own =
        update.kind == BookUpdateKind::kVenueSnapshot ? update.sequence : update.sequence + 1;
    bool missing = false;
    for (std::int64_t n = last + 1; n < first_own; ++n) missing = missing || ahead.count(n) == 0;
    if (missing && last != 0) ++holes;
    Maps fresh;
    for (const book::Level& level : update.bids) fresh[0][level.price] = level.quantity.centis();
    for (const book::Level& level : update.asks) fresh[1][level.price] = level.quantity.centis();
    if (doubt_ == Doubt::kNone && update.sequence == last && fresh != book) ++mismatches;
    book = fresh;
    doubt_ = Doubt::kNone;
    sequence = last = proven = update.sequence;
    while (!ahead.empty() && ahead.begin()->first <= last) ahead.erase(ahead.begin());
  }

  void Next(const BookUpdate& update) {
    if (update.kind == BookUpdateKind::kGap) return Distrust(Doubt::kGap);
    if (update.kind == BookUpdateKind::kUnreadable) return Distrust(Doubt::kUnreadable);
    if (doubt_ != Doubt::kNone) return;
    auto& levels = book[static_cast<std::size_t>(update.side)];
    const auto found = levels.find(update.price);
    const std::int64_t before = found == levels.end() ? 0 : found->second;
    if (before + update.change.centis() != update.quantity.centis()) {
      return Distrust(Doubt::kInconsistent);
    }
    levels.erase(update.price);
    if (!update.quantity.is_zero()) levels[update.price] = update.quantity.centis();
    sequence = update.sequence;
  }

  Doubt doubt_ = Doubt::kNoSnapshot;
};

// A market's true stream, and the book after each number.
class Stream {
 public:
  explicit Stream(std::mt19937_64& random) : random_(random) {}

  void Make() {
    std::int64_t sequence = 0;
    int deltas = 0;
    while (static_cast<int>(messages.size()) < kMessagesPerStream) {
      const std::uint64_t dice = random_() % 100;
      if (sequence == 0 || dice < 2) {
        if (dice == 0 && sequence != 0) messages.push_back(Gap(++sequence));
        truth.resize(static_cast<std::size_t>(++sequence) + 1, now_);
        messages.push_back(VenueSnapshot(sequence, LevelsOf(now_, BookSide::kBid),
                                         LevelsOf(now_, BookSide::kAsk)));
        deltas = 0;
      } else {
        MakeDelta(++sequence);
        truth.resize(static_cast<std::size_t>(sequence) + 1, now_);
        if (++deltas % 10 == 0) {
          messages.push_back(PeriodicSnapshot(sequence, LevelsOf(now_, BookSide::kBid),
                                              LevelsOf(now_, BookSide::kAsk)));
        }
      }
    }
  }

  std::vector<BookUpdate> messages;
  std::vector<Maps> truth;  // By number.

 private:
  void MakeDelta(std::int64_t sequence) {
    // Few prices for both sides, so that books cross.
    const auto side = static_cast<BookSide>(random_() % 2);
    const Price price =
        Price::FromMicros(400'000 + static_cast<std::int64_t>(random_() % 30) * 100);
    auto& levels = now_[static_cast<std::size_t>(side)];
    const auto found = levels.find(price);
    const std::int64_t before = found == levels.end() ? 0 : found->second / 100;
    std::int64_t after = random_() % 3 == 0 ? 0 : static_cast<std::int64_t>(random_() % 50);
    if (after == before) ++after;
    messages.push_back(Delta(sequence, side, price, after - before, after));
    levels.erase(price);
    if (after != 0) levels[price] = after * 100;
  }

  std::mt19937_64& random_;
  Maps now_;
};

struct Spoil {
  bool has_lies = false;  // Deltas that fit and are not true, and wrong snapshots.
};

void SpoilMessages(std::mt19937_64& random, const Spoil& spoil, std::vector<BookUpdate>& messages) {
  std::vector<BookUpdate> out;
  for (BookUpdate& message : messages) {
    const std::uint64_t dice = random() % 100;
    if (dice < 2) continue;                // Lost.
    if (dice < 5) out.push_back(message);  // Double.
    if (dice == 5 && !out.empty()) {       // An old one again.
      out.push_back(out[random() % out.size()]);
    }
    if (dice == 6 && message.kind == BookUpdateKind::kDelta) {
      message.quantity += Quantity::FromCentis(1);
    }
    if (dice == 7) message = Unreadable(message.sequence);
    if (dice == 8 && spoil.has_lies && message.kind == BookUpdateKind::kDelta) {
      message.quantity += Quantity::FromCentis(1);
      message.change += Quantity::FromCentis(1);
      if (message.change.is_zero()) message.change = Quantity::FromCentis(2);
    }
    if (dice == 9 && spoil.has_lies && message.is_snapshot() && !message.bids.empty()) {
      message.bids.pop_back();
      message.book_hash = HashLevels(kTestTicker, message.bids, message.asks);
    }
    out.push_back(message);
  }
  for (std::size_t i = 0; i + 1 < out.size(); ++i) {
    const std::size_t other = std::min(out.size() - 1, i + random() % 12);
    if (random() % 30 == 0) std::swap(out[i], out[other]);
  }
  messages = std::move(out);
}

// The fold as a restart finds it.
void Restart(std::optional<MarketFold>& fold) {
  std::string bytes;
  ByteWriter writer(bytes);
  fold->Encode(writer);
  const FoldCounters counters = fold->counters();
  const RebuiltBook book = fold->book();
  fold.emplace(kTestTicker);
  ByteReader reader(bytes);
  fold->Decode(reader);
  REQUIRE(reader.AtEnd());
  REQUIRE(fold->counters() == counters);
  REQUIRE(fold->book() == book);
}

void Compare(std::uint64_t seed, const Spoil& spoil) {
  std::mt19937_64 random(seed);
  std::uint64_t trusted_count = 0;
  FoldCounters total;
  for (int i = 0; i < kStreamCount; ++i) {
    Stream stream(random);
    stream.Make();
    SpoilMessages(random, spoil, stream.messages);
    std::optional<MarketFold> fold(std::in_place, kTestTicker);
    ReferenceFold reference;
    for (const BookUpdate& message : stream.messages) {
      fold->Apply(message, nullptr);
      reference.Apply(message);
      REQUIRE(fold->doubt() == reference.doubt());
      REQUIRE(fold->book_sequence() == reference.sequence);
      REQUIRE(fold->last_sequence() == reference.last);
      REQUIRE(fold->held_count() == reference.ahead.size());
      REQUIRE(Equal(fold->book().levels(), reference.book));
      REQUIRE(fold->counters().duplicates == reference.duplicates);
      REQUIRE(fold->counters().holes == reference.holes);
      REQUIRE(fold->counters().hash_mismatches == reference.mismatches);
      if (!spoil.has_lies) {
        const auto number = static_cast<std::size_t>(fold->book_sequence());
        REQUIRE(Equal(fold->book().levels(), stream.truth[number]));
      }
      trusted_count += fold->doubt() == Doubt::kNone ? 1 : 0;
      if (random() % 50 == 0) Restart(fold);
    }
    total.Add(fold->counters());
  }
  // Each of them was met.
  CHECK(trusted_count > static_cast<std::uint64_t>(kStreamCount));
  CHECK(total.holes > 0);
  CHECK(total.reordered > 0);
  CHECK(total.duplicates > 0);
  CHECK(total.inconsistent > 0);
  CHECK((total.hash_mismatches > 0) == spoil.has_lies);
}

TEST_CASE("MarketFold: a book is the true one of its number, whatever is lost, doubled or spoilt",
          "[rebuilder]") {
  Compare(evx::testing::TestSeed("MarketFold"), {});
}

TEST_CASE("MarketFold: equals a slow fold also where the messages lie", "[rebuilder]") {
  Compare(evx::testing::TestSeed("MarketFold"), {.has_lies = true});
}

}  // namespace
}  // namespace evx::order_book_rebuilder
