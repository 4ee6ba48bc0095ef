#pragma once

#include <cstdint>

#include "evx/matching/commands.h"

namespace evx::matching::testing {

// A CreateOrder of which a test shows only what matters:
//   AnOrder(7).Bid(56).Of(10_x).ImmediateOrCancel()
// Unless told otherwise: book 0, no owner, good till canceled, one contract.
class AnOrder {
 public:
  explicit AnOrder(std::uint64_t order_id) {
    command_.order_id = OrderId(order_id);
    command_.quantity = Quantity::FromContracts(1);
  }
  AnOrder& Bid(Tick tick) { return On(BookSide::kBid, tick); }
  AnOrder& Ask(Tick tick) { return On(BookSide::kAsk, tick); }
  AnOrder& On(BookSide side, Tick tick) {
    command_.side = side;
    command_.tick = tick;
    return *this;
  }
  AnOrder& In(BookIndex book) {
    command_.book = book;
    return *this;
  }
  AnOrder& Of(Quantity quantity) {
    command_.quantity = quantity;
    return *this;
  }
  AnOrder& By(std::uint32_t owner) {
    command_.owner = OwnerId(owner);
    return *this;
  }
  AnOrder& CancelingMakers() {
    command_.self_trade_prevention = SelfTradePrevention::kMaker;
    return *this;
  }
  AnOrder& ImmediateOrCancel() {
    command_.time_in_force = TimeInForce::kImmediateOrCancel;
    return *this;
  }
  AnOrder& FillOrKill() {
    command_.time_in_force = TimeInForce::kFillOrKill;
    return *this;
  }
  AnOrder& PostOnly() {
    command_.post_only = true;
    return *this;
  }
  AnOrder& Reducing(Quantity reducible) {
    command_.reduce_only = true;
    command_.reducible = reducible;
    return *this;
  }
  AnOrder& Until(Timestamp expiration) {
    command_.expiration = expiration;
    return *this;
  }
  operator CreateOrder() const { return command_; }  // NOLINT: the builder stands for its command.

 private:
  CreateOrder command_;
};

}  // namespace evx::matching::testing
