#include "live/live_hub.h"

#include <catch2/catch.hpp>
#include <functional>
#include <string>
#include <vector>

#include "tests/live_fixture.h"

namespace evx::order_book_rebuilder {
namespace {

using Texts = std::vector<std::string>;

constexpr Price k40 = Price::FromCents(40);
constexpr Price k41 = Price::FromCents(41);
constexpr Price k60 = Price::FromCents(60);
constexpr std::int64_t kSecond = 1'000'000'000;

// Writes down what it is told: "A book 3", "A +4", "A top 5", "A market_in_transit".
class Reader final : public LiveReader {
 public:
  void Tell(BookNews& news, NewsDetail detail) override {
    std::string text = news.ticker() + " ";
    const bool is_top = detail == NewsDetail::kTop;
    if (const BookChange* const change = news.change()) {
      text += (is_top ? "top " : "+") + std::to_string(change->sequence);
    } else if (news.state().presence != BookPresence::kBook) {
      text += ToString(news.state().presence);
    } else {
      text += (is_top ? "top " : "book ") + std::to_string(news.state().view.sequence);
      const Doubt doubt = news.state().view.doubt;
      if (doubt != Doubt::kNone) text += " " + std::string(ToString(doubt));
    }
    texts.push_back(text);
    if (on_tell) on_tell();
  }
  std::size_t unsent_bytes() const override { return unsent; }
  bool conflates() const override { return is_conflating; }
  void OnTooSlow() override { is_cut = true; }
  bool OnStopping() override { return leaves; }

  Texts Take() { return std::exchange(texts, {}); }

  Texts texts;
  std::function<void()> on_tell;
  std::size_t unsent = 0;
  bool is_conflating = true;
  bool is_cut = false;
  bool leaves = false;
};

// A reader that has subscribed.
class Seat {
 public:
  Seat(LiveBooks& live, LiveHub& hub, const std::vector<feed::Subject>& subjects)
      : live_(live), hub_(hub) {
    hub.Add(reader);
    for (const feed::Subject& subject : subjects) hub.Subscribe(reader, subject);
  }
  ~Seat() {
    if (hub_.Has(reader)) hub_.Remove(reader);
  }
  // All that is told until nothing more is to be told.
  Texts Told(std::int64_t now = 0) {
    live_.Settle(hub_, now);
    return reader.Take();
  }

  Reader reader;

 private:
  LiveBooks& live_;
  LiveHub& hub_;
};

feed::Subject BookOf(const std::string& ticker) { return {ticker, false, kBookChannel}; }
feed::Subject BooksOf(const std::string& prefix) { return {prefix, true, kBookChannel}; }

struct Fixture : LiveBooks {
  LiveHub hub{books, feed, counters};

