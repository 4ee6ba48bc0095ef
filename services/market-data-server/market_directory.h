#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace evx::kalshi_client {
class KalshiClient;
}

namespace evx::market_data {

// Which open markets the venue has, as a sorted set; at most `count_max`. With `series`, only of
// those; with `tickers`, only those.
absl::StatusOr<std::set<std::string>> ListOpenMarkets(kalshi_client::KalshiClient& client,
                                                      const std::vector<std::string>& series,
                                                      const std::vector<std::string>& tickers,
                                                      std::size_t count_max);

// Follows the venue's list of markets on a thread of its own: asks for it at an interval, at once
// when it is told to, and again with back-off when that fails; what has changed is handed on.
class MarketDirectory {
 public:
  struct Options {
    absl::Duration interval = absl::Seconds(60);
    // How often `must_ask` is asked.
    absl::Duration tick = absl::Milliseconds(100);
    // Requests come at most this often, however much is told.
    absl::Duration pause = absl::Seconds(1);
  };
  // All are called on the directory's thread.
  struct Actions {
    std::function<absl::StatusOr<std::set<std::string>>()> list;
    // What is new and what is gone, sorted. An error leaves the markets as they were.
    std::function<absl::Status(const std::vector<std::string>& added,
                               const std::vector<std::string>& removed)>
        change;
    // Called each tick; true: the list shall be asked for.
    std::function<bool()> must_ask;
    // After each attempt.
    std::function<void(const absl::Status&)> on_listed;
  };

  MarketDirectory(Options options, Actions actions);
  // Waits for a request under way.
  ~MarketDirectory();
  MarketDirectory(const MarketDirectory&) = delete;
  MarketDirectory& operator=(const MarketDirectory&) = delete;

  // Any thread. Asks for the list as soon as may be.
  void RefreshSoon();
  // Why there was no list the last time; OK once one was read and no later one failed.
  absl::Status status() const;
  // True once a list was read.
  bool is_known() const { return is_known_; }

 private:
  void Run();
  absl::Status Refresh();

  const Options options_;
  const Actions actions_;
  std::set<std::string> markets_;  // The thread's.
  std::atomic<bool> is_known_ = false;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool is_asked_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace evx::market_data
