#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "evx/core/bytes.h"
#include "evx/core/clock.h"
#include "fold/market_fold.h"

namespace evx::order_book_rebuilder {

// A market's book as it was shown at some instant.
struct PastBook {
  RebuiltBook book;
  std::int64_t sequence = 0;
  // When the last change before the instant was received.
  Timestamp time;
  Doubt doubt = Doubt::kNone;
};

// The book at one instant and what changed it from then on: what a question about the past reads.
// Times never go back: a change that says it was received before the one ahead of it takes that
// one's time.
struct HistoryBlock {
  // A block with so many changes is full.
  static constexpr std::uint32_t kChangeCountMax = 256;

  Timestamp first_time;
  Timestamp last_time;
  std::uint32_t change_count = 0;
  // The book at first_time, as Start writes it, and the changes.
  std::string start;
  std::string changes;

  // Nothing when the bytes are damaged. `at` is not before first_time.
  std::optional<PastBook> BookAt(Timestamp at) const;

  void Encode(ByteWriter& writer) const;
  void Decode(ByteReader& reader);
};

// What was read of a market's blocks so far: listens to its fold and fills one block after another.
class MarketHistory final : public FoldListener {
 public:
  explicit MarketHistory(const MarketFold& fold) : fold_(fold) {}

  void OnDelta(const BookUpdate& update, Timestamp time) override;
  void OnReset(Timestamp time) override;
  void OnDoubt(Doubt doubt, Timestamp time) override;

  // Asks for the memory that the next change is written to.
  void Prefetch() const { __builtin_prefetch(open_.changes.data() + open_.changes.size(), 1); }

  // The block that is being filled; first_time is not set before the first snapshot.
  const HistoryBlock& open_block() const { return open_; }
  // A block that is full or at its end, with the instant at which the next one takes over.
  struct Closed {
    HistoryBlock block;
    Timestamp end_time;
  };
  bool has_closed() const { return !closed_.empty(); }
  // What was closed since the last call, in order.
  std::vector<Closed> TakeClosed() { return std::exchange(closed_, {}); }

  void Encode(ByteWriter& writer) const;
  void Decode(ByteReader& reader);

 private:
  class ChangeWriter;

  Timestamp NotBefore(Timestamp time) const;
  void Begin(Timestamp time);
  void AddChange(const ChangeWriter& change, Timestamp time);

  const MarketFold& fold_;
  HistoryBlock open_;
  // As of the last change.
  std::int64_t sequence_ = 0;
  Doubt doubt_ = Doubt::kNone;
  std::vector<Closed> closed_;
};

}  // namespace evx::order_book_rebuilder
