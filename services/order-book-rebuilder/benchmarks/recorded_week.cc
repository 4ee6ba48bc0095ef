#include "benchmarks/recorded_week.h"

#include <map>
#include <utility>
#include <variant>

#include "evx/core/check.h"
#include "evx/kalshi/websocket_frames.h"
#include "evx/recording/frame_log.h"
#include "evx/recording/writer.h"

namespace evx::order_book_rebuilder {
namespace {

// The markets of the week begin within so long.
constexpr std::int64_t kBeginSeconds = 600;

struct Folded {
  RecordedMarket recorded;
  book::Book book;
};

BookSide SideOf(ContractSide side) {
  return side == ContractSide::kYes ? BookSide::kBid : BookSide::kAsk;
}

// A bid for NO at a price is an ask for YES at what is left of the dollar. Best first.
std::vector<book::Level> ToLevels(const std::vector<kalshi::BookLevel>& levels, BookSide side) {
  std::vector<book::Level> out;
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    out.push_back(
        {side == BookSide::kBid ? level->price : level->price.Complement(), level->count});
  }
  return out;
}

class Folder {
 public:
  void Add(Timestamp received, std::string_view bytes) {
    const auto frame = kalshi::DecodeWebSocketFrame(bytes);
    EVX_CHECK(frame.ok());
    if (const auto* const snapshot = std::get_if<kalshi::OrderbookSnapshot>(&frame->body)) {
      AddSnapshot(received, *snapshot);
    } else if (const auto* const delta = std::get_if<kalshi::OrderbookDelta>(&frame->body)) {
      AddDelta(received, *delta);
    }
  }

  std::vector<RecordedMarket> Take() {
    std::vector<RecordedMarket> markets;
    for (auto& [ticker, folded] : markets_) markets.push_back(std::move(folded.recorded));
    markets_.clear();
    return markets;
  }

 private:
  void AddSnapshot(Timestamp received, const kalshi::OrderbookSnapshot& snapshot) {
    Folded& folded = markets_[snapshot.market_ticker];
    RecordedMarket& recorded = folded.recorded;
    recorded.snapshots.push_back(
        {ToLevels(snapshot.book.yes, BookSide::kBid), ToLevels(snapshot.book.no, BookSide::kAsk)});
    const RecordedMarket::Snapshot& levels = recorded.snapshots.back();
    EVX_CHECK(folded.book.Reset(levels.bids, levels.asks).ok());
    RecordedMarket::Change change;
    change.time = received;
    change.snapshot = static_cast<std::int32_t>(recorded.snapshots.size() - 1);
    recorded.changes.push_back(change);
  }

  void AddDelta(Timestamp received, const kalshi::OrderbookDelta& delta) {
    const auto found = markets_.find(delta.market_ticker);
    if (found == markets_.end()) return;  // Before the first snapshot.
    RecordedMarket::Change change;
    change.time = received;
    change.side = SideOf(delta.side);
    change.price = change.side == BookSide::kBid ? delta.price : delta.price.Complement();
    change.change = delta.delta;
    const book::ApplyResult result =
        found->second.book.Apply(change.side, change.price, change.change);
    if (result == book::ApplyResult::kUnchanged) return;
    EVX_CHECK(result == book::ApplyResult::kApplied);
    change.quantity = found->second.book.QuantityAt(change.side, change.price);
    found->second.recorded.changes.push_back(change);
  }

  std::map<std::string, Folded> markets_;
};

bool AddFrameLogs(const std::string& path, Folder& folder) {
  const std::vector<std::string> logs = recording::FindFrameLogs(path);
  for (const std::string& log : logs) {
    auto reader = recording::FrameLogReader::Open(log);
    EVX_CHECK(reader.ok());
    while (true) {
      const auto logged = reader->Next();
      EVX_CHECK(logged.ok());
      if (!*logged) break;
      folder.Add((*logged)->frame.received, (*logged)->frame.bytes);
    }
  }
  return !logs.empty();
}

bool AddRecording(const std::string& path, Folder& folder) {
  std::string bytes;
  const auto report =
      recording::ReadRecording(path, {}, [&](const recording::Block& block, std::size_t frame) {
        bytes.clear();
        block.AppendFrame(frame, bytes);
        folder.Add(block.received(frame), bytes);
      });
  return report.ok() && report->frame_count > 0;
}

}  // namespace

std::vector<RecordedMarket> ReadRecordedMarkets(const std::vector<std::string>& folders) {
  Folder folder;
  for (const std::string& path : folders) {
    if (!AddFrameLogs(path, folder) && !AddRecording(path, folder)) return {};
  }
  return folder.Take();
}

WeekMarket::WeekMarket(const std::vector<RecordedMarket>& recorded, int number)
    : recorded_(&recorded[static_cast<std::size_t>(number) % recorded.size()]),
      ticker_("KXWEEK-27JAN-M" + std::to_string(number)) {
  const std::int64_t copy = number / static_cast<std::int64_t>(recorded.size());
  is_mirrored_ = copy % 2 == 1;
  quantity_factor_ = 1 + copy / 2;
  start_ = kWeekStart + absl::Seconds(number * std::int64_t{7'919} % kBeginSeconds);
}

Timestamp WeekMarket::time() const {
  const std::vector<RecordedMarket::Change>& changes = recorded_->changes;
  const std::int64_t first = changes.front().time.nanos();
  const std::int64_t length = changes.back().time.nanos() - first;
  const std::int64_t week = kWeekNanos - kBeginSeconds * 1'000'000'000;
  // The recorded ones take minutes, so a factor of the whole is close enough.
  const std::int64_t factor = week / (length + 1);
  return Timestamp::FromNanos(start_.nanos() + (changes[next_].time.nanos() - first) * factor);
}

book::Level WeekMarket::Copied(const book::Level& level) const {
  return {is_mirrored_ ? level.price.Complement() : level.price,
          Quantity::FromCentis(level.quantity.centis() * quantity_factor_)};
}

const BookUpdate& WeekMarket::Next() {
  const RecordedMarket::Change& change = recorded_->changes[next_];
  update_.time = update_.event_time = time();
  update_.sequence = static_cast<std::int64_t>(++next_);
  update_.bids.clear();
  update_.asks.clear();
  if (change.snapshot < 0) {
    update_.kind = BookUpdateKind::kDelta;
    update_.side = !is_mirrored_                   ? change.side
                   : change.side == BookSide::kBid ? BookSide::kAsk
                                                   : BookSide::kBid;
    update_.price = is_mirrored_ ? change.price.Complement() : change.price;
    update_.change = Quantity::FromCentis(change.change.centis() * quantity_factor_);
    update_.quantity = Quantity::FromCentis(change.quantity.centis() * quantity_factor_);
    return update_;
  }
  const RecordedMarket::Snapshot& snapshot =
      recorded_->snapshots[static_cast<std::size_t>(change.snapshot)];
  update_.kind = BookUpdateKind::kVenueSnapshot;
  for (const book::Level& level : snapshot.bids) {
    (is_mirrored_ ? update_.asks : update_.bids).push_back(Copied(level));
  }
  for (const book::Level& level : snapshot.asks) {
    (is_mirrored_ ? update_.bids : update_.asks).push_back(Copied(level));
  }
  update_.book_hash = book::HashLevels(ticker_, update_.bids, update_.asks);
  return update_;
}

}  // namespace evx::order_book_rebuilder
