#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/journal/file_system.h"
#include "evx/kafka/consumer.h"
#include "feed/parked_messages.h"
#include "fold/book_message.h"
#include "store/rebuilt_books.h"

namespace evx::order_book_rebuilder {

// What the rebuilder tells as it goes on; called on its thread.
struct RebuilderEvents {
  std::function<void(std::uint64_t count, Timestamp at)> messages_read;
  std::function<void()> message_parked;
  std::function<void(absl::Duration)> checkpoint_stored;
  std::function<void()> checkpoint_failed;
};

// Reads topic evx.md.book.v1 as a member of a group on a thread of its own, and keeps the books.
//
//   records -> BookMessageReader -> Partition (fold) -> readers
//                    |                   | every checkpoint_interval
//                    v                   v
//              evx.errors.v1       checkpoint on disk, then the group's commit
//
// The state on disk holds the place it was made up to, so a partition is read from its own
// checkpoint, never from the group's commit, and no message is applied twice or left out. The
// commit is for those who watch the group's lag.
//
// A partition that is given away is stored first and not shown from then on; one that is got is
// loaded, and shown when it was read to its end.
class Rebuilder {
 public:
  static constexpr const char* kTopic = "evx.md.book.v1";

  struct Options {
    std::string brokers;
    std::string group_id;
    std::string instance_id;
    std::string data_directory;
    absl::Duration checkpoint_interval = absl::Seconds(10);
    absl::Duration session_timeout = absl::Seconds(10);
    std::size_t market_count_max = 100'000;
    absl::Duration forget_after = absl::Hours(48);
    absl::Duration history_retention = absl::Hours(24 * 7);
    std::uint64_t history_bytes_max = std::uint64_t{1} << 30;
    bool accepts_replay = false;  // In the topic of books.
  };

  // The references outlive this.
  Rebuilder(Options options, journal::FileSystem& file_system, const Clock& clock,
            RebuiltBooks& books, RebuilderEvents events);
  // Stop().
  ~Rebuilder();

  void Start();
  // Stores what it has and leaves the group.
  void Stop();

  // Any thread.
  // All partitions that this member got are read up; false before it has heard of any assignment.
  bool read_up() const { return read_up_.load(); }
  std::int64_t lag() const { return lag_.load(); }
  // Why nothing can be read at present.
  absl::Status status() const;

 private:
  void Run();
  // Until it is asked to stop (OK) or something fails.
  absl::Status Follow();
  absl::Status Open();
  void Close();
  void OnAssigned(const std::vector<kafka::TopicPartition>& partitions);
  void OnRevoked(const std::vector<kafka::TopicPartition>& partitions);
  std::shared_ptr<Partition> OpenPartition(std::int32_t number);
  void ApplyBatch(const kafka::RecordBatch& batch);
  void ApplyRecord(const kafka::RecordView& record);
  void Park(std::string_view kind, const absl::Status& fault, const kafka::RecordView& record);
  void NoteEnds();
  // Stores every partition and commits, when it is time or `at_once`.
  void StoreAll(bool at_once);
  void SetStatus(absl::Status status);

  const Options options_;
  journal::FileSystem& file_system_;
  const Clock& clock_;
  RebuiltBooks& books_;
  const RebuilderEvents events_;

  std::atomic<bool> should_stop_ = false;
  std::atomic<bool> read_up_ = false;
  std::atomic<std::int64_t> lag_ = 0;
  mutable std::mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);

  // The rebuilder's thread only.
  BookMessageReader reader_;
  std::unique_ptr<ParkedMessages> parked_;
  std::unique_ptr<kafka::Consumer> consumer_;
  std::map<std::int32_t, std::shared_ptr<Partition>> partitions_;
  bool is_assigned_ = false;
  std::int64_t last_store_nanos_ = 0;

  std::thread thread_;
};

}  // namespace evx::order_book_rebuilder
