#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "evx/book/book.h"
#include "evx/core/text_map.h"
#include "evx/market_data/message_batch.h"
#include "evx/market_data/stream_places.h"
#include "evx/market_data/topic.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::market_data {

// What tells one change of a book from another.
struct DeltaPrint {
  BookSide side = BookSide::kBid;
  std::int64_t price_micros = 0;
  std::int64_t delta_centis = 0;
  std::int64_t quantity_centis = 0;
  std::int64_t event_time_ns = 0;

  static DeltaPrint Of(const marketdata::v1::BookDelta& delta);
  friend bool operator==(const DeltaPrint&, const DeltaPrint&) = default;
};

// One market as readers of the topics have it.
struct PublishedMarket {
  StreamPlaces places;
  book::Book book;
  // `book` is what readers have, or had before a gap. False when its beginning has expired.
  bool is_book_known = false;
  // The last change; nothing when the venue's whole book was told since.
  std::optional<DeltaPrint> last_delta;
  int deltas_since_snapshot = 0;
  // The last ticker, as it stands in the topic; empty: none.
  std::string last_ticker;
  std::int64_t last_ticker_time_ns = 0;
};

// What the topics of market data hold, folded message by message. Not thread-safe; about half a
// microsecond for a delta.
class PublishedMarkets {
 public:
  static constexpr std::size_t kTradeCountMax = 100'000;

  // One committed message. Those that cannot be read are counted and left out. Returns its number
  // if who holds what AppendPresent told, and all such messages since, can take it in.
  std::optional<std::int64_t> Apply(Topic topic, std::string_view key, std::string_view payload);
  // After the last record: takes in the numbers of markets whose messages have expired. What
  // readers think of such a book is not known, so it counts as trusted. May be repeated.
  void CountExpired();
  // Every book that is known and trusted, as a snapshot under its number, and every last ticker.
  void AppendPresent(MessageBatch& batch);

  const TextMap<PublishedMarket>& markets() const { return markets_; }
  // Whether the trade was told. Of the last kTradeCountMax ones it is known; what the venue dates
  // before all of them counts as told.
  bool HasTrade(std::string_view trade_id, std::int64_t event_time_ns) const;
  // The newest ones that were told, at most `count_max`.
  std::vector<std::string> LastTrades(std::size_t count_max) const;
  // As Apply has just read it.
  const marketdata::v1::TradeMessage& last_trade() const { return trade_; }
  const marketdata::v1::TickerMessage& last_ticker() const { return ticker_; }
  std::uint64_t record_count() const { return record_count_; }
  std::uint64_t unreadable_count() const { return unreadable_count_; }

 private:
  struct Trade {
    std::string id;
    std::int64_t event_time_ns = 0;
  };

  template <class Message>
  PublishedMarket* Parse(std::string_view key, std::string_view payload, Message& message);
  bool ApplyBook(PublishedMarket& market, const marketdata::v1::BookMessage& message);
  void ApplyNumbers(std::string_view key, std::string_view payload);
  void AddTrade(const marketdata::v1::TradeMessage& message);
  PublishedMarket& Market(std::string_view ticker);

  TextMap<PublishedMarket> markets_;
  std::string source_;                 // Of the last book message.
  TextMap<std::int64_t> known_books_;  // Numbers of evx.md.numbers.v1.
  std::deque<Trade> trades_;
  std::unordered_set<std::string_view> trade_ids_;  // Of trades_.
  std::int64_t forgotten_time_ns_ = 0;              // The latest of a trade that was forgotten.
  std::uint64_t record_count_ = 0;
  std::uint64_t unreadable_count_ = 0;

  // Kept for their memory.
  marketdata::v1::BookMessage book_;
  marketdata::v1::TradeMessage trade_;
  marketdata::v1::TickerMessage ticker_;
  marketdata::v1::MarketNumbers numbers_;
  std::vector<book::Level> bids_;
  std::vector<book::Level> asks_;
};

}  // namespace evx::market_data
