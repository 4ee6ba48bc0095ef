#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/btree_map.h"
#include "absl/container/flat_hash_map.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/core/price_grid.h"
#include "evx/core/sides.h"
#include "evx/core/text_map.h"
#include "evx/venue/codec.h"
#include "evx/venue/events.h"
#include "evx/venue/types.h"
#include "exchange/record.h"
#include "read_model/history.h"
#include "read_model/order_statistics.h"

namespace evx::mock_kalshi {

struct SeriesState {
  SeriesId series;
  std::string ticker;
  venue::FeeTerms fee_terms;
  std::shared_ptr<const std::string> facts_json;
  Timestamp update_time;
  std::vector<EventId> events;
};

struct EventState {
  EventId event;
  std::string ticker;
  SeriesId series;
  bool mutually_exclusive = false;
  venue::CollateralReturn collateral_return = venue::CollateralReturn::kNone;
  std::optional<venue::FeeTerms> fee_override;
  std::shared_ptr<const std::string> facts_json;
  SequenceNumber create_sequence_number;
  Timestamp update_time;
  std::vector<MarketId> markets;
};

// Total resting quantity by YES price; bids and asks best first.
struct BookState {
  std::map<Price, Quantity, std::greater<>> bids;
  std::map<Price, Quantity> asks;
  // Of the last change.
  SequenceNumber sequence_number;
};

// Volume and closing quotes of the last 24 hours, by hour: the rolling volume and the values "one
// day ago".
class DailyStatistics {
 public:
  void AddVolume(Timestamp time, Quantity quantity);
  void SetQuote(Timestamp time, Price bid, Price ask, Price last);
  Quantity VolumeIn24Hours(Timestamp now) const;
  struct Quote {
    Price bid;
    Price ask;
    Price last;
  };
  // As it stood 24 hours before `now`, to the hour; nothing when there was none yet.
  std::optional<Quote> QuoteOneDayAgo(Timestamp now) const;

  // What happened in the hour of `time` before a restart: adds to what is there, and the quote
  // counts when there is none of that hour.
  void Restore(Timestamp time, Quantity volume, const std::optional<Quote>& quote);

 private:
  static constexpr std::size_t kHourCount = 26;
  struct Hour {
    std::int64_t hour = -1;  // Its end, hours since the epoch.
    Quantity volume;
    std::optional<Quote> quote;  // The last one in that hour.
  };
  Hour& At(Timestamp time);
  void KeepQuote(const Hour& hour);
  std::array<Hour, kHourCount> hours_{};
  Hour before_;  // The newest quote from before the hours above.
};

struct MarketState {
  MarketId market;
  std::string ticker;
  EventId event;
  std::string price_level_structure;
  PriceGrid grid;
  venue::MarketStatus status = venue::MarketStatus::kInitialized;
  venue::MarketStatus previous_status =
      venue::MarketStatus::kInitialized;  // Before the last change.
  Timestamp create_time;
  Timestamp update_time;
  Timestamp open_time;
  Timestamp close_time;
  std::int64_t settlement_timer_seconds = 0;
  bool can_close_early = true;
  Timestamp fee_waiver_expiration;
  std::shared_ptr<const std::string> facts_json;

  venue::MarketResult result = venue::MarketResult::kNone;
  Price settlement_value;
  std::string expiration_value;
  Timestamp determination_time;  // 0 before.
  Timestamp settlement_time;     // When paid; 0 before.

  std::optional<Price> last_price;
  Quantity last_trade_size;  // 0: no trade since the process started.
  Quantity volume;
  Quantity open_interest;
  BookState book;
  std::unique_ptr<DailyStatistics> daily;
  std::unique_ptr<OrderStatistics> order_statistics;  // From the first order on.

