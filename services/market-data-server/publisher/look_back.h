#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/text_map.h"
#include "evx/kafka/consumer.h"
#include "evx/kafka/producer.h"
#include "evx/market_data/message_batch.h"
#include "evx/market_data/published_markets.h"
#include "evx/market_data/stream_places.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::market_data {

// Where the streams end.
struct LookBackResult {
  TextMap<StreamPlaces> places;  // By market.
  std::uint64_t record_count = 0;
  std::uint64_t unreadable_count = 0;  // Left out; their numbers are unknown.
};

// Gets each market's messages of a topic in order; how those of two topics or markets lie to each
// other is left open. A function that is empty is not called.
struct LookBackVisitor {
  std::function<void(const marketdata::v1::TradeMessage&)> on_trade;
  std::function<void(const marketdata::v1::TickerMessage&)> on_ticker;
};

// Reads the three topics of market data from their first record on, and evx.md.numbers.v1 for
// markets whose last messages have expired; only what was committed. One thread. A record costs
// about 1.5 us.
//
// Errors: NOT_FOUND a topic is missing; UNAVAILABLE brokers are away, repeat.
class TopicReader {
 public:
  // What is new, in order, by Poll and ReadUp, from when the topics were read up; first of all what
  // there is by then (PublishedMarkets::AppendPresent).
  using OnNews = std::function<void(const MessageBatch&)>;

  // `visitor` gets what comes before that.
  static absl::StatusOr<std::unique_ptr<TopicReader>> Open(const std::string& brokers,
                                                           LookBackVisitor visitor,
                                                           OnNews on_news = {});

  // Takes in what has come; waits up to `timeout` for the first.
  absl::Status Poll(absl::Duration timeout);
  // Takes in everything that was committed before the call. CANCELLED when `should_stop` says so.
  absl::Status ReadUp(const std::function<bool()>& should_stop);
  // Every partition was read to its end once.
  bool is_read_up() const { return consumer_->read_up().size() == partition_count_; }

  const PublishedMarkets& published() const { return published_; }
  LookBackResult result() const;

 private:
  TopicReader(LookBackVisitor visitor, OnNews on_news)
      : visitor_(std::move(visitor)), on_news_(std::move(on_news)) {}

  void Read(const kafka::RecordView& record);

  const LookBackVisitor visitor_;
  const OnNews on_news_;

  std::unique_ptr<kafka::Producer> client_;  // Asks for the ends; writes nothing.
  std::unique_ptr<kafka::Consumer> consumer_;
  std::size_t partition_count_ = 0;
  PublishedMarkets published_;
  bool was_read_up_ = false;
  MessageBatch news_;
};

// Where the streams end. To be called when no other publisher can write any more.
absl::StatusOr<LookBackResult> LookBack(const std::string& brokers,
                                        const std::function<bool()>& should_stop,
                                        const LookBackVisitor& visitor = {});

}  // namespace evx::market_data
