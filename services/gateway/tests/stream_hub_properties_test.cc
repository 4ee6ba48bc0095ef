#include <catch2/catch.hpp>
#include <deque>
#include <iostream>
#include <memory>
#include <random>

#include "stream/stream_hub.h"
#include "stream_news.h"
#include "stream_reader.h"

namespace evx::gateway {
namespace {

constexpr std::int64_t kMs = 1'000'000;
const std::vector<std::string> kTickers = {"KXA", "KXB", "KXC"};

// Random news of every kind of stream, with what is true behind them.
class World {
 public:
  explicit World(std::uint32_t seed) : random_(seed) {}

  int Pick(int count) { return static_cast<int>(random_() % static_cast<std::uint32_t>(count)); }

  std::vector<StreamNews> Begin() {
    std::vector<StreamNews> news = {MarketsState(kTickers), PortfolioState(PortfolioStream(1), 1)};
    for (const auto& ticker : kTickers) news.push_back(TradesState(TradesStream(ticker), {}));
    return news;
  }

  StreamNews Next() {
    const std::string& ticker = kTickers[static_cast<std::size_t>(Pick(3))];
    const std::string id = std::to_string(++count_);
    switch (Pick(8)) {
      case 0:
        trades[ticker].push_back(id);
        return TradeNews(TradesStream(ticker), id);
      case 1:
        return TickerNews(ticker, count_);
      case 2: {
        const std::string order = std::to_string(Pick(20));
        const int remaining = Pick(2) * Pick(100);
        if (remaining == 0) {
          orders.erase(order);
        } else {
          orders[order] = remaining;
        }
        return OrderNews(PortfolioStream(1), order, remaining);
      }
      case 3:
        if (Pick(4) != 0) return LogNews(id);
        orders.clear();
        return PortfolioState(PortfolioStream(1), count_);
      case 4: {
        std::vector<v1::BookLevel> levels;
        auto& book = books[ticker];
        book.clear();
        for (int price = 1; price < 12; ++price) {
          if (Pick(2) == 0) continue;
          levels.push_back(LevelOf(kBid, price, 1 + Pick(3)));
          book[price] = levels.back().quantity_centis();
        }
        return BookNews(BookStream(ticker), levels, /*is_whole=*/true, count_);
      }
      default: {
        const int price = 1 + Pick(12);
        const int quantity = Pick(4);
        if (quantity == 0) {
          books[ticker].erase(price);
        } else {
          books[ticker][price] = quantity;
        }
        return BookNews(BookStream(ticker), {LevelOf(kBid, price, quantity)}, false, count_);
      }
    }
  }

  std::map<std::string, std::map<int, std::int64_t>> books;
  std::map<std::string, std::vector<std::string>> trades;
  std::map<std::string, int> orders;

 private:
  std::mt19937 random_;
  std::int64_t count_ = 0;
};

std::vector<std::string> AllStreams() {
  std::vector<std::string> names = {"markets", PortfolioStream(1), "log"};
  for (const auto& ticker : kTickers) {
    names.push_back(BookStream(ticker));
    names.push_back(TradesStream(ticker));
  }
  return names;
}

// A client that keeps its states over its connections.
struct Person {
  StreamReader reader;
  StreamClient* client = nullptr;

