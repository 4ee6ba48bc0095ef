// Clients that take data at random, of random histories with gaps, trades and tickers: whoever
// takes all has every number once, whoever does not has the exact books in the end.

#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <vector>

#include "evx/core/testing/seed.h"
#include "feed_fixture.h"

namespace evx::market_data {
namespace {

class FeedHistory {
 public:
  explicit FeedHistory(std::uint32_t seed) : random_(seed), f_(1 + Draw(12)) {
    f_.pipeline.AddMarkets(tickers_);
    for (int i = 0; i < 4; ++i) {
      readers_.push_back(std::make_unique<FeedReader>(
          f_.hub, i % 2 == 0 ? FeedFormat::kJson : FeedFormat::kProtobuf));
      readers_.back()->Subscribe(i < 2 ? std::vector<std::string>{"all"} : tickers_);
    }
    f_.TurnAll();  // Until then a client gets the present values, not each message.
    for (const int slow : {1, 2}) {
      readers_[static_cast<std::size_t>(slow)]->socket.takes = false;
      // Full after some hundred bytes.
      readers_[static_cast<std::size_t>(slow)]->socket.weight = 2'000;
    }
  }

  void Step() {
    const std::string& ticker = tickers_[static_cast<std::size_t>(Draw(3))];
    const int what = Draw(100);
    if (what < 3) {
      f_.Gap({ticker});
      if (Draw(2) == 0) f_.Snapshot(ticker, {{1 + Draw(99), 100}}, {});
    } else if (what < 8) {
      f_.Snapshot(ticker, {{1 + Draw(49), 1 + Draw(500)}}, {{1 + Draw(49), 1 + Draw(500)}});
    } else if (what < 20) {
      f_.Trade(ticker, ++count_);
    } else if (what < 32) {
      f_.Ticker(ticker, ++count_);
    } else {
      f_.Delta(ticker, Draw(2) == 0 ? ContractSide::kYes : ContractSide::kNo, 1 + Draw(99),
               1 + Draw(100));
    }
    if (Draw(3) == 0) waiting_.push_back(f_.Commit());
    while (!waiting_.empty() && Draw(2) == 0) DeliverOne();
    for (const int slow : {1, 2}) {
      FeedReader& reader = *readers_[static_cast<std::size_t>(slow)];
      if (Draw(4) == 0) reader.socket.TakeBytes(static_cast<std::size_t>(Draw(2'000)));
      f_.hub.OnTick(*reader.client, f_.now);
    }
    if (Draw(2) == 0) f_.hub.Turn(f_.now);
    for (const auto& reader : readers_) reader->Read();
  }

  void Finish() {
    waiting_.push_back(f_.Commit());
    while (!waiting_.empty()) DeliverOne();
    for (int i = 0; i < 3'000; ++i) {
      for (const auto& reader : readers_) {
        reader->socket.TakeBytes(1'000'000);
        f_.hub.OnTick(*reader->client, f_.now);
      }
      f_.TurnAll();
      for (const auto& reader : readers_) reader->Read();
    }
    Check();
  }

 private:
  int Draw(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }

  void DeliverOne() {
    f_.hub.Deliver(*waiting_.front(), f_.now);
    waiting_.erase(waiting_.begin());
  }

  void Check() {
    for (std::size_t i = 0; i < readers_.size(); ++i) {
      FeedReader& reader = *readers_[i];
      REQUIRE_FALSE(reader.socket.close_code);
      const bool is_fast = i == 0 || i == 3;
      for (const std::string& ticker : tickers_) {
        const auto market = f_.pipeline.FindMarket(ticker);
        const BookReader& book = reader.books[ticker];
        REQUIRE(book.sequence == market->places[Topic::kBook]);
        REQUIRE(book.doubles == 0);
        REQUIRE(book.is_trusted == market->is_proven);
        if (market->is_proven) {
          REQUIRE(book::HashBook(ticker, book.book) == f_.pipeline.FindBook(ticker, 99)->hash);
        }
        // Trades are never left out.
        const auto& trades = reader.trades[ticker];
        REQUIRE(static_cast<std::int64_t>(trades.size()) == market->places[Topic::kTrades]);
        for (std::size_t n = 0; n < trades.size(); ++n) {
          REQUIRE(trades[n] == static_cast<std::int64_t>(n) + 1);
        }
        const auto& numbers = reader.tickers[ticker];
        for (std::size_t n = 1; n < numbers.size(); ++n) REQUIRE(numbers[n - 1] < numbers[n]);
        if (!numbers.empty()) REQUIRE(numbers.back() == market->places[Topic::kTickers]);
        if (!is_fast) continue;
        REQUIRE(book.holes == 0);
        REQUIRE(static_cast<std::int64_t>(numbers.size()) == market->places[Topic::kTickers]);
      }
    }
    REQUIRE(f_.probe.client_conflated() > 0);
  }

  std::mt19937 random_;
  const std::vector<std::string> tickers_ = {"A", "B", "C"};
  FeedFixture f_;
  std::vector<std::unique_ptr<FeedReader>> readers_;
  std::vector<std::shared_ptr<const FeedBatch>> waiting_;
  int count_ = 0;
};

TEST_CASE("FeedHub: fast clients see every number, slow ones end with the exact books",
          "[market_data]") {
  const std::uint32_t seed = evx::testing::TestSeed("FeedHub");
  for (std::uint32_t i = 0; i < 10; ++i) {
    FeedHistory history(seed + i);
    for (int step = 0; step < 2'000; ++step) history.Step();
    history.Finish();
  }
}

}  // namespace
}  // namespace evx::market_data
