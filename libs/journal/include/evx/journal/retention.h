#pragma once

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "evx/core/ids.h"

// Which records may go. A segment is given up only when all of its records are older than two
// snapshots and every follower has stored what it made of them:
//
//   writer.Retain(RetentionFloor(snapshot sequences, cursors.Lowest()))
//
// after each snapshot and now and then as followers move on.

namespace evx::journal {

// The places of the journal's followers: the last record each of them has stored durably.
// Thread-safe.
class FollowerCursors {
 public:
  // Registers a follower, or moves a registered one, possibly back (a store that was emptied).
  void Set(std::string_view name, SequenceNumber last_stored);
  // The follower is switched off for good and must read a snapshot when it comes back.
  void Remove(std::string_view name);

  // Last record that every follower has stored; nothing when there is no follower.
  std::optional<SequenceNumber> Lowest() const;
  std::map<std::string, SequenceNumber> All() const;

 private:
  mutable std::mutex mutex_;
  std::map<std::string, SequenceNumber, std::less<>> cursors_;
};

// The first record that must be kept. `snapshots`: sequences of the good snapshots, newest first;
// with fewer than two of them everything is kept. `lowest_cursor`: FollowerCursors::Lowest().
SequenceNumber RetentionFloor(std::span<const SequenceNumber> snapshots,
                              std::optional<SequenceNumber> lowest_cursor);

}  // namespace evx::journal
