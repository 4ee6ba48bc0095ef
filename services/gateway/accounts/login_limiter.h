#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/text_map.h"

namespace evx::gateway {

// What a caller may spend: `burst` at once, then one each `interval`.
struct AttemptBudget {
  int burst = 1;
  absl::Duration interval;
};
// Sign-ins that failed, counted for the user that was named (whether there is one or not) and for
// the address they came from.
inline constexpr AttemptBudget kUserAttempts = {.burst = 10, .interval = absl::Seconds(30)};
inline constexpr AttemptBudget kAddressAttempts = {.burst = 30, .interval = absl::Seconds(5)};

// Buckets by name, kTableMax at most. Those that are full again are forgotten; when the table is
// full of others, every name that is not in it shares one bucket, so that a flood of names can
// neither push out what is counted nor take more memory. Not thread-safe.
class AttemptTable {
 public:
  static constexpr std::size_t kTableMax = 10'000;

  explicit AttemptTable(AttemptBudget budget) : budget_(budget) {}

  // How long until `name` may try again; zero: now, and one attempt is taken.
  absl::Duration Take(std::string_view name, Timestamp now);
  // The attempt was none after all: it succeeded.
  void GiveBack(std::string_view name);
  // How long Take would answer; takes nothing.
  absl::Duration Wait(std::string_view name, Timestamp now) const;
  std::size_t size() const { return buckets_.size(); }

 private:
  // When the bucket is full again: one number is the whole of its state.
  struct Bucket {
    Timestamp full_at;
  };

  absl::Duration WaitOf(const Bucket& bucket, Timestamp now) const;
  Bucket& BucketOf(std::string_view name, Timestamp now);
  void ForgetFull(Timestamp now);

  const AttemptBudget budget_;
  TextMap<Bucket> buckets_;
  Bucket shared_;
  Timestamp forget_at_;
};

// Guards the sign-in against guessing. Thread-safe.
class LoginLimiter {
 public:
  LoginLimiter() : users_(kUserAttempts), addresses_(kAddressAttempts) {}

  // How long the caller has to wait before an attempt; zero: it may try, and the attempt is counted
  // until Succeeded says otherwise. An empty name counts for the address only. IPv6 addresses count
  // by their /64, which is what one customer has.
  absl::Duration Begin(std::string_view user_name, std::string_view remote_address, Timestamp now);
  void Succeeded(std::string_view user_name, std::string_view remote_address);

 private:
  std::mutex mutex_;
  AttemptTable users_ ABSL_GUARDED_BY(mutex_);
  AttemptTable addresses_ ABSL_GUARDED_BY(mutex_);
};

// The part of a numeric address by which attempts are counted: all of an IPv4 address, the first 64
// bits of an IPv6 address.
std::string AddressGroup(std::string_view remote_address);

}  // namespace evx::gateway
