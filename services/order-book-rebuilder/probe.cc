#include "probe.h"

#include <string>
#include <utility>

#include "evx/core/monotonic_clock.h"

namespace evx::order_book_rebuilder {
namespace {

// Sums that are younger serve the next metric of the same scrape.
constexpr std::int64_t kTotalsNanosMax = 200'000'000;

}  // namespace

Probe::Probe(telemetry::Registry& registry)
    : messages_(registry.AddCounter("evx_order_book_rebuilder_messages_read_total",
                                    "Messages that were read from Kafka, doubles included.")),
      last_message_(registry.AddGauge("evx_order_book_rebuilder_last_message_seconds",
                                      "Unix time at which messages were last read.")),
      parked_(registry.AddCounter("evx_order_book_rebuilder_messages_parked_total",
                                  "Messages that could not be used and went to evx.errors.v1.")),
      checkpoint_failures_(registry.AddCounter("evx_order_book_rebuilder_checkpoint_failures_total",
                                               "Checkpoints that could not be stored.")),
      checkpoint_duration_(registry.AddHistogram(
          "evx_order_book_rebuilder_checkpoint_duration_seconds",
          "Time to store the checkpoints of all partitions.", telemetry::LatencyBounds())) {}

RebuilderEvents Probe::events() {
  RebuilderEvents events;
  events.messages_read = [this](std::uint64_t count, Timestamp at) {
    messages_.Increment(count);
    last_message_.Set(static_cast<double>(at.nanos()) * 1e-9);
  };
  events.message_parked = [this] { parked_.Increment(); };
  events.checkpoint_stored = [this](absl::Duration taken) { checkpoint_duration_.Observe(taken); };
  events.checkpoint_failed = [this] { checkpoint_failures_.Increment(); };
  return events;
}

BookStatistics Probe::Totals(const RebuiltBooks& books) {
  const std::lock_guard lock(mutex_);
  const std::int64_t now = MonotonicNanos();
  if (totals_nanos_ == 0 || now - totals_nanos_ > kTotalsNanosMax) {
    totals_ = BookStatistics();
    for (const PartitionView& partition : books.Partitions()) totals_.Add(partition.statistics);
    totals_nanos_ = now;
  }
  return totals_;
}

void Probe::Watch(telemetry::Registry& registry, const ReplayCounters& replay) {
  registry.AddCallbackCounter(
      "evx_order_book_rebuilder_replay_frames_sent_total",
      "Messages with recorded frames or snapshots that were given to clients of the replay.",
      [&replay] { return static_cast<double>(replay.frames_sent.load()); });
  registry.AddCallbackCounter(
      "evx_order_book_rebuilder_replay_messages_published_total",
      "Messages of the replay in evx.replay.* that Kafka has acknowledged.",
      [&replay] { return static_cast<double>(replay.messages_published.load()); });
  registry.AddCallbackGauge("evx_order_book_rebuilder_replay_clients", "Connections to the replay.",
                            [&replay] { return static_cast<double>(replay.client_count.load()); });
  registry.AddCallbackGauge(
      "evx_order_book_rebuilder_replay_position_seconds",
      "Unix time in the recording that the replay has reached; 0 without a recording.",
      [&replay] { return static_cast<double>(replay.position_nanos.load()) * 1e-9; });
}

void Probe::Watch(telemetry::Registry& registry, const LiveCounters& live) {
  registry.AddCallbackGauge("evx_order_book_rebuilder_readers",
                            "WebSockets and gRPC streams of present books.",
                            [&live] { return static_cast<double>(live.reader_count.load()); });
  const std::pair<const char*, const std::atomic<std::uint64_t>*> counters[] = {
      {"told", &live.told}, {"spared", &live.spared}};
  for (const auto& [outcome, counter] : counters) {
    registry.AddCallbackCounter(
        "evx_order_book_rebuilder_news_total",
        "News for readers: messages that were told, and changes that a state was told in place of.",
        [counter = counter] { return static_cast<double>(counter->load()); },
        {{"outcome", outcome}});
  }
  registry.AddCallbackCounter("evx_order_book_rebuilder_readers_cut_total",
                              "Readers that were cut off because they were too slow.",
                              [&live] { return static_cast<double>(live.cut.load()); });
}

void Probe::Watch(telemetry::Registry& registry, const RebuiltBooks& books,
                  const Rebuilder& rebuilder, const ReplayCounters& replay,
                  const LiveCounters& live) {
  Watch(registry, replay);
  Watch(registry, live);
  registry.AddCallbackGauge("evx_order_book_rebuilder_lag_messages",
                            "Messages that are not read yet.",
                            [&rebuilder] { return static_cast<double>(rebuilder.lag()); });
  registry.AddCallbackGauge("evx_order_book_rebuilder_delta_share",
                            "Deltas among the messages that were not doubles.",
                            [this, &books] { return Totals(books).DeltaShare(); });
  registry.AddCallbackGauge(
      "evx_order_book_rebuilder_history_bytes", "Of the past, on disk.",
      [this, &books] { return static_cast<double>(Totals(books).history_bytes); });
  const std::pair<const char*, std::uint64_t BookStatistics::*> states[] = {
      {"known", &BookStatistics::market_count},
      {"in_doubt", &BookStatistics::doubtful_market_count},
      {"crossed", &BookStatistics::crossed_market_count}};
  for (const auto& [state, member] : states) {
    registry.AddCallbackGauge(
        "evx_order_book_rebuilder_markets", "Markets of the partitions that this member has.",
        [this, &books, member = member] { return static_cast<double>(Totals(books).*member); },
        {{"state", state}});
  }
  const std::pair<const char*, std::uint64_t FoldCounters::*> kinds[] = {
      {"delta", &FoldCounters::deltas},
      {"periodic_snapshot", &FoldCounters::periodic_snapshots},
      {"venue_snapshot", &FoldCounters::venue_snapshots},
      {"gap", &FoldCounters::gaps},
      {"unreadable", &FoldCounters::unreadable},
      {"duplicate", &FoldCounters::duplicates}};
  for (const auto& [kind, member] : kinds) {
    registry.AddCallbackCounter("evx_order_book_rebuilder_messages_total",
                                "Messages behind the books of the partitions that this member has.",
                                [this, &books, member = member] {
                                  return static_cast<double>(Totals(books).counters.*member);
                                },
                                {{"kind", kind}});
  }
  const std::pair<const char*, std::uint64_t FoldCounters::*> faults[] = {
      {"hole", &FoldCounters::holes},
      {"hash_mismatch", &FoldCounters::hash_mismatches},
      {"inconsistent", &FoldCounters::inconsistent},
      {"reordered", &FoldCounters::reordered}};
  for (const auto& [fault, member] : faults) {
    registry.AddCallbackCounter("evx_order_book_rebuilder_faults_total",
                                "What was wrong with the streams of the markets.",
                                [this, &books, member = member] {
                                  return static_cast<double>(Totals(books).counters.*member);
                                },
                                {{"fault", fault}});
  }
}

}  // namespace evx::order_book_rebuilder
