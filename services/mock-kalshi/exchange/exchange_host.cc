#include "exchange/exchange_host.h"

#include <algorithm>
#include <random>
#include <utility>

#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/telemetry/log.h"
#include "exchange/record_relay.h"
#include "exchange/recovery.h"

namespace evx::mock_kalshi {
namespace {

using telemetry::kInfo;
using telemetry::kWarning;
using telemetry::Log;

// Room for a second of records at a high rate, so that a slow sync does not stop the exchange.
constexpr std::size_t kJournalBufferBytes = 64ULL << 20;

// For what is durable and not in Kafka yet when the process ends.
constexpr absl::Duration kDrainTime = absl::Seconds(2);

journal::IdKey RandomKey() {
  std::random_device device;
  journal::IdKey key{};
  for (auto& byte : key) byte = static_cast<std::uint8_t>(device());
  return key;
}

Timestamp ClockStart(const MockKalshiConfig& config, const Clock& wall) {
  if (config.clock_start.empty()) return wall.Now();
  const auto start = ParseRfc3339(config.clock_start);
  EVX_CHECK(start.ok());  // Checked with the options.
  return *start;
}

}  // namespace

ExchangeHost::ExchangeHost(const MockKalshiConfig& config, Dependencies dependencies)
    : config_(config),
      dependencies_(std::move(dependencies)),
      faults_(config.faults == Faults::kAllowed) {}

ExchangeHost::~ExchangeHost() { Stop(); }

absl::StatusOr<std::unique_ptr<ExchangeHost>> ExchangeHost::Start(
    const MockKalshiConfig& config, Dependencies dependencies,
    const std::vector<RecordListener*>& listeners) {
  std::unique_ptr<ExchangeHost> host(new ExchangeHost(config, std::move(dependencies)));
  EVX_RETURN_IF_ERROR(host->Build(listeners));
  return host;
}

absl::Status ExchangeHost::Build(const std::vector<RecordListener*>& listeners) {
  clock_ = std::make_unique<ExchangeClock>(config_.clock, dependencies_.wall,
                                           ClockStart(config_, dependencies_.wall));
  exchange_ = std::make_unique<venue::Exchange>(venue::Exchange::Options());
  history_ = std::make_unique<HistoryStack>(config_.history_rows);
  history_->set_hours_sink(
      [this](const std::vector<MarketHour>& hours) { read_model_.RestoreHours(hours); });
  read_model_.set_row_observer(dependencies_.row_observer);
  read_model_.set_finished_sink([this](const FinishedRows& rows) { history_->memory().Add(rows); });

  Sequencer::Options options;
  options.queue_capacity = config_.queue_capacity;
  options.cancel_reserve = config_.cancel_reserve;
  options.spin = config_.spin;
  options.snapshot_interval = config_.ephemeral ? 0 : config_.snapshot_interval;
  sequencer_ = std::make_unique<Sequencer>(options, *exchange_, *clock_);
  sequencer_->AddListener(read_model_);
  sequencer_->AddListener(history_->candle_store());
  for (RecordListener* listener : listeners) sequencer_->AddListener(*listener);
  sequencer_->AddListener(command_log_);
  // Streams before answers: whoever has an answer finds what it did on its way in every stream.
  if (dependencies_.on_release) sequencer_->AddReleaseHook(dependencies_.on_release);
  sequencer_->AddReleaseHook([this] { replies_.Flush(); });
  sequencer_->set_stage_observer(dependencies_.stage_observer);
  sequencer_->set_failure_handler(dependencies_.on_failure);

  journal::IdKey id_key = RandomKey();
  if (!config_.ephemeral) {
    EVX_RETURN_IF_ERROR(OpenJournal());
    id_key = journal_->header().id_key;
    EVX_RETURN_IF_ERROR(FollowIntoPostgres());
  }
  wire_ids_ = std::make_unique<WireIdCodec>(id_key);
  if (!config_.ephemeral && !config_.kafka_brokers.empty()) FollowIntoKafka();
  Authenticator::Options auth;
  auth.window = {config_.auth_window_past, config_.auth_window_future};
  authenticator_ = std::make_unique<Authenticator>(auth, read_model_, dependencies_.wall);
  context_.reset(new ExchangeContext{
      *sequencer_, read_model_, history_->history(), history_->candles(), *clock_,
      dependencies_.wall, *wire_ids_, catalogue_facts_, *authenticator_, rate_limiter_, faults_,
      config_.quirks == QuirksMode::kOn ? Quirks::Venue() : Quirks(), replies_});
  const bool schedule_differs = exchange_->schedule() != config_.schedule;
  sequencer_->Start(journal_.get(), std::move(unwritten_events_));
  // The schedule is part of the state, so that a replay needs no option.
  if (schedule_differs) {
    EVX_RETURN_IF_ERROR(sequencer_->Execute(venue::SetSchedule{config_.schedule}).status);
  }
  return absl::OkStatus();
}

// Locks the data directory, recovers what it holds and opens the journal behind it.
absl::Status ExchangeHost::OpenJournal() {
  journal::FileSystem& files = journal::PosixFileSystem();
  EVX_ASSIGN_OR_RETURN(directory_lock_, journal::LockDirectory(files, config_.data_dir));

  // The read model follows on a thread of its own.
  RecordRelay relay([this](const ReleasedRecord& record) { read_model_.OnRecord(record); });
  RecoveryHooks hooks;
  hooks.on_base = [this](const venue::Exchange& exchange) { DescribeBase(exchange); };
  hooks.on_record = [&](const ReleasedRecord& record) {
    relay.Add(record);
    history_->candle_store().OnRecord(record);
    if (dependencies_.recovered_observer) dependencies_.recovered_observer(record);
  };
  hooks.on_warning = [](const absl::Status& warning) {
    Log(kWarning, "Snapshot passed over.", {{"status", warning}});
  };
  EVX_ASSIGN_OR_RETURN(const RecoveryReport report,
                       RecoverExchange(files, config_.data_dir, *exchange_, hooks));
  unwritten_events_ = report.unwritten_events;
  is_new_ = report.last_sequence.value() == 0;
  clock_->RaiseTo(report.last_time);
  Log(kInfo, "Journal recovered.",
      {{"sequence_number", report.last_sequence},
       {"snapshot", report.snapshot.value_or(SequenceNumber())},
       {"record_count", report.record_count},
       {"torn_bytes", report.end.torn_bytes}});

  journal::JournalOptions options;
  options.directory = config_.data_dir;
  options.rules_version = kRulesVersion;
  options.id_key = RandomKey();
  options.sync_mode = config_.journal_sync == JournalSync::kGroup ? journal::SyncMode::kGroup
                                                                  : journal::SyncMode::kNone;
  options.segment_bytes = config_.journal_segment_bytes;
  options.reserve_bytes = std::min(options.reserve_bytes, options.segment_bytes / 4);
  options.buffer_bytes = kJournalBufferBytes;
  EVX_ASSIGN_OR_RETURN(journal_, journal::JournalWriter::Open(files, options, report.end,
                                                              dependencies_.wall, *sequencer_));
  snapshotter_ = std::make_unique<Snapshotter>(
      config_.data_dir, dependencies_.wall, journal_->durable(),
      [this](const Snapshotter::Finished& finished) { OnSnapshot(finished); });
  sequencer_->set_snapshot_trigger(
      [this](const venue::Exchange& exchange) { snapshotter_->Begin(exchange); });
  relay.Finish();
  return absl::OkStatus();
}

void ExchangeHost::DescribeBase(const venue::Exchange& exchange) {
  venue::EventBuffer events;
  const auto restore = [&] {
    read_model_.Restore(events.bytes(), exchange.sequence_number(), exchange.time());
    history_->candle_store().Restore(events.bytes());
    events.clear();
  };
  exchange.Describe(events, restore);
  restore();
  history_->StartBehind(exchange.sequence_number(), exchange.time());
}

absl::Status ExchangeHost::FollowIntoPostgres() {
  if (config_.postgres_url_file.empty()) return absl::OkStatus();
  PostgresFollower::Options options;
  EVX_ASSIGN_OR_RETURN(options.connect.url, postgres::ReadUrlFile(config_.postgres_url_file));
  options.journal_directory = config_.data_dir;
  options.journal_id = JournalId(journal_->header().id_key);
  history_->Follow(std::move(options), journal_->durable(), cursors_,
                   dependencies_.postgres_observer);
  return absl::OkStatus();
}

void ExchangeHost::FollowIntoKafka() {
  TickerTable names;
  read_model_.Read([&names](const ReadModel::State& state) {
    for (const SeriesState& series : state.series) names.Add(series.series, series.ticker);
    for (const EventState& event : state.events) names.Add(event.event, event.ticker);
    for (const MarketState& market : state.markets) names.Add(market.market, market.ticker);
  });
  KafkaFollower::Options options;
  options.brokers = config_.kafka_brokers;
  options.journal_directory = config_.data_dir;
  options.journal_id = JournalId(journal_->header().id_key);
  kafka_ = std::make_unique<KafkaFollower>(
      std::move(options), journal::PosixFileSystem(), journal_->durable(), cursors_,
      std::move(names), *wire_ids_, [](const absl::Status& status) {
        static telemetry::LogRateLimit limit;
        const auto level = absl::IsUnavailable(status) ? kWarning : telemetry::kError;
        telemetry::LogLimited(limit, level, "Kafka cannot be used; trying again.",
                              {{"status", status}});
      });
  kafka_->Start();
}

// Old snapshots and the segments that nobody needs any more go.
void ExchangeHost::OnSnapshot(const Snapshotter::Finished& finished) {
  if (!finished.ok) {
    Log(kWarning, "Snapshot could not be written.",
        {{"sequence_number", finished.sequence_number}});
    return;
  }
  Log(kInfo, "Snapshot written.",
      {{"sequence_number", finished.sequence_number}, {"duration", finished.duration}});
  const journal::SnapshotStore store(journal::PosixFileSystem(), config_.data_dir);
  if (const absl::Status status = store.Prune(); !status.ok()) {
    Log(kWarning, "Old snapshots could not be removed.", {{"status", status}});
  }
  const auto snapshots = store.List([](const absl::Status&) {});
  if (!snapshots.ok()) return;
  std::vector<SequenceNumber> sequences;
  for (const journal::SnapshotInfo& info : *snapshots) sequences.push_back(info.sequence);
  journal_->Retain(journal::RetentionFloor(sequences, cursors_.Lowest()));
}

void ExchangeHost::Stop() {
  faults_.Stop();
  if (sequencer_ != nullptr) sequencer_->Stop();
  snapshotter_.reset();
  if (history_ != nullptr) history_->Stop();
  if (kafka_ != nullptr) kafka_->Stop(kafka_->status().ok() ? kDrainTime : absl::ZeroDuration());
  if (journal_ == nullptr) return;
  if (const absl::Status status = journal_->Close(); !status.ok()) {
    Log(telemetry::kError, "Journal did not close.", {{"status", status}});
  }
}

}  // namespace evx::mock_kalshi
