// A standby that follows a leader: whatever was published when the leader ended, and however far
// each of them had read, readers go on as if nothing had happened.

#include "evx/market_data/succession.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "evx/core/testing/seed.h"
#include "evx/market_data/published_markets.h"
#include "evx/market_data/testing/pipeline_fixture.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

constexpr Timestamp kAlways = Timestamp::FromSeconds(1'000'000'000);

// What one server has told, message by message in the order of publishing.
class Publication final : public MessageSink {
 public:
  struct Message {
    Topic topic = Topic::kBook;
    std::string key;
    std::string payload;
  };

  bool Publish(Topic topic, std::string_view key, std::int64_t /*sequence*/,
               const google::protobuf::MessageLite& message, Timestamp /*received*/) override {
    messages.push_back({topic, std::string(key), message.SerializeAsString()});
    return true;
  }
  std::vector<Message> messages;
};

template <class Proto>
void AppendAs(const Publication::Message& message, MessageBatch& batch) {
  Proto proto;
  REQUIRE(proto.ParseFromString(message.payload));
  batch.Append(message.topic, message.key, 0, proto);
}

void Append(const Publication::Message& message, MessageBatch& batch) {
  if (message.topic == Topic::kBook) return AppendAs<pb::BookMessage>(message, batch);
  if (message.topic == Topic::kTrades) return AppendAs<pb::TradeMessage>(message, batch);
  AppendAs<pb::TickerMessage>(message, batch);
}

struct Server {
  Server() { pipeline.StandBy(); }

  ManualClock clock{Timestamp::FromSeconds(1'000)};
  PipelineProbe probe;
  Publication told;
  MarketPipeline pipeline{{"test", 10, 7}, told, clock, probe};
  std::size_t read = 0;  // Events of the venue.
};

// Something that the venue tells everybody.
struct Event {
  enum class Kind { kDelta, kTrade, kTicker, kSnapshot };
  Kind kind = Kind::kDelta;
  kalshi::OrderbookDelta delta;
  kalshi::TradeUpdate trade;
  kalshi::TickerUpdate ticker;
  kalshi::OrderbookSnapshot snapshot;
};

void Deliver(Server& server, const Event& event) {
  server.clock.AdvanceBy(absl::Milliseconds(1));
  kalshi_client::FeedPosition position;
  position.received = server.clock.Now();
  switch (event.kind) {
    case Event::Kind::kDelta:
      return server.pipeline.OnDelta(position, event.delta);
    case Event::Kind::kTrade:
      return server.pipeline.OnTrade(position, event.trade);
    case Event::Kind::kTicker:
      return server.pipeline.OnTicker(position, event.ticker);
    case Event::Kind::kSnapshot:
      return server.pipeline.OnSnapshot(position, event.snapshot);
  }
}

// A venue of a few levels, so that the same books come again and again.
class Venue {
 public:
  Venue(std::uint32_t seed, int events_per_milli)
      : random_(seed), events_per_milli_(events_per_milli) {
    for (const std::string& ticker : tickers) {
      events.push_back(SnapshotOf(ticker));
      events.push_back(TickerOf(ticker, Timestamp::FromMillis(1)));
    }
  }

  void Add() {
    const std::string& ticker = tickers[static_cast<std::size_t>(Draw(2))];
    const Timestamp time = Timestamp::FromMillis(10'000 + static_cast<std::int64_t>(events.size()) /
                                                              events_per_milli_);
    Event event;
    const int what = Draw(10);
    if (what == 0) {
      event.kind = Event::Kind::kTrade;
      event.trade.market_ticker = ticker;
      event.trade.trade_id = "trade " + std::to_string(++trade_count);
      event.trade.time = time;
    } else if (what == 1) {
      event = TickerOf(ticker, time);
    } else {
      const int cents = 40 + Draw(2);
      int& rests = books[ticker][cents];
      const int change = rests > 0 ? -rests : 100;
      rests += change;
      ++delta_counts[ticker];
      event.delta.market_ticker = ticker;
      event.delta.price = Price::FromCents(cents);
      event.delta.delta = Quantity::FromCentis(change);
      event.delta.time = time;
    }
    events.push_back(event);
  }

  Event TickerOf(const std::string& ticker, Timestamp time) {
    Event event;
    event.kind = Event::Kind::kTicker;
    event.ticker.market_ticker = ticker;
    event.ticker.volume = Quantity::FromCentis(++ticker_counts[ticker]);
    event.ticker.time = time;
    return event;
  }
  Event SnapshotOf(const std::string& ticker) {
    Event event;
    event.kind = Event::Kind::kSnapshot;
    event.snapshot.market_ticker = ticker;
    for (const auto& [cents, count] : books[ticker]) {
      if (count == 0) continue;
      event.snapshot.book.yes.push_back({Price::FromCents(cents), Quantity::FromCentis(count)});
    }
    return event;
  }

  const std::vector<std::string> tickers = {"A", "B"};
  std::vector<Event> events;
  std::map<std::string, std::map<int, int>> books;
  std::map<std::string, int> delta_counts;
  std::map<std::string, int> ticker_counts;
  int trade_count = 0;

 private:
  int Draw(int count) { return static_cast<int>(random_() % static_cast<unsigned>(count)); }

  std::mt19937 random_;
  const int events_per_milli_;
};

// Who reads the topics, and holds all that they promise; knows what there was.
class Reader {
 public:
  void Read(const Publication::Message& message) {
    published.Apply(message.topic, message.key, message.payload);
    if (message.topic == Topic::kBook) {
      ReadBook(message);
    } else if (message.topic == Topic::kTrades) {
      pb::TradeMessage trade;
      REQUIRE(trade.ParseFromString(message.payload));
      REQUIRE(trade.envelope().sequence() == ++trade_numbers_[message.key]);
      trades.push_back(trade.trade_id());
    } else if (message.topic == Topic::kTickers) {
      pb::TickerMessage ticker;
      REQUIRE(ticker.ParseFromString(message.payload));
      REQUIRE(ticker.envelope().sequence() == ++ticker_numbers_[message.key]);
      REQUIRE(ticker.volume_centis() == ticker_numbers_[message.key]);  // Each once, in order.
    }
  }

  PublishedMarkets published;
  std::map<std::string, int> delta_counts;
  std::vector<std::string> trades;
  int gap_count = 0;

 private:
  void ReadBook(const Publication::Message& message) {
    pb::BookMessage book;
    REQUIRE(book.ParseFromString(message.payload));
    const bool is_proof =
        book.has_snapshot() && book.snapshot().cause() == pb::SNAPSHOT_CAUSE_PERIODIC;
    if (!is_proof) ++book_numbers_[message.key];
    REQUIRE(book.envelope().sequence() == book_numbers_[message.key]);
    if (book.has_gap()) ++gap_count;
    if (book.has_delta()) ++delta_counts[message.key];
    const PublishedMarket& market = published.markets().find(message.key)->second;
    REQUIRE(market.is_book_known);
    if (book.has_snapshot()) {
      REQUIRE(book::HashBook(message.key, market.book) == book.snapshot().book_hash());
    }
  }

  std::map<std::string, std::int64_t> book_numbers_;
  std::map<std::string, std::int64_t> trade_numbers_;
  std::map<std::string, std::int64_t> ticker_numbers_;
};

class Pair {
 public:
  Pair(std::uint32_t seed, int events_per_milli) : venue(seed, events_per_milli), random_(seed) {
    for (Server* server : {&leader(), &standby()}) server->pipeline.AddMarkets(venue.tickers);
    REQUIRE(leader().pipeline.Lead(reader.published, kAlways, false));
    // Every book has been told, and a change of it: a whole book alone has no place in time.
    Pass(50);
    while (leader().read < venue.events.size()) Deliver(leader());
    Commit(leader().told.messages.size());
  }

  Server& leader() { return servers_[leader_]; }
  Server& standby() { return servers_[1 - leader_]; }

  void Deliver(Server& server) {
    market_data::Deliver(server, venue.events[server.read]);
    ++server.read;
  }

  // The venue goes on, and each server hears of it sooner or later.
  void Pass(int event_count) {
    for (int i = 0; i < event_count; ++i) {
      venue.Add();
      for (Server* server : {&leader(), &standby()}) {
        while (server->read < venue.events.size() && random_() % 4 != 0) Deliver(*server);
      }
    }
  }

  // The leader dies; some of what it made was not committed.
  void Change() {
    auto& made = leader().told.messages;
    const std::size_t lost = random_() % (made.size() - committed_ + 1);
    Commit(made.size() - lost);
    leader().pipeline.StandBy();
    MessageBatch unpublished;
    for (; committed_ < made.size(); ++committed_) Append(made[committed_], unpublished);
    leader().pipeline.HoldUnpublished(unpublished);
    made.clear();
    committed_ = 0;
    leader_ = 1 - leader_;
    while (true) {
      const bool is_last = leader().read == venue.events.size();
      if (const auto done = leader().pipeline.Lead(reader.published, kAlways, is_last)) {
        restated_count += done->restated_count;
        return;
      }
      Deliver(leader());
    }
  }

  void Commit(std::size_t count) {
    const auto& made = leader().told.messages;
    for (; committed_ < count; ++committed_) reader.Read(made[committed_]);
  }

  void Finish() {
    while (leader().read < venue.events.size()) Deliver(leader());
    Commit(leader().told.messages.size());
    for (const std::string& ticker : venue.tickers) {
      const auto book = leader().pipeline.FindBook(ticker, 9);
      const PublishedMarket& market = reader.published.markets().find(ticker)->second;
      CHECK(market.places.is_book_trusted);
      CHECK(book::HashBook(ticker, market.book) == book->hash);
      CHECK(market.places[Topic::kBook] == book->sequence);
    }
    CHECK(reader.gap_count <= static_cast<int>(restated_count));
    std::vector<std::string> sorted = reader.trades;
    std::sort(sorted.begin(), sorted.end());
    CHECK(std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end());
    CHECK(sorted.size() == static_cast<std::size_t>(venue.trade_count));
  }

  Venue venue;
  Reader reader;
  std::size_t restated_count = 0;

 private:
  std::mt19937 random_;
  Server servers_[2];
  std::size_t leader_ = 0;
  std::size_t committed_ = 0;  // Of what the leader has made.
};

TEST_CASE("Succession: readers get every change once, whenever the leader dies", "[market_data]") {
  const std::uint32_t seed = evx::testing::TestSeed("Succession");
  for (std::uint32_t i = 0; i < 30; ++i) {
    Pair pair(seed + i, /*events_per_milli=*/1);
    for (int change = 0; change < 20; ++change) {
      pair.Pass(static_cast<int>(1 + (seed + i) % 40));
      pair.Change();
    }
    pair.Finish();
    CHECK(pair.restated_count == 0);
    CHECK(pair.reader.delta_counts == pair.venue.delta_counts);
  }
}

TEST_CASE("Succession: equal changes within one millisecond never make a wrong book",
          "[market_data]") {
  const std::uint32_t seed = evx::testing::TestSeed("Succession");
  for (std::uint32_t i = 0; i < 30; ++i) {
    Pair pair(seed + i, /*events_per_milli=*/1'000'000);
    for (int change = 0; change < 20; ++change) {
      pair.Pass(static_cast<int>(1 + (seed + i) % 40));
      pair.Change();
    }
    pair.Finish();
  }
}

class BookCounter final : public PipelineProbe {
 public:
  void BookMessage(BookKind /*kind*/) override { ++count; }
  int count = 0;
};

using PipelineFixture = testing::PipelineFixture<BookCounter>;

struct Successor : PipelineFixture {
  Successor() {
    pipeline.AddMarkets({"A"});
    pipeline.StandBy();
  }
  std::optional<Succession> Lead(const PublishedMarkets& published, Timestamp covered = kAlways,
                                 bool is_last_try = true) {
    return pipeline.Lead(published, covered, is_last_try);
  }
};

// What a leader with these changes of market A has published.
PublishedMarkets PublishedBy(const std::function<void(PipelineFixture&)>& history) {
  PipelineFixture leader;
  leader.pipeline.AddMarkets({"A"});
  history(leader);
  PublishedMarkets published;
  for (const pb::BookMessage& message : leader.sink.books) {
    published.Apply(Topic::kBook, "A", message.SerializeAsString());
  }
  return published;
}

TEST_CASE("Succession: nothing is made before it leads, and no number shown", "[market_data]") {
  Successor f;
  f.Snapshot("A", {{40, 100}}, {});
  f.Delta("A", ContractSide::kYes, 41, 100);
  CHECK(f.sink.books.empty());
  CHECK(f.probe.count == 0);
  CHECK(f.pipeline.FindBook("A", 9)->sequence == 0);
  CHECK(f.pipeline.FindBook("A", 9)->bids.size() == 2);
  REQUIRE(f.Lead(PublishedMarkets()));
  REQUIRE(f.sink.books.size() == 1);
  CHECK(f.sink.books[0].snapshot().bids_size() == 2);
  CHECK(f.pipeline.FindBook("A", 9)->sequence == 1);
}

TEST_CASE("Succession: a book that this server never had is told anew behind a gap",
          "[market_data]") {
  const PublishedMarkets published = PublishedBy([](PipelineFixture& leader) {
    leader.Snapshot("A", {{10, 500}}, {});
  });
  Successor f;
  f.Snapshot("A", {{40, 100}}, {});
  CHECK(!f.Lead(published, kAlways, /*is_last_try=*/false));
  CHECK(f.sink.books.empty());
  const auto done = f.Lead(published);
  REQUIRE(done);
  CHECK(done->restated_count == 1);
  REQUIRE(f.sink.books.size() == 2);
  CHECK(f.sink.books[0].gap().cause() == pb::GAP_CAUSE_RESTARTED);
  CHECK(f.sink.books[0].envelope().sequence() == 2);
  CHECK(f.sink.books[1].snapshot().cause() == pb::SNAPSHOT_CAUSE_VENUE);
}

TEST_CASE("Succession: an equal book counts only if this server followed it in time",
          "[market_data]") {
  const PublishedMarkets published = PublishedBy([](PipelineFixture& leader) {
    leader.Snapshot("A", {{40, 100}}, {});
  });
  Successor f;
  const Timestamp before = f.clock.Now();
  f.Snapshot("A", {{40, 100}}, {});
  SECTION("it did") {
    CHECK(f.Lead(published)->continued_count == 1);
    CHECK(f.sink.books.empty());
  }
  SECTION("it came later: something may have been missed") {
    CHECK(f.Lead(published, before)->restated_count == 1);
    CHECK(f.sink.books.size() == 2);
  }
}

TEST_CASE("Succession: what is caught up is proven, and the proof counts", "[market_data]") {
  const PublishedMarkets published = PublishedBy([](PipelineFixture& leader) {
    leader.Snapshot("A", {{40, 100}}, {});
  });
  Successor f;
  f.Snapshot("A", {{40, 100}}, {});
  f.Delta("A", ContractSide::kYes, 41, 100);
  CHECK(f.Lead(published)->message_count == 1);
  REQUIRE(f.sink.books.size() == 2);
  CHECK(f.sink.books[0].envelope().sequence() == 2);
  CHECK(f.sink.books[1].envelope().sequence() == 2);
  CHECK(f.sink.books[1].snapshot().cause() == pb::SNAPSHOT_CAUSE_PERIODIC);
  for (int i = 0; i < 10; ++i) f.Delta("A", ContractSide::kYes, 50 + i, 100);
  CHECK(f.sink.books.size() == 13);  // The next proof behind the tenth change.
}

TEST_CASE("Succession: a book in doubt here is told to be in doubt, once", "[market_data]") {
  const PublishedMarkets trusted = PublishedBy([](PipelineFixture& leader) {
    leader.Snapshot("A", {{40, 100}}, {});
  });
  const PublishedMarkets doubted = PublishedBy([](PipelineFixture& leader) {
    leader.Snapshot("A", {{40, 100}}, {});
    leader.Gap({"A"});
  });
  Successor f;
  SECTION("readers trust theirs") {
    REQUIRE(f.Lead(trusted));
    REQUIRE(f.sink.books.size() == 1);
    CHECK(f.sink.books[0].gap().cause() == pb::GAP_CAUSE_RESTARTED);
  }
  SECTION("readers know") {
    REQUIRE(f.Lead(doubted));
    CHECK(f.sink.books.empty());
  }
  f.Snapshot("A", {{40, 100}}, {});
  CHECK(f.sink.books.back().has_snapshot());
}

TEST_CASE("Succession: who stands by again tells nothing more, and can lead again",
          "[market_data]") {
  Successor f;
  f.Snapshot("A", {{40, 100}}, {});
  REQUIRE(f.Lead(PublishedMarkets()));
  f.Delta("A", ContractSide::kYes, 41, 100);
  PublishedMarkets published;
  for (const pb::BookMessage& message : f.sink.books) {
    published.Apply(Topic::kBook, "A", message.SerializeAsString());
  }
  const std::size_t count = f.sink.books.size();
  f.pipeline.StandBy();
  f.Delta("A", ContractSide::kYes, 42, 100);
  CHECK(f.sink.books.size() == count);
  CHECK(f.Lead(published)->message_count == 1);
  CHECK(f.sink.books[count].delta().price_micros() == 420'000);
}

TEST_CASE("HeldMessages: the oldest go, by bytes and by age", "[market_data]") {
  pb::TradeMessage message;
  message.set_trade_id(std::string(100, 'x'));
  int dropped = 0;
  HeldMessages held(1'000, absl::Seconds(10), [&](const HeldMessages::Message&) { ++dropped; });
  Timestamp now = Timestamp::FromSeconds(100);
  for (int i = 0; i < 20; ++i) held.Publish(Topic::kTrades, "A", i, message, now);
  CHECK(held.messages().size() == 9);
  CHECK(dropped == 11);
  held.Publish(Topic::kTrades, "A", 20, message, now + absl::Seconds(11));
  CHECK(held.messages().size() == 1);
  held.Publish(Topic::kErrors, "A", 21, message, now);
  CHECK(held.messages().size() == 1);
}

}  // namespace
}  // namespace evx::market_data
