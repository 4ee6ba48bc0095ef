#include "replay/replay_player.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "evx/core/testing/seed.h"
#include "evx/recording/testing/temporary_folder.h"
#include "evx/recording/writer.h"

// Films that are cut, stopped and wound back against a list of their frames.

namespace evx::order_book_rebuilder {
namespace {

constexpr std::int64_t kMilli = 1'000'000;
constexpr std::int64_t kSecond = 1'000 * kMilli;
constexpr std::int64_t kHour = 3'600 * kSecond;
constexpr std::int64_t kBegin = 496'000 * kHour;

struct Recorded {
  std::int64_t received = 0;
  std::string ticker;
  std::string bytes;
};

std::string Delta(const std::string& ticker, std::size_t seq) {
  return absl::StrCat(R"({"type":"orderbook_delta","sid":1,"seq":)", seq,
                      R"(,"msg":{"market_ticker":")", ticker,
                      R"(","price_dollars":"0.5000","delta_fp":"1.00","side":"yes"}})");
}

void Write(const std::string& folder, const std::vector<Recorded>& frames,
           const std::function<bool()>& seals) {
  const auto writer = recording::RecordingWriter::Open(folder);
  REQUIRE(writer.ok());
  for (const Recorded& frame : frames) {
    REQUIRE((*writer)->Append({Timestamp::FromNanos(frame.received), 0, frame.bytes}).ok());
    if (seals()) REQUIRE((*writer)->Seal().ok());
  }
  REQUIRE((*writer)->Flush().ok());
}

void Write(const std::string& folder, const std::vector<Recorded>& frames) {
  Write(folder, frames, [] { return false; });
}

std::unique_ptr<ReplayPlayer> OpenFilm(ReplayRange range) {
  auto player = ReplayPlayer::Open(std::move(range));
  REQUIRE(player.ok());
  return *std::move(player);
}

// The numbers of the frames that are due.
std::vector<std::uint64_t> Advance(ReplayPlayer& player, std::int64_t now,
                                   std::size_t count_max = 1'000) {
  std::vector<std::uint64_t> numbers;
  const auto count = player.Advance(
      now, count_max, [&](const ReplayFrame& frame) { numbers.push_back(frame.number); });
  REQUIRE(count.ok());
  CHECK(*count == numbers.size());
  return numbers;
}

// Four frames, a second apart.
std::vector<Recorded> FourFrames() {
  std::vector<Recorded> frames;
  for (std::size_t i = 0; i < 4; ++i) {
    frames.push_back({kBegin + static_cast<std::int64_t>(i) * kSecond, "A", Delta("A", i + 1)});
  }
  return frames;
}

using Numbers = std::vector<std::uint64_t>;

}  // namespace

