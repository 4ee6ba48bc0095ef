#include "evx/journal/retention.h"

#include <algorithm>

namespace evx::journal {

void FollowerCursors::Set(std::string_view name, SequenceNumber last_stored) {
  const std::lock_guard lock(mutex_);
  const auto found = cursors_.find(name);
  if (found != cursors_.end()) {
    found->second = last_stored;
  } else {
    cursors_.emplace(name, last_stored);
  }
}

void FollowerCursors::Remove(std::string_view name) {
  const std::lock_guard lock(mutex_);
  const auto found = cursors_.find(name);
  if (found != cursors_.end()) cursors_.erase(found);
}

std::optional<SequenceNumber> FollowerCursors::Lowest() const {
  const std::lock_guard lock(mutex_);
  std::optional<SequenceNumber> lowest;
  for (const auto& [name, cursor] : cursors_) {
    lowest = lowest ? std::min(*lowest, cursor) : cursor;
  }
  return lowest;
}

std::map<std::string, SequenceNumber> FollowerCursors::All() const {
  const std::lock_guard lock(mutex_);
  return {cursors_.begin(), cursors_.end()};
}

SequenceNumber RetentionFloor(std::span<const SequenceNumber> snapshots,
                              std::optional<SequenceNumber> lowest_cursor) {
  if (snapshots.size() < 2) return SequenceNumber(1);
  const SequenceNumber stored =
      lowest_cursor ? std::min(snapshots[1], *lowest_cursor) : snapshots[1];
  return SequenceNumber(stored.value() + 1);
}

}  // namespace evx::journal
