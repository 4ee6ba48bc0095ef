// Measures the journal on the disk under --dir (default: the temporary directory):
//   fdatasync      4 KiB into a pre-written file, the floor of a durable record
//   lone record    append to OnDurable, one at a time, 1,000 a second; in turns with the former
//   with snapshot  the same while a snapshot of 1 GiB is written beside
//   idle           processor time of an open journal to which nothing is appended
//   throughput     records appended as fast as one thread can, until all are durable
//   recovery       reading them back, every CRC checked
// Usage: evx_journal_benchmark [--dir=D] [--records=N] [--sync=group|none]

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/testing/benchmark.h"
#include "evx/journal/journal_reader.h"
#include "evx/journal/journal_writer.h"
#include "evx/journal/snapshot_store.h"

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

double Quantile(std::vector<double>& sorted, double q) {
  return sorted[static_cast<std::size_t>(q * static_cast<double>(sorted.size() - 1))];
}

// Returns the median.
double PrintLatencies(std::string_view name, std::vector<double> micros) {
  std::sort(micros.begin(), micros.end());
  absl::PrintF("%-14s p50 %.0f us  p90 %.0f us  p99 %.0f us  p99.9 %.0f us  max %.0f us\n", name,
               Quantile(micros, 0.5), Quantile(micros, 0.9), Quantile(micros, 0.99),
               Quantile(micros, 0.999), micros.back());
  return Quantile(micros, 0.5);
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

// The floor: 4 KiB into a file that was written before.
class FdatasyncProbe {
 public:
  explicit FdatasyncProbe(const std::string& path) : path_(path) {
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    EVX_CHECK(fd_ >= 0);
    const std::string zeros(kBytes, '\0');
    EVX_CHECK(pwrite(fd_, zeros.data(), zeros.size(), 0) == static_cast<ssize_t>(zeros.size()));
    EVX_CHECK(fsync(fd_) == 0);
  }
  ~FdatasyncProbe() {
    close(fd_);
    unlink(path_.c_str());
  }

  // At the pace of the lone records: an idle device answers more slowly.
  void Measure(int count, std::vector<double>& micros) {
    const std::string bytes(4096, 'x');
    for (int i = 0; i < count; ++i) {
      const auto start = SteadyClock::now();
      EVX_CHECK(pwrite(fd_, bytes.data(), bytes.size(), offset_) ==
                static_cast<ssize_t>(bytes.size()));
      EVX_CHECK(fdatasync(fd_) == 0);
      const auto end = SteadyClock::now();
      micros.push_back(std::chrono::duration<double, std::micro>(end - start).count());
      offset_ = (offset_ + 4096) % kBytes;
      std::this_thread::sleep_until(start + std::chrono::milliseconds(1));
    }
  }

 private:
  static constexpr off_t kBytes = 16 << 20;
  const std::string path_;
  int fd_ = -1;
  off_t offset_ = 0;
};

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

// Appends `count` records, one a millisecond.
void AppendPaced(JournalWriter& writer, LatencyListener& listener, std::uint64_t count) {
  auto next = SteadyClock::now();
  for (std::uint64_t i = 0; i < count; ++i) {
    std::this_thread::sleep_until(next);
    next += std::chrono::milliseconds(1);
    const SequenceNumber sequence = writer.next_sequence();
    listener.appended[sequence.value()] = SteadyClock::now();
    EVX_CHECK(writer.Append(Record(sequence)) == AppendResult::kAppended);
  }
  (void)writer.durable().WaitBeyond(SequenceNumber(writer.next_sequence().value() - 2),
                                    absl::Seconds(10));
}

void WriteSnapshot(const std::string& directory) {
  const SnapshotStore store(PosixFileSystem(), directory);
  SnapshotInfo info;
  info.sequence = SequenceNumber(1);
  auto snapshot = store.Begin(info);
  EVX_CHECK(snapshot.ok());
  const std::string piece(64u << 10, 's');
  for (int i = 0; i < 16'384; ++i) EVX_CHECK((*snapshot)->Write(piece).ok());
  EVX_CHECK((*snapshot)->Finish(0).ok());
}

void MeasureLoneRecords(const Settings& settings) {
  constexpr int kRounds = 10;
  constexpr std::uint64_t kPerRound = 500;
  constexpr std::uint64_t kCount = kRounds * kPerRound;
  constexpr std::uint64_t kBesideSnapshot = 3'000;
  LatencyListener listener;
  listener.appended.resize(kCount + kBesideSnapshot + 1);
  listener.micros.resize(kCount + kBesideSnapshot + 1);
  auto writer = OpenWriter(Options(settings, "lone"), listener);
  FdatasyncProbe probe(settings.directory + "/fdatasync");
  std::vector<double> floor;
  // Segments are being made ready in the background; let that end.
  std::this_thread::sleep_for(std::chrono::seconds(1));
  for (int round = 0; round < kRounds; ++round) {
    probe.Measure(kPerRound, floor);
    AppendPaced(*writer, listener, kPerRound);
  }
  const auto begin = listener.micros.begin() + 1;
  const double floor_p50 = PrintLatencies("fdatasync 4K", std::move(floor));
  const double lone_p50 = PrintLatencies("lone record", {begin, begin + kCount});
  absl::PrintF("               p50 is %.2f of fdatasync's\n", lone_p50 / floor_p50);

  std::thread snapshot([&] { WriteSnapshot(settings.directory + "/lone"); });
  AppendPaced(*writer, listener, kBesideSnapshot);
  snapshot.join();
  PrintLatencies("with snapshot", {begin + kCount, listener.micros.end()});

  const std::clock_t cpu = std::clock();
  std::this_thread::sleep_for(std::chrono::seconds(2));
  absl::PrintF("idle           %.3f %% of a core\n",
               100.0 * static_cast<double>(std::clock() - cpu) / CLOCKS_PER_SEC / 2);
  EVX_CHECK(writer->Close().ok());
}

void MeasureThroughput(const Settings& settings) {
  LatencyListener listener;
  auto writer = OpenWriter(Options(settings, "bulk"), listener);
  const std::size_t size = RecordBytes(Record(SequenceNumber(1)));
  const auto start = SteadyClock::now();
  const double cpu_start = evx::testing::ThreadCpuSeconds();
  std::uint64_t refused_count = 0;
  for (std::uint64_t s = 1; s <= settings.record_count;) {
    const AppendResult result = writer->Append(Record(SequenceNumber(s)));
    if (result == AppendResult::kAppended) {
      ++s;
    } else {
      EVX_CHECK(result == AppendResult::kBufferFull);
      ++refused_count;
      std::this_thread::sleep_for(std::chrono::microseconds(100));
    }
  }
  const double cpu = evx::testing::ThreadCpuSeconds() - cpu_start;
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
