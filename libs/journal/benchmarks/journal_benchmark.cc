// Measures the journal on the disk under --dir (default: the temporary directory):
//   fdatasync      4 KiB into a pre-written file, the floor of a durable record
//   lone record    append to OnDurable, one at a time, 1,000 a second
//   throughput     records appended as fast as one thread can, until all are durable
//   recovery       reading them back, every CRC checked
// Usage: evx_journal_benchmark [--dir=D] [--records=N] [--sync=group|none]

#include <fcntl.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/journal/journal_reader.h"
#include "evx/journal/journal_writer.h"

namespace evx::journal {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Settings {
  std::string directory;
  std::uint64_t record_count = 10'000'000;
  SyncMode sync_mode = SyncMode::kGroup;
};

double Seconds(SteadyClock::duration duration) {
  return std::chrono::duration<double>(duration).count();
}

double ThreadCpuSeconds() {
  timespec time;
  EVX_CHECK(clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) == 0);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

void PrintLatencies(std::string_view name, std::vector<double> micros) {
  std::sort(micros.begin(), micros.end());
  const auto at = [&](double q) {
    return micros[static_cast<std::size_t>(q * static_cast<double>(micros.size() - 1))];
  };
  absl::PrintF("%-14s p50 %.0f us  p90 %.0f us  p99 %.0f us  p99.9 %.0f us  max %.0f us\n", name,
               at(0.5), at(0.9), at(0.99), at(0.999), at(1.0));
}

class LatencyListener final : public JournalListener {
 public:
  void OnDurable(const DurableBatch& batch) override {
    const auto now = SteadyClock::now();
    for (std::uint64_t s = batch.first_sequence.value(); s <= batch.last_sequence.value(); ++s) {
      if (s < appended.size()) {
        micros[s] = std::chrono::duration<double, std::micro>(now - appended[s]).count();
      }
    }
  }
  void OnStalled(const absl::Status& status) override {
    absl::FPrintF(stderr, "stalled: %s\n", status.ToString());
  }
  void OnFailed(SequenceNumber, const absl::Status& status) override {
    absl::FPrintF(stderr, "failed: %s\n", status.ToString());
  }

