// Random bytes and random damage: an error or an earlier end comes back, never a crash or a
// record that was not written.

#include <catch2/catch.hpp>
#include <random>
#include <string>

#include "evx/core/testing/seed.h"
#include "evx/journal/testing/simulated_file_system.h"
#include "journal_fixture.h"

namespace evx::journal {
namespace {

using testing::SimulatedFileSystem;

const std::string kDirectory = "/data";
const std::string kFirstPath = kDirectory + "/" + SegmentName(SequenceNumber(1));

std::string RandomBytes(std::mt19937_64& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

TEST_CASE("JournalReader: random bytes behind a sound header never pass for records", "[journal]") {
  const std::uint32_t seed = evx::testing::TestSeed("JournalReader");
  std::mt19937_64 random(seed);
  SimulatedFileSystem disk;
  SegmentHeader header;
  header.first_sequence = SequenceNumber(1);
  header.segment_bytes = 64u << 10;
  const std::string block = EncodeSegmentHeader(header);
  for (int i = 0; i < 2'000; ++i) {
    INFO("seed " << seed << ", input " << i);
    disk.SetContents(kFirstPath, block + RandomBytes(random, random() % 3'000));
    const ReadOutcome outcome = TryReadAll(disk, kDirectory, 1, Payload);
    REQUIRE(outcome.next == 1);
    disk.SetContents(kFirstPath, RandomBytes(random, random() % 6'000));
    REQUIRE_FALSE(TryReadAll(disk, kDirectory, 1, Payload).status.ok());
  }
}

TEST_CASE("JournalReader: random damage never yields a record that was not written", "[journal]") {
  const std::uint32_t seed = evx::testing::TestSeed("JournalReader");
  std::mt19937_64 random(seed);
  SimulatedFileSystem disk;
  RecordingListener listener;
  {
    auto writer = OpenWriter(disk, SmallOptions(kDirectory), JournalEnd(), listener);
    AppendUntil(*writer, 200);
    REQUIRE(writer->Close().ok());
  }
  const std::string good = disk.Contents(kFirstPath).substr(0, 40'000);
  for (int i = 0; i < 3'000; ++i) {
    INFO("seed " << seed << ", input " << i);
    std::string bytes = good;
    for (std::uint64_t damage = 1 + random() % 4; damage > 0; --damage) {
      const std::size_t at = random() % bytes.size();
      const std::size_t size = std::min<std::size_t>(1 + random() % 600, bytes.size() - at);
      switch (random() % 4) {
        case 0:
          bytes.replace(at, size, RandomBytes(random, size));
          break;
        case 1:
          bytes.erase(at, size);
          break;
        case 2:
          bytes.insert(at, bytes.substr(random() % bytes.size(), size));
          break;
        default:
          bytes.replace(at, size, size, '\0');
      }
    }
    disk.SetContents(kFirstPath, bytes);
    const ReadOutcome outcome = TryReadAll(disk, kDirectory, 1, Payload);
    REQUIRE(outcome.wrong_at == 0);
    REQUIRE(outcome.next <= 201);
  }
}

}  // namespace
}  // namespace evx::journal