  // A book with a bid and an ask.
  void Begin(const std::string& ticker) {
    Apply(ticker, VenueSnapshot(1, {{k40, Quantity::FromContracts(1)}},
                                {{k60, Quantity::FromContracts(1)}}));
  }
  void Bid(const std::string& ticker, std::int64_t sequence, Price price = k40) {
    const std::int64_t contracts = price == k40 ? sequence : sequence - 1;
    Apply(ticker, Delta(sequence, BookSide::kBid, price, 1, contracts));
  }
};

TEST_CASE("LiveHub: a market is told as a whole first, then change by change", "[live]") {
  Fixture live;
  live.Begin("A");
  live.Bid("A", 2);
  Seat seat(live, live.hub, {BookOf("A")});
  CHECK(seat.Told() == Texts{"A book 2"});
  live.Bid("A", 3);
  live.Bid("A", 4);
  live.Begin("B");
  CHECK(seat.Told() == Texts{"A +3", "A +4"});
}

TEST_CASE("LiveHub: what a state has in it is not told again, what it has not is", "[live]") {
  Fixture live;
  live.Begin("A");
  Seat other(live, live.hub, {BookOf("A")});
  other.Told();
  live.Bid("A", 2);
  live.Bid("A", 3);
  // The batches of 2 and 3 still wait when the state is read.
  Seat seat(live, live.hub, {BookOf("A")});
  live.hub.Turn(0);
  live.Bid("A", 4);
  CHECK(seat.Told() == Texts{"A book 3", "A +4"});
  CHECK(other.Told() == Texts{"A +2", "A +3", "A +4"});
}

TEST_CASE("LiveHub: doubt and its end are told with the book", "[live]") {
  Fixture live;
  live.Begin("A");
  Seat seat(live, live.hub, {BookOf("A")});
  seat.Told();
  live.Apply("A", Gap(2));
  CHECK(seat.Told() == Texts{"A book 1 gap"});
  live.Apply("A", Delta(3, BookSide::kBid, k40, 1, 2));
  CHECK(seat.Told().empty());
  live.Apply("A", VenueSnapshot(4, {}, {}));
  CHECK(seat.Told() == Texts{"A book 4"});
}

TEST_CASE("LiveHub: messages in the wrong order end in the right book", "[live]") {
  Fixture live;
  live.Begin("A");
  Seat seat(live, live.hub, {BookOf("A")});
  seat.Told();
  live.Bid("A", 3);
  CHECK(seat.Told() == Texts{"A book 1 waiting"});
  live.Bid("A", 2);
  CHECK(seat.Told().back() == "A book 3");
}

TEST_CASE("LiveHub: a market that is moved is in transit, and comes back as a whole", "[live]") {
  Fixture live;
  const std::string other = Fixture::Other();
  live.Begin("A");
  live.Begin(other);
  Seat named(live, live.hub, {BookOf("A"), BookOf(other)});
  Seat wide(live, live.hub, {BooksOf("")});
  CHECK(named.Told() == Texts{"A book 1", other + " book 1"});
  wide.reader.Take();
  live.Bid("A", 2);
  live.Close(Fixture::NumberOf("A"));
  CHECK(named.Told() == Texts{"A +2", "A market_in_transit"});
  CHECK(wide.Told() == Texts{"A +2", "A market_in_transit"});
  live.Bid("A", 3);  // The other member's.
  CHECK(named.Told().empty());
  live.Reopen(Fixture::NumberOf("A"));
  live.Bid("A", 4);
  CHECK(named.Told() == Texts{"A book 4"});
  live.Bid("A", 5);
  CHECK(wide.Told() == Texts{"A book 4", "A +5"});
}

TEST_CASE("LiveHub: a market without a book is told as such, and its first book", "[live]") {
  Fixture live;
  Seat seat(live, live.hub, {BookOf("NEW")});
  Seat wide(live, live.hub, {BooksOf("N")});
  CHECK(seat.Told() == Texts{"NEW market_not_found"});
  CHECK(wide.Told().empty());
  live.Apply("NEW", Delta(1, BookSide::kBid, k40, 1, 1));
  CHECK(seat.Told().empty());
  live.Begin("NEW");
  CHECK(seat.Told() == Texts{"NEW book 1"});
  CHECK(wide.Told() == Texts{"NEW book 1"});
}

TEST_CASE("LiveHub: tops are told when the best level of a side changes, and only then", "[live]") {
  Fixture live;
  live.Begin("A");
  Seat seat(live, live.hub, {{"A", false, kTopChannel}});
  CHECK(seat.Told() == Texts{"A top 1"});
  live.Apply("A", Delta(2, BookSide::kBid, Price::FromCents(39), 1, 1));  // Below the best.
  CHECK(seat.Told().empty());
  live.Apply("A", Delta(3, BookSide::kBid, k41, 1, 1));   // A better one.
  live.Apply("A", Delta(4, BookSide::kBid, k41, 1, 2));   // More of it.
  live.Apply("A", Delta(5, BookSide::kBid, k41, -2, 0));  // It goes.
  live.Apply("A", Delta(6, BookSide::kAsk, k60, -1, 0));  // The last of its side.
  live.Apply("A", Delta(7, BookSide::kAsk, Price::FromCents(70), 1, 1));
  live.Apply("A", Delta(8, BookSide::kAsk, Price::FromCents(71), 1, 1));
  CHECK(seat.Told() == Texts{"A top 3", "A top 4", "A top 5", "A top 6", "A top 7"});
}

TEST_CASE("LiveHub: subjects add up, each message comes once, and what is dropped is silent",
          "[live]") {
  Fixture live;
  live.Begin("AB");
  live.Begin("AC");
  live.Begin("B");
  Seat seat(live, live.hub, {BooksOf("A")});
  CHECK(seat.Told() == Texts{"AB book 1", "AC book 1"});
  live.hub.Subscribe(seat.reader, BookOf("AB"));
  live.hub.Subscribe(seat.reader, BookOf("B"));
  CHECK(seat.Told() == Texts{"AB book 1", "B book 1"});
  live.hub.Subscribe(seat.reader, BookOf("B"));
  CHECK(seat.Told().empty());
  live.Bid("AB", 2);
  CHECK(seat.Told() == Texts{"AB +2"});
  live.hub.Unsubscribe(seat.reader, BooksOf("A"));
  live.Bid("AB", 3);
  live.Bid("AC", 2);
  CHECK(seat.Told() == Texts{"AB +3"});
  CHECK(live.hub.NamedCount(seat.reader) == 2);
  CHECK(live.hub.PrefixCount(seat.reader) == 0);
  live.hub.Unsubscribe(seat.reader, BookOf("AB"));
  live.Bid("AB", 4);
  CHECK(seat.Told().empty());
}

TEST_CASE("LiveHub: a full reader is spared changes and told the book instead", "[live]") {
  Fixture live;
  live.Begin("A");
  live.Begin("B");
  Seat seat(live, live.hub, {BooksOf("")});
  seat.Told();
  seat.reader.unsent = feed::SendGate::kFullBytes;
  live.Bid("A", 2);  // Fills it.
  live.Bid("A", 3);
  live.Bid("A", 4);
  CHECK(seat.Told() == Texts{"A +2"});
  CHECK(live.counters.spared.load() == 2);
  seat.reader.unsent = feed::SendGate::kResumeBytes;
  live.hub.Tick(seat.reader, kSecond);
  live.Bid("B", 2);
  CHECK(seat.Told() == Texts{"B +2", "A book 4"});
}

TEST_CASE("LiveHub: a reader that stays full is cut, one that deals with it is told all the same",
          "[live]") {
  Fixture live;
  live.Begin("A");
  Seat seat(live, live.hub, {BookOf("A")});
  Seat own(live, live.hub, {BookOf("A")});
  own.reader.is_conflating = false;
  seat.Told();
  own.reader.Take();
  seat.reader.unsent = own.reader.unsent = feed::SendGate::kFullBytes;
  live.Bid("A", 2);
  live.Settle(live.hub, kSecond);
  live.Bid("A", 3);
  for (Seat* const one : {&seat, &own}) {
    live.hub.Tick(one->reader, kSecond + feed::SendGate::kFullNanosMax);
  }
  CHECK(seat.reader.is_cut);
  CHECK_FALSE(own.reader.is_cut);
  CHECK(live.counters.cut.load() == 1);
  seat.reader.unsent = 0;
  live.Bid("A", 4);
  CHECK(seat.Told(20 * kSecond) == Texts{"A +2"});
  CHECK(own.reader.Take() == Texts{"A +2", "A +3", "A +4"});
}

TEST_CASE("LiveHub: a full reader for which nobody ticks is cut by the feed's beat", "[live]") {
  Fixture live;
  live.Begin("A");
  Seat seat(live, live.hub, {BookOf("A")});
  seat.Told();
  seat.reader.unsent = feed::SendGate::kFullBytes;
  live.Bid("A", 2);
  live.Settle(live.hub, kSecond);
  live.hub.Deliver({}, feed::SendGate::kFullNanosMax);
  CHECK_FALSE(seat.reader.is_cut);
  live.hub.Deliver({}, kSecond + feed::SendGate::kFullNanosMax);
  CHECK(seat.reader.is_cut);
}

TEST_CASE("LiveHub: after batches that were lost every book is told anew", "[live]") {
  Fixture live;
  live.Begin("A");
  live.Begin("B");
  Seat seat(live, live.hub, {BookOf("A"), BooksOf("B")});
  seat.Told();
  live.Bid("A", 2);
  live.LoseAll(live.hub);
  live.Bid("A", 3);
  CHECK(seat.Told() == Texts{"A book 3", "B book 1"});
}

TEST_CASE("LiveHub: changes of a market that has gone are not told to whoever came later",
          "[live]") {
  Fixture live;
  live.Begin("A");
  Seat first(live, live.hub, {BookOf("A")});
  first.Told();
  live.Bid("A", 2);
  live.Close(Fixture::NumberOf("A"));
  Seat named(live, live.hub, {BookOf("A")});
  Seat wide(live, live.hub, {BooksOf("")});
  live.hub.Turn(0);
  CHECK(named.Told().back() == "A market_in_transit");
  CHECK(wide.Told() == Texts{"A market_in_transit"});
  CHECK(first.Told() == Texts{"A +2", "A market_in_transit"});
}

TEST_CASE("LiveHub: a reader may leave while it is told something", "[live]") {
  Fixture live;
  live.Begin("A");
  live.Begin("B");
  Seat seat(live, live.hub, {BookOf("A"), BookOf("B")});
  Seat other(live, live.hub, {BookOf("A")});
  seat.reader.on_tell = [&] {
    if (live.hub.Has(seat.reader)) live.hub.Remove(seat.reader);
  };
  SECTION("a state") {}
  SECTION("a change") {
    const auto leave = std::exchange(seat.reader.on_tell, nullptr);
    seat.Told();
    seat.reader.on_tell = leave;
    other.reader.Take();
    live.Bid("A", 2);
  }
  live.Settle(live.hub);
  CHECK(seat.reader.Take().size() == 1);
  CHECK(other.reader.Take().size() == 1);
  CHECK_FALSE(live.hub.Has(seat.reader));
}

TEST_CASE("LiveHub: nothing is collected of markets while nobody reads", "[live]") {
  Fixture live;
  live.Begin("A");
  live.batches.clear();
  live.Bid("A", 2);
  CHECK(live.batches.empty());
  { Seat seat(live, live.hub, {BookOf("A")}); }
  live.Bid("A", 3);
  CHECK(live.batches.empty());
  Seat seat(live, live.hub, {BookOf("A")});
  CHECK(seat.Told() == Texts{"A book 3"});
}

TEST_CASE("LiveHub: a stop is told to those that leave with it", "[live]") {
  Fixture live;
  Seat seat(live, live.hub, {});
  Seat other(live, live.hub, {});
  seat.reader.leaves = true;
  live.hub.Stop();
  CHECK_FALSE(live.hub.Has(seat.reader));
  CHECK(live.hub.Has(other.reader));
}

}  // namespace
}  // namespace evx::order_book_rebuilder
