#include "accounts/login_limiter.h"

#include <arpa/inet.h>

#include <algorithm>

namespace evx::gateway {
namespace {

// A full table is looked through for buckets that can be forgotten at most so often.
constexpr absl::Duration kForgetInterval = absl::Seconds(1);

}  // namespace

absl::Duration AttemptTable::WaitOf(const Bucket& bucket, Timestamp now) const {
  // With `burst` attempts spent the bucket is full again burst * interval from now.
  const absl::Duration missing = bucket.full_at - now;
  return std::max(missing - (budget_.burst - 1) * budget_.interval, absl::ZeroDuration());
}

absl::Duration AttemptTable::Wait(std::string_view name, Timestamp now) const {
  const auto found = buckets_.find(name);
  if (found != buckets_.end()) return WaitOf(found->second, now);
  return buckets_.size() < kTableMax ? absl::ZeroDuration() : WaitOf(shared_, now);
}

AttemptTable::Bucket& AttemptTable::BucketOf(std::string_view name, Timestamp now) {
  const auto found = buckets_.find(name);
  if (found != buckets_.end()) return found->second;
  if (buckets_.size() >= kTableMax) ForgetFull(now);
  return buckets_.size() < kTableMax ? buckets_[std::string(name)] : shared_;
}

void AttemptTable::ForgetFull(Timestamp now) {
  if (now < forget_at_) return;
  forget_at_ = now + kForgetInterval;
  std::erase_if(buckets_, [now](const auto& entry) { return entry.second.full_at <= now; });
}

absl::Duration AttemptTable::Take(std::string_view name, Timestamp now) {
  Bucket& bucket = BucketOf(name, now);
  const absl::Duration wait = WaitOf(bucket, now);
  if (wait == absl::ZeroDuration()) {
    bucket.full_at = std::max(bucket.full_at, now) + budget_.interval;
  }
  return wait;
}

void AttemptTable::GiveBack(std::string_view name) {
  const auto found = buckets_.find(name);
  Bucket& bucket = found != buckets_.end() ? found->second : shared_;
  bucket.full_at = bucket.full_at + -budget_.interval;
}

absl::Duration LoginLimiter::Begin(std::string_view user_name, std::string_view remote_address,
                                   Timestamp now) {
  const std::string address = AddressGroup(remote_address);
  const std::lock_guard lock(mutex_);
  // Neither is charged for an attempt that the other one forbids.
  const absl::Duration wait =
      std::max(user_name.empty() ? absl::ZeroDuration() : users_.Wait(user_name, now),
               addresses_.Wait(address, now));
  if (wait > absl::ZeroDuration()) return wait;
  if (!user_name.empty()) users_.Take(user_name, now);
  addresses_.Take(address, now);
  return absl::ZeroDuration();
}

void LoginLimiter::Succeeded(std::string_view user_name, std::string_view remote_address) {
  const std::string address = AddressGroup(remote_address);
  const std::lock_guard lock(mutex_);
  if (!user_name.empty()) users_.GiveBack(user_name);
  addresses_.GiveBack(address);
}

std::string AddressGroup(std::string_view remote_address) {
  in6_addr address{};
  if (inet_pton(AF_INET6, std::string(remote_address).c_str(), &address) != 1 ||
      IN6_IS_ADDR_V4MAPPED(&address)) {
    return std::string(remote_address);
  }
  std::fill(address.s6_addr + 8, address.s6_addr + 16, std::uint8_t{0});
  char text[INET6_ADDRSTRLEN] = {};
  inet_ntop(AF_INET6, &address, text, sizeof(text));
  return text;
}

}  // namespace evx::gateway
