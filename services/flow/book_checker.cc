#include "book_checker.h"

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "evx/core/decimal.h"

namespace evx::flow {
namespace {

BookSide ToDomain(common::v1::BookSide side) {
  return side == common::v1::BOOK_SIDE_BID ? BookSide::kBid : BookSide::kAsk;
}

void SetLevel(std::map<LevelKey, std::int64_t>& book, const LevelKey& level,
              std::int64_t quantity) {
  if (quantity == 0) {
    book.erase(level);
  } else {
    book[level] = quantity;
  }
}

std::string Describe(const LevelKey& level, std::int64_t quantity) {
  return std::string(level.side == BookSide::kBid ? "bid " : "ask ") +
         FormatDecimal(level.price_micros, 6, 4) + " x " + FormatDecimal(quantity, 2, 2);
}

// The first level in which they differ.
std::string Difference(const std::map<LevelKey, std::int64_t>& recorded,
                       const std::map<LevelKey, std::int64_t>& book) {
  for (const auto& [level, quantity] : recorded) {
    const auto found = book.find(level);
    const std::int64_t here = found == book.end() ? 0 : found->second;
    if (here != quantity) {
      return "recorded " + Describe(level, quantity) + ", here " + FormatDecimal(here, 2, 2);
    }
  }
  for (const auto& [level, quantity] : book) {
    if (!recorded.contains(level)) return "not recorded: " + Describe(level, quantity);
  }
  return {};
}

}  // namespace

void BookChecker::OnEvents(const exchange::v1::StreamEventsResponse& response) {
  const std::lock_guard lock(mutex_);
  for (const auto& record : response.records()) {
    Record kept;
    kept.sequence_number = record.sequence_number();
    for (const auto& event : record.events()) {
      if (event.has_book_changed() && event.book_changed().market_ticker() == market_ticker_) {
        const auto& change = event.book_changed();
        kept.levels.push_back(
            {{ToDomain(change.side()), change.price_micros()}, change.quantity_centis()});
      } else if (event.has_trade_executed() &&
                 event.trade_executed().market_ticker() == market_ticker_) {
        const auto& trade = event.trade_executed();
        kept.trades.push_back(
            {ToDomain(trade.taker_side()), trade.price_micros(), trade.quantity_centis()});
      } else if (event.has_book_cleared()) {
        kept.is_cleared = true;
      }
    }
    if (kept.is_cleared || !kept.levels.empty() || !kept.trades.empty()) {
      records_.push_back(std::move(kept));
    }
  }
  through_ = std::max(through_, response.through_sequence_number());
  Advance();
}

void BookChecker::OnMillisecond(ReplayedMillisecond millisecond) {
  const std::lock_guard lock(mutex_);
  milliseconds_.push_back(std::move(millisecond));
  Advance();
}

void BookChecker::Advance() {
  while (!milliseconds_.empty() && through_ >= milliseconds_.front().sequence_numbers.back()) {
    Check(milliseconds_.front());
    milliseconds_.pop_front();
  }
  changed_.notify_all();
}

void BookChecker::Check(const ReplayedMillisecond& millisecond) {
  const auto& own = millisecond.sequence_numbers;
  std::vector<TradeFrame> trades;
  while (!records_.empty() && records_.front().sequence_number <= own.back()) {
    Record& record = records_.front();
    if (!report_.disturbed_at &&
        !std::binary_search(own.begin(), own.end(), record.sequence_number)) {
      report_.disturbed_at = record.sequence_number;
    }
    if (record.is_cleared) book_.clear();
    for (const auto& [level, quantity] : record.levels) SetLevel(book_, level, quantity);
    trades.insert(trades.end(), record.trades.begin(), record.trades.end());
    records_.pop_front();
  }
  for (const auto& [level, quantity] : millisecond.levels) SetLevel(recorded_, level, quantity);
  if (report_.disturbed_at) return;
  ++report_.check_count;
  if (book_ != recorded_) {
    ++report_.unequal_count;
    if (report_.first_unequal.empty()) {
      report_.first_unequal =
          std::to_string(millisecond.time_ms) + " ms: " + Difference(recorded_, book_);
    }
  }
  CheckTrades(millisecond.trades, std::move(trades));
}

void BookChecker::CheckTrades(std::vector<TradeFrame> recorded, std::vector<TradeFrame> seen) {
  if (recorded.empty() && seen.empty()) return;
  report_.trade_count += static_cast<std::int64_t>(recorded.size());
  std::sort(recorded.begin(), recorded.end());
  std::sort(seen.begin(), seen.end());
  std::vector<TradeFrame> same;
  std::set_intersection(recorded.begin(), recorded.end(), seen.begin(), seen.end(),
                        std::back_inserter(same));
  report_.one_maker_count += static_cast<std::int64_t>(same.size());
  std::map<std::pair<BookSide, std::int64_t>, std::int64_t> totals;
  for (const TradeFrame& trade : recorded) {
    totals[{trade.taker_side, trade.price_micros}] += trade.quantity_centis;
  }
  for (const TradeFrame& trade : seen) {
    totals[{trade.taker_side, trade.price_micros}] -= trade.quantity_centis;
  }
  const bool equal = std::all_of(totals.begin(), totals.end(),
                                 [](const auto& entry) { return entry.second == 0; });
  if (!equal) ++report_.unequal_trade_total_count;
}

bool BookChecker::WaitUntilChecked(int timeout_seconds) {
  std::unique_lock lock(mutex_);
  return changed_.wait_for(lock, std::chrono::seconds(timeout_seconds),
                           [this] { return milliseconds_.empty(); });
}

CheckerReport BookChecker::report() const {
  const std::lock_guard lock(mutex_);
  return report_;
}

}  // namespace evx::flow
