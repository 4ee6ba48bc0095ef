#include "exchange/event_log.h"

#include <algorithm>
#include <utility>

namespace evx::mock_kalshi {

void EventLog::StartAfter(SequenceNumber last) {
  const std::lock_guard lock(mutex_);
  next_ = std::max(next_, SequenceNumber(last.value() + 1));
}

void EventLog::OnRecord(const ReleasedRecord& record) {
  auto events = std::make_shared<const std::string>(record.events);
  const AuditMeta meta = DecodeAuditMeta(record.meta).value_or(AuditMeta());
  const std::lock_guard lock(mutex_);
  byte_count_ += events->size();
  records_.push_back({record.sequence_number, record.time, std::move(events), meta.key_id,
                      telemetry::TraceId(meta.trace_id)});
  next_ = SequenceNumber(record.sequence_number.value() + 1);
  while (records_.size() > options_.record_count_max || byte_count_ > options_.byte_count_max) {
    byte_count_ -= records_.front().events->size();
    records_.pop_front();
  }
  WakeLocked();
}

void EventLog::WakeLocked() {
  if (waiters_.empty() || wake_posted_) return;
  wake_posted_ = true;
  replies_.Post([this] {
    std::vector<Waiter*> woken;
    {
      const std::lock_guard lock(mutex_);
      wake_posted_ = false;
      woken.swap(waiters_);
    }
    for (Waiter* waiter : woken) waiter->OnReadable();
  });
}

bool EventLog::Read(SequenceNumber from, std::size_t count_max,
                    std::vector<Record>& records) const {
  records.clear();
  const std::lock_guard lock(mutex_);
  if (from >= next_) return true;
  if (records_.empty() || from < records_.front().sequence_number) return false;
  // Numbers have no gaps.
  const std::uint64_t offset = from.value() - records_.front().sequence_number.value();
  const auto begin = records_.begin() + static_cast<std::ptrdiff_t>(offset);
  const auto left = static_cast<std::size_t>(records_.end() - begin);
  records.assign(begin, begin + static_cast<std::ptrdiff_t>(std::min(left, count_max)));
  return true;
}

SequenceNumber EventLog::first_available() const {
  const std::lock_guard lock(mutex_);
  return records_.empty() ? next_ : records_.front().sequence_number;
}

SequenceNumber EventLog::next() const {
  const std::lock_guard lock(mutex_);
  return next_;
}

bool EventLog::Wait(SequenceNumber from, Waiter& waiter, const std::atomic<bool>& canceled) {
  const std::lock_guard lock(mutex_);
  if (canceled.load()) return false;
  waiters_.push_back(&waiter);
  if (from < next_ || closed_) WakeLocked();
  return true;
}

bool EventLog::StopWaiting(Waiter& waiter) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find(waiters_.begin(), waiters_.end(), &waiter);
  if (found == waiters_.end()) return false;
  waiters_.erase(found);
  return true;
}

void EventLog::Close() {
  const std::lock_guard lock(mutex_);
  closed_ = true;
  WakeLocked();
}

bool EventLog::closed() const {
  const std::lock_guard lock(mutex_);
  return closed_;
}

}  // namespace evx::mock_kalshi
