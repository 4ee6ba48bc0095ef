#include "publisher/publisher.h"

#include <algorithm>
#include <chrono>
#include <span>
#include <utility>

#include "evx/core/backoff.h"
#include "evx/core/check.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "evx/telemetry/log.h"
#include "pipeline/topics.h"

namespace evx::market_data {
namespace {

constexpr const char* kSource = "market-data-server";
// A transaction stays far below its time limit. It costs the library about 3 ms of processor time,
// whatever is in it.
constexpr std::size_t kTransactionMessageCountMax = 100'000;
constexpr std::uint32_t kBufferMessageCountMax = 2 * kTransactionMessageCountMax;
// The library has one request of a partition on the way, and while more of the partition waits
// behind it, its thread spins. So no more is given to it than one request holds (a million bytes),
// nothing leaves before that is together, and the next begins when it is acknowledged.
constexpr std::size_t kRequestBytes = 900'000;
constexpr std::size_t kMessageOverheadBytes = 36;
constexpr absl::Duration kLinger = absl::Seconds(1);  // Flush and Commit do not wait for it.
constexpr absl::Duration kFlushTimeout = absl::Milliseconds(500);
constexpr absl::Duration kRequestTimeout = absl::Seconds(5);
constexpr absl::Duration kFullWait = absl::Milliseconds(5);
constexpr absl::Duration kIdleWait = absl::Milliseconds(200);
// For whoever has locked this one out to publish something.
constexpr absl::Duration kFencedWait = absl::Seconds(5);
// Far below the retention of any topic.
constexpr std::int64_t kNoteInterval = 60'000'000'000;
constexpr absl::Duration kRetryFirst = absl::Milliseconds(100);
constexpr absl::Duration kRetryMax = absl::Seconds(5);

void Raise(TextMap<StreamPlaces>& places, const OutputView& message) {
  if (message.topic == Topic::kErrors) return;
  auto found = places.find(message.key);
  if (found == places.end()) found = places.try_emplace(std::string(message.key)).first;
  std::int64_t& last = found->second[message.topic];
  last = std::max(last, message.sequence);
}

bool IsIn(const TextMap<StreamPlaces>& places, const OutputView& message) {
  if (message.topic == Topic::kErrors) return false;
  const auto found = places.find(message.key);
  return found != places.end() && found->second[message.topic] >= message.sequence;
}

}  // namespace

Publisher::Publisher(Options options, OutputQueue& queue, const Clock& clock, Probe& probe)
    : options_(std::move(options)), queue_(queue), clock_(clock), probe_(probe) {}

absl::StatusOr<std::unique_ptr<Publisher>> Publisher::Open(Options options, OutputQueue& queue,
                                                           const Clock& clock, Probe& probe,
                                                           const std::function<bool()>& should_stop,
                                                           const LookBackVisitor& visitor) {
  std::unique_ptr<Publisher> publisher(new Publisher(std::move(options), queue, clock, probe));
  EVX_RETURN_IF_ERROR(publisher->TakeOver(should_stop, visitor));
  for (const auto& [ticker, places] : publisher->found_.places) {
    publisher->committed_[ticker].places = places;
  }
  return publisher;
}

void Publisher::Start(std::function<void()> on_room, OnCommitted on_committed) {
  on_room_ = std::move(on_room);
  on_committed_ = std::move(on_committed);
  last_note_ = MonotonicNanos();
  thread_ = std::thread([this] { Run(); });
}

void Publisher::Stop(absl::Duration drain) {
  if (!thread_.joinable()) return;
  stop_deadline_ = MonotonicNanos() + absl::ToInt64Nanoseconds(drain);
  {
    const std::lock_guard lock(mutex_);
    is_stopping_ = true;
  }
  stopping_.notify_all();
  queue_.Wake();
  thread_.join();
}

absl::Status Publisher::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Publisher::SetStatus(absl::Status status) {
  const std::lock_guard lock(mutex_);
  status_ = std::move(status);
}

bool Publisher::must_end() const { return is_stopping_ && MonotonicNanos() >= stop_deadline_; }

void Publisher::Wait(absl::Duration duration) {
  const bool was_stopping = is_stopping_;
  std::unique_lock lock(mutex_);
  stopping_.wait_for(lock, std::chrono::nanoseconds(absl::ToInt64Nanoseconds(duration)),
                     [&] { return is_stopping_ != was_stopping; });
}

void Publisher::Run() {
  while (!must_end()) {
    Timestamp oldest;
    const bool is_idle = !queue_.Take(batch_, oldest, kIdleWait);
    const std::int64_t begin = MonotonicNanos();
    if (!is_idle && !PublishBatch(oldest)) return;
    const bool is_last = is_idle && is_stopping_;
    if ((is_last || begin - last_note_ >= kNoteInterval) && !NoteNumbers()) return;
    if (is_last) return;
    producer_->Poll(absl::ZeroDuration());
    on_room_();
    if (is_idle) continue;
    const std::int64_t rest =
        absl::ToInt64Nanoseconds(options_.commit_interval) - (MonotonicNanos() - begin);
    if (rest > 0 && !is_stopping_) Wait(absl::Nanoseconds(rest));
  }
}

bool Publisher::PublishBatch(Timestamp oldest) {
  may_be_committed_ = false;
  for (std::size_t begin = 0; begin < batch_.size();) {
    const std::size_t end = std::min(batch_.size(), begin + kTransactionMessageCountMax);
    const std::int64_t start = MonotonicNanos();
    const absl::Status status = PublishRange(begin, end);
    if (must_end() && !status.ok()) return false;
    if (!status.ok()) {
      // What is aborted was not committed; of everything else the outcome must be looked at.
      SetStatus(absl::IsAborted(status) ? Unavailable(MessageOf(status)) : status);
      if (absl::IsAborted(status) && producer_->Abort(kRequestTimeout).ok()) continue;
      if (!Recover(status)) return false;
      continue;
    }
    for (std::size_t i = begin; i < end; ++i) Count(batch_[i]);
    on_committed_(batch_, begin, end);
    queue_.NoteProgress();
    SetStatus(absl::OkStatus());
    const Timestamp now = clock_.Now();
    probe_.Committed(end - begin, absl::Nanoseconds(MonotonicNanos() - start), now - oldest, now);
    begin = end;
  }
  batch_.Clear();
  return true;
}

absl::Status Publisher::PublishRange(std::size_t begin, std::size_t end) {
  EVX_RETURN_IF_ERROR(producer_->Begin());
  bool is_prompt = true;  // Else Commit finds out what is wrong.
  std::size_t waiting_bytes = 0;
  for (std::size_t i = begin; i < end;) {
    i = FillRun(i, end, waiting_bytes);
    EVX_RETURN_IF_ERROR(SendRun());
    if (waiting_bytes < kRequestBytes) continue;
    if (is_prompt) is_prompt = producer_->Flush(kFlushTimeout).ok();
    if (is_prompt) queue_.NoteProgress();
    waiting_bytes = 0;
  }
  return Commit();
}

std::size_t Publisher::FillRun(std::size_t begin, std::size_t end, std::size_t& byte_count) {
  run_.clear();
  std::size_t i = begin;
  for (; i < end && byte_count < kRequestBytes; ++i) {
    const OutputView message = batch_[i];
    if (may_be_committed_ && IsIn(found_.places, message)) continue;
    if (!run_.empty() && message.topic != run_topic_) break;
    run_topic_ = message.topic;
    run_.push_back({message.key, message.payload});
    byte_count += message.key.size() + message.payload.size() + kMessageOverheadBytes;
  }
  return i;
}

absl::Status Publisher::SendRun() {
  for (std::span<const kafka::KeyedPayload> rest = run_; !rest.empty();) {
    EVX_ASSIGN_OR_RETURN(const std::size_t count,
                         producer_->ProduceAll(TopicName(run_topic_), rest));
    rest = rest.subspan(count);
    if (rest.empty()) break;
    if (must_end()) return absl::CancelledError("stopped");
    SetStatus(producer_->status());
    producer_->Poll(kFullWait);
  }
  return absl::OkStatus();
}

absl::Status Publisher::Commit() {
  absl::Status status;
  do {
    status = producer_->Commit(kRequestTimeout);
    if (absl::IsUnavailable(status)) SetStatus(status);
  } while (absl::IsUnavailable(status) && !must_end());
  return status;
}

void Publisher::Count(const OutputView& message) {
  if (message.topic == Topic::kErrors) return;
  // The messages of a market often follow each other.
  if (last_counted_ == nullptr || last_counted_->first != message.key) {
    auto found = committed_.find(message.key);
    if (found == committed_.end()) found = committed_.try_emplace(std::string(message.key)).first;
    last_counted_ = &*found;
  }
  Committed& committed = last_counted_->second;
  std::int64_t& last = committed.places[message.topic];
  last = std::max(last, message.sequence);
  if (std::exchange(committed.is_noted, false)) not_noted_.push_back(last_counted_->first);
}

bool Publisher::NoteNumbers() {
  batch_.Clear();
  while (true) {
    const absl::Status status = PublishNumbers();
    if (status.ok()) break;
    if (must_end()) return false;
    if (absl::IsAborted(status) && producer_->Abort(kRequestTimeout).ok()) continue;
    if (!Recover(status)) return false;
  }
  for (const std::string_view ticker : not_noted_) committed_.find(ticker)->second.is_noted = true;
  not_noted_.clear();
  last_note_ = MonotonicNanos();
  return true;
}

absl::Status Publisher::PublishNumbers() {
  if (not_noted_.empty()) return absl::OkStatus();
  EVX_RETURN_IF_ERROR(producer_->Begin());
  marketdata::v1::MarketNumbers numbers;
  std::string payload;
  for (const std::string_view ticker : not_noted_) {
    const StreamPlaces& places = committed_.find(ticker)->second.places;
    numbers.set_market_ticker(ticker.data(), ticker.size());
    numbers.set_book_sequence(places[Topic::kBook]);
    numbers.set_trade_sequence(places[Topic::kTrades]);
    numbers.set_ticker_sequence(places[Topic::kTickers]);
    numbers.SerializeToString(&payload);
    run_ = {{ticker, payload}};
    run_topic_ = Topic::kNumbers;
    EVX_RETURN_IF_ERROR(SendRun());
  }
  return Commit();
}

absl::Status Publisher::TakeOver(const std::function<bool()>& should_stop,
                                 const LookBackVisitor& visitor) {
  producer_.reset();  // Before its successor locks it out.
  kafka::Producer::Options options;
  options.brokers = options_.brokers;
  options.client_id = kSource;
  options.transactional_id = options_.transactional_id;
  options.buffer_message_count_max = kBufferMessageCountMax;
  options.linger = kLinger;
  EVX_ASSIGN_OR_RETURN(producer_, kafka::Producer::Open(options));
  EVX_RETURN_IF_ERROR(producer_->InitTransactions(kRequestTimeout));
  if (!options_.look_back) return Look(should_stop, visitor);
  EVX_ASSIGN_OR_RETURN(found_, options_.look_back());
  return absl::OkStatus();
}

absl::Status Publisher::Look(const std::function<bool()>& should_stop,
                             const LookBackVisitor& visitor) {
  EVX_ASSIGN_OR_RETURN(found_, LookBack(options_.brokers, should_stop, visitor));
  return absl::OkStatus();
}

absl::Status Publisher::CheckAlone() const {
  TextMap<StreamPlaces> own;
  for (const auto& [ticker, committed] : committed_) own[ticker] = committed.places;
  for (std::size_t i = 0; i < batch_.size(); ++i) Raise(own, batch_[i]);
  for (const auto& [ticker, places] : found_.places) {
    const auto mine = own.find(ticker);
    for (std::size_t i = 0; i < kStreamCount; ++i) {
      if (mine == own.end() || places.sequences[i] > mine->second.sequences[i]) {
        return FailedPrecondition(
            "another publisher of --publisher_id=" + options_.transactional_id +
            " has taken over; this one starts anew only when restarted");
      }
    }
  }
  return absl::OkStatus();
}

bool Publisher::Recover(const absl::Status& why) {
  if (options_.stands_down) {
    SetStatus(FailedPrecondition("the publisher has ended: " + MessageOf(why)));
    return false;
  }
  telemetry::Log(telemetry::kWarning, "The publisher begins anew.", {{"status", why}});
  SetStatus(absl::IsFailedPrecondition(why) ? Unavailable(MessageOf(why)) : why);
  const auto should_stop = [this] { return must_end(); };
  bool must_look_first = producer_->is_fenced();
  producer_.reset();
  // Two that fence each other at once would do so for ever.
  if (must_look_first) Wait(kFencedWait);
  Backoff backoff(kRetryFirst, kRetryMax);
  while (!must_end()) {
    const absl::Status status = must_look_first ? Look(should_stop) : TakeOver(should_stop);
    if (status.ok()) {
      if (const absl::Status alone = CheckAlone(); !alone.ok()) {
        telemetry::Log(telemetry::kError, "The publisher stands down.", {{"status", alone}});
        SetStatus(alone);
        producer_.reset();
        return false;
      }
      if (!must_look_first) {
        may_be_committed_ = true;
        return true;
      }
      must_look_first = false;
      continue;
    }
    SetStatus(absl::IsFailedPrecondition(status) ? Unavailable(MessageOf(status)) : status);
    Wait(is_stopping_ ? kRetryFirst : backoff.Next());
  }
  return false;
}

}  // namespace evx::market_data
