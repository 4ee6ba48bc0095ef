#include "postgres/postgres_follower.h"

#include <chrono>
#include <future>
#include <string_view>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/venue/codec.h"
#include "exchange/recovery.h"

namespace evx::mock_kalshi {
namespace {

// Between two looks at a journal that is closed.
constexpr absl::Duration kClosedWait = absl::Milliseconds(200);
// Bytes of a base that are stored at a time.
constexpr std::size_t kBasePieceBytes = 4 << 20;

using SteadyClock = std::chrono::steady_clock;

// An order and its OrderRestored belong into one batch.
bool StartsInsideOrder(std::string_view events) {
  constexpr std::size_t kRestored =
      venue::codec_internal::IndexOf<venue::OrderRestored, venue::Event>::value;
  return !events.empty() && static_cast<unsigned char>(events.front()) == kRestored;
}

}  // namespace

PostgresFollower::PostgresFollower(Options options, journal::FileSystem& file_system,
                                   const journal::DurableSequence& durable,
                                   journal::FollowerCursors& cursors, Observer observer)
    : options_(std::move(options)),
      file_system_(file_system),
      durable_(durable),
      cursors_(cursors),
      observer_(std::move(observer)),
      thread_(
          {options_.retry_interval_first, options_.retry_interval_max,
           Unavailable("postgres: not connected yet")},
          durable, [this] { return RunSession(); }, observer_.on_failure) {
  cursors_.Set(PostgresWriter::kFollowerName, SequenceNumber(0));
}

// Stores records until it is asked to stop (OK) or something fails.
absl::Status PostgresFollower::RunSession() {
  const absl::Status status = Follow();
  writer_.reset();
  return status;
}

absl::Status PostgresFollower::Follow() {
  EVX_ASSIGN_OR_RETURN(writer_, PostgresWriter::Open(options_.connect));
  EVX_RETURN_IF_ERROR(TakePlace());
  // What the place says may not be on PostgreSQL's disk yet.
  EVX_RETURN_IF_ERROR(MakeDurable());
  thread_.SetStatus(absl::OkStatus());
  while (!thread_.should_stop()) {
    if (!has_batch_) EVX_RETURN_IF_ERROR(FirstBatch());
    if (has_batch_) {
      EVX_RETURN_IF_ERROR(WriteAndReadAhead());
    } else if (soon_commit_count_ > 0) {
      EVX_RETURN_IF_ERROR(MakeDurable());
    } else if (durable_.closed()) {
      thread_.WaitForStop(kClosedWait);
    }
  }
  return absl::OkStatus();
}

// Goes on where the database is: with the batches at hand, when they follow, or anew.
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
  if (found && place_ && source_ != nullptr) {
    if (has_batch_ && !batch_.empty() && found->stored == batch_.last) {
      // The commit whose answer was lost did happen.
      place_ = found;
      TakeNextBatch();
      return absl::OkStatus();
    }
    if (found->stored == place_->stored) {
      if (batch_.mark_time && found->mark_time >= *batch_.mark_time) batch_.mark_time.reset();
      place_ = found;
      return absl::OkStatus();
    }
  }
  return StartOver(found);
}

absl::Status PostgresFollower::StartOver(const std::optional<FollowerPlace>& place) {
  batch_.Clear();
  has_batch_ = false;
  next_batch_.Clear();
  has_next_batch_ = false;
  place_.reset();
  const BatchSource::Options options{options_.journal_directory, options_.batch_record_count_max,
                                     options_.batch_event_bytes_max, options_.linger};
  source_ = std::make_unique<BatchSource>(options, file_system_, durable_,
                                          [this] { return thread_.should_stop(); });
  const absl::Status status = place ? GoOn(*place) : StartHistory();
  if (!status.ok()) source_.reset();
  return status;
}

absl::Status PostgresFollower::GoOn(const FollowerPlace& place) {
  EVX_RETURN_IF_ERROR(writer_->RestoreCandles(source_->fold().candles()));
  const absl::Status opened = source_->Open(place);
  if (absl::IsOutOfRange(opened)) {
    return FailedPrecondition(absl::StrFormat(
        "the database ends at record %d and the journal no longer has the next one. Drop the "
        "schema exchange to have it filled from the newest snapshot",
        place.stored.value()));
  }
  EVX_RETURN_IF_ERROR(opened);
  place_ = place;
  return absl::OkStatus();
}

absl::Status PostgresFollower::StartHistory() {
  FollowerPlace place{.journal_id = options_.journal_id};
  const absl::Status opened = source_->Open(place);
  if (absl::IsOutOfRange(opened)) {
    EVX_ASSIGN_OR_RETURN(place, FillFromSnapshot());
    EVX_RETURN_IF_ERROR(source_->Open(place));
  } else {
    EVX_RETURN_IF_ERROR(opened);
  }
  place_ = place;
  return absl::OkStatus();
}

