#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "evx/core/clock.h"
#include "evx/recording/block.h"

// What a recording holds of each market, from its events in the order in which they were received.
//
// An island is a stretch of book events without a hole: it begins with a snapshot (or with the
// first event seen) and ends before the next hole. A hole is a `seq` that does not follow the one
// before it in its subscription (connection and sid): it ends the islands of all markets that this
// subscription carries, because the lost frame may be of any of them. So does a snapshot in
// mid-stream whose `seq` begins anew. A frame that comes twice is no hole and counts once. Where
// the feed was split by market, `seq` is not contiguous in a file and every island would be one
// frame long: see `contiguous`. No input or output. Not thread-safe.

namespace evx::recording {

struct Island {
  Timestamp begin;
  // Of the last event.
  Timestamp end;
  std::uint64_t event_count = 0;

  friend bool operator==(const Island&, const Island&) = default;
};

class Coverage {
 public:
  // contiguous: whether `seq` counts by one in each subscription of this recording; if not, only a
  // `seq` that does not rise is a hole.
  explicit Coverage(bool contiguous) : contiguous_(contiguous) {}

  // Snapshots and deltas count; other events pass `seq` on only.
  void Add(const Event& event);

  // Islands by market, oldest first; the gaps are between them.
  const std::map<std::string, std::vector<Island>, std::less<>>& islands() const {
    return islands_;
  }

 private:
  // Connection and sid.
  using Subscription = std::pair<std::uint32_t, std::int64_t>;

  struct Sequence {
    std::int64_t last = 0;
    // Rises with each hole.
    std::uint64_t hole_count = 0;
  };

  bool contiguous_;
  std::map<Subscription, Sequence> sequences_;
  std::map<std::string, std::vector<Island>, std::less<>> islands_;
  // Subscription and its holes when the market's newest island was last added to.
  std::map<std::string, std::pair<Subscription, std::uint64_t>, std::less<>> open_;
};

}  // namespace evx::recording
