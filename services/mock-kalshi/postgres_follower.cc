#include "postgres_follower.h"

#include <chrono>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/venue/codec.h"
#include "recovery.h"

namespace evx::mock_kalshi {
namespace {

// How long a wait for new records lasts at most before the stop flag is looked at.
constexpr absl::Duration kIdleWait = absl::Milliseconds(200);
// Bytes of a base that are stored at a time.
constexpr std::size_t kBasePieceBytes = 4 << 20;

using SteadyClock = std::chrono::steady_clock;

std::chrono::nanoseconds ToChrono(absl::Duration duration) {
  return std::chrono::nanoseconds(absl::ToInt64Nanoseconds(duration));
}

// An order and its OrderRestored belong into one batch.
bool StartsInsideOrder(std::string_view events) {
  constexpr std::size_t kRestored =
      venue::codec_internal::IndexOf<venue::OrderRestored, venue::Event>::value;
  return !events.empty() && static_cast<unsigned char>(events.front()) == kRestored;
}

Timestamp MinuteEnd(Timestamp time) { return Timestamp::FromSeconds(PeriodEnd(time, 1)); }

}  // namespace

PostgresFollower::PostgresFollower(Options options, journal::FileSystem& file_system,
                                   const journal::DurableSequence& durable,
                                   journal::FollowerCursors& cursors, Observer observer)
    : options_(std::move(options)),
      file_system_(file_system),
      durable_(durable),
      cursors_(cursors),
      observer_(std::move(observer)),
      status_(Unavailable("postgres: not connected yet")) {
  cursors_.Set(PostgresWriter::kFollowerName, SequenceNumber(0));
}

PostgresFollower::~PostgresFollower() { Stop(absl::ZeroDuration()); }

void PostgresFollower::Start() {
  EVX_CHECK(!thread_.joinable());
  thread_ = std::thread([this] { Run(); });
}

void PostgresFollower::Stop(absl::Duration drain) {
  if (!thread_.joinable()) return;
  if (drain > absl::ZeroDuration()) WaitForStored(durable_.Get(), drain);
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

bool PostgresFollower::ShouldStop() const {
  const std::lock_guard lock(mutex_);
  return stop_;
}

absl::Status PostgresFollower::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void PostgresFollower::SetStatus(const absl::Status& status) {
  const std::lock_guard lock(mutex_);
  status_ = status;
}

bool PostgresFollower::WaitForStored(SequenceNumber sequence_number, absl::Duration timeout) const {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, ToChrono(timeout), [&] { return stored() >= sequence_number; });
}

void PostgresFollower::Run() {
  postgres::Backoff backoff(options_.retry_interval_first, options_.retry_interval_max);
  while (!ShouldStop()) {
    const SequenceNumber before = stored();
    const absl::Status status = RunSession();
    writer_.reset();
    if (status.ok()) return;  // Asked to stop.
    SetStatus(status);
    if (observer_.on_failure) observer_.on_failure(status);
    if (stored() > before) backoff.Reset();
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, ToChrono(backoff.Next()), [this] { return stop_; });
  }
}

// Stores records until it is asked to stop (OK) or something fails.
absl::Status PostgresFollower::RunSession() {
  EVX_ASSIGN_OR_RETURN(writer_, PostgresWriter::Open(options_.connect));
  EVX_RETURN_IF_ERROR(TakePlace());
  SetStatus(absl::OkStatus());
  while (!ShouldStop()) {
    if (!batch_is_complete_) {
      const absl::Status read = ReadBatch();
      // What is half folded is of no use.
      if (!read.ok()) reader_.reset();
      EVX_RETURN_IF_ERROR(read);
    }
    if (batch_is_complete_) EVX_RETURN_IF_ERROR(WriteBatch());
  }
  return absl::OkStatus();
}

// Goes on where the database is: with the batch at hand, when it follows, or anew.
absl::Status PostgresFollower::TakePlace() {
  EVX_ASSIGN_OR_RETURN(const std::optional<FollowerPlace> found, writer_->ReadPlace());
  if (found && found->journal_id != options_.journal_id) {
    return FailedPrecondition(
        "the database has the history of another journal: name another database in "
        "--postgres_url_file, or drop its schema exchange");
  }
  if (found && found->stored > durable_.Get()) {
    return FailedPrecondition(absl::StrFormat(
        "the database holds records up to %d, the journal ends at %d: it was cut or restored. "
        "Drop the schema exchange to have it filled again",
        found->stored.value(), durable_.Get().value()));
  }
  if (found && place_ && reader_ != nullptr) {
    if (batch_is_complete_ && !batch_.empty() && found->stored == batch_.last) {
      // The commit whose answer was lost did happen.
      place_ = found;
      batch_.Clear();
      mark_time_.reset();
      batch_is_complete_ = false;
      Publish();
      return absl::OkStatus();
    }
    if (found->stored == place_->stored) {
      if (mark_time_ && found->mark_time >= *mark_time_) mark_time_.reset();
      place_ = found;
      return absl::OkStatus();
    }
  }
  return StartOver(found);
}

absl::Status PostgresFollower::StartOver(const std::optional<FollowerPlace>& place) {
  batch_.Clear();
  batch_is_complete_ = false;
  mark_time_.reset();
  next_record_.reset();
  reader_.reset();
  place_.reset();
  fold_ = std::make_unique<RowFold>();
  if (place) {
    EVX_RETURN_IF_ERROR(writer_->RestoreCandles(fold_->candles()));
    place_ = place;
    absl::Status opened = OpenReader();
    if (absl::IsOutOfRange(opened)) {
      opened = FailedPrecondition(absl::StrFormat(
          "the database ends at record %d and the journal no longer has the next one. Drop the "
          "schema exchange to have it filled from the newest snapshot",
          place->stored.value()));
    }
    EVX_RETURN_IF_ERROR(opened);
  } else {
    place_ = FollowerPlace{.journal_id = options_.journal_id};
    const absl::Status opened = OpenReader();
    if (absl::IsOutOfRange(opened)) {
      EVX_RETURN_IF_ERROR(FillFromSnapshot());
      EVX_RETURN_IF_ERROR(OpenReader());
    } else {
      EVX_RETURN_IF_ERROR(opened);
    }
  }
  Publish();
  return absl::OkStatus();
}

