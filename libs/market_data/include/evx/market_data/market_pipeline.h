#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "evx/book/book.h"
#include "evx/core/clock.h"
#include "evx/core/text_map.h"
#include "evx/kalshi_client/feed_events.h"
#include "evx/market_data/held_messages.h"
#include "evx/market_data/message_batch.h"
#include "evx/market_data/message_sink.h"
#include "evx/market_data/pipeline_probe.h"
#include "evx/market_data/published_markets.h"
#include "evx/market_data/stream_places.h"
#include "evx/marketdata/v1/market_data.pb.h"

namespace evx::market_data {

struct PipelineOptions {
  std::string source = "kalshi";  // Of every envelope.
  int deltas_per_snapshot = 10;   // At least 1.
  std::uint64_t trace_seed = 1;   // Of the trace ids; another one for each run.
  // Gets every frame as it came, if there is one, before anything is made of it; for a recorder. No
  // lock is held, and the next frame is not read before it returns.
  std::function<void(int connection, Timestamp received, std::string_view frame)> on_frame = {};
  // Gets every error that is told, also while there is no room in the sink. Must not block.
  std::function<void(const marketdata::v1::ErrorMessage& error)> on_error = {};
  std::string service = "market-data-server";  // Of every ErrorMessage, and its key.
  std::string replay_id = {};  // Of every envelope; empty unless the frames are a replay's.
  // Of what is held back while standing by: at most so many bytes, and so old.
  std::size_t held_bytes_max = std::size_t{64} << 20;
  absl::Duration held_age_max = absl::Seconds(30);
};

// What is known of a market, for people.
struct MarketView {
  std::string ticker;
  bool is_subscribed = false;
  bool is_proven = false;  // The book is the venue's, as far as it told.
  StreamPlaces places;
  std::size_t bid_count = 0;
  std::size_t ask_count = 0;
  std::optional<book::Level> best_bid;
  std::optional<book::Level> best_ask;
  Timestamp updated;  // The book's last change here; 0: none yet.
};

// What a new leader found and told.
struct Succession {
  std::size_t continued_count = 0;  // Books that go on where their readers are.
  std::size_t restated_count = 0;   // Books that are told anew, or as in doubt.
  std::size_t message_count = 0;    // Held back, and published now.
};

struct BookView {
  bool is_proven = false;
  std::int64_t sequence = 0;
  std::uint64_t hash = 0;
  std::vector<book::Level> bids;  // Best first.
  std::vector<book::Level> asks;
};

// What the feed tells becomes messages of the topics; no I/O, no thread, time comes from the clock
// that is passed in.
//
//   snapshot, delta  -> the market's book -> BookMessage: a delta for each change, and behind every
//                       deltas_per_snapshot-th one a snapshot with the number of that delta
//   gap began        -> one gap message for each market whose book it puts in doubt; of the other
//                       channels an ErrorMessage
//   trade, ticker    -> TradeMessage, TickerMessage
//   fault            -> ErrorMessage, at most kErrorsPerSecondMax a second
//
// Each market numbers the messages of each topic by itself (StreamPlaces), and goes on where
// Restore says. What changes nothing is dropped and counted. A change that does not fit its book
// puts the book in doubt; whoever owns the feed must then subscribe the market anew (TakeSuspects).
//
// When the sink is full the books go on, their messages are not made, and numbers are not used up;
// when there is room again, Restate tells each such market as a gap and a snapshot. Trades and
// tickers of that time are lost, and counted.
//
// A standby does the same with the same frames and holds back what it would publish: StandBy. When
// it leads, it finds the place in that where the one before it ended, and goes on from there: Lead.
//
// Thread-safe; one lock, held for one event. Without heap allocation for a delta, about 1 us.
class MarketPipeline final : public kalshi_client::FeedListener {
 public:
  static constexpr int kErrorsPerSecondMax = 100;
  static constexpr std::size_t kErrorPayloadBytesMax = std::size_t{64} << 10;

  // `sink`, `clock` and `probe` must outlive the pipeline.
  MarketPipeline(PipelineOptions options, MessageSink& sink, const Clock& clock,
                 PipelineProbe& probe);

  // Where the streams end that earlier publishers have written. Each market whose readers take its
  // book for proven is told to be in doubt (GAP_CAUSE_RESTARTED). Before everything else.
  void Restore(const TextMap<StreamPlaces>& places);

