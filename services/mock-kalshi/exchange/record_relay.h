#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "exchange/record.h"

namespace evx::mock_kalshi {

// Shows records to a consumer on a thread of its own, in order, while the caller goes on: recovery
// executes the journal again on one core, and read model and history follow on another.
//
// Records are copied into batches; Add waits while kBatchCountMax of them are full. Add and Finish
// are for one thread.
class RecordRelay {
 public:
  static constexpr std::size_t kBatchBytes = 1 << 20;
  static constexpr std::size_t kBatchCountMax = 8;

  explicit RecordRelay(std::function<void(const ReleasedRecord&)> consume);
  ~RecordRelay() { Finish(); }
  RecordRelay(const RecordRelay&) = delete;
  RecordRelay& operator=(const RecordRelay&) = delete;

  void Add(const ReleasedRecord& record);
  // Returns once the consumer has seen every record. Nothing can be added after that.
  void Finish();

 private:
  struct Entry {
    SequenceNumber sequence_number;
    Timestamp time;
    std::uint32_t meta_size = 0;
    std::uint32_t command_size = 0;
    std::uint32_t events_size = 0;
  };
  struct Batch {
    std::string bytes;  // meta, command and events of each entry, one after the other.
    std::vector<Entry> entries;
  };

  void HandOver();
  void Run();
  void Consume(const Batch& batch) const;

  const std::function<void(const ReleasedRecord&)> consume_;
  Batch filling_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Batch> full_;  // Oldest first.
  std::vector<Batch> empty_;
  bool finishing_ = false;
  std::thread thread_;
};

}  // namespace evx::mock_kalshi
