#include "leadership/leadership.h"

#include <algorithm>
#include <utility>

#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"

namespace evx::market_data {
namespace {

// How soon a change of the lease, or a stop, is seen.
constexpr absl::Duration kTick = absl::Milliseconds(20);
constexpr absl::Duration kRetry = absl::Milliseconds(200);
// What readers have been told arrives here a little later, or never.
constexpr int kLeadAttempts = 15;
// Between what a leader was last seen to do and what it had then told for sure.
constexpr absl::Duration kCoverMargin = absl::Seconds(3);

bool HasPassed(std::int64_t since, absl::Duration duration) {
  return MonotonicNanos() - since >= absl::ToInt64Nanoseconds(duration);
}

}  // namespace

Leadership::Leadership(Options options, std::function<absl::Status()> venue, postgres::Lease& lease,
                       OutputQueue& queue, MarketPipeline& pipeline, Probe& probe,
                       service::Process& process)
    : options_(std::move(options)),
      venue_(std::move(venue)),
      lease_(lease),
      queue_(queue),
      pipeline_(pipeline),
      probe_(probe),
      process_(process) {
  SetStatus(Unavailable("not connected yet"), Unavailable("not started yet"));
  pipeline_.StandBy();
}

LeadershipView Leadership::view() const {
  const postgres::LeaseView lease = lease_.view();
  const std::lock_guard lock(mutex_);
  LeadershipView view;
  view.is_leader = publisher_ != nullptr;
  view.leader = lease.free_since == 0 ? lease.holder : "";
  view.epoch = lease.epoch;
  view.lease = lease.database;
  view.standby = view.is_leader ? absl::OkStatus() : standby_;
  return view;
}

absl::Status Leadership::kafka() const {
  const std::lock_guard lock(mutex_);
  return publisher_ == nullptr ? kafka_ : publisher_->status();
}

void Leadership::SetPublisher(const Publisher* publisher) {
  probe_.SetLeader(publisher != nullptr);
  const std::lock_guard lock(mutex_);
  publisher_ = publisher;
}

void Leadership::SetStatus(absl::Status kafka, absl::Status standby) {
  const std::lock_guard lock(mutex_);
  kafka_ = std::move(kafka);
  standby_ = std::move(standby);
}

void Leadership::Run(const std::function<void()>& end_feed) {
  while (StandBy()) {
    std::unique_ptr<Publisher> publisher = TakeOver();
    if (publisher == nullptr) {
      if (lease_.view().has_waiting) lease_.Release();
      process_.WaitForStop(kRetry);
      continue;
    }
    SetPublisher(publisher.get());
    Lead(*publisher);
    if (process_.stop_requested()) return HandOver(std::move(publisher), end_feed);
    StandDown(std::move(publisher));
  }
  lease_.Release();
  end_feed();
}

bool Leadership::StandBy() {
  if (standing_since_ == 0) standing_since_ = MonotonicNanos();
  while (!process_.stop_requested()) {
    Observe();
    const postgres::LeaseView lease = lease_.view();
    if (lease.is_held() && lease.confirmed > standing_since_ && reader_ != nullptr &&
        reader_->is_read_up()) {
      return true;
    }
  }
  return false;
}

absl::Status Leadership::ReadTopics() {
  if (reader_ == nullptr) {
    EVX_ASSIGN_OR_RETURN(reader_, TopicReader::Open(options_.publisher.brokers, options_.visitor,
                                                    [this](const MessageBatch& news) {
                                                      options_.on_committed(news, 0, news.size());
                                                    }));
  }
  const bool was_read_up = reader_->is_read_up();
  EVX_RETURN_IF_ERROR(reader_->Poll(kTick));
  if (!was_read_up && reader_->is_read_up()) options_.on_read();
  return absl::OkStatus();
}

// One look at Kafka, at the venue and at the lease.
void Leadership::Observe() {
  const absl::Status kafka = ReadTopics();
  absl::Status standby = kafka;
  if (kafka.ok() && !reader_->is_read_up()) standby = Unavailable("the topics are being read");
  const postgres::LeaseView lease = lease_.view();
  const absl::Status venue = venue_();
  const bool is_free_for_long =
      lease.free_since != 0 && HasPassed(lease.free_since, options_.cold_wait);
  lease_.SetWilling(standby.ok() && (venue.ok() || is_free_for_long));
  if (standby.ok()) standby = venue;
  if (standby.ok()) standby = lease.database;
  SetStatus(kafka, standby);
  if (!kafka.ok()) process_.WaitForStop(kRetry);
}

std::unique_ptr<Publisher> Leadership::TakeOver() {
  const std::int64_t start = MonotonicNanos();
  const auto should_stop = [this] { return process_.stop_requested() || !lease_.view().is_ours; };
  Publisher::Options options = options_.publisher;
  options.stands_down = true;
  options.look_back = [this, should_stop]() -> absl::StatusOr<LookBackResult> {
    EVX_RETURN_IF_ERROR(reader_->ReadUp(should_stop));
    return reader_->result();
  };
  auto publisher =
      Publisher::Open(std::move(options), queue_, process_.clock(), probe_, should_stop);
  if (!publisher.ok()) {
    telemetry::Log(telemetry::kWarning, "The take-over has failed.",
                   {{"status", publisher.status()}});
    SetStatus(publisher.status(), publisher.status());
    return nullptr;
  }
  std::optional<Succession> done;
  for (int i = 1; !done; ++i) {
    done = pipeline_.Lead(reader_->published(), CoveredUntil(), i == kLeadAttempts);
    if (!done) process_.WaitForStop(kTick);
  }
  if (const std::uint64_t count = reader_->published().unreadable_count(); count > 0) {
    pipeline_.ReportError(
        "unreadable_record",
        std::to_string(count) + " records of the topics were left out at the take-over", {});
  }
  (*publisher)->Start([this] { pipeline_.Restate(); }, options_.on_committed);
  probe_.TookOver();
  telemetry::Log(telemetry::kInfo, "Leads.",
                 {{"epoch", lease_.view().epoch},
                  {"milliseconds", (MonotonicNanos() - start) / 1'000'000},
                  {"records", reader_->published().record_count()},
                  {"books_continued", done->continued_count},
                  {"books_restated", done->restated_count},
                  {"messages_caught_up", done->message_count}});
  reader_.reset();
  return *std::move(publisher);
}

Timestamp Leadership::CoveredUntil() const {
  const std::int64_t seen = lease_.view().other_seen;
  if (seen <= standing_since_) return Timestamp();
  return process_.clock().Now() + (absl::Nanoseconds(seen - MonotonicNanos()) - kCoverMargin);
}

void Leadership::Lead(Publisher& publisher) {
  std::int64_t well = MonotonicNanos();
  while (!process_.WaitForStop(kTick)) {
    if (absl::IsFailedPrecondition(publisher.status())) {
      telemetry::Log(telemetry::kWarning, "Stands by again.", {{"status", publisher.status()}});
      return;
    }
    const postgres::LeaseView lease = lease_.view();
    if (!lease.is_ours) {
      telemetry::Log(telemetry::kWarning, "Stands by again: the lease is another's.",
                     {{"leader", lease.holder}});
      return;
    }
    const absl::Status venue = venue_();
    if (venue.ok()) {
      well = MonotonicNanos();
    } else if (lease.has_waiting && HasPassed(well, options_.ailing_max)) {
      telemetry::Log(telemetry::kWarning, "Stands by again: another one follows the venue.",
                     {{"status", venue}});
      return;
    }
  }
}

void Leadership::StandDown(std::unique_ptr<Publisher> publisher) {
  pipeline_.StandBy();
  SetStatus(Unavailable("not connected yet"), Unavailable("the topics are being read"));
  SetPublisher(nullptr);
  publisher->Stop(absl::ZeroDuration());
  pipeline_.HoldUnpublished(queue_.TakeAll());
  pipeline_.HoldUnpublished(publisher->unpublished());
  publisher.reset();
  // Another one has followed all the time and goes on without a gap.
  if (lease_.view().has_waiting) lease_.Release();
  standing_since_ = MonotonicNanos();
}

void Leadership::HandOver(std::unique_ptr<Publisher> publisher,
                          const std::function<void()>& end_feed) {
  const bool has_successor = lease_.view().has_waiting;
  if (has_successor) {
    pipeline_.StandBy();
  } else {
    end_feed();  // Tells that nobody follows the books any more.
  }
  publisher->Stop(process_.drain_time_left() / 2);
  SetPublisher(nullptr);
  publisher.reset();
  lease_.Release();
  if (has_successor) end_feed();
}

}  // namespace evx::market_data