  // Every book is in doubt from here on, because the frames that come do not follow those before
  // (GAP_CAUSE_RESTARTED). The markets stay wanted.
  void Interrupt();
  // From here on messages are held back, and numbers mean nothing (views show none).
  void StandBy();
  // What was made here before StandBy and not published is held back too; the latest batch first.
  void HoldUnpublished(const MessageBatch& batch);
  // Publishes from here on, behind what the topics hold, to which nobody adds any more. A book that
  // readers hold, and that this server had too, goes on without a gap: what was held back of it
  // since is published, and so are trades and tickers. Any other book is told to be in doubt
  // (GAP_CAUSE_RESTARTED) and followed by a snapshot.
  //
  // A book of which nothing is held back is the readers' when it is equal and was followed here
  // since before `covered`, a time at which the earlier leader still published.
  //
  // Nothing, and nothing changed, when some readers have more than has arrived here yet; with
  // `is_last_try` their books are told anew. Only after StandBy.
  std::optional<Succession> Lead(const PublishedMarkets& published, Timestamp covered,
                                 bool is_last_try);

  // Markets whose events are wanted; others are dropped. A market that is removed and whose book is
  // not empty is told to be in doubt, because nobody follows it any more; its numbers are kept.
  void AddMarkets(const std::vector<std::string>& tickers);
  void RemoveMarkets(const std::vector<std::string>& tickers);

  // Tells what was not told while the sink was full. To be called when there is room.
  void Restate();
  // Markets whose books do not fit the venue's changes, since the last call.
  std::vector<std::string> TakeSuspects();
  // True when the venue has announced, since the last call, that there are other markets.
  bool TakeCatalogueChange() { return catalogue_changed_.exchange(false); }
  // What went wrong elsewhere, for the topic of errors; `market_ticker` may be empty.
  void ReportError(std::string_view kind, std::string_view detail, std::string_view market_ticker);

  std::optional<MarketView> FindMarket(std::string_view ticker) const;
  // At most `count_max` markets whose tickers begin with `prefix`, behind `after`, in order.
  std::vector<MarketView> ListMarkets(std::string_view prefix, std::string_view after,
                                      std::size_t count_max) const;
  // Nothing: the market was never subscribed. At most `depth` levels a side.
  std::optional<BookView> FindBook(std::string_view ticker, std::size_t depth) const;
  std::size_t market_count() const;
  std::size_t proven_count() const;

  void OnFrame(int connection, Timestamp received, std::string_view frame) override;
  void OnSnapshot(const kalshi_client::FeedPosition& position,
                  const kalshi::OrderbookSnapshot& snapshot) override;
  void OnDelta(const kalshi_client::FeedPosition& position,
               const kalshi::OrderbookDelta& delta) override;
  void OnTicker(const kalshi_client::FeedPosition& position,
                const kalshi::TickerUpdate& ticker) override;
  void OnTrade(const kalshi_client::FeedPosition& position,
               const kalshi::TradeUpdate& trade) override;
  void OnMarketLifecycle(const kalshi_client::FeedPosition& position,
                         const kalshi::MarketLifecycleUpdate& update) override;
  // Every message carries this replay id from now on.
  void OnReplay(std::string_view replay_id) override;
  void OnGapBegan(const kalshi_client::FeedGap& gap) override;
  void OnGapEnded(const kalshi_client::FeedGap& gap) override;
  void OnFault(const kalshi_client::FeedFault& fault) override;

 private:
  struct Market {
    std::string_view ticker;  // Of its key.
    StreamPlaces places;
    book::Book book;
    bool is_wanted = false;
    bool is_proven = false;
    // Something was not told because the sink was full; listed in behind_.
    bool is_behind = false;
    int deltas_since_snapshot = 0;
    Timestamp updated;
    Timestamp doubt_since;
    Timestamp proven_since;
    std::optional<DeltaPrint> last_delta;  // Since the last whole book of the venue.
    std::optional<DeltaPrint> held_base;   // The same, before what is held back.
    std::optional<kalshi::TickerUpdate> last_ticker;
  };
  // How the streams of a market go on behind those of the leader before.
  struct Continuation;
  // Where a message comes from.
  struct Origin {
    std::int64_t sid = 0;
    std::uint64_t seq = 0;
    Timestamp received;
  };
  static Origin OriginOf(const kalshi_client::FeedPosition& position) {
    return {position.sid, position.seq, position.received};
  }

