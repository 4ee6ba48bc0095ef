#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/price_grid.h"
#include "evx/ledger/fees.h"
#include "evx/matching/order.h"
#include "evx/venue/events.h"
#include "evx/venue/types.h"

namespace evx::venue {

struct SeriesRecord {
  SeriesPut definition;
  std::vector<EventId> events;
};

struct EventRecord {
  EventPut definition;
  std::vector<MarketId> markets;
};

struct MarketRecord {
  // What every order reads.
  MarketStatus status = MarketStatus::kInitialized;
  bool is_archived = false;  // Long finalized: facts and client order ids are forgotten.
  matching::BookIndex book;  // Meaningless once finalized.
  const PriceGrid* grid = nullptr;
  ledger::FeeTerms fee_terms;  // Without regard to the waiver.
  Quantity volume;             // Contracts traded.
  Price last_price;            // YES price of the last trade; $0 before the first.
  Timestamp last_trade_time;

  MarketPut definition;
  MarketResult result = MarketResult::kNone;
  Price settlement_value;
  InlineString<128> expiration_value;
  Timestamp settlement_time;  // When the timer will settle it, or did.
  // The next four as followers see them: times of commands.
  Timestamp create_time;
  Timestamp update_time;  // Of status or definition.
  Timestamp determination_time;
  Timestamp payment_time;
  Timestamp timer;  // As set in Timers; 0: none.

  MarketId id() const { return definition.market; }
  // Orders may rest in its book.
  bool HasBook() const {
    return status == MarketStatus::kActive || status == MarketStatus::kInactive;
  }
};

// Series, events, markets and scheduled fee changes by dense id. Holds what was put and nothing of
// the rules; references stay valid for good.
class Catalogue {
 public:
  static constexpr std::uint32_t kSeriesCountMax = 1'000'000;
  static constexpr std::uint32_t kEventCountMax = 1'000'000;
  static constexpr std::size_t kFactsSizeMax = 64 * 1024;
  static constexpr std::size_t kFeeChangeCountMax = 100'000;

  Catalogue();

  SeriesRecord* Find(SeriesId id) { return At(series_, id.value()); }
  EventRecord* Find(EventId id) { return At(events_, id.value()); }
  MarketRecord* Find(MarketId id) { return At(markets_, id.value()); }
  // What an order reads of its market, which must exist.
  void Prefetch(MarketId id) const {
    const MarketRecord& market = markets_[id.value() - 1];
    __builtin_prefetch(&market);
    __builtin_prefetch(&market.last_trade_time);
    __builtin_prefetch(&market.definition.market);
    __builtin_prefetch(&market.definition.fee_waiver_expiration);
  }
  SeriesRecord* FindSeries(std::string_view ticker) { return ByTicker(series_ids_, ticker); }
  EventRecord* FindEvent(std::string_view ticker) { return ByTicker(event_ids_, ticker); }
  MarketRecord* FindMarket(std::string_view ticker) { return ByTicker(market_ids_, ticker); }

  // The definition's id is set to the next one.
  SeriesRecord& Add(const SeriesPut& definition);
  EventRecord& Add(const EventPut& definition);
  MarketRecord& Add(const MarketPut& definition);

  const std::deque<SeriesRecord>& series() const { return series_; }
  const std::deque<EventRecord>& events() const { return events_; }
  std::deque<MarketRecord>& markets() { return markets_; }
  const std::deque<MarketRecord>& markets() const { return markets_; }
  // Markets that are not finalized.
  std::uint32_t live_market_count() const { return live_market_count_; }
  void MarketFinalized() { --live_market_count_; }

  std::map<std::uint64_t, FeeChangeScheduled>& fee_changes() { return fee_changes_; }
  const std::map<std::uint64_t, FeeChangeScheduled>& fee_changes() const { return fee_changes_; }

  // Null for an unknown name. The grids are shared by all markets.
  const PriceGrid* Grid(std::string_view structure) const;

  // The terms that the market's series or event sets.
  ledger::FeeTerms FeeTermsOf(const MarketRecord& market);

  static bool IsValidTicker(std::string_view ticker);
  static bool IsValid(const FeeTerms& terms);

 private:
  template <class Record>
  static Record* At(std::deque<Record>& records, std::uint32_t id) {
    return id == 0 || id > records.size() ? nullptr : &records[id - 1];
  }
  template <class Record>
  using TickerMap = absl::flat_hash_map<std::string, Record*>;
  template <class Record>
  static Record* ByTicker(const TickerMap<Record>& map, std::string_view ticker) {
    const auto it = map.find(std::string(ticker));
    return it == map.end() ? nullptr : it->second;
  }

  std::deque<SeriesRecord> series_;
  std::deque<EventRecord> events_;
  std::deque<MarketRecord> markets_;
  TickerMap<SeriesRecord> series_ids_;
  TickerMap<EventRecord> event_ids_;
  TickerMap<MarketRecord> market_ids_;
  std::map<std::uint64_t, FeeChangeScheduled> fee_changes_;
  std::map<std::string, PriceGrid, std::less<>> grids_;
  std::uint32_t live_market_count_ = 0;
};

}  // namespace evx::venue
