#include "sources/topic_reader.h"

#include <algorithm>
#include <utility>

#include "absl/time/clock.h"
#include "evx/core/backoff.h"
#include "evx/core/monotonic_clock.h"
#include "evx/core/status.h"
#include "evx/kafka/producer.h"
#include "evx/telemetry/log.h"
#include "stream/stream_name.h"

namespace evx::gateway {
namespace {

namespace md = marketdata::v1;

constexpr const char* kClientId = "gateway";
constexpr std::size_t kRecordsPerPoll = 1'000;
constexpr absl::Duration kPollWait = absl::Milliseconds(100);
constexpr absl::Duration kRequestTimeout = absl::Seconds(5);
// Without records for so long, the brokers are asked whether they are there: a poll that brings
// nothing does not say it.
constexpr absl::Duration kSilence = absl::Seconds(1);
constexpr absl::Duration kAskTimeout = absl::Seconds(1);
constexpr absl::Duration kRetryFirst = absl::Milliseconds(100);
constexpr absl::Duration kRetryMax = absl::Seconds(5);

constexpr std::string_view kBooks = "evx.md.book.v1";
constexpr std::string_view kTrades = "evx.md.trades.v1";
constexpr std::string_view kTickers = "evx.md.tickers.v1";
constexpr std::string_view kReplayBooks = "evx.replay.book.v1";
constexpr std::string_view kReplayTrades = "evx.replay.trades.v1";
constexpr std::string_view kErrors = "evx.errors.v1";

// So many records of each partition are read at a start. The history of trades is asked for when
// somebody wants it, and of a replay only the present counts.
struct TopicStart {
  std::string_view name;
  std::int64_t look_back;
};
constexpr TopicStart kTopics[] = {{kBooks, 5'000},   {kTrades, 0},       {kTickers, 5'000},
                                  {kReplayBooks, 0}, {kReplayTrades, 0}, {kErrors, 50}};

template <class Message>
bool Parse(std::string_view payload, Message& message) {
  return message.ParseFromArray(payload.data(), static_cast<int>(payload.size()));
}

v1::Trade ToTrade(const md::TradeMessage& message) {
  v1::Trade trade;
  trade.set_market_ticker(message.market_ticker());
  trade.set_trade_id(message.trade_id());
  trade.set_price_micros(message.price_micros());
  trade.set_quantity_centis(message.quantity_centis());
  trade.set_taker_side(message.taker_side());
  trade.set_event_time_ns(message.event_time_ns());
  return trade;
}

v1::MarketTicker ToTicker(const md::TickerMessage& message) {
  v1::MarketTicker ticker;
  ticker.set_market_ticker(message.market_ticker());
  ticker.set_last_price_micros(message.last_price_micros());
  ticker.set_bid_price_micros(message.bid_price_micros());
  ticker.set_bid_size_centis(message.bid_size_centis());
  ticker.set_ask_price_micros(message.ask_price_micros());
  ticker.set_ask_size_centis(message.ask_size_centis());
  ticker.set_volume_centis(message.volume_centis());
  ticker.set_open_interest_centis(message.open_interest_centis());
  ticker.set_event_time_ns(message.event_time_ns());
  return ticker;
}

v1::LogLine ToLogLine(const md::ErrorMessage& message) {
  v1::LogLine line;
  // The data plane went on after it.
  line.set_level(v1::LOG_LEVEL_WARNING);
  line.set_service(message.service());
  line.set_kind(message.kind());
  line.set_detail(message.detail());
  line.set_market_ticker(message.market_ticker());
  line.set_time_ns(message.time_ns());
  return line;
}

StreamNews TradeNewsOf(std::string stream, const md::TradeMessage& message) {
  v1::ServerMessage change;
  *change.mutable_trades()->add_trades() = ToTrade(message);
  return {std::move(stream), std::move(change)};
}

}  // namespace

struct TopicReader::Batch {
  std::vector<md::BookMessage> books;
  std::vector<StreamNews> news;
  v1::MarketsUpdate tickers;
  v1::Log log;
};

TopicReader::TopicReader(std::string brokers, MarketBooks& books, StreamPublisher& publisher,
                         SourceCounters& counters)
    : brokers_(std::move(brokers)),
      books_(books),
      publisher_(publisher),
      counters_(counters),
      status_(Unavailable("kafka: not connected yet")),
      thread_([this] { Run(); }) {}

TopicReader::~TopicReader() {
  should_stop_ = true;
  thread_.join();
}

absl::Status TopicReader::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void TopicReader::SetStatus(absl::Status status) {
  const std::lock_guard lock(mutex_);
  if (!status.ok() && status_.ok()) {
    telemetry::Log(telemetry::kWarning, "Market data stands still.", {{"status", status}});
  }
  status_ = std::move(status);
}

void TopicReader::Run() {
  Backoff backoff(kRetryFirst, kRetryMax);
  while (!should_stop_) {
    const absl::Status status = Follow();
    consumer_.reset();
    if (status.ok()) return;
    SetStatus(status);
    const std::int64_t until = MonotonicNanos() + absl::ToInt64Nanoseconds(backoff.Next());
    while (!should_stop_ && MonotonicNanos() < until) absl::SleepFor(kRetryFirst);
  }
}

absl::Status TopicReader::Open() {
  std::map<kafka::TopicPartition, std::int64_t> places;
  EVX_ASSIGN_OR_RETURN(const auto client,
                       kafka::Producer::Open({.brokers = brokers_, .client_id = kClientId}));
  partition_count_ = 0;
  std::vector<std::string> names;
  for (const TopicStart& topic : kTopics) {
    names.emplace_back(topic.name);
    EVX_ASSIGN_OR_RETURN(const auto extents, client->Extents(names.back(), kRequestTimeout));
    partition_count_ += extents.size();
    for (const auto& [where, extent] : extents) {
      // After a loss of the brokers it goes on where it was; of a topic that was made anew, not.
      const auto known = read_to_.find(where);
      const bool goes_on = known != read_to_.end() && known->second <= extent.end;
      places[where] =
          std::max(extent.first, goes_on ? known->second : extent.end - topic.look_back);
    }
  }
  EVX_ASSIGN_OR_RETURN(
      consumer_,
      kafka::Consumer::Open(
          {.brokers = brokers_,
           .client_id = kClientId,
           .topics = names,
           .place_of = [&places](const kafka::TopicPartition& where) { return places.at(where); },
           .watch_ends = true}));
  return absl::OkStatus();
}

absl::Status TopicReader::Follow() {
  EVX_RETURN_IF_ERROR(Open());
  SetStatus(absl::OkStatus());
  std::int64_t heard_nanos = MonotonicNanos();
  while (!should_stop_) {
    const auto records = consumer_->Poll(kRecordsPerPoll, kPollWait);
    if (records.ok()) {
      Apply(*records);
      if (records->size() > 0) {
        heard_nanos = MonotonicNanos();
        SetStatus(absl::OkStatus());
      }
      for (const auto& [where, place] : consumer_->places()) read_to_[where] = place;
    } else if (absl::IsUnavailable(records.status())) {
      SetStatus(records.status());  // It goes on by itself.
    } else {
      return records.status();
    }
    if (MonotonicNanos() - heard_nanos > absl::ToInt64Nanoseconds(kSilence)) {
      SetStatus(consumer_->Extents(std::string(kBooks), kAskTimeout).status());
      heard_nanos = MonotonicNanos();
    }
    NoteReadUp();
    counters_.lag_records = consumer_->lag();
  }
  return absl::OkStatus();
}

void TopicReader::NoteReadUp() {
  if (consumer_->read_up().size() >= partition_count_) is_read_up_ = true;
}

void TopicReader::Apply(const kafka::RecordBatch& records) {
  Batch batch;
  if (must_reset_replay_.exchange(false)) {
    replay_.Reset(batch.news);
    for (const std::string& stream : std::exchange(replay_trades_, {})) {
      v1::InitialState state;
      state.mutable_trades();
      batch.news.push_back({stream, std::move(state)});
    }
  }
  for (std::size_t i = 0; i < records.size(); ++i) {
    ++counters_.records_read;
    if (!ApplyRecord(records[i], batch)) ++counters_.records_unreadable;
  }
  books_.Apply(batch.books);
  counters_.book_gaps = books_.gap_count();
  if (batch.tickers.tickers_size() > 0) {
    v1::ServerMessage change;
    *change.mutable_market_ticker() = std::move(batch.tickers);
    batch.news.push_back({std::string(kMarketsStream), std::move(change)});
  }
  if (batch.log.lines_size() > 0) {
    v1::ServerMessage change;
    *change.mutable_log() = std::move(batch.log);
    batch.news.push_back({std::string(kLogStream), std::move(change)});
  }
  publisher_.Publish(std::move(batch.news));
}

bool TopicReader::ApplyRecord(const kafka::RecordView& record, Batch& batch) {
  if (record.topic == kBooks) {
    if (Parse(record.payload, batch.books.emplace_back())) return true;
    batch.books.pop_back();
    return false;
  }
  if (record.topic == kTrades || record.topic == kReplayTrades) {
    md::TradeMessage message;
    if (!Parse(record.payload, message)) return false;
    const bool is_live = record.topic == kTrades;
    std::string stream = is_live ? TradesStream(message.market_ticker())
                                 : ReplayTradesStream(message.market_ticker());
    if (!is_live) replay_trades_.insert(stream);
    batch.news.push_back(TradeNewsOf(std::move(stream), message));
    return true;
  }
  if (record.topic == kTickers) {
    md::TickerMessage message;
    if (!Parse(record.payload, message)) return false;
    *batch.tickers.add_tickers() = ToTicker(message);
    return true;
  }
  if (record.topic == kReplayBooks) {
    md::BookMessage message;
    if (!Parse(record.payload, message)) return false;
    replay_.Apply(message, batch.news);
    return true;
  }
  md::ErrorMessage message;
  if (!Parse(record.payload, message)) return false;
  *batch.log.add_lines() = ToLogLine(message);
  return true;
}

}  // namespace evx::gateway
