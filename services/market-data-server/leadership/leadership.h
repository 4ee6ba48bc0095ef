#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/market_data/market_pipeline.h"
#include "evx/postgres/lease.h"
#include "evx/service/process.h"
#include "pipeline/output_queue.h"
#include "probe.h"
#include "publisher/look_back.h"
#include "publisher/publisher.h"

namespace evx::market_data {

// Who publishes, for people.
struct LeadershipView {
  bool is_leader = false;
  std::string leader;      // The lease's holder, by its own name; empty: nobody, or no lease.
  std::int64_t epoch = 0;  // Of the last time this process led; 0: never, or no lease.
  absl::Status lease;      // Why PostgreSQL cannot be asked.
  // Of a standby: why it could not take over now.
  absl::Status standby;
};

// Several servers, of which one publishes. All follow the venue; a standby also reads what the
// leader publishes and holds back what it would publish itself. When the lease becomes its own, it
//
//   locks out   the earlier leader by the transactional id, which also ends what that had open
//   reads up    the topics, to which nobody adds any more
//   goes on     behind the last message of each market (MarketPipeline::Lead)
//
// The lease says who should publish; Kafka alone keeps a second one from publishing. So a leader
// goes on while PostgreSQL cannot be asked, and one that was stopped for too long is locked out by
// the brokers: it stands by again, and leads only by a lease that it was given after that. A leader
// that cannot work while another one could gives the lease back.
//
// Run is called by one thread; the views by any.
class Leadership {
 public:
  struct Options {
    Publisher::Options publisher;
    // What is in Kafka for good, whoever has published it; on the thread of Run while standing by,
    // on the publisher's while leading.
    Publisher::OnCommitted on_committed;
    // What was there before, each time that the topics are read from their beginning; then
    // `on_read`, before this process leads.
    LookBackVisitor visitor;
    std::function<void()> on_read;
    // Who has not followed the venue yet leaves the lease to others for so long.
    absl::Duration cold_wait = absl::Seconds(1);
    // A leader that does not follow the venue for so long gives the lease back if another one, who
    // does, waits. Not one that cannot reach Kafka: it has more to publish than anybody else.
    absl::Duration ailing_max = absl::Seconds(5);
  };

  // `venue` says why the venue is not followed. References must outlive this.
  Leadership(Options options, std::function<absl::Status()> venue, postgres::Lease& lease,
             OutputQueue& queue, MarketPipeline& pipeline, Probe& probe, service::Process& process);
  Leadership(const Leadership&) = delete;
  Leadership& operator=(const Leadership&) = delete;

  // Stands by and leads in turns until the process stops. Then, if another one waits, hands over
  // without telling readers; otherwise calls `end_feed`, after which nobody follows the books, and
  // publishes that.
  void Run(const std::function<void()>& end_feed);

  LeadershipView view() const;
  // Why nothing is published, or read by a standby.
  absl::Status kafka() const;

 private:
  // Until the lease is ours, and everything is there to lead; false: stopped.
  bool StandBy();
  void Observe();
  absl::Status ReadTopics();
  // Null: failed, or stopped.
  std::unique_ptr<Publisher> TakeOver();
  void Lead(Publisher& publisher);
  void StandDown(std::unique_ptr<Publisher> publisher);
  void HandOver(std::unique_ptr<Publisher> publisher, const std::function<void()>& end_feed);
  // A time at which another leader still published; 0: unknown.
  Timestamp CoveredUntil() const;
  void SetPublisher(const Publisher* publisher);
  void SetStatus(absl::Status kafka, absl::Status standby);

  const Options options_;
  const std::function<absl::Status()> venue_;
  postgres::Lease& lease_;
  OutputQueue& queue_;
  MarketPipeline& pipeline_;
  Probe& probe_;
  service::Process& process_;

  // Of Run.
  std::unique_ptr<TopicReader> reader_;
  std::int64_t standing_since_ = 0;  // MonotonicNanos.

  mutable std::mutex mutex_;
  const Publisher* publisher_ ABSL_GUARDED_BY(mutex_) = nullptr;
  absl::Status kafka_ ABSL_GUARDED_BY(mutex_);
  absl::Status standby_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::market_data
