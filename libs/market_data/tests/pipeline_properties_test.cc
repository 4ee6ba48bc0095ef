// Random histories of a venue that loses, repeats and misnumbers, against a fold that is as simple
// as can be: what a reader makes of the messages is the venue's book at every proof.

#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>

#include "evx/book/book.h"
#include "evx/core/testing/seed.h"
#include "evx/market_data/testing/pipeline_fixture.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

using Side = std::map<std::int64_t, std::int64_t>;  // Price to quantity.

// Reads the messages of one market as proto/evx/marketdata says.
struct Reader {
  Side bids;
  Side asks;
  std::int64_t sequence = 0;
  bool is_trusted = false;
  int deltas_since_snapshot = 0;

  std::uint64_t Hash(const std::string& ticker) const {
    std::vector<book::Level> best_first[2];
    for (auto level = bids.rbegin(); level != bids.rend(); ++level) {
      best_first[0].push_back(
          {Price::FromMicros(level->first), Quantity::FromCentis(level->second)});
    }
    for (const auto& [price, quantity] : asks) {
      best_first[1].push_back({Price::FromMicros(price), Quantity::FromCentis(quantity)});
    }
    return book::HashLevels(ticker, best_first[0], best_first[1]);
  }

  void Read(const pb::BookMessage& message, int deltas_per_snapshot) {
    const bool is_proof =
        message.has_snapshot() && message.snapshot().cause() == pb::SNAPSHOT_CAUSE_PERIODIC;
    REQUIRE(message.envelope().sequence() == sequence + (is_proof ? 0 : 1));
    sequence = message.envelope().sequence();
    if (message.has_gap()) {
      REQUIRE(is_trusted);
      is_trusted = false;
      return;
    }
    if (message.has_delta()) {
      REQUIRE(is_trusted);
      const pb::BookDelta& delta = message.delta();
      Side& side = delta.side() == common::v1::BOOK_SIDE_BID ? bids : asks;
      REQUIRE(delta.delta_centis() != 0);
      REQUIRE((side[delta.price_micros()] += delta.delta_centis()) == delta.quantity_centis());
      if (delta.quantity_centis() == 0) side.erase(delta.price_micros());
      REQUIRE(++deltas_since_snapshot <= deltas_per_snapshot);
      return;
    }
    if (is_proof) {
      REQUIRE(is_trusted);
      REQUIRE(deltas_since_snapshot == deltas_per_snapshot);
      REQUIRE(message.snapshot().book_hash() == Hash(message.market_ticker()));
    }
    bids.clear();
    asks.clear();
    for (const auto& level : message.snapshot().bids()) {
      bids[level.price_micros()] = level.quantity_centis();
    }
    for (const auto& level : message.snapshot().asks()) {
      asks[level.price_micros()] = level.quantity_centis();
    }
    REQUIRE(message.snapshot().book_hash() == Hash(message.market_ticker()));
    is_trusted = true;
    deltas_since_snapshot = 0;
  }
};

// One market of the venue, by cents and hundredths, each side its own prices.
struct VenueMarket {
  std::map<int, int> yes;
  std::map<int, int> no;

  Reader Book() const {
    Reader reader;
    for (const auto& [cents, count] : yes) reader.bids[cents * 10'000] = count;
    for (const auto& [cents, count] : no) reader.asks[(100 - cents) * 10'000] = count;
    return reader;
  }
};

class History {
 public:
  History(std::uint32_t seed, int deltas_per_snapshot)
      : random_(seed), deltas_per_snapshot_(deltas_per_snapshot), f_(deltas_per_snapshot) {
    f_.pipeline.AddMarkets(tickers_);
  }

  void Step() {
    const std::string ticker = tickers_[static_cast<std::size_t>(Draw(3))];
    VenueMarket& market = venue_[ticker];
    const int what = Draw(100);
    if (what < 4) {
      f_.sink.is_full = !f_.sink.is_full;
      if (!f_.sink.is_full) f_.pipeline.Restate();
    } else if (what < 8) {
      f_.Gap(Draw(2) == 0 ? tickers_ : std::vector<std::string>{ticker});
      Change(market);  // Nobody sees it.
      f_.Snapshot(ticker, market.yes, market.no);
    } else if (what < 12) {
      f_.Snapshot(ticker, market.yes, market.no);  // Mostly the same.
    } else if (what < 14) {
      f_.Delta(ticker, ContractSide::kYes, 1 + Draw(99), -1'000'000);  // Nonsense.
      f_.Snapshot(ticker, market.yes, market.no);
    } else if (what < 16) {
      f_.Delta(ticker, ContractSide::kNo, 1 + Draw(99), 0);
    } else {
      const auto [side, cents, change] = Change(market);
      f_.Delta(ticker, side, cents, change);
    }
    Read();
  }

  // Everything is told in the end.
  void Finish() {
    f_.sink.is_full = false;
    for (const std::string& ticker : tickers_) {
      f_.Snapshot(ticker, venue_[ticker].yes, venue_[ticker].no);
    }
    f_.pipeline.Restate();
    Read();
    for (const std::string& ticker : tickers_) {
      REQUIRE(readers_[ticker].is_trusted);
      REQUIRE(readers_[ticker].Hash(ticker) == venue_[ticker].Book().Hash(ticker));
      REQUIRE(f_.pipeline.FindBook(ticker, 99)->hash == venue_[ticker].Book().Hash(ticker));
    }
  }

 private:
  struct Changed {
    ContractSide side;
    int cents;
    int change;
  };

  int Draw(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }

  Changed Change(VenueMarket& market) {
    const ContractSide which = Draw(2) == 0 ? ContractSide::kYes : ContractSide::kNo;
    std::map<int, int>& side = which == ContractSide::kYes ? market.yes : market.no;
    const int cents = 1 + Draw(99);
    const int rests = side.contains(cents) ? side[cents] : 0;
    const int change = rests > 0 && Draw(2) == 0 ? (Draw(3) == 0 ? -1 : -rests) : 1 + Draw(500);
    side[cents] = rests + change;
    if (side[cents] == 0) side.erase(cents);
    return {which, cents, change};
  }

  // What was published since the last call; a trusted book of a reader is never wrong unless the
  // sink was full, of which it hears as soon as there is room.
  void Read() {
    for (; read_ < f_.sink.books.size(); ++read_) {
      const pb::BookMessage& message = f_.sink.books[read_];
      readers_[message.market_ticker()].Read(message, deltas_per_snapshot_);
    }
    if (f_.sink.is_full) return;
    for (const std::string& ticker : tickers_) {
      const Reader& reader = readers_[ticker];
      if (reader.is_trusted && f_.pipeline.FindMarket(ticker)->is_proven) {
        REQUIRE(reader.Hash(ticker) == venue_[ticker].Book().Hash(ticker));
      }
    }
  }

  std::mt19937 random_;
  const int deltas_per_snapshot_;
  const std::vector<std::string> tickers_ = {"A", "B", "C"};
  testing::PipelineFixture<> f_;
  std::map<std::string, VenueMarket> venue_;
  std::map<std::string, Reader> readers_;
  std::size_t read_ = 0;
};

TEST_CASE("MarketPipeline: readers have the venue's book whenever they trust theirs",
          "[market_data]") {
  const std::uint32_t seed = evx::testing::TestSeed("MarketPipeline");
  for (std::uint32_t i = 0; i < 20; ++i) {
    History history(seed + i, static_cast<int>(1 + i % 12));
    for (int step = 0; step < 1'000; ++step) history.Step();
    history.Finish();
  }
}

}  // namespace
}  // namespace evx::market_data
