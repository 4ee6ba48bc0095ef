// Appends records to the journal in the directory given, and writes the last durable sequence
// number to stdout as 8 bytes after each group commit, until it is killed.

#include <unistd.h>

#include <cstdio>
#include <string>
#include <thread>

#include "evx/core/check.h"
#include "evx/journal/file_system.h"
#include "evx/journal/journal_reader.h"
#include "evx/journal/journal_writer.h"

namespace evx::journal {
namespace {

class PrintingListener final : public JournalListener {
 public:
  void OnDurable(const DurableBatch& batch) override {
    const std::uint64_t last = batch.last_sequence.value();
    EVX_CHECK(write(STDOUT_FILENO, &last, sizeof(last)) == sizeof(last));
  }
  void OnStalled(const absl::Status&) override {}
  void OnFailed(SequenceNumber, const absl::Status&) override { EVX_CHECK(false); }
};

void Run(const std::string& directory) {
  const auto lock = LockDirectory(PosixFileSystem(), directory);
  EVX_CHECK(lock.ok());
  auto reader = JournalReader::Open(PosixFileSystem(), directory, SequenceNumber(1));
  EVX_CHECK(reader.ok());
  RecordView record;
  while ((*reader)->Next(record) == ReadResult::kRecord) {
  }
  EVX_CHECK((*reader)->status().ok());
  JournalOptions options;
  options.directory = directory;
  options.segment_bytes = 256u << 10;
  options.reserve_bytes = 0;
  options.buffer_bytes = 64u << 10;
  const SystemClock clock;
  PrintingListener listener;
  auto writer = JournalWriter::Open(PosixFileSystem(), options, (*reader)->end(), clock, listener);
  EVX_CHECK(writer.ok());
  while (true) {
    const std::uint64_t sequence = (*writer)->next_sequence().value();
    const std::string command =
        "command " + std::to_string(sequence) + std::string(sequence % 97, 'x');
    const AppendResult result = (*writer)->Append(
        {SequenceNumber(sequence), Timestamp::FromNanos(1), 1, "meta", command, ""});
    if (result != AppendResult::kAppended) std::this_thread::yield();
  }
}

}  // namespace
}  // namespace evx::journal

int main(int argc, char** argv) {
  EVX_CHECK(argc == 2);
  evx::journal::Run(argv[1]);
}