absl::StatusOr<FollowerPlace> PostgresFollower::FillFromSnapshot() {
  venue::Exchange exchange(venue::Exchange::Options{});
  EVX_ASSIGN_OR_RETURN(
      const std::optional<journal::SnapshotInfo> snapshot,
      LoadNewestSnapshot(file_system_, options_.journal_directory, exchange, nullptr));
  if (!snapshot) {
    return DataLoss("the journal's first records are gone and there is no good snapshot");
  }
  EVX_ASSIGN_OR_RETURN(postgres::Transaction transaction, writer_->BeginBase());
  RowFold& fold = source_->fold();
  RowBatch piece;
  venue::EventBuffer events;
  absl::Status status;
  std::size_t bytes = 0;
  const auto store_piece = [&] {
    if (status.ok() && bytes >= kBasePieceBytes && !StartsInsideOrder(events.bytes())) {
      status = writer_->WriteBase(piece);
      piece.Clear();
      bytes = 0;
    }
    bytes += events.size();
    if (status.ok()) {
      status = fold.AddBase(events.bytes(), exchange.sequence_number(), exchange.time(), piece);
    }
    events.clear();
  };
  exchange.Describe(events, store_piece);
  EVX_RETURN_IF_ERROR(status);
  fold.candles().RestoreQuotes(exchange.time());
  fold.Finish(piece);
  EVX_RETURN_IF_ERROR(writer_->WriteBase(piece));
  const FollowerPlace place{.journal_id = options_.journal_id,
                            .stored = exchange.sequence_number(),
                            .time = exchange.time(),
                            .base = exchange.sequence_number()};
  EVX_RETURN_IF_ERROR(writer_->FinishBase(std::move(transaction), place));
  return place;
}

// Reads a batch while there is nothing to write; none when there are no records for a moment.
absl::Status PostgresFollower::FirstBatch() {
  const absl::StatusOr<bool> read = source_->Read(batch_);
  if (!read.ok()) source_.reset();
  EVX_RETURN_IF_ERROR(read.status());
  has_batch_ = *read;
  return absl::OkStatus();
}

absl::Status PostgresFollower::WriteAndReadAhead() {
  std::future<absl::StatusOr<bool>> ahead;
  // Behind a batch that is not full there is nothing to read.
  if (batch_.is_full && !has_next_batch_) {
    ahead = std::async(std::launch::async, [this] { return source_->Read(next_batch_); });
  }
  const absl::Status written = WriteBatch();
  if (ahead.valid()) {
    const absl::StatusOr<bool> read = ahead.get();
    if (!read.ok()) source_.reset();
    EVX_RETURN_IF_ERROR(read.status());
    has_next_batch_ = *read;
  }
  EVX_RETURN_IF_ERROR(written);
  TakeNextBatch();
  return absl::OkStatus();
}

void PostgresFollower::TakeNextBatch() {
  batch_.Clear();
  std::swap(batch_, next_batch_);
  has_batch_ = std::exchange(has_next_batch_, false);
}

absl::Status PostgresFollower::WriteBatch() {
  const auto start = SteadyClock::now();
  const bool may_wait = batch_.is_full && soon_commit_count_ < kSoonCommitCountMax;
  EVX_ASSIGN_OR_RETURN(
      place_, writer_->Write(batch_, *place_, may_wait ? CommitMode::kSoon : CommitMode::kDurable));
  if (may_wait) {
    ++soon_commit_count_;
  } else {
    soon_commit_count_ = 0;
    Publish();
  }
  if (observer_.on_batch) {
    observer_.on_batch(
        batch_.RowCount(),
        absl::Nanoseconds(std::chrono::nanoseconds(SteadyClock::now() - start).count()));
  }
  return absl::OkStatus();
}

// Everything committed so far is on PostgreSQL's disk then, and published.
absl::Status PostgresFollower::MakeDurable() {
  if (place_->stored != SequenceNumber(0)) {
    EVX_ASSIGN_OR_RETURN(place_, writer_->Write(RowBatch(), *place_, CommitMode::kDurable));
  }
  soon_commit_count_ = 0;
  Publish();
  return absl::OkStatus();
}

void PostgresFollower::Publish() {
  cursors_.Set(PostgresWriter::kFollowerName, place_->stored);
  thread_.Publish(place_->stored);
  if (observer_.on_stored) observer_.on_stored(place_->stored);
}

}  // namespace evx::mock_kalshi
