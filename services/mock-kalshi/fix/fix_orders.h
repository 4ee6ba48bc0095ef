#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>

#include "absl/container/flat_hash_map.h"
#include "evx/core/clock.h"
#include "evx/core/ids.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"
#include "evx/core/text_map.h"
#include "evx/venue/events.h"
#include "exchange/exchange_context.h"

namespace evx::mock_kalshi {

// An order as execution reports need it.
struct FixOrder {
  OrderId order_id;
  std::string wire_id;
  MarketId market;
  SubaccountNumber subaccount = 0;
  BookSide side = BookSide::kBid;
  venue::TimeInForce time_in_force = venue::TimeInForce::kGoodTillCanceled;
  Timestamp expiration;
  Price price;
  Quantity original;  // As entered, or as last replaced.
  Quantity filled;
  Quantity remaining;
  Money fill_value;  // Sum of YES price x quantity.
  std::string cl_ord_id;
  std::string owner;  // The key id of the FIX session that entered it; empty: another door.
  bool was_canceled = false;
  bool is_day = false;  // Entered with TimeInForce Day, and not replaced since.

  bool is_open() const { return !remaining.is_zero(); }
  std::int64_t average_price_micros() const;
};

// The orders of one account as of the last record that was read: every open one and the latest
// that are finished (kFinishedCountMax), so that a late cancel is told what became of its order.
// For the FIX thread only.
class FixOrders {
 public:
  static constexpr std::size_t kFinishedCountMax = 10'000;

  // Everything that is open now; records up to the number returned are contained.
  SequenceNumber Load(const ExchangeContext& context, AccountId account);

  FixOrder& Add(const venue::OrderAccepted& event, const WireIdCodec& wire_ids);
  FixOrder* Find(OrderId order_id);
  // By its present client order id; an open order before a finished one.
  FixOrder* FindByClOrdId(std::string_view cl_ord_id);
  void Rename(FixOrder& order, std::string_view cl_ord_id);
  // The order has left the book; it may be forgotten later.
  void Finish(const FixOrder& order);

  template <class Visit>
  void VisitOpen(Visit visit) {
    for (auto& [id, order] : orders_) {
      if (order.is_open()) visit(order);
    }
  }

 private:
  FixOrder& Insert(FixOrder order);

  std::unordered_map<std::uint64_t, FixOrder> orders_;  // By order id; references stay valid.
  TextMap<std::uint64_t> by_cl_ord_id_;
  std::deque<std::uint64_t> finished_;
};

}  // namespace evx::mock_kalshi
