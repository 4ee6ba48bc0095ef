#pragma once

#include <atomic>
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
#include "evx/market_data/message_batch.h"
#include "evx/market_data/message_sink.h"

namespace evx::market_data {

// From the pipeline's thread to the publisher's: bounded, in order, serialized once into the memory
// that the publisher reads. Thread-safe.
class OutputQueue final : public MessageSink {
 public:
  explicit OutputQueue(std::size_t byte_count_max) : byte_count_max_(byte_count_max) {
    batch_.Reserve(byte_count_max);
  }

  bool Publish(Topic topic, std::string_view key, std::int64_t sequence,
               const google::protobuf::MessageLite& message, Timestamp received) override;

  // For a source that can wait: returns when there is room, at once if it can. While there is none
  // it waits for as long as the reader makes progress; after `patience` without, neither this call
  // nor the next ones wait until there was room again, and Publish refuses.
  void AwaitRoom(absl::Duration patience);
  // What the reader has taken last is partly done with.
  void NoteProgress();

  // Replaces `batch` by everything that waits, as soon as there is something. `oldest`: when the
  // first of its frames came. False: nothing came within `timeout`, or Wake was called.
  bool Take(MessageBatch& batch, Timestamp& oldest, absl::Duration timeout);
  // Everything that waits, which may be nothing.
  MessageBatch TakeAll();
  // A Take that waits, or the next one, does not wait.
  void Wake();

  std::size_t byte_count() const;

 private:
  void MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::size_t byte_count_max_;
  std::atomic<bool> is_full_ = false;  // Changes under the lock.
  mutable std::mutex mutex_;
  std::condition_variable filled_;
  MessageBatch batch_ ABSL_GUARDED_BY(mutex_);
  Timestamp oldest_ ABSL_GUARDED_BY(mutex_);
  bool is_woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::condition_variable progressed_;
  std::uint64_t progress_ ABSL_GUARDED_BY(mutex_) = 0;
  bool has_given_up_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace evx::market_data