absl::Status PostgresFollower::OpenReader() {
  EVX_ASSIGN_OR_RETURN(
      reader_, journal::JournalReader::Open(file_system_, options_.journal_directory,
                                            SequenceNumber(place_->stored.value() + 1), &durable_));
  return absl::OkStatus();
}

absl::Status PostgresFollower::FillFromSnapshot() {
  venue::Exchange exchange(options_.exchange);
  EVX_ASSIGN_OR_RETURN(
      const std::optional<journal::SnapshotInfo> snapshot,
      LoadNewestSnapshot(file_system_, options_.journal_directory, exchange, nullptr));
  if (!snapshot) {
    return DataLoss("the journal's first records are gone and there is no good snapshot");
  }
  EVX_ASSIGN_OR_RETURN(postgres::Transaction transaction, writer_->BeginBase());
  venue::EventBuffer events;
  absl::Status status;
  std::size_t bytes = 0;
  const auto store_piece = [&] {
    if (status.ok() && bytes >= kBasePieceBytes && !StartsInsideOrder(events.bytes())) {
      status = writer_->WriteBase(batch_);
      batch_.Clear();
      bytes = 0;
    }
    bytes += events.size();
    if (status.ok()) {
      status = fold_->AddBase(events.bytes(), exchange.sequence_number(), exchange.time(), batch_);
    }
    events.clear();
  };
  exchange.Describe(events, store_piece);
  EVX_RETURN_IF_ERROR(status);
  fold_->candles().RestoreQuotes(exchange.time());
  fold_->Finish(batch_);
  EVX_RETURN_IF_ERROR(writer_->WriteBase(batch_));
  batch_.Clear();
  FollowerPlace place{.journal_id = options_.journal_id,
                      .stored = exchange.sequence_number(),
                      .time = exchange.time(),
                      .base = exchange.sequence_number()};
  EVX_RETURN_IF_ERROR(writer_->FinishBase(std::move(transaction), place));
  place_ = place;
  return absl::OkStatus();
}

// Adds durable records until the batch is complete, or until a moment without any.
absl::Status PostgresFollower::ReadBatch() {
  auto deadline = SteadyClock::now() + ToChrono(kIdleWait);
  while (!ShouldStop()) {
    journal::RecordView record;
    if (next_record_) {
      record = *std::exchange(next_record_, std::nullopt);
    } else {
      const journal::ReadResult result = reader_->Next(record);
      if (result == journal::ReadResult::kError) return reader_->status();
      if (result == journal::ReadResult::kEnd) {
        const auto left = deadline - SteadyClock::now();
        if (left.count() <= 0) break;
        WaitForRecord(absl::Nanoseconds(left.count()));
        continue;
      }
    }
    if (!TakeRecord(record)) break;
    const bool is_first = batch_.record_count == 0;
    EVX_RETURN_IF_ERROR(fold_->Add(
        {record.sequence, record.time, record.meta, record.command, record.events}, batch_));
    if (is_first) deadline = SteadyClock::now() + ToChrono(options_.linger);
    if (batch_.record_count >= options_.batch_record_count_max ||
        batch_.event_bytes >= options_.batch_event_bytes_max) {
      break;
    }
  }
  batch_is_complete_ = !batch_.empty() || mark_time_.has_value();
  if (batch_is_complete_) fold_->Finish(batch_);
  return absl::OkStatus();
}

// Until the reader has more, a stop, or the timeout.
void PostgresFollower::WaitForRecord(absl::Duration timeout) {
  const SequenceNumber last(reader_->next_sequence().value() - 1);
  if (durable_.WaitBeyond(last, timeout) || !durable_.closed()) return;
  // The journal is closed: nothing more will come.
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, ToChrono(timeout), [this] { return stop_; });
}

// False when the record lies behind the end of a minute that has to be marked before it is added.
bool PostgresFollower::TakeRecord(const journal::RecordView& record) {
  const Timestamp last = batch_.empty() ? place_->time : batch_.last_time;
  if (!last) return true;
  const Timestamp minute_end = MinuteEnd(last);
  if (record.time <= minute_end || place_->mark_time >= minute_end) return true;
  mark_time_ = minute_end;
  next_record_ = record;
  return false;
}

absl::Status PostgresFollower::WriteBatch() {
  const auto start = SteadyClock::now();
  EVX_ASSIGN_OR_RETURN(place_, writer_->Write(batch_, *place_, mark_time_, fold_->candles()));
  const std::uint64_t row_count = batch_.RowCount();
  batch_.Clear();
  mark_time_.reset();
  batch_is_complete_ = false;
  Publish();
  if (observer_.on_batch) {
    observer_.on_batch(
        row_count, absl::Nanoseconds(std::chrono::nanoseconds(SteadyClock::now() - start).count()));
  }
  return absl::OkStatus();
}

void PostgresFollower::Publish() {
  cursors_.Set(PostgresWriter::kFollowerName, place_->stored);
  {
    const std::lock_guard lock(mutex_);
    stored_.store(place_->stored.value(), std::memory_order_release);
  }
  changed_.notify_all();
  if (observer_.on_stored) observer_.on_stored(place_->stored);
}

}  // namespace evx::mock_kalshi
