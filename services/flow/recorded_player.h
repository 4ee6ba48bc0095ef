#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "book_checker.h"
#include "exchange_client.h"
#include "recording.h"
#include "replay_planner.h"

namespace evx::flow {

// What one replay did.
struct ReplaySummary {
  std::string market_ticker;  // As listed here.
  std::string recorded_ticker;
  std::int64_t frame_count = 0;
  std::int64_t command_count = 0;
  std::int64_t refused_count = 0;
  PlannerCounters planner;
  CheckerReport checks;
  bool everything_checked = false;
  std::int64_t payout_micros = 0;
  std::int64_t expected_payout_micros = 0;
  absl::Duration duration;
  absl::Duration lag_max;
  absl::Duration lag_mean;

  // Every check was made, all were equal, and the recorded settlement was paid.
  bool IsPerfect() const;
};

// One line for people.
std::string ToText(const ReplaySummary& summary);

// Plays recorded sessions on the exchange: lists a market like the recorded one, places the orders
// of ReplayPlanner, and lets the operator determine and settle the market as recorded. Four of the
// accounts take part: one rests bids, one rests asks, one buys and one sells.
class RecordedPlayer {
 public:
  struct Options {
    // On a virtual clock: set to each recorded millisecond, as fast as it goes. Otherwise wall time
    // times `speed`.
    bool virtual_clock = false;
    double speed = 1.0;
    // Before the ticker of event and series, so that sessions do not meet real markets.
    std::string ticker_prefix = "REPLAY-";
  };

  RecordedPlayer(Options options, ExchangeStubs& stubs,
                 std::vector<std::shared_ptr<Signer>> accounts,
                 std::shared_ptr<Signer> operator_key);

  // Blocks until the session is over, or soon after `stop` turns true (CANCELLED). Then the orders
  // are gone and the market is closed and settled as recorded; the same is done for markets that an
  // earlier, killed replay of the recording has left.
  absl::StatusOr<ReplaySummary> Play(const Recording& recording, const std::atomic<bool>& stop);

 private:
  class Session;

  const Options options_;
  ExchangeStubs& stubs_;
  const std::vector<std::shared_ptr<Signer>> accounts_;
  const std::shared_ptr<Signer> operator_;
};

}  // namespace evx::flow
