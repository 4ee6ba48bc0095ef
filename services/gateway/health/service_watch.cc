#include "health/service_watch.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <set>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/net/http_client.h"
#include "health/service_facts.h"
#include "stream/stream_name.h"

namespace evx::gateway {

struct ServiceWatch::Watched {
  explicit Watched(const std::string& name) : facts(name) {}

  std::unique_ptr<net::HttpClient> client;
  ServiceFacts facts;                       // Of the thread.
  std::optional<v1::ServiceHealth> health;  // Under the watch's lock.
  std::thread thread;
};

absl::StatusOr<std::vector<ServiceWatch::Service>> ServiceWatch::ParseServices(
    const std::vector<std::string>& texts) {
  std::vector<Service> services;
  std::set<std::string> names;
  for (const std::string& text : texts) {
    const std::size_t mark = text.find('=');
    if (mark == 0 || mark == std::string::npos || mark + 1 == text.size()) {
      return InvalidArgument("service " + text + " is not of the form NAME=URL");
    }
    services.push_back({text.substr(0, mark), text.substr(mark + 1)});
    if (!names.insert(services.back().name).second) {
      return InvalidArgument("service " + services.back().name + " is named twice");
    }
  }
  if (services.size() > kServiceCountMax) {
    return InvalidArgument(
        absl::StrFormat("%d services, must be at most %d", services.size(), kServiceCountMax));
  }
  return services;
}

absl::StatusOr<std::unique_ptr<ServiceWatch>> ServiceWatch::Start(Options options,
                                                                  StreamPublisher& publisher,
                                                                  const Clock& clock) {
  std::unique_ptr<ServiceWatch> watch(new ServiceWatch(std::move(options), publisher, clock));
  for (const Service& service : watch->options_.services) {
    net::HttpClient::Options client;
    client.base_url = service.url;
    client.connect_timeout = kTimeout;
    client.read_timeout = kTimeout;
    client.write_timeout = kTimeout;
    client.max_idle_connections = 1;
    client.max_response_bytes = kAnswerBytesMax;
    auto& watched = watch->watched_.emplace_back(std::make_unique<Watched>(service.name));
    EVX_ASSIGN_OR_RETURN(watched->client, net::HttpClient::Create(std::move(client)));
  }
  for (auto& watched : watch->watched_) {
    watched->thread = std::thread([w = watch.get(), one = watched.get()] {
      do w->Ask(*one);
      while (!w->Wait());
    });
  }
  watch->publishing_ = std::thread([w = watch.get()] { w->PublishRounds(); });
  return watch;
}

ServiceWatch::ServiceWatch(Options options, StreamPublisher& publisher, const Clock& clock)
    : options_(std::move(options)), publisher_(publisher), clock_(clock) {}

ServiceWatch::~ServiceWatch() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_all();
  for (auto& watched : watched_) {
    if (watched->thread.joinable()) watched->thread.join();
  }
  if (publishing_.joinable()) publishing_.join();
}

bool ServiceWatch::Wait() {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, absl::ToChronoNanoseconds(options_.interval),
                           [this] { return is_stopped_; });
}

void ServiceWatch::Ask(Watched& watched) {
  OpsAnswers answers;
  if (const auto ready = watched.client->Get("/ready"); ready.ok()) {
    answers.ready_status = ready->status;
    if (auto health = watched.client->Get("/health"); health.ok()) {
      answers.health_body = std::move(health->body);
    }
    if (auto metrics = watched.client->Get("/metrics"); metrics.ok()) {
      answers.metrics_page = std::move(metrics->body);
    }
  }
  answers.time_ns = clock_.Now().nanos();
  answers.monotonic_nanos = MonotonicNanos();
  v1::ServiceHealth health = watched.facts.Take(answers);
  {
    const std::lock_guard lock(mutex_);
    watched.health = std::move(health);
  }
  changed_.notify_all();
}

void ServiceWatch::PublishRounds() {
  {
    // The first round is whole.
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] {
      return is_stopped_ || std::all_of(watched_.begin(), watched_.end(),
                                        [](const auto& one) { return one->health.has_value(); });
    });
  }
  for (bool is_first = true;; is_first = false) {
    v1::Health health;
    {
      const std::lock_guard lock(mutex_);
      if (is_stopped_) return;
      for (const auto& watched : watched_) *health.add_services() = *watched->health;
      latest_ = health;
    }
    options_.on_round(health);
    if (is_first) {
      v1::InitialState state;
      *state.mutable_health() = std::move(health);
      publisher_.SetState(std::string(kHealthStream), std::move(state));
    } else {
      v1::ServerMessage change;
      *change.mutable_update_health() = std::move(health);
      publisher_.Change(std::string(kHealthStream), std::move(change));
    }
    if (Wait()) return;
  }
}

v1::Health ServiceWatch::Latest() const {
  const std::lock_guard lock(mutex_);
  return latest_;
}

}  // namespace evx::gateway
