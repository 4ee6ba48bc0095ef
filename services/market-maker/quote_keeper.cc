#include "quote_keeper.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_format.h"
#include "evx/core/status.h"
#include "evx/kalshi_client/kalshi_client.h"

namespace evx::market_maker {

QuoteKeeper::QuoteKeeper(Options options, OrderDoor& door)
    : options_(std::move(options)), door_(door) {
  bid_.side = BookSide::kBid;
  ask_.side = BookSide::kAsk;
}

// Whole seconds, so that the sum never exceeds the lifetime.
Timestamp QuoteKeeper::Expiration(Timestamp now) const {
  return Timestamp::FromSeconds((now + options_.lifetime).seconds());
}

absl::Status QuoteKeeper::Keep(const Quotes& wanted, Timestamp now) {
  if (!left_overs_canceled_) {
    EVX_RETURN_IF_ERROR(CancelLeftOvers());
    left_overs_canceled_ = true;
  }
  const bool rising = wanted.ask && !ask_.order_id.empty() && wanted.ask->price > ask_.quote.price;
  Side& first = rising ? ask_ : bid_;
  Side& second = rising ? bid_ : ask_;
  const auto wanted_of = [&](const Side& side) { return &side == &bid_ ? wanted.bid : wanted.ask; };
  absl::Status status = KeepSide(first, wanted_of(first), now);
  status.Update(KeepSide(second, wanted_of(second), now));
  return status;
}

absl::Status QuoteKeeper::KeepSide(Side& side, const std::optional<Quote>& wanted, Timestamp now) {
  // An order whose time has passed is gone.
  if (!side.order_id.empty() && now >= side.expiration) side.order_id.clear();
  if (!wanted) {
    if (!side.unanswered_client_order_id.empty()) EVX_RETURN_IF_ERROR(Adopt(side));
    return Cancel(side);
  }
  if (side.order_id.empty()) {
    const absl::Status created = Create(side, *wanted, now);
    if (created.code() != absl::StatusCode::kAlreadyExists) return created;
    // The create before it was accepted after all.
    EVX_RETURN_IF_ERROR(Adopt(side));
    if (side.order_id.empty()) return Create(side, *wanted, now);
  }
  const absl::Status amended = Amend(side, *wanted, now);
  if (amended.code() != absl::StatusCode::kNotFound) return amended;
  side.order_id.clear();  // Filled or canceled meanwhile.
  return Create(side, *wanted, now);
}

absl::Status QuoteKeeper::Cancel(Side& side) {
  if (side.order_id.empty()) return absl::OkStatus();
  const absl::Status canceled = door_.CancelOrder(side.order_id);
  if (!canceled.ok() && canceled.code() != absl::StatusCode::kNotFound) return canceled;
  side.order_id.clear();
  return absl::OkStatus();
}

absl::Status QuoteKeeper::Adopt(Side& side) {
  EVX_ASSIGN_OR_RETURN(const auto orders, door_.RestingOrders(options_.ticker));
  for (const kalshi::Order& order : orders) {
    if (order.client_order_id != side.unanswered_client_order_id) continue;
    side.order_id = order.order_id;
    side.quote = {order.yes_price, order.remaining_count};
    side.filled = order.fill_count;
    side.fills_seen = Quantity();
    side.expiration = order.expiration_time;
  }
  side.unanswered_client_order_id.clear();
  return absl::OkStatus();
}

absl::Status QuoteKeeper::CancelLeftOvers() {
  EVX_ASSIGN_OR_RETURN(const auto orders, door_.RestingOrders(options_.ticker));
  for (const kalshi::Order& order : orders) {
    if (!order.client_order_id.starts_with(kClientOrderIdFamily)) continue;
    const absl::Status canceled = door_.CancelOrder(order.order_id);
    if (!canceled.ok() && canceled.code() != absl::StatusCode::kNotFound) return canceled;
  }
  return absl::OkStatus();
}

absl::Status QuoteKeeper::Create(Side& side, const Quote& wanted, Timestamp now) {
  kalshi::CreateOrderRequest request;
  request.ticker = options_.ticker;
  const bool again = !side.unanswered_client_order_id.empty();
  request.client_order_id =
      again ? side.unanswered_client_order_id
            : absl::StrFormat("%s-%d", options_.client_order_id_prefix, ++order_count_);
  request.side = side.side;
  request.price = wanted.price;
  request.count = wanted.quantity;
  request.time_in_force = kalshi::TimeInForce::kGoodTillCanceled;
  request.self_trade_prevention = kalshi::SelfTradePrevention::kMaker;
  request.expiration_time = Expiration(now);
  request.post_only = true;
  request.cancel_order_on_pause = true;
  if (!options_.order_group_id.empty()) request.order_group_id = options_.order_group_id;
  const auto created = door_.CreateOrder(request);
  if (!created.ok()) {
    if (kalshi_client::IsOutcomeUnknown(created.status())) {
      side.unanswered_client_order_id = *request.client_order_id;
    }
    return created.status();
  }
  ++quote_count_;
  side.unanswered_client_order_id.clear();
  side.order_id = created->remaining_count > Quantity() ? created->order_id : std::string();
  side.quote = wanted;
  side.filled = created->fill_count;
  side.fills_seen = Quantity();
  side.expiration = request.expiration_time;
  return absl::OkStatus();
}

absl::Status QuoteKeeper::Amend(Side& side, const Quote& wanted, Timestamp now) {
  kalshi::AmendOrderRequest request;
  request.ticker = options_.ticker;
  request.side = side.side;
  request.price = wanted.price;
  request.count = side.filled + wanted.quantity;
  request.expiration = kalshi::AmendOrderRequest::Expiration::kSet;
  request.expiration_time = Expiration(now);
  const auto amended = door_.AmendOrder(side.order_id, request);
  if (!amended.ok()) return amended.status();
  ++quote_count_;
  // What is missing from the count was filled before, without our knowing.
  if (amended->remaining_count) side.filled = request.count - *amended->remaining_count;
  side.quote = wanted;
  side.expiration = request.expiration_time;
  if (amended->remaining_count && amended->remaining_count->is_zero()) side.order_id.clear();
  return absl::OkStatus();
}

void QuoteKeeper::NoteFill(std::string_view order_id, Quantity count) {
  for (Side* side : {&bid_, &ask_}) {
    if (side->order_id != order_id) continue;
    side->fills_seen += count;
    side->filled = std::max(side->filled, side->fills_seen);
  }
}

Quantity QuoteKeeper::Resting(BookSide side, Price price) const {
  const Side& own = side == BookSide::kBid ? bid_ : ask_;
  return !own.order_id.empty() && own.quote.price == price ? own.quote.quantity : Quantity();
}

std::optional<Timestamp> QuoteKeeper::NextRenewal() const {
  std::optional<Timestamp> next;
  for (const Side* side : {&bid_, &ask_}) {
    if (side->order_id.empty()) continue;
    const Timestamp due = side->expiration + -(options_.lifetime / 2);
    if (!next || due < *next) next = due;
  }
  return next;
}

}  // namespace evx::market_maker
