#include <catch2/catch.hpp>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <vector>

#include "faults/fault_injector.h"

using namespace evx;
using namespace evx::mock_kalshi;

namespace {

FaultTarget At(FaultDoor door) { return {door, AccountId()}; }
FaultTarget Of(std::uint32_t account) { return {std::nullopt, AccountId(account)}; }

// What happens to `count` requests of connection `connection`.
std::vector<std::optional<FaultKind>> KindsOf(FaultInjector& faults, std::uint64_t connection,
                                              int count) {
  std::vector<std::optional<FaultKind>> kinds;
  for (int i = 0; i < count; ++i) {
    kinds.push_back(faults.OnRequest(FaultDoor::kRest, AccountId(7), connection, true).kind);
  }
  return kinds;
}

}  // namespace

TEST_CASE("Faults: the draw of a message never changes", "[mock_kalshi]") {
  // Part of what a scenario file means: these values hold for ever.
  CHECK(Draw(0, {0, 0}, FaultKind::kDisconnect) == 0x3a55e40f751a2364ULL);
  CHECK(Draw(42, {3, 1'000'000}, FaultKind::kJitter) == 0x42cd6ef81a8d86d6ULL);
}

TEST_CASE("Faults: draws of other seeds, connections, messages and kinds are others",
          "[mock_kalshi]") {
  std::set<std::uint64_t> draws;
  for (std::int64_t seed = 0; seed < 8; ++seed) {
    for (std::int64_t connection = 0; connection < 8; ++connection) {
      for (std::int64_t message = 0; message < 64; ++message) {
        draws.insert(Draw(seed, {connection, message}, FaultKind::kDrop));
        draws.insert(Draw(seed, {connection, message}, FaultKind::kDuplicate));
      }
    }
  }
  CHECK(draws.size() == 8 * 8 * 64 * 2);
}

