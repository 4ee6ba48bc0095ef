#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "access/authenticator.h"
#include "access/rate_limiter.h"
#include "catalogue/catalogue_facts.h"
#include "config.h"
#include "evx/journal/file_system.h"
#include "evx/journal/journal_writer.h"
#include "evx/journal/retention.h"
#include "evx/net/http_responder.h"
#include "evx/venue/exchange.h"
#include "exchange/command_log.h"
#include "exchange/exchange_clock.h"
#include "exchange/exchange_context.h"
#include "exchange/sequencer.h"
#include "exchange/snapshotter.h"
#include "exchange/wire_id.h"
#include "faults/fault_injector.h"
#include "kafka/kafka_follower.h"
#include "read_model/history_stack.h"
#include "read_model/read_model.h"

namespace evx::mock_kalshi {

// The exchange without its doors: state machine, journal, sequencer, read model and history, put
// together and brought up to date. Doors work with context().
//
// Start recovers (newest good snapshot and the journal behind it; a clean start is the same with
// nothing there) and starts the sequencer; Stop lets queued commands finish and closes the journal.
class ExchangeHost {
 public:
  struct Dependencies {
    const Clock& wall;
    // The journal has failed for good: stop the process.
    std::function<void(const absl::Status&)> on_failure;
    Sequencer::StageObserver stage_observer;
    // Told of each transaction of the PostgreSQL follower, on its thread.
    std::function<void(std::uint64_t row_count, absl::Duration duration)> postgres_observer;
    // Sees every row that a record changes; null: nobody.
    RowObserver* row_observer = nullptr;
    // Runs on the releasing thread after each group of records.
    std::function<void()> on_release;
    // Told of each record that recovery reads back, in order.
    std::function<void(const ReleasedRecord&)> recovered_observer;
  };

  // Listeners (followers, streams) are told of released records after read model and history.
  static absl::StatusOr<std::unique_ptr<ExchangeHost>> Start(
      const MockKalshiConfig& config, Dependencies dependencies,
      const std::vector<RecordListener*>& listeners = {});
  ~ExchangeHost();

  void Stop();

  const ExchangeContext& context() const { return *context_; }
  Sequencer& sequencer() { return *sequencer_; }
  ExchangeClock& clock() { return *clock_; }
  const ReadModel& read_model() const { return read_model_; }
  // What is kept beyond the live state, and its follower of the journal.
  HistoryStack& history() { return *history_; }
  // Null when ephemeral.
  journal::JournalWriter* journal() { return journal_.get(); }
  // Null without --kafka_brokers.
  const KafkaFollower* kafka() const { return kafka_.get(); }
  FaultInjector& faults() { return faults_; }
  // Where the journal's followers say what they have stored.
  journal::FollowerCursors& cursors() { return cursors_; }
  // True when the exchange had no state before this start.
  bool is_new() const { return is_new_; }

 private:
  ExchangeHost(const MockKalshiConfig& config, Dependencies dependencies);
  absl::Status Build(const std::vector<RecordListener*>& listeners);
  absl::Status OpenJournal();
  absl::Status FollowIntoPostgres();
  void FollowIntoKafka();
  void DescribeBase(const venue::Exchange& exchange);
  void OnSnapshot(const Snapshotter::Finished& finished);

  const MockKalshiConfig& config_;
  const Dependencies dependencies_;
  std::unique_ptr<ExchangeClock> clock_;
  std::unique_ptr<venue::Exchange> exchange_;
  ReadModel read_model_;
  CommandLog command_log_;
  std::unique_ptr<HistoryStack> history_;
  std::unique_ptr<WireIdCodec> wire_ids_;
  CatalogueFacts catalogue_facts_;
  std::unique_ptr<Authenticator> authenticator_;
  RateLimiter rate_limiter_;
  FaultInjector faults_;
  net::HttpResponseBatch replies_;
  std::unique_ptr<Sequencer> sequencer_;
  std::unique_ptr<journal::FileLock> directory_lock_;
  std::unique_ptr<journal::JournalWriter> journal_;
  std::unique_ptr<Snapshotter> snapshotter_;
  journal::FollowerCursors cursors_;
  std::unique_ptr<KafkaFollower> kafka_;
  std::unique_ptr<ExchangeContext> context_;
  bool is_new_ = true;
  std::string unwritten_events_;  // From recovery to the sequencer.
};

}  // namespace evx::mock_kalshi
