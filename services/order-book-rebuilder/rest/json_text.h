#pragma once

#include <string>
#include <string_view>

#include "store/rebuilt_books.h"

// The JSON bodies of the service's own API. Prices are dollars of the YES contract with four
// digits, quantities contracts with two, times RFC 3339.

namespace evx::order_book_rebuilder {

// {"ticker":..,"sequence":..,"last_sequence":..,"time":..,"doubt":..,"is_crossed":..,
//  "book_hash":"16 hex digits","bids":[{"price":..,"quantity":..,"change":..,"change_time":..}],
//  "asks":[..]}
void AppendBook(std::string& out, const BookView& view);
// {"ticker":..,"sequence":..,"time":..,"doubt":..,"is_crossed":..,"bid":{..} or null,"ask":..}
void AppendTop(std::string& out, const BookView& view);
// The same as messages: {"type":..,"ticker":..
void AppendBookMessage(std::string& out, std::string_view type, const BookView& view);
void AppendTopMessage(std::string& out, std::string_view type, const BookView& view);
// A list between brackets; `append(out, item)` writes each item.
template <class Items, class Append>
void AppendList(std::string& out, const Items& items, const Append& append) {
  out += '[';
  for (bool is_first = true; const auto& item : items) {
    if (!is_first) out += ',';
    is_first = false;
    append(out, item);
  }
  out += ']';
}
// Text that needs no escapes: tickers, words.
void AppendText(std::string& out, std::string_view text);
// The fields of BookStatistics, without braces.
void AppendStatistics(std::string& out, const BookStatistics& statistics);

}  // namespace evx::order_book_rebuilder
