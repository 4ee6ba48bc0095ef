#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What every workload measures with.

namespace evx::load {

// Monotonic clock.
std::int64_t NowNanos();
// Wakes up late by what the machine needs for it, and leaves the processor to others.
void SleepUntilNanos(std::int64_t time);
// Sleeps, and for the last moment looks without sleeping, so that the wake-up of a thread is not
// taken for latency of the thing that is measured.
void WaitUntilNanos(std::int64_t time);

// Resident bytes of this process.
std::size_t ResidentBytes();

// Latencies in nanoseconds.
class Latencies {
 public:
  void Reserve(std::size_t count) { nanos_.reserve(count); }
  void Add(std::int64_t nanos) { nanos_.push_back(nanos); }
  std::size_t count() const { return nanos_.size(); }
  // quantile: 0 .. 1. Sorts; in microseconds.
  double Micros(double quantile);
  void Print(std::string_view name);

 private:
  std::vector<std::int64_t> nanos_;
  bool sorted_ = false;
};

// One JSON line for scripts/bench.
void PrintRow(std::string_view row, double measured, std::optional<double> reference = {},
              std::string_view unit = "");

// A directory that is gone with the object.
class TemporaryDirectory {
 public:
  // Under `parent`; empty: the system's temporary directory.
  explicit TemporaryDirectory(const std::string& parent);
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Writes 4 KiB into a pre-written file in `directory` and syncs, `count` times at 1,000 a second.
void MeasureFdatasync(const std::string& directory, int count, Latencies& latencies);

}  // namespace evx::load
