#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/telemetry/trace_context.h"
#include "evx/venue/types.h"
#include "exchange/record.h"
#include "exchange/reply_thread.h"

namespace evx::mock_kalshi {

// The most recent released records, kept for event streams: bounded by count and bytes, the oldest
// go first. Readers keep nothing but the number of the record they want next, so a slow one costs
// no memory; when what it wants is gone, it is cut off.
//
// A reader that has read everything waits here and is called on the reply thread once there is
// more. Thread-safe.
class EventLog final : public RecordListener {
 public:
  struct Options {
    std::size_t record_count_max = 262'144;
    std::size_t byte_count_max = 128UL << 20;
  };

  struct Record {
    SequenceNumber sequence_number;
    Timestamp time;
    std::shared_ptr<const std::string> events;  // venue::EventBuffer.
    venue::UuidText key_id;                     // Whose command it was; empty: the exchange's own.
    telemetry::TraceId trace_id;
  };

  class Waiter {
   public:
    virtual ~Waiter() = default;
    // There is something to read, or the log was closed.
    virtual void OnReadable() = 0;
  };

  // Where readers wait, it outlives `replies`: the call that wakes them waits there.
  EventLog(Options options, ReplyThread& replies) : options_(options), replies_(replies) {}

  // Records up to `last` were released, whether this log saw them or not.
  void StartAfter(SequenceNumber last);

  void OnRecord(const ReleasedRecord& record) override;

  // Up to `count_max` records from number `from` on. False when `from` is no longer here.
  bool Read(SequenceNumber from, std::size_t count_max, std::vector<Record>& records) const;
  SequenceNumber first_available() const;
  // The number the next record will have.
  SequenceNumber next() const;

  // Calls the waiter, once, when record `from` is there or the log is closed: soon, if it is so
  // already. False: it was canceled, does not wait and will not be called. Whoever cancels sets
  // `canceled` before StopWaiting; from then on, or once this returned true, the waiter may be
  // gone.
  bool Wait(SequenceNumber from, Waiter& waiter, const std::atomic<bool>& canceled);
  // True: the waiter was waiting and will not be called.
  bool StopWaiting(Waiter& waiter);

  // Every stream shall end.
  void Close();
  bool closed() const;

 private:
  void WakeLocked();

  const Options options_;
  ReplyThread& replies_;
  mutable std::mutex mutex_;
  std::deque<Record> records_;
  std::size_t byte_count_ = 0;
  SequenceNumber next_{1};
  std::vector<Waiter*> waiters_;
  bool wake_posted_ = false;
  bool closed_ = false;
};

}  // namespace evx::mock_kalshi
