#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "evx/redis/client.h"
#include "feed/committed_markets.h"
#include "probe.h"

namespace evx::market_data {

// The last top of book and the last ticker of every market in Redis, for who wants a value and no
// stream:
//
//   evx:md:top:<ticker>      TopJson (feed/feed_encoding.h)
//   evx:md:ticker:<ticker>   the ticker as a client of /ws/market-data gets it in JSON
//
// Both are of what Kafka has. Every value has a time to live and is written again before half of it
// is over, as long as `vouches` says so: a value that is there was right within that time.
//
// On a thread of its own. What changes between two of its rounds is written once, as it is then, so
// what waits is at most one mark a market. While Redis is away, what would be written is dropped
// and counted; when it is back everything is written anew.
class ValueCache {
 public:
  static constexpr std::string_view kTopPrefix = "evx:md:top:";
  static constexpr std::string_view kTickerPrefix = "evx:md:ticker:";
  // Two values each.
  static constexpr std::size_t kMarketsPerRoundMax = 1'000;

  struct Options {
    redis::Client::Options redis;
    absl::Duration time_to_live = absl::Minutes(1);
    // Between two rounds.
    absl::Duration interval = absl::Milliseconds(100);
  };

  // `vouches`, on the cache's thread: whether what is known of the market is still the present.
  // References must outlive the cache.
  ValueCache(Options options, CommittedMarkets& markets,
             std::function<bool(std::string_view ticker)> vouches, Probe& probe);
  // What waits is not written.
  ~ValueCache();
  ValueCache(const ValueCache&) = delete;
  ValueCache& operator=(const ValueCache&) = delete;

  // `markets` has these messages. Never waits for Redis. About 10 ns a message.
  void OnCommitted(const FeedBatch& batch);

  // Why nothing is written at present.
  absl::Status status() const;

 private:
  // Bits of a mark.
  static constexpr std::uint8_t kTop = 1;
  static constexpr std::uint8_t kTicker = 2;
  // Written although nothing has changed.
  static constexpr std::uint8_t kAgain = 4;

  struct Mark {
    MarketIndex market = 0;
    std::uint8_t bits = 0;
  };
  struct Known {
    std::string ticker;  // Empty: never written, and nothing here is of use.
    std::optional<MarketTop> top;
    std::int64_t written_nanos = 0;  // Both values.
  };
  struct Value {
    std::string key;
    std::string text;
  };

  void Run();
  // False: stopped.
  bool WaitForRound();
  void Round();
  void TryAgain(std::int64_t now);
  void SetMark(MarketIndex market, std::uint8_t bits) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Mark> TakeMarks();
  // Marks what was written before `nanos`, and is vouched for.
  void MarkOlder(std::int64_t nanos);
  void AddValues(const Mark& mark, std::int64_t now, std::vector<Value>& values);
  absl::Status Write(const std::vector<Value>& values);
  void SetStatus(absl::Status status);

  const Options options_;
  CommittedMarkets& markets_;
  const std::function<bool(std::string_view)> vouches_;
  Probe& probe_;

  // The thread's.
  redis::Client client_;
  std::vector<Known> known_;  // By MarketIndex.
  std::int64_t next_scan_nanos_ = 0;
  bool is_failing_ = false;

  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  std::vector<std::uint8_t> bits_ ABSL_GUARDED_BY(mutex_);  // By MarketIndex.
  std::deque<MarketIndex> marked_ ABSL_GUARDED_BY(mutex_);  // Those with bits, each once.
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace evx::market_data
