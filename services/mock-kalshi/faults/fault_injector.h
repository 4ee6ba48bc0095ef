#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "evx/core/ids.h"
#include "faults/delay_queue.h"
#include "faults/fault_profile.h"

namespace evx::mock_kalshi {

// Whom a profile concerns: a door, an account, or an account at a door. Account 0: everybody.
struct FaultTarget {
  std::optional<FaultDoor> door;
  AccountId account;

  friend auto operator<=>(const FaultTarget&, const FaultTarget&) = default;
};

struct ActiveFaults {
  FaultTarget target;
  FaultProfile profile;
  std::int64_t message_count = 0;  // Requests and frames it has looked at.
};

// One thing that went wrong on purpose.
struct FaultLogEntry {
  std::int64_t number = 0;  // From 1 on, without gaps.
  FaultTarget target;       // Of the profile that decided.
  FaultDoor door = FaultDoor::kRest;
  FaultOrdinals at;
  FaultKind kind = FaultKind::kDelay;
  absl::Duration delay;  // Of kDelay.

  friend bool operator==(const FaultLogEntry& a, const FaultLogEntry& b) {
    return a.number == b.number && a.target == b.target && a.door == b.door &&
           a.at.connection == b.at.connection && a.at.message == b.at.message && a.kind == b.kind &&
           a.delay == b.delay;
  }
};

// The faults of the doors: which profiles are set, where each connection stands, what was done.
//
// A door asks once for each request (OnRequest) or frame (OnFrame) and does what it is told. Of
// several profiles the closest decides: account and door, account, door. Connections are told apart
// by a number of the door's own; kConnectionCountMax are remembered for each profile, the oldest is
// forgotten first and would come back as a new one.
//
// Profiles are no state of the exchange: they are not in the journal and are gone after a restart.
// Thread-safe. Without a profile a call costs one relaxed load.
class FaultInjector {
 public:
  static constexpr std::size_t kProfileCountMax = 1'000;
  static constexpr std::size_t kConnectionCountMax = 10'000;
  // Entries kept; older ones go.
  static constexpr std::size_t kLogSizeMax = 100'000;

  explicit FaultInjector(bool allowed) : allowed_(allowed) {}

  // Whether profiles may be set at all.
  bool allowed() const { return allowed_; }
  bool active() const { return active_.load(std::memory_order_relaxed); }

  // Replaces the target's profile; ordinals start anew. Fails, naming the limit, when the profile
  // is out of bounds, faults are not allowed or there are too many profiles.
  absl::Status Set(FaultTarget target, const FaultProfile& profile);
  // False: there was none. The log stays.
  bool Clear(FaultTarget target);
  // All profiles, and the log.
  void ClearAll();

  std::vector<ActiveFaults> List() const;
  // Entries after `number`, at most `count_max`.
  std::vector<FaultLogEntry> Log(std::int64_t after_number, std::size_t count_max) const;
  // "1 fault profile is set: account 5 at door rest"; empty: none is.
  std::string Describe() const;
  // Faults of this kind since the start.
  std::int64_t count(FaultKind kind) const;

  // `account` 0: not known. `connection` is any number that tells the door's connections apart.
  // FIX asks both, for what a client sends and for what it is sent; they are numbered apart.
  RequestFault OnRequest(FaultDoor door, AccountId account, std::uint64_t connection,
                         bool is_write);
  FrameFault OnFrame(FaultDoor door, AccountId account, std::uint64_t connection);

  // Where doors put what they hold back.
  DelayQueue& delays() { return delays_; }
  // Nothing is held any more, and nothing goes wrong: before doors drain.
  void Stop();

 private:
  struct Connection {
    std::int64_t ordinal = 0;
    std::int64_t next_message = 0;
    std::int64_t next_frame = 0;
  };
  using ConnectionKey = std::pair<FaultDoor, std::uint64_t>;
  struct Slot {
    FaultProfile profile;
    std::int64_t message_count = 0;
    std::int64_t connection_count = 0;
    absl::flat_hash_map<ConnectionKey, Connection> connections;
    std::deque<ConnectionKey> oldest;  // In order of arrival.
  };
  using Slots = std::map<FaultTarget, Slot>;

  Slots::value_type* Find(FaultDoor door, AccountId account);
  static Connection& FindConnection(Slot& slot, ConnectionKey key);
  void Record(FaultTarget target, FaultDoor door, FaultOrdinals at, FaultKind kind,
              absl::Duration delay);

  const bool allowed_;
  std::atomic<bool> active_ = false;
  mutable std::mutex mutex_;
  bool stopped_ = false;
  Slots slots_;
  std::deque<FaultLogEntry> log_;
  std::int64_t last_number_ = 0;
  std::array<std::atomic<std::int64_t>, kFaultKindCount> counts_{};
  DelayQueue delays_;
};

}  // namespace evx::mock_kalshi
