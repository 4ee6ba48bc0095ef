#pragma once

#include <cstdint>

// The three meanings of "side", never mixed. Every market has one book in YES space: a bid buys
// YES, an ask sells YES, which is the same as buying NO at the complementary price.
// Source: the venue's direction rule, "outcome_side yes == book_side bid, no == ask".

namespace evx {

enum class BookSide : std::uint8_t { kBid = 0, kAsk = 1 };
enum class ContractSide : std::uint8_t { kYes = 0, kNo = 1 };
enum class OrderAction : std::uint8_t { kBuy = 0, kSell = 1 };

constexpr BookSide Opposite(BookSide side) {
  return side == BookSide::kBid ? BookSide::kAsk : BookSide::kBid;
}

// buy YES and sell NO are bids; buy NO and sell YES are asks.
constexpr BookSide ToBookSide(OrderAction action, ContractSide side) {
  return (action == OrderAction::kBuy) == (side == ContractSide::kYes) ? BookSide::kBid
                                                                       : BookSide::kAsk;
}

// The contract that an order of this side and action names.
constexpr ContractSide ToContractSide(OrderAction action, BookSide side) {
  return (side == BookSide::kBid) == (action == OrderAction::kBuy) ? ContractSide::kYes
                                                                   : ContractSide::kNo;
}

// The outcome that a bid or an ask is positioned for.
constexpr ContractSide OutcomeSide(BookSide side) {
  return side == BookSide::kBid ? ContractSide::kYes : ContractSide::kNo;
}

}  // namespace evx
