#include <atomic>
#include <cstdio>
#include <mutex>
#include <vector>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "host.h"
#include "measure.h"
#include "order_flow.h"
#include "workloads.h"

namespace evx::load {
namespace {

using mock_kalshi::Outcome;

constexpr std::int64_t kWindow = 8'192;
constexpr std::int64_t kTickNanos = 1'000'000;
constexpr std::int64_t kPhaseSecondsMax = 8;

// Sends the flow through the sequencer's queue and takes note of what comes back.
class Client {
 public:
  Client(mock_kalshi::Sequencer& sequencer, const Population& population)
      : sequencer_(sequencer), flow_(population, 5) {}

  // False: refused for want of a place in the queue.
  bool Send(std::int64_t intended, bool only_create = false) {
    CollectCreated();
    venue::Command command = only_create ? flow_.NextCreate() : flow_.Next();
    const auto* const create = std::get_if<venue::CreateOrder>(&command);
    const AccountId account = create == nullptr ? AccountId() : create->account;
    const absl::Status status = sequencer_.Submit(
        std::move(command), {},
        [this, account, intended](const Outcome& outcome) { OnDone(account, intended, outcome); });
    if (!status.ok()) return false;
    ++sent_;
    return true;
  }

  std::int64_t in_flight() const { return sent_ - done_.load(std::memory_order_acquire); }
  std::int64_t good_count() const { return good_.load(std::memory_order_acquire); }
  std::size_t live_count() const { return flow_.live_count(); }
  void Drain() {
    while (in_flight() > 0) WaitUntilNanos(NowNanos() + kTickNanos);
    CollectCreated();
  }
  // Of the commands sent from now on; nothing is in flight.
  void Record(Latencies* latencies) { latencies_ = latencies; }

 private:
  struct Created {
    AccountId account;
    OrderId order_id;
  };

  void CollectCreated() {
    if (created_count_.load(std::memory_order_acquire) == 0) return;
    {
      const std::lock_guard lock(mutex_);
      created_.swap(collected_);
      created_count_.store(0, std::memory_order_release);
    }
    for (const Created& created : collected_) flow_.OnCreated(created.account, created.order_id);
    collected_.clear();
  }

  // On the release thread.
  void OnDone(AccountId account, std::int64_t intended, const Outcome& outcome) {
    if (outcome.status.ok()) {
      good_.fetch_add(1, std::memory_order_relaxed);
      if (latencies_ != nullptr) latencies_->Add(NowNanos() - intended);
      if (account && outcome.result.remaining > Quantity()) {
        const std::lock_guard lock(mutex_);
        created_.push_back({account, outcome.result.order_id});
        created_count_.store(created_.size(), std::memory_order_release);
      }
    }
    done_.fetch_add(1, std::memory_order_release);
  }

  mock_kalshi::Sequencer& sequencer_;
  OrderFlow flow_;
  std::int64_t sent_ = 0;
  std::atomic<std::int64_t> done_ = 0;
  std::atomic<std::int64_t> good_ = 0;
  Latencies* latencies_ = nullptr;
  std::mutex mutex_;
  std::vector<Created> created_;
  std::vector<Created> collected_;
  std::atomic<std::size_t> created_count_ = 0;
};

// Commands/s with never more than a window in flight.
double MeasurePeak(Client& client, double seconds) {
  const std::int64_t start = NowNanos();
  const std::int64_t end = start + static_cast<std::int64_t>(seconds * 1e9);
  const std::int64_t before = client.good_count();
  while (NowNanos() < end) {
    while (client.in_flight() < kWindow && client.Send(0)) {
    }
    WaitUntilNanos(NowNanos() + kTickNanos / 4);
  }
  client.Drain();
  return static_cast<double>(client.good_count() - before) * 1e9 /
         static_cast<double>(NowNanos() - start);
}

}  // namespace

void MeasureOverload(const Settings& settings) {
  const TemporaryDirectory directory(settings.directory);
  Host host(directory.path());
  const Population population;
  host.Populate(population);
  Client client(host.sequencer(), population);
  while (client.live_count() < settings.orders / 2) {
    while (client.in_flight() < kWindow && client.Send(0, true)) {
    }
    client.Drain();
  }
  const double seconds = std::min<double>(settings.seconds, kPhaseSecondsMax);
  const double peak = MeasurePeak(client, seconds);

  Latencies accepted;
  accepted.Reserve(static_cast<std::size_t>(3 * peak * seconds));
  client.Record(&accepted);
  const std::int64_t start = NowNanos();
  const std::int64_t end = start + static_cast<std::int64_t>(seconds * 1e9);
  const std::int64_t before = client.good_count();
  const double per_nano = 2 * peak * 1e-9;
  std::int64_t sent = 0;
  std::int64_t refused = 0;
  for (std::int64_t tick = start; tick < end; tick += kTickNanos) {
    WaitUntilNanos(tick);
    const auto due = static_cast<std::int64_t>(per_nano * static_cast<double>(tick - start));
    for (; sent < due; ++sent) {
      const std::int64_t intended =
          start + static_cast<std::int64_t>(static_cast<double>(sent) / per_nano);
      if (!client.Send(intended)) ++refused;
    }
  }
  // Everything that was accepted counts, and so does the time until the last answer.
  client.Drain();
  const double goodput = static_cast<double>(client.good_count() - before) * 1e9 /
                         static_cast<double>(NowNanos() - start);
  absl::PrintF("peak %.0f/s; offered %.0f/s, %.1f %% refused\n", peak, 2 * peak,
               100.0 * static_cast<double>(refused) / static_cast<double>(sent));
  accepted.Print("accepted at twice the peak");
  PrintRow("overload_goodput", goodput, peak, "/s");
  PrintRow("overload_p99", accepted.Micros(0.99) * 1e-3, {}, "ms");
}

}  // namespace evx::load
