#include "measure.h"

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"

namespace evx::load {
namespace {

constexpr std::int64_t kSpinNanos = 100'000;
constexpr std::int64_t kMillisecond = 1'000'000;

}  // namespace

std::int64_t NowNanos() {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1'000'000'000LL + now.tv_nsec;
}

void SleepUntilNanos(std::int64_t time) {
  if (NowNanos() >= time) return;
  const timespec until{time / 1'000'000'000, time % 1'000'000'000};
  clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr);
}

void WaitUntilNanos(std::int64_t time) {
  SleepUntilNanos(time - kSpinNanos);
  while (NowNanos() < time) {
  }
}

std::size_t ResidentBytes() {
  std::FILE* const file = std::fopen("/proc/self/statm", "re");
  EVX_CHECK(file != nullptr);
  unsigned long size = 0;
  unsigned long resident = 0;
  EVX_CHECK(std::fscanf(file, "%lu %lu", &size, &resident) == 2);
  std::fclose(file);
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

double Latencies::Micros(double quantile) {
  EVX_CHECK(!nanos_.empty());
  if (!sorted_) std::sort(nanos_.begin(), nanos_.end());
  sorted_ = true;
  const auto at = static_cast<std::size_t>(quantile * static_cast<double>(nanos_.size() - 1));
  return static_cast<double>(nanos_[at]) * 1e-3;
}

void Latencies::Print(std::string_view name) {
  absl::PrintF("%-28s p50 %.0f us  p90 %.0f us  p99 %.0f us  p99.9 %.0f us  max %.0f us  (%d)\n",
               name, Micros(0.5), Micros(0.9), Micros(0.99), Micros(0.999), Micros(1), count());
}

void PrintRow(std::string_view row, double measured, std::optional<double> reference,
              std::string_view unit) {
  absl::PrintF("{\"row\": \"%s\", \"measured\": %.6g", row, measured);
  if (reference) absl::PrintF(", \"reference\": %.6g", *reference);
  if (!unit.empty()) absl::PrintF(", \"unit\": \"%s\"", unit);
  absl::PrintF("}\n");
  std::fflush(stdout);
}

TemporaryDirectory::TemporaryDirectory(const std::string& parent) {
  path_ = (parent.empty() ? std::filesystem::temp_directory_path().string() : parent) +
          "/evx-load-XXXXXX";
  EVX_CHECK(mkdtemp(path_.data()) != nullptr);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void MeasureFdatasync(const std::string& directory, int count, Latencies& latencies) {
  constexpr std::size_t kBlock = 4096;
  const std::string path = directory + "/fdatasync";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  EVX_CHECK(fd >= 0);
  const std::string zeros(kBlock * static_cast<std::size_t>(count), '\0');
  EVX_CHECK(pwrite(fd, zeros.data(), zeros.size(), 0) == static_cast<ssize_t>(zeros.size()));
  EVX_CHECK(fsync(fd) == 0);
  std::int64_t next = NowNanos();
  for (int i = 0; i < count; ++i) {
    WaitUntilNanos(next);
    const std::int64_t start = NowNanos();
    EVX_CHECK(pwrite(fd, zeros.data(), kBlock, static_cast<off_t>(kBlock) * i) ==
              static_cast<ssize_t>(kBlock));
    EVX_CHECK(fdatasync(fd) == 0);
    latencies.Add(NowNanos() - start);
    // The same pace as the orders: an idle device answers more slowly.
    next = start + kMillisecond;
  }
  close(fd);
  unlink(path.c_str());
}

}  // namespace evx::load
