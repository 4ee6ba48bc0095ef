#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/testing/benchmark.h"
#include "evx/venue/commands.h"
#include "evx/venue/exchange.h"

namespace evx::load {

// What a new exchange is given before it trades: series, events and active markets 1..market_count,
// funded accounts 1..account_count.
struct Population {
  std::uint32_t market_count = 1'000;
  std::uint32_t account_count = 1'000;
  // Markets in which one account trades; neighbors by id.
  std::uint32_t markets_per_account = 100;
};
std::vector<venue::Command> SetupCommands(const Population& population, Timestamp now);

// The mix of commands that the figures are about: 45 % create (rests), 45 % cancel of a random
// order that was created before, 10 % crossing (immediate or cancel, takes from the opposite side).
// Ids of cancels come from the outcomes that were reported with OnCreated; an order that has been
// filled since is canceled in vain, as happens to any trader. Every order carries a client order id
// of its own, a UUID as most clients send. Not thread-safe.
class OrderFlow {
 public:
  OrderFlow(const Population& population, std::uint64_t seed)
      : population_(population), random_(seed) {}

  // Only creates; for the standing book. Resting prices are 30..49 and 51..70 cents.
  void NextCreate(venue::Command& command);
  void Next(venue::Command& command);
  // The same, valid until the next call.
  const venue::Command& NextCreate() {
    NextCreate(command_);
    return command_;
  }
  const venue::Command& Next() {
    Next(command_);
    return command_;
  }

  // The outcome of a create by `account`: it rests.
  void OnCreated(AccountId account, OrderId order_id) { live_.push_back({account, order_id}); }
  // What Apply said of the command that Next or NextCreate gave.
  void OnResult(const venue::Command& command, const venue::CommandResult& result);
  std::size_t live_count() const { return live_.size(); }

  struct Counts {
    std::uint64_t create = 0;
    std::uint64_t cancel = 0;
    std::uint64_t cross = 0;
  };
  const Counts& counts() const { return counts_; }

 private:
  struct Live {
    AccountId account;
    OrderId order_id;
  };
  venue::CreateOrder& Fill(venue::Command& command, BookSide side, std::int64_t cents,
                           std::int64_t contracts);

  const Population population_;
  evx::testing::SplitMix64 random_;
  std::vector<Live> live_;
  std::size_t next_cancel_ = 0;  // Drawn one cancel ahead, so that it is in the cache by then.
  Counts counts_;
  venue::Command command_;
};

}  // namespace evx::load
