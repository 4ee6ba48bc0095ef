#include "evx/journal/journal_writer.h"

#include <algorithm>
#include <bit>
#include <chrono>

#include "absl/strings/str_format.h"
#include "block_appender.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "mirrored_ring.h"
#include "segment_pool.h"

namespace evx::journal {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kCacheLineBytes = 64;
// About two records of an order.
constexpr std::size_t kPrefetchBytes = 768;

absl::Status ValidateOptions(const JournalOptions& options) {
  const auto invalid = [](std::string_view text) { return InvalidArgument(text); };
  if (options.directory.empty()) return invalid("journal: directory is not set");
  if (options.segment_bytes < JournalOptions::kSegmentBytesMin ||
      options.segment_bytes % kSegmentHeaderBytes != 0) {
    return invalid(absl::StrFormat("journal: segment_bytes %d is below %d or no multiple of %d",
                                   options.segment_bytes, JournalOptions::kSegmentBytesMin,
                                   kSegmentHeaderBytes));
  }
  if (options.reserve_bytes > options.segment_bytes / 2) {
    return invalid(absl::StrFormat("journal: reserve_bytes %d is above half of segment_bytes %d",
                                   options.reserve_bytes, options.segment_bytes));
  }
  if (options.buffer_bytes < JournalOptions::kBufferBytesMin ||
      !std::has_single_bit(options.buffer_bytes)) {
    return invalid(absl::StrFormat("journal: buffer_bytes %d is below %d or no power of two",
                                   options.buffer_bytes, JournalOptions::kBufferBytesMin));
  }
  if (options.batch_bytes_max == 0) return invalid("journal: batch_bytes_max is 0");
  if (options.segments_ahead < 1) return invalid("journal: segments_ahead is below 1");
  return absl::OkStatus();
}

BlockAppender::Durability DurabilityOf(SyncMode mode) {
  switch (mode) {
    case SyncMode::kGroup:
      return BlockAppender::Durability::kDurable;
    case SyncMode::kNone:
      return BlockAppender::Durability::kWritten;
  }
  return BlockAppender::Durability::kDurable;
}

}  // namespace

absl::Status ToStatus(AppendResult result) {
  switch (result) {
    case AppendResult::kAppended:
      return absl::OkStatus();
    case AppendResult::kBufferFull:
      return ResourceExhausted("the journal is behind; try again, or give it a faster disk");
    case AppendResult::kNoSpace:
      return Unavailable("the journal's disk is full; free space in the data directory's volume");
    case AppendResult::kTooLarge:
      return InvalidArgument("the command with its events is larger than a journal record may be");
    case AppendResult::kFailed:
      return FailedPrecondition("the journal has stopped; the process must be restarted");
  }
  return Internal("not a result of Append");
}

absl::StatusOr<std::unique_ptr<JournalWriter>> JournalWriter::Open(FileSystem& file_system,
                                                                   const JournalOptions& options,
                                                                   const JournalEnd& end,
                                                                   const Clock& clock,
                                                                   JournalListener& listener) {
  EVX_RETURN_IF_ERROR(ValidateOptions(options));
  std::unique_ptr<JournalWriter> writer(new JournalWriter(file_system, options, clock, listener));
  EVX_RETURN_IF_ERROR(writer->Start(end));
  return writer;
}

JournalWriter::JournalWriter(FileSystem& file_system, const JournalOptions& options,
                             const Clock& clock, JournalListener& listener)
    : file_system_(file_system),
      options_(options),
      spin_(options.spin),
      clock_(clock),
      listener_(listener),
      appender_(std::make_unique<BlockAppender>(options.batch_bytes_max)) {}

JournalWriter::~JournalWriter() { (void)Close(); }

std::size_t JournalWriter::segment_capacity() const {
  return options_.segment_bytes - kSegmentHeaderBytes;
}

