#include "evx/service/health.h"

#include <algorithm>
#include <utility>

#include "evx/core/check.h"

namespace evx::service {

struct Health::Component::Entry {
  std::string name;
  Impact impact = Impact::kNone;
  Check check;  // empty: `status` counts
  absl::Status status;
};

std::string_view ToString(Impact impact) {
  switch (impact) {
    case Impact::kLiveness:
      return "liveness";
    case Impact::kReadiness:
      return "readiness";
    case Impact::kNone:
      return "none";
  }
  return "none";
}

std::string_view ToString(Phase phase) {
  switch (phase) {
    case Phase::kStarting:
      return "starting";
    case Phase::kRunning:
      return "running";
    case Phase::kDraining:
      return "draining";
  }
  return "draining";
}

Health::Component::Component(Component&& other) noexcept
    : health_(std::exchange(other.health_, nullptr)),
      entry_(std::exchange(other.entry_, nullptr)) {}

Health::Component::~Component() {
  if (health_ == nullptr) return;
  const std::lock_guard<std::mutex> lock(health_->mutex_);
  health_->entries_.remove_if([this](const Entry& entry) { return &entry == entry_; });
}

void Health::Component::Set(absl::Status status) {
  EVX_CHECK(health_ != nullptr);
  const std::lock_guard<std::mutex> lock(health_->mutex_);
  EVX_CHECK(!entry_->check);
  entry_->status = std::move(status);
}

Health::Health() = default;
Health::~Health() = default;

Health::Component Health::AddEntry(Component::Entry entry) {
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const Component::Entry& other : entries_) EVX_CHECK(other.name != entry.name);
  entries_.push_back(std::move(entry));
  return Component(this, &entries_.back());
}

Health::Component Health::AddCheck(std::string name, Impact impact, Check check) {
  EVX_CHECK(check != nullptr);
  return AddEntry({std::move(name), impact, std::move(check), absl::OkStatus()});
}

Health::Component Health::Add(std::string name, Impact impact, absl::Status status) {
  return AddEntry({std::move(name), impact, nullptr, std::move(status)});
}

void Health::SetPhase(Phase phase) {
  const std::lock_guard<std::mutex> lock(mutex_);
  phase_ = std::max(phase_, phase);
}

HealthReport Health::Report() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  HealthReport report{.phase = phase_, .live = true, .ready = phase_ == Phase::kRunning};
  for (const Component::Entry& entry : entries_) {
    absl::Status status = entry.check ? entry.check() : entry.status;
    if (!status.ok() && entry.impact == Impact::kLiveness) report.live = false;
    if (!status.ok() && entry.impact != Impact::kNone) report.ready = false;
    report.components.push_back({entry.name, entry.impact, std::move(status)});
  }
  return report;
}

}  // namespace evx::service
