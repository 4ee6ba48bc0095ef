#include "exchange/record_relay.h"

#include <string_view>
#include <utility>

namespace evx::mock_kalshi {

RecordRelay::RecordRelay(std::function<void(const ReleasedRecord&)> consume)
    : consume_(std::move(consume)), thread_([this] { Run(); }) {}

void RecordRelay::Add(const ReleasedRecord& record) {
  filling_.bytes.append(record.meta);
  filling_.bytes.append(record.command);
  filling_.bytes.append(record.events);
  filling_.entries.push_back({record.sequence_number, record.time,
                              static_cast<std::uint32_t>(record.meta.size()),
                              static_cast<std::uint32_t>(record.command.size()),
                              static_cast<std::uint32_t>(record.events.size())});
  if (filling_.bytes.size() >= kBatchBytes) HandOver();
}

void RecordRelay::HandOver() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return full_.size() < kBatchCountMax; });
  full_.push_back(std::exchange(filling_, {}));
  // A batch that was used before has its memory.
  if (!empty_.empty()) {
    filling_ = std::move(empty_.back());
    empty_.pop_back();
  }
  changed_.notify_all();
}

void RecordRelay::Finish() {
  if (!thread_.joinable()) return;
  if (!filling_.entries.empty()) HandOver();
  {
    const std::lock_guard lock(mutex_);
    finishing_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

void RecordRelay::Run() {
  std::vector<Batch> taken;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      for (Batch& batch : taken) empty_.push_back(std::move(batch));
      taken.clear();
      changed_.wait(lock, [this] { return !full_.empty() || finishing_; });
      if (full_.empty()) return;
      taken.swap(full_);
      changed_.notify_all();
    }
    for (Batch& batch : taken) {
      Consume(batch);
      batch.bytes.clear();
      batch.entries.clear();
    }
  }
}

void RecordRelay::Consume(const Batch& batch) const {
  std::string_view rest = batch.bytes;
  const auto take = [&rest](std::size_t size) {
    const std::string_view bytes = rest.substr(0, size);
    rest.remove_prefix(size);
    return bytes;
  };
  for (const Entry& entry : batch.entries) {
    ReleasedRecord record{entry.sequence_number, entry.time, {}, {}, {}};
    record.meta = take(entry.meta_size);
    record.command = take(entry.command_size);
    record.events = take(entry.events_size);
    consume_(record);
  }
}

}  // namespace evx::mock_kalshi