TEST_CASE("ReplayPlayer: frames are due when the film's time reaches them", "[replay]") {
  const recording::testing::TemporaryFolder folder;
  Write(folder.path(), FourFrames());
  const auto player = OpenFilm({.folder = folder.path()});
  CHECK(Advance(*player, 0).empty());
  CHECK_FALSE(player->TimeToNext(0));

  player->Play(5 * kSecond);
  CHECK(Advance(*player, 5 * kSecond) == Numbers{0});
  CHECK(*player->TimeToNext(5 * kSecond) == absl::Seconds(1));
  CHECK(Advance(*player, 6 * kSecond - 1).empty());
  CHECK(Advance(*player, 6 * kSecond) == Numbers{1});

  player->SetSpeed(*ReplaySpeed::Parse("0.1"), 6 * kSecond);
  CHECK(*player->TimeToNext(6 * kSecond) == absl::Seconds(10));
  CHECK(Advance(*player, 15 * kSecond).empty());
  player->Pause(15 * kSecond);
  CHECK(Advance(*player, 100 * kSecond).empty());
  CHECK(player->position(100 * kSecond).nanos() == kBegin + 1'900 * kMilli);
  player->Play(200 * kSecond);
  CHECK(Advance(*player, 201 * kSecond) == Numbers{2});

  player->SetSpeed(*ReplaySpeed::Parse("100"), 201 * kSecond);
  CHECK(*player->TimeToNext(201 * kSecond) == absl::Milliseconds(10));
  CHECK(Advance(*player, 202 * kSecond) == Numbers{3});
  CHECK(player->is_at_end());
  CHECK(player->position(300 * kSecond).nanos() == kBegin + 3 * kSecond);
}

TEST_CASE("ReplayPlayer: what is recorded after it was opened is not of the film", "[replay]") {
  const std::vector<Recorded> frames = FourFrames();
  const recording::testing::TemporaryFolder folder;
  const auto writer = recording::RecordingWriter::Open(folder.path());
  REQUIRE(writer.ok());
  const auto record = [&](std::size_t from, std::size_t until) {
    for (std::size_t i = from; i < until; ++i) {
      const Timestamp received = Timestamp::FromNanos(frames[i].received);
      REQUIRE((*writer)->Append({received, 0, frames[i].bytes}).ok());
    }
    REQUIRE((*writer)->Flush().ok());
  };
  record(0, 2);
  const auto player = OpenFilm({.folder = folder.path()});
  player->SetSpeed(ReplaySpeed::Max(), 0);
  player->Play(0);
  record(2, 3);
  SECTION("in the open block") {}
  SECTION("in the same block, which has ended") { REQUIRE((*writer)->Seal().ok()); }
  SECTION("in a later one") {
    REQUIRE((*writer)->Seal().ok());
    record(3, 4);
  }
  SECTION("as of a clock that went back") {
    REQUIRE((*writer)->Append({Timestamp::FromNanos(kBegin), 0, frames[3].bytes}).ok());
    REQUIRE((*writer)->Flush().ok());
  }
  SECTION("in the next hour") {
    const Timestamp later = Timestamp::FromNanos(kBegin + kHour);
    REQUIRE((*writer)->Append({later, 0, frames[3].bytes}).ok());
    REQUIRE((*writer)->Flush().ok());
  }
  const std::uint64_t epoch = player->epoch();
  CHECK(Advance(*player, 0) == Numbers{0, 1});
  CHECK(player->is_at_end());
  CHECK(player->epoch() == epoch);
  CHECK(player->until().nanos() == frames[1].received + 1);
  REQUIRE(player->Seek(Timestamp(), 0).ok());
  CHECK(Advance(*player, 0) == Numbers{0, 1});
  CHECK(player->epoch() == epoch + 1);
  // Opened anew it is.
  CHECK(OpenFilm({.folder = folder.path()})->until().nanos() > frames[2].received);
}

TEST_CASE("ReplayPlayer: max speed waits for nothing, and goes on from its last frame",
          "[replay]") {
  const recording::testing::TemporaryFolder folder;
  Write(folder.path(), FourFrames());
  const auto player = OpenFilm({.folder = folder.path()});
  player->SetSpeed(ReplaySpeed::Max(), 0);
  player->Play(0);
  CHECK(*player->TimeToNext(0) == absl::ZeroDuration());
  CHECK(Advance(*player, 0, /*count_max=*/2) == Numbers{0, 1});
  player->SetSpeed(ReplaySpeed(), 7 * kSecond);
  CHECK(player->position(7 * kSecond).nanos() == kBegin + kSecond);
  CHECK(*player->TimeToNext(7 * kSecond) == absl::Seconds(1));
  CHECK(Advance(*player, 8 * kSecond) == Numbers{2});
}

TEST_CASE("ReplayPlayer: a range has its own frames, and the books from before it", "[replay]") {
  const recording::testing::TemporaryFolder folder;
  std::vector<Recorded> frames = FourFrames();
  frames[0].bytes = R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"A",)"
                    R"("market_id":"id","yes_dollars_fp":[["0.5000","2.00"]]}})";
  frames.push_back({kBegin + 4 * kSecond, "B", Delta("B", 5)});
  Write(folder.path(), frames);
  const auto player = OpenFilm({.folder = folder.path(),
                                .market_tickers = {"A"},
                                .from = Timestamp::FromNanos(kBegin + 2 * kSecond),
                                .until = Timestamp::FromNanos(kBegin + 5 * kSecond)});
  CHECK(player->position(0).nanos() == kBegin + 2 * kSecond);
  const auto snapshot = player->books().SnapshotOf("A");
  CHECK(snapshot.market_id == "id");
  CHECK(snapshot.book.yes ==
        std::vector<kalshi::BookLevel>{{Price::FromCents(50), Quantity::FromCentis(300)}});
  player->SetSpeed(ReplaySpeed::Max(), 0);
  player->Play(0);
  CHECK(Advance(*player, 0) == Numbers{0, 1});
  CHECK(player->books().SnapshotOf("A").book.yes[0].count == Quantity::FromCentis(500));

  const auto none = ReplayPlayer::Open({.folder = folder.path(), .market_tickers = {"C", "D"}});
  CHECK(none.status().code() == absl::StatusCode::kNotFound);
}

