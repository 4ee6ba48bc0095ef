#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "absl/time/time.h"
#include "evx/kalshi_client/feed_events.h"
#include "evx/marketdata/v1/market_data.pb.h"

// What a pipeline counts.

namespace evx::market_data {

enum class BookKind : std::uint8_t { kDelta, kPeriodicSnapshot, kVenueSnapshot, kGap };
inline constexpr std::size_t kBookKindCount = 4;
std::string_view ToString(BookKind kind);

// Why something that was received does not become a message.
enum class DropReason : std::uint8_t {
  kNoChange,       // A delta that changes nothing.
  kSameSnapshot,   // A snapshot of a proven book that is equal to it.
  kSameTicker,     // A ticker in which nothing but the time differs from the last one.
  kInDoubt,        // A delta of a book that is not proven.
  kUnknownMarket,  // Of a market that is not, or no longer, subscribed.
  kNoRoom,         // The way to Kafka is full.
  kAlreadyTold,    // A trade that the leader before this one has told.
};
inline constexpr std::size_t kDropReasonCount = 7;
std::string_view ToString(DropReason reason);

// "sequence" for GAP_CAUSE_SEQUENCE and so on, as in metrics and in the admin API.
std::string_view ToString(marketdata::v1::GapCause cause);

// Called by the pipeline, under its lock: must neither block nor call it back. What is not of
// interest is not overridden.
class PipelineProbe {
 public:
  virtual ~PipelineProbe() = default;
  virtual void FrameReceived() {}
  virtual void BookMessage(BookKind /*kind*/) {}
  virtual void TradeMessage() {}
  virtual void TickerMessage() {}
  virtual void ErrorMessage() {}
  virtual void Dropped(DropReason /*reason*/) {}
  virtual void GapBegan(marketdata::v1::GapCause /*cause*/) {}
  virtual void BookRepaired(absl::Duration /*took*/) {}
  virtual void Fault(kalshi_client::FeedFaultKind /*kind*/) {}
  virtual void SetMarkets(std::size_t /*proven*/, std::size_t /*in_doubt*/) {}
};

}  // namespace evx::market_data
