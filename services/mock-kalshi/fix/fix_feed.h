#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "exchange/record.h"

namespace evx::mock_kalshi {

// Carries released records from the release thread to the one of FIX: a copy and a wake-up, never
// a wait. While nobody wants records they are dropped. At most kByteCountMax wait; when the FIX
// thread is further behind, records are dropped and it learns that some are missing.
class FixFeed final : public RecordListener {
 public:
  static constexpr std::size_t kByteCountMax = 256UL << 20;

  struct Record {
    SequenceNumber sequence_number;
    Timestamp time;
    std::string meta;
    std::string command;
    std::string events;
  };

  void OnRecord(const ReleasedRecord& record) override;

  // `wake` is called when records wait, once until they are taken; null: nobody takes any more.
  void SetWake(std::function<void()> wake);
  // What recovery reads back before the exchange starts, for sessions that were told less of it:
  // the last kByteCountMax / 4 of it, and nothing unless it is told to.
  void SetKeepsRecovered(bool keeps) { keeps_recovered_ = keeps; }
  void KeepRecovered(const ReleasedRecord& record);
  std::vector<Record> TakeRecovered();

  void SetWanted(bool wanted) { wanted_.store(wanted, std::memory_order_release); }
  // Swaps what waits with `records`, which must be empty. False: records are missing before these.
  bool Take(std::vector<Record>& records);

 private:
  std::atomic<bool> wanted_ = false;
  std::mutex mutex_;
  std::function<void()> wake_;
  std::vector<Record> records_;
  std::size_t byte_count_ = 0;
  bool missed_ = false;
  bool keeps_recovered_ = false;
  std::deque<Record> recovered_;  // Before the start, one thread.
  std::size_t recovered_bytes_ = 0;
};

}  // namespace evx::mock_kalshi
