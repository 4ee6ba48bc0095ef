#include "recorder/recorder.h"

#include <chrono>
#include <utility>

#include "evx/core/bytes.h"
#include "evx/telemetry/log.h"

namespace evx::market_data {
namespace {

constexpr absl::Duration kPruneInterval = absl::Minutes(1);

}  // namespace

absl::StatusOr<std::unique_ptr<Recorder>> Recorder::Open(RecorderOptions options,
                                                         const Clock& clock, Probe& probe) {
  auto writer = recording::RecordingWriter::Open(options.folder);
  if (!writer.ok()) return writer.status();
  return std::unique_ptr<Recorder>(
      new Recorder(std::move(options), clock, probe, *std::move(writer)));
}

Recorder::Recorder(RecorderOptions options, const Clock& clock, Probe& probe,
                   std::unique_ptr<recording::RecordingWriter> writer)
    : options_(std::move(options)),
      clock_(clock),
      probe_(probe),
      writer_(std::move(writer)),
      thread_([this] { Run(); }) {}

Recorder::~Recorder() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  filled_.notify_one();
  thread_.join();
}

void Recorder::Record(int connection, Timestamp received, std::string_view frame) {
  bool is_first = false;
  {
    const std::lock_guard lock(mutex_);
    if (waiting_.size() + frame.size() > options_.queue_bytes_max) {
      probe_.FrameUnrecorded();
      return;
    }
    is_first = waiting_.empty();
    ByteWriter writer(waiting_);
    writer.Put(received);
    writer.U32(static_cast<std::uint32_t>(connection));
    writer.Text(frame);
  }
  if (is_first) filled_.notify_one();
}

absl::Status Recorder::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Recorder::Run() {
  std::string frames;
  while (Take(frames)) {
    Write(frames);
    if (clock_.Now() >= next_flush_) Flush();
    if (clock_.Now() >= next_prune_) Prune();
  }
  Flush();
}

bool Recorder::Take(std::string& frames) {
  frames.clear();
  std::unique_lock lock(mutex_);
  filled_.wait_for(lock,
                   std::chrono::nanoseconds(absl::ToInt64Nanoseconds(options_.flush_interval)),
                   [this] { return is_stopped_ || !waiting_.empty(); });
  std::swap(frames, waiting_);
  return !is_stopped_ || !frames.empty();
}

void Recorder::Write(std::string_view frames) {
  ByteReader reader(frames);
  while (reader.remaining() > 0) {
    recording::Frame frame;
    reader.Get(frame.received);
    frame.connection = reader.U32();
    frame.bytes = reader.Text();
    if (!HasWriter()) {
      probe_.FrameUnrecorded();
      continue;
    }
    const absl::Status status = writer_->Append(frame);
    if (status.ok()) {
      probe_.FrameRecorded();
      continue;
    }
    probe_.FrameUnrecorded();
    // A frame that is too long is nothing that the next one suffers from.
    if (!absl::IsInvalidArgument(status)) Fail(status);
  }
}

void Recorder::Flush() {
  next_flush_ = clock_.Now() + options_.flush_interval;
  if (writer_ == nullptr) return;
  if (const absl::Status status = writer_->Flush(); !status.ok()) Fail(status);
}

bool Recorder::HasWriter() {
  if (writer_ != nullptr) return true;
  if (clock_.Now() < next_attempt_) return false;
  auto writer = recording::RecordingWriter::Open(options_.folder);
  if (!writer.ok()) {
    Fail(writer.status());
    return false;
  }
  writer_ = *std::move(writer);
  telemetry::Log(telemetry::kInfo, "Frames are recorded again.", {{"folder", options_.folder}});
  const std::lock_guard lock(mutex_);
  status_ = absl::OkStatus();
  return true;
}

void Recorder::Fail(const absl::Status& status) {
  writer_.reset();
  next_attempt_ = clock_.Now() + options_.retry_interval;
  const std::lock_guard lock(mutex_);
  if (status_.ok()) {
    telemetry::Log(telemetry::kError, "Frames are not recorded.", {{"status", status}});
  }
  status_ = status;
}

void Recorder::Prune() {
  const Timestamp now = clock_.Now();
  next_prune_ = now + kPruneInterval;
  const auto removed = recording::RemoveSegmentsBefore(options_.folder, now + -options_.retention);
  if (!removed.ok()) {
    telemetry::Log(telemetry::kWarning, "Old recordings were not removed.",
                   {{"status", removed.status()}});
  } else if (*removed > 0) {
    telemetry::Log(telemetry::kInfo, "Old recordings were removed.", {{"segments", *removed}});
  }
}

}  // namespace evx::market_data
