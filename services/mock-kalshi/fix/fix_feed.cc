#include "fix/fix_feed.h"

#include <iterator>
#include <utility>

#include "evx/core/check.h"

namespace evx::mock_kalshi {
namespace {

std::size_t SizeOf(const FixFeed::Record& record) {
  return sizeof record + record.meta.size() + record.command.size() + record.events.size();
}

}  // namespace

void FixFeed::OnRecord(const ReleasedRecord& record) {
  if (!wanted_.load(std::memory_order_acquire)) return;
  const std::size_t size = record.meta.size() + record.command.size() + record.events.size();
  const std::lock_guard lock(mutex_);
  if (!wake_) return;
  if (byte_count_ + size > kByteCountMax) {
    missed_ = true;
    return;
  }
  const bool is_first = records_.empty();
  byte_count_ += size;
  records_.push_back({record.sequence_number, record.time, std::string(record.meta),
                      std::string(record.command), std::string(record.events)});
  if (is_first) wake_();
}

void FixFeed::KeepRecovered(const ReleasedRecord& record) {
  if (!keeps_recovered_) return;
  recovered_.push_back({record.sequence_number, record.time, std::string(record.meta),
                        std::string(record.command), std::string(record.events)});
  recovered_bytes_ += SizeOf(recovered_.back());
  while (recovered_bytes_ > kByteCountMax / 4) {
    recovered_bytes_ -= SizeOf(recovered_.front());
    recovered_.pop_front();
  }
}

std::vector<FixFeed::Record> FixFeed::TakeRecovered() {
  std::vector<Record> records(std::make_move_iterator(recovered_.begin()),
                              std::make_move_iterator(recovered_.end()));
  recovered_ = {};
  recovered_bytes_ = 0;
  return records;
}

void FixFeed::SetWake(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  wake_ = std::move(wake);
}

bool FixFeed::Take(std::vector<Record>& records) {
  EVX_CHECK(records.empty());
  const std::lock_guard lock(mutex_);
  records.swap(records_);
  byte_count_ = 0;
  return !std::exchange(missed_, false);
}

}  // namespace evx::mock_kalshi
