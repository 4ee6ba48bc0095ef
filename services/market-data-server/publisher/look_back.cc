#include "publisher/look_back.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "evx/core/status.h"
#include "pipeline/topics.h"

namespace evx::market_data {
namespace {

constexpr const char* kClientId = "market-data-server";
constexpr std::size_t kRecordsPerPoll = 10'000;
constexpr absl::Duration kRequestTimeout = absl::Seconds(5);
constexpr absl::Duration kPollTimeout = absl::Milliseconds(200);
constexpr std::array<Topic, 4> kTopics = {Topic::kBook, Topic::kTrades, Topic::kTickers,
                                          Topic::kNumbers};

std::optional<Topic> TopicOf(std::string_view name) {
  const auto found = std::find_if(kTopics.begin(), kTopics.end(),
                                  [name](Topic topic) { return name == TopicName(topic); });
  if (found == kTopics.end()) return std::nullopt;
  return *found;
}

}  // namespace

absl::StatusOr<std::unique_ptr<TopicReader>> TopicReader::Open(const std::string& brokers,
                                                               LookBackVisitor visitor,
                                                               OnNews on_news) {
  std::unique_ptr<TopicReader> reader(new TopicReader(std::move(visitor), std::move(on_news)));
  // A client that reads nothing: a question behind a fetch waits for records that may never come,
  // half a second for each partition.
  EVX_ASSIGN_OR_RETURN(reader->client_,
                       kafka::Producer::Open({.brokers = brokers, .client_id = kClientId}));
  std::vector<std::string> names;
  for (const Topic topic : kTopics) {
    names.emplace_back(TopicName(topic));
    EVX_ASSIGN_OR_RETURN(const auto extents,
                         reader->client_->Extents(names.back(), kRequestTimeout));
    reader->partition_count_ += extents.size();
  }
  EVX_ASSIGN_OR_RETURN(
      reader->consumer_,
      kafka::Consumer::Open(
          {.brokers = brokers, .client_id = kClientId, .topics = names, .watch_ends = true}));
  return reader;
}

absl::Status TopicReader::Poll(absl::Duration timeout) {
  EVX_ASSIGN_OR_RETURN(const kafka::RecordBatch batch, consumer_->Poll(kRecordsPerPoll, timeout));
  for (std::size_t i = 0; i < batch.size(); ++i) Read(batch[i]);
  if (!is_read_up()) return absl::OkStatus();
  published_.CountExpired();
  if (!std::exchange(was_read_up_, true) && on_news_) published_.AppendPresent(news_);
  if (!news_.empty()) on_news_(news_);
  news_.Clear();
  return absl::OkStatus();
}

void TopicReader::Read(const kafka::RecordView& record) {
  const std::optional<Topic> topic = TopicOf(record.topic);
  if (!topic) return;
  const auto sequence = published_.Apply(*topic, record.key, record.payload);
  if (!sequence) return;
  if (was_read_up_) {
    if (on_news_) news_.Append(*topic, record.key, *sequence, record.payload);
  } else if (*topic == Topic::kTrades) {
    if (visitor_.on_trade) visitor_.on_trade(published_.last_trade());
  } else if (*topic == Topic::kTickers) {
    if (visitor_.on_ticker) visitor_.on_ticker(published_.last_ticker());
  }
}

absl::Status TopicReader::ReadUp(const std::function<bool()>& should_stop) {
  std::map<kafka::TopicPartition, kafka::Extent> ends;
  for (const Topic topic : kTopics) {
    EVX_ASSIGN_OR_RETURN(auto extents, client_->Extents(TopicName(topic), kRequestTimeout));
    ends.merge(extents);
  }
  const auto is_there = [this](const auto& end) {
    const auto place = consumer_->places().find(end.first);
    return place != consumer_->places().end() && place->second >= end.second.end;
  };
  while (!is_read_up() || !std::all_of(ends.begin(), ends.end(), is_there)) {
    if (should_stop()) return absl::CancelledError("stopped");
    EVX_RETURN_IF_ERROR(Poll(kPollTimeout));
  }
  return absl::OkStatus();
}

LookBackResult TopicReader::result() const {
  LookBackResult result;
  for (const auto& [ticker, market] : published_.markets()) result.places[ticker] = market.places;
  result.record_count = published_.record_count();
  result.unreadable_count = published_.unreadable_count();
  return result;
}

absl::StatusOr<LookBackResult> LookBack(const std::string& brokers,
                                        const std::function<bool()>& should_stop,
                                        const LookBackVisitor& visitor) {
  EVX_ASSIGN_OR_RETURN(const auto reader, TopicReader::Open(brokers, visitor));
  EVX_RETURN_IF_ERROR(reader->ReadUp(should_stop));
  return reader->result();
}

}  // namespace evx::market_data