  std::vector<SteadyClock::time_point> appended;
  std::vector<double> micros;
};

void MeasureFdatasync(const Settings& settings) {
  const std::string path = settings.directory + "/fdatasync";
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
  EVX_CHECK(fd >= 0);
  const std::string zeros(16u << 20, '\0');
  EVX_CHECK(pwrite(fd, zeros.data(), zeros.size(), 0) == static_cast<ssize_t>(zeros.size()));
  EVX_CHECK(fsync(fd) == 0);
  std::vector<double> micros;
  for (int i = 0; i < 3'000; ++i) {
    const auto start = SteadyClock::now();
    EVX_CHECK(pwrite(fd, zeros.data(), 4096, 4096 * i) == 4096);
    EVX_CHECK(fdatasync(fd) == 0);
    micros.push_back(std::chrono::duration<double, std::micro>(SteadyClock::now() - start).count());
    // The same pace as the lone records below: an idle device answers more slowly.
    std::this_thread::sleep_until(start + std::chrono::milliseconds(1));
  }
  close(fd);
  unlink(path.c_str());
  PrintLatencies("fdatasync 4K", std::move(micros));
}

JournalOptions Options(const Settings& settings, std::string_view name) {
  JournalOptions options;
  options.directory = settings.directory + "/" + std::string(name);
  options.sync_mode = settings.sync_mode;
  return options;
}

std::unique_ptr<JournalWriter> OpenWriter(const JournalOptions& options,
                                          JournalListener& listener) {
  static const SystemClock clock;
  auto writer = JournalWriter::Open(PosixFileSystem(), options, JournalEnd(), clock, listener);
  if (!writer.ok()) absl::FPrintF(stderr, "%s\n", writer.status().ToString());
  EVX_CHECK(writer.ok());
  return *std::move(writer);
}

// About the size of a resting order with its events.
constexpr std::string_view kMeta = "0123456789abcdef";
const std::string kCommand(40, 'c');
const std::string kEvents(52, 'e');

RecordView Record(SequenceNumber sequence) {
  return {sequence, Timestamp::FromNanos(1), 1, kMeta, kCommand, kEvents};
}

void MeasureLoneRecords(const Settings& settings) {
  constexpr std::uint64_t kCount = 5'000;
  LatencyListener listener;
  listener.appended.resize(kCount + 1);
  listener.micros.resize(kCount + 1);
  auto writer = OpenWriter(Options(settings, "lone"), listener);
  // Segments are being made ready in the background; let that end.
  std::this_thread::sleep_for(std::chrono::seconds(1));
  auto next = SteadyClock::now();
  for (std::uint64_t s = 1; s <= kCount; ++s) {
    std::this_thread::sleep_until(next);
    next += std::chrono::milliseconds(1);
    listener.appended[s] = SteadyClock::now();
    EVX_CHECK(writer->Append(Record(SequenceNumber(s))) == AppendResult::kAppended);
  }
  EVX_CHECK(writer->Close().ok());
  PrintLatencies("lone record", {listener.micros.begin() + 1, listener.micros.end()});
}

void MeasureThroughput(const Settings& settings) {
  LatencyListener listener;
  auto writer = OpenWriter(Options(settings, "bulk"), listener);
  const std::size_t size = RecordBytes(Record(SequenceNumber(1)));
  const auto start = SteadyClock::now();
  const double cpu_start = ThreadCpuSeconds();
  std::uint64_t refused_count = 0;
  for (std::uint64_t s = 1; s <= settings.record_count;) {
    // Ten million records stay; later ones let retention recycle, as snapshots would.
    const AppendResult result = writer->Append(Record(SequenceNumber(s)));
    if (result == AppendResult::kAppended) {
      ++s;
    } else {
      EVX_CHECK(result == AppendResult::kBufferFull);
      ++refused_count;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
  const double cpu = ThreadCpuSeconds() - cpu_start;
  EVX_CHECK(writer->Close().ok());
  const double seconds = Seconds(SteadyClock::now() - start);
  const JournalStats stats = writer->stats();
  const double count = static_cast<double>(settings.record_count);
  absl::PrintF(
      "throughput     %.2f M records/s of %d bytes, %.0f MB/s, %d batches, %.0f ns of the "
      "appending thread a record, %d waits\n",
      count / seconds / 1e6, size, static_cast<double>(stats.bytes) / seconds / 1e6,
      stats.batch_count, cpu / count * 1e9, refused_count);
}

void MeasureRecovery(const Settings& settings) {
  const auto start = SteadyClock::now();
  auto reader =
      JournalReader::Open(PosixFileSystem(), settings.directory + "/bulk", SequenceNumber(1));
  EVX_CHECK(reader.ok());
  RecordView record;
  std::uint64_t count = 0;
  while ((*reader)->Next(record) == ReadResult::kRecord) ++count;
  EVX_CHECK((*reader)->status().ok() && count == settings.record_count);
  const double seconds = Seconds(SteadyClock::now() - start);
  absl::PrintF("recovery       %d records in %.2f s, %.1f M records/s\n", count, seconds,
               static_cast<double>(count) / seconds / 1e6);
}

Settings ParseSettings(int argc, char** argv) {
  Settings settings;
  std::string parent = std::filesystem::temp_directory_path().string();
  for (int i = 1; i < argc; ++i) {
    const std::string_view argument(argv[i]);
    const auto value = [&](std::string_view name) {
      return argument.substr(0, name.size()) == name ? argument.substr(name.size())
                                                     : std::string_view();
    };
    if (!value("--dir=").empty()) {
      parent = value("--dir=");
    } else if (!value("--records=").empty()) {
      settings.record_count = std::strtoull(value("--records=").data(), nullptr, 10);
    } else if (argument == "--sync=none") {
      settings.sync_mode = SyncMode::kNone;
    } else if (argument != "--sync=group") {
      absl::FPrintF(stderr, "unknown argument %s\n", argument);
      std::exit(2);
    }
  }
  settings.directory = parent + "/evx-journal-benchmark-XXXXXX";
  EVX_CHECK(mkdtemp(settings.directory.data()) != nullptr);
  return settings;
}

void Run(const Settings& settings) {
  MeasureFdatasync(settings);
  MeasureLoneRecords(settings);
  MeasureThroughput(settings);
  MeasureRecovery(settings);
}

}  // namespace
}  // namespace evx::journal

int main(int argc, char** argv) {
  const auto settings = evx::journal::ParseSettings(argc, argv);
  evx::journal::Run(settings);
  std::filesystem::remove_all(settings.directory);
  return 0;
}
