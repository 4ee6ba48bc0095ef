#pragma once

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"

// What a process knows about its own health: named components, each fine or not and why.
//
//   const Health::Component quotes = health.AddCheck(
//       "quotes", Impact::kLiveness, [&] { return maker.QuotesAreFresh(clock.Now()); });
//   Health::Component postgres = health.Add("postgres", Impact::kNone);
//   postgres.Set(Unavailable("connection refused; is --postgres_addr right?"));
//
// Components are asked only when someone looks; nothing runs in between. Thread-safe.

namespace evx::service {

// What a failing component does to the process.
enum class Impact : std::uint8_t {
  kLiveness,   // the work of the process has stopped: /health and /ready answer 503
  kReadiness,  // it must not be given work now: /ready answers 503
  kNone,       // listed only; the process goes on without it
};
std::string_view ToString(Impact impact);

enum class Phase : std::uint8_t { kStarting, kRunning, kDraining };
std::string_view ToString(Phase phase);

struct ComponentHealth {
  std::string name;
  Impact impact = Impact::kNone;
  absl::Status status;  // OK, or why it fails
};

struct HealthReport {
  Phase phase = Phase::kStarting;
  bool live = false;   // no kLiveness component fails
  bool ready = false;  // live, no kReadiness component fails, and phase is kRunning
  std::vector<ComponentHealth> components;  // in order of registration
};

class Health {
 public:
  // Quick, thread-safe, and without calls to this Health.
  using Check = std::function<absl::Status()>;

  // Keeps a component registered while it lives; must not outlive its Health. When the destructor
  // returns, its check is not running and will not run again.
  class Component {
   public:
    Component(Component&& other) noexcept;
    Component& operator=(Component&&) = delete;
    ~Component();
    // For components without a check: the state from now on.
    void Set(absl::Status status);

   private:
    friend class Health;
    struct Entry;
    Component(Health* health, Entry* entry) : health_(health), entry_(entry) {}
    Health* health_;
    Entry* entry_;
  };

  Health();
  ~Health();
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  // A component that is asked at each report. Registering a name twice aborts.
  [[nodiscard]] Component AddCheck(std::string name, Impact impact, Check check);
  // A component that is told its state; it starts with `status`.
  [[nodiscard]] Component Add(std::string name, Impact impact,
                              absl::Status status = absl::OkStatus());

  // Phases only go forward; an earlier one than the present is ignored.
  void SetPhase(Phase phase);
  HealthReport Report() const;

 private:
  Component AddEntry(Component::Entry entry);

  mutable std::mutex mutex_;
  Phase phase_ ABSL_GUARDED_BY(mutex_) = Phase::kStarting;
  std::list<Component::Entry> entries_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::service
