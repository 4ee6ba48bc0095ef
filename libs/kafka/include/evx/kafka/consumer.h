#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/kafka/message.h"

struct rd_kafka_s;
struct rd_kafka_message_s;
struct rd_kafka_topic_partition_list_s;

namespace evx::kafka {

// Records that were read together; owns them. Movable.
class RecordBatch {
 public:
  RecordBatch() = default;
  ~RecordBatch();
  RecordBatch(RecordBatch&& other) noexcept : messages_(std::move(other.messages_)) {
    other.messages_.clear();
  }
  RecordBatch& operator=(RecordBatch&& other) noexcept;

  std::size_t size() const { return messages_.size(); }
  bool empty() const { return messages_.empty(); }
  RecordView operator[](std::size_t index) const;
  // Value of the record's last header of that name.
  std::optional<std::string_view> FindHeader(std::size_t index, const char* name) const;

 private:
  friend class Consumer;
  std::vector<rd_kafka_message_s*> messages_;
};

// Reads topics, either as a member of a group, which shares the partitions among its members, or
// alone, all partitions from their first record on.
//
// Nothing is committed by itself. The order that loses nothing: Poll, write what was read to where
// it belongs, Commit. After a crash the records behind the last commit come again, so what is
// written must be told apart by a sequence number of its own. Records of aborted transactions are
// not seen.
//
// Errors: UNAVAILABLE brokers are away (it goes on by itself when they are back); ABORTED from
// Commit: the partitions have moved to another member, which reads on from the last commit.
//
// One thread at a time, but for lag().
class Consumer {
 public:
  struct Options {
    std::string brokers;  // "host:port,..."
    std::string client_id = "evx";
    std::string group_id;  // Empty: alone.
    // Not empty: the member's name in the group. It keeps its partitions when it ends, and gets
    // them at once when it comes back within the session timeout.
    std::string instance_id;
    std::vector<std::string> topics;
    // Read ahead, at most about this much.
    std::uint32_t buffer_kib_max = 16'384;
    // A member that was not heard of for so long loses its partitions.
    absl::Duration session_timeout = absl::Seconds(10);
    // Told of partitions this member got or lost, on the thread that calls Poll or Close. What was
    // read of a lost one can no longer be committed when this returns, so write and Commit here.
    std::function<void(const std::vector<TopicPartition>&)> on_assigned;
    std::function<void(const std::vector<TopicPartition>&)> on_revoked;
    // For who keeps places of its own: the offset from which a partition that this member got is
    // read, asked after on_assigned; one that is not there any more stands for the first that is.
    // Empty: behind the group's last commit. Alone, it is asked of each partition within Open, and
    // empty means from the first record on.
    std::function<std::int64_t(const TopicPartition&)> place_of;
    // Reports the ends of partitions: see read_up().
    bool watch_ends = false;
  };

  // A group is joined in the background. Alone: UNAVAILABLE when the partitions cannot be asked
  // for.
  static absl::StatusOr<std::unique_ptr<Consumer>> Open(Options options);
  // Leaves the group; commits nothing.
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  // Up to `count_max` records; waits up to `timeout` for the first. Must be called at least every
  // five minutes.
  absl::StatusOr<RecordBatch> Poll(std::size_t count_max, absl::Duration timeout);
  // Everything that Poll has returned is done with.
  absl::Status Commit();
  // The place behind the last record that Poll returned, of each partition it read from.
  const std::map<TopicPartition, std::int64_t>& places() const { return places_; }
  // With watch_ends: the partitions of which everything was read that they held when this member
  // got them. Where nothing more came meanwhile, places() are behind what is not shown (marks of
  // transactions), and Poll returns early.
  const std::set<TopicPartition>& read_up() const { return read_up_; }

  // What each partition of a topic holds, asked of the brokers.
  absl::StatusOr<std::map<TopicPartition, Extent>> Extents(const std::string& topic,
                                                           absl::Duration timeout);

  // Records in the partitions read from that Poll has not returned yet, as of its last call. Any
  // thread.
  std::int64_t lag() const { return lag_.load(std::memory_order_relaxed); }

 private:
  friend class Producer;
  explicit Consumer(Options options);
  absl::Status ReadAlone();
  void NoteReadUp();
  // As the last fetch told it; 0 before.
  std::int64_t CachedEnd(const TopicPartition& where) const;
  void CountLag();
  void OnRebalance(bool assigned, rd_kafka_topic_partition_list_s* partitions);

  const Options options_;
  rd_kafka_s* handle_ = nullptr;
  std::map<TopicPartition, std::int64_t> places_;
  std::map<TopicPartition, std::int64_t> committed_;
  std::map<TopicPartition, std::int64_t> first_ends_;
  std::set<TopicPartition> read_up_;
  std::uint64_t revocation_count_ = 0;
  std::atomic<std::int64_t> lag_ = 0;
};

}  // namespace evx::kafka
