#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "evx/core/clock.h"
#include "evx/core/money.h"
#include "evx/core/sides.h"
#include "evx/kalshi/order_messages.h"
#include "evx/kalshi/requests.h"
#include "quoter.h"

namespace evx::market_maker {

// The order verbs a keeper needs; kalshi_client::KalshiClient behind OrderDoor in the program.
class OrderDoor {
 public:
  virtual ~OrderDoor() = default;
  virtual absl::StatusOr<kalshi::CreateOrderResponse> CreateOrder(
      const kalshi::CreateOrderRequest& request) = 0;
  virtual absl::StatusOr<kalshi::AmendOrderResponse> AmendOrder(
      std::string_view order_id, const kalshi::AmendOrderRequest& request) = 0;
  virtual absl::Status CancelOrder(std::string_view order_id) = 0;
  // The account's resting orders in a market.
  virtual absl::StatusOr<std::vector<kalshi::Order>> RestingOrders(std::string_view ticker) = 0;
};

// With this begins the client order id of every quote, of this and of every other run.
inline constexpr std::string_view kClientOrderIdFamily = "mm-";

// Keeps at most one resting order a side in one market, as its quoter wants it: a new price, size
// or expiration is an amend in place, a filled or vanished order is replaced, an unwanted side is
// canceled. When both sides move, the side that moves away goes first, so that the two never cross.
// Every order carries an expiration of at most `lifetime`, renewed when half of it is used up: if
// the process dies, nothing stays.
//
// Lost answers do not add orders: a create whose outcome is unknown is sent again with the same
// client order id, which the venue takes only once, and an order that could not be canceled stays
// ours. Before its first order a keeper cancels the quotes that an earlier run has left.
//
// Times are the exchange's. Not thread-safe; each call blocks for its requests. One keeper for an
// account and market.
class QuoteKeeper {
 public:
  struct Options {
    std::string ticker;
    std::string order_group_id;
    // Unique for each run of the program, and begins with kClientOrderIdFamily.
    std::string client_order_id_prefix;
    absl::Duration lifetime = absl::Seconds(15);
  };

  QuoteKeeper(Options options, OrderDoor& door);

  // Makes the book hold `wanted`. The first error is returned; the other side is still tried.
  absl::Status Keep(const Quotes& wanted, Timestamp now);

  // Counts a fill of one of the keeper's orders, each once: the next amend refills it. An amend
  // that changes neither price nor size answers no counts, so fills are not seen there.
  void NoteFill(std::string_view order_id, Quantity count);

  // Own resting quantity at a price, so that a book can be read without it.
  Quantity Resting(BookSide side, Price price) const;
  // The time the next renewal is due, if anything rests.
  std::optional<Timestamp> NextRenewal() const;
  std::uint64_t quote_count() const { return quote_count_; }

 private:
  struct Side {
    BookSide side = BookSide::kBid;
    std::string order_id;  // Empty: nothing rests.
    // Of a create whose outcome is unknown; empty: none.
    std::string unanswered_client_order_id;
    Quote quote;
    Quantity filled;      // As far as known: from answers and from fills.
    Quantity fills_seen;  // Sum of the fills noted.
    Timestamp expiration;
  };

  absl::Status KeepSide(Side& side, const std::optional<Quote>& wanted, Timestamp now);
  absl::Status Create(Side& side, const Quote& wanted, Timestamp now);
  absl::Status Amend(Side& side, const Quote& wanted, Timestamp now);
  absl::Status Cancel(Side& side);
  // Finds the order that an unanswered create has made; none when it is gone again.
  absl::Status Adopt(Side& side);
  absl::Status CancelLeftOvers();
  Timestamp Expiration(Timestamp now) const;

  const Options options_;
  OrderDoor& door_;
  Side bid_;
  Side ask_;
  bool left_overs_canceled_ = false;
  std::uint64_t order_count_ = 0;
  std::uint64_t quote_count_ = 0;
};

}  // namespace evx::market_maker