TEST_CASE("ReplayPlayer: no book is known behind a damaged block", "[replay]") {
  const recording::testing::TemporaryFolder folder;
  std::vector<Recorded> frames = FourFrames();
  frames[0].bytes = R"({"type":"orderbook_snapshot","sid":1,"seq":1,"msg":{"market_ticker":"A"}})";
  Write(folder.path(), frames, [] { return true; });
  std::string path;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
    if (entry.path().extension() == ".evxseg") path = entry.path();
  }
  std::string bytes = recording::testing::Load(path);
  // The second of the four blocks, which are alike but for the first.
  bytes[bytes.size() / 2] = static_cast<char>(bytes[bytes.size() / 2] ^ 0x55);
  recording::testing::Store(path, bytes);

  const auto player = OpenFilm({.folder = folder.path()});
  const std::uint64_t epoch = player->epoch();
  player->SetSpeed(ReplaySpeed::Max(), 0);
  player->Play(0);
  CHECK(Advance(*player, 0).size() == 3);
  CHECK(player->damages().size() == 1);
  CHECK(player->epoch() > epoch);
  CHECK_FALSE(player->books().Knows("A"));
}

TEST_CASE("ReplaySpeed: 0.1 to 1000 and max are speeds", "[replay]") {
  CHECK(ReplaySpeed::Parse("0.1")->ToRecorded(kSecond) == 100 * kMilli);
  CHECK(ReplaySpeed::Parse("1000")->ToRecorded(kMilli) == kSecond);
  CHECK(*ReplaySpeed::Parse("1") == ReplaySpeed());
  CHECK(ReplaySpeed().ToString() == "1");
  for (const char* text : {"0.1", "0.25", "10", "12.5", "1000", "max"}) {
    CHECK(ReplaySpeed::Parse(text)->ToString() == text);
  }
  CHECK(ReplaySpeed::Parse("max")->is_max());
  CHECK(ReplaySpeed::Parse("0.3")->FromRecorded(1) == 4);
  // A month at the greatest speed, two years at the smallest.
  CHECK(ReplaySpeed::Parse("1000")->ToRecorded(720 * kHour) == 720'000 * kHour);
  CHECK(ReplaySpeed::Parse("0.1")->FromRecorded(17'000 * kHour) == 170'000 * kHour);
  for (const char* text : {"", "0", "0.09", "1000.01", "-1", "1e1", "MAX", "0.123"}) {
    CHECK(ReplaySpeed::Parse(text).status().code() == absl::StatusCode::kInvalidArgument);
  }
}

TEST_CASE("ReplayPlayer: whatever is pressed, no frame comes twice and none is lost",
          "[replay][property]") {
  std::mt19937_64 random(evx::testing::TestSeed("ReplayPlayer"));
  const auto below = [&](std::int64_t end) {
    return static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(end));
  };
  const recording::testing::TemporaryFolder folder;
  std::vector<Recorded> all;
  std::int64_t received = kBegin;
  for (std::size_t i = 0; i < 400; ++i) {
    received += below(3) == 0    ? -below(kSecond)
                : below(10) == 0 ? below(kHour / 8)
                                 : below(kSecond);
    const std::string ticker(1, static_cast<char>('A' + below(3)));
    all.push_back({received, ticker, Delta(ticker, i + 1)});
  }
  Write(folder.path(), all, [&] { return below(40) == 0; });

  ReplayRange range{.folder = folder.path()};
  const std::int64_t market_count = below(3);
  if (market_count > 0) range.market_tickers.push_back("A");
  if (market_count > 1) range.market_tickers.push_back("C");
  if (below(2) == 0) range.from = Timestamp::FromNanos(all[100].received);
  if (below(2) == 0) range.until = Timestamp::FromNanos(all[300].received);
  // The slow and obvious film: its frames with the time at which each is due.
  std::vector<Recorded> film;
  std::int64_t due = 0;
  for (Recorded frame : all) {
    const auto& tickers = range.market_tickers;
    if (!tickers.empty() &&
        std::find(tickers.begin(), tickers.end(), frame.ticker) == tickers.end())
      continue;
    if (frame.received < range.from.nanos() || frame.received >= range.until.nanos()) continue;
    frame.received = due = std::max(due, frame.received);
    film.push_back(frame);
  }
  const auto player = OpenFilm(range);

  std::size_t next = 0;  // In the film.
  std::int64_t now = 0;
  bool is_playing = false;
  for (int step = 0; step < 2'000; ++step) {
    switch (below(8)) {
      case 0:
        player->Play(now);
        is_playing = true;
        break;
      case 1:
        player->Pause(now);
        is_playing = false;
        break;
      case 2: {
        const std::int64_t target = kBegin - kSecond + below(film.back().received - kBegin + kHour);
        REQUIRE(player->Seek(Timestamp::FromNanos(target), now).ok());
        next = static_cast<std::size_t>(
            std::find_if(film.begin(), film.end(),
                         [&](const Recorded& frame) { return frame.received >= target; }) -
            film.begin());
        break;
      }
      case 3:
        player->SetSpeed(
            below(8) == 0 ? ReplaySpeed::Max() : ReplaySpeed::FromPercent(10 + below(100'000 - 9)),
            now);
        break;
      default:
        now += below(kSecond);
        break;
    }
    const auto count_max = static_cast<std::size_t>(below(20));
    const std::int64_t before = player->position(now).nanos();
    const auto count = player->Advance(now, count_max, [&](const ReplayFrame& frame) {
      REQUIRE(next < film.size());
      REQUIRE(frame.number == next);
      REQUIRE(frame.bytes == film[next].bytes);
      REQUIRE((player->speed().is_max() || film[next].received <= before));
      ++next;
    });
    REQUIRE(count.ok());
    REQUIRE((is_playing || *count == 0));
    REQUIRE(player->next_number() == next);
    REQUIRE(player->is_at_end() == (next == film.size()));
    // What is not given is not due.
    if (is_playing && *count < count_max && next < film.size()) {
      REQUIRE_FALSE(player->speed().is_max());
      REQUIRE(film[next].received > player->position(now).nanos());
      const std::int64_t wait = absl::ToInt64Nanoseconds(*player->TimeToNext(now));
      REQUIRE(wait > 0);
      REQUIRE(player->position(now + wait).nanos() >= film[next].received);
      REQUIRE(player->position(now + wait - 1).nanos() < film[next].received);
    }
  }
}

}  // namespace evx::order_book_rebuilder