TEST_CASE("Faults: each kind happens as often as its rate says", "[mock_kalshi]") {
  FaultProfile profile;
  profile.drop_rate = 100'000;
  profile.sequence_skip_rate = 10'000;
  std::map<FaultKind, int> counts;
  for (std::int64_t message = 0; message < 100'000; ++message) {
    if (const auto kind = DrawFrameFault(profile, {1, message}).kind) ++counts[*kind];
  }
  CHECK(counts.size() == 2);
  CHECK(counts[FaultKind::kDrop] > 9'500);
  CHECK(counts[FaultKind::kDrop] < 10'500);
  CHECK(counts[FaultKind::kSequenceSkip] > 750);
  CHECK(counts[FaultKind::kSequenceSkip] < 1'050);
}

TEST_CASE("Faults: a message is held for the latency and at most the jitter more",
          "[mock_kalshi]") {
  FaultProfile profile;
  profile.latency = absl::Milliseconds(20);
  profile.jitter = absl::Milliseconds(10);
  absl::Duration least = absl::InfiniteDuration();
  absl::Duration most;
  for (std::int64_t message = 0; message < 10'000; ++message) {
    const absl::Duration hold = DrawRequestFault(profile, {0, message}).hold;
    least = std::min(least, hold);
    most = std::max(most, hold);
  }
  CHECK(least >= absl::Milliseconds(20));
  CHECK(least < absl::Milliseconds(20.1));
  CHECK(most > absl::Milliseconds(29.9));
  CHECK(most <= absl::Milliseconds(30));
}

TEST_CASE("Faults: of several that come up the first applies", "[mock_kalshi]") {
  FaultProfile profile;
  profile.unavailable_executed_rate = FaultProfile::kRateMax;
  CHECK(DrawRequestFault(profile, {}).spoils_answer());
  profile.too_many_requests_rate = FaultProfile::kRateMax;
  CHECK(DrawRequestFault(profile, {}).kind == FaultKind::kTooManyRequests);
  CHECK(DrawRequestFault(profile, {}).refuses());
  profile.disconnect_rate = FaultProfile::kRateMax;
  CHECK(DrawRequestFault(profile, {}).kind == FaultKind::kDisconnect);
  CHECK(DrawFrameFault(profile, {}).kind == FaultKind::kDisconnect);
}

TEST_CASE("Faults: only messages of the window are touched", "[mock_kalshi]") {
  FaultProfile profile;
  profile.unavailable_rate = FaultProfile::kRateMax;
  profile.latency = absl::Seconds(1);
  profile.from_message = 2;
  profile.to_message = 3;
  for (std::int64_t message = 0; message < 6; ++message) {
    const bool is_inside = message == 2 || message == 3;
    CHECK(DrawRequestFault(profile, {0, message}).any() == is_inside);
  }
}

TEST_CASE("Faults: a profile out of bounds is refused with member, value and limit",
          "[mock_kalshi]") {
  FaultProfile profile;
  CHECK(FindFaultOf(profile).empty());
  profile.latency = absl::Seconds(70);
  CHECK(FindFaultOf(profile) == "latency_ms 70000 is outside 0 to 60000");
  profile = {};
  profile.drop_rate = 1'500'000;
  CHECK(FindFaultOf(profile) == "drop_rate 1.5 is outside 0 to 1");
  profile = {};
  profile.seed = -1;
  CHECK(FindFaultOf(profile) == "seed -1 is below 0");
  profile = {};
  profile.from_message = 5;
  profile.to_message = 4;
  CHECK(FindFaultOf(profile) == "from_message 5 is above to_message 4");
  profile = {};
  profile.unavailable_status = 501;
  CHECK(FindFaultOf(profile) == "unavailable_status 501 is none of 500, 502, 503, 504");
}

TEST_CASE("FaultInjector: nothing can be set unless faults are allowed", "[mock_kalshi]") {
  FaultInjector faults(false);
  const absl::Status status = faults.Set(At(FaultDoor::kRest), {});
  CHECK(absl::IsFailedPrecondition(status));
  CHECK(status.message().find("--faults=allowed") != absl::string_view::npos);
  CHECK_FALSE(faults.active());
}

TEST_CASE("FaultInjector: the closest profile decides", "[mock_kalshi]") {
  FaultInjector faults(true);
  const auto seen = [&faults](std::uint32_t account) {
    return faults.OnRequest(FaultDoor::kRest, AccountId(account), 1, true).hold;
  };
  FaultProfile profile;
  profile.latency = absl::Milliseconds(1);
  REQUIRE(faults.Set(At(FaultDoor::kRest), profile).ok());
  profile.latency = absl::Milliseconds(2);
  REQUIRE(faults.Set(Of(7), profile).ok());
  profile.latency = absl::Milliseconds(3);
  REQUIRE(faults.Set({FaultDoor::kRest, AccountId(8)}, profile).ok());
  CHECK(seen(0) == absl::Milliseconds(1));
  CHECK(seen(6) == absl::Milliseconds(1));
  CHECK(seen(7) == absl::Milliseconds(2));
  CHECK(seen(8) == absl::Milliseconds(3));
  // Another door has no profile of its own.
  CHECK_FALSE(faults.OnFrame(FaultDoor::kWebSocket, AccountId(8), 1).kind);
  CHECK(faults.OnFrame(FaultDoor::kWebSocket, AccountId(8), 1).hold == absl::ZeroDuration());
  CHECK(faults.OnFrame(FaultDoor::kWebSocket, AccountId(7), 1).hold == absl::Milliseconds(2));
  CHECK(faults.Describe() ==
        "3 fault profiles are set: account 7, door rest, account 8 at door rest");
  CHECK(faults.Clear(Of(7)));
  CHECK_FALSE(faults.Clear(Of(7)));
  CHECK(seen(7) == absl::Milliseconds(1));
  faults.ClearAll();
  CHECK(seen(8) == absl::ZeroDuration());
  CHECK(faults.Describe().empty());
}

TEST_CASE("FaultInjector: connections are numbered as they appear, whatever their own numbers",
          "[mock_kalshi]") {
  FaultProfile profile;
  profile.seed = 5;
  profile.unavailable_rate = 300'000;
  FaultInjector one(true);
  FaultInjector other(true);
  REQUIRE(one.Set(Of(7), profile).ok());
  REQUIRE(other.Set(Of(7), profile).ok());
  const auto first = KindsOf(one, 11, 50);
  const auto second = KindsOf(one, 12, 50);
  CHECK(first != second);
  CHECK(KindsOf(other, 990, 50) == first);
  CHECK(KindsOf(other, 3, 50) == second);
  CHECK(one.Log(0, 1'000) == other.Log(0, 1'000));
  // Setting it again begins anew.
  REQUIRE(one.Set(Of(7), profile).ok());
  CHECK(KindsOf(one, 13, 50) == first);
}

TEST_CASE("FaultInjector: a profile goes on where another ended", "[mock_kalshi]") {
  FaultProfile profile;
  profile.unavailable_rate = 300'000;
  FaultInjector whole(true);
  REQUIRE(whole.Set(Of(7), profile).ok());
  auto expected = KindsOf(whole, 1, 40);
  FaultInjector resumed(true);
  profile.first_message = 15;
  profile.first_connection = 0;
  REQUIRE(resumed.Set(Of(7), profile).ok());
  expected.erase(expected.begin(), expected.begin() + 15);
  CHECK(KindsOf(resumed, 1, 25) == expected);
  // The second connection of both begins at its beginning.
  CHECK(KindsOf(resumed, 2, 25) == KindsOf(whole, 2, 25));
  profile.first_connection = 1;
  profile.first_message = 25;
  REQUIRE(resumed.Set(Of(7), profile).ok());
  CHECK(KindsOf(resumed, 3, 25) == KindsOf(whole, 2, 25));
}

TEST_CASE("FaultInjector: reads are no messages of a profile for writes", "[mock_kalshi]") {
  FaultInjector faults(true);
  FaultProfile profile;
  profile.writes_only = true;
  profile.too_many_requests_rate = FaultProfile::kRateMax;
  profile.to_message = 0;
  REQUIRE(faults.Set(At(FaultDoor::kRest), profile).ok());
  CHECK_FALSE(faults.OnRequest(FaultDoor::kRest, AccountId(), 1, false).any());
  CHECK(faults.OnRequest(FaultDoor::kRest, AccountId(), 1, true).any());
  CHECK_FALSE(faults.OnRequest(FaultDoor::kRest, AccountId(), 1, true).any());
  CHECK(faults.List().front().message_count == 2);
}

TEST_CASE("FaultInjector: what FIX clients send and are sent is numbered apart", "[mock_kalshi]") {
  FaultInjector faults(true);
  FaultProfile profile;
  profile.latency = absl::Milliseconds(3);
  profile.disconnect_rate = FaultProfile::kRateMax;
  profile.drop_rate = FaultProfile::kRateMax;
  profile.to_message = 0;
  REQUIRE(faults.Set(At(FaultDoor::kFix), profile).ok());
  const RequestFault sent = faults.OnRequest(FaultDoor::kFix, AccountId(), 1, true);
  CHECK(sent.kind == FaultKind::kDisconnect);
  CHECK(sent.hold == absl::Milliseconds(3));
  const FrameFault received = faults.OnFrame(FaultDoor::kFix, AccountId(), 1);
  CHECK(received.kind == FaultKind::kDrop);
  CHECK(received.hold == absl::ZeroDuration());
  CHECK_FALSE(faults.OnRequest(FaultDoor::kFix, AccountId(), 1, true).any());
  CHECK_FALSE(faults.OnFrame(FaultDoor::kFix, AccountId(), 1).kind.has_value());
}

TEST_CASE("FaultInjector: the log names every fault and can be read in pages", "[mock_kalshi]") {
  FaultInjector faults(true);
  FaultProfile profile;
  profile.latency = absl::Milliseconds(3);
  profile.drop_rate = FaultProfile::kRateMax;
  REQUIRE(faults.Set(At(FaultDoor::kWebSocket), profile).ok());
  for (int i = 0; i < 5; ++i) faults.OnFrame(FaultDoor::kWebSocket, AccountId(), 1);
  const auto log = faults.Log(0, 100);
  REQUIRE(log.size() == 10);
  CHECK(log[0].kind == FaultKind::kDelay);
  CHECK(log[0].delay == absl::Milliseconds(3));
  CHECK(log[9].kind == FaultKind::kDrop);
  CHECK(log[9].at.message == 4);
  CHECK(log[9].number == 10);
  CHECK(faults.Log(8, 100).size() == 2);
  CHECK(faults.Log(0, 3).size() == 3);
  CHECK(faults.count(FaultKind::kDrop) == 5);
  faults.ClearAll();
  CHECK(faults.Log(0, 100).empty());
}

TEST_CASE("FaultInjector: the oldest connection is forgotten at the limit", "[mock_kalshi]") {
  FaultInjector faults(true);
  FaultProfile profile;
  profile.unavailable_rate = FaultProfile::kRateMax;
  REQUIRE(faults.Set(At(FaultDoor::kRest), profile).ok());
  for (std::uint64_t i = 0; i <= FaultInjector::kConnectionCountMax; ++i) {
    faults.OnRequest(FaultDoor::kRest, AccountId(), i, true);
  }
  faults.OnRequest(FaultDoor::kRest, AccountId(), 0, true);
  const auto last = faults.Log(FaultInjector::kConnectionCountMax + 1, 1);
  REQUIRE(last.size() == 1);
  CHECK(last[0].at.connection == std::int64_t{FaultInjector::kConnectionCountMax} + 1);
}

TEST_CASE("DelayQueue: work runs when it is due, and what is left runs at the stop",
          "[mock_kalshi]") {
  DelayQueue queue;
  std::mutex mutex;
  std::condition_variable changed;
  std::vector<int> order;
  const auto add = [&](int i) {
    return [&, i] {
      const std::lock_guard lock(mutex);
      order.push_back(i);
      changed.notify_all();
    };
  };
  const auto wait_for = [&](std::size_t count) {
    std::unique_lock lock(mutex);
    REQUIRE(changed.wait_for(lock, std::chrono::minutes(1), [&] { return order.size() == count; }));
  };
  queue.Post(absl::Hours(2), add(3));
  queue.Post(absl::Hours(1), add(2));
  queue.Post(absl::ZeroDuration(), add(0));
  wait_for(1);
  queue.Post(absl::Milliseconds(20), add(1));
  wait_for(2);
  queue.Stop();
  queue.Post(absl::Hours(1), add(4));
  CHECK(order == std::vector<int>{0, 1, 2, 3, 4});
}
