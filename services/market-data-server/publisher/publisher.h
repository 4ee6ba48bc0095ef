#pragma once

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/text_map.h"
#include "evx/kafka/producer.h"
#include "pipeline/output_queue.h"
#include "probe.h"
#include "publisher/look_back.h"

namespace evx::market_data {

// Writes what is in the queue to Kafka, transaction by transaction, on a thread of its own. Each
// message is there exactly once, whatever dies:
//
//   take over   with the transactional id: what an older publisher left open is aborted, and it can
//               write no more
//   look back   where the streams end (LookBack)
//   publish     a transaction for what has come meanwhile; one that fails is made again
//   note        now and then, and at the end, where the streams stand, for when they have expired
//
// When it is not known whether a transaction was committed, the publisher takes over from itself,
// looks back, and leaves out what is there. One that was locked out looks first: finds it messages
// that it did not make, another one has taken over, and it stands down for good; status() says so.
//
// Kafka away: the queue fills up, the pipeline notices, and all goes on when Kafka is back.
class Publisher {
 public:
  struct Options {
    std::string brokers;
    // One publisher at a time for each.
    std::string transactional_id = "market-data-server";
    // Transactions begin at most this often; between them messages are collected.
    absl::Duration commit_interval = absl::Milliseconds(10);
    // Instead of LookBack when it opens, for who knows the topics already.
    std::function<absl::StatusOr<LookBackResult>()> look_back = {};
    // Somebody else decides who publishes: a publisher that was locked out, or does not know what
    // became of a transaction, ends (FAILED_PRECONDITION) instead of taking over.
    bool stands_down = false;
  };

  // Takes over and looks back. UNAVAILABLE when brokers are away, NOT_FOUND without the topics,
  // CANCELLED when `should_stop` says so. `visitor` sees what is found. The queue, the clock and
  // the probe must outlive it.
  static absl::StatusOr<std::unique_ptr<Publisher>> Open(Options options, OutputQueue& queue,
                                                         const Clock& clock, Probe& probe,
                                                         const std::function<bool()>& should_stop,
                                                         const LookBackVisitor& visitor = {});
  ~Publisher() { Stop(absl::ZeroDuration()); }
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  // Where the streams end. Before Start only.
  const LookBackResult& found() const { return found_; }

  // Gets the messages begin .. end - 1, which Kafka now has for good, in order and once.
  using OnCommitted =
      std::function<void(const MessageBatch& batch, std::size_t begin, std::size_t end)>;
  // Both are called on the publisher's thread, `on_room` after each transaction.
  void Start(std::function<void()> on_room, OnCommitted on_committed);
  // Goes on for at most `drain` until the queue is empty, then ends the thread.
  void Stop(absl::Duration drain);

  // After Stop: what was taken from the queue and was, as far as is known, not committed.
  const MessageBatch& unpublished() const { return batch_; }

  // Any thread. Why nothing can be published at present; FAILED_PRECONDITION: never again.
  absl::Status status() const;

 private:
  Publisher(Options options, OutputQueue& queue, const Clock& clock, Probe& probe);

  void Run();
  // Blocks until the batch is committed; false: stopped, or stood down.
  bool PublishBatch(Timestamp oldest);
  // A transaction for the messages begin .. end - 1.
  absl::Status PublishRange(std::size_t begin, std::size_t end);
  // Puts messages of one topic into run_, from `begin` on and as many as one request holds with the
  // bytes that were there. The first one that is not in it.
  std::size_t FillRun(std::size_t begin, std::size_t end, std::size_t& byte_count);
  absl::Status SendRun();
  absl::Status Commit();
  // Writes the numbers that have changed to evx.md.numbers.v1. False: stopped, or stood down.
  bool NoteNumbers();
  absl::Status PublishNumbers();
  void Count(const OutputView& message);
  // A new producer, which locks out all others of the id, and a look back.
  absl::Status TakeOver(const std::function<bool()>& should_stop,
                        const LookBackVisitor& visitor = {});
  absl::Status Look(const std::function<bool()>& should_stop, const LookBackVisitor& visitor = {});
  // FAILED_PRECONDITION when found_ has messages that were not made here.
  absl::Status CheckAlone() const;
  // Repeats TakeOver until it succeeds; false: stopped, or stood down.
  bool Recover(const absl::Status& why);
  bool must_end() const;
  // Less when it is stopping.
  void Wait(absl::Duration duration);
  void SetStatus(absl::Status status);

  const Options options_;
  OutputQueue& queue_;
  const Clock& clock_;
  Probe& probe_;
  std::function<void()> on_room_;
  OnCommitted on_committed_;
  std::atomic<bool> is_stopping_ = false;
  std::atomic<std::int64_t> stop_deadline_ = 0;  // MonotonicNanos.

  mutable std::mutex mutex_;
  std::condition_variable stopping_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);

  // The thread's, once it runs.
  std::unique_ptr<kafka::Producer> producer_;
  LookBackResult found_;
  struct Committed {
    StreamPlaces places;
    bool is_noted = true;  // In evx.md.numbers.v1.
  };
  TextMap<Committed> committed_;
  TextMap<Committed>::value_type* last_counted_ = nullptr;
  std::vector<std::string_view> not_noted_;  // Keys of committed_.
  std::int64_t last_note_ = 0;               // MonotonicNanos.
  MessageBatch batch_;
  std::vector<kafka::KeyedPayload> run_;
  Topic run_topic_ = Topic::kBook;
  bool may_be_committed_ = false;  // Parts of the batch; found_ says which.

  std::thread thread_;
};

}  // namespace evx::market_data
