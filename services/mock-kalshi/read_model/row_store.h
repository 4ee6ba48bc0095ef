#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <utility>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
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
// them: the oldest arrivals go first. Row must have a sequence_number. Rows lie in the order of
// their arrival; each owner has an index of theirs. Not thread-safe.
template <class Owner, class Key, class Row>
class RowStore {
 public:
  explicit RowStore(std::size_t count_max) : count_max_(count_max) {}

  // Replaces the owner's row with this key.
  void Add(Owner owner, Key key, const Row& row) {
    arrivals_.push_back({owner, key, row});
    Row* const stored = &arrivals_.back().row;
    Index& index = index_[owner];
    // Keys mostly rise.
    if (index.empty() || key > index.begin()->first) {
      index.emplace_hint(index.begin(), key, stored);
    } else {
      index[key] = stored;
    }
    while (arrivals_.size() > count_max_) {
      complete_since_ = SequenceNumber(arrivals_.front().row.sequence_number.value() + 1);
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
    while (arrivals_.size() > keep_count && arrivals_.front().row.sequence_number <= stored) {
      DropOldest();
    }
  }

  const Coverage<Key>& coverage() const { return coverage_; }

  // Every row of this or a later record that was added is still here, or was forgotten on request.
  SequenceNumber complete_since() const { return complete_since_; }

  // Rows of the owner with keys below `before`, newest first, until `visit` returns false.
  template <class Visitor>
  void Visit(Owner owner, const std::optional<Key>& before, Visitor&& visit) const {
    const auto found = index_.find(owner);
    if (found == index_.end()) return;
    const Index& index = found->second;
    auto row = before ? index.upper_bound(*before) : index.begin();
    while (row != index.end() && visit(std::as_const(*row->second))) ++row;
  }

  template <class Visitor>
  void VisitOwners(Visitor&& visit) const {
    for (const auto& [owner, index] : index_) visit(owner);
  }

  const Row* Find(Owner owner, Key key) const {
    const auto found = index_.find(owner);
    if (found == index_.end()) return nullptr;
    const auto row = found->second.find(key);
    return row == found->second.end() ? nullptr : row->second;
  }
  Row* Find(Owner owner, Key key) {
    return const_cast<Row*>(static_cast<const RowStore*>(this)->Find(owner, key));
  }

 private:
  struct Arrival {
    Owner owner;
    Key key;
    Row row;
  };
  using Index = absl::btree_map<Key, Row*, std::greater<>>;

  void DropOldest() {
    const Arrival& oldest = arrivals_.front();
    if (!coverage_.above || *coverage_.above < oldest.key) coverage_.above = oldest.key;
    const auto found = index_.find(oldest.owner);
    const auto row = found->second.find(oldest.key);
    // A row that was replaced since then has a later arrival of its own.
    if (row != found->second.end() && row->second == &oldest.row) found->second.erase(row);
    if (found->second.empty()) index_.erase(found);
    arrivals_.pop_front();
  }

  const std::size_t count_max_;
  SequenceNumber complete_since_ = SequenceNumber(1);
  Coverage<Key> coverage_{true, std::nullopt};
  std::deque<Arrival> arrivals_;  // Its rows stay where they are while others come and go.
  absl::flat_hash_map<Owner, Index> index_;
};

}  // namespace evx::mock_kalshi
