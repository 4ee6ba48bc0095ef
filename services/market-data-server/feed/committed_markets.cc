#include "feed/committed_markets.h"

#include <limits>
#include <utility>

#include "evx/core/check.h"
#include "feed/feed_encoding.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;
using Levels = google::protobuf::RepeatedPtrField<common::v1::PriceLevel>;

constexpr std::size_t kAllLevels = std::numeric_limits<std::size_t>::max();

void Convert(const std::vector<WireLevel>& levels, std::vector<book::Level>& out) {
  out.clear();
  for (const WireLevel& level : levels) {
    out.push_back(
        {Price::FromMicros(level.price_micros), Quantity::FromCentis(level.quantity_centis)});
  }
}

void FillLevels(const std::vector<book::Level>& levels, Levels& out) {
  for (const book::Level& level : levels) {
    common::v1::PriceLevel& added = *out.Add();
    added.set_price_micros(level.price.micros());
    added.set_quantity_centis(level.quantity.centis());
  }
}

bool IsOfMarket(Topic topic) { return static_cast<std::size_t>(topic) < kStreamCount; }

}  // namespace

std::shared_ptr<const FeedBatch> CommittedMarkets::Commit(const MessageBatch& batch,
                                                          std::size_t begin, std::size_t end) {
  auto out = std::make_shared<FeedBatch>();
  out->messages.reserve(end - begin);
  out->bytes.reserve(batch.byte_count(begin, end));
  const std::lock_guard lock(mutex_);
  for (std::size_t i = begin; i < end; ++i) {
    const OutputView view = batch[i];
    if (!IsOfMarket(view.topic)) continue;
    FeedMessage message;
    message.channel = view.topic;
    message.market = Find(view.key);
    message.sequence = view.sequence;
    message.offset = out->bytes.size();
    message.size = view.payload.size();
    Market& market = markets_[message.market];
    if (view.topic == Topic::kTickers) {
      market.ticker_payload = view.payload;
      market.ticker_sequence = view.sequence;
    }
    if (view.topic == Topic::kBook) EVX_CHECK(FoldBook(market, view, message));
    if (!message.is_proof) market.values[static_cast<std::size_t>(view.topic)] = {};
    out->bytes += view.payload;
    out->messages.push_back(message);
  }
  return out;
}

bool CommittedMarkets::FoldBook(Market& market, const OutputView& view, FeedMessage& message) {
  if (!ReadWire(view.payload, message_, wire_)) return false;
  switch (wire_.update) {
    case WireUpdateKind::kDelta: {
      const BookSide side =
          wire_.side == common::v1::BOOK_SIDE_BID ? BookSide::kBid : BookSide::kAsk;
      if (market.book.Set(side, Price::FromMicros(wire_.price_micros),
                          Quantity::FromCentis(wire_.quantity_centis)) !=
          book::ApplyResult::kApplied) {
        return false;
      }
      break;
    }
    case WireUpdateKind::kSnapshot:
      message.is_proof = wire_.cause == pb::SNAPSHOT_CAUSE_PERIODIC;
      if (message.is_proof) return true;  // The book is that already.
      Convert(wire_.bids, bids_);
      Convert(wire_.asks, asks_);
      if (!market.book.Reset(bids_, asks_).ok()) return false;
      market.is_book_trusted = true;
      break;
    case WireUpdateKind::kGap:
      market.is_book_trusted = false;
      break;
    case WireUpdateKind::kNone:
      return false;
  }
  market.book_payload = view.payload;
  market.book_sequence = view.sequence;
  return true;
}

pb::Envelope CommittedMarkets::EnvelopeOf(const Market& market) {
  pb::BookMessage message;
  EVX_CHECK(message.ParseFromString(market.book_payload));
  return std::move(*message.mutable_envelope());
}

MarketIndex CommittedMarkets::Find(std::string_view ticker) {
  // The messages of a market often follow each other.
  if (last_found_ < markets_.size() && markets_[last_found_].ticker == ticker) return last_found_;
  if (const auto found = indices_.find(ticker); found != indices_.end()) {
    return last_found_ = found->second;
  }
  const auto index = static_cast<MarketIndex>(markets_.size());
  // Nodes of the map stay where they are.
  const auto added = indices_.try_emplace(std::string(ticker), index).first;
  markets_.emplace_back().ticker = added->first;
  return index;
}

MarketIndex CommittedMarkets::IndexOf(std::string_view ticker) {
  const std::lock_guard lock(mutex_);
  return Find(ticker);
}

std::size_t CommittedMarkets::market_count() const {
  const std::lock_guard lock(mutex_);
  return markets_.size();
}

std::string CommittedMarkets::TickerOf(MarketIndex market) const {
  const std::lock_guard lock(mutex_);
  EVX_CHECK(market < markets_.size());
  return std::string(markets_[market].ticker);
}

std::shared_ptr<const FeedValue> CommittedMarkets::ValueOf(MarketIndex index, Topic channel,
                                                           FeedFormat format) {
  const std::lock_guard lock(mutex_);
  EVX_CHECK(index < markets_.size());
  Market& market = markets_[index];
  auto& value = market.values[static_cast<std::size_t>(channel)][static_cast<std::size_t>(format)];
  if (value != nullptr) return value;
  std::string payload;
  std::int64_t sequence = 0;
  if (channel == Topic::kBook) {
    payload = market.is_book_trusted ? PresentBook(market) : market.book_payload;
    sequence = market.book_sequence;
  } else if (channel == Topic::kTickers) {
    payload = market.ticker_payload;
    sequence = market.ticker_sequence;
  }
  if (payload.empty()) return nullptr;
  auto made = std::make_shared<FeedValue>();
  made->sequence = sequence;
  made->frame = format == FeedFormat::kJson ? FrameJson(channel, payload)
                                            : FrameHead(channel, payload.size()) + payload;
  value = std::move(made);
  return value;
}

std::optional<MarketTop> CommittedMarkets::TopOf(MarketIndex index) const {
  const std::lock_guard lock(mutex_);
  EVX_CHECK(index < markets_.size());
  const Market& market = markets_[index];
  if (market.book_payload.empty()) return std::nullopt;
  MarketTop top;
  top.envelope = EnvelopeOf(market);
  top.is_in_doubt = !market.is_book_trusted;
  if (market.is_book_trusted) {
    top.bid = market.book.Best(BookSide::kBid);
    top.ask = market.book.Best(BookSide::kAsk);
  }
  return top;
}

std::string CommittedMarkets::PresentBook(const Market& market) {
  bids_.clear();
  asks_.clear();
  market.book.AppendLevels(BookSide::kBid, kAllLevels, bids_);
  market.book.AppendLevels(BookSide::kAsk, kAllLevels, asks_);
  pb::BookMessage message;
  *message.mutable_envelope() = EnvelopeOf(market);
  message.set_market_ticker(market.ticker.data(), market.ticker.size());
  pb::BookSnapshot& snapshot = *message.mutable_snapshot();
  snapshot.set_cause(pb::SNAPSHOT_CAUSE_PERIODIC);
  FillLevels(bids_, *snapshot.mutable_bids());
  FillLevels(asks_, *snapshot.mutable_asks());
  snapshot.set_book_hash(book::HashLevels(market.ticker, bids_, asks_));
  return message.SerializeAsString();
}

}  // namespace evx::market_data
