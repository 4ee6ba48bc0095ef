#pragma once

#include <cstdint>
#include <string>

namespace evx::load {

struct Settings {
  std::string directory;  // Empty: the system's temporary directory.
  double seconds = 30;
  std::uint32_t orders = 200'000;  // The standing book.
  std::uint64_t records = 10'000'000;
  std::uint32_t rate = 10'000;  // Commands a second of the snapshot workload.
};

// Commands/s with snapshots every million; growth of resident memory.
void MeasureThroughput(const Settings& settings);
// Memory of 5 million live orders, and acknowledgements while they are written to a snapshot.
void MeasureSnapshot(const Settings& settings);
// One durable order at a time against fdatasync.
void MeasureDurable(const Settings& settings);
// Time to ready after a long journal.
void MeasureRecovery(const Settings& settings);
// Twice the capacity, open loop, through the sequencer's bounded queue.
void MeasureOverload(const Settings& settings);

}  // namespace evx::load
