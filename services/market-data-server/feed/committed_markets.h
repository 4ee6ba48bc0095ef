#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "evx/book/book.h"
#include "evx/core/text_map.h"
#include "evx/market_data/wire_message.h"
#include "evx/marketdata/v1/market_data.pb.h"
#include "feed/feed_batch.h"
#include "pipeline/output_queue.h"

namespace evx::market_data {

// What a client that begins now, or that fell behind, is sent: one whole frame.
struct FeedValue {
  std::int64_t sequence = 0;
  std::string frame;
};

// Best bid and ask of a book.
struct MarketTop {
  // Of the last message of the book that is no proof.
  marketdata::v1::Envelope envelope;
  // Then the levels are not told.
  bool is_in_doubt = false;
  std::optional<book::Level> bid;
  std::optional<book::Level> ask;

  bool HasSameLevels(const MarketTop& other) const {
    return is_in_doubt == other.is_in_doubt && bid == other.bid && ask == other.ask;
  }
};

// Every market as Kafka has been told of it: the book with its number, the last ticker. Folded from
// the messages that were committed, so nothing here is ahead of the topics.
//
// Thread-safe; one lock, held for one transaction's messages or for one value. Costs about a tenth
// of a microsecond a message; a value is encoded once and kept until the market has news.
class CommittedMarkets {
 public:
  // Takes in the messages begin .. end - 1 of a transaction; returns those of markets, for clients.
  std::shared_ptr<const FeedBatch> Commit(const MessageBatch& batch, std::size_t begin,
                                          std::size_t end);

  // The market's place; it is given one if it has none.
  MarketIndex IndexOf(std::string_view ticker);
  std::size_t market_count() const;
  std::string TickerOf(MarketIndex market) const;

  // The present value of the channel: of kBook the whole book, or while that is in doubt the gap;
  // of kTickers the last one. Null when there is none: nothing was told yet, or it is kTrades.
  std::shared_ptr<const FeedValue> ValueOf(MarketIndex market, Topic channel, FeedFormat format);
  // Nothing when nothing was told of the book yet.
  std::optional<MarketTop> TopOf(MarketIndex market) const;

 private:
  struct Market {
    std::string_view ticker;  // Of its key.
    book::Book book;
    bool is_book_trusted = false;
    // The last message of the book that is no proof, and the last ticker, as they stand in the
    // topics; empty: none. While the book is not trusted, the first is a gap.
    std::string book_payload;
    std::int64_t book_sequence = 0;
    std::string ticker_payload;
    std::int64_t ticker_sequence = 0;
    // By channel and format; null when there is news since.
    std::array<std::array<std::shared_ptr<const FeedValue>, kFeedFormatCount>, kStreamCount> values;
  };

  MarketIndex Find(std::string_view ticker) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False when it is no message that the pipeline makes.
  bool FoldBook(Market& market, const OutputView& view, FeedMessage& message)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  static marketdata::v1::Envelope EnvelopeOf(const Market& market);
  std::string PresentBook(const Market& market) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable std::mutex mutex_;
  TextMap<MarketIndex> indices_ ABSL_GUARDED_BY(mutex_);
  std::deque<Market> markets_ ABSL_GUARDED_BY(mutex_);
  MarketIndex last_found_ ABSL_GUARDED_BY(mutex_) = 0;

  // Kept for their memory.
  marketdata::v1::BookMessage message_ ABSL_GUARDED_BY(mutex_);
  WireMessage wire_ ABSL_GUARDED_BY(mutex_);
  std::vector<book::Level> bids_ ABSL_GUARDED_BY(mutex_);
  std::vector<book::Level> asks_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::market_data
