#include "folded_book.h"

#include <optional>

#include "absl/strings/str_cat.h"
#include "evx/core/decimal.h"
#include "websocket/feed_connections.h"

namespace evx::soak {
namespace {

using load::MemberOf;

// A bid for NO at p is an ask at 1 - p. Nothing when it is no price.
std::optional<Price> YesPrice(BookSide side, std::string_view text) {
  const auto micros = ParseDecimal(text, 6);
  if (!micros || !Price::IsValid(*micros)) return std::nullopt;
  const Price price = Price::FromMicros(*micros);
  return side == BookSide::kBid ? price : price.Complement();
}

std::optional<Quantity> ReadQuantity(std::string_view text) {
  const auto centis = ParseDecimal(text, 2);
  if (!centis) return std::nullopt;
  return Quantity::FromCentis(*centis);
}

}  // namespace

bool FoldedBook::ApplySnapshot(std::string_view message) {
  std::vector<book::Level> bids, asks;
  return ReadLevels(message, "\"yes_dollars_fp\":[", BookSide::kBid, bids) &&
         ReadLevels(message, "\"no_dollars_fp\":[", BookSide::kAsk, asks) &&
         book_.Reset(bids, asks).ok();
}

// `[["0.0100","300.00"],...]`, worst first; an absent side is empty.
bool FoldedBook::ReadLevels(std::string_view message, std::string_view name, BookSide side,
                            std::vector<book::Level>& levels) {
  const std::size_t found = message.find(name);
  if (found == std::string_view::npos) return true;
  message.remove_prefix(found + name.size());
  while (message.starts_with("[\"")) {
    const std::size_t middle = message.find("\",\"");
    const std::size_t end = message.find("\"]");
    if (middle == std::string_view::npos || end == std::string_view::npos || end < middle) {
      return false;
    }
    const auto price = YesPrice(side, message.substr(2, middle - 2));
    const auto quantity = ReadQuantity(message.substr(middle + 3, end - middle - 3));
    if (!price || !quantity) return false;
    levels.push_back({*price, *quantity});
    message.remove_prefix(end + 2);
    if (message.starts_with(",")) message.remove_prefix(1);
  }
  return message.starts_with("]");
}

bool FoldedBook::ApplyDelta(std::string_view message) {
  const std::string_view side_name = MemberOf(message, "\"side\":");
  if (side_name != "yes" && side_name != "no") return false;
  const BookSide side = side_name == "yes" ? BookSide::kBid : BookSide::kAsk;
  const auto price = YesPrice(side, MemberOf(message, "\"price_dollars\":"));
  const auto change = ReadQuantity(MemberOf(message, "\"delta_fp\":"));
  return price && change && book_.Apply(side, *price, *change) == book::ApplyResult::kApplied;
}

std::string FoldedBook::Describe() const {
  std::string text;
  for (const BookSide side : {BookSide::kBid, BookSide::kAsk}) {
    std::vector<book::Level> levels;
    book_.AppendLevels(side, book_.level_count(side), levels);
    for (const book::Level& level : levels) {
      absl::StrAppend(&text, text.empty() ? "" : ", ", side == BookSide::kBid ? "bid " : "ask ",
                      level.price.micros(), " ", level.quantity.centis());
    }
  }
  return text;
}

}  // namespace evx::soak
