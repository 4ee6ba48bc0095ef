#include "evx/journal/snapshot_store.h"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "evx/core/status.h"
#include "evx/journal/testing/simulated_file_system.h"
#include "temporary_directory.h"

namespace evx::journal {
namespace {

using testing::SimulatedFileSystem;

const std::string kDirectory = "/data";

std::string Path(std::uint64_t sequence) {
  std::string digits = std::to_string(sequence);
  return kDirectory + "/" + std::string(20 - digits.size(), '0') + digits + ".snapshot";
}

std::string State(std::uint64_t sequence, std::size_t size) {
  std::mt19937_64 random(sequence);
  std::string state(size, '\0');
  for (char& c : state) c = static_cast<char>(random());
  return state;
}

SnapshotInfo Info(std::uint64_t sequence) {
  SnapshotInfo info;
  info.sequence = SequenceNumber(sequence);
  info.rules_version = 3;
  info.shard = 1;
  info.created_time = Timestamp::FromSeconds(1'790'000'000);
  return info;
}

absl::Status WriteSnapshot(const SnapshotStore& store, std::uint64_t sequence,
                           std::string_view state) {
  EVX_ASSIGN_OR_RETURN(const auto writer, store.Begin(Info(sequence)));
  // In uneven pieces, as state comes.
  for (std::size_t at = 0; at < state.size(); at += 70'001) {
    EVX_RETURN_IF_ERROR(writer->Write(state.substr(at, 70'001)));
  }
  return writer->Finish(sequence * 11);
}

struct Loaded {
  std::optional<SnapshotInfo> info;
  std::string state;
  std::vector<std::string> warnings;
};

Loaded LoadNewest(const SnapshotStore& store) {
  Loaded loaded;
  auto result = store.LoadNewest(
      [&](SnapshotReader& reader) {
        loaded.state.assign(reader.info().payload_bytes, '\0');
        std::span<char> rest(loaded.state);
        while (!rest.empty()) {
          const std::size_t size = std::min<std::size_t>(rest.size(), 33'333);
          EVX_RETURN_IF_ERROR(reader.Read(rest.first(size)));
          rest = rest.subspan(size);
        }
        return absl::OkStatus();
      },
      [&](const absl::Status& warning) { loaded.warnings.push_back(MessageOf(warning)); });
  REQUIRE(result.ok());
  loaded.info = *result;
  return loaded;
}

TEST_CASE("Snapshot: the newest is loaded with its header, whatever its size", "[journal]") {
  const std::size_t size = GENERATE(0u, 1u, 100u, 256u << 10, (256u << 10) + 1, 3'500'000u);
  SimulatedFileSystem disk;
  const SnapshotStore store(disk, kDirectory);
  REQUIRE(WriteSnapshot(store, 5, "older").ok());
  REQUIRE(WriteSnapshot(store, 1'000, State(1'000, size)).ok());
  const Loaded loaded = LoadNewest(store);
  REQUIRE(loaded.info);
  CHECK(loaded.warnings.empty());
  CHECK(loaded.info->sequence == SequenceNumber(1'000));
  CHECK(loaded.info->rules_version == 3);
  CHECK(loaded.info->shard == 1);
  CHECK(loaded.info->state_hash == 11'000);
  CHECK(loaded.info->payload_bytes == size);
  CHECK(loaded.info->created_time == Info(1).created_time);
  CHECK((loaded.state == State(1'000, size)));
}

TEST_CASE("Snapshot: none at all is not an error", "[journal]") {
  const TemporaryDirectory directory;
  const SnapshotStore store(PosixFileSystem(), directory.path() + "/missing");
  CHECK_FALSE(LoadNewest(store).info.has_value());
  CHECK(store.Prune().ok());
}

TEST_CASE("Snapshot: any flipped bit or cut makes recovery take the older one, with a warning",
          "[journal]") {
  SimulatedFileSystem disk;
  const SnapshotStore store(disk, kDirectory);
  REQUIRE(WriteSnapshot(store, 5, "older").ok());
  REQUIRE(WriteSnapshot(store, 9, State(9, 300)).ok());
  const std::string good = disk.Contents(Path(9));
  const auto expect_older = [&](std::string bytes) {
    disk.SetContents(Path(9), std::move(bytes));
    const Loaded loaded = LoadNewest(store);
    REQUIRE(loaded.info);
    REQUIRE(loaded.info->sequence == SequenceNumber(5));
    REQUIRE(loaded.state == "older");
    REQUIRE(loaded.warnings.size() == 1);
    REQUIRE(loaded.warnings[0].find(Path(9)) != std::string::npos);
  };
  for (std::size_t at = 0; at < good.size(); ++at) {
    // Bytes 128 to 4095 are no part of the format.
    if (at >= 128 && at < 4096) continue;
    INFO("byte " << at);
    std::string flipped = good;
    flipped[at] = static_cast<char>(flipped[at] ^ (1 << (at % 8)));
    expect_older(std::move(flipped));
    expect_older(good.substr(0, at));
  }
  disk.SetContents(Path(9), good);
  CHECK(LoadNewest(store).info->sequence == SequenceNumber(9));
}

TEST_CASE("Snapshot: chunks of the same snapshot in another order are detected", "[journal]") {
  SimulatedFileSystem disk;
  const SnapshotStore store(disk, kDirectory);
  constexpr std::size_t kChunk = 256u << 10;
  REQUIRE(WriteSnapshot(store, 9, State(9, 3 * kChunk)).ok());
  std::string bytes = disk.Contents(Path(9));
  const std::size_t chunk = 8 + kChunk;
  std::swap_ranges(bytes.begin() + 4096, bytes.begin() + 4096 + chunk,
                   bytes.begin() + 4096 + chunk);
  disk.SetContents(Path(9), bytes);
  const Loaded loaded = LoadNewest(store);
  CHECK_FALSE(loaded.info.has_value());
  CHECK(loaded.warnings.size() == 1);
}

TEST_CASE("Snapshot: payload that the loader leaves unread makes it bad", "[journal]") {
  SimulatedFileSystem disk;
  const SnapshotStore store(disk, kDirectory);
  REQUIRE(WriteSnapshot(store, 9, "state").ok());
  int warning_count = 0;
  const auto result = store.LoadNewest(
      [](SnapshotReader& reader) {
        char byte;
        return reader.Read({&byte, 1});
      },
      [&](const absl::Status&) { ++warning_count; });
  REQUIRE(result.ok());
  CHECK_FALSE(result->has_value());
  CHECK(warning_count == 1);
}

TEST_CASE("Snapshot: reading beyond the end is refused", "[journal]") {
  SimulatedFileSystem disk;
  const SnapshotStore store(disk, kDirectory);
  REQUIRE(WriteSnapshot(store, 9, "state").ok());
  const auto reader = store.Open(Path(9));
  REQUIRE(reader.ok());
  char bytes[6];
  CHECK((*reader)->Read(bytes).code() == absl::StatusCode::kOutOfRange);
  CHECK((*reader)->Read({bytes, 5}).ok());
  CHECK((*reader)->bytes_left() == 0);
}

TEST_CASE("Snapshot: a crash at any operation leaves the older one or the complete new one",
          "[journal]") {
  std::mt19937_64 random(7);
  const std::string state = State(9, 2'500'000);
  bool completed = false;
  for (std::uint64_t operations = 0; !completed; ++operations) {
    INFO("crash after " << operations << " operations");
    SimulatedFileSystem disk;
    const SnapshotStore store(disk, kDirectory);
    REQUIRE(WriteSnapshot(store, 5, "older").ok());
    disk.FailAfter(operations);
    completed = WriteSnapshot(store, 9, state).ok();
    disk.Crash(SimulatedFileSystem::CrashMode::kPowerCut, random);
    REQUIRE(store.Prune().ok());
    const Loaded loaded = LoadNewest(store);
    REQUIRE(loaded.info);
    REQUIRE(loaded.warnings.empty());
    if (loaded.info->sequence == SequenceNumber(9)) {
      REQUIRE((loaded.state == state));
    } else {
      REQUIRE_FALSE(completed);
      REQUIRE(loaded.state == "older");
    }
  }
}

TEST_CASE("Snapshot: a full disk fails the snapshot and leaves nothing behind", "[journal]") {
  SimulatedFileSystem disk;
  const SnapshotStore store(disk, kDirectory);
  REQUIRE(WriteSnapshot(store, 5, "older").ok());
  disk.SetCapacity(disk.used_bytes() + (2u << 20));
  CHECK(WriteSnapshot(store, 9, State(9, 5u << 20)).code() == absl::StatusCode::kResourceExhausted);
  CHECK(disk.Paths() == std::vector<std::string>{Path(5)});
}

TEST_CASE("Snapshot: pruning keeps the newest ones and removes unfinished files", "[journal]") {
  SimulatedFileSystem disk;
  const SnapshotStore store(disk, kDirectory, 2);
  for (const std::uint64_t sequence : {10, 20, 30, 40}) {
    REQUIRE(WriteSnapshot(store, sequence, "state").ok());
  }
  disk.SetContents(kDirectory + "/00000000000000000050.snapshot-partial", "half");
  REQUIRE(store.Prune().ok());
  CHECK(disk.Paths() == std::vector<std::string>{Path(30), Path(40)});
  const auto infos = store.List([](const absl::Status&) { FAIL("no file is damaged"); });
  REQUIRE(infos.ok());
  REQUIRE(infos->size() == 2);
  CHECK((*infos)[0].sequence == SequenceNumber(40));
}

TEST_CASE("Snapshot: a forked child of a process with busy threads writes it", "[journal]") {
  const TemporaryDirectory directory;
  const SnapshotStore store(PosixFileSystem(), directory.path());
  const std::string state = State(77, 3'000'000);
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) {
    threads.emplace_back([&] {
      while (!stop) std::string(100, 'x').append(std::string(1'000, 'y'));
    });
  }
  for (int round = 1; round <= 5; ++round) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0)
      _exit(WriteSnapshot(store, static_cast<std::uint64_t>(round), state).ok() ? 0 : 1);
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFEXITED(status));
    REQUIRE(WEXITSTATUS(status) == 0);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const Loaded loaded = LoadNewest(store);
  REQUIRE(loaded.info);
  CHECK(loaded.info->sequence == SequenceNumber(5));
  CHECK((loaded.state == state));
}

}  // namespace
}  // namespace evx::journal