absl::Status JournalWriter::Start(const JournalEnd& end) {
  EVX_RETURN_IF_ERROR(file_system_.CreateDirectories(options_.directory));
  EVX_ASSIGN_OR_RETURN(ring_, MirroredRing::Make(options_.buffer_bytes));
  record_bytes_max_ = std::min<std::size_t>(
      {kRecordBytesMax, segment_capacity() - options_.reserve_bytes, options_.buffer_bytes / 2});
  pool_ = std::make_unique<SegmentPool>(
      file_system_,
      SegmentPool::Options{options_.directory, options_.segment_bytes, options_.segments_ahead,
                           options_.no_space_retry_min, options_.no_space_retry_max});
  EVX_RETURN_IF_ERROR(CutTail(end));
  EVX_RETURN_IF_ERROR(pool_->Start());

  header_.rules_version = options_.rules_version;
  header_.shard = options_.shard;
  header_.id_key = end.last_header ? end.last_header->id_key : options_.id_key;
  header_.segment_bytes = options_.segment_bytes;
  next_sequence_ = end.next_sequence;
  durable_.Advance(SequenceNumber(next_sequence_.value() - 1));
  EVX_RETURN_IF_ERROR(StartSegment(next_sequence_));
  first_header_ = header_;
  segments_consumed_ = 1;
  segment_left_ = segment_capacity();
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

// Removes what a crash left behind the last good record, so that it can never be taken for a
// record again, and tells the pool which segments exist.
absl::Status JournalWriter::CutTail(const JournalEnd& end) {
  if (!end.last_header) return absl::OkStatus();
  if (end.last_header->shard != options_.shard) {
    return FailedPrecondition(absl::StrFormat("%s belongs to shard %d, this process is shard %d",
                                              end.last_path, end.last_header->shard,
                                              options_.shard));
  }
  const bool last_is_empty = end.next_sequence == end.last_header->first_sequence;
  {
    EVX_ASSIGN_OR_RETURN(const std::unique_ptr<File> file,
                         file_system_.Open(end.last_path, OpenMode::kReadWrite));
    EVX_RETURN_IF_ERROR(file->Truncate(end.last_good_bytes));
    EVX_RETURN_IF_ERROR(file->Sync());
  }
  EVX_ASSIGN_OR_RETURN(const std::vector<std::string> names, file_system_.List(options_.directory));
  std::vector<SequenceNumber> firsts;
  for (const std::string& name : names) {
    if (const auto first = ParseSegmentName(name)) firsts.push_back(*first);
  }
  // An empty last segment is about to be replaced by a new one of the same name.
  if (last_is_empty) firsts.pop_back();
  for (std::size_t i = 0; i < firsts.size(); ++i) {
    const SequenceNumber next = i + 1 < firsts.size() ? firsts[i + 1] : end.next_sequence;
    pool_->AddSealed(firsts[i], SequenceNumber(next.value() - 1),
                     options_.directory + "/" + SegmentName(firsts[i]));
  }
  return absl::OkStatus();
}

// A segment gets its name only once its header is durable, so a named file always has one.
absl::Status JournalWriter::StartSegment(SequenceNumber first) {
  SegmentPool::Spare spare = pool_->Take();
  header_.first_sequence = first;
  header_.created_time = clock_.Now();
  appender_->Start(*spare.file, 0);
  EVX_RETURN_IF_ERROR(
      appender_->Append(EncodeSegmentHeader(header_), DurabilityOf(options_.sync_mode)));
  path_ = options_.directory + "/" + SegmentName(first);
  EVX_RETURN_IF_ERROR(UntilThereIsSpace([&] { return file_system_.Rename(spare.path, path_); }));
  if (options_.sync_mode == SyncMode::kGroup) {
    EVX_RETURN_IF_ERROR(file_system_.SyncDirectory(options_.directory));
  }
  file_ = std::move(spare.file);
  segment_count_.fetch_add(1, std::memory_order_relaxed);
  return absl::OkStatus();
}

AppendResult JournalWriter::Admit(std::size_t bytes, bool uses_reserve) const {
  if (bytes > record_bytes_max_) return AppendResult::kTooLarge;
  const WriterState state = state_.load(std::memory_order_acquire);
  if (state == WriterState::kFailed || state == WriterState::kClosed) return AppendResult::kFailed;
  if (state == WriterState::kNoSpace && !uses_reserve) return AppendResult::kNoSpace;
  const std::uint64_t buffered = appended_bytes_ - tail_.load(std::memory_order_acquire);
  if (buffered + bytes > options_.buffer_bytes) {
    return state == WriterState::kNoSpace ? AppendResult::kNoSpace : AppendResult::kBufferFull;
  }
  // Whole segments that are ready hold the reserve too.
  const std::uint64_t reserve = uses_reserve ? 0 : options_.reserve_bytes;
  if (segment_left_ >= bytes + reserve || pool_->ready_count() > segments_consumed_) {
    return AppendResult::kAppended;
  }
  return pool_->failing() ? AppendResult::kNoSpace : AppendResult::kBufferFull;
}

AppendResult JournalWriter::Append(const RecordView& record, bool uses_reserve) {
  EVX_CHECK(record.sequence == next_sequence_);
  const std::size_t size = RecordBytes(record);
  if (record.meta.size() > kMetaBytesMax) return AppendResult::kTooLarge;
  const AppendResult result = Admit(size, uses_reserve);
  if (result != AppendResult::kAppended) return result;
  // GatherBatch follows the same rule: a record that does not fit starts the next segment.
  if (segment_left_ < size) {
    ++segments_consumed_;
    segment_left_ = segment_capacity();
  }
  segment_left_ -= size;
  EncodeRecord(record, ring_->At(appended_bytes_));
  appended_bytes_ += size;
  next_sequence_ = SequenceNumber(next_sequence_.value() + 1);
  // The ring is larger than the caches, and the writer had the next lines last: ask for them now.
  for (std::size_t ahead = 0; ahead < kPrefetchBytes; ahead += kCacheLineBytes) {
    __builtin_prefetch(ring_->At(appended_bytes_ + ahead), 1);
  }
  // Sequentially consistent with WaitForRecords: either the writer sees the record before it
  // sleeps, or this thread sees that it sleeps.
  head_.store(appended_bytes_);
  if (writer_sleeps_.load()) WakeWriter();
  return AppendResult::kAppended;
}

void JournalWriter::WakeWriter() {
  {
    const std::lock_guard lock(mutex_);
    if (!writer_sleeps_.load()) return;
    writer_sleeps_.store(false);
  }
  wake_.notify_one();
}

void JournalWriter::Run() {
  running_ = true;
  while (WaitForRecords()) {
    const std::uint64_t head = head_.load(std::memory_order_acquire);
    const Batch batch = GatherBatch(head);
    const absl::Status status = CommitBatch(batch);
    if (!status.ok()) {
      Fail(status);
      return;
    }
  }
}

// False when the writer is closing and everything has been written.
bool JournalWriter::WaitForRecords() {
  const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  const auto ready = [&] { return head_.load() != tail || closing_.load(); };
  spin_.Wait(ready);
  if (!ready()) {
    std::unique_lock lock(mutex_);
    while (true) {
      // Each time: a wake-up that was meant for an earlier record has taken the flag back.
      writer_sleeps_.store(true);
      if (ready()) break;
      wake_.wait(lock);
    }
    writer_sleeps_.store(false);
  }
  return head_.load() != tail;
}

// Takes as many of the waiting records as fit into one batch and one segment, and completes them.
JournalWriter::Batch JournalWriter::GatherBatch(std::uint64_t head) {
  Batch batch;
  const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  char* const begin = ring_->At(tail);
  batch.first = batch.last = EncodedSequence(begin);
  std::uint64_t room = options_.segment_bytes - appender_->offset();
  if (EncodedRecordBytes(begin) > room) {
    batch.starts_segment = true;
    room = segment_capacity();
  }
  while (tail + batch.bytes < head) {
    const char* record = begin + batch.bytes;
    const std::size_t size = EncodedRecordBytes(record);
    if (size > room || (batch.bytes > 0 && batch.bytes + size > options_.batch_bytes_max)) break;
    room -= size;
    batch.bytes += size;
    batch.last = EncodedSequence(record);
  }
  return batch;
}

absl::Status JournalWriter::CommitBatch(const Batch& batch) {
  const std::uint64_t tail = tail_.load(std::memory_order_relaxed);
  if (batch.starts_segment) {
    pool_->AddSealed(header_.first_sequence, SequenceNumber(batch.first.value() - 1), path_);
    EVX_RETURN_IF_ERROR(StartSegment(batch.first));
  }
  char* const begin = ring_->At(tail);
  for (std::size_t at = 0; at < batch.bytes; at += EncodedRecordBytes(begin + at)) {
    FinishRecord(begin + at, batch.first, header_.salt);
  }
  const std::string_view bytes(begin, batch.bytes);
  const auto start = SteadyClock::now();
  EVX_RETURN_IF_ERROR(UntilThereIsSpace(
      [&] { return appender_->Append(bytes, DurabilityOf(options_.sync_mode)); }));
  const absl::Duration duration = absl::FromChrono(SteadyClock::now() - start);

  tail_.store(tail + batch.bytes, std::memory_order_release);
  batch_count_.fetch_add(1, std::memory_order_relaxed);
  record_count_.fetch_add(batch.last.value() - batch.first.value() + 1, std::memory_order_relaxed);
  durable_.Advance(batch.last);
  listener_.OnDurable({batch.first, batch.last, batch.bytes, duration});
  return absl::OkStatus();
}

// Repeats `attempt` while the disk is full. During Open it is made once: nothing waits yet.
absl::Status JournalWriter::UntilThereIsSpace(const std::function<absl::Status()>& attempt) {
  absl::Duration pause = options_.no_space_retry_min;
  while (true) {
    const absl::Status status = attempt();
    if (!running_ || status.code() != absl::StatusCode::kResourceExhausted) {
      WriterState stalled = WriterState::kNoSpace;
      if (status.ok()) state_.compare_exchange_strong(stalled, WriterState::kReady);
      return status;
    }
    WriterState ready = WriterState::kReady;
    if (state_.compare_exchange_strong(ready, WriterState::kNoSpace)) listener_.OnStalled(status);
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, absl::ToChronoNanoseconds(pause), [&] { return closing_.load(); })) {
      return status;
    }
    pause = std::min(2 * pause, options_.no_space_retry_max);
  }
}

