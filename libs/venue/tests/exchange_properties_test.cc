#include <catch2/catch.hpp>
#include <string>

#include "evx/venue/testing/exchange_fixture.h"
#include "evx/venue/testing/random_commands.h"
#include "evx/venue/testing/read_model.h"

// What holds after every command, whatever the commands: random operations with printed seeds. The
// unoptimized build runs a small part of them.

namespace evx::venue {
namespace {

using testing::ExchangeFixture;
using testing::RandomCommands;
using testing::ReadModel;

#ifdef NDEBUG
constexpr int kCommandCount = 1'000'000;
#else
constexpr int kCommandCount = 20'000;
#endif
constexpr int kRunCount = 10;  // Fresh exchanges, so that the states stay small.

// What a follower checks by itself: no balance below zero, levels that add up.
class Watcher {
 public:
  void On(const BalanceChanged& e) {
    if (e.cash < Money() || e.hold < Money() || e.cash < e.hold) fault_ = ToText(Event(e));
  }
  void On(const OrderFilled& e) {
    if (e.fee < Money() || e.quantity <= Quantity() || e.remaining_after < Quantity()) {
      fault_ = ToText(Event(e));
    }
  }
  template <class E>
  void On(const E&) {}
  const std::string& fault() const { return fault_; }

 private:
  std::string fault_;
};

TEST_CASE("Exchange: money is conserved and books are sound after every command",
          "[venue][properties]") {
  int trades = 0;
  int settled = 0;
  for (int run = 0; run < kRunCount; ++run) {
    const std::uint64_t seed = 4'100 + static_cast<std::uint64_t>(run);
    INFO("seed " << seed);
    ExchangeFixture fixture;
    if (run % 2 == 0) fixture.Do(SetSchedule{Schedule::kKalshi});
    RandomCommands commands(seed);
    ReadModel model;  // Checks the book levels of every event.
    for (int i = 0; i < kCommandCount / kRunCount; ++i) {
      fixture.SetTime(commands.NextTime(fixture.now()));
      const Command command = commands.Next();
      const CommandResult result = fixture.Apply(command);
      commands.Learn(command, result, fixture.EventBytes());
      Watcher watcher;
      const absl::Status decoded = VisitEvents(fixture.EventBytes(), [&](const auto& event) {
        using E = std::decay_t<decltype(event)>;
        trades += std::is_same_v<E, TradeExecuted> ? 1 : 0;
        settled += std::is_same_v<E, PositionSettled> ? 1 : 0;
        watcher.On(event);
      });
      model.Apply(fixture.EventBytes(), fixture.now());
      const absl::Status sound = fixture.exchange().CheckInvariants();
      if (!decoded.ok() || !watcher.fault().empty() || !sound.ok()) {
        FAIL("command " << i << " " << ToText(command) << ": " << MessageOf(decoded)
                        << watcher.fault() << MessageOf(sound));
      }
    }
  }
  CHECK(trades > kCommandCount / 20);
  CHECK(settled > kRunCount);
}

// The same command with YES and NO exchanged.
CreateOrder Mirror(CreateOrder command) {
  command.side = Opposite(command.side);
  command.price_micros = 1'000'000 - command.price_micros;
  return command;
}
AmendOrder Mirror(AmendOrder command) {
  command.side = Opposite(command.side);
  command.price_micros = 1'000'000 - command.price_micros;
  return command;
}
template <class C>
C Mirror(C command) {
  return command;
}

OrderAccepted Mirror(OrderAccepted event) {
  event.side = Opposite(event.side);
  event.price = event.price.Complement();
  return event;
}
TradeExecuted Mirror(TradeExecuted event) {
  event.taker_side = Opposite(event.taker_side);
  event.price = event.price.Complement();
  return event;
}
OrderFilled Mirror(OrderFilled event) {
  event.side = Opposite(event.side);
  event.price = event.price.Complement();
  return event;
}
OrderAmended Mirror(OrderAmended event) {
  event.price = event.price.Complement();
  return event;
}
BookChanged Mirror(BookChanged event) {
  event.side = Opposite(event.side);
  event.price = event.price.Complement();
  return event;
}
PositionChanged Mirror(PositionChanged event) {
  event.position = -event.position;
  return event;
}

TEST_CASE("Exchange: with YES and NO exchanged, everything happens mirrored",
          "[venue][properties]") {
  for (int run = 0; run < kRunCount; ++run) {
    const std::uint64_t seed = 4'200 + static_cast<std::uint64_t>(run);
    INFO("seed " << seed);
    ExchangeFixture plain;
    ExchangeFixture mirrored;
    RandomCommands commands(seed, {.orders_only = true});
    EventBuffer expected;
    for (int i = 0; i < kCommandCount / kRunCount; ++i) {
      const Timestamp time = commands.NextTime(plain.now());
      plain.SetTime(time);
      mirrored.SetTime(time);
      const Command command = commands.Next();
      const CommandResult result = plain.Apply(command);
      commands.Learn(command, result, plain.EventBytes());
      const Command mirror = std::visit([](const auto& c) { return Command(Mirror(c)); }, command);
      const CommandResult other = mirrored.Apply(mirror);
      expected.clear();
      const absl::Status decoded = VisitEvents(
          mirrored.EventBytes(), [&](const auto& event) { expected.Add(Mirror(event)); });
      if (!decoded.ok() || result.filled != other.filled || result.fees != other.fees ||
          result.remaining != other.remaining || expected.bytes() != plain.EventBytes()) {
        FAIL("command " << i << " " << ToText(command));
      }
    }
  }
}

}  // namespace
}  // namespace evx::venue
