#include "exchange/sequencer.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <latch>
#include <vector>

#include "evx/core/testing/literals.h"

namespace evx::mock_kalshi {
namespace {

using namespace evx::testing;  // NOLINT: literals

// An exchange without a journal: a record is durable when it has been applied.
class EphemeralSequencer {
 public:
  explicit EphemeralSequencer(Sequencer::Options options = {})
      : wall_(Timestamp::FromSeconds(1'000)),
        clock_(ExchangeClock::Mode::kVirtual, wall_, Timestamp::FromSeconds(1'000)),
        exchange_(venue::Exchange::Options{}),
        sequencer_(options, exchange_, clock_) {}

  Sequencer* operator->() { return &sequencer_; }
  ExchangeClock& clock() { return clock_; }

  // Keeps the sequencer thread busy until the returned latch is counted down.
  std::shared_ptr<std::latch> Block() {
    auto started = std::make_shared<std::latch>(1);
    auto go = std::make_shared<std::latch>(1);
    REQUIRE(sequencer_
                .Ask([started, go](const venue::Exchange&) {
                  started->count_down();
                  go->wait();
                  return [] {};
                })
                .ok());
    started->wait();
    return go;
  }

 private:
  ManualClock wall_;
  ExchangeClock clock_;
  venue::Exchange exchange_;
  Sequencer sequencer_;
};

AuditMeta FromRest() {
  AuditMeta meta;
  meta.door = Door::kRest;
  return meta;
}

TEST_CASE("Sequencer: a full queue refuses orders at once and keeps places for cancels",
          "[mock-kalshi]") {
  Sequencer::Options options;
  options.queue_capacity = 10;
  options.cancel_reserve = 4;
  EphemeralSequencer sequencer(options);
  sequencer->Start(nullptr);
  const auto go = sequencer.Block();
  for (int i = 0; i < 6; ++i) {
    CHECK(sequencer->Submit(venue::CreateOrder{}, FromRest(), [](const Outcome&) {}).ok());
  }
  CHECK(sequencer->Submit(venue::CreateOrder{}, FromRest(), [](const Outcome&) {}).code() ==
        absl::StatusCode::kResourceExhausted);
  for (int i = 0; i < 4; ++i) {
    CHECK(sequencer->Submit(venue::CancelOrder{}, FromRest(), [](const Outcome&) {}).ok());
  }
  CHECK(sequencer->Submit(venue::CancelOrder{}, FromRest(), [](const Outcome&) {}).code() ==
        absl::StatusCode::kResourceExhausted);
  go->count_down();
  sequencer->Stop();
}

TEST_CASE("Sequencer: a batch is queued whole or not at all", "[mock-kalshi]") {
  Sequencer::Options options;
  options.queue_capacity = 5;
  options.cancel_reserve = 1;
  EphemeralSequencer sequencer(options);
  sequencer->Start(nullptr);
  const auto go = sequencer.Block();
  std::atomic<int> done = 0;
  std::vector<Sequencer::Submission> batch;
  for (int i = 0; i < 5; ++i) {
    batch.push_back({venue::CreateOrder{}, [&done](const Outcome&) { ++done; }});
  }
  CHECK_FALSE(sequencer->SubmitAll(std::move(batch), FromRest()).ok());
  go->count_down();
  sequencer->Stop();
  CHECK(done == 0);
}

TEST_CASE("Sequencer: answers come in the order of the commands, after every listener",
          "[mock-kalshi]") {
  struct Listener final : RecordListener {
    void OnRecord(const ReleasedRecord& record) override { last = record.sequence_number; }
    SequenceNumber last;
  } listener;
  EphemeralSequencer sequencer;
  sequencer->AddListener(listener);
  sequencer->Start(nullptr);
  std::vector<std::uint64_t> answered;
  for (int i = 0; i < 1'000; ++i) {
    REQUIRE(sequencer
                ->Submit(venue::OpenAccount{}, FromRest(),
                         [&](const Outcome& outcome) {
                           CHECK(listener.last == outcome.sequence_number);
                           answered.push_back(outcome.sequence_number.value());
                         })
                .ok());
  }
  sequencer->Stop();
  REQUIRE(answered.size() == 1'000);
  for (std::size_t i = 0; i < answered.size(); ++i) CHECK(answered[i] == i + 1);
}

TEST_CASE("Sequencer: while it does not accept, only cancels and operators get through",
          "[mock-kalshi]") {
  EphemeralSequencer sequencer;
  sequencer->Start(nullptr);
  sequencer->SetAccepting(false);
  CHECK(sequencer->Submit(venue::CreateOrder{}, FromRest(), [](const Outcome&) {}).code() ==
        absl::StatusCode::kUnavailable);
  CHECK(sequencer->Submit(venue::CancelOrder{}, FromRest(), [](const Outcome&) {}).ok());
  AuditMeta operator_meta;
  operator_meta.door = Door::kOperator;
  CHECK(sequencer->Submit(venue::OpenAccount{}, operator_meta, [](const Outcome&) {}).ok());
  sequencer->SetAccepting(true);
  CHECK(sequencer->Submit(venue::CreateOrder{}, FromRest(), [](const Outcome&) {}).ok());
  sequencer->Stop();
}

TEST_CASE("Sequencer: Stop answers everything that was queued and refuses what comes later",
          "[mock-kalshi]") {
  EphemeralSequencer sequencer;
  sequencer->Start(nullptr);
  std::atomic<int> answered = 0;
  const auto go = sequencer.Block();
  for (int i = 0; i < 100; ++i) {
    REQUIRE(
        sequencer
            ->Submit(venue::OpenAccount{}, FromRest(), [&answered](const Outcome&) { ++answered; })
            .ok());
  }
  go->count_down();
  sequencer->Stop();
  CHECK(answered == 100);
  CHECK_FALSE(sequencer->Submit(venue::OpenAccount{}, FromRest(), [](const Outcome&) {}).ok());
}

TEST_CASE("ExchangeClock: virtual time stands still, advances, runs at a speed, never goes back",
          "[mock-kalshi]") {
  ManualClock wall(Timestamp::FromSeconds(100));
  ExchangeClock clock(ExchangeClock::Mode::kVirtual, wall, Timestamp::FromSeconds(5));
  wall.AdvanceBy(absl::Seconds(10));
  CHECK(clock.Now() == Timestamp::FromSeconds(5));
  CHECK(clock.WallTimeUntil(Timestamp::FromSeconds(6)) == absl::InfiniteDuration());
  CHECK(clock.AdvanceTo(Timestamp::FromSeconds(50)));
  clock.AdvanceTo(Timestamp::FromSeconds(20));
  CHECK(clock.Now() == Timestamp::FromSeconds(50));
  CHECK(clock.SetSpeed(2'000));
  wall.AdvanceBy(absl::Seconds(3));
  CHECK(clock.Now() == Timestamp::FromSeconds(56));
  CHECK(clock.WallTimeUntil(Timestamp::FromSeconds(58)) < absl::Milliseconds(1'001));
}

TEST_CASE("ExchangeClock: real time holds its last value while the wall clock is behind",
          "[mock-kalshi]") {
  ManualClock wall(Timestamp::FromSeconds(100));
  ExchangeClock clock(ExchangeClock::Mode::kReal, wall, Timestamp());
  clock.RaiseTo(Timestamp::FromSeconds(200));
  CHECK(clock.Now() == Timestamp::FromSeconds(200));
  wall.AdvanceTo(Timestamp::FromSeconds(300));
  CHECK(clock.Now() == Timestamp::FromSeconds(300));
  CHECK_FALSE(clock.AdvanceTo(Timestamp::FromSeconds(400)));
}

}  // namespace
}  // namespace evx::mock_kalshi
