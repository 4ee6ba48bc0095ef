// The journal reader against arbitrary bytes. The input's first byte chooses what is damaged:
// even, the input is the segment file as it is; odd, it is what follows a sound segment header,
// so that the record decoder and the tail rules are reached. Whatever comes out is an error or a
// run of records in sequence, never a crash.

#include <cstddef>
#include <cstdint>
#include <string>

#include "evx/core/check.h"
#include "evx/journal/journal_reader.h"
#include "evx/journal/testing/simulated_file_system.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace evx;
  using namespace evx::journal;
  if (size == 0) return 0;
  std::string bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (data[0] % 2 == 1) {
    SegmentHeader header;
    header.first_sequence = SequenceNumber(1);
    header.segment_bytes = 64u << 10;
    bytes.insert(0, EncodeSegmentHeader(header));
  }
  testing::SimulatedFileSystem disk;
  disk.SetContents("/data/" + SegmentName(SequenceNumber(1)), bytes);
  auto reader = JournalReader::Open(disk, "/data", SequenceNumber(1));
  if (!reader.ok()) return 0;
  RecordView record;
  std::uint64_t expected = 1;
  std::size_t total = 0;
  ReadResult result;
  while ((result = (*reader)->Next(record)) == ReadResult::kRecord) {
    EVX_CHECK(record.sequence == SequenceNumber(expected++));
    // Touches every byte handed out.
    for (const char c : record.meta) total += static_cast<std::uint8_t>(c);
    for (const char c : record.command) total += static_cast<std::uint8_t>(c);
    for (const char c : record.events) total += static_cast<std::uint8_t>(c);
  }
  EVX_CHECK(total < SIZE_MAX);
  if (result == ReadResult::kEnd) {
    EVX_CHECK((*reader)->end().next_sequence == SequenceNumber(expected));
  } else {
    EVX_CHECK(!(*reader)->status().ok());
  }
  return 0;
}
