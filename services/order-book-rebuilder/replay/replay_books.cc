#include "replay/replay_books.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <variant>
#include <vector>

#include "evx/core/check.h"
#include "evx/kalshi/websocket_frames.h"

namespace evx::order_book_rebuilder {
namespace {

// A bid for NO at a price is an ask for YES at what is left of the dollar.
std::vector<book::Level> ToLevels(const std::vector<kalshi::BookLevel>& levels, BookSide side) {
  std::vector<book::Level> result;
  result.reserve(levels.size());
  for (const kalshi::BookLevel& level : levels) {
    result.push_back(
        {side == BookSide::kBid ? level.price : level.price.Complement(), level.count});
  }
  return result;
}

std::vector<kalshi::BookLevel> ToKalshi(const book::Book& book, BookSide side) {
  std::vector<book::Level> levels;
  book.AppendLevels(side, std::numeric_limits<std::size_t>::max(), levels);
  std::vector<kalshi::BookLevel> result;
  result.reserve(levels.size());
  for (const book::Level& level : levels) {
    result.push_back(
        {side == BookSide::kBid ? level.price : level.price.Complement(), level.quantity});
  }
  std::reverse(result.begin(), result.end());  // The best price is the venue's last.
  return result;
}

}  // namespace

void ReplayBooks::Apply(const recording::Event& event, std::string_view bytes) {
  if (event.kind == recording::EventKind::kSnapshot) {
    Reset(event, bytes);
    return;
  }
  if (event.kind != recording::EventKind::kDelta) return;
  const auto found = markets_.find(event.market_ticker);
  if (found == markets_.end()) return;
  if (Price::IsValid(event.price_micros)) {
    const Price price = Price::FromMicros(event.price_micros);
    const bool is_yes = event.side == ContractSide::kYes;
    const book::ApplyResult result = found->second.book.Apply(
        is_yes ? BookSide::kBid : BookSide::kAsk, is_yes ? price : price.Complement(),
        Quantity::FromCentis(event.quantity_centis));
    if (result == book::ApplyResult::kApplied || result == book::ApplyResult::kUnchanged) return;
  }
  markets_.erase(found);
}

void ReplayBooks::Reset(const recording::Event& event, std::string_view bytes) {
  const auto frame = kalshi::DecodeWebSocketFrame(bytes);
  const kalshi::OrderbookSnapshot* const snapshot =
      frame.ok() ? std::get_if<kalshi::OrderbookSnapshot>(&frame->body) : nullptr;
  Market market;
  if (snapshot == nullptr || !market.book
                                  .Reset(ToLevels(snapshot->book.yes, BookSide::kBid),
                                         ToLevels(snapshot->book.no, BookSide::kAsk))
                                  .ok()) {
    const auto found = markets_.find(event.market_ticker);
    if (found != markets_.end()) markets_.erase(found);
    return;
  }
  market.id = snapshot->market_id;
  markets_.insert_or_assign(std::string(event.market_ticker), std::move(market));
}

std::vector<std::string> ReplayBooks::Tickers() const {
  std::vector<std::string> tickers;
  tickers.reserve(markets_.size());
  for (const auto& [ticker, market] : markets_) tickers.push_back(ticker);
  std::sort(tickers.begin(), tickers.end());
  return tickers;
}

kalshi::OrderbookSnapshot ReplayBooks::SnapshotOf(std::string_view ticker) const {
  const auto found = markets_.find(ticker);
  EVX_CHECK(found != markets_.end());
  kalshi::OrderbookSnapshot snapshot;
  snapshot.market_ticker = ticker;
  snapshot.market_id = found->second.id;
  snapshot.book.yes = ToKalshi(found->second.book, BookSide::kBid);
  snapshot.book.no = ToKalshi(found->second.book, BookSide::kAsk);
  return snapshot;
}

}  // namespace evx::order_book_rebuilder
