#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "evx/kalshi/market_messages.h"
#include "message_archive.h"

// Parts of market messages that REST and WebSocket share.

namespace evx::kalshi {

template <class Archive, Is<PriceRange> M>
void Members(Archive& a, M& m) {
  a.DollarPrice("start", m.start);
  a.DollarPrice("end", m.end);
  a.DollarPrice("step", m.step);
}

// A level is not an object but a pair: ["0.1500","100.00"].
inline void Levels(MessageWriter& a, std::string_view name, const std::vector<BookLevel>& levels) {
  // The hottest list of all is written without detours.
  std::string& out = a.json().out();
  a.json().Key(name);
  out.push_back('[');
  for (const BookLevel& level : levels) {
    a.json().Item();
    out.append("[\"");
    AppendPrice(out, level.price);
    out.append("\",\"");
    AppendCount(out, level.count);
    out.append("\"]");
  }
  out.push_back(']');
}

inline void Levels(MessageReader& a, std::string_view name, std::vector<BookLevel>& levels) {
  ObjectReader& object = a.object();
  object.Elements(name, kListSizeMax, [&](simdjson::dom::element element) {
    std::string_view price_text;
    std::string_view count_text;
    simdjson::dom::array pair;
    if (element.get_array().get(pair) != simdjson::SUCCESS || pair.size() != 2 ||
        pair.at(0).get_string().get(price_text) != simdjson::SUCCESS ||
        pair.at(1).get_string().get(count_text) != simdjson::SUCCESS) {
      object.Fail(name, "must be a list of pairs of strings");
      return;
    }
    const auto price = ParsePrice(price_text);
    const auto count = ParseCount(count_text);
    if (!price || !count) {
      object.Fail(name, "must be a list of prices and counts");
      return;
    }
    levels.push_back({*price, *count});
  });
}

// Left out when there are none.
inline void LevelsIf(MessageWriter& a, std::string_view name,
                     const std::vector<BookLevel>& levels) {
  if (!levels.empty()) Levels(a, name, levels);
}
inline void LevelsIf(MessageReader& a, std::string_view name, std::vector<BookLevel>& levels) {
  Levels(a, name, levels);
}

}  // namespace evx::kalshi
