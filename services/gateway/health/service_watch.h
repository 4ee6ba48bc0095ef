#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/gateway/v1/system_views.pb.h"
#include "stream/stream_publisher.h"

namespace evx::gateway {

// Asks every service of the stack /ready, /health and /metrics once a second and publishes what
// they said as stream `health`: the whole, once a second, in the order in which they are named.
//
// A thread for each service, so that one that hangs delays none but itself: it counts as down once
// it has not answered for kTimeout. Thread-safe.
class ServiceWatch {
 public:
  static constexpr std::size_t kServiceCountMax = 32;
  static constexpr absl::Duration kTimeout = absl::Seconds(1);
  static constexpr std::size_t kAnswerBytesMax = 4 << 20;

  struct Service {
    std::string name;  // As of its folder.
    std::string url;   // "http://127.0.0.1:9090"
  };
  struct Options {
    std::vector<Service> services;  // In the order of the data path.
    absl::Duration interval = absl::Seconds(1);
    // Told of each round, on a thread of the watch.
    std::function<void(const v1::Health&)> on_round = [](const v1::Health&) {};
  };

  // Of the form NAME=URL each. InvalidArgument names the one at fault.
  static absl::StatusOr<std::vector<Service>> ParseServices(const std::vector<std::string>& texts);

  // INVALID_ARGUMENT for a url that is none. All must outlive it.
  static absl::StatusOr<std::unique_ptr<ServiceWatch>> Start(Options options,
                                                             StreamPublisher& publisher,
                                                             const Clock& clock);
  ~ServiceWatch();
  ServiceWatch(const ServiceWatch&) = delete;
  ServiceWatch& operator=(const ServiceWatch&) = delete;

  // As last published; empty before the first round.
  v1::Health Latest() const;

 private:
  struct Watched;
  ServiceWatch(Options options, StreamPublisher& publisher, const Clock& clock);

  void Ask(Watched& watched);
  void PublishRounds();
  // True: stop.
  bool Wait();

  const Options options_;
  StreamPublisher& publisher_;
  const Clock& clock_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  v1::Health latest_ ABSL_GUARDED_BY(mutex_);

  std::vector<std::unique_ptr<Watched>> watched_;
  std::thread publishing_;
};

}  // namespace evx::gateway