  std::optional<Price> BestBid() const;
  std::optional<Price> BestAsk() const;
};

struct KeyState {
  std::string key_id;
  AccountId account;
  std::string name;
  std::string public_key_pem;
  std::uint16_t scopes = 0;
  std::int8_t subaccount = -1;
};

struct PositionState {
  AccountId account;
  SubaccountNumber subaccount = 0;
  MarketId market;
  Quantity position;
  Money exposure;
  Money realized_pnl;
  Money fees_paid;
  Money total_traded;
  Quantity volume;  // Contracts traded, as far as this process has seen.
  Timestamp update_time;
};

struct OrderGroupState {
  OrderGroupId order_group;
  AccountId account;
  SubaccountNumber subaccount = 0;
  Quantity limit;
  bool triggered = false;
};

struct SubaccountState {
  bool netting_enabled = false;
  Money cash;
  Money hold;
  Timestamp update_time;
};

struct AccountState {
  AccountId account;
  std::string name;
  std::int64_t balance_unit_micros = 100;
  venue::UsageTier tier = venue::UsageTier::kBasic;
  bool disabled = false;
  std::map<SubaccountNumber, SubaccountState> subaccounts;
  absl::btree_map<OrderId, std::unique_ptr<OrderRow>> open_orders;
  // By (market, subaccount); also flat ones that had trades, until the market is finalized.
  std::map<std::pair<MarketId, SubaccountNumber>, PositionState> positions;
  std::map<OrderGroupId, OrderGroupState> order_groups;
  std::vector<std::string> key_ids;
  std::string target_balance_allocation_json;
  Timestamp update_time;
  std::unique_ptr<OrderStatistics> order_statistics;  // From the first order on.
};

struct ScheduledFeeChange {
  std::uint64_t id = 0;
  SeriesId series;
  EventId event;
  bool clear_override = false;
  venue::FeeTerms fee_terms;
  Timestamp effective_time;
};

// What left the live state with a record, for the history.
struct FinishedRows {
  std::vector<OrderRow> orders;
  std::vector<FillRow> fills;
  std::vector<TradeRow> trades;
  std::vector<TradeId> busted_trades;
  std::vector<SettlementRow> settlements;
  std::vector<TransferRow> transfers;
  std::vector<ClosedPositionRow> closed_positions;
  bool empty() const {
    return orders.empty() && fills.empty() && trades.empty() && busted_trades.empty() &&
           settlements.empty() && transfers.empty() && closed_positions.empty();
  }
};

// Sees rows as they stand after each event that changed them, in the order of the events. Called
// while the state is locked: an implementation copies and returns.
class RowObserver {
 public:
  virtual ~RowObserver() = default;
  virtual void OnRecordBegins(SequenceNumber sequence_number) = 0;
  virtual void OnOrderChanged(const OrderRow& order) = 0;
  virtual void OnPositionChanged(const PositionState& position) = 0;
};

// Everything that is alive, as of the last released record: what reads are answered from.
//
// Fed by released events alone, so nothing that is not durable is ever seen; one thread writes.
// Readers call Read with a function that gets the state under a shared lock: copy out what is
// needed and encode outside. Finished rows of each record go to a sink (the history) before readers
// can see that the order is gone.
class ReadModel final : public RecordListener {
 public:
  struct State {
    SequenceNumber sequence_number;
    Timestamp time;
    bool exchange_active = true;
    bool trading_active = true;
    std::vector<SeriesState> series;  // By id - 1.
    std::vector<EventState> events;
    std::vector<MarketState> markets;
    std::vector<AccountState> accounts;
    TextMap<SeriesId> series_by_ticker;
    TextMap<EventId> events_by_ticker;
    TextMap<MarketId> markets_by_ticker;
    TextMap<KeyState> keys;
    absl::flat_hash_map<OrderId, OrderRow*> open_orders;  // In AccountState::open_orders.
    absl::flat_hash_map<OrderGroupId, AccountId> order_group_owners;
    std::vector<ScheduledFeeChange> fee_changes;

    const SeriesState* FindSeries(std::string_view ticker) const;
    const EventState* FindEvent(std::string_view ticker) const;
    const MarketState* FindMarket(std::string_view ticker) const;
    const SeriesState& At(SeriesId id) const { return series[id.value() - 1]; }
    const EventState& At(EventId id) const { return events[id.value() - 1]; }
    const MarketState& At(MarketId id) const { return markets[id.value() - 1]; }
    // Nothing for an id that was never given.
    const AccountState* FindAccount(AccountId id) const;
    const OrderRow* FindOpenOrder(OrderId order_id) const;
    // The terms that a fill in the market pays now.
    venue::FeeTerms FeeTermsOf(MarketId market) const;
  };

  using FinishedSink = std::function<void(const FinishedRows&)>;

  ReadModel() = default;

  // Before the first record.
  void set_finished_sink(FinishedSink sink) { finished_sink_ = std::move(sink); }
  void set_row_observer(RowObserver* observer) { row_observer_ = observer; }
  // Events of venue::Exchange::Describe after recovery: the state without history.
  void Restore(std::string_view events, SequenceNumber sequence_number, Timestamp time);

  // What markets did before the state that was restored; those that are settled are passed over.
  void RestoreHours(const std::vector<MarketHour>& hours);

  void OnRecord(const ReleasedRecord& record) override;

  // Calls `read` with the state; keep it short.
  template <class F>
  decltype(auto) Read(F&& read) const {
    const std::shared_lock lock(mutex_);
    return std::forward<F>(read)(static_cast<const State&>(state_));
  }

 private:
  class Applier;

  mutable std::shared_mutex mutex_;
  State state_;
  FinishedSink finished_sink_;
  RowObserver* row_observer_ = nullptr;
};

}  // namespace evx::mock_kalshi
