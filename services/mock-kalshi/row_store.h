#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <unordered_map>
#include <utility>

#include "evx/core/ids.h"

namespace evx::mock_kalshi {

// Of which keys a store is known to have every row, of all owners.
template <class Key>
struct Coverage {
  bool known = false;
  std::optional<Key> above;  // Of keys above this one; nothing: of all.
  bool Includes(const Key& key) const { return known && (!above || key > *above); }
  bool everything() const { return known && !above; }
};

// Rows of one kind by owner (account or market) and key, newest key first, at most `count_max` of
// them: the oldest arrivals go first. Row must have a sequence_number. Not thread-safe.
template <class Owner, class Key, class Row>
class RowStore {
 public:
  explicit RowStore(std::size_t count_max) : count_max_(count_max) {}

  void Add(Owner owner, Key key, Row row) {
    arrivals_.push_back({owner, key, row.sequence_number});
    rows_[owner].insert_or_assign(key, std::move(row));
    while (arrivals_.size() > count_max_) {
      complete_since_ = SequenceNumber(arrivals_.front().sequence_number.value() + 1);
      DropOldest();
    }
  }

  // Rows before `first` were never added: nothing is known until SetCompleteAbove.
  void StartIncomplete(SequenceNumber first) {
    complete_since_ = first;
    coverage_.known = false;
  }
  // Every row with a key above this one has been or will be added.
  void SetCompleteAbove(const Key& key) {
    if (!coverage_.known) coverage_ = {true, key};
  }

  // Rows that are stored elsewhere may go; the newest `keep_count` stay all the same.
  void ForgetThrough(SequenceNumber stored, std::size_t keep_count) {
    while (arrivals_.size() > keep_count && arrivals_.front().sequence_number <= stored) {
      DropOldest();
    }
  }

  const Coverage<Key>& coverage() const { return coverage_; }

  // Every row of this or a later record that was added is still here, or was forgotten on request.
  SequenceNumber complete_since() const { return complete_since_; }

  // Rows of the owner with keys below `before`, newest first, until `visit` returns false.
  template <class Visitor>
  void Visit(Owner owner, const std::optional<Key>& before, Visitor&& visit) const {
    const auto found = rows_.find(owner);
    if (found == rows_.end()) return;
    const auto& rows = found->second;
    auto row = before ? rows.upper_bound(*before) : rows.begin();
    while (row != rows.end() && visit(row->second)) ++row;
  }

  template <class Visitor>
  void VisitOwners(Visitor&& visit) const {
    for (const auto& [owner, rows] : rows_) visit(owner);
  }

  const Row* Find(Owner owner, Key key) const {
    const auto found = rows_.find(owner);
    if (found == rows_.end()) return nullptr;
    const auto row = found->second.find(key);
    return row == found->second.end() ? nullptr : &row->second;
  }
  Row* Find(Owner owner, Key key) {
    return const_cast<Row*>(static_cast<const RowStore*>(this)->Find(owner, key));
  }

 private:
  struct Arrival {
    Owner owner;
    Key key;
    SequenceNumber sequence_number;
  };

  void DropOldest() {
    const Arrival oldest = arrivals_.front();
    arrivals_.pop_front();
    if (!coverage_.above || *coverage_.above < oldest.key) coverage_.above = oldest.key;
    const auto found = rows_.find(oldest.owner);
    if (found == rows_.end()) return;
    const auto row = found->second.find(oldest.key);
    // A row that was replaced since then has a later arrival of its own.
    if (row != found->second.end() && row->second.sequence_number <= oldest.sequence_number) {
      found->second.erase(row);
    }
    if (found->second.empty()) rows_.erase(found);
  }

  const std::size_t count_max_;
  SequenceNumber complete_since_ = SequenceNumber(1);
  Coverage<Key> coverage_{true, std::nullopt};
  std::unordered_map<Owner, std::map<Key, Row, std::greater<>>> rows_;
  std::deque<Arrival> arrivals_;
};

}  // namespace evx::mock_kalshi
