#include "pipeline/output_queue.h"

#include <chrono>
#include <utility>

namespace evx::market_data {

bool OutputQueue::Publish(Topic topic, std::string_view key, std::int64_t sequence,
                          const google::protobuf::MessageLite& message, Timestamp received) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_full_) return false;
    is_first = batch_.empty();
    if (is_first) oldest_ = received;
    batch_.Append(topic, key, sequence, message);
    is_full_ = batch_.byte_count() >= byte_count_max_;
  }
  if (is_first) filled_.notify_one();
  return true;
}

void OutputQueue::AwaitRoom(absl::Duration patience) {
  if (!is_full_) return;
  std::unique_lock lock(mutex_);
  while (is_full_ && !has_given_up_) {
    const std::uint64_t seen = progress_;
    has_given_up_ =
        !progressed_.wait_for(lock, std::chrono::nanoseconds(absl::ToInt64Nanoseconds(patience)),
                              [this, seen] { return progress_ != seen; });
  }
}

void OutputQueue::NoteProgress() {
  {
    const std::lock_guard lock(mutex_);
    ++progress_;
  }
  progressed_.notify_all();
}

void OutputQueue::MakeRoom() {
  is_full_ = false;
  has_given_up_ = false;
  ++progress_;
  progressed_.notify_all();
}

bool OutputQueue::Take(MessageBatch& batch, Timestamp& oldest, absl::Duration timeout) {
  batch.Clear();
  std::unique_lock lock(mutex_);
  filled_.wait_for(lock, std::chrono::nanoseconds(absl::ToInt64Nanoseconds(timeout)),
                   [this] { return is_woken_ || !batch_.empty(); });
  is_woken_ = false;
  if (batch_.empty()) return false;
  std::swap(batch, batch_);
  batch_.Reserve(byte_count_max_);
  MakeRoom();
  oldest = oldest_;
  return true;
}

MessageBatch OutputQueue::TakeAll() {
  const std::lock_guard lock(mutex_);
  MakeRoom();
  return std::exchange(batch_, MessageBatch());
}

void OutputQueue::Wake() {
  {
    const std::lock_guard lock(mutex_);
    is_woken_ = true;
  }
  filled_.notify_one();
}

std::size_t OutputQueue::byte_count() const {
  const std::lock_guard lock(mutex_);
  return batch_.byte_count();
}

}  // namespace evx::market_data
