#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "evx/core/ids.h"
#include "evx/journal/durable_sequence.h"
#include "evx/journal/file_system.h"
#include "evx/journal/retention.h"
#include "evx/kafka/producer.h"
#include "exchange/follower_thread.h"
#include "exchange/journal_tail.h"
#include "exchange/wire_id.h"
#include "kafka/event_messages.h"
#include "kafka/kafka_cursor.h"

namespace evx::mock_kalshi {

// Follows the journal into topic evx.exchange.events.v1 on a thread of its own; nothing of it is on
// the order path.
//
//   durable records -> EventMessages -> idempotent producer -> acknowledged -> cursor file
//
// Messages of one key are in the topic in the order of the journal. Each event is there exactly
// once in effect: after a crash the messages behind the cursor are published a second time, with
// the same sequence numbers, and no message is ever left out; so a reader that drops what is not
// above the last sequence number of its partition sees each once.
//
// Kafka away: messages wait in the producer's bounded buffer, then in the journal, which keeps what
// is not published (FollowerCursors); trading goes on, and all is published when Kafka is back.
//
// A topic that holds fewer messages than were published was emptied: it is filled again from the
// oldest record of the journal. A topic with the messages of another journal is left alone, because
// sequence numbers would collide; so is one that is ahead of the journal. status() says what to do.
class KafkaFollower {
 public:
  static constexpr const char* kFollowerName = "kafka";
  static constexpr const char* kTopic = "evx.exchange.events.v1";
  // Headers of every message: which process wrote it, what the payload is, and which journal it is
  // from (16 hex digits).
  static constexpr const char* kSourceHeader = "source";
  static constexpr const char* kSchemaHeader = "schema";
  static constexpr const char* kJournalHeader = "journal";
  // Records whose messages are not all acknowledged.
  static constexpr std::size_t kPendingRecordCountMax = 100'000;

  struct Options {
    std::string brokers;
    std::string journal_directory;
    // Tells journals apart: a hash of their secret key.
    std::int64_t journal_id = 0;
    // How often the cursor is written while records come in, beside whenever they pause: each time
    // holds the stream up for as long as the disk takes for a new file, and what came since then is
    // what a crash publishes a second time.
    absl::Duration cursor_interval = absl::Seconds(10);
    absl::Duration retry_interval_first = absl::Milliseconds(100);
    absl::Duration retry_interval_max = absl::Seconds(5);
  };

  // `names` holds every ticker up to the record that is durable now. `on_failure` (may be empty)
  // learns of failed attempts, which are repeated, on the follower's thread. All references must
  // outlive this. From here on nothing is removed from the journal that is not published.
  KafkaFollower(Options options, journal::FileSystem& file_system,
                const journal::DurableSequence& durable, journal::FollowerCursors& cursors,
                TickerTable names, const WireIdCodec& wire_ids,
                std::function<void(const absl::Status&)> on_failure);

  void Start() { thread_.Start(); }
  // Goes on for at most `drain` until everything durable is published, then stops.
  void Stop(absl::Duration drain) { thread_.Stop(drain); }

  // Any thread. Last record of which every message is acknowledged; 0 until Kafka was first
  // reached.
  SequenceNumber published() const { return thread_.stored(); }
  std::uint64_t lag() const { return thread_.lag(); }
  std::uint64_t message_count() const { return message_count_.load(std::memory_order_relaxed); }
  // Why nothing can be published at present; OK while all is well.
  absl::Status status() const { return thread_.status(); }
  bool WaitForPublished(SequenceNumber sequence_number, absl::Duration timeout) const {
    return thread_.WaitForStored(sequence_number, timeout);
  }

 private:
  struct PendingRecord {
    SequenceNumber sequence_number;
    std::uint64_t last_message = 0;  // Of the producer's count.
  };

  absl::Status RunSession();
  absl::Status Follow();
  absl::Status TakePlace();
  absl::Status CheckTopic(std::int64_t* message_count);
  absl::Status OpenTail();
  absl::Status PublishRecord(const journal::RecordView& record);
  absl::Status Send(const EventMessage& message);
  // Takes in what was acknowledged. FAILED_PRECONDITION when the producer is of no use any more.
  absl::Status Advance();
  void StoreCursor(bool at_once);

  const Options options_;
  const std::string journal_text_;
  journal::FileSystem& file_system_;
  const journal::DurableSequence& durable_;
  journal::FollowerCursors& cursors_;
  const std::function<void(const absl::Status&)> on_failure_;
  std::atomic<std::uint64_t> message_count_ = 0;

  // Follower thread only.
  TickerTable names_;
  EventMessages translator_;
  KafkaCursor cursor_;
  std::unique_ptr<kafka::Producer> producer_;
  std::unique_ptr<JournalTail> tail_;
  KafkaPlace base_;    // Where the session began.
  KafkaPlace place_;   // Acknowledged.
  KafkaPlace stored_;  // In the cursor file.
  std::int64_t last_store_nanos_ = 0;
  std::deque<PendingRecord> pending_;
  std::vector<EventMessage> messages_;

  FollowerThread thread_;  // Last: it ends before what it uses.
};

}  // namespace evx::mock_kalshi
