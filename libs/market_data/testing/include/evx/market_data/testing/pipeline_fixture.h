#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "evx/core/check.h"
#include "evx/core/clock.h"
#include "evx/market_data/market_pipeline.h"
#include "evx/market_data/message_batch.h"
#include "evx/market_data/message_sink.h"
#include "evx/market_data/pipeline_probe.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "google/protobuf/message_lite.h"

namespace evx::market_data::testing {

// Keeps what is published, or refuses it.
class LogSink final : public MessageSink {
 public:
  bool Publish(Topic topic, std::string_view key, std::int64_t sequence,
               const google::protobuf::MessageLite& message, Timestamp /*received*/) override {
    if (is_full) return false;
    const std::string payload = message.SerializeAsString();
    switch (topic) {
      case Topic::kBook:
        books.emplace_back().ParseFromString(payload);
        break;
      case Topic::kTrades:
        trades.emplace_back().ParseFromString(payload);
        break;
      case Topic::kTickers:
        tickers.emplace_back().ParseFromString(payload);
        break;
      case Topic::kErrors:
        errors.emplace_back().ParseFromString(payload);
        break;
      case Topic::kNumbers:
        EVX_CHECK(false);  // The publisher's own.
    }
    batch.Append(topic, key, sequence, message);
    keys.emplace_back(key);
    sequences.push_back(sequence);
    return true;
  }

  bool is_full = false;
  std::vector<marketdata::v1::BookMessage> books;
  std::vector<marketdata::v1::TradeMessage> trades;
  std::vector<marketdata::v1::TickerMessage> tickers;
  std::vector<marketdata::v1::ErrorMessage> errors;
  std::vector<std::string> keys;
  std::vector<std::int64_t> sequences;
  MessageBatch batch;  // All of it, until it is cleared.
};

// Counts what was dropped.
class DropCounter final : public PipelineProbe {
 public:
  void Dropped(DropReason reason) override { ++dropped_[reason]; }
  std::uint64_t dropped(DropReason reason) { return dropped_[reason]; }

 private:
  std::map<DropReason, std::uint64_t> dropped_;
};

// A pipeline with everything around it, and a feed made by hand. Its probe is a `ProbeType`.
template <class ProbeType = DropCounter>
class PipelineFixture {
 public:
  explicit PipelineFixture(int deltas_per_snapshot = 10)
      : pipeline({"test", deltas_per_snapshot, 7}, sink, clock, probe) {}

  kalshi_client::FeedPosition Position() {
    clock.AdvanceBy(absl::Microseconds(10));
    kalshi_client::FeedPosition position;
    position.sid = 3;
    position.seq = ++seq;
    position.received = clock.Now();
    return position;
  }
  // Prices are those of the venue's sides: cents; counts are hundredths of a contract.
  void Snapshot(const std::string& ticker, const std::map<int, int>& yes,
                const std::map<int, int>& no) {
    kalshi::OrderbookSnapshot snapshot;
    snapshot.market_ticker = ticker;
    for (const auto& [cents, count] : yes) snapshot.book.yes.push_back(Level(cents, count));
    for (const auto& [cents, count] : no) snapshot.book.no.push_back(Level(cents, count));
    pipeline.OnSnapshot(Position(), snapshot);
  }
  void Delta(const std::string& ticker, ContractSide side, int cents, int change,
             bool is_in_doubt = false) {
    kalshi::OrderbookDelta delta;
    delta.market_ticker = ticker;
    delta.side = side;
    delta.price = Price::FromCents(cents);
    delta.delta = Quantity::FromCentis(change);
    delta.time = Timestamp::FromMillis(5);
    kalshi_client::FeedPosition position = Position();
    position.is_in_doubt = is_in_doubt;
    pipeline.OnDelta(position, delta);
  }
  void Gap(std::vector<std::string> tickers,
           kalshi_client::GapCause cause = kalshi_client::GapCause::kSequence) {
    kalshi_client::FeedGap gap;
    gap.sid = 3;
    gap.cause = cause;
    gap.expected_seq = seq + 1;
    gap.received_seq = seq + 3;
    gap.at = clock.Now();
    gap.markets = std::move(tickers);
    pipeline.OnGapBegan(gap);
  }

  ManualClock clock{Timestamp::FromSeconds(1'000)};
  ProbeType probe;
  LogSink sink;
  MarketPipeline pipeline;
  std::uint64_t seq = 0;

 private:
  static kalshi::BookLevel Level(int cents, int count) {
    return {Price::FromCents(cents), Quantity::FromCentis(count)};
  }
};

}  // namespace evx::market_data::testing
