#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "evx/core/text_map.h"
#include "sources/book_feed.h"
#include "stream/stream_publisher.h"

namespace evx::gateway {

// The feed of the live books, shared by the thread that reads the topic and the one that asks the
// rebuilder: what either publishes of a market is in order. Thread-safe.
class MarketBooks {
 public:
  // Of one question.
  static constexpr std::size_t kQuestionMax = 100;
  // After an answer that did not help; doubles with each further one.
  static constexpr std::int64_t kAgainNanos = 500'000'000;
  static constexpr std::int64_t kAgainNanosMax = 30'000'000'000;

  explicit MarketBooks(StreamPublisher& publisher) : publisher_(publisher) {}

  void Apply(const std::vector<marketdata::v1::BookMessage>& messages);
  void Merge(const rebuild::v1::Book& book);
  // As BookFeed::SetFed.
  void SetFed(bool is_fed);

  // Markets of which the rebuilder is to be asked now: those that are not live and were not asked
  // for lately. `tickers` are the markets there are.
  std::vector<std::string> TakeQuestion(const std::vector<std::string>& tickers, std::int64_t now);
  std::size_t gap_count() const;

 private:
  struct Asked {
    std::int64_t again_at = 0;
    std::int64_t pause = kAgainNanos;
  };

  StreamPublisher& publisher_;
  mutable std::mutex mutex_;
  BookFeed feed_ ABSL_GUARDED_BY(mutex_){BookFeed::Plane::kLive};
  TextMap<Asked> asked_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::gateway
