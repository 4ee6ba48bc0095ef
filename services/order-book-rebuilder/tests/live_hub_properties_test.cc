#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "evx/core/testing/seed.h"
#include "live/live_hub.h"
#include "tests/live_fixture.h"

// Readers that fold what they are told, against a publisher whose books are known at every number.

namespace evx::order_book_rebuilder {
namespace {

constexpr int kRounds = 60;
constexpr int kSteps = 400;
const std::vector<std::string> kTickers = {"AA", "AB", "BA", "BB", "C"};

// One market: its book, and its hash at every number.
struct Market {
  std::int64_t sequence = 0;
  std::map<std::int64_t, std::int64_t> sides[2];  // By price in cents, contracts.
  std::map<std::int64_t, std::uint64_t> hashes;

  std::vector<book::Level> Levels(int side) const {
    std::vector<book::Level> levels;
    for (const auto& [cents, contracts] : sides[side]) {
      levels.push_back(
          {Price::FromCents(static_cast<int>(cents)), Quantity::FromContracts(contracts)});
    }
    if (side == 0) std::reverse(levels.begin(), levels.end());
    return levels;
  }
  std::uint64_t Hash(const std::string& ticker) const {
    return book::HashLevels(ticker, Levels(0), Levels(1));
  }
};

// Holds every book as it is told, and whatever is told against the truth.
class FoldingReader final : public LiveReader {
 public:
  explicit FoldingReader(const std::map<std::string, Market>& truth) : truth_(truth) {}

  void Tell(BookNews& news, NewsDetail detail) override {
    Told& told = told_[news.ticker()];
    ++count;
    if (const BookChange* const change = news.change()) {
      if (detail == NewsDetail::kTop) return CheckTop(told, *change);
      REQUIRE(told.has_book);
      REQUIRE(change->sequence == told.sequence + 1);
      told.sequence = change->sequence;
      REQUIRE(told.book.Apply(change->side, change->price, change->change) ==
              book::ApplyResult::kApplied);
      REQUIRE(told.book.QuantityAt(change->side, change->price) == change->quantity);
    } else {
      const MarketState& state = news.state();
      told.has_book = state.presence == BookPresence::kBook;
      if (!told.has_book) {
        REQUIRE(state.presence != BookPresence::kBook);
        return;
      }
      // Nobody is taken back in time, but by a partition that came back.
      told.sequence = state.view.sequence;
      std::vector<book::Level> sides[2];
      for (const LevelView& level : state.view.bids) {
        sides[0].push_back({level.price, level.quantity});
      }
      for (const LevelView& level : state.view.asks) {
        sides[1].push_back({level.price, level.quantity});
      }
      REQUIRE(told.book.Reset(sides[0], sides[1]).ok());
    }
    REQUIRE(book::HashBook(news.ticker(), told.book) ==
            truth_.at(news.ticker()).hashes.at(told.sequence));
  }
  std::size_t unsent_bytes() const override { return unsent; }
  void OnTooSlow() override { FAIL("it is never slow for long"); }

  bool Has(const std::string& ticker, std::int64_t sequence) const {
    const auto found = told_.find(ticker);
    return found != told_.end() && found->second.has_book && found->second.sequence == sequence;
  }
  bool HasBook(const std::string& ticker) const {
    const auto found = told_.find(ticker);
    return found != told_.end() && found->second.has_book;
  }

  std::size_t unsent = 0;
  std::size_t count = 0;

 private:
  struct Told {
    bool has_book = false;
    std::int64_t sequence = 0;
    book::Book book;
  };

  static void CheckTop(const Told& told, const BookChange& change) {
    REQUIRE(told.sequence == change.sequence);  // The change itself came just before.
    const auto bid = told.book.Best(BookSide::kBid);
    REQUIRE(bid.has_value() == change.bid.has_value());
    if (bid) REQUIRE((bid->price == change.bid->price && bid->quantity == change.bid->quantity));
    REQUIRE(told.book.is_crossed() == change.is_crossed);
  }

  const std::map<std::string, Market>& truth_;
  std::map<std::string, Told> told_;
};

class Run {
 public:
  explicit Run(std::uint64_t seed) : random_(seed) {
    for (const std::string& ticker : kTickers) truth_[ticker];
    for (std::size_t i = 0; i < 4; ++i) {
      readers_.push_back(std::make_unique<FoldingReader>(truth_));
      live_.hub.Add(*readers_.back());
    }
  }
  ~Run() {
    for (const auto& reader : readers_) live_.hub.Remove(*reader);
  }

