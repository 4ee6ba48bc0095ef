#include "evx/market_data/market_pipeline.h"

#include <limits>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/check.h"
#include "evx/core/status.h"

namespace evx::market_data {
namespace {

namespace pb = marketdata::v1;
using kalshi_client::FeedFaultKind;
using kalshi_client::FeedGap;
using kalshi_client::FeedPosition;

constexpr int kSchemaVersion = 1;
constexpr std::size_t kAllLevels = std::numeric_limits<std::size_t>::max();
constexpr std::size_t kSuspectCountMax = 10'000;
constexpr std::size_t kDetailBytesMax = 1'000;

common::v1::BookSide ToProto(BookSide side) {
  return side == BookSide::kBid ? common::v1::BOOK_SIDE_BID : common::v1::BOOK_SIDE_ASK;
}

pb::GapCause ToProto(kalshi_client::GapCause cause) {
  switch (cause) {
    case kalshi_client::GapCause::kSequence:
      return pb::GAP_CAUSE_SEQUENCE;
    case kalshi_client::GapCause::kUnreadable:
      return pb::GAP_CAUSE_UNREADABLE;
    case kalshi_client::GapCause::kEnded:
      return pb::GAP_CAUSE_ENDED;
    case kalshi_client::GapCause::kDisconnected:
      return pb::GAP_CAUSE_DISCONNECTED;
  }
  EVX_CHECK(false);
}

// Levels of one side of the venue, which are all bids, in YES space.
void Convert(const std::vector<kalshi::BookLevel>& levels, bool is_no,
             std::vector<book::Level>& out) {
  out.clear();
  for (const kalshi::BookLevel& level : levels) {
    out.push_back({is_no ? level.price.Complement() : level.price, level.count});
  }
}

void FillLevels(const std::vector<book::Level>& levels,
                google::protobuf::RepeatedPtrField<common::v1::PriceLevel>& out) {
  out.Clear();
  for (const book::Level& level : levels) {
    common::v1::PriceLevel& added = *out.Add();
    added.set_price_micros(level.price.micros());
    added.set_quantity_centis(level.quantity.centis());
  }
}

bool IsSame(kalshi::TickerUpdate a, const kalshi::TickerUpdate& b) {
  a.time = b.time;
  return a == b;
}

// Fit for a text of protobuf, whatever a venue has sent.
std::string Printable(std::string_view text) {
  std::string printable(text.substr(0, kDetailBytesMax));
  for (char& c : printable) {
    if (c < ' ' || c > '~') c = '?';
  }
  return printable;
}

// SplitMix64; trace ids must differ, not surprise.
std::uint64_t NextRandom(std::uint64_t& state) {
  std::uint64_t z = state += 0x9e3779b97f4a7c15;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

}  // namespace

MarketPipeline::MarketPipeline(PipelineOptions options, MessageSink& sink, const Clock& clock,
                               PipelineProbe& probe)
    : options_(std::move(options)),
      output_(sink),
      clock_(clock),
      probe_(probe),
      sink_(&sink),
      held_(options_.held_bytes_max, options_.held_age_max,
            [this](const HeldMessages::Message& message) { OnHeldDropped(message); }),
      replay_id_(options_.replay_id),
      trace_state_(options_.trace_seed) {
  EVX_CHECK(options_.deltas_per_snapshot >= 1);
}

void MarketPipeline::Restore(const TextMap<StreamPlaces>& places) {
  const std::lock_guard lock(mutex_);
  EVX_CHECK(markets_.empty());
  NewTrace();
  for (const auto& [ticker, place] : places) {
    Market& market = Add(ticker);
    market.places = place;
    Doubt(market, pb::GAP_CAUSE_RESTARTED, {});
  }
}

void MarketPipeline::Interrupt() {
  const std::lock_guard lock(mutex_);
  NewTrace();
  for (const auto& [ticker, market] : sorted_) Doubt(*market, pb::GAP_CAUSE_RESTARTED, {});
}

void MarketPipeline::AddMarkets(const std::vector<std::string>& tickers) {
  const std::lock_guard lock(mutex_);
  for (const std::string& ticker : tickers) {
    Market& market = Add(ticker);
    if (market.is_wanted) continue;
    market.is_wanted = true;
    market.doubt_since = clock_.Now();
    ++wanted_count_;
  }
  CountMarkets();
}

void MarketPipeline::RemoveMarkets(const std::vector<std::string>& tickers) {
  const std::lock_guard lock(mutex_);
  NewTrace();
  for (const std::string& ticker : tickers) {
    Market* const market = FindWanted(ticker);
    if (market == nullptr) continue;
    const bool is_empty = market->book == book::Book();
    if (!is_empty || !market->is_proven) Doubt(*market, pb::GAP_CAUSE_ENDED, {});
    SetProven(*market, false);
    market->book = book::Book();
    market->last_ticker.reset();
    market->is_wanted = false;
    --wanted_count_;
  }
  CountMarkets();
}

void MarketPipeline::Restate() {
  const std::lock_guard lock(mutex_);
  if (behind_.empty()) return;
  NewTrace();
  while (!behind_.empty()) {
    Market& market = *behind_.back();
    if (market.places.is_book_trusted && !TellGap(market, pb::GAP_CAUSE_OVERFLOW, {}, nullptr)) {
      return;
    }
    if (market.is_proven && !TellVenueSnapshot(market, {})) return;
    market.is_behind = false;
    behind_.pop_back();
  }
}

std::vector<std::string> MarketPipeline::TakeSuspects() {
  const std::lock_guard lock(mutex_);
  return std::exchange(suspects_, {});
}

void MarketPipeline::ReportError(std::string_view kind, std::string_view detail,
                                 std::string_view market_ticker) {
  const std::lock_guard lock(mutex_);
  NewTrace();
  TellError(kind, detail, market_ticker, {});
}

std::optional<MarketView> MarketPipeline::FindMarket(std::string_view ticker) const {
  const std::lock_guard lock(mutex_);
  const auto found = markets_.find(ticker);
  if (found == markets_.end()) return std::nullopt;
  return ViewOf(found->second);
}

std::vector<MarketView> MarketPipeline::ListMarkets(std::string_view prefix, std::string_view after,
                                                    std::size_t count_max) const {
  const std::lock_guard lock(mutex_);
  std::vector<MarketView> views;
  auto next = after < prefix ? sorted_.lower_bound(prefix) : sorted_.upper_bound(after);
  for (; next != sorted_.end() && views.size() < count_max; ++next) {
    if (!next->first.starts_with(prefix)) break;
    views.push_back(ViewOf(*next->second));
  }
  return views;
}

std::optional<BookView> MarketPipeline::FindBook(std::string_view ticker, std::size_t depth) const {
  const std::lock_guard lock(mutex_);
  const auto found = markets_.find(ticker);
  if (found == markets_.end()) return std::nullopt;
  const Market& market = found->second;
  BookView view;
  view.is_proven = market.is_proven;
  view.sequence = is_standing_by() ? 0 : market.places[Topic::kBook];
  view.hash = book::HashBook(market.ticker, market.book);
  market.book.AppendLevels(BookSide::kBid, depth, view.bids);
  market.book.AppendLevels(BookSide::kAsk, depth, view.asks);
  return view;
}

std::size_t MarketPipeline::market_count() const {
  const std::lock_guard lock(mutex_);
  return wanted_count_;
}

std::size_t MarketPipeline::proven_count() const {
  const std::lock_guard lock(mutex_);
  return proven_count_;
}

void MarketPipeline::OnFrame(int connection, Timestamp received, std::string_view frame) {
  probe_.FrameReceived();
  if (options_.on_frame) options_.on_frame(connection, received, frame);
  const std::lock_guard lock(mutex_);
  frame_.assign(frame.substr(0, kErrorPayloadBytesMax));
  NewTrace();
}

void MarketPipeline::OnSnapshot(const FeedPosition& position,
                                const kalshi::OrderbookSnapshot& snapshot) {
  const std::lock_guard lock(mutex_);
  Market* const market = FindWanted(snapshot.market_ticker);
  if (market == nullptr) return;
  Convert(snapshot.book.yes, /*is_no=*/false, bids_);
  Convert(snapshot.book.no, /*is_no=*/true, asks_);
  if (const absl::Status status = scratch_book_.Reset(bids_, asks_); !status.ok()) {
    return DoubtInconsistent(*market, OriginOf(position), MessageOf(status));
  }
  if (market->is_proven && scratch_book_ == market->book) {
    return probe_.Dropped(DropReason::kSameSnapshot);
  }
  std::swap(market->book, scratch_book_);
  market->last_delta.reset();
  if (!market->is_proven) {
    probe_.BookRepaired(position.received - market->doubt_since);
    market->proven_since = position.received;
  }
  SetProven(*market, true);
  market->updated = position.received;
  if (market->is_behind) return probe_.Dropped(DropReason::kNoRoom);
  TellVenueSnapshot(*market, OriginOf(position));
}

void MarketPipeline::OnDelta(const FeedPosition& position, const kalshi::OrderbookDelta& delta) {
  const std::lock_guard lock(mutex_);
  Market* const market = FindWanted(delta.market_ticker);
  if (market == nullptr) return;
  if (position.is_in_doubt || !market->is_proven) return probe_.Dropped(DropReason::kInDoubt);
  const bool is_no = delta.side == ContractSide::kNo;
  const BookSide side = is_no ? BookSide::kAsk : BookSide::kBid;
  const Price price = is_no ? delta.price.Complement() : delta.price;
  switch (market->book.Apply(side, price, delta.delta)) {
    case book::ApplyResult::kUnchanged:
      return probe_.Dropped(DropReason::kNoChange);
    case book::ApplyResult::kBadPrice:
    case book::ApplyResult::kBadQuantity:
      return DoubtInconsistent(
          *market, OriginOf(position),
          absl::StrFormat("%d centis at %d micros do not fit the %d centis that rest there",
                          delta.delta.centis(), price.micros(),
                          market->book.QuantityAt(side, price).centis()));
    case book::ApplyResult::kApplied:
      break;
  }
  market->updated = position.received;
  if (market->is_behind) return probe_.Dropped(DropReason::kNoRoom);
  TellDelta(*market, OriginOf(position), side, price, delta);
}

void MarketPipeline::OnTicker(const FeedPosition& position, const kalshi::TickerUpdate& ticker) {
  const std::lock_guard lock(mutex_);
  Market* const market = FindWanted(ticker.market_ticker);
  if (market == nullptr) return;
  if (market->last_ticker && IsSame(*market->last_ticker, ticker)) {
    return probe_.Dropped(DropReason::kSameTicker);
  }
  pb::TickerMessage& message = ticker_message_;
  std::int64_t& sequence = market->places[Topic::kTickers];
  Fill(OriginOf(position), sequence + 1, *message.mutable_envelope());
  FillTicker(ticker, message);
  if (!sink_->Publish(Topic::kTickers, market->ticker, sequence + 1, message, position.received)) {
    return probe_.Dropped(DropReason::kNoRoom);
  }
  ++sequence;
  market->last_ticker = ticker;
  if (!is_standing_by()) probe_.TickerMessage();
}

void MarketPipeline::FillTicker(const kalshi::TickerUpdate& ticker, pb::TickerMessage& message) {
  message.set_market_ticker(ticker.market_ticker);
  message.set_last_price_micros(ticker.last_price.micros());
  message.set_last_trade_size_centis(ticker.last_trade_size.centis());
  message.set_bid_price_micros(ticker.yes_bid.micros());
  message.set_bid_size_centis(ticker.yes_bid_size.centis());
  message.set_ask_price_micros(ticker.yes_ask.micros());
  message.set_ask_size_centis(ticker.yes_ask_size.centis());
  message.set_volume_centis(ticker.volume.centis());
  message.set_open_interest_centis(ticker.open_interest.centis());
  message.set_dollar_volume(ticker.dollar_volume);
  message.set_dollar_open_interest(ticker.dollar_open_interest);
  message.set_event_time_ns(ticker.time.nanos());
}

void MarketPipeline::OnTrade(const FeedPosition& position, const kalshi::TradeUpdate& trade) {
  const std::lock_guard lock(mutex_);
  Market* const market = FindWanted(trade.market_ticker);
  if (market == nullptr) return;
  if (told_trades_.contains(trade.trade_id)) return probe_.Dropped(DropReason::kAlreadyTold);
  pb::TradeMessage& message = trade_message_;
  std::int64_t& sequence = market->places[Topic::kTrades];
  Fill(OriginOf(position), sequence + 1, *message.mutable_envelope());
  message.set_market_ticker(trade.market_ticker);
  message.set_trade_id(trade.trade_id);
  message.set_price_micros(trade.yes_price.micros());
  message.set_quantity_centis(trade.count.centis());
  message.set_taker_side(ToProto(trade.taker_side));
  message.set_is_block_trade(trade.is_block_trade);
  message.set_event_time_ns(trade.time.nanos());
  if (!sink_->Publish(Topic::kTrades, market->ticker, sequence + 1, message, position.received)) {
    return probe_.Dropped(DropReason::kNoRoom);
  }
  ++sequence;
  if (!is_standing_by()) probe_.TradeMessage();
}

void MarketPipeline::OnMarketLifecycle(const FeedPosition& /*position*/,
                                       const kalshi::MarketLifecycleUpdate& update) {
  switch (update.event_type) {
    case kalshi::MarketLifecycleEvent::kCreated:
    case kalshi::MarketLifecycleEvent::kActivated:
    case kalshi::MarketLifecycleEvent::kDeactivated:
    case kalshi::MarketLifecycleEvent::kDetermined:
    case kalshi::MarketLifecycleEvent::kSettled:
      catalogue_changed_ = true;
      return;
    case kalshi::MarketLifecycleEvent::kCloseDateUpdated:
    case kalshi::MarketLifecycleEvent::kPriceLevelStructureUpdated:
    case kalshi::MarketLifecycleEvent::kMetadataUpdated:
      return;
  }
  EVX_CHECK(false);
}

void MarketPipeline::OnReplay(std::string_view replay_id) {
  const std::lock_guard lock(mutex_);
  replay_id_ = replay_id;
}

void MarketPipeline::OnGapBegan(const FeedGap& gap) {
  const std::lock_guard lock(mutex_);
  if (gap.channel != kalshi::Channel::kOrderbookDelta) {
    // The venue does not repeat them, and their own numbers here show no hole.
    const std::string_view channel = kalshi::ToWire(gap.channel);
    return TellError("lost_updates",
                     gap.cause == kalshi_client::GapCause::kSequence
                         ? absl::StrFormat("channel %s: number %d came instead of %d", channel,
                                           gap.received_seq, gap.expected_seq)
                         : absl::StrFormat("channel %s: %s", channel, ToString(ToProto(gap.cause))),
                     {}, {});
  }
  for (const std::string& ticker : gap.markets) {
    const auto found = markets_.find(ticker);
    if (found == markets_.end() || !found->second.is_wanted) continue;
    Doubt(found->second, ToProto(gap.cause), {gap.sid, gap.received_seq, gap.at}, &gap);
  }
}

void MarketPipeline::OnGapEnded(const FeedGap& gap) {
  const std::lock_guard lock(mutex_);
  for (const std::string& ticker : gap.markets) {
    TellError("silent_market", "no snapshot came although it was asked for", ticker, {});
  }
}

void MarketPipeline::OnFault(const kalshi_client::FeedFault& fault) {
  const std::lock_guard lock(mutex_);
  probe_.Fault(fault.kind);
  std::string_view payload;
  switch (fault.kind) {
    case FeedFaultKind::kUnreadable:
    case FeedFaultKind::kUnknownType:
    case FeedFaultKind::kUnknownSid:
    case FeedFaultKind::kWrongChannel:
    case FeedFaultKind::kDuplicate:
    case FeedFaultKind::kRefused:
      payload = frame_;
      break;
    case FeedFaultKind::kNoAnswer:
    case FeedFaultKind::kReplay:
      break;
  }
  TellError(kalshi_client::ToString(fault.kind), fault.detail, {}, payload);
}

MarketPipeline::Market& MarketPipeline::Add(std::string_view ticker) {
  if (const auto found = markets_.find(ticker); found != markets_.end()) return found->second;
  // Nodes of the map stay where they are.
  const auto added = markets_.try_emplace(std::string(ticker)).first;
  added->second.ticker = added->first;
  sorted_.emplace(added->first, &added->second);
  return added->second;
}

MarketPipeline::Market* MarketPipeline::FindWanted(std::string_view ticker) {
  const auto found = markets_.find(ticker);
  if (found != markets_.end() && found->second.is_wanted) return &found->second;
  probe_.Dropped(DropReason::kUnknownMarket);
  return nullptr;
}

MarketView MarketPipeline::ViewOf(const Market& market) const {
  return {std::string(market.ticker),
          market.is_wanted,
          market.is_proven,
          is_standing_by() ? StreamPlaces() : market.places,
          market.book.level_count(BookSide::kBid),
          market.book.level_count(BookSide::kAsk),
          market.book.Best(BookSide::kBid),
          market.book.Best(BookSide::kAsk),
          market.updated};
}

void MarketPipeline::SetProven(Market& market, bool is_proven) {
  if (market.is_proven == is_proven) return;
  market.is_proven = is_proven;
  if (is_proven) {
    ++proven_count_;
  } else {
    --proven_count_;
  }
  CountMarkets();
}

void MarketPipeline::CountMarkets() {
  probe_.SetMarkets(proven_count_, wanted_count_ - proven_count_);
}

void MarketPipeline::Doubt(Market& market, pb::GapCause cause, const Origin& origin,
                           const FeedGap* gap) {
  if (market.is_proven) market.doubt_since = clock_.Now();
  SetProven(market, false);
  // Readers know already; or they will hear of an overflow, which says as much.
  if (market.places.is_book_trusted && !market.is_behind) TellGap(market, cause, origin, gap);
}

void MarketPipeline::DoubtInconsistent(Market& market, const Origin& origin,
                                       std::string_view detail) {
  if (suspects_.size() < kSuspectCountMax) suspects_.emplace_back(market.ticker);
  TellError("inconsistent_book", detail, market.ticker, frame_);
  Doubt(market, pb::GAP_CAUSE_INCONSISTENT, origin);
}

bool MarketPipeline::TellGap(Market& market, pb::GapCause cause, const Origin& origin,
                             const FeedGap* gap) {
  std::int64_t& sequence = market.places[Topic::kBook];
  pb::BookMessage& message = gap_message_;
  Fill(origin, sequence + 1, *message.mutable_envelope());
  message.set_market_ticker(market.ticker.data(), market.ticker.size());
  message.mutable_gap()->set_cause(cause);
  message.mutable_gap()->set_expected_source_sequence(
      gap == nullptr ? 0 : static_cast<std::int64_t>(gap->expected_seq));
  message.mutable_gap()->set_received_source_sequence(
      gap == nullptr ? 0 : static_cast<std::int64_t>(gap->received_seq));
  if (!sink_->Publish(Topic::kBook, market.ticker, sequence + 1, message, clock_.Now())) {
    FallBehind(market);
    return false;
  }
  ++sequence;
  market.places.is_book_trusted = false;
  probe_.GapBegan(cause);
  Count(BookKind::kGap);
  return true;
}

bool MarketPipeline::TellVenueSnapshot(Market& market, const Origin& origin) {
  std::int64_t& sequence = market.places[Topic::kBook];
  if (!TellSnapshot(market, pb::SNAPSHOT_CAUSE_VENUE, sequence + 1, origin)) {
    FallBehind(market);
    return false;
  }
  ++sequence;
  market.places.is_book_trusted = true;
  Count(BookKind::kVenueSnapshot);
  return true;
}

void MarketPipeline::TellDelta(Market& market, const Origin& origin, BookSide side, Price price,
                               const kalshi::OrderbookDelta& delta) {
  std::int64_t& sequence = market.places[Topic::kBook];
  pb::BookMessage& message = delta_message_;
  Fill(origin, sequence + 1, *message.mutable_envelope());
  message.set_market_ticker(market.ticker.data(), market.ticker.size());
  pb::BookDelta& body = *message.mutable_delta();
  body.set_side(ToProto(side));
  body.set_price_micros(price.micros());
  body.set_delta_centis(delta.delta.centis());
  body.set_quantity_centis(market.book.QuantityAt(side, price).centis());
  body.set_event_time_ns(delta.time.nanos());
  market.last_delta = DeltaPrint::Of(body);
  if (!sink_->Publish(Topic::kBook, market.ticker, sequence + 1, message, origin.received)) {
    probe_.Dropped(DropReason::kNoRoom);
    return FallBehind(market);
  }
  ++sequence;
  Count(BookKind::kDelta);
  if (is_standing_by()) return;
  // A proof that finds no room comes behind the next delta.
  if (++market.deltas_since_snapshot < options_.deltas_per_snapshot) return;
  if (TellSnapshot(market, pb::SNAPSHOT_CAUSE_PERIODIC, sequence, origin)) {
    Count(BookKind::kPeriodicSnapshot);
  }
}

bool MarketPipeline::TellSnapshot(Market& market, pb::SnapshotCause cause, std::int64_t sequence,
                                  const Origin& origin) {
  pb::BookMessage& message = snapshot_message_;
  Fill(origin, sequence, *message.mutable_envelope());
  message.set_market_ticker(market.ticker.data(), market.ticker.size());
  bids_.clear();
  asks_.clear();
  market.book.AppendLevels(BookSide::kBid, kAllLevels, bids_);
  market.book.AppendLevels(BookSide::kAsk, kAllLevels, asks_);
  pb::BookSnapshot& body = *message.mutable_snapshot();
  body.set_cause(cause);
  FillLevels(bids_, *body.mutable_bids());
  FillLevels(asks_, *body.mutable_asks());
  body.set_book_hash(book::HashLevels(market.ticker, bids_, asks_));
  if (!sink_->Publish(Topic::kBook, market.ticker, sequence, message, clock_.Now())) return false;
  market.deltas_since_snapshot = 0;
  return true;
}

void MarketPipeline::TellError(std::string_view kind, std::string_view detail,
                               std::string_view market_ticker, std::string_view payload) {
  const Timestamp now = clock_.Now();
  if (now.seconds() != error_second_) {
    error_second_ = now.seconds();
    errors_in_second_ = 0;
  }
  if (++errors_in_second_ > kErrorsPerSecondMax) return;
  pb::ErrorMessage& message = error_message_;
  message.set_service(options_.service);
  message.set_kind(kind.data(), kind.size());
  message.set_detail(Printable(detail));
  message.set_market_ticker(market_ticker.data(), market_ticker.size());
  message.set_time_ns(now.nanos());
  message.set_payload(payload.data(), payload.size());
  message.set_trace_id(trace_id_);
  if (options_.on_error) options_.on_error(message);
  if (sink_->Publish(Topic::kErrors, options_.service, 0, message, now) && !is_standing_by()) {
    probe_.ErrorMessage();
  }
}

void MarketPipeline::FallBehind(Market& market) {
  if (market.is_behind) return;
  market.is_behind = true;
  behind_.push_back(&market);
}

void MarketPipeline::Fill(const Origin& origin, std::int64_t sequence, pb::Envelope& envelope) {
  envelope.set_source(options_.source);
  envelope.set_schema_version(kSchemaVersion);
  envelope.set_sequence(sequence);
  envelope.set_source_subscription(origin.sid);
  envelope.set_source_sequence(static_cast<std::int64_t>(origin.seq));
  envelope.set_received_ns(origin.received.nanos());
  envelope.set_published_ns(clock_.Now().nanos());
  envelope.set_trace_id(trace_id_);
  envelope.set_replay_id(replay_id_);
}

void MarketPipeline::NewTrace() {
  constexpr const char* kDigits = "0123456789abcdef";
  trace_id_.resize(32);
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t bits = NextRandom(trace_state_);
    for (std::size_t i = 0; i < 16; ++i, bits >>= 4) trace_id_[16 * half + i] = kDigits[bits & 15];
  }
}

}  // namespace evx::market_data
