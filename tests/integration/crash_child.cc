// Runs an exchange on the directory given, trades on it as fast as it acknowledges, and reports on
// stdout (crash_report.h) what was acknowledged, until it is killed.
//
//   crash_child DIRECTORY FIRST_CLIENT_NUMBER SEED

#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>
#include <vector>

#include "crash_exchange.h"
#include "crash_report.h"
#include "evx/core/check.h"

namespace evx::integration {
namespace {

constexpr int kInFlightMax = 64;
constexpr std::uint64_t kSnapshotInterval = 1'000;

void Write(const CrashReport& report) {
  // Less than PIPE_BUF: whole or not at all, also when two threads write.
  EVX_CHECK(write(STDOUT_FILENO, &report, sizeof report) == sizeof report);
}

class Trader {
 public:
  Trader(mock_kalshi::Sequencer& sequencer, std::uint64_t first_client_number, std::uint64_t seed)
      : sequencer_(sequencer), client_number_(first_client_number), random_(seed) {}

  [[noreturn]] void Run() {
    for (;;) {
      if (in_flight_.load(std::memory_order_acquire) >= kInFlightMax) {
        std::this_thread::yield();
        continue;
      }
      if (random_() % 3 == 0) {
        Cancel();
      } else {
        Create();
      }
    }
  }

 private:
  void Create() {
    CrashReport report;
    report.kind = CrashReport::Kind::kCreated;
    report.account = static_cast<std::uint32_t>(1 + random_() % kAccountCount);
    report.client_number = ++client_number_;
    const auto market = static_cast<std::uint32_t>(1 + random_() % kMarketCount);
    report.is_quiet = market <= kQuietMarketCount;
    venue::CreateOrder order;
    order.account = AccountId(report.account);
    order.market = MarketId(market);
    order.side = report.is_quiet || random_() % 2 == 0 ? BookSide::kBid : BookSide::kAsk;
    order.price_micros = static_cast<std::int64_t>(40 + random_() % 20) * 10'000;
    order.quantity = Quantity::FromCentis(static_cast<std::int64_t>(1 + random_() % 1'000));
    order.client_order_id = venue::ClientOrderId(std::to_string(report.client_number));
    Submit(order, [this, report](const mock_kalshi::Outcome& outcome) mutable {
      EVX_CHECK(outcome.status.ok());
      if (outcome.result.reject) return;
      report.order_id = outcome.result.order_id.value();
      Write(report);
      if (outcome.result.remaining.is_zero()) return;
      const std::lock_guard lock(mutex_);
      live_.push_back(report);
    });
  }

  void Cancel() {
    CrashReport report;
    {
      const std::lock_guard lock(mutex_);
      if (live_.empty()) return;
      std::swap(live_[random_() % live_.size()], live_.back());
      report = live_.back();
      live_.pop_back();
    }
    report.kind = CrashReport::Kind::kCancelSent;
    Write(report);
    Submit(venue::CancelOrder{AccountId(report.account), OrderId(report.order_id)},
           [report](const mock_kalshi::Outcome& outcome) mutable {
             EVX_CHECK(outcome.status.ok());
             if (outcome.result.reject) return;  // Filled before.
             report.kind = CrashReport::Kind::kCanceled;
             Write(report);
           });
  }

  void Submit(venue::Command command, mock_kalshi::Completion done) {
    ++in_flight_;
    const absl::Status status = sequencer_.Submit(
        std::move(command), {},
        [this, done = std::move(done)](const mock_kalshi::Outcome& outcome) mutable {
          done(outcome);
          --in_flight_;
        });
    EVX_CHECK(status.ok());
  }

  mock_kalshi::Sequencer& sequencer_;
  std::uint64_t client_number_;
  std::mt19937_64 random_;
  std::atomic<int> in_flight_ = 0;
  std::mutex mutex_;
  std::vector<CrashReport> live_;
};

}  // namespace
}  // namespace evx::integration

int main(int argc, char** argv) {
  EVX_CHECK(argc == 4);
  auto exchange =
      evx::integration::CrashExchange::Start(argv[1], evx::integration::kSnapshotInterval);
  EVX_CHECK(exchange.ok());
  if ((*exchange)->host().is_new()) (*exchange)->Populate();
  evx::integration::Trader((*exchange)->sequencer(), std::strtoull(argv[2], nullptr, 10),
                           std::strtoull(argv[3], nullptr, 10))
      .Run();
}
