#include "probe.h"

#include <string>
#include <utility>

#include "evx/core/check.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

telemetry::Counter& AddMessages(telemetry::Registry& registry, const char* kind) {
  return registry.AddCounter("evx_market_data_messages_total", "Messages made, by what they are.",
                             {{"kind", kind}});
}

}  // namespace

std::string_view ToString(CutReason reason) {
  switch (reason) {
    case CutReason::kSlow:
      return "slow";
    case CutReason::kTrades:
      return "trades";
    case CutReason::kOverload:
      return "overload";
    case CutReason::kCommands:
      return "commands";
  }
  EVX_CHECK(false);
}

Probe::Probe(telemetry::Registry& registry)
    : registry_(registry),
      frames_(registry.AddCounter("evx_market_data_frames_total", "Frames of the venue.")),
      trade_messages_(AddMessages(registry, "trade")),
      ticker_messages_(AddMessages(registry, "ticker")),
      error_messages_(AddMessages(registry, "error")),
      repair_seconds_(
          registry.AddHistogram("evx_market_data_repair_seconds",
                                "From the beginning of a book's doubt until its snapshot.",
                                telemetry::ExponentialBounds(0.001, 2, 18))),
      proven_markets_(registry.AddGauge("evx_market_data_markets",
                                        "Subscribed markets, by the state of their books.",
                                        {{"book", "proven"}})),
      doubtful_markets_(registry.AddGauge("evx_market_data_markets",
                                          "Subscribed markets, by the state of their books.",
                                          {{"book", "in_doubt"}})),
      committed_messages_(registry.AddCounter("evx_market_data_committed_messages_total",
                                              "Messages that Kafka has for good.")),
      commit_seconds_(registry.AddHistogram("evx_market_data_commit_seconds",
                                            "A transaction, from its first message on.",
                                            telemetry::LatencyBounds())),
      last_commit_(registry.AddGauge("evx_market_data_last_commit_seconds",
                                     "Unix time at which Kafka last took messages for good.")),
      frame_seconds_(registry.AddHistogram(
          "evx_market_data_frame_to_commit_seconds",
          "From the oldest frame of a transaction until Kafka has it for good.",
          telemetry::LatencyBounds())),
      lists_(registry.AddCounter("evx_market_data_market_lists_total",
                                 "Lists of markets asked of the venue.", {{"result", "ok"}})),
      failed_lists_(registry.AddCounter("evx_market_data_market_lists_total",
                                        "Lists of markets asked of the venue.",
                                        {{"result", "failed"}})),
      connections_(
          registry.AddGauge("evx_market_data_connections", "Open connections to the venue.")),
      recorded_frames_(registry.AddCounter("evx_market_data_recorded_frames_total",
                                           "Frames that went into the recording.")),
      unrecorded_frames_(
          registry.AddCounter("evx_market_data_unrecorded_frames_total",
                              "Frames that did not, for want of room or of a disk.")),
      clients_(registry.AddGauge("evx_market_data_clients", "Clients of /ws/market-data.")),
      client_messages_(registry.AddCounter("evx_market_data_client_messages_total",
                                           "Messages queued for clients.")),
      client_conflated_(
          registry.AddCounter("evx_market_data_client_conflated_total",
                              "Messages left out because a client gets a newer value.")),
      cache_written_(registry.AddCounter("evx_market_data_cache_written_total",
                                         "Tops and tickers that Redis took.")),
      cache_dropped_(registry.AddCounter("evx_market_data_cache_dropped_total",
                                         "Tops and tickers that it did not.")),
      leader_(registry.AddGauge("evx_market_data_leader",
                                "1: this server publishes; 0: it stands by, or cannot publish.")),
      takeovers_(registry.AddCounter("evx_market_data_takeovers_total",
                                     "Times that this server has begun to publish.")) {
  constexpr BookKind kKinds[] = {BookKind::kDelta, BookKind::kPeriodicSnapshot,
                                 BookKind::kVenueSnapshot, BookKind::kGap};
  for (const BookKind kind : kKinds) {
    book_messages_[static_cast<std::size_t>(kind)] =
        &AddMessages(registry, std::string(ToString(kind)).c_str());
  }
  for (std::size_t i = 0; i < kDropReasonCount; ++i) {
    dropped_[i] = &registry.AddCounter(
        "evx_market_data_dropped_total", "What was received and became no message, by reason.",
        {{"reason", std::string(ToString(static_cast<DropReason>(i)))}});
  }
  for (int i = pb::GapCause_MIN + 1; i <= pb::GapCause_MAX; ++i) {
    gaps_[static_cast<std::size_t>(i)] =
        &registry.AddCounter("evx_market_data_gaps_total", "Gaps of books, by cause.",
                             {{"cause", std::string(ToString(static_cast<pb::GapCause>(i)))}});
  }
  for (std::size_t i = 0; i < kCutReasonCount; ++i) {
    client_cuts_[i] =
        &registry.AddCounter("evx_market_data_client_cuts_total", "Clients cut off, by reason.",
                             {{"reason", std::string(ToString(static_cast<CutReason>(i)))}});
  }
  for (std::size_t i = 0; i < kalshi_client::kFeedFaultKindCount; ++i) {
    const auto kind = static_cast<kalshi_client::FeedFaultKind>(i);
    faults_[i] = &registry.AddCounter("evx_market_data_faults_total",
                                      "Faults of the venue's stream, by kind.",
                                      {{"kind", std::string(kalshi_client::ToString(kind))}});
  }
}

void Probe::SetMarkets(std::size_t proven, std::size_t in_doubt) {
  proven_markets_.Set(static_cast<double>(proven));
  doubtful_markets_.Set(static_cast<double>(in_doubt));
}

void Probe::Committed(std::uint64_t message_count, absl::Duration took,
                      absl::Duration since_received, Timestamp at) {
  committed_messages_.Increment(message_count);
  last_commit_.Set(static_cast<double>(at.nanos()) * 1e-9);
  commit_seconds_.Observe(took);
  frame_seconds_.Observe(since_received);
}

void Probe::WatchQueue(std::function<double()> byte_count) {
  registry_.AddCallbackGauge("evx_market_data_queue_bytes",
                             "Messages that wait for their transaction.", std::move(byte_count));
}

void Probe::WatchCandles(std::function<double()> period_count) {
  registry_.AddCallbackGauge("evx_market_data_candle_periods",
                             "Finished periods of candles in memory.", std::move(period_count));
}

}  // namespace evx::market_data
