#include "rest/json_text.h"

#include <utility>

#include "absl/strings/str_format.h"
#include "evx/kalshi/number.h"

namespace evx::order_book_rebuilder {
namespace {

void AppendLevel(std::string& out, const LevelView& level) {
  out += R"({"price":")";
  kalshi::AppendPrice(out, level.price);
  out += R"(","quantity":")";
  kalshi::AppendCount(out, level.quantity);
  out += R"(","change":)";
  AppendText(out, ToString(level.last_change.kind));
  out += R"(,"change_time":)";
  AppendText(out, FormatRfc3339(level.last_change.time));
  out += '}';
}

void AppendHead(std::string& out, std::string_view type, const BookView& view) {
  out += '{';
  if (!type.empty()) {
    out += R"("type":)";
    AppendText(out, type);
    out += ',';
  }
  out += R"("ticker":)";
  AppendText(out, view.ticker);
  absl::StrAppendFormat(&out, R"(,"sequence":%d,"last_sequence":%d,"time":)", view.sequence,
                        view.last_sequence);
  AppendText(out, FormatRfc3339(view.time));
  out += R"(,"doubt":)";
  AppendText(out, ToString(view.doubt));
  out += R"(,"is_crossed":)";
  out += view.is_crossed ? "true" : "false";
}

}  // namespace

void AppendText(std::string& out, std::string_view text) {
  out += '"';
  out += text;
  out += '"';
}

void AppendBook(std::string& out, const BookView& view) { AppendBookMessage(out, {}, view); }

void AppendTop(std::string& out, const BookView& view) { AppendTopMessage(out, {}, view); }

void AppendBookMessage(std::string& out, std::string_view type, const BookView& view) {
  AppendHead(out, type, view);
  absl::StrAppendFormat(&out, R"(,"book_hash":"%016x","bids":)", view.book_hash);
  AppendList(out, view.bids, AppendLevel);
  out += R"(,"asks":)";
  AppendList(out, view.asks, AppendLevel);
  out += '}';
}

void AppendTopMessage(std::string& out, std::string_view type, const BookView& view) {
  AppendHead(out, type, view);
  for (const auto& [name, levels] : {std::pair("bid", &view.bids), std::pair("ask", &view.asks)}) {
    absl::StrAppendFormat(&out, R"(,"%s":)", name);
    if (levels->empty()) {
      out += "null";
    } else {
      AppendLevel(out, levels->front());
    }
  }
  out += '}';
}

void AppendStatistics(std::string& out, const BookStatistics& statistics) {
  const FoldCounters& counters = statistics.counters;
  const std::pair<const char*, std::uint64_t> numbers[] = {
      {"markets", statistics.market_count},
      {"markets_in_doubt", statistics.doubtful_market_count},
      {"markets_crossed", statistics.crossed_market_count},
      {"levels", statistics.level_count},
      {"history_bytes", statistics.history_bytes},
      {"deltas", counters.deltas},
      {"periodic_snapshots", counters.periodic_snapshots},
      {"venue_snapshots", counters.venue_snapshots},
      {"gaps", counters.gaps},
      {"unreadable", counters.unreadable},
      {"duplicates", counters.duplicates},
      {"reordered", counters.reordered},
      {"holes", counters.holes},
      {"hash_mismatches", counters.hash_mismatches},
      {"inconsistent", counters.inconsistent},
  };
  for (const auto& [name, number] : numbers) {
    absl::StrAppendFormat(&out, R"("%s":%d,)", name, number);
  }
  absl::StrAppendFormat(&out, R"("delta_share":%.4f)", statistics.DeltaShare());
}

}  // namespace evx::order_book_rebuilder
