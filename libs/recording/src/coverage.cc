#include "evx/recording/coverage.h"

namespace evx::recording {

void Coverage::Add(const Event& event) {
  // Events without a number (tickers) are in no sequence.
  if (event.seq == 0) return;
  const Subscription subscription{event.connection, event.sid};
  const auto [entry, is_new] = sequences_.try_emplace(subscription);
  Sequence& sequence = entry->second;
  // The same frame again; a new subscription begins with a snapshot.
  if (!is_new && event.seq == sequence.last && event.kind != EventKind::kSnapshot) return;
  if (!is_new) {
    const bool follows = contiguous_ ? event.seq == sequence.last + 1 : event.seq > sequence.last;
    if (!follows) ++sequence.hole_count;
  }
  sequence.last = event.seq;
  if (event.kind != EventKind::kSnapshot && event.kind != EventKind::kDelta) return;
  const std::string ticker(event.market_ticker);
  const std::pair<Subscription, std::uint64_t> now{subscription, sequence.hole_count};
  std::vector<Island>& islands = islands_[ticker];
  const auto open = open_.find(ticker);
  if (open == open_.end() || open->second != now) {
    // After a hole, deltas change a book that is not known.
    if (open != open_.end() && event.kind != EventKind::kSnapshot) return;
    open_[ticker] = now;
    islands.push_back({event.received, event.received, 0});
  }
  islands.back().end = event.received;
  ++islands.back().event_count;
}

}  // namespace evx::recording
