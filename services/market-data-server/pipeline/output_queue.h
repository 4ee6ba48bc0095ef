#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "pipeline/topics.h"

namespace google::protobuf {
class MessageLite;
}

namespace evx::market_data {

// One message on its way to Kafka.
struct OutputView {
  Topic topic = Topic::kBook;
  std::string_view key;
  std::string_view payload;
  // Number in the stream of its key; 0 where there is none (errors).
  std::int64_t sequence = 0;
};

// Messages in order, in two pieces of memory that are kept when it is cleared.
class MessageBatch {
 public:
  void Append(Topic topic, std::string_view key, std::int64_t sequence,
              const google::protobuf::MessageLite& message);
  void Clear();

  std::size_t size() const { return entries_.size(); }
  bool empty() const { return entries_.empty(); }
  std::size_t byte_count() const { return bytes_.size(); }
  // Valid until the batch is changed.
  OutputView operator[](std::size_t index) const;

 private:
  struct Entry {
    std::size_t offset = 0;
    std::int64_t sequence = 0;
    std::uint32_t key_size = 0;
    std::uint32_t payload_size = 0;
    Topic topic = Topic::kBook;
  };
  std::string bytes_;  // Key and payload of each message.
  std::vector<Entry> entries_;
};

// Takes what the pipeline makes.
class MessageSink {
 public:
  virtual ~MessageSink() = default;
  // `received`: when the frame came. False, and nothing taken, when there is no room.
  virtual bool Publish(Topic topic, std::string_view key, std::int64_t sequence,
                       const google::protobuf::MessageLite& message, Timestamp received) = 0;
};

// From the pipeline's thread to the publisher's: bounded, in order, serialized once into the memory
// that the publisher reads. Thread-safe.
class OutputQueue final : public MessageSink {
 public:
  explicit OutputQueue(std::size_t byte_count_max) : byte_count_max_(byte_count_max) {}

  bool Publish(Topic topic, std::string_view key, std::int64_t sequence,
               const google::protobuf::MessageLite& message, Timestamp received) override;

  // Replaces `batch` by everything that waits, as soon as there is something. `oldest`: when the
  // first of its frames came. False: nothing came within `timeout`, or Wake was called.
  bool Take(MessageBatch& batch, Timestamp& oldest, absl::Duration timeout);
  // A Take that waits, or the next one, does not wait.
  void Wake();

  std::size_t byte_count() const;

 private:
  const std::size_t byte_count_max_;
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  MessageBatch batch_ ABSL_GUARDED_BY(mutex_);
  Timestamp oldest_ ABSL_GUARDED_BY(mutex_);
  bool is_woken_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace evx::market_data
