#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "evx/kafka/consumer.h"
#include "sources/book_feed.h"
#include "sources/market_books.h"
#include "sources/source_counters.h"
#include "stream/stream_publisher.h"

namespace evx::gateway {

// Reads the topics of market data, of replays and of errors on a thread of its own, alone: every
// gateway reads all of it, and nothing is committed. A start looks back a little way, so that most
// books, prices and lines of the log are there at once; the rest comes from the catalogue and from
// MissingBooks.
class TopicReader {
 public:
  // The references must outlive it.
  TopicReader(std::string brokers, MarketBooks& books, StreamPublisher& publisher,
              SourceCounters& counters);
  ~TopicReader();
  TopicReader(const TopicReader&) = delete;
  TopicReader& operator=(const TopicReader&) = delete;

  // Another replay begins: what was told of the one before is gone. Any thread.
  void ResetReplay() { must_reset_replay_ = true; }
  // Everything that was there at the start was read. Any thread.
  bool read_up() const { return is_read_up_; }
  // Why nothing can be read at present. Any thread.
  absl::Status status() const;

 private:
  // What a batch says, by where it goes.
  struct Batch;

  void Run();
  absl::Status Follow();
  absl::Status Open();
  void Apply(const kafka::RecordBatch& records);
  // False: it cannot be read.
  bool ApplyRecord(const kafka::RecordView& record, Batch& batch);
  void NoteReadUp();
  void SetStatus(absl::Status status);

  const std::string brokers_;
  MarketBooks& books_;
  StreamPublisher& publisher_;
  SourceCounters& counters_;
  std::atomic<bool> should_stop_ = false;
  std::atomic<bool> must_reset_replay_ = false;
  std::atomic<bool> is_read_up_ = false;
  mutable std::mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);

  // The thread's own.
  std::unique_ptr<kafka::Consumer> consumer_;
  std::size_t partition_count_ = 0;
  std::map<kafka::TopicPartition, std::int64_t> read_to_;
  BookFeed replay_{BookFeed::Plane::kReplay};
  std::set<std::string> replay_trades_;  // Streams that something was told of.

  std::thread thread_;
};

}  // namespace evx::gateway
