#include "sources/catalogue.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "evx/core/status.h"
#include "evx/exchange/v1/exchange_service.grpc.pb.h"
#include "evx/rpc/channel.h"
#include "evx/rpc/status.h"
#include "evx/telemetry/log.h"
#include "sources/market_facts.h"
#include "stream/stream_name.h"

namespace evx::gateway {
namespace {

using kalshi::MarketStatusFilter;

constexpr absl::Duration kRetry = absl::Seconds(1);
// Changes that come together are read together.
constexpr absl::Duration kCollect = absl::Milliseconds(50);
constexpr std::size_t kTickersPerRead = 100;
constexpr int kMessageBytesMax = 64 << 20;
constexpr std::uint32_t kEventsPerPage = 200;

// The market whose facts are others now; empty: none. `all`: anything may be.
std::string ChangedMarket(const events::v1::ExchangeEvent& event, bool& all) {
  using Event = events::v1::ExchangeEvent;
  switch (event.event_case()) {
    case Event::kMarketPut:
      return event.market_put().market_ticker();
    case Event::kMarketStatusChanged:
      return event.market_status_changed().market_ticker();
    case Event::kMarketCloseTimeChanged:
      return event.market_close_time_changed().market_ticker();
    case Event::kMarketDetermined:
      return event.market_determined().market_ticker();
    case Event::kMarketSettled:
      return event.market_settled().market_ticker();
    case Event::kSeriesPut:
    case Event::kEventPut:
      all = true;
      return {};
    default:
      return {};
  }
}

}  // namespace

struct Catalogue::Events {
  std::unique_ptr<exchange::v1::ExchangeService::Stub> stub;
  std::mutex mutex;
  grpc::ClientContext* context ABSL_GUARDED_BY(mutex) = nullptr;
  bool is_stopped ABSL_GUARDED_BY(mutex) = false;
};

absl::StatusOr<std::unique_ptr<Catalogue>> Catalogue::Start(const std::string& exchange_addr,
                                                            kalshi_client::KalshiClient& client,
                                                            const Clock& clock,
                                                            StreamPublisher& publisher,
                                                            SourceCounters& counters) {
  EVX_ASSIGN_OR_RETURN(
      const auto channel,
      rpc::MakeChannel({.address = exchange_addr, .message_bytes_max = kMessageBytesMax}));
  auto events = std::make_unique<Events>();
  events->stub = exchange::v1::ExchangeService::NewStub(channel);
  return std::unique_ptr<Catalogue>(
      new Catalogue(std::move(events), client, clock, publisher, counters));
}

Catalogue::Catalogue(std::unique_ptr<Events> events, kalshi_client::KalshiClient& client,
                     const Clock& clock, StreamPublisher& publisher, SourceCounters& counters)
    : events_(std::move(events)),
      client_(client),
      clock_(clock),
      publisher_(publisher),
      counters_(counters),
      status_(Unavailable("the catalogue was not read yet")),
      reader_([this] { ReadOn(); }),
      follower_([this] { FollowEvents(); }) {}

Catalogue::~Catalogue() {
  {
    const std::lock_guard lock(mutex_);
    is_stopped_ = true;
  }
  changed_.notify_all();
  {
    const std::lock_guard lock(events_->mutex);
    events_->is_stopped = true;
    if (events_->context != nullptr) events_->context->TryCancel();
  }
  follower_.join();
  reader_.join();
}

std::optional<bool> Catalogue::Knows(std::string_view ticker) const {
  const std::lock_guard lock(mutex_);
  if (!is_known_) return std::nullopt;
  return known_.find(ticker) != known_.end();
}

std::vector<std::string> Catalogue::Tickers() const {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> tickers;
  tickers.reserve(known_.size());
  for (const auto& [ticker, known] : known_) tickers.push_back(ticker);
  return tickers;
}

absl::Status Catalogue::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Catalogue::AskFor(const std::string& ticker) {
  {
    const std::lock_guard lock(mutex_);
    must_read_.insert(ticker);
  }
  changed_.notify_all();
}

void Catalogue::AskForAll() {
  {
    const std::lock_guard lock(mutex_);
    must_read_all_ = true;
  }
  changed_.notify_all();
}

bool Catalogue::Wait(absl::Duration time) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, absl::ToChronoNanoseconds(time), [this] { return is_stopped_; });
  return !is_stopped_;
}

// ---- Reading

