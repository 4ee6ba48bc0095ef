#include <catch2/catch.hpp>
#include <random>

#include "evx/venue/testing/exchange_fixture.h"
#include "evx/venue/testing/random_commands.h"
#include "evx/venue/testing/read_model.h"

// Determinism, snapshots and the description of the live state.

namespace evx::venue {
namespace {

using namespace evx::testing;
using testing::ExchangeFixture;
using testing::RandomCommands;
using testing::ReadModel;

constexpr int kCommandCount = 4'000;

// Runs `count` random commands; the observer of the fixture sees them.
void Run(ExchangeFixture& fixture, RandomCommands& commands, int count) {
  for (int i = 0; i < count; ++i) {
    fixture.SetTime(commands.NextTime(fixture.now()));
    const Command command = commands.Next();
    const CommandResult result = fixture.Apply(command);
    commands.Learn(command, result, fixture.EventBytes());
  }
}

TEST_CASE("Determinism: equal commands give byte-identical events and states", "[venue]") {
  const std::uint64_t seed = 31;
  INFO("seed " << seed);
  std::string events[2];
  std::string states[2];
  for (int run = 0; run < 2; ++run) {
    ExchangeFixture fixture;
    fixture.Observe([&](const Command&, const CommandResult&, std::string_view bytes) {
      events[run] += bytes;
    });
    RandomCommands commands(seed);
    Run(fixture, commands, kCommandCount);
    states[run] = fixture.Saved();
  }
  CHECK(events[0] == events[1]);
  CHECK(states[0] == states[1]);
}

TEST_CASE("Snapshot: saved and loaded at any point, the exchange goes on as if nothing was",
          "[venue]") {
  const std::uint64_t seed = 32;
  INFO("seed " << seed);
  std::string whole;
  std::uint64_t hash = 0;
  {
    ExchangeFixture fixture;
    fixture.Observe(
        [&](const Command&, const CommandResult&, std::string_view bytes) { whole += bytes; });
    RandomCommands commands(seed);
    Run(fixture, commands, kCommandCount);
    hash = fixture.exchange().StateHash();
  }
  std::string cut;
  ExchangeFixture fixture;
  fixture.Observe(
      [&](const Command&, const CommandResult&, std::string_view bytes) { cut += bytes; });
  RandomCommands commands(seed);
  std::mt19937_64 random(seed);
  for (int done = 0; done < kCommandCount;) {
    const int part = std::min<int>(kCommandCount - done, 1 + static_cast<int>(random() % 400));
    Run(fixture, commands, part);
    done += part;
    const std::string saved = fixture.Saved();
    const std::uint64_t hash_before = fixture.exchange().StateHash();
    const std::optional<Timestamp> timer = fixture.exchange().NextTimer();
    REQUIRE(fixture.Reload(saved).ok());
    REQUIRE(fixture.exchange().StateHash() == hash_before);
    REQUIRE(fixture.exchange().NextTimer() == timer);
    REQUIRE(fixture.exchange().CheckInvariants().ok());
  }
  CHECK(cut == whole);
  CHECK(fixture.exchange().StateHash() == hash);
}

TEST_CASE("Snapshot: damaged or cut, it is refused and nothing crashes", "[venue]") {
  ExchangeFixture fixture;
  RandomCommands commands(33);
  Run(fixture, commands, 1'500);
  const std::string good = fixture.Saved();
  std::mt19937_64 random(33);
  for (int round = 0; round < 60; ++round) {
    std::string bytes = good;
    if (round % 2 == 0) {
      bytes[random() % bytes.size()] ^= static_cast<char>(1 + random() % 255);
    } else {
      bytes.resize(random() % bytes.size());
    }
    CHECK_FALSE(fixture.Reload(bytes).ok());
  }
  CHECK_FALSE(fixture.Reload(good + "x").ok());
  CHECK(fixture.Reload(good).ok());
}

TEST_CASE("Snapshot: the schedule is kept", "[venue]") {
  ExchangeFixture fixture;
  fixture.AdvanceTo(*ParseRfc3339("2026-08-06T08:00:00Z"));  // Inside the weekly window.
  fixture.Do(SetSchedule{Schedule::kKalshi});
  const std::string saved = fixture.Saved();
  REQUIRE(fixture.Reload(saved).ok());
  CHECK(fixture.exchange().schedule() == Schedule::kKalshi);
  CHECK(fixture.exchange().NextTimer() == *ParseRfc3339("2026-08-06T09:00:00Z"));
  CHECK(fixture.Saved() == saved);
}

TEST_CASE("Snapshot: more than the options allow is refused", "[venue]") {
  ExchangeFixture fixture;
  RandomCommands commands(34);
  Run(fixture, commands, 1'500);
  const std::string saved = fixture.Saved();
  Exchange::Options options = ExchangeFixture::SmallOptions();
  options.market_count_max = 1;
  ExchangeFixture small(options);
  CHECK_FALSE(small.Reload(saved).ok());
}

TEST_CASE("Describe: builds the read model that all events built", "[venue]") {
  const std::uint64_t seed = 35;
  INFO("seed " << seed);
  ExchangeFixture fixture;
  ReadModel followed;
  fixture.Observe([&](const Command&, const CommandResult&, std::string_view bytes) {
    followed.Apply(bytes, fixture.exchange().time());
  });
  RandomCommands commands(seed);
  for (int part = 0; part < 8; ++part) {
    Run(fixture, commands, kCommandCount / 8);
    ReadModel described;
    EventBuffer events;
    fixture.exchange().Describe(events, [&] {
      described.Apply(events.bytes(), {});
      events.clear();
    });
    const std::string expected = followed.LiveText();
    const std::string actual = described.LiveText();
    if (expected != actual) {
      const auto at = std::mismatch(expected.begin(), expected.end(), actual.begin(), actual.end());
      const auto offset = static_cast<std::size_t>(at.first - expected.begin());
      const std::size_t from = offset < 200 ? 0 : offset - 200;
      UNSCOPED_INFO("followed  ..." << expected.substr(from, 400));
      UNSCOPED_INFO("described ..." << actual.substr(from, 400));
    }
    REQUIRE(expected == actual);
  }
}

}  // namespace
}  // namespace evx::venue
