#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/text_map.h"

namespace evx::kalshi_client {

// One channel of one connection without its wire: the check of `seq` and what is in doubt.
//
// The venue numbers the messages of a subscription 1, 2, 3..., shared by all its markets, so a
// number that is left out puts every book of the subscription in doubt until a snapshot of that
// book comes. Deterministic, no clock, no I/O. O(1) per message, O(markets) per gap.
class FeedSubscription {
 public:
  enum class Check : std::uint8_t {
    kInOrder,
    kDuplicate,  // The last number again: the message is dropped, nothing is in doubt.
    kGap,        // Numbers were left out, or went back. Counting goes on from this message.
  };

  // `has_snapshots`: doubt ends market by market (orderbook_delta); otherwise there is none.
  explicit FeedSubscription(bool has_snapshots) : has_snapshots_(has_snapshots) {}

  // A subscription with a new sid: the next number is 1. Doubts stay.
  void Restart() { last_seq_ = 0; }
  // The next number of the stream; 0 (not numbered) is always in order. A gap calls Doubt.
  Check OnSequence(std::uint64_t seq);

  // A market is in doubt until its first snapshot. Present or absent ones are left alone.
  void AddMarket(std::string_view ticker);
  // True when the last doubt of an open gap went with it: the gap has ended.
  bool RemoveMarket(std::string_view ticker);
  // Everything is in doubt; opens the gap. True unless it was open.
  bool Doubt();
  // Proves one book. True when this ends the open gap.
  bool OnSnapshot(std::string_view ticker);
  // Ends the open gap although markets are without snapshot; they stay in doubt, but no later gap
  // waits for them before they are doubted anew. Gives them, sorted.
  std::vector<std::string> GiveUp();
  // Ends the gap of a channel without snapshots. True when one was open.
  bool CloseGap();

  bool IsInDoubt(std::string_view ticker) const;
  bool is_gap_open() const { return is_gap_open_; }
  // Markets that are in doubt and waited for.
  std::size_t awaited_count() const { return awaited_count_; }
  // Those, sorted.
  std::vector<std::string> Awaited() const;
  std::vector<std::string> Markets() const;
  std::size_t market_count() const { return markets_.size(); }
  bool HasMarket(std::string_view ticker) const { return markets_.contains(ticker); }
  std::uint64_t last_seq() const { return last_seq_; }

 private:
  enum class Proof : std::uint8_t { kProven, kAwaited, kGivenUp };

  // The gap ends when nothing is awaited any more.
  bool EndGapIfProven();

  const bool has_snapshots_;
  std::uint64_t last_seq_ = 0;
  bool is_gap_open_ = false;
  std::size_t awaited_count_ = 0;
  std::size_t given_up_count_ = 0;
  TextMap<Proof> markets_;
};

}  // namespace evx::kalshi_client
