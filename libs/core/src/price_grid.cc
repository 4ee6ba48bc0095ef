#include "evx/core/price_grid.h"

#include "absl/strings/str_format.h"
#include "evx/core/decimal.h"
#include "evx/core/status.h"

namespace evx {
namespace {

// A named structure: one step below `edge` and above $1 - edge, another between. A uniform
// structure has edge 0.
struct Structure {
  std::string_view name;
  std::int64_t edge_micros;
  std::int64_t edge_step_micros;
  std::int64_t center_step_micros;
};

// Source: the venue's table of price level structures. Sorted by name.
constexpr std::array<Structure, 12> kStructures = {{
    {"center_centi_edge_centi_cent", 0, 0, 100},
    {"center_deci_edge_centi_cent", 10'000, 100, 1'000},
    {"center_half_edge_deci_cent", 100'000, 1'000, 5'000},
    {"center_half_edge_half_cent", 0, 0, 5'000},
    {"center_half_edge_quint_cent", 100'000, 2'000, 5'000},
    {"center_quint_edge_deci_cent", 100'000, 1'000, 2'000},
    {"center_quint_edge_quint_cent", 0, 0, 2'000},
    {"center_whole_edge_half_cent", 100'000, 5'000, 10'000},
    {"center_whole_edge_quint_cent", 100'000, 2'000, 10'000},
    {"deci_cent", 0, 0, 1'000},
    {"linear_cent", 0, 0, 10'000},
    {"tapered_deci_cent", 100'000, 1'000, 10'000},
}};

constexpr auto kStructureNames = [] {
  std::array<std::string_view, kStructures.size()> names{};
  for (std::size_t i = 0; i < names.size(); ++i) names[i] = kStructures[i].name;
  return names;
}();

PriceBand Band(std::int64_t start, std::int64_t end, std::int64_t step) {
  return {Price::FromMicros(start), Price::FromMicros(end), Price::FromMicros(step)};
}

std::string Dollars(Price price) { return FormatDecimal(price.micros(), 6, 4); }

absl::Status CheckBand(std::span<const PriceBand> bands, std::size_t i) {
  const PriceBand& band = bands[i];
  const auto text = absl::StrFormat("price band %d [%s, %s] step %s", i, Dollars(band.start),
                                    Dollars(band.end), Dollars(band.step));
  if (band.start >= band.end) return InvalidArgument(text + " is empty");
  if (band.step.micros() == 0) return InvalidArgument(text + " has no step");
  if ((band.end.micros() - band.start.micros()) % band.step.micros() != 0) {
    return InvalidArgument(text + " is not a whole number of steps");
  }
  if (i > 0 && bands[i - 1].end != band.start) {
    return InvalidArgument(text + " does not start where the band before it ends");
  }
  return absl::OkStatus();
}

}  // namespace

PriceGrid::PriceGrid() : PriceGrid(*FromStructure("linear_cent")) {}

absl::StatusOr<PriceGrid> PriceGrid::FromStructure(std::string_view name) {
  for (const Structure& s : kStructures) {
    if (s.name != name) continue;
    const std::int64_t top = Price::kDollarMicros;
    if (s.edge_micros == 0) return FromBands(std::array{Band(0, top, s.center_step_micros)});
    return FromBands(std::array{Band(0, s.edge_micros, s.edge_step_micros),
                                Band(s.edge_micros, top - s.edge_micros, s.center_step_micros),
                                Band(top - s.edge_micros, top, s.edge_step_micros)});
  }
  return NotFound(absl::StrFormat("price level structure %s is not known", name));
}

absl::StatusOr<PriceGrid> PriceGrid::FromBands(std::span<const PriceBand> bands) {
  if (bands.empty() || bands.size() > kBandCountMax) {
    return InvalidArgument(
        absl::StrFormat("%d price bands; allowed are 1 to %d", bands.size(), kBandCountMax));
  }
  PriceGrid grid{Empty{}};
  grid.band_count_ = static_cast<std::uint32_t>(bands.size());
  TickIndex count = bands[0].start.micros() == 0 ? 0 : 1;
  for (std::size_t i = 0; i < bands.size(); ++i) {
    EVX_RETURN_IF_ERROR(CheckBand(bands, i));
    grid.bands_[i] = bands[i];
    grid.before_[i] = count;
    count += static_cast<TickIndex>((bands[i].end.micros() - bands[i].start.micros()) /
                                    bands[i].step.micros());
  }
  if (bands.back().end.micros() == Price::kDollarMicros) --count;
  if (count == 0) return InvalidArgument("price bands hold no price between $0 and $1");
  grid.tick_count_ = count;
  return grid;
}

std::optional<PriceGrid::TickIndex> PriceGrid::IndexOf(Price price) const {
  if (price.micros() == 0 || price.micros() == Price::kDollarMicros) return std::nullopt;
  if (price < bands_[0].start || price > bands_[band_count_ - 1].end) return std::nullopt;
  for (std::uint32_t i = 0; i < band_count_; ++i) {
    if (price > bands_[i].end) continue;
    const std::int64_t offset = price.micros() - bands_[i].start.micros();
    const std::int64_t step = bands_[i].step.micros();
    if (offset % step != 0) return std::nullopt;
    return static_cast<TickIndex>(before_[i] + offset / step - 1);
  }
  return std::nullopt;
}

Price PriceGrid::PriceAt(TickIndex index) const {
  EVX_CHECK(index < tick_count_);
  std::uint32_t i = band_count_ - 1;
  while (i > 0 && before_[i] > index) --i;
  // Steps from the band's start; the start itself belongs to the band below it.
  const std::int64_t steps = std::int64_t{index} + 1 - before_[i];
  return Price::FromMicros(bands_[i].start.micros() + steps * bands_[i].step.micros());
}

PriceGrid::TickIndex PriceGrid::CountUpTo(std::int64_t micros) const {
  if (micros < bands_[0].start.micros()) return 0;
  std::uint32_t i = 0;
  while (i + 1 < band_count_ && micros > bands_[i].end.micros()) ++i;
  const std::int64_t offset = micros - bands_[i].start.micros();
  const std::int64_t count = before_[i] + offset / bands_[i].step.micros();
  return count < tick_count_ ? static_cast<TickIndex>(count) : tick_count_;
}

std::optional<PriceGrid::TickIndex> PriceGrid::FloorIndex(Price price) const {
  const TickIndex count = CountUpTo(price.micros());
  if (count == 0) return std::nullopt;
  return count - 1;
}

std::optional<PriceGrid::TickIndex> PriceGrid::CeilIndex(Price price) const {
  const TickIndex below = CountUpTo(price.micros() - 1);
  if (below == tick_count_) return std::nullopt;
  return below;
}

bool PriceGrid::is_symmetric() const {
  for (std::uint32_t i = 0; i < band_count_; ++i) {
    const PriceBand& band = bands_[i];
    const PriceBand& mirror = bands_[band_count_ - 1 - i];
    if (band.start != mirror.end.Complement() || band.step != mirror.step) return false;
  }
  return true;
}

std::span<const std::string_view> PriceLevelStructureNames() { return kStructureNames; }

}  // namespace evx
