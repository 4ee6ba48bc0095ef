// Many pages on real sockets, some of which never read: who reads loses nothing, and who does not
// costs a bounded amount of memory and is cut off in the end. EVX_FULL=1: two thousand pages.

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "door_fixture.h"
#include "frame_reader.h"
#include "stream_news.h"
#include "stream_reader.h"

namespace evx::gateway {
namespace {

using testing::Fixture;
using testing::FrameReader;
using testing::Opcode;
using testing::Page;

struct Crowd {
  int reading;
  int stalled;
  int markets;
};
constexpr Crowd kSmall = {.reading = 190, .stalled = 10, .markets = 60};
constexpr Crowd kFull = {.reading = 1'900, .stalled = 100, .markets = 250};
const bool kSanitized = std::getenv("EVX_SANITIZED") != nullptr;
const Crowd kCrowd = std::getenv("EVX_FULL") != nullptr && !kSanitized ? kFull : kSmall;

constexpr int kLevelCount = 98;
// Of a stalled page: 1 MiB that waits, in a buffer that grows by doubling.
constexpr std::size_t kStalledBytesMax = std::size_t{3} << 20;
constexpr std::size_t kOtherBytesMax = std::size_t{64} << 20;
constexpr int kRoundsMax = 10'000;
// Whoever is silent for 30 s is cut off for that.
constexpr int kRoundsPerPong = 5;
constexpr int kPollMillis = 10'000;

std::string Ticker(int market) { return "KX" + std::to_string(market); }

std::size_t ResidentBytes() {
  std::ifstream status("/proc/self/statm");
  std::size_t pages = 0;
  status >> pages >> pages;
  return pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

void AllowSockets(int count) {
  rlimit limit{};
  REQUIRE(getrlimit(RLIMIT_NOFILE, &limit) == 0);
  const auto wanted = static_cast<rlim_t>(count);
  if (limit.rlim_cur >= wanted) return;
  limit.rlim_cur = std::min(limit.rlim_max, wanted);
  REQUIRE(setrlimit(RLIMIT_NOFILE, &limit) == 0);
  REQUIRE(limit.rlim_cur >= wanted);
}

// A page of a user of its own that follows these streams; the last answer is that of request 1.
std::unique_ptr<Page> OpenPage(Fixture& f, int user, const std::vector<std::string>& names) {
  auto page = std::make_unique<Page>(f, "user-" + std::to_string(user), "?subscribe=none");
  REQUIRE(page->status == 101);
  REQUIRE(page->Receive().has_welcome());
  for (auto begin = names.begin(); begin != names.end();) {
    const auto end = begin + std::min<std::ptrdiff_t>(SocketDoor::kNamesMax, names.end() - begin);
    page->Subscribe(names.end() - end + 1, {begin, end});
    begin = end;
  }
  return page;
}

std::vector<std::string> StreamsOf(const std::vector<int>& markets) {
  std::vector<std::string> names = {std::string(kMarketsStream)};
  for (const int market : markets) {
    names.push_back(BookStream(Ticker(market)));
    names.push_back(TradesStream(Ticker(market)));
  }
  return names;
}

// A page that reads, and fails the test when a number is left out.
class ReadingPage {
 public:
  ReadingPage(Fixture& f, int user, std::vector<int> markets)
      : markets_(std::move(markets)), page_(OpenPage(f, user, StreamsOf(markets_))) {
    v1::ServerMessage message = page_->Receive();
    for (; message.request_id() != 1; message = page_->Receive()) Take(message);
  }

  int socket() { return page_->raw().http().fd(); }
  void Read() {
    frames_.Read(socket(), [this](Opcode opcode, std::string_view payload) {
      REQUIRE(opcode != Opcode::kClose);
      if (opcode == Opcode::kPing) page_->raw().Send(Opcode::kPong, payload);
      if (opcode != Opcode::kBinary) return;
      v1::ServerMessage message;
      REQUIRE(message.ParseFromArray(payload.data(), static_cast<int>(payload.size())));
      Take(message);
    });
  }
  // Whether it has the trades of every round, each once, and the books of the last.
  bool HasRounds(int count) {
    return std::all_of(markets_.begin(), markets_.end(), [&](int market) {
      const std::string book = BookStream(Ticker(market));
      const v1::ServerMessage& last = streams_.last[book];
      const v1::BookHealth& health = last.has_initial_state() ? last.initial_state().book().health()
                                                              : last.book_update().health();
      const auto& trade_ids = streams_.states[TradesStream(Ticker(market))].trade_ids;
      return health.book_sequence() == count && trade_ids.size() == static_cast<std::size_t>(count);
    });
  }
  void CheckRounds(int count) {
    for (const int market : markets_) {
      const auto& trade_ids = streams_.states[TradesStream(Ticker(market))].trade_ids;
      for (int i = 0; i < count; ++i) {
        REQUIRE(trade_ids[static_cast<std::size_t>(i)] == std::to_string(i + 1));
      }
      const auto& levels = streams_.states[BookStream(Ticker(market))].values;
      REQUIRE(levels.size() == kLevelCount + 1);  // And the health of the book.
      REQUIRE(levels.at("level 1 10000") == std::to_string(count));
    }
  }

 private:
  void Take(const v1::ServerMessage& message) {
    if (!message.stream().empty()) streams_.Take(message);
  }

  const std::vector<int> markets_;
  const std::unique_ptr<Page> page_;
  FrameReader frames_;
  StreamReader streams_;
};

// One trade of each market, and the whole of its book anew.
void PublishRound(SocketDoor& door, int round) {
  std::vector<StreamNews> news;
  for (int market = 0; market < kCrowd.markets; ++market) {
    std::vector<v1::BookLevel> levels;
    for (int i = 1; i <= kLevelCount; ++i) levels.push_back(LevelOf(kBid, i, round));
    news.push_back(BookNews(BookStream(Ticker(market)), levels, /*is_whole=*/true, round));
    news.push_back(TradeNews(TradesStream(Ticker(market)), std::to_string(round)));
    news.push_back(TickerNews(Ticker(market), round));
  }
  door.Publish(std::move(news));
}

void ReadUntil(std::vector<std::unique_ptr<ReadingPage>>& pages, int round) {
  std::vector<ReadingPage*> behind;
  for (const auto& page : pages) behind.push_back(page.get());
  std::vector<pollfd> sockets;
  while (!behind.empty()) {
    sockets.clear();
    for (ReadingPage* const page : behind) sockets.push_back({page->socket(), POLLIN, 0});
    REQUIRE(poll(sockets.data(), sockets.size(), kPollMillis) > 0);
    for (std::size_t i = 0; i < behind.size(); ++i) {
      if (sockets[i].revents != 0) behind[i]->Read();
    }
    std::erase_if(behind, [&](ReadingPage* page) { return page->HasRounds(round); });
  }
}

TEST_CASE("SocketDoor: of a crowd, who reads loses nothing, who does not is conflated, then cut") {
  AllowSockets(2 * (kCrowd.reading + kCrowd.stalled) + 100);
  Fixture f(static_cast<std::size_t>(kCrowd.reading + kCrowd.stalled));
  std::vector<int> all_markets;
  std::vector<std::string> all_books;
  std::vector<std::string> tickers;
  for (int market = 0; market < kCrowd.markets; ++market) {
    f.door->Publish({TradesState(TradesStream(Ticker(market)), {})});
    all_markets.push_back(market);
    all_books.push_back(BookStream(Ticker(market)));
    tickers.push_back(Ticker(market));
  }
  f.door->Publish({MarketsState(tickers)});
  std::vector<std::unique_ptr<ReadingPage>> reading;
  for (int i = 0; i < kCrowd.reading; ++i) {
    // One of them follows everything.
    const std::vector<int> markets = i == 0 ? all_markets : std::vector{i % kCrowd.markets};
    reading.push_back(std::make_unique<ReadingPage>(f, i, markets));
  }
  std::vector<std::unique_ptr<Page>> stalled;
  for (int i = 0; i < kCrowd.stalled; ++i) {
    stalled.push_back(OpenPage(f, kCrowd.reading + i, all_books));
    const int few_bytes = 4'096;
    setsockopt(stalled.back()->raw().http().fd(), SOL_SOCKET, SO_RCVBUF, &few_bytes,
               sizeof few_bytes);
  }
  const auto cut_count = [&] { return f.door->hub_counters().cut.load(); };
  const auto stalled_count = static_cast<std::uint64_t>(kCrowd.stalled);
  int round = 0;
  std::size_t resident_before = 0;
  std::size_t resident_max = 0;
  while (cut_count() < stalled_count) {
    REQUIRE(++round < kRoundsMax);
    PublishRound(*f.door, round);
    ReadUntil(reading, round);
    for (const auto& page : stalled) {
      if (round % kRoundsPerPong == 0) page->raw().Send(Opcode::kPong, "");
    }
    if (round == 1) resident_before = ResidentBytes();
    resident_max = std::max(resident_max, ResidentBytes());
  }
  for (const auto& page : reading) page->CheckRounds(round);
  CHECK(cut_count() == stalled_count);
  CHECK(f.counters.slow_closed == stalled_count);
  CHECK(f.door->hub_counters().frames_spared >= stalled_count);
  INFO("from " << resident_before << " to " << resident_max << " bytes in " << round << " rounds");
  if (!kSanitized) {
    CHECK(resident_max - resident_before < stalled_count * kStalledBytesMax + kOtherBytesMax);
  }
}

}  // namespace
}  // namespace evx::gateway