  Market& Add(std::string_view ticker) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Null, and counted, when its events are not wanted.
  Market* FindWanted(std::string_view ticker) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  MarketView ViewOf(const Market& market) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void SetProven(Market& market, bool is_proven) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void CountMarkets() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  // The book is in doubt from here on; told once until the next snapshot.
  void Doubt(Market& market, marketdata::v1::GapCause cause, const Origin& origin,
             const kalshi_client::FeedGap* gap = nullptr) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void DoubtInconsistent(Market& market, const Origin& origin, std::string_view detail)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // False, and the market is behind, when the sink is full.
  bool TellGap(Market& market, marketdata::v1::GapCause cause, const Origin& origin,
               const kalshi_client::FeedGap* gap) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool TellVenueSnapshot(Market& market, const Origin& origin)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellDelta(Market& market, const Origin& origin, BookSide side, Price price,
                 const kalshi::OrderbookDelta& delta) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool TellSnapshot(Market& market, marketdata::v1::SnapshotCause cause, std::int64_t sequence,
                    const Origin& origin) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TellError(std::string_view kind, std::string_view detail, std::string_view market_ticker,
                 std::string_view payload) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void FallBehind(Market& market) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  bool is_standing_by() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) { return sink_ == &held_; }
  // Made and not held back.
  void Count(BookKind kind) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void OnHeldDropped(const HeldMessages::Message& message) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Continuation> PlanContinuations(const PublishedMarkets& published, Timestamp covered)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The last ticker here is one that readers had before their last one.
  static bool IsBefore(const std::optional<kalshi::TickerUpdate>& ticker,
                       const PublishedMarket& published);
  void PlanTickers(Continuation& plan) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ContinueBook(Continuation& plan, Succession& counts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ContinueTrades(Continuation& plan, Succession& counts) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void ContinueTickers(Continuation& plan, Succession& counts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // One held message under the next number; false: no room.
  template <class Message>
  bool PublishHeld(Market& market, Topic topic, Message& message, Succession& counts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  void Fill(const Origin& origin, std::int64_t sequence, marketdata::v1::Envelope& envelope)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Everything but the envelope.
  static void FillTicker(const kalshi::TickerUpdate& ticker,
                         marketdata::v1::TickerMessage& message);
  void NewTrace() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const PipelineOptions options_;
  MessageSink& output_;
  const Clock& clock_;
  PipelineProbe& probe_;
  std::atomic<bool> catalogue_changed_ = false;

  mutable std::mutex mutex_;
  MessageSink* sink_ ABSL_GUARDED_BY(mutex_);  // output_ or held_.
  HeldMessages held_ ABSL_GUARDED_BY(mutex_);
  // Trades that the leader before has told, and that may still arrive here.
  std::unordered_set<std::string> told_trades_ ABSL_GUARDED_BY(mutex_);
  TextMap<Market> markets_ ABSL_GUARDED_BY(mutex_);
  // The same in the order of tickers.
  std::map<std::string_view, Market*> sorted_ ABSL_GUARDED_BY(mutex_);
  std::size_t wanted_count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::size_t proven_count_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<Market*> behind_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> suspects_ ABSL_GUARDED_BY(mutex_);

  std::string frame_ ABSL_GUARDED_BY(mutex_);  // The last one.
  std::string replay_id_ ABSL_GUARDED_BY(mutex_);
  std::string trace_id_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t trace_state_ ABSL_GUARDED_BY(mutex_);
  std::int64_t error_second_ ABSL_GUARDED_BY(mutex_) = 0;
  int errors_in_second_ ABSL_GUARDED_BY(mutex_) = 0;

  // Kept for their memory.
  book::Book scratch_book_ ABSL_GUARDED_BY(mutex_);
  std::vector<book::Level> bids_ ABSL_GUARDED_BY(mutex_);
  std::vector<book::Level> asks_ ABSL_GUARDED_BY(mutex_);
  marketdata::v1::BookMessage delta_message_ ABSL_GUARDED_BY(mutex_);
  marketdata::v1::BookMessage snapshot_message_ ABSL_GUARDED_BY(mutex_);
  marketdata::v1::BookMessage gap_message_ ABSL_GUARDED_BY(mutex_);
  marketdata::v1::TradeMessage trade_message_ ABSL_GUARDED_BY(mutex_);
  marketdata::v1::TickerMessage ticker_message_ ABSL_GUARDED_BY(mutex_);
  marketdata::v1::ErrorMessage error_message_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace evx::market_data
