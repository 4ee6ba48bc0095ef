#include "read_model/history_stack.h"

#include <string_view>
#include <utility>

#include "evx/core/hash.h"
#include "evx/core/status.h"
#include "evx/postgres/errors.h"
#include "evx/telemetry/log.h"

namespace evx::mock_kalshi {
namespace {

constexpr absl::Duration kDrainTime = absl::Seconds(2);
constexpr absl::Duration kReadTimeout = absl::Seconds(10);
constexpr absl::Duration kWriteTimeout = absl::Seconds(60);

// Repeating failures are logged now and then; only those that somebody must mend are errors.
void LogFailure(const absl::Status& status) {
  static telemetry::LogRateLimit limit;
  const auto level = postgres::IsRetryable(status) ? telemetry::kWarning : telemetry::kError;
  telemetry::LogLimited(limit, level, "PostgreSQL cannot be used; trying again.",
                        {{"status", status}});
}

}  // namespace

std::int64_t JournalId(const journal::IdKey& key) {
  const std::string_view bytes(reinterpret_cast<const char*>(key.data()), key.size());
  return static_cast<std::int64_t>(Xxh64(bytes));
}

HistoryStack::HistoryStack(std::size_t row_count_max)
    : memory_(row_count_max), candle_store_(kCandleCountMax) {}

HistoryStack::~HistoryStack() { Stop(); }

void HistoryStack::StartBehind(SequenceNumber base, Timestamp time) {
  if (!base) return;
  base_ = base;
  base_time_ = time;
  memory_.StartBehind(base, time);
  candle_store_.FinishRestore(time);
}

void HistoryStack::Follow(
    PostgresFollower::Options options, const journal::DurableSequence& durable,
    journal::FollowerCursors& cursors,
    std::function<void(std::uint64_t row_count, absl::Duration duration)> on_batch) {
  options.connect.application_name = "mock-kalshi writer";
  options.connect.call_timeout = kWriteTimeout;
  postgres::Pool::Options reads;
  reads.connect.url = options.connect.url;
  reads.connect.application_name = "mock-kalshi reader";
  reads.connect.call_timeout = kReadTimeout;
  reads.connection_count_max = kReadSessionCountMax;
  pool_ = std::make_unique<postgres::Pool>(std::move(reads));
  postgres_ = std::make_unique<PostgresHistory>(*pool_);

  PostgresFollower::Observer observer;
  observer.on_stored = [this](SequenceNumber stored) { OnStored(stored); };
  observer.on_batch = std::move(on_batch);
  observer.on_failure = LogFailure;
  follower_ = std::make_unique<PostgresFollower>(std::move(options), journal::PosixFileSystem(),
                                                 durable, cursors, std::move(observer));
  merged_ =
      std::make_unique<MergedHistory>(memory_, *postgres_, [this] { return follower_->stored(); });
  merged_candles_ = std::make_unique<MergedCandles>(candle_store_, *postgres_);
  follower_->Start();
}

void HistoryStack::OnStored(SequenceNumber stored) {
  memory_.ForgetThrough(stored);
  if (!base_ || stored < base_ || hours_sink_ == nullptr) return;
  const auto hours = postgres_->ReadHours(base_, base_time_);
  if (!hours.ok()) return LogFailure(hours.status());  // With the next batch again.
  std::exchange(hours_sink_, nullptr)(*hours);
}

void HistoryStack::Stop() {
  if (follower_ == nullptr) return;
  follower_->Stop(follower_->status().ok() ? kDrainTime : absl::ZeroDuration());
}

const History& HistoryStack::history() const {
  if (merged_ != nullptr) return *merged_;
  return memory_;
}

const CandleHistory& HistoryStack::candles() const {
  if (merged_candles_ != nullptr) return *merged_candles_;
  return candle_store_;
}

}  // namespace evx::mock_kalshi