  void Step() {
    switch (Pick(12)) {
      case 0:
        return Subscribe(*readers_[Pick(readers_.size())]);
      case 1:
        live_.hub.Turn(0);
        return;
      case 2:
      case 3:
        live_.DeliverOne(live_.hub);
        return;
      case 4: {
        FoldingReader& reader = *readers_[Pick(readers_.size())];
        reader.unsent = reader.unsent == 0 ? feed::SendGate::kFullBytes : 0;
        live_.hub.Tick(reader, 0);
        return;
      }
      case 5:
        return Move(static_cast<std::int32_t>(Pick(LiveBooks::kPartitionCount)));
      case 6:
        if (Pick(10) != 0) return;
        return live_.LoseAll(live_.hub);
      default:
        return Publish(kTickers[Pick(kTickers.size())]);
    }
  }

  // Everybody takes everything, and has every book.
  void Finish() {
    for (std::int32_t number = 0; number < LiveBooks::kPartitionCount; ++number) {
      if (is_away_[number]) Move(number);
    }
    for (const std::string& ticker : kTickers) Snapshot(ticker);
    for (const auto& reader : readers_) {
      live_.hub.Subscribe(*reader, {"", true, kBookChannel});
      reader->unsent = 0;
      live_.hub.Tick(*reader, 0);
    }
    live_.Settle(live_.hub);
    for (const auto& reader : readers_) {
      for (const auto& [ticker, market] : truth_) {
        INFO(ticker);
        REQUIRE(reader->Has(ticker, market.sequence));
      }
      told += reader->count;
    }
  }

  std::size_t told = 0;

 private:
  struct Live : LiveBooks {
    LiveHub hub{books, feed, counters};
  };

  std::size_t Pick(std::size_t count) { return random_() % count; }

  void Subscribe(FoldingReader& reader) {
    feed::Subject subject{kTickers[Pick(kTickers.size())], false, kBookChannel};
    if (Pick(3) == 0) subject = {Pick(2) == 0 ? "" : "A", true, kBookChannel | kTopChannel};
    if (Pick(4) == 0) return live_.hub.Unsubscribe(reader, subject);
    live_.hub.Subscribe(reader, subject);
  }

  // A partition goes to another member, or comes back with what that one has applied.
  void Move(std::int32_t number) {
    is_away_[number] = !is_away_[number];
    if (is_away_[number]) return live_.Close(number);
    live_.Reopen(number);
  }

  void Publish(const std::string& ticker) {
    Market& market = truth_[ticker];
    if (market.sequence == 0 || Pick(20) == 0) return Snapshot(ticker);
    if (Pick(20) == 0) {
      const std::int64_t sequence = ++market.sequence;
      market.hashes[sequence] = market.Hash(ticker);
      return live_.Apply(ticker, Gap(sequence));
    }
    const std::size_t side = Pick(2);
    const auto cents = static_cast<std::int64_t>(30 + 20 * side + Pick(25));
    auto& levels = market.sides[side];
    const std::int64_t before = levels.contains(cents) ? levels[cents] : 0;
    std::int64_t after = Pick(3) == 0 ? 0 : static_cast<std::int64_t>(1 + Pick(9));
    if (after == before) ++after;
    levels[cents] = after;
    if (after == 0) levels.erase(cents);
    const std::int64_t sequence = ++market.sequence;
    market.hashes[sequence] = market.Hash(ticker);
    live_.Apply(ticker, Delta(sequence, side == 0 ? BookSide::kBid : BookSide::kAsk,
                              Price::FromCents(static_cast<int>(cents)), after - before, after));
  }

  void Snapshot(const std::string& ticker) {
    Market& market = truth_[ticker];
    const std::int64_t sequence = ++market.sequence;
    market.hashes[sequence] = market.Hash(ticker);
    live_.Apply(ticker, VenueSnapshot(sequence, market.Levels(0), market.Levels(1)));
  }

  std::mt19937_64 random_;
  Live live_;
  std::map<std::string, Market> truth_;
  std::map<std::int32_t, bool> is_away_;
  std::vector<std::unique_ptr<FoldingReader>> readers_;
};

TEST_CASE("LiveHub: whatever is delivered when, every book that is told is the true one",
          "[live]") {
  const std::uint32_t seed = evx::testing::TestSeed("LiveHub");
  std::size_t told = 0;
  for (int round = 0; round < kRounds; ++round) {
    INFO("seed " << seed << ", round " << round);
    Run run(seed + static_cast<std::uint64_t>(round));
    for (int step = 0; step < kSteps; ++step) run.Step();
    run.Finish();
    told += run.told;
  }
  CHECK(told > kRounds * 100u);
}

}  // namespace
}  // namespace evx::order_book_rebuilder