  void Connect(StreamHub& hub, std::int64_t now) {
    reader.unsent = 0;
    reader.is_stuck = false;
    reader.cut_reason.clear();
    client = &hub.Add(reader);
    for (const auto& name : AllStreams()) {
      const auto& state = reader.states[std::string(ShownStreamName(name))];
      REQUIRE(hub.Subscribe(*client, name, state.epoch, state.sequence, now).ok());
    }
  }
  void Leave(StreamHub& hub, std::int64_t now) {
    if (client != nullptr) hub.Remove(*client, now);
    client = nullptr;
  }
};

void Disturb(Person& person, StreamHub& hub, World& world, std::int64_t now) {
  switch (world.Pick(6)) {
    case 0:
      person.Leave(hub, now);
      break;
    case 1:
      if (person.client == nullptr) person.Connect(hub, now);
      break;
    case 2:
      person.reader.is_stuck = true;
      person.reader.unsent = 2 << 20;  // Full with the next frame.
      break;
    case 3:
      person.reader.is_stuck = false;
      person.reader.unsent = 0;
      break;
    case 4:
      if (person.client != nullptr) hub.OnTick(*person.client, now);
      break;
    default:
      if (person.client == nullptr) break;
      const auto names = AllStreams();
      const auto& name = names[static_cast<std::size_t>(world.Pick(9))];
      hub.Unsubscribe(*person.client, name, now);
      const auto& state = person.reader.states[std::string(ShownStreamName(name))];
      REQUIRE(hub.Subscribe(*person.client, name, state.epoch, state.sequence, now).ok());
  }
}

}  // namespace

TEST_CASE("StreamHub: whatever happens to a client, in the end it has what all others have") {
  const std::uint32_t seed = std::random_device()();
  std::cout << "seed " << seed << "\n";
  INFO("seed " << seed);
  for (std::uint32_t round = 0; round < 60; ++round) {
    World world(seed + round);
    StreamHub hub({.epoch = 1,
                   .knows = [](std::string_view) { return true; },
                   .on_wanted = [](const std::string&) {},
                   .on_unwanted = [](const std::string&) {}});
    std::int64_t now = 1;
    hub.Publish(world.Begin(), now);
    Person steady;
    steady.Connect(hub, now);
    Person others[3];
    for (int step = 0; step < 600; ++step) {
      now += world.Pick(40) * kMs + (world.Pick(200) == 0 ? 70'000 * kMs : 0);
      hub.Turn(now);
      std::vector<StreamNews> news;
      for (int i = world.Pick(4); i > 0; --i) news.push_back(world.Next());
      hub.Publish(news, now);
      Disturb(others[world.Pick(3)], hub, world, now);
    }
    for (auto& person : others) {
      if (person.client != nullptr && person.client->is_cut) person.Leave(hub, now);
      if (person.client == nullptr) person.Connect(hub, now);
      person.reader.unsent = 0;
      hub.OnTick(*person.client, now);
    }
    now += 1'000 * kMs;
    hub.Turn(now);
    CHECK_FALSE(hub.next_due());
    for (const auto& name : AllStreams()) {
      INFO("round " << round << ", stream " << name);
      const std::string shown(ShownStreamName(name));
      const auto& truth = steady.reader.states[shown];
      for (auto& person : others) {
        const auto& state = person.reader.states[shown];
        CHECK(state.values == truth.values);
        CHECK(state.sequence == truth.sequence);
        // Who got a state has the newest of a list only.
        const std::size_t count = std::min(state.trade_ids.size(), truth.trade_ids.size());
        REQUIRE(count >= std::min<std::size_t>(truth.trade_ids.size(), 100));
        CHECK(std::equal(state.trade_ids.end() - static_cast<std::ptrdiff_t>(count),
                         state.trade_ids.end(),
                         truth.trade_ids.end() - static_cast<std::ptrdiff_t>(count)));
      }
    }
    for (const auto& ticker : kTickers) {
      CHECK(steady.reader.states[TradesStream(ticker)].trade_ids == world.trades[ticker]);
      std::map<std::string, std::string> levels;
      for (const auto& [price, quantity] : world.books[ticker]) {
        levels["level 1 " + std::to_string(price * 10'000)] = std::to_string(quantity);
      }
      auto values = steady.reader.states[BookStream(ticker)].values;
      values.erase("health");
      CHECK(values == levels);
    }
    CHECK(steady.reader.states["portfolio"].values.size() == world.orders.size() + 1);
    for (auto& person : others) person.Leave(hub, now);
    steady.Leave(hub, now);
    CHECK(hub.subscription_count() == 0);
  }
}

}  // namespace evx::gateway
