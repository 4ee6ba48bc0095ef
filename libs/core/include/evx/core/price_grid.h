#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "evx/core/money.h"

// The prices a market accepts.
//
// A market's valid prices come from bands {start, end, step}; the venue names the usual sets of
// bands ("price level structures") and sends the bands with every market. Valid are start,
// start + step, ... up to end of each band, without $0 and $1. Neighboring bands share their
// boundary price.

namespace evx {

struct PriceBand {
  Price start;
  Price end;
  // Distance between neighboring prices; divides end - start.
  Price step;
  friend constexpr bool operator==(const PriceBand&, const PriceBand&) = default;
};

// A bijection between the valid prices of a market and dense tick indexes: index 0 is the lowest
// valid price, tick_count() - 1 the highest. Immutable, cheap to copy, thread-safe. Every mapping
// costs O(number of bands): one for uniform structures, three for tapered ones.
class PriceGrid {
 public:
  using TickIndex = std::uint32_t;
  static constexpr int kBandCountMax = 8;
  // A grid of $0.0001 over the whole dollar.
  static constexpr TickIndex kTickCountMax = 9'999;

  // Uniform whole cents ("linear_cent").
  PriceGrid();

  // The bands of a structure named by the venue. NotFound for an unknown name.
  static absl::StatusOr<PriceGrid> FromStructure(std::string_view name);

  // `bands`: 1..8, in ascending order, each starting where the one before ends, steps at least
  // $0.0001 and dividing their band. InvalidArgument names the band at fault.
  static absl::StatusOr<PriceGrid> FromBands(std::span<const PriceBand> bands);

  // Number of valid prices; at least 1.
  TickIndex tick_count() const { return tick_count_; }
  std::span<const PriceBand> bands() const { return {bands_.data(), band_count_}; }
  Price lowest() const { return PriceAt(0); }
  Price highest() const { return PriceAt(tick_count_ - 1); }

  // Nothing when the price is off the grid, $0 or $1.
  std::optional<TickIndex> IndexOf(Price price) const;
  bool Contains(Price price) const { return IndexOf(price).has_value(); }

  // index < tick_count(); aborts otherwise.
  Price PriceAt(TickIndex index) const;

  // The highest valid price not above `price`; nothing when all lie above it.
  std::optional<TickIndex> FloorIndex(Price price) const;
  // The lowest valid price not below `price`; nothing when all lie below it.
  std::optional<TickIndex> CeilIndex(Price price) const;

  // True when $1 minus every valid price is valid too, as in every named structure.
  bool is_symmetric() const;

  friend bool operator==(const PriceGrid&, const PriceGrid&) = default;

 private:
  struct Empty {};
  explicit PriceGrid(Empty) {}

  // Number of valid prices not above `micros`.
  TickIndex CountUpTo(std::int64_t micros) const;

  std::array<PriceBand, kBandCountMax> bands_{};
  // Number of valid prices not above each band's start.
  std::array<TickIndex, kBandCountMax> before_{};
  std::uint32_t band_count_ = 0;
  TickIndex tick_count_ = 0;
};

// Every structure name that FromStructure knows, sorted.
std::span<const std::string_view> PriceLevelStructureNames();

}  // namespace evx
