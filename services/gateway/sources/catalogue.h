#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/text_map.h"
#include "evx/kalshi_client/kalshi_client.h"
#include "sources/source_counters.h"
#include "stream/stream_publisher.h"

namespace evx::gateway {

// The markets there are: read from the venue's public REST API at the start, again whenever the
// exchange's events say that something of the catalogue has changed, and now and then. Publishes
// the stream `markets`. Threads: one that reads, one that follows the events. Thread-safe.
class Catalogue {
 public:
  static constexpr std::size_t kMarketsMax = 50'000;
  // Markets that were settled longer ago are left out; GetMarket still finds them.
  static constexpr absl::Duration kSettledKept = absl::Hours(24);
  // Without any news of the exchange all of it is read so often.
  static constexpr absl::Duration kInterval = absl::Minutes(1);

  // The references must outlive it.
  static absl::StatusOr<std::unique_ptr<Catalogue>> Start(const std::string& exchange_addr,
                                                          kalshi_client::KalshiClient& client,
                                                          const Clock& clock,
                                                          StreamPublisher& publisher,
                                                          SourceCounters& counters);
  ~Catalogue();

  // Whether there is such a market; nothing before all of them were read once.
  std::optional<bool> Knows(std::string_view ticker) const;
  // In no order.
  std::vector<std::string> Tickers() const;
  // With its rules, from the venue; waits for it.
  absl::StatusOr<v1::MarketRow> Read(const std::string& ticker);
  // Why the catalogue is not known, or grows old; OK: it is as of now.
  absl::Status status() const;

 private:
  struct Events;
  Catalogue(std::unique_ptr<Events> events, kalshi_client::KalshiClient& client, const Clock& clock,
            StreamPublisher& publisher, SourceCounters& counters);

  void ReadOn();
  void FollowEvents();
  absl::Status ReadAll();
  absl::Status ReadSome(const std::vector<std::string>& tickers);
  absl::StatusOr<std::vector<kalshi::Market>> ListMarkets();
  absl::Status ReadEventsOf(const std::vector<kalshi::Market>& markets);
  absl::Status ReadEvent(const std::string& event_ticker);
  v1::Market MarketOf(const kalshi::Market& market) const;
  void Note(const std::vector<kalshi::Market>& markets, bool are_all);
  // Tells what is another than was told.
  void PublishAll(const std::vector<kalshi::Market>& markets);
  void AskFor(const std::string& ticker);
  void AskForAll();
  bool Wait(absl::Duration time);

  const std::unique_ptr<Events> events_;
  kalshi_client::KalshiClient& client_;
  const Clock& clock_;
  StreamPublisher& publisher_;
  SourceCounters& counters_;

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool must_read_all_ ABSL_GUARDED_BY(mutex_) = true;
  std::set<std::string> must_read_ ABSL_GUARDED_BY(mutex_);
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
  bool is_known_ ABSL_GUARDED_BY(mutex_) = false;  // All were read once.
  TextMap<bool> known_ ABSL_GUARDED_BY(mutex_);

  // The reader's own: facts as they were told, by ticker.
  TextMap<std::string> published_;
  bool was_published_ = false;

  // Also for Read, from any thread.
  mutable std::mutex facts_mutex_;
  TextMap<kalshi::Event> event_facts_ ABSL_GUARDED_BY(facts_mutex_);
  TextMap<kalshi::Series> series_facts_ ABSL_GUARDED_BY(facts_mutex_);

  std::thread reader_;
  std::thread follower_;
};

}  // namespace evx::gateway
