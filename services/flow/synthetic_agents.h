#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "evx/core/sides.h"
#include "recording.h"

namespace evx::flow {

// One order an agent wants.
struct AgentOrder {
  BookSide side = BookSide::kBid;
  std::int64_t price_micros = 0;
  std::int64_t quantity_centis = 0;
  bool is_immediate = false;  // Immediate or cancel; otherwise it rests until the next quotes.
  // Who: quotes are one account's, each kind of taker has one of its own.
  enum class Agent : std::uint8_t { kQuoter, kNoise, kMomentum, kInformed };
  Agent agent = Agent::kQuoter;
};

// What agents see of a market.
struct MarketView {
  std::int64_t best_bid_micros = 0;  // 0: none.
  std::int64_t best_ask_micros = 0;  // 0: none.
};

// The agents of one market, as a pure function of a seed and of what they see, step by step:
//
//   quoter    five levels a side around its own estimate; the width of the spread and the size at
//             the best price follow the recorded averages of crypto markets by decile of the middle
//   noise     small orders on either side at random times
//   momentum  follows the last moves of the middle of the book
//   informed  knows the fair value, a random walk that the quoter's estimate follows with a delay,
//             and takes a price that is wrong by more than it costs
//
// Whole cents only, which every price grid of the venue accepts. The same seed and the same views
// give the same orders.
class MarketAgents {
 public:
  explicit MarketAgents(std::uint64_t seed);

  // One step of about a second. When `requotes` is set, the orders of the quoter replace its
  // resting ones.
  struct Step {
    bool requotes = false;
    std::vector<AgentOrder> orders;
  };
  Step Next(const MarketView& view);

  // For tests and metrics: the fair value in cents, times 100.
  std::int64_t fair_value_centicents() const;

 private:
  void Quote(Step& step);
  void TakeAtRandom(const MarketView& view, Step& step);
  void FollowMomentum(const MarketView& view, Step& step);
  void TakeIfWrong(const MarketView& view, Step& step);
  double Uniform();
  double Normal();

  std::mt19937_64 random_;
  double fair_;      // Probability of yes.
  double estimate_;  // The quoter's.
  double slow_middle_;
  int steps_to_requote_ = 0;
};

}  // namespace evx::flow
