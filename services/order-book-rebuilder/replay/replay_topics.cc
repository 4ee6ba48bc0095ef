#include "replay/replay_topics.h"

#include <utility>
#include <variant>

#include "evx/core/check.h"
#include "evx/core/status.h"
#include "evx/kalshi/websocket_frames.h"
#include "evx/kalshi_client/feed_events.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "evx/telemetry/log.h"

namespace evx::order_book_rebuilder {
namespace {

constexpr const char* kService = "order-book-rebuilder";
// Of every envelope: which venue was recorded is not in a recording.
constexpr const char* kSource = "replay";

market_data::PipelineOptions PipelineOptionsOf(const ReplayTopics::Options& options,
                                               const Clock& clock) {
  market_data::PipelineOptions pipeline;
  pipeline.source = kSource;
  pipeline.trace_seed = static_cast<std::uint64_t>(clock.Now().nanos());
  pipeline.service = kService;
  pipeline.replay_id = options.replay_id;
  return pipeline;
}

kalshi_client::FeedPosition PositionOf(const recording::Event& event) {
  kalshi_client::FeedPosition position;
  position.connection = static_cast<int>(event.connection);
  position.sid = event.sid;
  position.seq = static_cast<std::uint64_t>(event.seq);
  position.received = event.received;
  return position;
}

}  // namespace

ReplayTopics::ReplayTopics(const Options& options, const Clock& clock, ReplayCounters& counters,
                           std::unique_ptr<kafka::Producer> producer)
    : counters_(counters),
      producer_(std::move(producer)),
      pipeline_(PipelineOptionsOf(options, clock), *this, clock, probe_) {}

absl::StatusOr<std::unique_ptr<ReplayTopics>> ReplayTopics::Open(const Options& options,
                                                                 const Clock& clock,
                                                                 ReplayCounters& counters) {
  EVX_CHECK(!options.replay_id.empty());
  kafka::Producer::Options producer;
  producer.brokers = options.brokers;
  producer.client_id = options.replay_id;
  producer.topic_prefix = kPrefix;
  EVX_ASSIGN_OR_RETURN(auto opened, kafka::Producer::Open(producer));
  return std::unique_ptr<ReplayTopics>(
      new ReplayTopics(options, clock, counters, std::move(opened)));
}

// ---- From the film

void ReplayTopics::Want(std::string_view ticker) {
  if (tickers_.contains(ticker)) return;
  pipeline_.AddMarkets({std::string(ticker)});
  tickers_.emplace(ticker);
}

void ReplayTopics::Begin(const ReplayBooks& books) {
  Interrupt();
  for (const std::string& ticker : books.Tickers()) {
    Want(ticker);
    pipeline_.OnFrame(0, Timestamp(), {});
    pipeline_.OnSnapshot({}, books.SnapshotOf(ticker));
  }
}

void ReplayTopics::Give(const ReplayFrame& frame) {
  switch (frame.event.kind) {
    case recording::EventKind::kSnapshot:
    case recording::EventKind::kDelta:
    case recording::EventKind::kTrade:
      break;
    case recording::EventKind::kTicker:
    case recording::EventKind::kLifecycle:
    case recording::EventKind::kOther:
      return;
  }
  const kalshi_client::FeedPosition position = PositionOf(frame.event);
  pipeline_.OnFrame(position.connection, position.received, frame.bytes);
  Want(frame.event.market_ticker);
  const auto decoded = kalshi::DecodeWebSocketFrame(frame.bytes);
  if (!decoded.ok()) return TellUnreadable(frame, MessageOf(decoded.status()));
  if (const auto* snapshot = std::get_if<kalshi::OrderbookSnapshot>(&decoded->body)) {
    pipeline_.OnSnapshot(position, *snapshot);
  } else if (const auto* delta = std::get_if<kalshi::OrderbookDelta>(&decoded->body)) {
    pipeline_.OnDelta(position, *delta);
  } else if (const auto* trade = std::get_if<kalshi::TradeUpdate>(&decoded->body)) {
    pipeline_.OnTrade(position, *trade);
  } else if (const auto* unreadable = std::get_if<kalshi::UnreadableBody>(&decoded->body)) {
    TellUnreadable(frame, unreadable->fault);
  }
}

void ReplayTopics::TellUnreadable(const ReplayFrame& frame, std::string_view why) {
  kalshi_client::FeedFault fault;
  fault.kind = kalshi_client::FeedFaultKind::kUnreadable;
  fault.sid = frame.event.sid;
  fault.detail = why;
  pipeline_.OnFault(fault);
  if (frame.event.kind == recording::EventKind::kTrade) return;
  kalshi_client::FeedGap gap;
  gap.sid = frame.event.sid;
  gap.cause = kalshi_client::GapCause::kUnreadable;
  gap.at = frame.event.received;
  gap.markets.emplace_back(frame.event.market_ticker);
  pipeline_.OnGapBegan(gap);
}

// ---- To Kafka

bool ReplayTopics::Publish(market_data::Topic topic, std::string_view key,
                           std::int64_t /*sequence*/, const google::protobuf::MessageLite& message,
                           Timestamp /*received*/) {
  switch (topic) {
    case market_data::Topic::kBook:
      return Send(kBooks, key, message);
    case market_data::Topic::kTrades:
      return Send(kTrades, key, message);
    case market_data::Topic::kErrors: {
      // evx.errors.v1 is of the live plane.
      const auto& error = static_cast<const marketdata::v1::ErrorMessage&>(message);
      telemetry::Log(telemetry::kWarning, "The recording has a fault.",
                     {{"kind", error.kind()},
                      {"detail", error.detail()},
                      {"market_ticker", error.market_ticker()}});
      return true;
    }
    case market_data::Topic::kTickers:
    case market_data::Topic::kNumbers:
      return true;
  }
  EVX_CHECK(false);
}

bool ReplayTopics::Send(std::string_view topic, std::string_view key,
                        const google::protobuf::MessageLite& message) {
  payload_.clear();
  EVX_CHECK(message.AppendToString(&payload_));
  if (!producer_->Produce({topic, key, payload_, {}, {}}).ok()) {
    was_refused_ = true;
    return false;
  }
  const std::size_t size = key.size() + payload_.size();
  waiting_sizes_.push_back(size);
  waiting_bytes_ += size;
  return true;
}

void ReplayTopics::Turn() {
  producer_->Poll(absl::ZeroDuration());
  const std::uint64_t acknowledged = producer_->acknowledged();
  counters_.messages_published.fetch_add(acknowledged - std::exchange(counted_, acknowledged),
                                         std::memory_order_relaxed);
  while (waiting_sizes_.size() > producer_->pending()) {
    waiting_bytes_ -= waiting_sizes_.front();
    waiting_sizes_.pop_front();
  }
  if (was_refused_ && waiting_bytes_ == 0) {
    was_refused_ = false;  // Unless it happens again.
    pipeline_.Restate();
  }
}

bool ReplayTopics::HoldsUp() const {
  return was_refused_ || waiting_bytes_ >= kWaitingBytesMax ||
         waiting_sizes_.size() >= kWaitingMessagesMax;
}

}  // namespace evx::order_book_rebuilder
