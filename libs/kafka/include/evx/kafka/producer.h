#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/kafka/acknowledgements.h"
#include "evx/kafka/message.h"

struct rd_kafka_s;
struct rd_kafka_message_s;

namespace evx::kafka {

class Consumer;

// An idempotent producer: what it sends is appended once and in order per partition, as often as a
// connection breaks or a broker dies. Brokers away: messages wait in the bounded buffer and are
// sent when they are back, without end.
//
// With a transactional id it is transactional as well: what lies between Begin and Commit is seen
// by consumers as a whole or not at all, together with a consumer's places; and of two producers
// with the same id only the younger can write.
//
// Errors: RESOURCE_EXHAUSTED the buffer is full, Poll and repeat; UNAVAILABLE brokers are away,
// repeat; ABORTED the transaction must be aborted; FAILED_PRECONDITION nothing can be sent any more
// (another producer has taken over, or a message was refused): open another producer;
// INVALID_ARGUMENT the message or an option is wrong.
//
// One thread at a time, but for acknowledged(), pending() and status().
class Producer {
 public:
  struct Options {
    std::string brokers;  // "host:port,..."
    std::string client_id = "evx";
    std::string transactional_id;  // Empty: idempotent only.
    // Produce takes no topic whose name does not begin so.
    std::string topic_prefix;
    // Produce refuses at the first of these.
    std::uint32_t buffer_message_count_max = 100'000;
    std::uint32_t buffer_kib_max = 65'536;
    // How long a message may wait for others to share its request.
    absl::Duration linger = absl::Milliseconds(2);
    // A transaction that stands still for longer is aborted by the brokers.
    absl::Duration transaction_timeout = absl::Seconds(30);
  };

  // Connects in the background: OK also when no broker can be reached yet.
  static absl::StatusOr<std::unique_ptr<Producer>> Open(const Options& options);
  // What was not acknowledged may be lost.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  // Puts a message behind those before it. Does not block.
  absl::Status Produce(const Message& message);
  // Messages of one topic, without headers and of now, for less than one by one. How many of them,
  // from the first on, were taken: fewer than all when the buffer is full.
  absl::StatusOr<std::size_t> ProduceAll(std::string_view topic,
                                         std::span<const KeyedPayload> messages);
  // Takes in acknowledgements; waits up to `timeout` for the first one.
  void Poll(absl::Duration timeout);
  // Waits until all is acknowledged. UNAVAILABLE when the time is over.
  absl::Status Flush(absl::Duration timeout);

  // Messages given to Produce, and how many of them, from the first on without a gap, are
  // acknowledged by the brokers. Any thread.
  std::uint64_t produced() const { return produced_.load(std::memory_order_acquire); }
  std::uint64_t acknowledged() const { return acknowledged_.load(std::memory_order_acquire); }
  std::uint64_t pending() const { return produced() - acknowledged(); }
  // Why nothing is acknowledged at present; OK while all is well.
  absl::Status status() const;

  // A younger producer of the same transactional id has locked this one out, or the brokers have
  // ended its transaction because it stood still. Any thread.
  bool is_fenced() const;

  // What each partition of a topic holds, asked of the brokers. NOT_FOUND without the topic.
  absl::StatusOr<std::map<TopicPartition, Extent>> Extents(const std::string& topic,
                                                           absl::Duration timeout);

  // With a transactional id. Before the first transaction: ends what an older producer of this id
  // left open and locks it out.
  absl::Status InitTransactions(absl::Duration timeout);
  absl::Status Begin();
  // The consumer's places become part of the transaction: committed with it.
  absl::Status AddPlaces(Consumer& consumer, absl::Duration timeout);
  // Waits until all is acknowledged and committed.
  absl::Status Commit(absl::Duration timeout);
  absl::Status Abort(absl::Duration timeout);

 private:
  struct State;
  explicit Producer(std::unique_ptr<State> state);

  absl::Status CheckTopic(std::string_view topic) const;
  static absl::Status CheckSize(std::size_t key_size, std::size_t payload_size);
  void OnDelivery(const rd_kafka_message_s& message);
  void OnError(bool fatal, const char* reason);

  std::unique_ptr<State> state_;
  Acknowledgements acknowledgements_;
  std::atomic<std::uint64_t> produced_ = 0;
  std::atomic<std::uint64_t> acknowledged_ = 0;
};

}  // namespace evx::kafka
