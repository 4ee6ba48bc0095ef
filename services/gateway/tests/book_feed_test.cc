#include "sources/book_feed.h"

#include <catch2/catch.hpp>
#include <iostream>
#include <map>
#include <random>

namespace evx::gateway {
namespace {

namespace md = marketdata::v1;

md::BookMessage Numbered(std::int64_t sequence, const std::string& ticker = "KX") {
  md::BookMessage message;
  message.set_market_ticker(ticker);
  message.mutable_envelope()->set_sequence(sequence);
  return message;
}

md::BookMessage Delta(std::int64_t sequence, std::int64_t price_cents, std::int64_t quantity) {
  md::BookMessage message = Numbered(sequence);
  message.mutable_delta()->set_side(common::v1::BOOK_SIDE_BID);
  message.mutable_delta()->set_price_micros(price_cents * 10'000);
  message.mutable_delta()->set_quantity_centis(quantity);
  return message;
}

using Levels = std::map<std::int64_t, std::int64_t>;  // Bids, by cents.

md::BookMessage Snapshot(std::int64_t sequence, const Levels& levels) {
  md::BookMessage message = Numbered(sequence);
  message.mutable_snapshot();
  for (const auto& [price, quantity] : levels) {
    auto& level = *message.mutable_snapshot()->add_bids();
    level.set_price_micros(price * 10'000);
    level.set_quantity_centis(quantity);
  }
  return message;
}

md::BookMessage Gap(std::int64_t sequence) {
  md::BookMessage message = Numbered(sequence);
  message.mutable_gap();
  return message;
}

rebuild::v1::Book Rebuilt(std::int64_t sequence, const Levels& levels) {
  rebuild::v1::Book book;
  book.set_market_ticker("KX");
  book.set_sequence(sequence);
  book.set_doubt(rebuild::v1::BOOK_DOUBT_NONE);
  for (const auto& [price, quantity] : levels) {
    auto& level = *book.add_bids();
    level.set_price_micros(price * 10'000);
    level.set_quantity_centis(quantity);
  }
  return book;
}

// What a browser has of the stream.
struct Reader {
  Levels levels;
  v1::BookHealth health;

  void Take(const std::vector<StreamNews>& news) {
    for (const auto& item : news) {
      const auto& update = std::get<v1::ServerMessage>(item.news).book_update();
      if (update.is_whole()) levels.clear();
      for (const auto& level : update.levels()) {
        levels[level.price_micros() / 10'000] = level.quantity_centis();
        if (level.quantity_centis() == 0) levels.erase(level.price_micros() / 10'000);
      }
      health = update.health();
    }
  }
};

struct Fixture {
  BookFeed feed{BookFeed::Plane::kLive};
  Reader reader;

  void Apply(const md::BookMessage& message) {
    std::vector<StreamNews> news;
    feed.Apply(message, news);
    reader.Take(news);
  }
  bool Merge(const rebuild::v1::Book& book) {
    std::vector<StreamNews> news;
    const bool fits = feed.Merge(book, news);
    reader.Take(news);
    return fits;
  }
};

}  // namespace

TEST_CASE("BookFeed: a book begins with a snapshot, and follows its numbers") {
  Fixture f;
  f.Apply(Delta(4, 10, 1));
  CHECK_FALSE(f.feed.IsLive("KX"));
  f.Apply(Snapshot(4, {{10, 1}}));
  f.Apply(Delta(5, 11, 2));
  f.Apply(Delta(5, 11, 9));  // A double.
  CHECK(f.feed.IsLive("KX"));
  CHECK(f.reader.levels == Levels{{10, 1}, {11, 2}});
  CHECK(f.reader.health.book_sequence() == 5);
  CHECK(f.reader.health.delta_count() == 1);
  CHECK(f.reader.health.snapshot_count() == 1);
}

TEST_CASE("BookFeed: a number that is missing leaves the book in doubt until its next snapshot") {
  Fixture f;
  f.Apply(Snapshot(1, {{10, 1}}));
  f.Apply(Delta(3, 12, 3));
  CHECK(f.reader.health.state() == v1::BOOK_STATE_IN_DOUBT);
  CHECK(f.reader.health.gap_count() == 1);
  CHECK(f.reader.levels == Levels{{10, 1}});
  f.Apply(Delta(4, 13, 4));
  f.Apply(Snapshot(4, {{10, 1}, {13, 4}}));
  CHECK(f.reader.health.state() == v1::BOOK_STATE_LIVE);
  CHECK(f.reader.levels == Levels{{10, 1}, {13, 4}});
  CHECK(f.feed.gap_count() == 1);
}

TEST_CASE("BookFeed: a gap that the publisher tells is one, however well the numbers follow") {
  Fixture f;
  f.Apply(Snapshot(1, {{10, 1}}));
  f.Apply(Gap(2));
  CHECK(f.reader.health.state() == v1::BOOK_STATE_IN_DOUBT);
  f.Apply(Delta(3, 10, 5));
  CHECK(f.reader.levels == Levels{{10, 1}});
  // The rebuilder's book of before the gap is no help, nor is one in doubt.
  CHECK_FALSE(f.Merge(Rebuilt(1, {{10, 1}})));
  auto doubtful = Rebuilt(3, {});
  doubtful.set_doubt(rebuild::v1::BOOK_DOUBT_GAP);
  CHECK_FALSE(f.Merge(doubtful));
}

TEST_CASE("BookFeed: the rebuilder's book and the changes behind it make a book") {
  Fixture f;
  for (int i = 5; i < 9; ++i) f.Apply(Delta(i, i, i));
  CHECK_FALSE(f.Merge(Rebuilt(3, {{1, 1}})));  // 4 was not seen.
  CHECK(f.Merge(Rebuilt(6, {{1, 1}, {5, 5}, {6, 6}})));
  CHECK(f.reader.levels == Levels{{1, 1}, {5, 5}, {6, 6}, {7, 7}, {8, 8}});
  CHECK(f.reader.health.book_sequence() == 8);
  // A live book needs no help.
  CHECK(f.Merge(Rebuilt(2, {})));
  CHECK(f.reader.levels.size() == 5);
}

TEST_CASE("BookFeed: while nobody feeds it a live book is told as in doubt") {
  Fixture f;
  f.Apply(Snapshot(1, {{40, 5}}));
  std::vector<StreamNews> news;
  f.feed.SetFed(true, news);
  CHECK(news.empty());
  f.feed.SetFed(false, news);
  f.reader.Take(news);
  CHECK(f.reader.health.state() == v1::BOOK_STATE_IN_DOUBT);
  CHECK(f.reader.levels == Levels{{40, 5}});
  CHECK(f.feed.IsLive("KX"));
  SECTION("and as live when somebody does again") {
    news.clear();
    f.feed.SetFed(true, news);
    f.reader.Take(news);
    CHECK(f.reader.health.state() == v1::BOOK_STATE_LIVE);
  }
  SECTION("and as live when a change comes all the same") {
    f.Apply(Delta(2, 41, 7));
    CHECK(f.reader.health.state() == v1::BOOK_STATE_LIVE);
    CHECK(f.reader.levels == Levels{{40, 5}, {41, 7}});
  }
  SECTION("a book that has missed changes stays in doubt") {
    f.Apply(Gap(3));
    news.clear();
    f.feed.SetFed(true, news);
    CHECK(news.empty());
    CHECK(f.reader.health.state() == v1::BOOK_STATE_IN_DOUBT);
  }
}

TEST_CASE("BookFeed: what is held of a market that is not live is bounded") {
  Fixture f;
  for (std::int64_t i = 1; i < 10'000; ++i) f.Apply(Delta(i, 1 + i % 98, i));
  CHECK_FALSE(f.Merge(Rebuilt(1, {})));
  CHECK(f.Merge(Rebuilt(9'999 - static_cast<std::int64_t>(BookFeed::kHeldMax), {})));
}

TEST_CASE("BookFeed: another replay's numbers begin anew") {
  Fixture f;
  auto message = Snapshot(100, {{10, 1}});
  message.mutable_envelope()->set_replay_id("a");
  f.Apply(message);
  message = Snapshot(1, {{20, 2}});
  message.mutable_envelope()->set_replay_id("b");
  f.Apply(message);
  CHECK(f.reader.levels == Levels{{20, 2}});
  std::vector<StreamNews> news;
  f.feed.Reset(news);
  f.reader.Take(news);
  CHECK(f.reader.levels.empty());
  CHECK(f.reader.health.state() == v1::BOOK_STATE_WAITING);
}

TEST_CASE("BookFeed: a book that is live is the publisher's of that number, whatever is lost") {
  const auto seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  INFO("seed " << seed);
  std::mt19937 random(seed);
  const auto pick = [&random](int count) {
    return static_cast<int>(random() % static_cast<unsigned>(count));
  };
  for (int round = 0; round < 50; ++round) {
    Fixture f;
    std::map<std::int64_t, Levels> truth;
    Levels book;
    std::int64_t sequence = 0;
    for (int step = 0; step < 500; ++step) {
      const int what = pick(20);
      md::BookMessage message;
      if (what == 0 && sequence > 0) {
        message = Snapshot(sequence, book);  // Periodic.
      } else if (what == 1) {
        message = Gap(++sequence);
        truth[sequence] = book;
      } else if (what == 2) {
        book = {{1 + pick(99), 7}};
        message = Snapshot(++sequence, book);  // The venue's.
        truth[sequence] = book;
      } else {
        const int price = 1 + pick(20);
        book[price] = pick(4);
        message = Delta(++sequence, price, book[price]);
        if (book[price] == 0) book.erase(price);
        truth[sequence] = book;
      }
      if (pick(15) != 0) f.Apply(message);
      if (pick(10) == 0 && sequence > 0) {
        const std::int64_t at = 1 + pick(static_cast<int>(sequence));
        auto rebuilt = Rebuilt(at, truth[at]);
        f.Merge(rebuilt);
      }
      if (f.reader.health.state() != v1::BOOK_STATE_LIVE) continue;
      REQUIRE(f.reader.levels == truth[f.reader.health.book_sequence()]);
    }
  }
}

}  // namespace evx::gateway
