#include "folded_book.h"

#include <algorithm>
#include <optional>

#include "absl/strings/str_cat.h"
#include "evx/core/decimal.h"
#include "evx/core/hash.h"
#include "websocket/feed_connections.h"

namespace evx::soak {
namespace {

using load::MemberOf;

constexpr std::int64_t kDollar = 1'000'000;

void AppendInteger(std::int64_t value, std::string& out) {
  for (int i = 0; i < 8; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

// In terms of YES: a bid for NO at p is an ask at 1 - p.
std::int64_t YesPrice(BookSide side, std::int64_t price) {
  return side == BookSide::kBid ? price : kDollar - price;
}

bool IsBetter(BookSide side, std::int64_t price, std::int64_t other) {
  return side == BookSide::kBid ? price > other : price < other;
}

}  // namespace

bool FoldedBook::ApplySnapshot(std::string_view message) {
  bids_.clear();
  asks_.clear();
  return ReadLevels(message, "\"yes_dollars_fp\":[", BookSide::kBid, bids_) &&
         ReadLevels(message, "\"no_dollars_fp\":[", BookSide::kAsk, asks_);
}

// `[["0.0100","300.00"],...]`, worst first; an absent side is empty.
bool FoldedBook::ReadLevels(std::string_view message, std::string_view name, BookSide side,
                            Levels& levels) {
  const std::size_t found = message.find(name);
  if (found == std::string_view::npos) return true;
  message.remove_prefix(found + name.size());
  while (message.starts_with("[\"")) {
    const std::size_t middle = message.find("\",\"");
    const std::size_t end = message.find("\"]");
    if (middle == std::string_view::npos || end == std::string_view::npos || end < middle) {
      return false;
    }
    const auto price = ParseDecimal(message.substr(2, middle - 2), 6);
    const auto quantity = ParseDecimal(message.substr(middle + 3, end - middle - 3), 2);
    if (!price || !quantity || *quantity <= 0) return false;
    levels.push_back({YesPrice(side, *price), *quantity});
    message.remove_prefix(end + 2);
    if (message.starts_with(",")) message.remove_prefix(1);
  }
  std::reverse(levels.begin(), levels.end());
  return message.starts_with("]");
}

bool FoldedBook::ApplyDelta(std::string_view message) {
  const std::string_view side_name = MemberOf(message, "\"side\":");
  if (side_name != "yes" && side_name != "no") return false;
  const BookSide side = side_name == "yes" ? BookSide::kBid : BookSide::kAsk;
  const auto own_price = ParseDecimal(MemberOf(message, "\"price_dollars\":"), 6);
  const auto change = ParseDecimal(MemberOf(message, "\"delta_fp\":"), 2);
  if (!own_price || !change) return false;
  const std::int64_t price = YesPrice(side, *own_price);
  Levels& levels = side == BookSide::kBid ? bids_ : asks_;
  const auto place = std::find_if(levels.begin(), levels.end(), [&](const auto& level) {
    return !IsBetter(side, level.first, price);
  });
  if (place == levels.end() || place->first != price) {
    levels.insert(place, {price, *change});
    return *change > 0;
  }
  place->second += *change;
  if (place->second < 0) return false;
  if (place->second == 0) levels.erase(place);
  return true;
}

template <class Visit>
void FoldedBook::ForEach(Visit visit) const {
  for (const auto& [price, quantity] : bids_) visit(BookSide::kBid, price, quantity);
  for (const auto& [price, quantity] : asks_) visit(BookSide::kAsk, price, quantity);
}

std::uint64_t FoldedBook::Hash(std::string_view ticker) const {
  std::string bytes(ticker);
  ForEach([&](BookSide side, std::int64_t price, std::int64_t quantity) {
    bytes.push_back(static_cast<char>(side));
    AppendInteger(price, bytes);
    AppendInteger(quantity, bytes);
  });
  return Xxh64(bytes);
}

std::string FoldedBook::Describe() const {
  std::string text;
  ForEach([&](BookSide side, std::int64_t price, std::int64_t quantity) {
    absl::StrAppend(&text, text.empty() ? "" : ", ", side == BookSide::kBid ? "bid " : "ask ",
                    price, " ", quantity);
  });
  return text;
}

}  // namespace evx::soak
