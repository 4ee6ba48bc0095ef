#include "postgres/batch_source.h"

#include <algorithm>
#include <utility>

#include "evx/core/status.h"

namespace evx::mock_kalshi {
namespace {

// How long a wait for new records lasts at most, and how often the stop flag is looked at.
constexpr absl::Duration kIdleWait = absl::Milliseconds(200);

using SteadyClock = std::chrono::steady_clock;

std::chrono::nanoseconds ToChrono(absl::Duration duration) {
  return std::chrono::nanoseconds(absl::ToInt64Nanoseconds(duration));
}

Timestamp MinuteEnd(Timestamp time) { return Timestamp::FromSeconds(PeriodEnd(time, 1)); }

}  // namespace

BatchSource::BatchSource(const Options& options, journal::FileSystem& file_system,
                         const journal::DurableSequence& durable, std::function<bool()> should_stop)
    : options_(options),
      should_stop_(std::move(should_stop)),
      tail_(options.journal_directory, file_system, durable, should_stop_) {}

absl::Status BatchSource::Open(const FollowerPlace& place) {
  EVX_RETURN_IF_ERROR(tail_.Open(place.stored));
  next_record_.reset();
  last_time_ = place.time;
  mark_time_ = place.mark_time;
  return absl::OkStatus();
}

absl::StatusOr<bool> BatchSource::Read(RowBatch& batch) {
  auto deadline = SteadyClock::now() + ToChrono(kIdleWait);
  while (!should_stop_()) {
    journal::RecordView record;
    if (next_record_) {
      record = *std::exchange(next_record_, std::nullopt);
    } else {
      const std::uint64_t wake_count =
          batch.empty() ? 1 : options_.batch_record_count_max - batch.record_count;
      EVX_ASSIGN_OR_RETURN(const bool found, tail_.Next(record, deadline, wake_count));
      if (!found) break;
    }
    if (MustMarkBefore(record, batch)) {
      next_record_ = record;
      break;
    }
    const bool is_first = batch.empty();
    EVX_RETURN_IF_ERROR(fold_.Add(
        {record.sequence, record.time, record.meta, record.command, record.events}, batch));
    last_time_ = record.time;
    if (is_first) deadline = SteadyClock::now() + ToChrono(options_.linger);
    batch.is_full = batch.record_count >= options_.batch_record_count_max ||
                    batch.event_bytes >= options_.batch_event_bytes_max;
    if (batch.is_full) break;
  }
  if (batch.empty() && !batch.mark_time) return false;
  fold_.Finish(batch);
  return true;
}

// The record lies behind the end of a minute that has to be marked before it is added.
bool BatchSource::MustMarkBefore(const journal::RecordView& record, RowBatch& batch) {
  if (!last_time_) return false;
  const Timestamp minute_end = MinuteEnd(last_time_);
  if (record.time <= minute_end || mark_time_ >= minute_end) return false;
  mark_time_ = minute_end;
  batch.mark_time = minute_end;
  fold_.candles().VisitMarkets([&batch](const MarketCandles& market) {
    batch.quotes.push_back({market.market, market.bid, market.ask});
  });
  return true;
}

}  // namespace evx::mock_kalshi
