#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <utility>

// Identifiers, one type each, so that an order id cannot be passed where an account is meant.
// Value 0 means "none" where a field is optional; real identifiers start at 1.

namespace evx {

template <class Tag, class Integer>
class Id {
 public:
  using Value = Integer;
  constexpr Id() = default;
  constexpr explicit Id(Integer value) : value_(value) {}
  constexpr Integer value() const { return value_; }
  constexpr explicit operator bool() const { return value_ != 0; }
  friend constexpr auto operator<=>(Id, Id) = default;
  template <class H>
  friend H AbslHashValue(H h, Id id) {
    return H::combine(std::move(h), id.value_);
  }

 private:
  Integer value_ = 0;
};

// Position of a command in the exchange's one total order; the first is 1.
using SequenceNumber = Id<struct SequenceNumberTag, std::uint64_t>;
using OrderId = Id<struct OrderIdTag, std::uint64_t>;
using TradeId = Id<struct TradeIdTag, std::uint64_t>;
using OrderGroupId = Id<struct OrderGroupIdTag, std::uint64_t>;
using TransferId = Id<struct TransferIdTag, std::uint64_t>;
// Dense, in order of creation: they index arrays.
using AccountId = Id<struct AccountIdTag, std::uint32_t>;
using SeriesId = Id<struct SeriesIdTag, std::uint32_t>;
using EventId = Id<struct EventIdTag, std::uint32_t>;
using MarketId = Id<struct MarketIdTag, std::uint32_t>;

// 0 is the primary subaccount; 0..63.
using SubaccountNumber = std::uint8_t;
inline constexpr SubaccountNumber kSubaccountNumberMax = 63;

}  // namespace evx

template <class Tag, class Integer>
struct std::hash<evx::Id<Tag, Integer>> {
  std::size_t operator()(evx::Id<Tag, Integer> id) const noexcept {
    return std::hash<Integer>{}(id.value());
  }
};
