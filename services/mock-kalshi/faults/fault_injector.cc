#include "faults/fault_injector.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "evx/core/status.h"

namespace evx::mock_kalshi {
namespace {

std::string TargetText(const FaultTarget& target) {
  std::string text;
  if (target.account) text = absl::StrFormat("account %d", target.account.value());
  if (!target.door) return text;
  if (!text.empty()) text += " at ";
  return text + "door " + std::string(Name(*target.door));
}

}  // namespace

absl::Status FaultInjector::Set(FaultTarget target, const FaultProfile& profile) {
  if (!allowed_) {
    return FailedPrecondition(
        "the exchange was started with --faults=off; --faults=allowed lets an operator set faults");
  }
  if (!target.door && !target.account) return InvalidArgument("door or account is needed");
  if (const std::string fault = FindFaultOf(profile); !fault.empty()) return InvalidArgument(fault);
  const std::lock_guard lock(mutex_);
  if (!slots_.contains(target) && slots_.size() >= kProfileCountMax) {
    return absl::ResourceExhaustedError(
        absl::StrCat("there are ", kProfileCountMax, " fault profiles already"));
  }
  Slot slot;
  slot.profile = profile;
  slots_.insert_or_assign(target, std::move(slot));
  active_ = !stopped_;
  return absl::OkStatus();
}

bool FaultInjector::Clear(FaultTarget target) {
  const std::lock_guard lock(mutex_);
  const bool existed = slots_.erase(target) > 0;
  active_ = !stopped_ && !slots_.empty();
  return existed;
}

void FaultInjector::ClearAll() {
  const std::lock_guard lock(mutex_);
  slots_.clear();
  log_.clear();
  last_number_ = 0;
  active_ = false;
}

std::vector<ActiveFaults> FaultInjector::List() const {
  const std::lock_guard lock(mutex_);
  std::vector<ActiveFaults> list;
  list.reserve(slots_.size());
  for (const auto& [target, slot] : slots_) {
    list.push_back({target, slot.profile, slot.message_count});
  }
  return list;
}

std::vector<FaultLogEntry> FaultInjector::Log(std::int64_t after_number,
                                              std::size_t count_max) const {
  const std::lock_guard lock(mutex_);
  const auto first = std::upper_bound(
      log_.begin(), log_.end(), after_number,
      [](std::int64_t number, const FaultLogEntry& entry) { return number < entry.number; });
  const auto count = std::min<std::size_t>(count_max, static_cast<std::size_t>(log_.end() - first));
  return {first, first + static_cast<std::ptrdiff_t>(count)};
}

std::string FaultInjector::Describe() const {
  constexpr std::size_t kNamedMax = 5;
  const std::lock_guard lock(mutex_);
  if (slots_.empty() || stopped_) return "";
  std::string text = slots_.size() == 1
                         ? "1 fault profile is set: "
                         : absl::StrFormat("%d fault profiles are set: ", slots_.size());
  std::size_t named = 0;
  for (const auto& [target, slot] : slots_) {
    if (named > 0) text += ", ";
    if (named++ == kNamedMax) return text + "...";
    text += TargetText(target);
  }
  return text;
}

std::int64_t FaultInjector::count(FaultKind kind) const {
  return counts_[static_cast<std::size_t>(kind)].load(std::memory_order_relaxed);
}

RequestFault FaultInjector::OnRequest(FaultDoor door, AccountId account, std::uint64_t connection,
                                      bool is_write) {
  if (!active()) return {};
  const std::lock_guard lock(mutex_);
  Slots::value_type* const found = Find(door, account);
  if (found == nullptr) return {};
  auto& [target, slot] = *found;
  if (slot.profile.writes_only && !is_write) return {};
  Connection& from = FindConnection(slot, {door, connection});
  const FaultOrdinals at{from.ordinal, from.next_message++};
  RequestFault fault = DrawRequestFault(slot.profile, at);
  if (fault.hold > absl::ZeroDuration()) Record(target, door, at, FaultKind::kDelay, fault.hold);
  if (fault.kind) Record(target, door, at, *fault.kind, absl::ZeroDuration());
  return fault;
}

FrameFault FaultInjector::OnFrame(FaultDoor door, AccountId account, std::uint64_t connection) {
  if (!active()) return {};
  const std::lock_guard lock(mutex_);
  Slots::value_type* const found = Find(door, account);
  if (found == nullptr) return {};
  auto& [target, slot] = *found;
  Connection& to = FindConnection(slot, {door, connection});
  const FaultOrdinals at{to.ordinal, to.next_frame++};
  FrameFault fault = DrawFrameFault(slot.profile, at, door);
  if (fault.hold > absl::ZeroDuration()) Record(target, door, at, FaultKind::kDelay, fault.hold);
  if (fault.kind) Record(target, door, at, *fault.kind, absl::ZeroDuration());
  return fault;
}

void FaultInjector::Stop() {
  {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    active_ = false;
  }
  delays_.Stop();
}

FaultInjector::Slots::value_type* FaultInjector::Find(FaultDoor door, AccountId account) {
  const FaultTarget candidates[] = {{door, account}, {std::nullopt, account}, {door, AccountId()}};
  for (const FaultTarget& target : candidates) {
    const auto found = slots_.find(target);
    if (found != slots_.end()) return &*found;
  }
  return nullptr;
}

FaultInjector::Connection& FaultInjector::FindConnection(Slot& slot, ConnectionKey key) {
  ++slot.message_count;
  const auto [found, is_new] = slot.connections.try_emplace(key);
  if (!is_new) return found->second;
  const std::int64_t count = slot.connection_count++;
  const std::int64_t first = count == 0 ? slot.profile.first_message : 0;
  found->second = {slot.profile.first_connection + count, first, first};
  slot.oldest.push_back(key);
  if (slot.oldest.size() > kConnectionCountMax) {
    slot.connections.erase(slot.oldest.front());
    slot.oldest.pop_front();
  }
  return slot.connections.at(key);
}

void FaultInjector::Record(FaultTarget target, FaultDoor door, FaultOrdinals at, FaultKind kind,
                           absl::Duration delay) {
  counts_[static_cast<std::size_t>(kind)].fetch_add(1, std::memory_order_relaxed);
  log_.push_back({++last_number_, target, door, at, kind, delay});
  if (log_.size() > kLogSizeMax) log_.pop_front();
}

}  // namespace evx::mock_kalshi
