#include "publisher/look_back.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "evx/core/status.h"
#include "evx/kafka/consumer.h"
#include "evx/kafka/producer.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "pipeline/topics.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;

constexpr const char* kClientId = "market-data-server";
constexpr std::size_t kRecordsPerPoll = 10'000;
constexpr absl::Duration kRequestTimeout = absl::Seconds(5);
constexpr absl::Duration kPollTimeout = absl::Milliseconds(200);

// Asked by a client that reads nothing: a question behind a fetch waits for records that may never
// come, half a second for each partition.
absl::StatusOr<std::size_t> CountPartitions(const std::string& brokers,
                                            const std::vector<std::string>& topics) {
  EVX_ASSIGN_OR_RETURN(const auto client,
                       kafka::Producer::Open({.brokers = brokers, .client_id = kClientId}));
  std::size_t count = 0;
  for (const std::string& topic : topics) {
    EVX_ASSIGN_OR_RETURN(const auto extents, client->Extents(topic, kRequestTimeout));
    count += extents.size();
  }
  return count;
}

class Reader {
 public:
  Reader(LookBackResult& result, const LookBackVisitor& visitor)
      : result_(result), visitor_(visitor) {}

  void Read(const kafka::RecordView& record) {
    ++result_.record_count;
    if (record.topic == TopicName(Topic::kBook)) {
      if (const auto sequence = Parse(record, book_)) {
        StreamPlaces& places = Put(record.key, Topic::kBook, *sequence);
        if (places[Topic::kBook] == *sequence) places.is_book_trusted = !book_.has_gap();
      }
    } else if (record.topic == TopicName(Topic::kNumbers)) {
      ReadNumbers(record);
    } else if (record.topic == TopicName(Topic::kTrades)) {
      if (const auto sequence = Parse(record, trade_)) {
        Put(record.key, Topic::kTrades, *sequence);
        if (visitor_.on_trade) visitor_.on_trade(trade_);
      }
    } else if (const auto sequence = Parse(record, ticker_)) {
      Put(record.key, Topic::kTickers, *sequence);
      if (visitor_.on_ticker) visitor_.on_ticker(ticker_);
    }
  }

  // After the last record. What readers think of a book whose messages have expired is not known.
  void Finish() {
    for (const auto& [ticker, sequence] : known_books_) {
      StreamPlaces& places = result_.places[ticker];
      if (places[Topic::kBook] >= sequence) continue;
      places[Topic::kBook] = sequence;
      places.is_book_trusted = true;
    }
  }

 private:
  template <class Message>
  std::optional<std::int64_t> Parse(const kafka::RecordView& record, Message& message) {
    if (!message.ParseFromArray(record.payload.data(), static_cast<int>(record.payload.size())) ||
        message.envelope().sequence() < 1 || message.market_ticker() != record.key) {
      ++result_.unreadable_count;
      return std::nullopt;
    }
    return message.envelope().sequence();
  }

  void ReadNumbers(const kafka::RecordView& record) {
    if (!numbers_.ParseFromArray(record.payload.data(), static_cast<int>(record.payload.size())) ||
        numbers_.market_ticker() != record.key) {
      ++result_.unreadable_count;
      return;
    }
    Put(record.key, Topic::kTrades, numbers_.trade_sequence());
    Put(record.key, Topic::kTickers, numbers_.ticker_sequence());
    auto& known = known_books_[std::string(record.key)];
    known = std::max(known, numbers_.book_sequence());
  }

  StreamPlaces& Put(std::string_view ticker, Topic topic, std::int64_t sequence) {
    auto found = result_.places.find(ticker);
    if (found == result_.places.end()) {
      found = result_.places.try_emplace(std::string(ticker)).first;
    }
    std::int64_t& last = found->second[topic];
    if (sequence > last) last = sequence;
    return found->second;
  }

  LookBackResult& result_;
  const LookBackVisitor& visitor_;
  TextMap<std::int64_t> known_books_;  // By market, of evx.md.numbers.v1.
  pb::BookMessage book_;
  pb::TradeMessage trade_;
  pb::TickerMessage ticker_;
  pb::MarketNumbers numbers_;
};

}  // namespace

absl::StatusOr<LookBackResult> LookBack(const std::string& brokers,
                                        const std::function<bool()>& should_stop,
                                        const LookBackVisitor& visitor) {
  const std::vector<std::string> topics = {TopicName(Topic::kBook), TopicName(Topic::kTrades),
                                           TopicName(Topic::kTickers), TopicName(Topic::kNumbers)};
  EVX_ASSIGN_OR_RETURN(const std::size_t partition_count, CountPartitions(brokers, topics));
  EVX_ASSIGN_OR_RETURN(
      const auto consumer,
      kafka::Consumer::Open(
          {.brokers = brokers, .client_id = kClientId, .topics = topics, .watch_ends = true}));
  LookBackResult result;
  Reader reader(result, visitor);
  while (consumer->read_up().size() < partition_count) {
    if (should_stop()) return absl::CancelledError("stopped");
    EVX_ASSIGN_OR_RETURN(const kafka::RecordBatch batch,
                         consumer->Poll(kRecordsPerPoll, kPollTimeout));
    for (std::size_t i = 0; i < batch.size(); ++i) reader.Read(batch[i]);
  }
  reader.Finish();
  return result;
}

}  // namespace evx::market_data
