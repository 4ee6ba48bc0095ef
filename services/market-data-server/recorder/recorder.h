#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/recording/writer.h"
#include "probe.h"

namespace evx::market_data {

struct RecorderOptions {
  std::string folder;
  // Hours that ended longer ago are removed; the newest stays.
  absl::Duration retention = absl::Hours(24 * 7);
  // Memory for frames that wait for the disk, twice.
  std::size_t queue_bytes_max = std::size_t{64} << 20;
  // What is older than this survives a crash.
  absl::Duration flush_interval = absl::Seconds(1);
  // Time between attempts after the disk has failed.
  absl::Duration retry_interval = absl::Seconds(1);
};

// Writes received frames into a recording (libs/recording) on a thread of its own. A frame for
// which there is no room, or that the disk does not take, is dropped and counted; its number is
// then missing, which `evx-record coverage` shows as a gap. Thread-safe.
class Recorder {
 public:
  // FAILED_PRECONDITION: another recorder writes this folder. DATA_LOSS: its newest segment has a
  // damaged header. UNAVAILABLE: the disk. `clock` and `probe` must outlive the recorder.
  static absl::StatusOr<std::unique_ptr<Recorder>> Open(RecorderOptions options, const Clock& clock,
                                                        Probe& probe);
  // Everything that waits is written first.
  ~Recorder();
  Recorder(const Recorder&) = delete;
  Recorder& operator=(const Recorder&) = delete;

  // Never waits for the disk.
  void Record(int connection, Timestamp received, std::string_view frame);

  // Why frames are not written at present.
  absl::Status status() const;

 private:
  Recorder(RecorderOptions options, const Clock& clock, Probe& probe,
           std::unique_ptr<recording::RecordingWriter> writer);

  void Run();
  // False: stopped, and nothing waits.
  bool Take(std::string& frames);
  void Write(std::string_view frames);
  void Flush();
  // Opens the folder again where the disk has failed, at most every retry_interval.
  bool HasWriter();
  void Fail(const absl::Status& status);
  void Prune();

  const RecorderOptions options_;
  const Clock& clock_;
  Probe& probe_;

  // Of the thread.
  std::unique_ptr<recording::RecordingWriter> writer_;
  Timestamp next_attempt_;
  Timestamp next_flush_;
  Timestamp next_prune_;

  mutable std::mutex mutex_;
  std::condition_variable filled_;
  // receive time:i64 connection:u32 size:u32 bytes, of each frame.
  std::string waiting_ ABSL_GUARDED_BY(mutex_);
  bool is_stopped_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);

  std::thread thread_;
};

}  // namespace evx::market_data