void Catalogue::ReadOn() {
  do {
    bool all = false;
    std::vector<std::string> some;
    {
      std::unique_lock lock(mutex_);
      const bool is_told = changed_.wait_for(lock, absl::ToChronoNanoseconds(kInterval), [this] {
        return is_stopped_ || must_read_all_ || !must_read_.empty();
      });
      if (is_stopped_) return;
      all = std::exchange(must_read_all_, false) || !is_told;
      for (auto it = must_read_.begin(); it != must_read_.end() && some.size() < kTickersPerRead;) {
        some.push_back(*it);
        it = must_read_.erase(it);
      }
      if (all) must_read_.clear();
    }
    ++counters_.catalogue_reads;
    absl::Status status = all ? ReadAll() : ReadSome(some);
    if (!status.ok()) {
      ++counters_.catalogue_failures;
      AskForAll();
    }
    const std::lock_guard lock(mutex_);
    if (!status.ok() && status_.ok()) {
      telemetry::Log(telemetry::kWarning, "The catalogue was not read.", {{"status", status}});
    }
    status_ = std::move(status);
  } while (Wait(status().ok() ? kCollect : kRetry));
}

absl::StatusOr<std::vector<kalshi::Market>> Catalogue::ListMarkets() {
  std::vector<kalshi::Market> markets;
  for (const MarketStatusFilter filter :
       {MarketStatusFilter::kUnopened, MarketStatusFilter::kOpen, MarketStatusFilter::kPaused,
        MarketStatusFilter::kClosed, MarketStatusFilter::kSettled}) {
    kalshi::MarketsQuery query;
    query.status = filter;
    if (filter == MarketStatusFilter::kSettled) {
      query.min_settled_time =
          Timestamp::FromNanos(clock_.Now().nanos() - absl::ToInt64Nanoseconds(kSettledKept));
    }
    EVX_ASSIGN_OR_RETURN(auto some, client_.GetAllMarkets(query, kMarketsMax));
    std::move(some.begin(), some.end(), std::back_inserter(markets));
  }
  // One that has changed its state meanwhile may be there twice; the later reading counts.
  std::stable_sort(markets.begin(), markets.end(),
                   [](const auto& a, const auto& b) { return a.ticker < b.ticker; });
  std::vector<kalshi::Market> unique;
  for (kalshi::Market& market : markets) {
    if (!unique.empty() && unique.back().ticker == market.ticker) {
      unique.back() = std::move(market);
    } else {
      unique.push_back(std::move(market));
    }
  }
  return unique;
}

absl::Status Catalogue::ReadAll() {
  EVX_ASSIGN_OR_RETURN(const auto markets, ListMarkets());
  kalshi::EventsQuery query;
  query.page.limit = kEventsPerPage;
  {
    const std::lock_guard lock(facts_mutex_);
    event_facts_.clear();
    series_facts_.clear();
  }
  do {
    EVX_ASSIGN_OR_RETURN(auto page, client_.GetEvents(query));
    const std::lock_guard lock(facts_mutex_);
    for (kalshi::Event& event : page.events) {
      std::string ticker = event.event_ticker;
      event_facts_[std::move(ticker)] = std::move(event);
    }
    query.page.cursor = page.cursor;
  } while (!query.page.cursor.empty());
  EVX_RETURN_IF_ERROR(ReadEventsOf(markets));
  PublishAll(markets);
  return absl::OkStatus();
}

void Catalogue::PublishAll(const std::vector<kalshi::Market>& markets) {
  TextMap<std::string> facts;
  v1::InitialState state;
  v1::ServerMessage change;
  for (const kalshi::Market& market : markets) {
    v1::MarketRow& row = *state.mutable_markets()->add_rows();
    *row.mutable_market() = MarketOf(market);
    *row.mutable_ticker() = ToTicker(market);
    std::string& text = facts[market.ticker] = row.market().SerializeAsString();
    const auto known = published_.find(market.ticker);
    const bool is_same = known != published_.end() && known->second == text;
    if (known != published_.end()) published_.erase(known);
    if (is_same) continue;
    *change.mutable_market_ticker()->add_markets() = row.market();
    *change.mutable_market_ticker()->add_tickers() = row.ticker();
  }
  // Only a state says that a market is gone.
  const bool must_set = !was_published_ || !published_.empty();
  was_published_ = true;
  published_ = std::move(facts);
  Note(markets, /*are_all=*/true);
  if (must_set) {
    publisher_.SetState(std::string(kMarketsStream), std::move(state));
  } else if (change.has_market_ticker()) {
    publisher_.Change(std::string(kMarketsStream), std::move(change));
  }
}

