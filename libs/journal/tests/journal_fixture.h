#pragma once

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "evx/core/clock.h"
#include "evx/journal/journal_reader.h"
#include "evx/journal/journal_writer.h"

namespace evx::journal {

// Remembers what the writer said. Thread-safe.
class RecordingListener final : public JournalListener {
 public:
  void OnDurable(const DurableBatch& batch) override {
    const std::lock_guard lock(mutex_);
    durable_ = batch.last_sequence.value();
    ++batch_count_;
  }
  void OnStalled(const absl::Status&) override {
    const std::lock_guard lock(mutex_);
    ++stalled_count_;
  }
  void OnFailed(SequenceNumber durable, const absl::Status& status) override {
    const std::lock_guard lock(mutex_);
    failures_.push_back(std::to_string(durable.value()) + ": " + status.ToString());
  }

  std::uint64_t durable() const {
    const std::lock_guard lock(mutex_);
    return durable_;
  }
  int batch_count() const {
    const std::lock_guard lock(mutex_);
    return batch_count_;
  }
  int stalled_count() const {
    const std::lock_guard lock(mutex_);
    return stalled_count_;
  }
  std::vector<std::string> failures() const {
    const std::lock_guard lock(mutex_);
    return failures_;
  }

 private:
  mutable std::mutex mutex_;
  std::uint64_t durable_ = 0;
  int batch_count_ = 0;
  int stalled_count_ = 0;
  std::vector<std::string> failures_;
};

inline JournalOptions SmallOptions(const std::string& directory) {
  JournalOptions options;
  options.directory = directory;
  options.segment_bytes = 64u << 10;
  options.reserve_bytes = 4u << 10;
  options.buffer_bytes = 64u << 10;
  options.no_space_retry_min = absl::Milliseconds(1);
  options.no_space_retry_max = absl::Milliseconds(4);
  options.id_key.fill(7);
  return options;
}

inline std::string Payload(std::uint64_t sequence) {
  return "command " + std::to_string(sequence) + std::string(sequence % 97, 'x');
}

inline AppendResult AppendOne(JournalWriter& writer, const std::string& command,
                              bool uses_reserve = false) {
  return writer.Append({writer.next_sequence(), Timestamp::FromNanos(1), 1, "meta", command, ""},
                       uses_reserve);
}

inline void AppendUntil(JournalWriter& writer, std::uint64_t last) {
  while (writer.next_sequence().value() <= last) {
    const AppendResult result = AppendOne(writer, Payload(writer.next_sequence().value()));
    if (result == AppendResult::kBufferFull) {
      std::this_thread::yield();
      continue;
    }
    REQUIRE(result == AppendResult::kAppended);
  }
}

// Appends record by record, each a group commit of its own.
inline void AppendSingly(JournalWriter& writer, std::uint64_t last) {
  while (writer.next_sequence().value() <= last) {
    const SequenceNumber sequence = writer.next_sequence();
    AppendUntil(writer, sequence.value());
    REQUIRE(writer.durable().WaitBeyond(SequenceNumber(sequence.value() - 1), absl::Seconds(30)));
  }
}

struct ReadOutcome {
  ReadResult result = ReadResult::kEnd;
  absl::Status status;
  JournalEnd end;
  std::uint64_t next = 1;      // after the last record read
  std::uint64_t wrong_at = 0;  // the first record with another payload; 0: none
};

template <class PayloadOf>
ReadOutcome TryReadAll(FileSystem& file_system, const std::string& directory, std::uint64_t from,
                       const PayloadOf& payload_of) {
  ReadOutcome outcome;
  outcome.next = from;
  auto reader = JournalReader::Open(file_system, directory, SequenceNumber(from));
  if (!reader.ok()) {
    outcome.result = ReadResult::kError;
    outcome.status = reader.status();
    return outcome;
  }
  RecordView record;
  while ((outcome.result = (*reader)->Next(record)) == ReadResult::kRecord) {
    if (outcome.wrong_at == 0 &&
        (record.sequence.value() != outcome.next || record.command != payload_of(outcome.next))) {
      outcome.wrong_at = outcome.next;
    }
    ++outcome.next;
  }
  outcome.status = (*reader)->status();
  outcome.end = (*reader)->end();
  return outcome;
}

// Reads from `from` to the end, checks every payload and returns the end.
inline JournalEnd ReadAll(FileSystem& file_system, const std::string& directory,
                          std::uint64_t from = 1) {
  const ReadOutcome outcome = TryReadAll(file_system, directory, from, Payload);
  INFO(outcome.status);
  REQUIRE(outcome.result == ReadResult::kEnd);
  REQUIRE(outcome.wrong_at == 0);
  REQUIRE(outcome.end.next_sequence.value() == outcome.next);
  return outcome.end;
}

inline std::unique_ptr<JournalWriter> OpenWriter(FileSystem& file_system,
                                                 const JournalOptions& options,
                                                 const JournalEnd& end, JournalListener& listener) {
  static const SystemClock clock;
  auto writer = JournalWriter::Open(file_system, options, end, clock, listener);
  INFO(writer.status());
  REQUIRE(writer.ok());
  return *std::move(writer);
}

// Waits for another thread; gives up loudly after a long time.
template <class Condition>
void WaitUntil(const Condition& condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) FAIL("waited for a minute in vain");
    std::this_thread::yield();
  }
}

}  // namespace evx::journal
