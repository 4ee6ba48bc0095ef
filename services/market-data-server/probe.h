#pragma once

#include <array>
#include <cstdint>
#include <functional>

#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/kalshi_client/feed_events.h"
#include "evx/market_data/pipeline_probe.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "evx/telemetry/metrics.h"

namespace evx::market_data {

// Why a client of /ws/market-data was cut off.
enum class CutReason : std::uint8_t {
  kSlow,      // It did not take its data.
  kTrades,    // Too many trades waited for it.
  kOverload,  // This server could not keep up.
  kCommands,  // It sent too many commands, or took no answers.
};
inline constexpr std::size_t kCutReasonCount = 4;
std::string_view ToString(CutReason reason);

// The metrics of the server; the only file that spells their names. Thread-safe.
class Probe : public PipelineProbe {
 public:
  explicit Probe(telemetry::Registry& registry);

  void FrameReceived() override { frames_.Increment(); }
  void BookMessage(BookKind kind) override { Of(book_messages_, kind).Increment(); }
  void TradeMessage() override { trade_messages_.Increment(); }
  void TickerMessage() override { ticker_messages_.Increment(); }
  void ErrorMessage() override { error_messages_.Increment(); }
  void Dropped(DropReason reason) override { Of(dropped_, reason).Increment(); }
  void GapBegan(marketdata::v1::GapCause cause) override { Of(gaps_, cause).Increment(); }
  void BookRepaired(absl::Duration took) override { repair_seconds_.Observe(took); }
  void Fault(kalshi_client::FeedFaultKind kind) override { Of(faults_, kind).Increment(); }
  void SetMarkets(std::size_t proven, std::size_t in_doubt) override;
  void Committed(std::uint64_t message_count, absl::Duration took, absl::Duration since_received,
                 Timestamp at);
  void Listed(bool ok) { (ok ? lists_ : failed_lists_).Increment(); }
  void SetConnections(int open) { connections_.Set(open); }
  void FrameRecorded() { recorded_frames_.Increment(); }
  void SetClients(std::size_t count) { clients_.Set(static_cast<double>(count)); }
  void ClientMessage() { client_messages_.Increment(); }
  // A message was left out because the client will get a newer value.
  void ClientConflated() { client_conflated_.Increment(); }
  void ClientCut(CutReason reason) { Of(client_cuts_, reason).Increment(); }
  void FrameUnrecorded() { unrecorded_frames_.Increment(); }
  // Values for Redis: tops and tickers.
  void CacheWritten(std::size_t count) { cache_written_.Increment(count); }
  void CacheDropped(std::size_t count) { cache_dropped_.Increment(count); }
  void SetLeader(bool is_leader) { leader_.Set(is_leader ? 1 : 0); }
  void TookOver() { takeovers_.Increment(); }
  // Read at each scrape, as long as the registry lives.
  void WatchQueue(std::function<double()> byte_count);
  void WatchCandles(std::function<double()> period_count);

  std::uint64_t frames() const { return frames_.value(); }
  std::uint64_t book_messages(BookKind kind) const { return Of(book_messages_, kind).value(); }
  std::uint64_t trade_messages() const { return trade_messages_.value(); }
  std::uint64_t ticker_messages() const { return ticker_messages_.value(); }
  std::uint64_t error_messages() const { return error_messages_.value(); }
  std::uint64_t dropped(DropReason reason) const { return Of(dropped_, reason).value(); }
  std::uint64_t gaps(marketdata::v1::GapCause cause) const { return Of(gaps_, cause).value(); }
  std::uint64_t committed() const { return committed_messages_.value(); }
  std::uint64_t recorded() const { return recorded_frames_.value(); }
  std::uint64_t unrecorded() const { return unrecorded_frames_.value(); }
  std::uint64_t client_messages() const { return client_messages_.value(); }
  std::uint64_t client_conflated() const { return client_conflated_.value(); }
  std::uint64_t cache_written() const { return cache_written_.value(); }
  std::uint64_t cache_dropped() const { return cache_dropped_.value(); }
  std::uint64_t client_cuts(CutReason reason) const { return Of(client_cuts_, reason).value(); }

 private:
  template <class Counters, class Enum>
  static telemetry::Counter& Of(const Counters& counters, Enum which) {
    return *counters[static_cast<std::size_t>(which)];
  }

  telemetry::Registry& registry_;
  telemetry::Counter& frames_;
  std::array<telemetry::Counter*, kBookKindCount> book_messages_{};
  telemetry::Counter& trade_messages_;
  telemetry::Counter& ticker_messages_;
  telemetry::Counter& error_messages_;
  std::array<telemetry::Counter*, kDropReasonCount> dropped_{};
  std::array<telemetry::Counter*, marketdata::v1::GapCause_ARRAYSIZE> gaps_{};
  std::array<telemetry::Counter*, kalshi_client::kFeedFaultKindCount> faults_{};
  telemetry::Histogram& repair_seconds_;
  telemetry::Gauge& proven_markets_;
  telemetry::Gauge& doubtful_markets_;
  telemetry::Counter& committed_messages_;
  telemetry::Histogram& commit_seconds_;
  telemetry::Gauge& last_commit_;
  telemetry::Histogram& frame_seconds_;
  telemetry::Counter& lists_;
  telemetry::Counter& failed_lists_;
  telemetry::Gauge& connections_;
  telemetry::Counter& recorded_frames_;
  telemetry::Counter& unrecorded_frames_;
  telemetry::Gauge& clients_;
  telemetry::Counter& client_messages_;
  telemetry::Counter& client_conflated_;
  std::array<telemetry::Counter*, kCutReasonCount> client_cuts_{};
  telemetry::Counter& cache_written_;
  telemetry::Counter& cache_dropped_;
  telemetry::Gauge& leader_;
  telemetry::Counter& takeovers_;
};

}  // namespace evx::market_data