absl::Status Catalogue::ReadSome(const std::vector<std::string>& tickers) {
  kalshi::MarketsQuery query;
  query.tickers = tickers;
  EVX_ASSIGN_OR_RETURN(const auto markets, client_.GetAllMarkets(query, kMarketsMax));
  EVX_RETURN_IF_ERROR(ReadEventsOf(markets));
  v1::ServerMessage change;
  for (const kalshi::Market& market : markets) {
    v1::Market& facts = *change.mutable_market_ticker()->add_markets();
    facts = MarketOf(market);
    published_[market.ticker] = facts.SerializeAsString();
    *change.mutable_market_ticker()->add_tickers() = ToTicker(market);
  }
  Note(markets, /*are_all=*/false);
  if (!markets.empty()) publisher_.Change(std::string(kMarketsStream), std::move(change));
  return absl::OkStatus();
}

absl::Status Catalogue::ReadEventsOf(const std::vector<kalshi::Market>& markets) {
  for (const kalshi::Market& market : markets) EVX_RETURN_IF_ERROR(ReadEvent(market.event_ticker));
  return absl::OkStatus();
}

absl::Status Catalogue::ReadEvent(const std::string& event_ticker) {
  std::string series_ticker;
  {
    const std::lock_guard lock(facts_mutex_);
    const auto event = event_facts_.find(event_ticker);
    if (event != event_facts_.end()) series_ticker = event->second.series_ticker;
    if (!series_ticker.empty() && series_facts_.count(series_ticker) != 0) return absl::OkStatus();
  }
  if (series_ticker.empty()) {
    kalshi::EventsQuery query;
    query.tickers = {event_ticker};
    EVX_ASSIGN_OR_RETURN(auto page, client_.GetEvents(query));
    if (page.events.empty()) return absl::OkStatus();
    series_ticker = page.events[0].series_ticker;
    const std::lock_guard lock(facts_mutex_);
    event_facts_[event_ticker] = std::move(page.events[0]);
  }
  auto series = client_.GetSeries(series_ticker);
  if (absl::IsNotFound(series.status())) return absl::OkStatus();
  EVX_RETURN_IF_ERROR(series.status());
  const std::lock_guard lock(facts_mutex_);
  series_facts_[series_ticker] = *std::move(series);
  return absl::OkStatus();
}

v1::Market Catalogue::MarketOf(const kalshi::Market& market) const {
  const std::lock_guard lock(facts_mutex_);
  const auto event = event_facts_.find(market.event_ticker);
  if (event == event_facts_.end()) return ToMarket(market, nullptr, nullptr);
  const auto series = series_facts_.find(event->second.series_ticker);
  return ToMarket(market, &event->second,
                  series == series_facts_.end() ? nullptr : &series->second);
}

// Under one lock: who subscribes meanwhile must not find a catalogue without markets.
void Catalogue::Note(const std::vector<kalshi::Market>& markets, bool are_all) {
  const std::lock_guard lock(mutex_);
  if (are_all) known_.clear();
  is_known_ = is_known_ || are_all;
  for (const kalshi::Market& market : markets) known_[market.ticker] = true;
  counters_.markets = known_.size();
}

absl::StatusOr<v1::MarketRow> Catalogue::Read(const std::string& ticker) {
  EVX_ASSIGN_OR_RETURN(const auto market, client_.GetMarket(ticker));
  EVX_RETURN_IF_ERROR(ReadEvent(market.event_ticker));
  v1::MarketRow row;
  *row.mutable_market() = MarketOf(market);
  row.mutable_market()->set_rules(market.rules_secondary.empty()
                                      ? market.rules_primary
                                      : market.rules_primary + "\n\n" + market.rules_secondary);
  *row.mutable_ticker() = ToTicker(market);
  return row;
}

// ---- Events

void Catalogue::FollowEvents() {
  do {
    grpc::ClientContext context;
    {
      const std::lock_guard lock(events_->mutex);
      if (events_->is_stopped) return;
      events_->context = &context;
    }
    exchange::v1::StreamEventsRequest request;
    request.set_include_progress(true);
    const auto stream = events_->stub->StreamEvents(&context, request);
    exchange::v1::StreamEventsResponse response;
    bool is_first = true;
    while (stream->Read(&response)) {
      // What happened before the stream began was not seen.
      bool all = std::exchange(is_first, false);
      for (const auto& record : response.records()) {
        for (const auto& event : record.events()) {
          const std::string ticker = ChangedMarket(event, all);
          if (!ticker.empty()) AskFor(ticker);
        }
      }
      if (all) AskForAll();
    }
    const grpc::Status ended = stream->Finish();
    const std::lock_guard lock(events_->mutex);
    events_->context = nullptr;
    if (events_->is_stopped) return;
    // Once, not at every attempt to follow them again.
    if (!is_first) {
      telemetry::Log(telemetry::kWarning, "The exchange's events have ended.",
                     {{"status", rpc::FromGrpc(ended)}});
    }
  } while (Wait(kRetry));
}

}  // namespace evx::gateway
