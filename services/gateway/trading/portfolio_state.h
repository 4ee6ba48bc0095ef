#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "evx/events/v1/exchange_events.pb.h"
#include "evx/exchange/v1/book_service.pb.h"
#include "evx/exchange/v1/portfolio.pb.h"
#include "evx/gateway/v1/portfolio_views.pb.h"

namespace evx::gateway {

// The account of one user: what the lists of the exchange said, and what its events changed since.
//
// The lists are read one after the other while the account goes on, so each of them stands at a
// number of its own. Events are taken from the lowest of these on, and an event changes only what
// does not know it yet: no order, position or balance ever goes back.
//
// Everything is bounded by what the exchange lets an account have, but for fills: the newest
// kFillsMax are known. Pure: no I/O, no clock. Not thread-safe. An event costs O(log n).
class PortfolioState {
 public:
  static constexpr std::size_t kFillsMax = 100;

  // Pages of the lists, in the order in which they were read.
  struct Lists {
    std::vector<exchange::v1::ListOrdersResponse> orders;  // Those that rest.
    std::vector<exchange::v1::ListPositionsResponse> positions;
    exchange::v1::GetBalanceResponse balance;  // Of the primary subaccount.
    exchange::v1::ListFillsResponse fills;     // The newest, newest first.
  };

  PortfolioState() = default;
  // Needs a page of orders and one of positions at least.
  explicit PortfolioState(const Lists& lists);

  // The first record that is wanted.
  std::int64_t next_sequence_number() const { return applied_ + 1; }

  // What the events of a record change, into `update`; false: nothing. A record that was applied
  // before changes nothing. The outcome of a settlement is not in its event: `result` and
  // `settlement_value_micros` of settlements are not set.
  bool Apply(const events::v1::ExchangeRecord& record, v1::PortfolioUpdate& update);
  // The same for places in the queue. One of an order that is not known yet comes with the order.
  bool Apply(const exchange::v1::StreamQueuePositionsResponse& places, v1::PortfolioUpdate& update);
  // The exchange begins to tell the places anew.
  void ForgetPlaces() { places_.clear(); }
  // Nothing up to this record is missing.
  void SetThrough(std::int64_t sequence_number);

  v1::Portfolio Whole() const;
  std::size_t order_count() const { return orders_.size(); }
  // Null: no such order rests.
  const exchange::v1::Order* FindOrder(const std::string& order_id) const;

 private:
  using PositionKey = std::pair<std::string, std::int32_t>;  // Market and subaccount.
  // Records up to `listed` were in it when it was listed; 0: it came by an event.
  struct KnownOrder {
    exchange::v1::Order order;
    std::int64_t listed = 0;
  };
  struct KnownPosition {
    exchange::v1::Position position;
    std::int64_t listed = 0;
  };
  class Changes;

  exchange::v1::Order* Known(const std::string& order_id, std::int64_t sequence_number);
  void Take(const events::v1::ExchangeRecord& record, const events::v1::ExchangeEvent& event,
            Changes& changes);
  void Accept(const events::v1::ExchangeRecord& record, const events::v1::OrderAccepted& event,
              Changes& changes);
  void Fill(const events::v1::ExchangeRecord& record, const events::v1::OrderFilled& event,
            Changes& changes);
  void Amend(const events::v1::ExchangeRecord& record, const events::v1::OrderAmended& event,
             Changes& changes);
  void Touch(const events::v1::ExchangeRecord& record, exchange::v1::Order& order,
             Changes& changes);
  void Change(const events::v1::ExchangeRecord& record, const events::v1::PositionChanged& event,
              Changes& changes);

  std::int64_t applied_ = 0;
  std::int64_t orders_known_ = 0;  // An order that is not listed was gone by then, or came later.
  std::int64_t positions_known_ = 0;  // The same for positions.
  std::int64_t balance_known_ = 0;
  std::int64_t fills_known_ = 0;
  std::map<std::string, KnownOrder> orders_;
  std::map<PositionKey, KnownPosition> positions_;
  v1::Balance balance_;
  std::deque<exchange::v1::Fill> fills_;  // Newest first.
  std::map<std::string, std::int64_t> places_;
};

}  // namespace evx::gateway