void JournalWriter::Fail(const absl::Status& status) {
  {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  state_.store(WriterState::kFailed);
  listener_.OnFailed(durable_.Get(), status);
  durable_.Close();
}

void JournalWriter::Retain(SequenceNumber from) { pool_->Retain(from); }

absl::Status JournalWriter::status() const {
  {
    const std::lock_guard lock(mutex_);
    if (!status_.ok()) return status_;
  }
  return pool_ != nullptr ? pool_->status() : absl::OkStatus();
}

JournalStats JournalWriter::stats() const {
  JournalStats stats;
  stats.record_count = record_count_.load(std::memory_order_relaxed);
  stats.bytes = tail_.load(std::memory_order_relaxed);
  stats.batch_count = batch_count_.load(std::memory_order_relaxed);
  stats.segment_count = segment_count_.load(std::memory_order_relaxed);
  stats.segments_recycled_count = pool_->recycled_count();
  stats.segments_deleted_count = pool_->deleted_count();
  stats.buffered_bytes = head_.load(std::memory_order_relaxed) - stats.bytes;
  return stats;
}

absl::Status JournalWriter::Close() {
  {
    const std::lock_guard lock(mutex_);
    closing_.store(true);
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
  if (pool_ != nullptr) pool_->Stop();
  WriterState ready = WriterState::kReady;
  state_.compare_exchange_strong(ready, WriterState::kClosed);
  durable_.Close();
  file_.reset();
  const std::lock_guard lock(mutex_);
  return status_;
}

}  // namespace evx::journal
